"""What is known of one list: a file of its own, written whole and put in place at once.

Its first line says up to which file it goes; each further line is a record, by ascending id, or the
mark of one that is gone. It is what is served, so that a file that is refused or half written
changes nothing: the last good state stays.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from system_apis.connectors.csv_drop.platform_models import BadLine, Mode, ParsedFile

# Whoever asks for changes more seldom than that has to read everything.
_MARKS_STAY = timedelta(days=90)
# All of them stand in the file of lines to correct.
_MOST_QUARANTINED = 1000


class Quarantined(BaseModel):
    """A line that waits to be corrected."""

    id: str | None
    reason: str


class Head(BaseModel):
    """``checksums`` are of the file with this sequence and of corrections that came after it;
    ``full_sequence`` is of the last file that said all there is."""

    list_name: str
    sequence: int
    full_sequence: int
    checksums: list[str]
    taken_at: AwareDatetime
    written_at: AwareDatetime
    quarantined: list[Quarantined] = []

    @property
    def version(self) -> str:
        return f"{self.sequence}.{len(self.checksums)}"


class Row(BaseModel):
    """``record`` is None of one that is gone; ``at`` is when that came to be known, and
    ``sequence`` is of the last file that said something of it."""

    id: str
    at: AwareDatetime
    sequence: int
    record: dict[str, Any] | None


@dataclass(frozen=True)
class State:
    head: Head
    rows: dict[str, Row]


@dataclass(frozen=True)
class Record:
    """A line that means something: what is known of an id from now on, or that it is gone."""

    external_id: str
    record: dict[str, Any] | None


def read(file: Path) -> State | None:
    """None before the first file was taken."""
    try:
        with file.open(encoding="utf-8") as lines:
            head = Head.model_validate_json(next(lines))
            rows = (Row.model_validate_json(line) for line in lines)
            return State(head, {row.id: row for row in rows})
    except FileNotFoundError:
        return None


class Place(BaseModel):
    """Everything up to an id was told; in one version of the file that is up to a byte."""

    after: str = Field(min_length=1, max_length=500)
    version: str
    offset: int = Field(ge=0)


@dataclass(frozen=True)
class Page:
    """Rows, and where to go on."""

    head: Head
    rows: list[Row]
    onward: Place | None


def page(file: Path, place: Place | None, limit: int, since: datetime | None) -> Page | None:
    """The next rows; None before the first file was taken. Read line by line, whatever its size.

    :param since: only those that came to be known since, marks of gone ones too.
    """
    rows: list[Row] = []
    try:
        with file.open("rb") as lines:
            head = Head.model_validate_json(lines.readline())
            if place and place.version == head.version:
                lines.seek(place.offset)
            while line := lines.readline():
                row = _row(line)
                # After a jump to where a stranger points, it may be no row.
                if row is None or (place and row.id <= place.after):
                    continue
                if row.record is None if since is None else row.at < since:
                    continue
                rows.append(row)
                if len(rows) == limit:
                    return Page(head, rows, _onward(lines, head, row))
    except FileNotFoundError:
        return None
    return Page(head, rows, None)


def _onward(lines: IO[bytes], head: Head, last: Row) -> Place | None:
    """None at the end of the file."""
    offset = lines.tell()
    if not lines.readline():
        return None
    return Place(after=last.id, version=head.version, offset=offset)


def _row(line: bytes) -> Row | None:
    try:
        return Row.model_validate_json(line)
    except ValidationError:
        return None


def lines_of(state: State) -> Iterator[str]:
    """The state as its file is written."""
    yield state.head.model_dump_json()
    for external_id in sorted(state.rows):
        yield state.rows[external_id].model_dump_json()


def applied(
    before: State | None,
    parsed: ParsedFile,
    checksum: str,
    records: Sequence[Record],
    bad: Sequence[BadLine],
    now: datetime,
) -> State:
    """The state after a file. What a bad line is about stays as it was; and if one of them does not
    say what it is about, a full file takes nothing away."""
    header = parsed.header
    rows = dict(before.rows) if before else {}
    for each in records:
        known = rows.get(each.external_id)
        # A correction says nothing of what a later file spoke of.
        if known is None or known.sequence <= header.sequence:
            rows[each.external_id] = _row_of(each, known, header.sequence, now)
    named: set[str | None] = {each.external_id for each in records}
    named |= {each.external_id for each in bad}
    if header.mode is Mode.FULL and None not in named:
        for external_id, row in rows.items():
            if external_id not in named and row.record is not None:
                gone = Record(external_id, None)
                rows[external_id] = _row_of(gone, row, header.sequence, now)
    kept = {
        external_id: row
        for external_id, row in rows.items()
        if row.record is not None or now - row.at < _MARKS_STAY
    }
    return State(_head(before, parsed, checksum, named, bad, now), kept)


def _row_of(record: Record, known: Row | None, sequence: int, now: datetime) -> Row:
    """What stays as it was came to be known when it did."""
    is_news = known is None or known.record != record.record
    at = now if is_news or known is None else known.at
    return Row(id=record.external_id, at=at, sequence=sequence, record=record.record)


def _head(
    before: State | None,
    parsed: ParsedFile,
    checksum: str,
    named: Collection[str | None],
    bad: Sequence[BadLine],
    now: datetime,
) -> Head:
    header = parsed.header
    is_correction = header.mode is Mode.RESUBMIT
    is_full = header.mode is Mode.FULL
    last = before.head if before else None
    waiting = [] if last is None or is_full else last.quarantined
    still = [
        each
        for each in waiting
        # Lines that name nothing are in the file of corrections again if they are still bad.
        if each.id not in named and not (each.id is None and is_correction)
    ]
    new = [Quarantined(id=each.external_id, reason=_told(each)) for each in bad]
    return Head(
        list_name=header.list_name,
        sequence=last.sequence if last and is_correction else header.sequence,
        full_sequence=last.full_sequence if last and not is_full else header.sequence,
        checksums=[*(last.checksums if last and is_correction else []), checksum],
        taken_at=now,
        written_at=header.written_at,
        quarantined=[*still, *new][:_MOST_QUARANTINED],
    )


def _told(bad: BadLine) -> str:
    return f"line {bad.number}: {bad.code}: {bad.reason}"
