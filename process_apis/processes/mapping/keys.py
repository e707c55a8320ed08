"""What waits for a mapping. Pure."""

from process_apis.processes.master_data.keys import dependency_key


def mapping_key(tracker: str, target: str) -> str:
    """What waits for another version of the mapping of a tracker to an ERP."""
    return dependency_key("mapping", tracker, target)
