"""Experience APIs: Timepost shaped for people."""
