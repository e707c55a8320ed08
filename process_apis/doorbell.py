"""Wake-ups between processes. The queue holds no truth: a lost or doubled ring changes nothing.

Every stage finds its work in table state, and the tick rings for whatever is due, so the bell
only makes things quick.
"""

from enum import StrEnum
from typing import Annotated

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status
from pydantic import SecretStr

from process_apis.database import libpq_url
from process_apis.provided import provided

_log = structlog.get_logger()

WORK = "timepost.work"
TICK = "timepost.tick"


class Stage(StrEnum):
    """A stage of the main job; most work on one connection at a time."""

    READ_ENTRIES = "read-entries"
    READ_APPROVALS = "read-approvals"
    APPROVE = "approve"
    VALIDATE = "validate"
    SEND = "send"
    LOOK_UP = "look-up"
    FEEDBACK = "feedback"
    SWEEP = "sweep"
    MASTERS = "masters"


class Doorbell:
    """Rings for a stage.

    :param dsn: the same database as everything else.
    """

    def __init__(self, dsn: SecretStr) -> None:
        url = libpq_url(dsn.get_secret_value())
        self.app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))

    async def open(self) -> None:
        """Connect."""
        await self.app.open_async()

    async def close(self) -> None:
        """Disconnect."""
        await self.app.close_async()

    async def ring(self, stage: Stage, connection: str = "") -> None:
        """Wake a worker for this stage, unless one is called already.

        A ring that fails is not an error of the caller: its work is committed, and the tick
        finds it.
        """
        name = f"{stage}:{connection}"
        try:
            await self.app.configure_task(name=WORK, queueing_lock=name).defer_async(
                stage=stage, connection=connection
            )
        except AlreadyEnqueued:
            return
        except ConnectorException as error:
            _log.warning("ring_failed", stage=stage, reason=type(error).__name__)

    async def forget_stalled(self) -> None:
        """Remove calls that a killed worker was working on: the tables still know their work."""
        for job in await self.app.job_manager.get_stalled_jobs():
            await self.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)


TheDoorbell = Annotated[Doorbell, provided("doorbell")]
