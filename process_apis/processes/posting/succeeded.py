"""What stewards said of merged and split records, for the project and task of an entry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from process_apis.processes.master_data.code_drift.following import When
from process_apis.processes.master_data.code_drift.rules import Facts
from process_apis.processes.master_data.code_drift.successions import Successions
from process_apis.processes.master_data.keys import dependency_key, named_key
from process_apis.processes.posting.rules import Party


def succeeding_parties(
    target: str,
    project: Party,
    task: Party | None,
    said: Mapping[str, Any] | None,
    successions: Successions,
    when: When,
) -> tuple[Party, Party | None]:
    """Project and task as they are posted; those that nobody spoke of, as they are bound.

    :param said: the task as the entry says it.
    """
    if project.target_id is None:
        return project, task
    known = task.record if task is not None and task.target_id is not None else None
    place = successions.place(project.record, known, said, when)
    if place is None:
        return project, task
    if place.project is None:
        waits_on = (dependency_key("project", target, project.target_id), *project.waits_on)
        return Party(project.label, place.matched, waits_on=waits_on), task
    project = _moved("project", target, project, place.project)
    if task is None:
        return project, None
    if place.task is not None:
        return project, _moved("task", target, task, place.task)
    within = place.project["owner_external_id"]
    names = [str(name) for name in ((said or {}).get("code"), (said or {}).get("name")) if name]
    keys = (named_key("task", target, name, within) for name in names)
    return project, Party(task.label, place.task_matched, waits_on=(*task.waits_on, *keys))


def _moved(kind: str, target: str, party: Party, record: Facts) -> Party:
    external_id = record["owner_external_id"]
    return replace(
        party,
        matched="one",
        target_id=external_id,
        record=record,
        changes_on=(dependency_key(kind, target, external_id), *party.changes_on),
    )
