"""Approvals of Timepost's own, for trackers that have none: submission, decision, policies."""
