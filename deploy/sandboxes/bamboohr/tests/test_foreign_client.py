"""A client that we did not write (PyBambooHR) drives the stand-in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from PyBambooHR.PyBambooHR import PyBambooHR  # type: ignore[import-untyped]

from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo


@pytest.fixture
def client(bamboo: Bamboo) -> Any:
    return client_of(bamboo, "bamboo-key")


def client_of(bamboo: Bamboo, key: str) -> Any:
    client = PyBambooHR(subdomain="haldenridge", api_key=key)
    client.base_url = f"{bamboo.url}/api/gateway.php/haldenridge/v1/"
    return client


def test_it_reads_people_by_the_names_of_single_records(client: Any, bamboo: Bamboo) -> None:
    fields = ["firstName", "workEmail", "jobTitle", "department", "supervisor", "supervisorEId"]

    found = client.get_employee(bamboo.ada.id, fields)

    assert found == {
        "id": str(bamboo.ada.id),
        "firstName": "Ada",
        "workEmail": "ada@haldenridge.example",
        "jobTitle": "Senior",
        "department": "Audit",
        "supervisor": "Bo Nilsson",
        "supervisorEId": str(bamboo.bo.id),
    }
    assert {each["firstName"] for each in client.get_employee_directory()} == {"Ada", "Bo"}


def test_what_may_not_be_read_is_left_out_without_a_word(client: Any, bamboo: Bamboo) -> None:
    bamboo.store.faults.restricted = {"workEmail"}

    found = client.get_employee(bamboo.ada.id, ["firstName", "workEmail"])

    assert found == {"id": str(bamboo.ada.id), "firstName": "Ada"}


def test_it_adds_and_changes_people(client: Any, bamboo: Bamboo) -> None:
    made = client.add_employee({"firstName": "Cleo", "lastName": "Marchetti"})
    client.update_employee(made["id"], {"workEmail": "cleo@haldenridge.example"})

    found = client.get_employee(made["id"], ["lastName", "workEmail"])

    assert (found["lastName"], found["workEmail"]) == ("Marchetti", "cleo@haldenridge.example")


def test_it_learns_who_changed_and_who_is_gone(client: Any, bamboo: Bamboo) -> None:
    bamboo.clock.advance(timedelta(hours=1))
    since = bamboo.clock.now()
    bamboo.store.change(bamboo.ada, workEmail="a@haldenridge.example")
    bamboo.store.delete(bamboo.bo)

    told = client.get_employee_changes(since=since)
    only = client.get_employee_changes(since=since, _type="deleted")
    none = client.get_employee_changes(since=datetime(2099, 1, 1, tzinfo=UTC))

    actions = {number: each["action"] for number, each in told["employees"].items()}
    assert actions == {str(bamboo.ada.id): "Updated", str(bamboo.bo.id): "Deleted"}
    assert list(only["employees"]) == [str(bamboo.bo.id)]
    assert none["employees"] == []


def test_it_reads_history_and_the_values_of_lists(client: Any, bamboo: Bamboo) -> None:
    table = client.get_employee_changed_table("jobInfo", since=datetime(2020, 1, 1, tzinfo=UTC))
    lists = {each["alias"]: each["options"] for each in client.get_meta_lists()}

    rows = table["employees"][str(bamboo.ada.id)]["rows"]
    assert [row["date"] for row in rows] == ["2021-04-01", "2024-01-01"]
    assert rows[1]["reportsTo"] == "Bo Nilsson"
    assert [each["name"] for each in lists["department"]] == ["Audit", "Tax"]


def test_refusals_are_understood(bamboo: Bamboo) -> None:
    def status_of(key: str, number: int) -> tuple[int, str | None]:
        with pytest.raises(requests.HTTPError) as caught:
            client_of(bamboo, key).get_employee(number, ["firstName"])
        response: requests.Response | None = caught.value.response
        assert response is not None
        return response.status_code, response.headers.get("Retry-After")

    assert status_of("wrong-key", bamboo.ada.id) == (401, None)
    assert status_of("bamboo-key", 9999) == (404, None)
    bamboo.store.faults.rate_limited = bamboo.store.faults.throttled_as_before = 1
    assert status_of("bamboo-key", bamboo.ada.id) == (429, "17")
    assert status_of("bamboo-key", bamboo.ada.id) == (503, "23")
