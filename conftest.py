"""Fixtures every part of the test suite may use."""

pytest_plugins = ["deploy.tryton.pytest_plugin", "deploy.local.pytest_plugin"]
