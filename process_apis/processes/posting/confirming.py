"""Ends an unknown outcome by what a person saw in the ERP, where no look-up ends it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.posting import outcomes
from process_apis.processes.posting.claiming import leased_from
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.outcomes import LEASED_COLUMNS, Leased, Result
from process_apis.processes.posting.states import PostingState
from process_apis.upstream.erp import PostedLine, PostingRequest

# A new token, so that a look-up that is under way cannot contradict the person a moment later.
_TAKE = text(
    f"""
    UPDATE posting SET lease_token = :token, updated_at = :now
    FROM time_entry AS entry, time_entry_version AS version
    WHERE posting.id = :id AND posting.state = 'IN_DOUBT' AND posting.code = 'IO_IN_DOUBT'
      AND entry.id = posting.time_entry_id
      AND version.time_entry_id = posting.time_entry_id AND version.version = posting.version
    RETURNING {LEASED_COLUMNS}, posting.target_connection AS erp
    """  # noqa: S608 - our own column names
)

# Two people who confirm two postings with one line wait for each other here.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('confirm lines', 3))")

# What rewrites a line shares it with what it takes back.
_OWNER_OF_LINE = text(
    """
    SELECT other.id FROM posting AS other
    JOIN posting AS mine ON mine.id = :id AND other.target_connection = mine.target_connection
    WHERE other.external_id = :line AND other.id <> mine.id
      AND (mine.operation <> 'update' OR mine.target_line <> :line) LIMIT 1
    """
)


@dataclass(frozen=True)
class SeenLine:
    """The ERP's line as a person read it off there."""

    external_id: str
    work_date: date
    minutes: int


@dataclass(frozen=True)
class Held:
    """A posting whose outcome a person may tell, held until the transaction ends."""

    leased: Leased
    token: UUID
    erp: str

    @property
    def removes_a_line(self) -> bool:
        """Carried out, it leaves nothing to be seen."""
        return self.leased.request.operation == "delete"


async def hold(transaction: AsyncConnection, ledger: Ledger, posting_id: UUID) -> Held | None:
    """Take a posting whose look-ups found nothing out; None if it is not such a one (any more).

    The caller has locked its entry.
    """
    token = uuid4()
    asked = {"id": posting_id, "token": token, "now": ledger.clock.now()}
    row = (await transaction.execute(_TAKE, asked)).mappings().first()
    if row is None:
        return None
    facts = dict(row)
    erp = facts.pop("erp")
    return Held(leased_from(facts), token, erp)


async def owner_of_line(transaction: AsyncConnection, posting_id: UUID, line: str) -> UUID | None:
    """The other posting that this line of the same ERP belongs to, if there is one."""
    await transaction.execute(_ONE_AT_A_TIME)
    row = (await transaction.execute(_OWNER_OF_LINE, {"id": posting_id, "line": line})).first()
    return row.id if row else None


async def confirm_carried_out(
    transaction: AsyncConnection, ledger: Ledger, held: Held, seen: SeenLine | None
) -> PostingState:
    """The ERP did it: POSTED, or MISPOSTED if the line is not what was sent.

    :param seen: none if the line was to be removed, and is gone.
    """
    if seen is None:
        result = outcomes.taken_back(held.leased, "confirmed deleted")
    else:
        line = _line(held.leased.request, seen)
        result = outcomes.posted(held.leased, [line], "confirmed posted")
    await outcomes.write(transaction, ledger, held.token, [result])
    return result.state


async def confirm_not_carried_out(
    transaction: AsyncConnection, ledger: Ledger, held: Held
) -> PostingState:
    """The ERP did not do it: it is sent again, with the same key."""
    result = Result(held.leased, PostingState.READY, "confirmed not posted")
    await outcomes.write(transaction, ledger, held.token, [result])
    return result.state


def _line(request: PostingRequest, seen: SeenLine) -> PostedLine:
    """What the person did not copy, they say is as it was sent."""
    return PostedLine(
        external_id=seen.external_id,
        posting_key=request.posting_key,
        legal_entity_id=request.legal_entity_id,
        worker_id=request.worker_id,
        project_id=request.project_id,
        task_id=request.task_id,
        work_date=seen.work_date,
        minutes=seen.minutes,
    )
