"""Capability `time_tracking`: entries, approvals, webhooks, and feedback to the consultant."""
