"""Approvals of Timepost's own, at the API of the tier."""
