"""Reads back from the ERP what is to be corrected, as it stands there now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from process_apis.processes.posting.isolating import isolated
from process_apis.processes.posting.ledger import Ledger
from process_apis.upstream.erp import ErpAbilities, LookupItem, PostedLine, PostingRequest
from shared.problems import TimepostProblem

# Of a `reversal` that is to be decided on: its replacement is valid and waits for nothing but the
# reversal; or nothing takes its place.
IS_DECIDABLE = """
    (reversal.serves_version IS NULL OR EXISTS (
        SELECT FROM posting AS replacement
        WHERE replacement.correction_group = reversal.correction_group
          AND replacement.kind = 'REPLACEMENT' AND replacement.state = 'PARKED'
          AND replacement.code IS NULL))"""


@dataclass(frozen=True)
class Reading:
    """What the ERP says of what one reversal is to take back.

    :param row: the reversal, as it was claimed.
    :param lines: that stand for it now.
    :param problem: why it cannot be read, although others can.
    """

    row: Mapping[str, Any]
    lines: Sequence[PostedLine] = ()
    problem: TimepostProblem | None = None


async def read_back(
    ledger: Ledger, erp: str, rows: Sequence[Mapping[str, Any]], abilities: ErpAbilities
) -> list[Reading]:
    """The lines of what is to be taken back, as they stand now.

    A line that is not there under its id may stand under another one: it is looked for by its key,
    and so is one of which there were two. An ERP that cannot be asked counts as unchanged.

    :raises TimepostProblem: nothing can be read, which says nothing about any of them.
    """
    if not abilities.readback:
        return [Reading(row, [_as_posted(row)]) for row in rows]

    async def ask(some: Sequence[Mapping[str, Any]]) -> list[Reading]:
        return await _read(ledger, erp, some, abilities)

    return await isolated(rows, ask, lambda row, problem: Reading(row, problem=problem))


async def _read(
    ledger: Ledger, erp: str, rows: Sequence[Mapping[str, Any]], abilities: ErpAbilities
) -> list[Reading]:
    read = await ledger.system.read_lines(erp, sorted({row["line_id"] for row in rows}))
    by_id = {line.external_id: line for line in read.lines}
    found = {row["id"]: [by_id[row["line_id"]]] for row in rows if row["line_id"] in by_id}
    unsure = [
        row for row in rows if row["id"] not in found or row["standing_code"] == "RC_EXTRA_IN_ERP"
    ]
    if unsure and abilities.lookup:
        by_key: dict[str | None, list[PostedLine]] = {}
        items = [_lookup_of(row) for row in unsure]
        for line in (await ledger.system.look_up(erp, items)).lines:
            by_key.setdefault(line.posting_key, []).append(line)
        found |= {row["id"]: by_key.get(row["standing_key"], []) for row in unsure}
    return [Reading(row, found.get(row["id"], [])) for row in rows]


def _lookup_of(row: Mapping[str, Any]) -> LookupItem:
    posted = PostingRequest.model_validate(row["standing_request"])
    return LookupItem(
        posting_key=row["standing_key"], worker_id=posted.worker_id, work_date=posted.work_date
    )


def _as_posted(row: Mapping[str, Any]) -> PostedLine:
    posted = PostingRequest.model_validate(row["standing_request"])
    facts = posted.model_dump(include=set(PostedLine.model_fields) - {"accounting_date"})
    return PostedLine(external_id=row["line_id"], **facts)
