"""`timepost masters …`: readings of masters for an operator at a terminal."""
