"""Fixtures of the stand-in; the connector's tests use the same ones."""

from deploy.sandboxes.bamboohr.tests.fixtures import bamboo

__all__ = ["bamboo"]
