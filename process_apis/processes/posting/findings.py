"""What validation finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """One reason why a posting cannot go on.

    :param code: of the exception catalogue.
    :param waiting_for: dependency keys; with any, the posting is parked and wakes by itself.
    :param detail: the facts for the sentence; never narrative text.
    """

    code: str
    waiting_for: tuple[str, ...] = ()
    detail: Mapping[str, str] = field(default_factory=dict)
