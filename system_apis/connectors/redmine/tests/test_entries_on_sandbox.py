"""Entries by id: found, gone, forbidden."""

from datetime import timedelta

import pytest

from deploy.sandboxes.redmine.tests.fixtures import Redmine
from shared.problems import UpstreamRefused, UpstreamUnavailable
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.tests.conftest import Open


async def test_found_and_deleted_ones(redmine: Redmine, port: RedminePort) -> None:
    kept, deleted = redmine.log(comments="Cutover"), redmine.log()
    del redmine.store.entries[deleted.id]
    strange = ["0x1", "../users/1", "²"]

    found = await port.entries_by_ids([str(kept.id), str(deleted.id), str(kept.id), *strange])

    assert [entry.narrative for entry in found.entries] == ["Cutover"]
    assert found.entries[0].worker.email == "ada@haldenridge.example"
    assert sorted(found.missing) == sorted([str(deleted.id), *strange])


async def test_archiving_a_project_takes_no_hours_back(redmine: Redmine, port: RedminePort) -> None:
    entry, other = redmine.log(), redmine.log(project_id=redmine.internal.id)
    redmine.ledger.archived = True

    found = await port.entries_by_ids([str(entry.id), str(other.id)])

    assert [each.external_id for each in found.entries] == [str(other.id)]
    assert found.missing == []


async def test_people_are_read_once_in_a_while(redmine: Redmine, port: RedminePort) -> None:
    ids = [str(redmine.log().id)]
    await port.entries_by_ids(ids)
    redmine.ada.mail = "ada.new@haldenridge.example"

    soon = await port.entries_by_ids(ids)
    redmine.clock.advance(timedelta(minutes=6))
    later = await port.entries_by_ids(ids)

    assert soon.entries[0].worker.email == "ada@haldenridge.example"
    assert later.entries[0].worker.email == "ada.new@haldenridge.example"


async def test_who_redmine_does_not_show_keeps_the_name(
    redmine: Redmine, port: RedminePort
) -> None:
    entry = redmine.log()
    del redmine.store.users[redmine.ada.id]

    (found,) = (await port.entries_by_ids([str(entry.id)])).entries

    assert (found.worker.name, found.worker.email) == ("Ada Lindqvist", None)


async def test_an_outage_is_told_and_no_entry_is_missing(
    redmine: Redmine, port: RedminePort
) -> None:
    ids = [str(redmine.log().id) for _ in range(6)]
    redmine.store.faults.server_errors = 50

    with pytest.raises(UpstreamUnavailable):
        await port.entries_by_ids(ids)


async def test_the_check_tells_what_works_and_what_does_not(
    redmine: Redmine, open_port: Open
) -> None:
    redmine.log()

    assert await open_port().check() == [
        "signed in as Redmine Admin",
        "1 time entries can be read",
        "the approval field 1 has its values",
    ]
    assert "no administrator" in (await open_port(api_key="redmine-key-ada").check())[-1]
    assert (await open_port(approval=None).check())[-1] == "no approval field is configured"
    with pytest.raises(UpstreamRefused, match="lacks the values freigegeben"):
        await open_port(approval={"id": 1, "approved": "freigegeben"}).check()
    with pytest.raises(UpstreamRefused, match="401"):
        await open_port(api_key="unknown").check()
