"""Dependency keys of rating. Pure."""

from process_apis.processes.rating.rules import Side


def rates_key(side: Side) -> str:
    """What waits for any card of a side to be published."""
    return f"rates:{side}"
