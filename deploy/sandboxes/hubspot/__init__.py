"""A stand-in for HubSpot's CRM: its wire format for companies and deals, and its traps.
Not certified."""

from deploy.sandboxes.hubspot.app import create_sandbox
from deploy.sandboxes.hubspot.deliveries import signed_delivery
from deploy.sandboxes.hubspot.store import Store

__all__ = ["Store", "create_sandbox", "signed_delivery"]
