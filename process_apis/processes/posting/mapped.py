"""What a mapping makes of the project and the task that an entry refers to."""

from dataclasses import replace

from process_apis.processes.mapping.keys import mapping_key
from process_apis.processes.mapping.targets import Mapped
from process_apis.processes.master_data.keys import dependency_key
from process_apis.processes.posting.rules import Party


def mapped_parties(
    tracker: str, target: str, project: Party, task: Party | None, mapped: Mapped | None
) -> tuple[Party, Party | None]:
    """Project and task as they are posted.

    Where no rule gives a task, they are what they are bound to; another version of the mapping may
    say otherwise, whether there is one yet or not.
    """
    key = mapping_key(tracker, target)
    if mapped is not None and mapped.trouble is not None:
        party = task or project
        said = party.label or "what the entry says"
        # First what the entry names: cases that wait for the same first are one problem.
        waits_on = (*party.waits_on[:1], key)
        trouble = Party(f"{said} ({mapped.explanation})", mapped.trouble, waits_on=waits_on)
        return _waiting(project, key), trouble
    if mapped is None or mapped.task is None or mapped.project is None:
        return _waiting(project, key), None if task is None else _waiting(task, key)
    task_id = mapped.task["owner_external_id"]
    project_id = mapped.project["owner_external_id"]
    return (
        Party(
            project.label or mapped.project["name"],
            "one",
            target_id=project_id,
            record=mapped.project,
            changes_on=(dependency_key("project", target, project_id), key),
        ),
        Party(
            task.label if task else mapped.task["name"],
            "one",
            target_id=task_id,
            record=mapped.task,
            changes_on=(dependency_key("task", target, task_id), key),
        ),
    )


def _waiting(party: Party, key: str) -> Party:
    """One that a version of the mapping may stand in for; without a reference, a person acts."""
    return replace(
        party,
        waits_on=(*party.waits_on, key) if party.waits_on else (),
        changes_on=(*party.changes_on, key) if party.changes_on else (),
    )
