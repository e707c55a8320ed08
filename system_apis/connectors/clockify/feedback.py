"""What became of entries, told in Clockify: posted ones are marked as invoiced."""

from collections.abc import Sequence

from shared.http_client import NoAnswer
from shared.problems import TooManyRequests, UpstreamUnavailable
from system_apis.capabilities.time_tracking.schemas import (
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
)
from system_apis.connectors.clockify.client import ClockifyClient, RequestRefused
from system_apis.connectors.clockify.entries import BATCH, Entries

_NO_PLACE = "Clockify has no place for a reason beside a single entry."


class Feedbacks:
    """Writes outcomes back. The flag is set, not toggled, so repeating it changes nothing."""

    def __init__(self, client: ClockifyClient, entries: Entries) -> None:
        self._client = client
        self._entries = entries

    async def give(self, items: Sequence[Feedback]) -> list[FeedbackResult]:
        """One result per item, in order."""
        posted = [i.external_id for i in items if i.outcome is FeedbackOutcome.POSTED]
        unique = list(dict.fromkeys(posted))
        results: dict[str, FeedbackResult] = {}
        for start in range(0, len(unique), BATCH):
            results.update(await self._mark(unique[start : start + BATCH]))
        return [
            results[item.external_id]
            if item.outcome is FeedbackOutcome.POSTED
            else FeedbackResult(
                external_id=item.external_id, status="unsupported", message=_NO_PLACE
            )
            for item in items
        ]

    async def _mark(self, ids: Sequence[str]) -> dict[str, FeedbackResult]:
        """One unknown id refuses all: then each half is tried on its own."""
        try:
            await self._client.mark_invoiced(ids)
        except (TooManyRequests, UpstreamUnavailable, NoAnswer) as problem:
            return {
                i: FeedbackResult(external_id=i, status="retry", message=problem.detail)
                for i in ids
            }
        except RequestRefused as problem:
            if len(ids) == 1:
                return {ids[0]: await self._refused(ids[0], problem)}
        else:
            return {i: FeedbackResult(external_id=i, status="delivered") for i in ids}
        middle = len(ids) // 2
        return await self._mark(ids[:middle]) | await self._mark(ids[middle:])

    async def _refused(self, entry_id: str, problem: RequestRefused) -> FeedbackResult:
        if not await self._entries.existing(entry_id):
            return FeedbackResult(external_id=entry_id, status="missing")
        return FeedbackResult(external_id=entry_id, status="refused", message=problem.detail)
