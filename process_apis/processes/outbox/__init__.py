"""Outbox: what happened, for whoever listens downstream, committed with what happened."""
