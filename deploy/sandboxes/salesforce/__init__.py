"""A stand-in for Salesforce: its wire format for queries, and its traps. Not certified."""

from deploy.sandboxes.salesforce.app import create_sandbox
from deploy.sandboxes.salesforce.store import Store

__all__ = ["Store", "create_sandbox"]
