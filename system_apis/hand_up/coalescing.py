"""Many webhooks at once, few requests upward.

A request waits a few milliseconds for company, and what arrives while it is on its way leaves
together with the next one. So the batch grows with the load by itself. Under load the wait
shortens a webhook's time: a request upward costs as much as the events of ten, in both tiers.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from opentelemetry import trace
from opentelemetry.trace import Link, SpanContext
from pydantic import BaseModel, ConfigDict, Field

from shared.problems import NotReady, TimepostProblem, UpstreamRefused
from system_apis.hand_up.envelope import CloudEvent

_log = structlog.get_logger(__name__)

Send = Callable[[Sequence[CloudEvent]], Awaitable[None]]


class HandUpSettings(BaseModel):
    """Tuning of the hand-up; the defaults serve one tracker tenant of several thousand users."""

    model_config = ConfigDict(frozen=True)

    batch_size: int = Field(default=200, ge=1, le=500, description="Events per request.")
    in_flight: int = Field(
        default=1,
        ge=1,
        le=16,
        description="Requests at a time. More make smaller batches; they help where the process"
        " tier is far away.",
    )
    linger_seconds: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="How long a request that is not full waits for more events.",
    )
    waiting_limit: int = Field(
        default=5000, ge=1, description="Events that may wait; beyond it trackers are told 503."
    )
    timeout_seconds: float = Field(
        default=8.0, gt=0, le=60, description="For one request; below the tracker's own patience."
    )


class BatchRefused(Exception):
    """The process tier will never take this batch (a 4xx about its content)."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


@dataclass
class _Delivery:
    """Events of one webhook; more than a batch holds are several of these."""

    events: Sequence[CloudEvent]
    committed: asyncio.Future[None]
    span: SpanContext


class HandUp:
    """Coalesces deliveries into requests; each waiter learns the fate of its own events.

    :param send: returns after the commit; raises :class:`BatchRefused`, or any problem that
        means "not now".
    """

    def __init__(self, send: Send, settings: HandUpSettings) -> None:
        self._send = send
        self._settings = settings
        self._waiting: deque[_Delivery] = deque()
        self._events_waiting = 0
        self._senders: set[asyncio.Task[None]] = set()
        self._closing = False

    async def hand_up(self, events: Sequence[CloudEvent]) -> None:
        """Return once ``events`` are committed by the process tier.

        :raises NotReady: they may not have been; the tracker has to deliver again. Harmless
            if they were: the process tier knows the ids.
        :raises UpstreamRefused: the process tier refuses these very events.
        """
        if not events:
            return
        if self._closing:
            raise NotReady("This server is stopping.")
        if self._events_waiting + len(events) > self._settings.waiting_limit:
            raise NotReady("More deliveries arrive than can be committed.", retry_after=10)
        size = self._settings.batch_size
        parts = [self._enqueue(events[at : at + size]) for at in range(0, len(events), size)]
        await asyncio.gather(*parts)

    async def close(self) -> None:
        """Take nothing more; return when everything taken has its answer."""
        self._closing = True
        while self._senders:
            await asyncio.wait(self._senders)

    def _enqueue(self, events: Sequence[CloudEvent]) -> asyncio.Future[None]:
        committed = asyncio.get_running_loop().create_future()
        span = trace.get_current_span().get_span_context()
        self._waiting.append(_Delivery(events, committed, span))
        self._events_waiting += len(events)
        self._start_sender()
        return committed

    def _start_sender(self) -> None:
        if len(self._senders) >= self._settings.in_flight:
            return
        # A fresh context: the request must not count as part of the first waiter's trace.
        sender = asyncio.create_task(self._send_waiting(), context=contextvars.Context())
        self._senders.add(sender)
        sender.add_done_callback(self._senders.discard)

    async def _send_waiting(self) -> None:
        while self._waiting:
            if self._events_waiting < self._settings.batch_size:
                await asyncio.sleep(self._settings.linger_seconds)
            batch = self._take_batch()
            if not batch:
                return  # another sender took them meanwhile
            links = [Link(delivery.span) for delivery in batch if delivery.span.is_valid]
            tracer = trace.get_tracer("timepost.system")
            with tracer.start_as_current_span("hand up events", links=links):
                try:
                    await self._send_batch(batch)
                except BaseException as error:  # Cancellation, too, must reach the waiters.
                    _fail(batch, error)
                    raise

    def _take_batch(self) -> list[_Delivery]:
        batch: list[_Delivery] = []
        size = 0
        while self._waiting and size + len(self._waiting[0].events) <= self._settings.batch_size:
            batch.append(self._waiting.popleft())
            size += len(batch[-1].events)
        self._events_waiting -= size
        return batch

    async def _send_batch(self, batch: list[_Delivery]) -> None:
        try:
            await self._send([event for delivery in batch for event in delivery.events])
        except BatchRefused as refusal:
            await self._isolate(batch, refusal)
        # The waiters have to learn of everything that can go wrong.
        except Exception as error:  # noqa: BLE001 - logged, and told to each waiter
            _log.warning("hand_up_failed", deliveries=len(batch), problem=_words(error))
            _fail(batch, error)
        else:
            for delivery in batch:
                if not delivery.committed.done():
                    delivery.committed.set_result(None)

    async def _isolate(self, batch: list[_Delivery], refusal: BatchRefused) -> None:
        """Halve a refused batch until the delivery that is refused stands alone."""
        if len(batch) == 1:
            _fail(batch, refusal)
            return
        middle = len(batch) // 2
        await self._send_batch(batch[:middle])
        await self._send_batch(batch[middle:])


def _fail(batch: Sequence[_Delivery], error: BaseException) -> None:
    for delivery in batch:
        if not delivery.committed.done():
            delivery.committed.set_exception(_answer(error))


def _answer(error: BaseException) -> Exception:
    """A new exception for each waiter: a shared one would collect all their tracebacks."""
    if isinstance(error, BatchRefused):
        return UpstreamRefused(
            f"The process tier refuses this delivery ({error}).",
            action="Check that both tiers run compatible versions of the event contract.",
        )
    wait = getattr(error, "retry_after", None) or 5
    return NotReady("The delivery could not be committed.", retry_after=wait)


def _words(error: Exception) -> str:
    """Only a problem's text is known to hold nothing confidential."""
    return error.detail if isinstance(error, TimepostProblem) else type(error).__name__
