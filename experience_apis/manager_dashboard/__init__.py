"""What managers decide on and hand to others: approvals with their age, and delegations."""
