"""The vendor's routes, one module per resource, and the control API."""
