"""What entries refer to and nothing is bound to: how much waits for it, and what it may be."""
