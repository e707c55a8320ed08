"""Posts hours many in a call: an outcome for each line, and no line hidden behind another.

What a refused call did depends on the ERP. Where one bad line refuses all, or a repeated line is
known by its key, the lines are halved until the bad ones stand alone. Otherwise they are looked up
before any of them is sent again.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from system_apis.capabilities.erp.schemas import OutcomeStatus
from system_apis.connectors.http_json.client import ErpClient
from system_apis.connectors.http_json.lookups import LineFinder
from system_apis.connectors.http_json.mapping import (
    Unreadable,
    body_of,
    elements,
    posting_document,
)
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.posting import PostingRun
from system_apis.connectors.http_json.refusals import TAKEN, Catalogue, Verdict
from system_apis.connectors.http_json.run import Batch
from system_apis.connectors.http_json.sections import BatchSettings
from system_apis.connectors.http_json.settings import HttpJsonSettings

_OK = 200


class BatchRun(PostingRun):
    """As its base, with calls that carry several lines.

    :param within: judges the outcomes that an answer tells; `catalogue` judges whole answers.
    """

    def __init__(
        self,
        client: ErpClient,
        finder: LineFinder,
        catalogue: Catalogue,
        settings: HttpJsonSettings,
        deadline: datetime,
        *,
        batch: BatchSettings,
        within: Catalogue,
    ) -> None:
        super().__init__(client, finder, catalogue, settings, deadline)
        self._batch = batch
        self._within = within

    async def _send(self, items: Batch) -> None:
        size = self._batch.size
        calls = [items[start : start + size] for start in range(0, len(items), size)]
        await self._side_by_side(calls, self._post_batch)

    async def _post_batch(self, items: Batch) -> None:
        if self._stopped_by is not None:
            for item in items:
                self._conclude(item, OutcomeStatus.RETRY, self._stopped_by)
            return
        batch = self._batch
        fields = self._settings.posting.fields
        lines = [body_of(fields, posting_document(item)) for item in items]
        document = batch.body(lines) if batch.body else lines
        key = hashlib.sha256("".join(item.posting_key for item in items).encode()).hexdigest()
        answer = await self._exchange(items, batch.method, batch.path, document, key)
        if answer is None:
            return
        try:
            told = elements(batch.outcomes, answer.body)
        except Unreadable:
            told = []
        if told:
            self._take_outcomes(items, answer, told)
        else:
            await self._take_whole(items, answer)

    def _take_outcomes(self, items: Batch, answer: Answer, told: Sequence[Any]) -> None:
        fields = self._batch.answer or self._settings.posting.answer
        for item, each in zip(items, self._paired(items, told), strict=True):
            if each is None:
                silent = Answer(answer.status, None, "The answer does not speak of this line.")
                verdict = self._within.uncatalogued(silent, OutcomeStatus.IN_DOUBT, [])
                self._apply(item, silent, verdict, self._within, fields)
                continue
            said = Answer(self._status_of(each), each, each, answer.retry_after_seconds)
            verdict = self._within.judge(said, [other.narrative for other in items])
            self._apply(item, said, verdict, self._within, fields)

    def _paired(self, items: Batch, told: Sequence[Any]) -> Sequence[Any]:
        """The outcome of each item; None for those of which nothing is said for certain."""
        reference = self._batch.reference
        if reference is None:
            return told if len(told) == len(items) else [None] * len(items)
        by_reference = {str(reference(each)): each for each in told}
        return [by_reference.get(item.posting_key) for item in items]

    def _status_of(self, outcome: Any) -> int:
        status = self._batch.status(outcome) if self._batch.status else _OK
        return int(status) if str(status).isdecimal() else 0

    async def _take_whole(self, items: Batch, answer: Answer) -> None:
        """An answer that tells nothing of single lines."""
        narratives = [item.narrative for item in items]
        verdict = self._catalogue.judge(answer, narratives)
        if verdict is TAKEN:
            verdict = self._catalogue.uncatalogued(answer, OutcomeStatus.IN_DOUBT, narratives)
        if verdict.status is not OutcomeStatus.REJECTED or len(items) == 1:
            return self._conclude_all(items, answer, verdict)
        rest = list(items)
        if not (self._batch.atomic or self._settings.idempotency == "native_replay"):
            if self._settings.lookup is None:
                doubt = Verdict(OutcomeStatus.IN_DOUBT, verdict.error)
                return self._conclude_all(items, answer, doubt)
            await self._recognise(items, OutcomeStatus.IN_DOUBT)
            rest = self._open(items)
        middle = (len(rest) + 1) // 2
        for half in (rest[:middle], rest[middle:]):
            if half:
                await self._post_batch(half)
        return None

    def _conclude_all(self, items: Batch, answer: Answer, verdict: Verdict) -> None:
        for item in items:
            self._apply(item, answer, verdict, self._catalogue, self._settings.posting.answer)
