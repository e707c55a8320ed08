"""TimeTagger's words to Timepost's. Pure: no clock, no network."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from shared.values import elapsed_minutes, work_date_of
from system_apis.capabilities.time_tracking.schemas import Reference, TimeEntry
from system_apis.connectors.timetagger.platform_models import Record
from system_apis.connectors.timetagger.settings import Person, TagRule

# What TimeTagger takes for a tag: letters, digits, - / _ and everything outside of ASCII.
_TAG = re.compile(r"#([0-9A-Za-z/_\-\u0080-\U0010ffff]+)")


class Unmappable(Exception):
    """Something that has no place in Timepost's model; says why, without its content."""


@dataclass(frozen=True)
class Meaning:
    """What one tag stands for; a tag that no rule fits has no meaning."""

    tag: str
    project: str | None = None
    task: str | None = None
    billable: bool | None = None
    known: bool = True


@dataclass(frozen=True)
class Reading:
    """How a connection reads tags."""

    rules: Sequence[TagRule]
    billable: bool
    feedback_tag: str | None

    def meaning_of(self, tag: str) -> Meaning:
        """What the first rule that fits says about a tag in lower case."""
        for rule in self.rules:
            if rule.tag is not None and rule.tag.lower() == tag:
                return Meaning(tag, rule.project, rule.task, rule.billable)
            found = re.fullmatch(rule.pattern, tag, re.IGNORECASE) if rule.pattern else None
            if found:
                said = found.groupdict()
                project = rule.project or (said.get("project") or "").upper() or None
                return Meaning(tag, project, rule.task or said.get("task"), rule.billable)
        return Meaning(tag, known=False)


def to_time_entry(record: Record, person: Person, reading: Reading) -> TimeEntry:
    """One record of a person.

    :raises Unmappable: it ends before it starts, or has a field outside of the contract.
    """
    if record.t2 < record.t1:
        raise Unmappable("it ends before it starts")
    start, end = _instant(record.t1), _instant(record.t2)
    tags = [tag for tag in tags_of(record.ds) if not _is_feedback(tag, reading)]
    meanings = [reading.meaning_of(tag) for tag in tags]
    project = _project(meanings)
    said_billable = [each.billable for each in meanings if each.billable is not None]
    try:
        return TimeEntry(
            external_id=entry_id(person, record.key),
            worker=Reference(external_id=person.key, name=person.name, email=person.email),
            project=project,
            task=_task(meanings, project),
            work_date=work_date_of(start, person.timezone),
            minutes=elapsed_minutes(start, end),
            started_at=start,
            ended_at=None if record.is_running else end,
            timezone=person.timezone,
            billable=all(said_billable) if said_billable else reading.billable,
            narrative=without_tag(record.ds, reading.feedback_tag),
            tags=tags,
            running=record.is_running,
            invoiced=carries_tag(record.ds, reading.feedback_tag),
            modified_at=datetime.fromtimestamp(record.st, UTC),
        )
    except ValidationError as error:
        # The error itself would carry the narrative.
        wrong = ", ".join(str(item["loc"][0]) for item in error.errors(include_input=False))
    raise Unmappable(f"outside of the contract: {wrong}")


def entry_id(person: Person, key: str) -> str:
    """Keys are unique within one person's store only."""
    return f"{person.key}:{key}"


def parts_of(external_id: str) -> tuple[str, str]:
    """The person's key and the record's key; the latter is empty if it is no id of ours."""
    person, _, key = external_id.partition(":")
    return person, key


def tags_of(text: str) -> list[str]:
    """Tags in the order they stand, each once, in lower case and without #."""
    return list(dict.fromkeys(found.lower() for found in _TAG.findall(text)))


def carries_tag(text: str, tag: str | None) -> bool:
    return tag is not None and tag.lower() in tags_of(text)


def with_tag(text: str, tag: str) -> str:
    """The text with the tag at its end."""
    return f"{text.rstrip()} #{tag}".lstrip()


def without_tag(text: str, tag: str | None) -> str:
    """The text as the person wrote it: what feedback has appended is no change of theirs."""
    if tag is None:
        return text.strip()
    kept = _TAG.sub(lambda found: "" if found[1].lower() == tag.lower() else found[0], text)
    return kept.strip()


def _is_feedback(tag: str, reading: Reading) -> bool:
    return reading.feedback_tag is not None and tag == reading.feedback_tag.lower()


def _project(meanings: Sequence[Meaning]) -> Reference | None:
    """The one project that the tags name.

    None or several: the raw tags stand for it, so that a person can say what they mean. Guessing
    between two projects would put hours on a wrong invoice.
    """
    named = {each.project for each in meanings if each.project}
    if len(named) == 1:
        code = named.pop()
        return Reference(external_id=code, code=code)
    raw = [each.tag for each in meanings if (each.project if named else not each.known)]
    return _raw(raw)


def _task(meanings: Sequence[Meaning], project: Reference | None) -> Reference | None:
    """The one task that the tags name, within a project that is known."""
    named = {each.task for each in meanings if each.task}
    if project is None or project.code is None or not named:
        return None
    if len(named) > 1:
        return _raw([each.tag for each in meanings if each.task], within=project.code)
    name = named.pop()
    return Reference(external_id=f"{project.code}/{name}", name=name)


def _raw(tags: Iterable[str], within: str | None = None) -> Reference | None:
    """Tags as a name. Their order means nothing in TimeTagger."""
    name = " ".join(f"#{tag}" for tag in sorted(tags))
    external_id = name if within is None else f"{within}/{name}"
    return Reference(external_id=external_id[:200], name=name) if name else None


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
