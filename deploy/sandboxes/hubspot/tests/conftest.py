"""Fixtures of the stand-in; the connector's tests use the same ones."""

from deploy.sandboxes.hubspot.tests.fixtures import hub

__all__ = ["hub"]
