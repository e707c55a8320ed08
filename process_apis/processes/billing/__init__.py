"""What clients are billed for hours: the terms of contracts, and their limits."""
