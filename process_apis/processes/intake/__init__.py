"""Intake: events from the system tier are committed here before anybody is told "accepted"."""
