"""A client that we did not write (simple-salesforce) drives the stand-in."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from deploy.sandboxes.salesforce.tests.fixtures import Org

DOMAIN = "haldenridge.my"
INSTANCE = f"https://{DOMAIN}.salesforce.com"


class _ToTheStandIn(HTTPAdapter):
    """The client knows Salesforce's own addresses only."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        request.url = str(request.url).replace(INSTANCE, self._url)
        return super().send(request, *args, **more)


@pytest.fixture
def session(org: Org) -> Iterator[requests.Session]:
    org.store.instance_url = INSTANCE
    with requests.Session() as session:
        session.mount("https://", _ToTheStandIn(org.url))
        yield session


@pytest.fixture
def client(session: requests.Session) -> Any:
    return client_of(session)


def client_of(session: requests.Session, **more: str) -> Any:
    proof: dict[str, Any] = {
        "consumer_key": "consumer-key",
        "consumer_secret": "consumer-secret",
        **more,
    }
    return Salesforce(domain=DOMAIN, session=session, version="62.0", **proof)


def test_it_signs_in_with_either_grant(session: requests.Session) -> None:
    user = {"username": "timepost@haldenridge.example", "password": "passwordtoken"}

    for client in (client_of(session), client_of(session, **user)):
        assert client.query("SELECT Id FROM Account LIMIT 1")["totalSize"] == 1
    for wrong in ({"consumer_secret": "no"}, {**user, "password": "no"}):
        with pytest.raises(SalesforceAuthenticationFailed):
            client_of(session, **wrong)


def test_it_queries_with_conditions_and_fields_of_the_owner(client: Any, org: Org) -> None:
    answer = client.query(
        "SELECT Id, Name, Owner.Email, Amount, CloseDate FROM Opportunity"
        " WHERE Id > '001' AND IsWon = true AND SystemModstamp >= 2026-11-01T00:00:00Z"
        " ORDER BY Id LIMIT 5"
    )

    (found,) = answer["records"]
    assert (found["Name"], found["Amount"]) == ("Ledger migration", 125000.5)
    assert found["CloseDate"] == "2026-10-31"
    assert found["Owner"]["Email"] == "eva@haldenridge.example"
    assert found["attributes"]["type"] == "Opportunity"


def test_it_follows_the_rest_of_an_answer(client: Any, org: Org) -> None:
    for number in range(23):
        org.store.add("Account", Name=f"Company {number}")
    org.store.faults.split_after = 10

    answer = client.query_all("SELECT Id FROM Account ORDER BY Id")

    assert len({each["Id"] for each in answer["records"]}) == 25
    assert answer["done"]


def test_it_creates_changes_and_deletes(client: Any, org: Org) -> None:
    made = client.Account.create({"Name": "Cedar"})
    client.Account.update(made["id"], {"Name": "Cedar Ltd"})
    client.Account.delete(made["id"])

    query = "SELECT Name, IsDeleted FROM Account WHERE Name = 'Cedar Ltd'"
    living = client.query(query)
    everything = client.query(query, include_deleted=True)

    assert living["totalSize"] == 0
    assert everything["records"][0]["IsDeleted"] is True
    with pytest.raises(SalesforceResourceNotFound):
        client.Account.update(made["id"], {"Name": "x"})


def test_it_learns_how_many_calls_are_left(client: Any, org: Org) -> None:
    client.query("SELECT Id FROM Account")

    usage = client.api_usage["api-usage"]
    assert (usage.used, usage.total) == (1, 15_000)
    assert client.limits()["DailyApiRequests"]["Max"] == 15_000


def test_refusals_are_understood(client: Any, org: Org) -> None:
    def code_of(kind: type[Exception], query: str = "SELECT Id FROM Account") -> str:
        with pytest.raises(kind) as caught:
            client.query(query)
        (error,) = caught.value.content  # type: ignore[attr-defined]
        return str(error["errorCode"])

    odd = SalesforceMalformedRequest
    assert code_of(odd, "SELECT CurrencyIsoCode FROM Account") == "INVALID_FIELD"
    assert code_of(odd, "SELECT Owner.Phone FROM Account") == "INVALID_FIELD"
    assert code_of(odd, "SELECT Id FROM Spaceship") == "INVALID_TYPE"
    assert code_of(odd, "DELETE FROM Account") == "MALFORMED_QUERY"
    org.store.faults.unavailable = 1
    assert code_of(SalesforceGeneralError) == "SERVER_UNAVAILABLE"
    org.store.faults.concurrent = 1
    assert code_of(SalesforceRefusedRequest) == "REQUEST_LIMIT_EXCEEDED"
    org.store.calls = org.store.most_calls
    assert code_of(SalesforceRefusedRequest) == "REQUEST_LIMIT_EXCEEDED"


def test_a_session_that_ends_is_opened_again(client: Any, org: Org) -> None:
    org.store.faults.expired = set(org.store.sessions)

    assert client.query("SELECT Id FROM Account")["totalSize"] == 2

    assert len(org.store.sessions) == 2
