"""From the process tier's connections to what operators read. Pure."""

from datetime import datetime

from pydantic import JsonValue

from experience_apis.operations.schemas import (
    ConnectionPage,
    ConnectionRow,
    ConnectionRows,
    StepRow,
    Verb,
)
from experience_apis.upstream.connections import (
    Connection,
    ConnectionDetail,
    ConnectionList,
    ConnectionStep,
)

# A code that is not here is shown as it is.
CAPABILITIES = {
    "erp": "ERP",
    "time_tracking": "Time tracker",
    "hcm": "HR system",
    "crm": "CRM",
    "directory": "Directory",
}
OFFERS = {
    "RUNNING": [Verb.PAUSE, Verb.DRAIN],
    "DRAINING": [Verb.PAUSE, Verb.RESUME],
    "PAUSED": [Verb.RESUME],
}


def connection_rows(found: ConnectionList, *, may_switch: bool) -> ConnectionRows:
    """All of them."""
    rows = [connection_row(each, may_switch=may_switch) for each in found.connections]
    return ConnectionRows(connections=rows)


def connection_page(detail: ConnectionDetail, *, may_switch: bool) -> ConnectionPage:
    """One with its history."""
    return ConnectionPage(
        connection=connection_row(detail.connection, may_switch=may_switch),
        history=[step_row(each) for each in detail.history],
    )


def connection_row(connection: Connection, *, may_switch: bool) -> ConnectionRow:
    """One as a list shows it."""
    flow = connection.flow
    works = flow.mode == "RUNNING" and flow.circuit == "CLOSED"
    return ConnectionRow(
        name=connection.name,
        connector=connection.connector,
        capability=connection.capability,
        capability_label=CAPABILITIES.get(connection.capability, connection.capability),
        legal_entities=connection.legal_entities,
        mode=flow.mode,
        circuit=flow.circuit,
        works=works,
        sentence=_sentence(connection),
        since=None if works else flow.failing_since or flow.mode_since,
        next_try_at=flow.next_try_at,
        offers=_offers(connection) if may_switch else [],
    )


def step_row(step: ConnectionStep) -> StepRow:
    """One step as a sentence: who, what, and the reason that was given."""
    actor = person(step.actor)
    why = step.detail.get("reason") or step.detail.get("because") or step.detail.get("said")
    what = step.what[:1].upper() + step.what[1:]
    sentence = f"{what} by {actor}" if step.actor.startswith("user:") else what
    return StepRow(at=step.at, actor=actor, sentence=_with(sentence, why))


def person(actor: str | None) -> str:
    """``user:ivan`` -> ``ivan``, ``timepost`` -> ``Timepost``."""
    if actor is None or actor == "timepost":
        return "Timepost"
    return actor.removeprefix("user:")


def _sentence(connection: Connection) -> str:
    flow = connection.flow
    said = []
    if flow.mode in ("PAUSED", "DRAINING"):
        what = "Paused" if flow.mode == "PAUSED" else "Being drained"
        who = f"{what} by {person(flow.mode_by)} since {_instant(flow.mode_since)}"
        said.append(_with(who, flow.mode_reason) + ".")
    if flow.circuit != "CLOSED":
        failing = f"Does not work since {_instant(flow.failing_since)}"
        said.append(_with(failing, (flow.said or "").rstrip(".")) + ".")
    return " ".join(said) or "Everything goes through."


def _offers(connection: Connection) -> list[Verb]:
    offers = list(OFFERS.get(connection.flow.mode, []))
    # Resuming what runs and does not work tries it at once.
    if connection.flow.mode == "RUNNING" and connection.flow.circuit != "CLOSED":
        offers.append(Verb.RESUME)
    return offers


def _with(sentence: str, why: JsonValue) -> str:
    return f"{sentence}: {why}" if why else sentence


def _instant(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "an unknown time"
