"""`timepost replay …`: replays for an operator at a terminal, through the process tier's API."""
