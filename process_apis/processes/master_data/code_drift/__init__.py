"""Codes that no longer mean what they meant: renamed, given to another, deleted, moved."""
