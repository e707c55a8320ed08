"""Time entries: what the trackers say, as immutable versions with an explicit state."""
