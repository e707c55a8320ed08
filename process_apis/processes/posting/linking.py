"""Hours that stand in the ERP and were not posted by Timepost: a person names their line."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import as_json
from process_apis.processes.posting import rules
from process_apis.processes.posting.choosing import Family, Mark
from process_apis.processes.posting.confirming import owner_of_line
from process_apis.processes.posting.findings import Finding
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Standing
from process_apis.processes.posting.states import PostingState
from process_apis.processes.posting.transitions import Actor, Event, TransitionRefused, after
from process_apis.upstream.erp import PostedLine, PostingRequest

_LINK = text(
    """
    UPDATE posting SET state = :state, code = :code, findings = CAST(:findings AS jsonb),
        waiting_for = '{}', line = CAST(:line AS jsonb), external_id = :external_id,
        decision = coalesce(decision, '{}') || CAST(:decision AS jsonb),
        posted_at = :now, updated_at = :now
    FROM time_entry AS entry WHERE posting.id = :id AND entry.id = posting.time_entry_id
    RETURNING posting.source_connection, entry.external_id AS entry_external_id
    """
)


async def link(
    transaction: AsyncConnection, ledger: Ledger, family: Family, line: PostedLine, mark: Mark
) -> PostingState:
    """The line counts as the posting's: as it is, or as one that differs and can be corrected.

    :raises TransitionRefused: the posting does not wait for that, or cannot be compared yet.
    """
    posting = family.posting
    if posting["request"] is None:
        raise TransitionRefused(PostingState(posting["state"]), Event.SETTLED, Actor.FINANCE)
    request = PostingRequest.model_validate(posting["request"])
    differs = rules.difference(request, line)
    event = Event.SETTLED_DIFFERENTLY if differs else Event.SETTLED
    state = after(PostingState(posting["state"]), event, Actor.FINANCE)
    finding = Finding("RC_VALUE_DIFF", detail={"label": ", ".join(differs)}) if differs else None
    facts = {
        "id": posting["id"],
        "state": state,
        "code": finding.code if finding else None,
        "findings": as_json([finding] if finding else []),
        "line": line.model_dump_json(),
        "external_id": line.external_id,
        "decision": as_json({"linked": mark.as_dict()}),
        "now": mark.at,
    }
    row = (await transaction.execute(_LINK, facts)).one()
    standing = Standing(
        time_entry_id=family.entry_id,
        connection=row.source_connection,
        entry_external_id=row.entry_external_id,
        state=state,
        because="its line in the ERP was named",
        finding=finding,
        posting_id=posting["id"],
        document=line.external_id,
        work_date=posting["work_date"],
        minutes=posting["minutes"],
    )
    await ledger.listeners.tell(transaction, [standing], mark.at)
    return state


async def is_taken(transaction: AsyncConnection, posting_id: UUID, line: str) -> bool:
    """Whether the line is that of another posting already."""
    return await owner_of_line(transaction, posting_id, line) is not None
