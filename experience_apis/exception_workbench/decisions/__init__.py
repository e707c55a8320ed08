"""What only people decide: how a case goes on, and what is left as it is."""
