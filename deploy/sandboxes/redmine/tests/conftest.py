"""Fixtures of the stand-in; the connector's tests use the same ones."""

from deploy.sandboxes.redmine.tests.fixtures import redmine

__all__ = ["redmine"]
