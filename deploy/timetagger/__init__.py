"""The real TimeTagger, built and served on this machine."""
