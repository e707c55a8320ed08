"""Capability `hcm`: who works for us, since when, where, and for whom."""
