"""Removes and rewrites lines, one call each: looked at before, and an answer proves what it proves.

A line is touched only if it still is what the caller decided on: it carries the expected key, and
no invoice holds it. Whatever the outcome, the caller's own ledger keeps what stood there before.
"""

from shared.problems import TimepostProblem
from system_apis.capabilities.erp.schemas import (
    ErpError,
    ErrorClass,
    InvoiceState,
    Operation,
    OutcomeStatus,
    PostedLine,
    PostingOutcome,
    PostingRequest,
)
from system_apis.connectors.http_json.client import filled_path
from system_apis.connectors.http_json.mapping import Fields, body_of, posting_document
from system_apis.connectors.http_json.run import Batch, Run, error_of
from system_apis.connectors.http_json.sections import DeletingSettings, UpdatingSettings

_SAME = ("legal_entity_id", "worker_id", "project_id", "task_id", "work_date", "minutes")


class TakingBackRun(Run):
    """The deletes and updates of one request. Its catalogue accepts what these calls accept."""

    async def post(self, items: Batch) -> list[PostingOutcome]:
        """One outcome per item, in order."""
        distinct = list({item.posting_key: item for item in items}.values())
        for item in distinct:
            if self._section(item) is None:
                text = f"This connection's options do not say how to {item.operation} a line."
                self._conclude(item, OutcomeStatus.REJECTED, _refusal(ErrorClass.REJECTED, text))
        for item, line in await self._looked_at(self._open(distinct), OutcomeStatus.RETRY):
            self._conclude_at_sight(item, line)
        await self._side_by_side(self._open(distinct), self._act)
        await self._read_back([item for item in distinct if item.operation is Operation.UPDATE])
        return [self._outcomes[item.posting_key] for item in items]

    def _section(self, item: PostingRequest) -> DeletingSettings | UpdatingSettings | None:
        if item.operation is Operation.DELETE:
            return self._settings.deleting
        return self._settings.updating

    async def _looked_at(
        self, items: Batch, if_unknown: OutcomeStatus
    ) -> list[tuple[PostingRequest, PostedLine | None]]:
        """Each item with its target as it stands now; nothing if the ERP does not tell."""
        if not items:
            return []
        try:
            read = await self._finder.by_ids([str(item.target_line) for item in items])
        except TimepostProblem as problem:
            for item in items:
                self._conclude(item, if_unknown, error_of(problem))
            return []
        lines = {line.external_id: line for line in read.lines}
        return [(item, lines.get(str(item.target_line))) for item in items]

    def _conclude_at_sight(self, item: PostingRequest, line: PostedLine | None) -> None:
        """What the line itself tells already; what it leaves open is then asked of the ERP."""
        if line is None:
            if item.operation is Operation.DELETE:
                return self._conclude(item, OutcomeStatus.ALREADY_POSTED)
            error = _refusal(ErrorClass.STALE_VERSION, "The line is not there any more.")
            return self._conclude(item, OutcomeStatus.REJECTED, error)
        if item.operation is Operation.UPDATE and is_as_asked(item, line):
            return self._conclude(item, OutcomeStatus.ALREADY_POSTED, line=line)
        if line.posting_key not in (None, item.target_key):
            error = _refusal(ErrorClass.STALE_VERSION, "The line carries another posting key.")
            return self._conclude(item, OutcomeStatus.REJECTED, error)
        if line.invoiced is not InvoiceState.NONE:
            error = _refusal(ErrorClass.INVOICED_LOCKED, "An invoice holds the line.")
            return self._conclude(item, OutcomeStatus.REJECTED, error)
        return None

    async def _act(self, item: PostingRequest) -> None:
        section = self._section(item)
        if section is None or self._stopped_by is not None:
            return self._conclude(item, OutcomeStatus.RETRY, self._stopped_by)
        document = posting_document(item)
        body = body_of(fields, document) if (fields := self._fields(section)) else None
        path = filled_path(section.path, document)
        answer = await self._exchange([item], section.method, path, body, item.posting_key)
        if answer is None:
            return None
        if isinstance(section, DeletingSettings) and answer.status in section.gone_statuses:
            return self._conclude(item, OutcomeStatus.ALREADY_POSTED)
        verdict = self._catalogue.judge(answer, [item.narrative])
        if verdict.error is not None:
            return self._refuse(item, verdict)
        if isinstance(section, DeletingSettings):
            return self._conclude(item, OutcomeStatus.POSTED)
        return None

    def _fields(self, section: DeletingSettings | UpdatingSettings) -> Fields:
        if isinstance(section, UpdatingSettings) and not section.fields:
            return self._settings.posting.fields
        return section.fields

    async def _read_back(self, updated: Batch) -> None:
        """Rewritten is not posted before it was seen."""
        for item, line in await self._looked_at(self._open(updated), OutcomeStatus.IN_DOUBT):
            if line is None:
                error = _refusal(ErrorClass.UNAVAILABLE, "The line could not be read back.")
                self._conclude(item, OutcomeStatus.IN_DOUBT, error)
            else:
                self._conclude(item, OutcomeStatus.POSTED, line=line)


def is_as_asked(item: PostingRequest, line: PostedLine) -> bool:
    """Whether the line already is what an update would make of it, under the update's key."""
    if line.posting_key not in (None, item.posting_key):
        return False
    return all(getattr(item, name) == getattr(line, name) for name in _SAME)


def _refusal(error_class: ErrorClass, text: str) -> ErpError:
    return ErpError(
        error_class=error_class,
        vendor_code=f"preflight.{error_class}",
        vendor_message=text,
        retriable=False,
    )
