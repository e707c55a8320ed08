"""The worker: takes rings from the queue and works a stage until nothing is due.

Any number of them may run, on any number of hosts. The tick rings for whatever is due in the
tables, so that lost rings, expired leases and retries come up without anybody's memory.
"""

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from procrastinate import App

from process_apis import schedule
from process_apis.database import trace_statements
from process_apis.doorbell import TICK, WORK, Stage
from process_apis.pace import Pace
from process_apis.processes.approvals import automatic
from process_apis.processes.feedback import steps as feedback
from process_apis.processes.master_data import steps as master_data
from process_apis.processes.posting import (
    correcting,
    doubt,
    open_days,
    probing,
    receive,
    recharging,
    sending,
    validation,
)
from process_apis.processes.posting.outcomes import Committed
from process_apis.processes.posting.states import PostingState
from process_apis.processes.pushing import steps as pushing
from process_apis.processes.repairing import planning
from process_apis.processes.repairing import steps as repairing
from process_apis.processes.replay import running
from process_apis.processes.time_entries import comparing, sweeps
from process_apis.processes.time_entries import steps as time_entries
from process_apis.processes.watching import steps as watching
from process_apis.runtime import Runtime, build
from process_apis.settings import ProcessSettings
from shared.problems import TimepostProblem
from shared.telemetry import configure

_log = structlog.get_logger("timepost.worker")


