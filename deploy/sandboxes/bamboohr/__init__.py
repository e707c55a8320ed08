"""A stand-in for BambooHR: its wire format for employees, and its traps. Not certified."""

from deploy.sandboxes.bamboohr.app import create_sandbox
from deploy.sandboxes.bamboohr.deliveries import signed_delivery
from deploy.sandboxes.bamboohr.store import Store

__all__ = ["Store", "create_sandbox", "signed_delivery"]
