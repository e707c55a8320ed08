"""Posts hours line by line: many at a time, each with an outcome of its own, none sent twice.

What was sent and not answered is in doubt and stays so: the caller looks it up before anything is
sent again. When the ERP is plainly out of order, what was not sent yet is left alone.
"""

from datetime import datetime

from shared.problems import TimepostProblem
from system_apis.capabilities.erp.schemas import (
    ErrorClass,
    LookupItem,
    OutcomeStatus,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.http_json.client import ErpClient, filled_path
from system_apis.connectors.http_json.lookups import LineFinder
from system_apis.connectors.http_json.mapping import (
    Fields,
    Unreadable,
    body_of,
    by_key,
    line_as_told,
    posting_document,
)
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.refusals import Catalogue, Verdict
from system_apis.connectors.http_json.run import Batch, Run, error_of
from system_apis.connectors.http_json.settings import HttpJsonSettings


class PostingRun(Run):
    """Adds the lines of one request."""

    def __init__(
        self,
        client: ErpClient,
        finder: LineFinder,
        catalogue: Catalogue,
        settings: HttpJsonSettings,
        deadline: datetime,
    ) -> None:
        super().__init__(client, finder, catalogue, settings, deadline)
        self._duplicates: list[PostingRequest] = []

    async def post(self, items: Batch) -> list[PostingOutcome]:
        """One outcome per item, in order. Two items with one key are one posting."""
        batch = list({item.posting_key: item for item in items}.values())
        if self._settings.looks_up_first:
            await self._recognise(batch, OutcomeStatus.RETRY)
        await self._send(self._open(batch))
        if self._duplicates:
            await self._settle_duplicates()
        return [self._outcomes[item.posting_key] for item in items]

    async def _send(self, items: Batch) -> None:
        """Every item singly."""
        await self._side_by_side(items, self._post_one)

    async def _post_one(self, item: PostingRequest) -> None:
        if self._stopped_by is not None:
            return self._conclude(item, OutcomeStatus.RETRY, self._stopped_by)
        posting = self._settings.posting
        document = posting_document(item)
        path = filled_path(posting.path, document)
        answer = await self._exchange(
            [item], posting.method, path, body_of(posting.fields, document), item.posting_key
        )
        if answer is not None:
            verdict = self._catalogue.judge(answer, [item.narrative])
            self._apply(item, answer, verdict, self._catalogue, posting.answer)
        return None

    def _apply(
        self,
        item: PostingRequest,
        answer: Answer,
        verdict: Verdict,
        catalogue: Catalogue,
        fields: Fields,
    ) -> None:
        """Turn a verdict into the item's outcome."""
        already = verdict.status is OutcomeStatus.ALREADY_POSTED
        if verdict.error is None or already:
            try:
                line = line_as_told(fields, answer.body, item)
            except Unreadable:
                # Taken, it seems, and yet no line of that answer can be named. Perhaps a page of
                # a proxy: whether there is a line has to be looked up.
                status = OutcomeStatus.IN_DOUBT
                verdict = catalogue.uncatalogued(answer, status, [item.narrative])
            else:
                self._conclude(item, verdict.status, line=line)
                return
        error = verdict.error
        is_duplicate = error is not None and error.error_class is ErrorClass.DUPLICATE
        if is_duplicate and self._settings.lookup is not None:
            self._duplicates.append(item)
        self._refuse(item, verdict)

    async def _settle_duplicates(self) -> None:
        """The ERP says that these stand there already: show their lines, or refuse them."""
        refused = {
            each.posting_key: self._outcomes.pop(each.posting_key) for each in self._duplicates
        }
        await self._recognise(self._duplicates, OutcomeStatus.IN_DOUBT)
        for key, outcome in refused.items():
            self._outcomes.setdefault(key, outcome)

    async def _recognise(self, items: Batch, if_unknown: OutcomeStatus) -> None:
        """Conclude what stands in the ERP already; all of it if the ERP does not tell."""
        lookups = [
            LookupItem(
                posting_key=item.posting_key, worker_id=item.worker_id, work_date=item.work_date
            )
            for item in items
        ]
        try:
            found = await self._finder.by_keys(lookups, self._deadline)
        except TimepostProblem as problem:
            error = error_of(problem)
            for item in items:
                self._conclude(item, if_unknown, error)
            return
        lines = by_key(found.lines)
        for item in items:
            if line := lines.get(item.posting_key):
                self._conclude(item, OutcomeStatus.ALREADY_POSTED, line=line)
