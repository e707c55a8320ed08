"""A stand-in for Redmine: its wire format for time entries, and its traps. Not certified."""

from deploy.sandboxes.redmine.app import create_sandbox
from deploy.sandboxes.redmine.store import Store

__all__ = ["Store", "create_sandbox"]
