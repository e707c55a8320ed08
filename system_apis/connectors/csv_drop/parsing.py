"""Bytes of a file to lines with cells. Pure: what is wrong with its form refuses the file whole."""

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from system_apis.connectors.csv_drop.mapping import Unreadable, number_of
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

_Row = tuple[int, list[str]]

# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONGEST_CELL = 131_072


def checksum_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def refuse_wrong_checksum(content: bytes, sidecar: bytes | None) -> None:
    """
    :param sidecar: as sha256sum writes it: the sum, spaces, and perhaps the name.
    :raises FileRefused: it is missing, or the file is not the one that was summed.
    """
    if sidecar is None:
        raise FileRefused(Code.CHECKSUM_MISSING, "it comes without its .sha256")
    told = sidecar.decode("ascii", "replace").split()
    if not told or told[0].lower() != checksum_of(content):
        raise FileRefused(Code.CHECKSUM_WRONG, "its bytes do not have the sum in its .sha256")


def parse(content: bytes, settings: CsvDropSettings) -> ParsedFile:
    """
    :raises FileRefused: encoding, header, names of columns, trailer or sums are not in order.
    """
    rows = list(_rows(content, settings))
    if not rows:
        raise FileRefused(Code.EMPTY, "it has no lines")
    header = _header(rows[0])
    own = settings.lists.get(header.list_name)
    if own is None:
        raise FileRefused(Code.LIST_UNKNOWN, "its list is none that this connection takes")
    columns = _columns(rows[1:2])
    wanted = {name for each in own.columns.values() for name in _names(each)}
    wanted |= {own.control_total} if own.control_total else set()
    if missing := sorted(wanted - set(columns)):
        raise FileRefused(Code.COLUMNS, f"it has no column {', '.join(missing)}")
    body, trailer = rows[2:-1], rows[-1]
    lines, bad = _lines(body, columns)
    # What a line without the right cells would have added is not known.
    is_summed = own.control_total is not None and not bad
    total = _total(lines, own.control_total, settings) if own.control_total and is_summed else None
    _refuse_wrong_trailer(trailer, header, len(body), total, settings)
    if header.mode is Mode.FULL and not body:
        raise FileRefused(Code.EMPTY, "it says that there is nothing at all")
    return ParsedFile(header, columns, lines, dict(body), bad, total)


def written(rows: Sequence[Sequence[str]], settings: CsvDropSettings) -> bytes:
    """Rows as a file. Cells that a spreadsheet would take for formulas begin with an apostrophe,
    which is taken away again when the file is read."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=settings.delimiter, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_guarded(cell, settings) for cell in row])
    return text.getvalue().encode(settings.encoding, "replace")


def _rows(content: bytes, settings: CsvDropSettings) -> Iterator[_Row]:
    """Numbered by their last line in the file; empty ones are passed over."""
    is_utf8 = codecs.lookup(settings.encoding).name == "utf-8"
    try:
        text = content.decode("utf-8-sig" if is_utf8 else settings.encoding)
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
        raise FileRefused(
            Code.ENCODING, f"line {place} is not written in {settings.encoding}"
        ) from None
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, [_unguarded(cell.strip()) for cell in row]
    except csv.Error:
        raise FileRefused(Code.ENCODING, f"line {reader.line_num} has odd quotes") from None


def _header(row: _Row) -> Header:
    """
    :raises FileRefused: the first line does not say which list, sequence and mode this is.
    """
    _, cells = row
    try:
        kind, list_name, sequence, mode, written_at = cells[:5]
        header = Header(list_name, int(sequence), Mode(mode), datetime.fromisoformat(written_at))
    except ValueError:
        raise FileRefused(
            Code.HEADER, "its first line is not H, list, sequence, mode and an instant"
        ) from None
    if kind != "H" or header.sequence < 1:
        raise FileRefused(Code.HEADER, "its first line is no header with a sequence from 1 on")
    if header.written_at.tzinfo is None:
        raise FileRefused(Code.HEADER, "its instant has no offset from UTC")
    return header


def _columns(rows: Sequence[_Row]) -> list[str]:
    """
    :raises FileRefused: the second line does not name the columns, each once.
    """
    cells = rows[0][1] if rows else []
    if not cells or cells[0] != "C":
        raise FileRefused(Code.COLUMNS, "its second line is not C and the names of the columns")
    names = cells[1:]
    if len(set(names)) < len(names) or not all(names):
        raise FileRefused(Code.COLUMNS, "a column has no name, or two have the same")
    return names


def _lines(body: Sequence[_Row], columns: list[str]) -> tuple[list[Line], list[BadLine]]:
    lines: list[Line] = []
    bad: list[BadLine] = []
    for number, cells in body:
        kind, values = cells[0], cells[1:]
        if kind not in ("D", "X"):
            bad.append(BadLine(number, cells, Code.LINE_TYPE, "is neither D nor X"))
        elif kind == "D" and len(values) != len(columns):
            reason = f"has {len(values)} cells; there are {len(columns)} columns"
            bad.append(BadLine(number, cells, Code.CELLS, reason))
        else:
            lines.append(Line(number, kind, dict(zip(columns, values, strict=False))))
    return lines, bad


def _total(lines: Sequence[Line], column: str, settings: CsvDropSettings) -> Decimal | None:
    """Of all records; None as soon as one of the numbers is none: that is a bad line of its own."""
    total = Decimal(0)
    for line in lines:
        if line.kind != "D":
            continue
        try:
            total += number_of(line.cells[column] or "0", settings)
        except Unreadable:
            return None
    return total


def _refuse_wrong_trailer(
    row: _Row, header: Header, count: int, total: Decimal | None, settings: CsvDropSettings
) -> None:
    """Whoever corrects lines by hand counts them, and sums nothing up.

    :raises FileRefused: the last line is missing, as in a file that was cut off, or sums differ.
    """
    _, cells = row
    if cells[0] != "T" or len(cells) < 4:
        raise FileRefused(Code.TRAILER, "its last line is no trailer: it may be cut off")
    if cells[1:3] != [header.list_name, str(header.sequence)]:
        raise FileRefused(Code.TRAILER, "header and trailer are not of the same list and sequence")
    if cells[3] != str(count):
        raise FileRefused(Code.COUNT_WRONG, f"it has {count} lines, and not as many as it says")
    if total is None or header.mode is Mode.RESUBMIT:
        return
    try:
        told = number_of(cells[4] if len(cells) > 4 else "", settings)
    except Unreadable:
        raise FileRefused(Code.TRAILER, "its trailer has no control total") from None
    if told != total:
        raise FileRefused(Code.TOTAL_WRONG, "the sum of the column is not the control total")


def _names(columns: str | list[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else columns


def _guarded(cell: str, settings: CsvDropSettings) -> str:
    if not cell.startswith(_FORMULA):
        return cell
    try:
        number_of(cell, settings)
    except Unreadable:
        return f"'{cell}"
    return cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell
