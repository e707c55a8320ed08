"""What an ERP that nobody described in advance says: a status, and JSON or not."""

from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

_LONGEST_RAW = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, or one element of an answer to a batch.

    :param body: the document; None if it is not JSON.
    :param raw: what the ERP sent, bytes or a document, for answers that no rule covers. May quote
        a narrative.
    """

    status: int
    body: Any = field(repr=False)
    raw: Any = field(default=b"", repr=False)
    retry_after_seconds: int | None = None

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def read_answer(status: int, content: bytes, retry_after: str) -> Answer:
    """An answer from its parts; never fails."""
    try:
        body = from_json(content) if content else None
    except ValueError:
        body = None
    wait = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 7 else None
    return Answer(status, body, content[:_LONGEST_RAW], wait)
