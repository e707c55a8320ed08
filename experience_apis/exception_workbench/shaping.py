"""From the process tier's cases to what people read. Pure: the instant and the caller come in."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from pydantic import JsonValue

from experience_apis.exception_workbench.labels import (
    AFTER_ACTION,
    FIELDS,
    OWNERS,
    SEVERITIES,
    STATES,
    STATUSES,
    in_words,
)
from experience_apis.exception_workbench.schemas import (
    ActionOffer,
    CaseList,
    CaseRow,
    CaseView,
    ChoiceOffer,
    CommentView,
    ComparisonRow,
    ConfirmationView,
    ConfirmView,
    RetryView,
    TimelineEntry,
    Totals,
    Value,
    WaiverView,
)
from experience_apis.upstream.cases import (
    Case,
    CaseDetail,
    CasePage,
    Comment,
    Confirmation,
    ConfirmationResult,
    LineageEvent,
    RetryResult,
    Side,
    Waiver,
)

_AGES = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60))
_HUNDREDTH = Decimal("0.01")


def case_list(page: CasePage, *, now: datetime, me: str) -> CaseList:
    """A page with its sums."""
    minutes = sum(case.minutes or 0 for case in page.cases)
    return CaseList(
        cases=[case_row(case, now=now, me=me) for case in page.cases],
        next_cursor=page.next_cursor,
        totals=Totals(
            matching=page.total,
            shown=len(page.cases),
            minutes_shown=minutes,
            hours_shown=hours(minutes),
        ),
    )


def case_view(
    detail: CaseDetail,
    *,
    now: datetime,
    me: str,
    actions: list[ActionOffer],
    choices: list[ChoiceOffer],
) -> CaseView:
    """A case with everything that its page shows."""
    comparison = compare(
        {
            "source": detail.source,
            "canonical": detail.canonical,
            "would_post": detail.would_post,
            "erp": detail.erp,
        }
    )
    return CaseView(
        case=case_row(detail.case, now=now, me=me),
        status=detail.status,
        status_label=STATUSES.get(detail.status or "", detail.status),
        comparison=comparison,
        differences=sum(row.differs for row in comparison),
        erp_error=detail.erp_error,
        also=detail.also,
        timeline=[timeline_entry(event) for event in sorted(detail.lineage, key=_instant)],
        comments=[comment_view(comment, me=me) for comment in detail.comments],
        confirmations=[confirmation_view(each, me=me) for each in detail.confirmations],
        actions=actions,
        choices=choices,
    )


def case_row(case: Case, *, now: datetime, me: str) -> CaseRow:
    """One case; its age ends with its resolution."""
    seconds = max(0, int(((case.resolved_at or now) - case.opened_at).total_seconds()))
    return CaseRow(
        id=case.id,
        code=case.code,
        severity=case.severity,
        severity_label=SEVERITIES.get(case.severity, case.severity),
        owner=case.owner,
        owner_label=OWNERS.get(case.owner, case.owner),
        state=case.state,
        state_label=STATES.get(case.state, case.state),
        sentence=case.sentence,
        action=case.action,
        assignee=case.assignee,
        assigned_to_me=case.assignee == me,
        connection=case.connection,
        entry=case.entry_external_id,
        worker=case.worker,
        project=case.project,
        task=case.task,
        work_date=case.work_date,
        minutes=case.minutes,
        hours=None if case.minutes is None else hours(case.minutes),
        affected=case.affected,
        waiting_for=[awaited(key) for key in case.waiting_for],
        problem=case.fingerprint,
        opened_at=case.opened_at,
        age_seconds=seconds,
        age=age(seconds),
        escalated_at=case.escalated_at,
        resolved_at=case.resolved_at,
        resolution=case.resolution,
        waiver=_waiver_view(case.waiver, me=me),
        version=case.version,
    )


def confirm_view(result: ConfirmationResult, *, now: datetime, me: str) -> ConfirmView:
    """What the confirmation led to, in a sentence."""
    return ConfirmView(
        case=case_row(result.case, now=now, me=me),
        confirmation=confirmation_view(result.confirmation, me=me),
        posting_state=result.posting_state,
        sentence=posting_sentence(result.posting_state),
    )


def confirmation_view(confirmation: Confirmation, *, me: str) -> ConfirmationView:
    """A confirmation in a sentence, marked when it is the caller's."""
    return ConfirmationView(
        id=confirmation.id,
        sentence=_found(confirmation),
        evidence=confirmation.evidence,
        confirmed_by=confirmation.confirmed_by,
        mine=confirmation.confirmed_by == me,
        at=confirmation.at,
    )


def _found(confirmation: Confirmation) -> str:
    line = confirmation.line
    if line is not None:
        worked = f"{hours(line.minutes)} hours on {line.work_date.isoformat()}"
        return f"Line {line.external_id} stands in the ERP: {worked}."
    gone = confirmation.outcome == "posted"
    return "The line is gone from the ERP." if gone else "The ERP did not do it."


