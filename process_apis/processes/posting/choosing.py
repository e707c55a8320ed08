"""What a person decided about a posting comes true: one at a time, under the entry's lock.

Each function takes the posting's whole lineage as it stands (`family_of`), checks the move against
the table of transitions, and leaves the rest to those who judge, decide and send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_dicts, as_json
from process_apis.processes.posting import outcomes, planned, siblings
from process_apis.processes.posting.decisions import Path
from process_apis.processes.posting.planning import Correct, Plan, Receive
from process_apis.processes.posting.receive import entry_of
from process_apis.processes.posting.states import UNSENT, PostingKind, PostingState
from process_apis.processes.posting.transitions import Actor, Event, TransitionRefused, after
from process_apis.processes.time_entries import store as entries

_FAMILY = text(
    """
    SELECT id, time_entry_id, version, leg, kind, round, state, code, work_date, minutes, request,
           correction_group, reverses_id, serves_version, target_connection, operation, decision
    FROM posting WHERE time_entry_id = :entry ORDER BY created_at, id FOR UPDATE
    """
)

# Whatever way was chosen, it is decided anew how it is carried out.
_ALLOW = text(
    """
    UPDATE posting SET state = 'RECEIVED', operation = 'post', target_line = NULL,
        reverses_id = CASE WHEN kind = 'REVERSAL' THEN reverses_id END, lease_token = NULL,
        decision = coalesce(decision, '{}') || jsonb_build_object(
            'paths', coalesce(decision -> 'paths', '{}') || CAST(:paths AS jsonb)),
        due_at = :now, updated_at = :now
    WHERE id = ANY(:ids)
    """
)

_SETTLE = text(
    """
    UPDATE posting SET state = 'POSTED', operation = 'none', code = NULL, findings = NULL,
        waiting_for = '{}', decision = coalesce(decision, '{}') || CAST(:decision AS jsonb),
        lease_token = :token, posted_at = :now, updated_at = :now
    WHERE id = :id
    """
)


@dataclass(frozen=True)
class Mark:
    """Who decided, and why."""

    by: str
    reason: str
    at: datetime
    document: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """As it is kept on the posting."""
        facts = {"by": self.by, "reason": self.reason, "at": self.at.isoformat()}
        return facts | ({"document": self.document} if self.document else {})


@dataclass(frozen=True)
class Family:
    """A posting with all others of its entry, locked."""

    posting: Mapping[str, Any]
    rows: Sequence[Mapping[str, Any]]

    @property
    def entry_id(self) -> UUID:
        """The entry's."""
        found: UUID = self.posting["time_entry_id"]
        return found

    @property
    def reversal(self) -> Mapping[str, Any] | None:
        """The reversal of the posting's correction: open, or posted."""
        return self._of_group(PostingKind.REVERSAL)

    @property
    def replacement(self) -> Mapping[str, Any] | None:
        """What is to take the place of the reversed, and is not posted yet."""
        found = self._of_group(PostingKind.REPLACEMENT)
        return found if found is not None and found["state"] in UNSENT else None

    def by_id(self, posting_id: UUID | None) -> Mapping[str, Any] | None:
        """One of them."""
        return next((each for each in self.rows if each["id"] == posting_id), None)

    def _of_group(self, kind: PostingKind) -> Mapping[str, Any] | None:
        group = self.posting["correction_group"]
        if group is None:
            return None
        gone = {PostingState.SUPERSEDED, PostingState.WAIVED, PostingState.REVERSED}
        found = [
            each
            for each in self.rows
            if each["correction_group"] == group
            and each["kind"] == kind
            and each["state"] not in gone
        ]
        return found[-1] if found else None


async def family_of(
    transaction: AsyncConnection, entry_id: UUID, posting_id: UUID
) -> Family | None:
    """Lock an entry and its postings; None if the posting is none of them."""
    await outcomes.lock_entries(transaction, [entry_id])
    rows = as_dicts(await transaction.execute(_FAMILY, {"entry": entry_id}))
    posting = next((each for each in rows if each["id"] == posting_id), None)
    return Family(posting, rows) if posting is not None else None


