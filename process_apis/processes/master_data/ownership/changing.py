"""What a system's change of an attribute leads to: a conflict, a proposal, or the end of one.

It happens in the transaction that takes the change over, so that none is seen without the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.master_data.ownership import decisions
from process_apis.processes.master_data.ownership.attributes import Attribute, compared_of
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.rules import Claim, Rule, settled_after
from process_apis.processes.master_data.ownership.tables import ProposalStatus
from process_apis.processes.master_data.store import Change
from process_apis.processes.master_data.tables import MasterKind

# Whose records around those of ERPs: by which subject, and which of them may be meant.
_ANCHORS = {
    MasterKind.WORKER: ("worker", "SELECT id FROM worker WHERE id = ANY(:ids)"),
    MasterKind.CLIENT: ("client", "SELECT id FROM client WHERE id = ANY(:ids)"),
    MasterKind.EMPLOYEE: (
        "worker",
        """
        SELECT worker.id FROM employee JOIN worker ON worker.number_key = employee.number_key
        WHERE employee.id = ANY(:ids)
        UNION SELECT worker.id FROM employee JOIN worker ON worker.email_key = employee.email_key
        WHERE employee.id = ANY(:ids)
        """,
    ),
    MasterKind.USER: (
        "worker",
        """
        SELECT worker.id FROM directory_user AS login
        JOIN worker ON worker.email_key = login.email_key WHERE login.id = ANY(:ids)
        """,
    ),
    MasterKind.ACCOUNT: (
        "client",
        """
        SELECT client.id FROM account JOIN client ON client.code = account.code
        WHERE account.id = ANY(:ids)
        """,
    ),
}


@dataclass
class _Found:
    """Rows to write, and keys of those that are over."""

    settled: list[dict[str, Any]] = field(default_factory=list)
    unsettled: list[dict[str, Any]] = field(default_factory=list)
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    agreements: list[dict[str, Any]] = field(default_factory=list)
    proposals: list[dict[str, Any]] = field(default_factory=list)
    closed: list[dict[str, Any]] = field(default_factory=list)


async def note_changes(
    transaction: AsyncConnection,
    ownership: Ownership,
    kind: MasterKind,
    changes: Sequence[Change],
    now: datetime,
) -> set[str]:
    """Note what changes of records lead to; returns the ERPs whose conflicts are others now."""
    subject, anchors = _ANCHORS.get(kind, ("", ""))
    relevant = [each for each in changes if any(_was(of, each) for of in compared_of(subject))]
    if not relevant:
        return set()
    await decisions.alone(transaction)
    ids = [after["id"] for _, after in relevant]
    subjects = {row.id for row in await transaction.execute(text(anchors), {"ids": ids})}
    by_record = {
        (after["owner_connection"], after["owner_external_id"]): (before, after)
        for before, after in relevant
    }
    found = _Found()
    for one in (await known(transaction, subject, subjects, now)).values():
        for attribute in compared_of(subject):
            for claim in one.said(attribute):
                change = by_record.get((claim.connection, claim.external_id))
                if change is not None and (was := _was(attribute, change)):
                    _note(found, Noted(one, attribute, ownership, claim), was[0])
    await decisions.settle(transaction, found.settled, found.unsettled, now)
    await decisions.propose(transaction, found.proposals, found.closed, now)
    return await decisions.contend(transaction, found.conflicts, found.agreements, now)


def _was(attribute: Attribute, change: Change) -> tuple[str | None, ...]:
    """What stood there before; empty if nothing of it changed, or it stands in other records."""
    before, after = change
    if attribute.name not in after:
        return ()
    was, now = _told(before[attribute.name]), _told(after[attribute.name])
    return () if attribute.same(was, now) else (was,)


def _told(value: Any) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True)
class Noted:
    """A change: which attribute of whom, and what its system says now."""

    one: Known
    attribute: Attribute
    ownership: Ownership
    claim: Claim

    @property
    def rule(self) -> Rule:
        return self.one.rule(self.attribute, self.ownership)

    @property
    def about(self) -> dict[str, Any]:
        return {
            "kind": self.one.kind,
            "subject_id": self.one.id,
            "attribute": self.attribute.name,
        }

    @property
    def whose(self) -> dict[str, Any]:
        one = self.one
        return {"connection": one.connection, "external_id": one.external_id, "name": one.name}


def _note(found: _Found, change: Noted, before: str | None) -> None:
    one, attribute, claim = change.one, change.attribute, change.claim
    said, was = one.said(attribute), one.settled.pop(attribute.name, None)
    settled = settled_after(attribute, change.rule, said, was, claim.connection, before)
    if settled is not None:
        one.settled[attribute.name] = settled
        found.settled.append({**change.about, **decisions.columns(settled)})
    elif was is not None:
        found.unsettled.append(change.about)
    if change.rule.rank(claim) is None:
        _note_copy(found, change)
    else:
        _note_owner(found, change)


def _note_copy(found: _Found, change: Noted) -> None:
    """A system that does not own it said something: a proposal, or its end."""
    counts = change.one.counts(change.attribute, change.ownership)
    claim = change.claim
    source = {**change.about, "source_connection": claim.connection}
    agrees = counts.value is None or change.attribute.same(claim.value, counts.value)
    status = ProposalStatus.ADOPTED if agrees else ProposalStatus.WITHDRAWN
    found.closed.append({**source, "status": status})
    if counts.owned and not counts.conflict and not agrees:
        found.proposals.append(
            {
                **source,
                **change.whose,
                "source_external_id": claim.external_id,
                "value": claim.value,
                "instead_of": counts.value,
            }
        )


def _note_owner(found: _Found, change: Noted) -> None:
    """An owner said something: a conflict with another, or the end of one."""
    one, attribute, about = change.one, change.attribute, change.about
    counts = one.counts(attribute, change.ownership, pinned=False)
    found.closed.append({**about, "value": counts.value, "status": ProposalStatus.ADOPTED})
    if counts.conflict:
        claims = [
            {
                "system": each.system,
                "connection": each.connection,
                "external_id": each.external_id,
                "value": each.value,
            }
            for each in change.rule.owning(one.said(attribute))
        ]
        agreed = {"agreed": counts.value, "claims": claims}
        found.conflicts.append({**about, **change.whose, **agreed})
    else:
        words = f"auto: nothing contradicts any more ({counts.why})"
        found.agreements.append({**about, "resolution": words, "value": counts.value})
