"""HubSpot's own client (hubspot-api-client) drives the stand-in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hubspot import HubSpot
from hubspot.crm.associations.v4 import ApiException as AssociationsError
from hubspot.crm.associations.v4.models import (
    BatchInputPublicFetchAssociationsBatchRequest,
    PublicFetchAssociationsBatchRequest,
)
from hubspot.crm.companies import ApiException, PublicObjectSearchRequest, SimplePublicObjectInput
from hubspot.utils.signature import Signature

from deploy.sandboxes.hubspot import signed_delivery
from deploy.sandboxes.hubspot.tests.fixtures import Hub


@pytest.fixture
def client(hub: Hub) -> Any:
    return HubSpot(access_token="hubspot-token", host=hub.url)


def test_it_lists_page_by_page_and_asks_for_properties(client: Any, hub: Hub) -> None:
    first = client.crm.companies.basic_api.get_page(limit=1, properties=["account_no"])
    second = client.crm.companies.basic_api.get_page(
        limit=1, after=first.paging.next.after, properties=["account_no", "hs_parent_company_id"]
    )

    assert first.results[0].properties["name"] == "Alder Bank"
    assert first.results[0].properties["account_no"] == "C-100"
    assert second.results[0].properties["hs_parent_company_id"] == str(hub.alder.id)
    assert second.results[0].properties["account_no"] is None
    assert second.paging is None


def test_it_gathers_all_pages_by_itself(client: Any, hub: Hub) -> None:
    for number in range(230):
        hub.store.add("companies", name=f"Company {number}")

    assert len(client.crm.companies.get_all()) == 232


def test_it_creates_changes_and_archives(client: Any, hub: Hub) -> None:
    api = client.crm.companies.basic_api
    made = api.create(SimplePublicObjectInput(properties={"name": "Cedar"}))
    api.update(made.id, SimplePublicObjectInput(properties={"name": "Cedar Ltd"}))
    assert api.get_by_id(made.id).properties["name"] == "Cedar Ltd"

    api.archive(made.id)

    with pytest.raises(ApiException) as caught:
        api.get_by_id(made.id)
    assert caught.value.status == 404
    (archived,) = api.get_page(archived=True).results
    assert (archived.id, archived.archived_at) == (made.id, hub.clock.now())


def test_it_searches_by_the_instant_of_change(client: Any, hub: Hub) -> None:
    def found(since: datetime) -> list[str]:
        wanted = {
            "propertyName": "hs_lastmodifieddate",
            "operator": "GTE",
            "value": str(int(since.timestamp() * 1000)),
        }
        request = PublicObjectSearchRequest(
            filter_groups=[{"filters": [wanted]}],
            sorts=[{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            properties=["dealname"],
            limit=100,
        )
        answer = client.crm.deals.search_api.do_search(request)
        return [each.properties["dealname"] for each in answer.results]

    assert found(hub.clock.now()) == ["Ledger migration", "Audit 2026"]
    assert found(datetime(2099, 1, 1, tzinfo=UTC)) == []
    hub.store.faults.index_lag = 60
    assert found(hub.clock.now()) == []


def test_it_reads_owners_stages_and_associations(client: Any, hub: Hub) -> None:
    (owner,) = client.crm.owners.owners_api.get_page().results
    (pipeline,) = client.crm.pipelines.pipelines_api.get_all("deals").results
    request = BatchInputPublicFetchAssociationsBatchRequest(
        inputs=[PublicFetchAssociationsBatchRequest(id=str(hub.migration.id))]
    )
    answer = client.crm.associations.v4.batch_api.get_page("deals", "companies", request)

    assert (owner.email, owner.first_name) == ("eva@haldenridge.example", "Eva")
    assert {each.id: each.metadata["isClosed"] for each in pipeline.stages}["closedwon"] == "true"
    (result,) = answer.results
    labels = {str(to.to_object_id): to.association_types[-1].label for to in result.to}
    assert labels == {str(hub.alder.id): "Primary", str(hub.birch.id): None}


def test_refusals_are_understood(client: Any, hub: Hub) -> None:
    def status_of(client: Any) -> int:
        with pytest.raises(ApiException) as caught:
            client.crm.companies.basic_api.get_page()
        return int(caught.value.status)

    assert status_of(HubSpot(access_token="wrong", host=hub.url)) == 401
    hub.store.faults.rate_limited = ["SECONDLY"]
    assert status_of(client) == 429
    hub.store.faults.migrating = 1
    assert status_of(client) == 477
    hub.store.faults.missing_scopes = {"companies"}
    assert status_of(client) == 403
    with pytest.raises(AssociationsError):
        client.crm.associations.v4.batch_api.get_page("deals", "companies", {"inputs": []})


def test_its_own_check_accepts_the_signature_of_a_delivery() -> None:
    url = "https://timepost.example.com/crm/v1/sales-de/webhooks"
    headers, body = signed_delivery("secret", url, datetime.now(UTC), [("deal.creation", 17)])

    def is_valid(secret: str) -> bool:
        valid: bool = Signature.is_valid(
            signature=headers["X-HubSpot-Signature-v3"],
            client_secret=secret,
            request_body=body.decode(),
            http_uri=url,
            signature_version="v3",
            timestamp=headers["X-HubSpot-Request-Timestamp"],
        )
        return valid

    assert is_valid("secret")
    assert not is_valid("another")
