"""Fixtures of the stand-in; the connector's tests use the same ones."""

from deploy.sandboxes.clockify.tests.fixtures import firm_file, receiver, sandbox

__all__ = ["firm_file", "receiver", "sandbox"]
