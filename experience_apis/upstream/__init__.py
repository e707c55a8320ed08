"""What this tier reads from the process tier, by contract and never by import."""
