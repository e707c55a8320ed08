"""Capability `directory`: accounts of people, and the groups that they are in."""
