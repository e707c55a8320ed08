"""Wake-ups between processes. The queue holds no truth: a lost or doubled ring changes nothing.

Every stage finds its work in table state, and the tick rings for whatever is due, so the bell
only makes things quick.
"""

import asyncio
import contextvars
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
    CORRECT = "correct"
    SEND = "send"
    PROBE = "probe"
    LOOK_UP = "look-up"
    FEEDBACK = "feedback"
    SWEEP = "sweep"
    COMPARE = "compare"
    MASTERS = "masters"
    PUSH = "push"
    REPAIR = "repair"
    WATCH = "watch"
    REPLAY = "replay"


class Doorbell:
    """Rings for a stage, in the background, and for many calls at once.

    The first ring goes out immediately. What rings for the same stage within `gap` seconds
    after it goes out as one, at the end of the gap: a ring is a job in the queue, and costs as
    much as the work on several entries.

    :param dsn: the same database as everything else.
    :param gap: seconds between two rings for one stage of one connection.
    """

    def __init__(self, dsn: SecretStr, gap: float = 0.25) -> None:
        url = libpq_url(dsn.get_secret_value())
        self.app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
        self._gap = gap
        self._next: dict[str, float] = {}
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._ringing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect."""
        await self.app.open_async()

    async def close(self) -> None:
        """Let the last rings out, and disconnect."""
        await asyncio.gather(*self._ringing)
        await self.app.close_async()

    def ring(self, stage: Stage, connection: str = "") -> None:
        """Have a worker woken for this stage, unless one is called already.

        Returns at once. A ring that fails is not an error of the caller: its work is committed,
        and the tick finds it.
        """
        name = f"{stage}:{connection}"
        if name in self._coming:
            return
        # A fresh context: the ring belongs to all that it stands for, not to the first trace.
        task = asyncio.get_running_loop().create_task(
            self._ring(name, stage, connection), context=contextvars.Context()
        )
        self._coming[name] = task
        self._ringing.add(task)
        task.add_done_callback(self._ringing.discard)

    async def _ring(self, name: str, stage: Stage, connection: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            await asyncio.sleep(self._next.get(name, 0.0) - loop.time())
        finally:
            # From here on a call is for work that the worker might not see any more.
            del self._coming[name]
        self._next[name] = loop.time() + self._gap
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
