"""A client that we did not write (python-redmine) drives the stand-in."""

from collections.abc import Iterator
from datetime import date

import pytest
from redminelib import Redmine as Client  # type: ignore[import-untyped]
from redminelib.exceptions import (  # type: ignore[import-untyped]
    AuthError,
    ForbiddenError,
    ResourceNotFoundError,
    ServerError,
    UnknownError,
    ValidationError,
)

from deploy.sandboxes.redmine.tests.fixtures import Redmine


@pytest.fixture
def admin(redmine: Redmine) -> Iterator[Client]:
    client = Client(redmine.url, key="redmine-key-admin")
    yield client
    client.engine.session.close()


@pytest.fixture
def ada(redmine: Redmine) -> Iterator[Client]:
    client = Client(redmine.url, key="redmine-key-ada")
    yield client
    client.engine.session.close()


def test_it_signs_in_and_reads_people(admin: Client, ada: Client, redmine: Redmine) -> None:
    assert admin.auth().firstname == "Redmine"
    assert admin.user.get(redmine.ada.id).mail == "ada@haldenridge.example"
    assert [user.login for user in admin.user.all()] == ["admin", "ada"]
    assert "mail" not in dict(ada.user.get(1))
    with pytest.raises(ForbiddenError):
        list(ada.user.all())


def test_it_logs_reads_changes_and_deletes_time(ada: Client, redmine: Redmine) -> None:
    made = ada.time_entry.create(
        project_id=redmine.ledger.id,
        activity_id=next(iter(redmine.store.activities)),
        hours="1:20",
        spent_on=date(2026, 11, 20),
        comments="Cutover",
        custom_fields=[{"id": 1, "value": "submitted"}],
    )

    read = ada.time_entry.get(made.id)
    ada.time_entry.update(made.id, hours=2)

    assert (read.hours, read.spent_on, read.comments) == (1.33, date(2026, 11, 20), "Cutover")
    assert (read.project.name, read.activity.name) == ("HR-1042 Ledger migration", "Build")
    assert read.custom_fields[0].value == "submitted"
    assert ada.time_entry.get(made.id).hours == 2
    ada.time_entry.delete(made.id)
    with pytest.raises(ResourceNotFoundError):
        ada.time_entry.get(made.id)


def test_it_pages_through_more_than_a_hundred(admin: Client, redmine: Redmine) -> None:
    for day in range(1, 31):
        for _ in range(8):
            redmine.log(f"2026-11-{day:02}")

    found = list(admin.time_entry.filter(from_date="2026-11-02", to_date="2026-11-29"))

    assert len({entry.id for entry in found}) == 28 * 8
    assert found[0].spent_on == date(2026, 11, 29)


def test_it_filters_by_what_redmine_knows_and_by_nothing_else(
    admin: Client, redmine: Redmine
) -> None:
    approved, open_one = redmine.log(), redmine.log()
    redmine.set_state(approved, "approved")
    everything = {approved.id, open_one.id}

    def ids(**filters: str) -> set[int]:
        return {entry.id for entry in admin.time_entry.filter(**filters)}

    assert ids(cf_1="approved") == {approved.id}
    assert ids(project_id="hr-1042") == everything
    assert ids(project_id="internal") == set()
    assert ids(spent_on="><2026-11-19|2026-11-21") == everything
    assert ids(updated_on=">=2099-01-01") == everything
    assert ids(sort="updated_on:desc") == everything


def test_an_archived_project_hides_its_entries(admin: Client, redmine: Redmine) -> None:
    entry = redmine.log()

    admin.project.get("hr-1042").archive()

    assert list(admin.time_entry.all()) == []
    for read in (
        lambda: admin.time_entry.get(entry.id),
        lambda: list(admin.time_entry.filter(project_id="hr-1042")),
        lambda: admin.project.get("hr-1042"),
    ):
        with pytest.raises(ForbiddenError):
            read()
    redmine.ledger.archived = False
    assert admin.time_entry.get(entry.id).hours == 1.5


def test_refusals_are_understood(admin: Client, ada: Client, redmine: Redmine) -> None:
    entry = redmine.log(user_id=1)
    with pytest.raises(ValidationError, match="not included in the list"):
        admin.time_entry.update(entry.id, custom_fields=[{"id": 1, "value": "paid"}])
    with pytest.raises(ForbiddenError):
        ada.time_entry.get(entry.id)
    stranger = Client(redmine.url, key="unknown")
    with pytest.raises(AuthError):
        stranger.auth()
    stranger.engine.session.close()
    redmine.store.faults.server_errors = redmine.store.faults.rate_limited = 1
    with pytest.raises(UnknownError):
        admin.time_entry.get(entry.id)
    with pytest.raises(ServerError):
        admin.time_entry.get(entry.id)