def retry_view(result: RetryResult, *, now: datetime, me: str) -> RetryView:
    """What the retry led to, in a sentence."""
    return RetryView(
        case=case_row(result.case, now=now, me=me),
        posting_state=result.posting_state,
        sentence=posting_sentence(result.posting_state),
    )


def posting_sentence(state: str) -> str:
    """What the state of a posting means after somebody acted on it."""
    return AFTER_ACTION.get(state, f"The posting is now {in_words(state.lower()).lower()}.")


def _waiver_view(waiver: Waiver | None, *, me: str) -> WaiverView | None:
    if waiver is None:
        return None
    return WaiverView(
        requested_by=waiver.requested_by,
        mine=waiver.requested_by == me,
        requested_at=waiver.requested_at,
        reason=waiver.reason,
    )


def comment_view(comment: Comment, *, me: str) -> CommentView:
    """A comment, marked when it is the caller's."""
    return CommentView(
        id=comment.id,
        author=comment.author,
        mine=comment.author == me,
        text=comment.text,
        at=comment.at,
    )


def hours(minutes: int) -> str:
    """50 -> ``0.83``, 90 -> ``1.50``: for reading; sums are made of minutes."""
    return str((Decimal(minutes) / 60).quantize(_HUNDREDTH, ROUND_HALF_UP))


def age(seconds: int) -> str:
    """The largest unit only: ``3 hours``, ``1 day``, ``less than a minute``."""
    for unit, length in _AGES:
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def awaited(key: str) -> str:
    """A dependency key in words: ``project:erp-uk:42`` -> ``project 42 in erp-uk``.

    ``named-project:erp-uk:hr-4711`` waits for a project that is called so: its id is not known.
    """
    kind, _, rest = key.partition(":")
    if kind == "unbound":
        return f"a {in_words(rest).lower()} that is not known yet"
    connection, separator, external_id = rest.partition(":")
    if kind.startswith("named-"):
        thing = kind.removeprefix("named-")
        name = external_id.partition("/")[2] if thing == "task" else external_id
        return f"a {in_words(thing).lower()} called {name} in {connection}"
    if kind == "periods":
        return f"an accounting period of {external_id} in {connection}"
    words = in_words(kind).lower()
    return f"{words} {external_id} in {connection}" if separator else f"{words} {rest}".strip()


def timeline_entry(event: LineageEvent) -> TimelineEntry:
    """One step as a sentence."""
    actor = actor_in_words(event.actor)
    facts = _facts(event.detail)
    sentence = f"{in_words(event.what)} by {actor}" + (f" ({facts})" if facts else "")
    return TimelineEntry(at=event.at, sentence=sentence, actor=actor, trace_id=event.trace_id)


def actor_in_words(actor: str) -> str:
    """``tracker:clockify-uk`` -> ``the tracker clockify-uk``, ``user:maya`` -> ``maya``."""
    kind, _, name = actor.partition(":")
    if not name:
        return "Timepost" if actor == "timepost" else actor
    return name if kind == "user" else f"the {in_words(kind).lower()} {name}"


def compare(sides: Mapping[str, Side | None]) -> list[ComparisonRow]:
    """One row for each field that any side has.

    A side that lacks a field altogether has nothing to disagree with: a tracker knows no
    accounting period. A side that has the field and leaves it empty does disagree.
    """
    present = {name: side.fields for name, side in sides.items() if side is not None}
    return [_row(field, present) for field in _in_order(present.values())]


def _row(field: str, present: Mapping[str, Mapping[str, Value]]) -> ComparisonRow:
    values = {name: fields[field] for name, fields in present.items() if field in fields}
    return ComparisonRow(
        field=field,
        label=FIELDS.get(field) or in_words(field),
        source=values.get("source"),
        canonical=values.get("canonical"),
        would_post=values.get("would_post"),
        erp=values.get("erp"),
        differs=len({_comparable(value) for value in values.values()}) > 1,
    )


def _in_order(sides: Iterable[Mapping[str, Value]]) -> list[str]:
    found = {field for side in sides for field in side}
    return [field for field in FIELDS if field in found] + sorted(found - FIELDS.keys())


def _comparable(value: Value) -> str:
    """Trackers and ERPs write one value in several types: 90 and "90", no value and ""."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value).strip()


def _facts(detail: Mapping[str, JsonValue]) -> str:
    """What a person can read in passing; nested values are for machines."""
    readable = ((name, _readable(value)) for name, value in detail.items())
    return ", ".join(f"{in_words(name).lower()}: {text}" for name, text in readable if text)


def _readable(value: JsonValue) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " and ".join(text for each in value if (text := _readable(each)))
    return None if isinstance(value, dict) or value is None else str(value)


def _instant(event: LineageEvent) -> datetime:
    return event.at
