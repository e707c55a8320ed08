"""Connections: which trackers and ERPs there are, as the system tier last said."""
