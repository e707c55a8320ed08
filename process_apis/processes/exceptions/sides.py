"""Both sides of a case: what the tracker says, what we make of it, what the ERP holds.

Narrative text stays out of all of them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.connections import gates
from process_apis.processes.exceptions import choices, confirmations, store
from process_apis.processes.exceptions.schemas import (
    Case,
    CaseDetail,
    ChoiceOffer,
    LineageEvent,
    Side,
)
from process_apis.processes.lineage import store as lineage
from process_apis.processes.master_data import reading as masters
from process_apis.processes.time_entries.display import STATUS_COLUMNS, status_of

_ENTRY = text(
    f"""
    SELECT entry.state, entry.version, entry.approver, entry.approved_at,
           version.content - 'narrative' AS content, {STATUS_COLUMNS}
    FROM time_entry AS entry
    JOIN time_entry_version AS version
      ON version.time_entry_id = entry.id AND version.version = entry.version
    WHERE entry.id = :id
    """  # noqa: S608 - our own column names
)

# The latest posting says what would go out; whichever stands in the ERP says what is there.
_POSTINGS = text(
    """
    SELECT id, kind, state, request - 'narrative' AS request, line, findings, erp_error
    FROM posting WHERE time_entry_id = :id
    ORDER BY kind = 'REVERSAL', version DESC, round DESC
    """
)
_STANDS = frozenset({"POSTED", "MISPOSTED", "REVERSAL_PENDING"})


_EVENTS = 50
# Of a line or a request: what says nothing to people.
_TECHNICAL = frozenset({"version", "operation", "target_line", "target_key", "charge"})
# What a client is billed, by the names that a line of the ERP has for it.
_BILLED = {
    "contract": "contract",
    "currency": "bill_currency",
    "rate": "bill_rate",
    "amount": "bill_amount",
    "held": "held_amount",
}


async def detail(connection: AsyncConnection, case: Case) -> CaseDetail:
    """A case with everything that a person needs to decide."""
    if case.time_entry_id is None:
        return await _of_connection(connection, case)
    entry = (await connection.execute(_ENTRY, {"id": case.time_entry_id})).mappings().one()
    rows = await connection.execute(_POSTINGS, {"id": case.time_entry_id})
    postings = rows.mappings().all()
    latest = postings[0] if postings else None
    line = _line_of(postings)
    error = latest["erp_error"] if latest else None
    steps = await lineage.of_entry(connection, case.time_entry_id)
    return CaseDetail(
        case=case,
        status=status_of(dict(entry)),
        source=_source(entry),
        canonical=await _canonical(connection, case, entry["content"]),
        would_post=_flat(latest["request"]) if latest and latest["request"] else None,
        erp=_flat(line) if line else None,
        erp_error=error["vendor_message"] if error else None,
        also=[each["code"] for each in (latest["findings"] or [])[1:]] if latest else [],
        lineage=[
            LineageEvent(
                at=step.at,
                what=step.what,
                actor=step.actor,
                detail=step.detail,
                trace_id=step.trace_id,
            )
            for step in steps
        ],
        comments=await store.comments(connection, case.id),
        confirmations=await confirmations.of_case(connection, case.id),
        choices=_choices(case, postings),
    )


def _line_of(postings: Sequence[RowMapping]) -> Mapping[str, Any] | None:
    """The line that stands; where none is known to stand, whatever was read last."""
    lines = [row for row in postings if row["line"]]
    standing = [row for row in lines if row["state"] in _STANDS and row["kind"] != "REVERSAL"]
    found = next(iter(standing or lines), None)
    return found["line"] if found else None


def _choices(case: Case, postings: Sequence[RowMapping]) -> list[ChoiceOffer]:
    if case.resolved_at is not None:
        return []
    findings = [
        finding
        for row in postings
        if row["id"] == case.posting_id
        for finding in row["findings"] or []
        if finding["code"] == case.code
    ]
    detail = findings[0]["detail"] if findings else {}
    return [
        ChoiceOffer(
            choice=each.choice, label=each.label, roles=sorted(each.roles), needs=each.needs
        )
        for each in choices.offers(case.code, detail)
    ]


async def _of_connection(connection: AsyncConnection, case: Case) -> CaseDetail:
    """There is no entry to compare: what happened to the connection is what there is to know."""
    events = await gates.events(connection, case.connection, limit=_EVENTS)
    return CaseDetail(
        case=case,
        status=None,
        source=None,
        canonical=None,
        would_post=None,
        erp=None,
        erp_error=None,
        also=[],
        lineage=[
            LineageEvent(
                at=event.at,
                what=event.what,
                actor=event.actor,
                detail=event.detail,
                trace_id=None,
            )
            for event in reversed(events)
        ],
        comments=await store.comments(connection, case.id),
        confirmations=[],
        choices=[],
    )


def _source(entry: RowMapping) -> Side:
    content: dict[str, Any] = entry["content"]
    approver = entry["approver"] or {}
    return Side(
        fields={
            "worker": _said(content.get("worker")),
            "client": _said(content.get("client")),
            "project": _said(content.get("project")),
            "task": _said(content.get("task")),
            "work_date": content["work_date"],
            "minutes": content["minutes"],
            "billable": content["billable"],
            "state": entry["state"],
            "version": entry["version"],
            "approver": approver.get("name") or approver.get("email"),
            "approved_at": entry["approved_at"].isoformat() if entry["approved_at"] else None,
        }
    )


async def _canonical(connection: AsyncConnection, case: Case, content: Mapping[str, Any]) -> Side:
    fields: dict[str, str | int | bool | None] = {}
    for kind in ("worker", "project", "task"):
        said = content.get(kind)
        page = None
        if said:
            page = await masters.bindings(
                connection,
                name=case.connection,
                kind=kind,
                external_id=said["external_id"],
                day=date.fromisoformat(content["work_date"]),
                archived=False,
                limit=1,
            )
        fields[kind] = page.bindings[0].canonical_name if page and page.bindings else None
    fields["work_date"] = content["work_date"]
    fields["minutes"] = content["minutes"]
    fields["billable"] = content["billable"]
    return Side(fields=fields)


def _said(reference: Mapping[str, Any] | None) -> str | None:
    if not reference:
        return None
    return reference.get("name") or reference.get("email") or reference.get("external_id")


def _flat(facts: Mapping[str, Any]) -> Side:
    shown = {name: value for name, value in facts.items() if name not in _TECHNICAL}
    if facts.get("operation", "post") != "post" or facts.get("target_line"):
        shown |= {name: facts[name] for name in ("operation", "target_line")}
    charge = facts.get("charge")
    if charge:
        shown |= {_BILLED[name]: value for name, value in charge.items() if name in _BILLED}
    return Side(fields=shown)
