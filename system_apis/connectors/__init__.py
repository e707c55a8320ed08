"""Connectors, one folder each; discovered, never listed."""
