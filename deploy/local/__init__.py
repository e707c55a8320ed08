"""The one-machine runner behind `make demo`: real software, started and stopped by one program."""
