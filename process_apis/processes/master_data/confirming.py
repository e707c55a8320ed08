"""A steward lets through what a run stopped at."""

import json
from uuid import UUID

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data import reading, runs
from process_apis.processes.master_data.alarms import Alarm
from process_apis.processes.master_data.run_tables import RunStatus
from process_apis.processes.master_data.schemas import Confirmation, Run
from process_apis.processes.master_data.steps import Librarian
from shared.identity import Principal
from shared.problems import Conflict


async def confirm(
    run_id: UUID,
    confirmation: Confirmation,
    caller: Principal,
    librarian: Librarian,
    doorbell: Doorbell,
) -> Run:
    """Let a run's change through, as it was listed when the run stopped.

    :raises NotFound: there is no such run.
    :raises Conflict: it is not stopped, or another reads the connection.
    """
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        before = await reading.run(transaction, run_id)
        connection = await runs.confirm(
            transaction,
            run_id,
            actor=caller.subject,
            through=json.dumps(caller.actors),
            reason=confirmation.reason,
            now=now,
        )
        if connection is None:
            raise _refusal(before)
        over = f"confirmed by {caller.subject}: {confirmation.reason}"
        await librarian.tell(transaction, Alarm("MD_FEED_SHRANK", connection, now, over=over))
        confirmed = await reading.run(transaction, run_id)
    doorbell.ring(Stage.MASTERS, connection)
    return confirmed


def _refusal(run: Run) -> Conflict:
    if run.status is RunStatus.STOPPED:
        return Conflict(
            f"Another run reads the masters of {run.connection} at this moment.",
            action="Wait until it is over, and look whether this one still waits.",
            code="run_under_way",
        )
    return Conflict(
        f"The run does not wait to be confirmed: it is {run.status}.",
        action="GET /v1/master-data/runs?status=STOPPED lists those that do.",
        code="run_not_stopped",
    )
