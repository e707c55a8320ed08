"""A stand-in for Clockify: its wire format, its quirks, and faults on demand. Not certified."""

from deploy.sandboxes.clockify.app import API_PREFIX, create_sandbox

__all__ = ["API_PREFIX", "create_sandbox"]
