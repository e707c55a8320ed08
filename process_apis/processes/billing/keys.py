"""Dependency keys of billing. Pure."""


def contract_key(contract: str) -> str:
    """What waits for other terms of a contract, or for room in its limit."""
    return f"contract:{contract}"
