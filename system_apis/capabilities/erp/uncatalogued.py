"""Counts answers of ERPs that nobody has written a rule for, whichever connector got them."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Request
from opentelemetry.metrics import Meter

from system_apis.capabilities.erp.schemas import ErrorClass, OutcomeStatus, PostingOutcome

# What was not sent because of such an answer to another line is none itself.
_ANSWERED = frozenset({OutcomeStatus.REJECTED, OutcomeStatus.IN_DOUBT})


class UncataloguedAnswers:
    """The count that tells an operator that a rule is missing. Keeps nothing else."""

    def __init__(self, meter: Meter) -> None:
        self._answers = meter.create_counter(
            "timepost.erp.uncatalogued",
            description="Answers of ERPs that no rule covers, by connection.",
        )

    def count(self, connection: str, outcomes: Iterable[PostingOutcome]) -> None:
        """Count those among the outcomes of one call."""
        found = sum(
            each.status in _ANSWERED
            and each.error is not None
            and each.error.error_class is ErrorClass.UNKNOWN
            for each in outcomes
        )
        if found:
            self._answers.add(found, {"connection": connection})


async def _counted(request: Request) -> UncataloguedAnswers:
    answers: UncataloguedAnswers = request.app.state.uncatalogued
    return answers


Uncatalogued = Annotated[UncataloguedAnswers, Depends(_counted)]
