"""What became of entries, told in Redmine: the approval field of posted ones is set to `posted`."""

import asyncio
from collections.abc import Sequence
from typing import Literal

from shared.problems import TimepostProblem
from system_apis.capabilities.time_tracking.schemas import (
    EntryStatus,
    Feedback,
    FeedbackOutcome,
    FeedbackResult,
)
from system_apis.connectors.redmine.client import Forbidden, NotThere, RedmineClient, Refused
from system_apis.connectors.redmine.entries import number_of
from system_apis.connectors.redmine.mapping import State, state_of
from system_apis.connectors.redmine.settings import ApprovalField

_Status = Literal["delivered", "missing", "unsupported", "retry", "refused"]

_AT_A_TIME = 4
_NO_PLACE = "The connection has no approval field with a value for it."
_NOT_APPROVED = "The entry is no longer approved in Redmine."
_NOT_TAKEN = "Redmine took the change and did not make it: may the account edit the field?"


class Feedbacks:
    """Writes outcomes back. The field is set, and read again, because Redmine answers as ever
    when it drops what the account's role may not edit."""

    def __init__(self, client: RedmineClient, field: ApprovalField | None) -> None:
        self._client = client
        self._field = field

    async def give(self, items: Sequence[Feedback]) -> list[FeedbackResult]:
        """One result per item, in order."""
        places = asyncio.Semaphore(_AT_A_TIME)

        async def give_one(item: Feedback) -> FeedbackResult:
            field = self._field
            if field is None or not field.posted or item.outcome is not FeedbackOutcome.POSTED:
                return _result(item, "unsupported", _NO_PLACE)
            async with places:
                return await self._mark(item, field, field.posted)

        return list(await asyncio.gather(*(give_one(item) for item in items)))

    async def _mark(self, item: Feedback, field: ApprovalField, value: str) -> FeedbackResult:
        number = number_of(item.external_id)
        if number is None:
            return _result(item, "missing")
        try:
            return await self._set(item, number, field, value)
        except NotThere:
            return _result(item, "missing")
        except (Forbidden, Refused) as problem:
            return _result(item, "refused", problem.detail)
        except TimepostProblem as problem:
            return _result(item, "retry", problem.detail)

    async def _set(
        self, item: Feedback, number: int, field: ApprovalField, value: str
    ) -> FeedbackResult:
        """Only what is approved becomes posted: whoever took an approval back keeps their word."""
        before = await self._state(number, field)
        if before.posted:
            return _result(item, "delivered")
        if before.status is not EntryStatus.APPROVED:
            return _result(item, "refused", _NOT_APPROVED)
        await self._client.set_field(number, field.id, value)
        if (await self._state(number, field)).posted:
            return _result(item, "delivered")
        return _result(item, "refused", _NOT_TAKEN)

    async def _state(self, number: int, field: ApprovalField) -> State:
        return state_of(await self._client.entry(number), field)


def _result(item: Feedback, status: _Status, message: str | None = None) -> FeedbackResult:
    return FeedbackResult(external_id=item.external_id, status=status, message=message)
