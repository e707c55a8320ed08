"""Fixtures of the stand-in; the connector's tests use the same ones."""

from deploy.sandboxes.salesforce.tests.fixtures import org

__all__ = ["org"]
