"""The files' words: what kinds of lines there are, and what the first and the last one say.

::

    H;projects;12;FULL;2026-11-20T06:00:00+01:00      header: list, sequence, mode, written at
    C;PROJNR;BEZEICHNUNG;STATUS;BUDGET                names of the columns
    D;0001042;"Ledger; migration";A;1.234,50          a record
    X;0001001                                         a deletion (DELTA only)
    T;projects;12;2;1.234,50                          trailer: list, sequence, lines, control total
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum


class Mode(StrEnum):
    """`FULL` is everything there is; `DELTA` what changed; `RESUBMIT` corrects lines of a file that
    was taken, and has its sequence."""

    FULL = "FULL"
    DELTA = "DELTA"
    RESUBMIT = "RESUBMIT"


class Code(StrEnum):
    """Why a file or a line was not taken."""

    TOO_LARGE = "TOO_LARGE"
    CHECKSUM_MISSING = "CHECKSUM_MISSING"
    CHECKSUM_WRONG = "CHECKSUM_WRONG"
    ENCODING = "ENCODING"
    HEADER = "HEADER"
    COLUMNS = "COLUMNS"
    TRAILER = "TRAILER"
    COUNT_WRONG = "COUNT_WRONG"
    TOTAL_WRONG = "TOTAL_WRONG"
    EMPTY = "EMPTY"
    LIST_UNKNOWN = "LIST_UNKNOWN"
    FIRST_MUST_BE_FULL = "FIRST_MUST_BE_FULL"
    SEQUENCE_REPEATED = "SEQUENCE_REPEATED"
    SEQUENCE_GAP = "SEQUENCE_GAP"
    NOTHING_TO_CORRECT = "NOTHING_TO_CORRECT"
    LINE_TYPE = "LINE_TYPE"
    CELLS = "CELLS"
    VALUE = "VALUE"
    DUPLICATE = "DUPLICATE"


class FileRefused(Exception):
    """The whole file is not taken. The text says why, never what stands in it."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True)
class Header:
    list_name: str
    sequence: int
    mode: Mode
    written_at: datetime


@dataclass(frozen=True)
class Line:
    """A record or a deletion with its cells by column."""

    number: int
    kind: str
    cells: dict[str, str]


@dataclass(frozen=True)
class BadLine:
    """A line that is not taken, with its cells as they came so that it can be corrected."""

    number: int
    raw: list[str]
    code: Code
    reason: str
    external_id: str | None = None


@dataclass(frozen=True)
class ParsedFile:
    """A file whose form and sums are in order; single lines may still be bad."""

    header: Header
    columns: list[str]
    lines: list[Line]
    raw: dict[int, list[str]]
    bad: list[BadLine] = field(default_factory=list)
    total: Decimal | None = None