async def allow(
    transaction: AsyncConnection, family: Family, path: Path, mark: Mark, actor: Actor
) -> PostingState:
    """Let the posting, and the rest of its correction, go a way that only a person may choose.

    :raises TransitionRefused: it is on its way, or stands.
    """
    moved = {family.posting["id"]: family.posting}
    for each in (family.reversal, family.replacement):
        if each is not None and each["state"] in UNSENT:
            moved[each["id"]] = each
    state = PostingState(family.posting["state"])
    if state is not PostingState.RECEIVED:
        after(state, Event.RETRIED, actor)
    paths = as_json({path: mark.as_dict()})
    ids = [each["id"] for each in moved.values() if _may_be_retried(each)]
    await transaction.execute(_ALLOW, {"ids": ids, "paths": paths, "now": mark.at})
    return PostingState.RECEIVED


async def taken_back_by_hand(
    transaction: AsyncConnection, family: Family, mark: Mark
) -> PostingState:
    """Somebody took the line back in the ERP: what is right is posted now.

    :raises TransitionRefused: there is no reversal that waits for anything.
    """
    reversal = _needed(family, family.reversal, Event.SETTLED)
    after(PostingState(reversal["state"]), Event.SETTLED, Actor.FINANCE)
    token = uuid4()
    decision = as_json({"taken_back": mark.as_dict()})
    facts = {"id": reversal["id"], "decision": decision, "token": token, "now": mark.at}
    await transaction.execute(_SETTLE, facts)
    await siblings.take_back(transaction, [reversal["id"]], token, mark.at)
    if (replacement := family.replacement) is not None and _may_be_retried(replacement):
        again = {"ids": [replacement["id"]], "paths": "{}", "now": mark.at}
        await transaction.execute(_ALLOW, again)
    await entries.mark_posting_due(transaction, [family.entry_id])
    return PostingState.POSTED


async def correct(transaction: AsyncConnection, family: Family, mark: Mark) -> PostingState:
    """Take back what stands otherwise than it was sent, and post it once more.

    :raises TransitionRefused: it does not stand so, or is being corrected already.
    """
    posting = family.posting
    state = after(PostingState(posting["state"]), Event.CORRECTED, Actor.FINANCE)
    entry = await entry_of(transaction, family.entry_id)
    served = posting["serves_version"] or posting["version"]
    if entry["state"] != "APPROVED" or entry["approved_version"] != served:
        raise TransitionRefused(PostingState(posting["state"]), Event.CORRECTED, Actor.FINANCE)
    lines = [each for each in family.rows if each["kind"] != PostingKind.REVERSAL]
    version = entry["approved_version"]
    plan = Plan(
        receive=Receive(PostingKind.REPLACEMENT, sum(each["version"] == version for each in lines)),
        correct=Correct(
            standing=posting,
            reversal=None,
            round=sum(
                each["version"] == posting["version"] and each["kind"] == PostingKind.REVERSAL
                for each in family.rows
            ),
            serves=version,
        ),
    )
    await planned.carry_out(transaction, [(entry, plan)], mark.at)
    return state


async def repost_original(transaction: AsyncConnection, family: Family, mark: Mark) -> PostingState:
    """Half a correction: post once more what was taken back, until it can be replaced.

    :raises TransitionRefused: it is no replacement that waits, or nothing was taken back.
    """
    reversal = _needed(family, family.reversal, Event.TAKEN_BACK)
    reversed_ = family.by_id(reversal["reverses_id"])
    stands = any(
        each["kind"] != PostingKind.REVERSAL and each["serves_version"] is not None
        for each in family.rows
        if each["state"] in UNSENT
    )
    waits = family.posting["kind"] == PostingKind.REPLACEMENT and family.posting["state"] in UNSENT
    if reversal["state"] != PostingState.POSTED or reversed_ is None or stands or not waits:
        raise TransitionRefused(
            PostingState(family.posting["state"]), Event.TAKEN_BACK, Actor.FINANCE
        )
    entry = await entry_of(transaction, family.entry_id)
    lines = [each for each in family.rows if each["kind"] != PostingKind.REVERSAL]
    round_ = sum(each["version"] == reversed_["version"] for each in lines)
    again = Receive(PostingKind.REPLACEMENT, round_, family.posting["correction_group"])
    await planned.put_back(transaction, entry, reversed_, again, mark.at)
    return PostingState.RECEIVED


def _may_be_retried(posting: Mapping[str, Any]) -> bool:
    return posting["state"] in {
        PostingState.RECEIVED,
        PostingState.PARKED,
        PostingState.BLOCKED,
        PostingState.DEAD_LETTER,
    }


def _needed(family: Family, posting: Mapping[str, Any] | None, event: Event) -> Mapping[str, Any]:
    if posting is None:
        raise TransitionRefused(PostingState(family.posting["state"]), event, Actor.FINANCE)
    return posting
