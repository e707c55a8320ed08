"""From the process tier's replays to what people read. Pure."""

from collections.abc import Mapping

from pydantic import JsonValue

from experience_apis.exception_workbench.labels import in_words
from experience_apis.exception_workbench.replays.schemas import (
    DryRunLinesView,
    DryRunRow,
    DryRunView,
    FailureView,
    ReasonView,
    ReplayDetailView,
    ReplayLineList,
    ReplayLineView,
    ReplayList,
    ReplayView,
    RereadView,
    SumView,
)
from experience_apis.exception_workbench.shaping import hours
from experience_apis.upstream.replays import (
    CodeSum,
    DryRun,
    DryRunLine,
    DryRunLines,
    Replay,
    ReplayDetail,
    ReplayLinePage,
    ReplayPage,
    Rereading,
    Sum,
)

STATES = {
    "PENDING": "Waiting for a worker",
    "RUNNING": "Running",
    "STOPPED": "Stopped",
    "DONE": "Done",
    "FAILED": "Given up",
}
OUTCOMES = {
    "PENDING": "Not done yet",
    "SENT_ON": "Sent on",
    "STILL_FAILS": "Still fails",
    "WAITS": "Waits for another posting of its entry",
    "CHANGED": "Left alone: it is no longer what the dry run showed",
    "GONE": "Left alone: something else has moved it",
}
_WOULD_BE = {"READY": "Would be sent", "PARKED": "Would wait", "BLOCKED": "Would fail"}


def dry_run_view(dry_run: DryRun) -> DryRunView:
    """A dry run with its sums in a sentence."""
    fails = sum(each.lines for each in dry_run.would_fail)
    return DryRunView(
        hash=dry_run.hash,
        sentence=f"{_lines(dry_run.would_send.lines)} with {_hours(dry_run.would_send)} would be"
        f" sent; {fails:,} would fail.",
        total=_sum(dry_run.total),
        would_send=_sum(dry_run.would_send),
        would_wait=_sum(dry_run.would_wait),
        would_fail=[_failure(each) for each in dry_run.would_fail],
        paused=dry_run.paused,
        lines=[_row(line) for line in dry_run.lines],
        next_after=dry_run.next_after,
    )


def lines_view(page: DryRunLines) -> DryRunLinesView:
    """Further lines."""
    return DryRunLinesView(lines=[_row(line) for line in page.lines], next_after=page.next_after)


def replay_view(replay: Replay, *, me: str) -> ReplayView:
    """A replay and how far it is."""
    return ReplayView.model_validate(_facts(replay, me))


def detail_view(replay: ReplayDetail, *, me: str) -> ReplayDetailView:
    """A replay with where its postings stand."""
    return ReplayDetailView.model_validate({**_facts(replay, me), "postings": replay.postings})


def replay_list(page: ReplayPage, *, me: str) -> ReplayList:
    """One page of replays."""
    replays = [replay_view(each, me=me) for each in page.replays]
    return ReplayList(replays=replays, next_cursor=page.next_cursor)


def replay_lines(page: ReplayLinePage) -> ReplayLineList:
    """One page of a replay's lines."""
    lines = [
        ReplayLineView(
            posting_id=each.posting_id,
            entry=each.entry_external_id,
            outcome=each.outcome,
            outcome_label=OUTCOMES.get(each.outcome, in_words(each.outcome.lower())),
            posting_state=each.posting_state,
            code=each.code,
        )
        for each in page.lines
    ]
    return ReplayLineList(lines=lines, next_after=page.next_after)


def reread_view(rereading: Rereading) -> RereadView:
    """How many, in a sentence."""
    total = rereading.entries
    what = "entry is" if total == 1 else "entries are"
    return RereadView(entries=total, sentence=f"{total:,} {what} read again in their tracker.")


def scope_in_words(scope: Mapping[str, JsonValue]) -> str:
    """What is replayed: ``entry 64f0 of clockify-uk``."""
    kind, connection = scope.get("kind"), scope.get("connection")
    if kind == "entry":
        return f"entry {scope.get('external_id')} of {connection}"
    if kind == "problem":
        return f"problem {scope.get('fingerprint')}"
    if kind == "batch":
        found = scope.get("delivery_id") or f"with trace {scope.get('trace_id')}"
        return f"delivery {found} of {connection}"
    if kind == "window":
        where = f" over {connection}" if connection else ""
        return f"received from {scope.get('received_from')} to {scope.get('received_to')}{where}"
    return f"{kind} {connection}"


def _facts(replay: Replay, me: str) -> dict[str, object]:
    percent = 100 * replay.done // replay.lines if replay.lines else 100
    return {
        **replay.model_dump(),
        "scope": scope_in_words(replay.scope),
        "state_label": STATES.get(replay.state, in_words(replay.state.lower())),
        "sentence": _progress(replay),
        "percent": percent,
        "mine": replay.started_by == me,
        "hours": hours(replay.minutes),
    }


def _progress(replay: Replay) -> str:
    counted = {
        "sent on": replay.sent_on,
        "still failing": replay.still_fails,
        "waiting": replay.waits,
        "changed since the dry run": replay.changed,
        "moved by something else": replay.gone,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counted.items() if count)
    done = f"{replay.done:,} of {_lines(replay.lines)} done"
    return f"{done}: {told}." if told else f"{done}."


def _row(line: DryRunLine) -> DryRunRow:
    facts = line.model_dump(exclude={"entry_external_id", "reasons"})
    return DryRunRow(
        **facts,
        entry=line.entry_external_id,
        reasons=[ReasonView(code=each.code, sentence=each.sentence) for each in line.reasons],
        state_label=in_words(line.state.lower()),
        would_be_label=_WOULD_BE.get(line.would_be, in_words(line.would_be.lower())),
        hours=hours(line.minutes),
    )


def _sum(counted: Sum) -> SumView:
    return SumView(lines=counted.lines, minutes=counted.minutes, hours=hours(counted.minutes))


def _failure(counted: CodeSum) -> FailureView:
    return FailureView(code=counted.code, **_sum(counted).model_dump())


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'}"


def _hours(counted: Sum) -> str:
    return f"{hours(counted.minutes)} hours"
