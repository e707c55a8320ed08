"""What waits for a mapping. Pure."""

from process_apis.processes.master_data.keys import dependency_key

MAPPING = "mapping"


def mapping_key(tracker: str, target: str) -> str:
    """What waits for another version of the mapping of a tracker to an ERP."""
    return dependency_key(MAPPING, tracker, target)
