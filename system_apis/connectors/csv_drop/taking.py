"""Taking files in: one after the other, each whole or not at all, and again after a stop midway.

The state is put in place before the file leaves `incoming`. If the machine stops in between, the
file is met again, is known by its checksum, and only what was left undone is done.
"""

from collections import Counter
from collections.abc import Sequence

import structlog

from shared.values import Clock
from system_apis.capabilities.contract import Contract
from system_apis.connectors.csv_drop import states
from system_apis.connectors.csv_drop.client import (
    ACCEPTED,
    ACKNOWLEDGED,
    REFUSED,
    RESUBMIT,
    STATES,
    Arrived,
    Folder,
)
from system_apis.connectors.csv_drop.mapping import Unreadable, external_id_of, to_record
from system_apis.connectors.csv_drop.parsing import (
    checksum_of,
    parse,
    refuse_wrong_checksum,
    written,
)
from system_apis.connectors.csv_drop.platform_models import (
    BadLine,
    Code,
    FileRefused,
    Header,
    Line,
    Mode,
    ParsedFile,
)
from system_apis.connectors.csv_drop.settings import CsvDropSettings
from system_apis.connectors.csv_drop.states import Head, Record, State

_log = structlog.get_logger(__name__)


class _NotTaken(Exception):
    """A line means nothing; says why, and not what stands in it."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class _Waits(Exception):
    """A file before this one has not come yet: it stays where it is."""


class Taking:
    """Takes the files of one connection. Blocking: it is called from a thread."""

    def __init__(
        self,
        folder: Folder,
        models: dict[str, type[Contract]],
        settings: CsvDropSettings,
        clock: Clock,
    ) -> None:
        self._folder = folder
        self._models = models
        self._settings = settings
        self._clock = clock

    def take_all(self) -> None:
        """Everything that has arrived, by sequence. Nothing, if somebody else is at it.

        :raises UpstreamUnavailable, UpstreamRefused: the folder cannot be read or written to.
        """
        self._folder.must_be_there()
        with self._folder.alone() as alone:
            if not alone:
                return
            readable: list[tuple[Header, Arrived, ParsedFile, str]] = []
            unreadable: list[tuple[Arrived, FileRefused]] = []
            for file in self._folder.arrived():
                try:
                    parsed, checksum = self._read(file)
                except FileRefused as refusal:
                    unreadable.append((file, refusal))
                else:
                    readable.append((parsed.header, file, parsed, checksum))
            order = {Mode.FULL: 0, Mode.DELTA: 0, Mode.RESUBMIT: 1}
            for _, file, parsed, checksum in sorted(
                readable, key=lambda each: (each[0].sequence, order[each[0].mode], each[1].name)
            ):
                self._take(file, parsed, checksum)
            # After the good ones: what is refused since the last good file is told.
            for file, why in unreadable:
                self._refuse(file, why)

    def _read(self, file: Arrived) -> tuple[ParsedFile, str]:
        """
        :raises FileRefused: it is too large, not what was summed, or not in order.
        """
        if file.size > self._settings.largest_file_bytes:
            raise FileRefused(
                Code.TOO_LARGE, f"it has more than {self._settings.largest_file_bytes} bytes"
            )
        content, sidecar = self._folder.read(file)
        parsed = parse(content, self._settings)
        # A person who corrects lines is not asked to sum bytes.
        if self._settings.checksum == "sidecar" and parsed.header.mode is not Mode.RESUBMIT:
            refuse_wrong_checksum(content, sidecar)
        return parsed, checksum_of(content)

    def _take(self, file: Arrived, parsed: ParsedFile, checksum: str) -> None:
        state = states.read(self._folder.state_file(parsed.header.list_name))
        records, bad = self._meanings(parsed)
        try:
            is_known = state is not None and checksum in state.head.checksums
            if is_known:
                self._refuse_repeated(parsed.header, checksum)
            else:
                _refuse_wrong_sequence(parsed.header, state.head if state else None)
        except FileRefused as refusal:
            self._refuse(file, refusal)
            return
        except _Waits as gap:
            _log.warning("csv_file_waits", file=file.name, reason=str(gap))
            return
        if not is_known:
            now = self._clock.now()
            after = states.applied(state, parsed, checksum, records, bad, now)
            self._put_in_place(after)
        self._answer(file, parsed, bad)

    def _refuse_repeated(self, header: Header, checksum: str) -> None:
        """A file that is in the state and not among the accepted ones was interrupted midway.

        :raises FileRefused: it is among them.
        """
        if checksum in self._folder.accepted_checksums(_stem(header)):
            raise FileRefused(Code.SEQUENCE_REPEATED, "this very file was taken already")

    def _meanings(self, parsed: ParsedFile) -> tuple[list[Record], list[BadLine]]:
        """Of each line, or why it has none."""
        own = self._settings.lists[parsed.header.list_name]
        records: list[Record] = []
        bad = list(parsed.bad)
        ids = [external_id_of(line.cells, own) for line in parsed.lines]
        # Which of two lines about one record is right, nobody knows: neither is taken.
        doubled = {each for each, times in Counter(ids).items() if times > 1}
        for line, external_id in zip(parsed.lines, ids, strict=True):
            try:
                records.append(self._record(line, external_id, external_id in doubled, parsed))
            except _NotTaken as fault:
                raw = parsed.raw[line.number]
                bad.append(BadLine(line.number, raw, fault.code, str(fault), external_id))
        return records, bad

    def _record(
        self, line: Line, external_id: str | None, is_doubled: bool, parsed: ParsedFile
    ) -> Record:
        """
        :raises _NotTaken: it is about nothing, about what another line is about, or a cell does
            not fit.
        """
        header = parsed.header
        if external_id is None:
            raise _NotTaken(Code.VALUE, "external_id: is empty")
        if is_doubled:
            raise _NotTaken(Code.DUPLICATE, "is about the same record as another line")
        if line.kind == "X":
            if header.mode is not Mode.DELTA:
                raise _NotTaken(Code.LINE_TYPE, "is a deletion, which only a DELTA has")
            return Record(external_id, None)
        model, own = self._models[header.list_name], self._settings.lists[header.list_name]
        try:
            found = to_record(model, line.cells, own, self._settings)
        except Unreadable as fault:
            raise _NotTaken(Code.VALUE, str(fault)) from None
        return Record(external_id, found.model_dump(mode="json"))

    def _put_in_place(self, state: State) -> None:
        name = self._folder.state_file(state.head.list_name).name
        self._folder.write(STATES, name, states.lines_of(state))

    def _answer(self, file: Arrived, parsed: ParsedFile, bad: Sequence[BadLine]) -> None:
        """Acknowledged and, for bad lines, ready to be corrected; only then it leaves."""
        stem = _stem(parsed.header)
        if bad:
            name = f"{stem}.{file.path.stem}.resubmit.csv"
            self._folder.write(RESUBMIT, name, self._to_correct(parsed, bad))
            _log.warning("csv_lines_quarantined", file=file.name, lines=len(bad))
        self._acknowledge(file, parsed.header, "ACCEPTED", bad)
        self._folder.put_away(file, ACCEPTED, f"{stem}.{file.name}")

    def _refuse(self, file: Arrived, refusal: FileRefused) -> None:
        reason = f"{refusal.code}: {refusal.text}"
        _log.warning("csv_file_refused", file=file.name, code=refusal.code, reason=refusal.text)
        self._acknowledge(file, None, reason, [])
        self._folder.note(file, self._clock.now(), reason)
        self._folder.put_away(file, REFUSED, file.name)

    def _acknowledge(
        self, file: Arrived, header: Header | None, verdict: str, bad: Sequence[BadLine]
    ) -> None:
        """Tells places and reasons, and nothing of what stands in the file."""
        name, sequence = (header.list_name, str(header.sequence)) if header else ("", "")
        rows = [["A", file.name, name, sequence, verdict, str(len(bad))]]
        rows += [["R", str(each.number), each.code, each.reason] for each in bad]
        content = written(rows, self._settings)
        self._folder.write(ACKNOWLEDGED, f"{file.path.stem}.ack.csv", content)

    def _to_correct(self, parsed: ParsedFile, bad: Sequence[BadLine]) -> bytes:
        """The bad lines as they came, to be corrected, counted and put into `incoming` again."""
        header = parsed.header
        name, sequence = header.list_name, str(header.sequence)
        rows = [
            ["H", name, sequence, Mode.RESUBMIT, header.written_at.isoformat()],
            ["C", *parsed.columns],
            *(each.raw for each in sorted(bad, key=lambda each: each.number)),
            ["T", name, sequence, str(len(bad))],
        ]
        return written(rows, self._settings)


def _stem(header: Header) -> str:
    return f"{header.list_name}-{header.sequence:08}"


def _refuse_wrong_sequence(header: Header, head: Head | None) -> None:
    """
    :raises FileRefused: it is not the turn of this file, and never will be.
    :raises _Waits: it may be later.
    """
    if header.mode is Mode.RESUBMIT:
        if head is None or not head.full_sequence <= header.sequence <= head.sequence:
            raise FileRefused(
                Code.NOTHING_TO_CORRECT,
                "the file that it corrects was not taken, or a later one said all there is",
            )
        return
    if head is None:
        if header.mode is not Mode.FULL:
            raise FileRefused(Code.FIRST_MUST_BE_FULL, "nothing is known yet that could change")
        return
    if header.sequence <= head.sequence:
        raise FileRefused(Code.SEQUENCE_REPEATED, f"sequence {head.sequence} was taken already")
    if header.mode is Mode.DELTA and header.sequence > head.sequence + 1:
        raise _Waits(f"{Code.SEQUENCE_GAP}: {head.sequence + 1} has not come")
