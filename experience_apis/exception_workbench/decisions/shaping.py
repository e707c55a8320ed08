"""What only people decide, in words. Pure."""

from collections.abc import Callable, Sequence
from datetime import datetime

from experience_apis.exception_workbench.decisions.schemas import ChoiceView
from experience_apis.exception_workbench.schemas import ChoiceOffer
from experience_apis.exception_workbench.shaping import case_row, posting_sentence
from experience_apis.upstream.cases import ChoiceOffer as Offered
from experience_apis.upstream.cases import ChoiceResult


def choice_view(result: ChoiceResult, *, now: datetime, me: str) -> ChoiceView:
    """What a choice led to, in a sentence."""
    return ChoiceView(
        case=case_row(result.case, now=now, me=me),
        posting_state=result.posting_state,
        sentence=posting_sentence(result.posting_state),
    )


def choices(
    offered: Sequence[Offered], refusal: Callable[[frozenset[str]], str | None]
) -> list[ChoiceOffer]:
    """The choices, each with the reason where the caller may not."""
    return [
        ChoiceOffer(
            choice=each.choice,
            label=each.label,
            needs=each.needs,
            allowed=reason is None,
            reason=reason,
        )
        for each in offered
        for reason in [refusal(frozenset(each.roles))]
    ]