class Worker:
    """Works on stages of one runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pace = Pace(runtime.settings.worker_gap_seconds)
        self._stages: dict[Stage, Callable[[str], Awaitable[None]]] = {
            Stage.READ_ENTRIES: self._read_entries,
            Stage.READ_APPROVALS: self._read_approvals,
            Stage.APPROVE: self._approve,
            Stage.VALIDATE: self._validate,
            Stage.CORRECT: self._correct,
            Stage.SEND: self._send,
            Stage.PROBE: self._probe,
            Stage.LOOK_UP: self._look_up,
            Stage.FEEDBACK: self._feedback,
            Stage.SWEEP: self._sweep,
            Stage.COMPARE: self._compare,
            Stage.WATCH: self._watch,
            Stage.MASTERS: self._masters,
            Stage.REPLAY: self._replay,
            Stage.PUSH: self._push,
            Stage.REPAIR: self._repair,
        }

    async def work(self, stage: str, connection: str) -> None:
        """Work a stage until nothing is due. A problem ends it; the tick comes back to it."""
        if not await self._pace.turn(stage, connection):
            return
        try:
            await self._stages[Stage(stage)](connection)
        except TimepostProblem as problem:
            _log.warning(
                "stage_stopped",
                stage=stage,
                connection=connection,
                code=problem.code,
                detail=problem.detail,
            )

    async def tick(self) -> None:
        """Ring for everything that is due."""
        doorbell = self._runtime.doorbell
        await doorbell.forget_stalled()
        for stage, connection in await schedule.due(self._runtime):
            doorbell.ring(stage, connection)

    async def _read_entries(self, connection: str) -> None:
        full = True
        while full:
            read = await time_entries.read_entries(self._runtime.reader, connection)
            full = read >= time_entries.BATCH
            if read and connection in self._runtime.approvals.settings.ours:
                await self._approve(connection)
            if read:
                await self._validate("")

    async def _read_approvals(self, connection: str) -> None:
        while await time_entries.read_approvals(self._runtime.reader, connection):
            await self._validate("")
        # A first version that lost its race, or a follow-up question, may have left hints.
        self._runtime.doorbell.ring(Stage.READ_ENTRIES, connection)

    async def _approve(self, connection: str) -> None:
        desk = self._runtime.approvals
        await automatic.void_outdated(desk)
        while await automatic.apply_policies(desk, connection):
            await self._validate("")

    async def _validate(self, _connection: str) -> None:
        ledger = self._runtime.ledger
        rings: set[tuple[Stage, str]] = set()
        full = True
        while full:
            received = await receive.receive(ledger)
            rings |= {(Stage.CORRECT, erp) for erp in received.to_take_back}
            full = received.entries >= receive.BATCH
        released, settled = await recharging.recharge(ledger), await open_days.settle(ledger)
        if released or settled:
            rings |= {(Stage.CORRECT, erp) for erp in (await receive.receive(ledger)).to_take_back}
        full = True
        while full:
            verdicts = await validation.validate(ledger)
            full = len(verdicts) >= validation.BATCH
            for each in verdicts:
                if each.target and each.waits_for_reversal:
                    rings.add((Stage.CORRECT, each.target))
                elif each.target and each.state is PostingState.READY:
                    rings.add((Stage.SEND, each.target))
        for stage, target in sorted(rings):
            self._runtime.doorbell.ring(stage, target)

    async def _correct(self, connection: str) -> None:
        judge = False
        while decided := await correcting.decide(self._runtime.ledger, connection):
            judge = judge or decided.judge
            self._runtime.doorbell.ring(Stage.SEND, connection)
        if judge:
            await self._validate("")

    async def _send(self, connection: str) -> None:
        go_on, judge = True, False
        while go_on:
            committed, go_on = await sending.send(self._runtime.ledger, connection)
            self._ring_feedback(committed)
            judge = judge or committed.judge
        if judge:
            await self._validate("")

    async def _probe(self, connection: str) -> None:
        committed = await probing.probe(self._runtime.ledger, connection)
        if committed is not None:
            self._ring_feedback(committed)
            self._runtime.doorbell.ring(Stage.LOOK_UP, connection)
            self._runtime.doorbell.ring(Stage.CORRECT, connection)
            if committed.judge:
                await self._validate("")
            await self._send(connection)

    async def _look_up(self, connection: str) -> None:
        while committed := await doubt.look_up(self._runtime.ledger, connection):
            self._ring_feedback(committed)
        self._runtime.doorbell.ring(Stage.SEND, connection)
        await self._validate("")

    async def _feedback(self, connection: str) -> None:
        while await feedback.deliver(self._runtime.messenger, connection) >= feedback.BATCH:
            pass

    async def _sweep(self, connection: str) -> None:
        if await sweeps.sweep(self._runtime.reader, connection):
            self._runtime.doorbell.ring(Stage.READ_APPROVALS, connection)
            self._runtime.doorbell.ring(Stage.READ_ENTRIES, connection)

    async def _compare(self, connection: str) -> None:
        if await comparing.compare(self._runtime.reader, connection):
            self._runtime.doorbell.ring(Stage.READ_ENTRIES, connection)

    async def _watch(self, _connection: str) -> None:
        await watching.look(self._runtime.watch)

    async def _masters(self, connection: str) -> None:
        await master_data.refresh(self._runtime.librarian, connection)
        await self._validate("")
        for tracker in self._runtime.pusher.trackers_of(connection):
            self._runtime.doorbell.ring(Stage.PUSH, tracker)

    async def _push(self, tracker: str) -> None:
        await pushing.plan_if_due(self._runtime.pusher, tracker)
        # Projects wait for clients, and tasks for projects: what one batch made lets others go.
        while await pushing.push(self._runtime.pusher, tracker):
            pass

    async def _repair(self, connection: str) -> None:
        await planning.plan_if_due(self._runtime.repairer, connection)
        while await repairing.repair(self._runtime.repairer, connection):
            pass

    async def _replay(self, _connection: str) -> None:
        ledger = self._runtime.ledger
        while job := await running.claim(ledger):
            more = True
            while more:
                replayed = await running.replay_batch(ledger, job)
                more = replayed.more
                for stage, erp in sorted(replayed.due):
                    self._runtime.doorbell.ring(stage, erp)

    def _ring_feedback(self, committed: Committed) -> None:
        for tracker in committed.news_for:
            self._runtime.doorbell.ring(Stage.FEEDBACK, tracker)


def register(app: App, worker: Worker) -> None:
    """The queue's two tasks."""

    @app.task(name=WORK)
    async def work(stage: str, connection: str) -> None:
        await worker.work(stage, connection)

    @app.periodic(cron="* * * * * */5")
    @app.task(name=TICK, queueing_lock=TICK)
    async def tick(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it
        await worker.tick()


async def run(settings: ProcessSettings) -> None:
    """Run until SIGTERM or SIGINT; a database that restarts is waited for."""
    configure("timepost-worker", settings.telemetry)
    # Three lines a job, of which there are some every second, would bury everything else.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stopping.set)
    while not stopping.is_set():
        try:
            await _run_once(settings, stopping)
        except Exception as error:  # noqa: BLE001 - the loop is what brings a worker back
            _log.error("worker_restarts", reason=type(error).__name__, exc_info=True)
            await asyncio.sleep(2)


async def _run_once(settings: ProcessSettings, stopping: asyncio.Event) -> None:
    runtime = build(settings)
    trace_statements(runtime.database)
    try:
        await runtime.open()
        register(runtime.doorbell.app, Worker(runtime))
        _log.info("worker_ready", concurrency=settings.worker_concurrency)
        worker = asyncio.create_task(
            runtime.doorbell.app.run_worker_async(
                concurrency=settings.worker_concurrency,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=5,
                shutdown_graceful_timeout=30,
            )
        )
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({worker, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
    finally:
        await runtime.close()
