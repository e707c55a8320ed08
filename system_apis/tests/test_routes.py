"""Routes: who may call them, which connection they find, and what they answer."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from shared.http_client import Response
from shared.identity import PublicRule, scope_rule_of
from shared.web import contract_of, limit_of
from system_apis.tests.conftest import Api, Token

KEY = "a" * 64
POSTING = {
    "posting_key": KEY,
    "legal_entity_id": "1",
    "worker_id": "2",
    "project_id": "3",
    "work_date": "2026-11-23",
    "accounting_date": "2026-11-23",
    "minutes": 90,
    "billable": True,
    "narrative": "confidential words",
}
PREFIXES = ("/v1/", "/erp/", "/time-tracking/", "/hcm/", "/crm/", "/directory/")
MASTERS = ["legal-entities", "workers", "clients", "projects", "tasks", "periods"]


def operations(app: FastAPI) -> Iterator[RouteContext]:
    for context in iter_route_contexts(app.routes):
        if (context.path or "").startswith(PREFIXES):
            yield context


def test_every_operation_has_a_limit_and_a_scope_but_for_the_webhooks(app: FastAPI) -> None:
    found = list(operations(app))

    assert len(found) == 41
    assert all(limit_of(each) for each in found)
    assert all(scope_rule_of(each) for each in found)
    public = [each.path for each in found if isinstance(scope_rule_of(each), PublicRule)]
    assert public == [
        f"/{each}/v1/{{connection}}/webhooks" for each in ("time-tracking", "hcm", "crm")
    ]


@pytest.mark.parametrize(
    ("tag", "operations"),
    [
        ("erp", 11),
        ("time-tracking", 11),
        ("hcm", 8),
        ("crm", 6),
        ("directory", 4),
        ("connections", 1),
    ],
)
def test_each_contract_describes_its_operations(app: FastAPI, tag: str, operations: int) -> None:
    document = contract_of(app, tag=tag)

    found = [each for path in document["paths"].values() for each in path.values()]
    assert len(found) == operations
    assert all(each["summary"] and each["description"] for each in found)


async def test_without_a_token_not_even_the_connections_name_is_told(api: Api) -> None:
    for path in ("/v1/connections", "/erp/v1/ledger-de/workers", "/erp/v1/nowhere/workers"):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


async def test_a_token_for_reading_does_not_post(api: Api, token: Token) -> None:
    headers = {"Authorization": f"Bearer {await token('erp:read')}"}

    refused = await post(api, "/erp/v1/ledger-de/postings", {}, headers)
    read = await api.get("/erp/v1/ledger-de/workers", headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    assert read.status_code == 200


async def test_connections_are_listed_without_their_options(
    api: Api, authorised: dict[str, str]
) -> None:
    answer = await api.get("/v1/connections", headers=authorised)

    assert answer.json() == {
        "connections": [
            {
                "name": "hours-de",
                "connector": "hours",
                "title": "Hours",
                "capability": "time_tracking",
                "legal_entities": ["HRC-DE"],
                "timezone": "UTC",
            },
            {
                "name": "ledger-de",
                "connector": "ledger",
                "title": "Ledger",
                "capability": "erp",
                "legal_entities": ["HRC-DE", "HRC-AT"],
                "timezone": "UTC",
            },
        ]
    }


async def test_an_unknown_connection_and_one_of_another_kind_are_told_apart(
    api: Api, authorised: dict[str, str]
) -> None:
    unknown = await api.get("/erp/v1/nowhere/workers", headers=authorised)
    other = await api.get("/erp/v1/hours-de/workers", headers=authorised)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "connection_unknown")
    assert (other.status_code, other.json()["code"]) == (404, "connection_of_other_capability")


async def test_hours_are_posted_found_and_read_back(api: Api, authorised: dict[str, str]) -> None:
    batch = {"items": [POSTING], "deadline": "2026-11-23T12:00:00Z"}

    first = await post(api, "/erp/v1/ledger-de/postings", batch, authorised)
    again = await post(api, "/erp/v1/ledger-de/postings", batch, authorised)
    found = await post(
        api,
        "/erp/v1/ledger-de/postings/lookup",
        {"items": [{"posting_key": KEY}, {"posting_key": "b" * 64}]},
        authorised,
    )
    read = await post(
        api, "/erp/v1/ledger-de/postings/read", {"external_ids": ["1", "2"]}, authorised
    )

    assert [each["status"] for each in first.json()["outcomes"]] == ["posted"]
    assert [each["status"] for each in again.json()["outcomes"]] == ["already_posted"]
    assert found.json()["missing"] == ["b" * 64]
    assert read.json()["lines"] == found.json()["lines"] == [first.json()["outcomes"][0]["line"]]
    assert read.json()["missing"] == ["2"]


async def test_what_an_erp_cannot_do_reaches_no_connector(
    api: Api, authorised: dict[str, str]
) -> None:
    """One that knows nothing of deleting would add a line instead."""
    target: dict[str, Any] = {"target_line": "1", "target_key": KEY}
    items: list[dict[str, Any]] = [
        {**POSTING, "posting_key": "b" * 64, "operation": "delete", **target},
        {**POSTING, "posting_key": "c" * 64, "minutes": -90, **target},
        {**POSTING, "posting_key": "d" * 64, "operation": "update", **target},
    ]
    batch = {"items": items, "deadline": "2099-01-01T00:00:00Z"}
    answer = await post(api, "/erp/v1/ledger-de/postings", batch, authorised)

    outcomes = answer.json()["outcomes"]
    assert [each["posting_key"][0] for each in outcomes] == ["b", "c", "d"]
    assert [each["status"] for each in outcomes] == ["rejected", "posted", "rejected"]
    assert outcomes[0]["error"]["vendor_code"] == "not_able"
    no_target = {"items": [{**items[0], "target_line": None}], "deadline": batch["deadline"]}
    refused = await post(api, "/erp/v1/ledger-de/postings", no_target, authorised)
    assert (refused.status_code, refused.json()["code"]) == (422, "validation_failed")


async def test_answers_that_no_rule_covers_are_counted(
    api: Api, authorised: dict[str, str]
) -> None:
    before = await uncatalogued(api)
    projects = ["closed", "odd", "unclear", "not sent", "odd", "1"]
    items = [
        {**POSTING, "posting_key": f"{place:064x}", "project_id": each}
        for place, each in enumerate(projects)
    ]

    batch = {"items": items, "deadline": "2026-11-23T12:00:00Z"}
    answer = await post(api, "/erp/v1/ledger-de/postings", batch, authorised)

    assert answer.status_code == 200
    assert await uncatalogued(api) == before + 3


async def uncatalogued(api: Api) -> float:
    """What the metrics say of this connection."""
    for line in (await api.get("/metrics")).text.splitlines():
        if line.startswith("timepost_erp_uncatalogued_total{") and '"ledger-de"' in line:
            return float(line.rpartition(" ")[2])
    return 0


async def test_a_posting_outside_of_the_contract_is_refused_field_by_field(
    api: Api, authorised: dict[str, str]
) -> None:
    wrong = {**POSTING, "posting_key": "short", "hours": 1.5}

    answer = await post(
        api,
        "/erp/v1/ledger-de/postings",
        {"items": [wrong], "deadline": "2026-11-23T12:00:00"},
        authorised,
    )

    assert answer.status_code == 422
    assert {each["field"] for each in answer.json()["errors"]} == {
        "$.items[0].posting_key",
        "$.items[0].hours",
        "$.deadline",
    }
    assert "confidential" not in answer.text


@pytest.mark.parametrize("master", MASTERS)
async def test_each_master_list_is_served(
    api: Api, authorised: dict[str, str], master: str
) -> None:
    answer = await api.get(f"/erp/v1/ledger-de/{master}", headers=authorised)

    assert answer.status_code == 200
    assert answer.json()["items"]


async def test_the_page_asked_for_reaches_the_connector(
    api: Api, authorised: dict[str, str]
) -> None:
    entities = await api.get(
        "/erp/v1/ledger-de/legal-entities", params={"cursor": "c", "limit": 1}, headers=authorised
    )
    workers = await api.get(
        "/erp/v1/ledger-de/workers",
        params={"changed_since": "2026-11-20T00:00:00Z"},
        headers=authorised,
    )

    assert entities.json()["next_cursor"] == "c"
    assert [each["code"] for each in entities.json()["items"]] == ["HRC-DE"]
    assert workers.json()["items"][0]["hire_date"] == "2026-11-20"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 501}, "query.limit"),
        ({"changed_since": "2026-11-20T00:00:00"}, "query.changed_since"),
        ({"sort": "name"}, "query.sort"),
    ],
)
async def test_a_page_outside_of_the_contract_is_refused(
    api: Api, authorised: dict[str, str], query: dict[str, str | int | bool | None], field: str
) -> None:
    answer = await api.get("/erp/v1/ledger-de/workers", params=query, headers=authorised)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]


async def test_abilities_of_both_kinds_are_served(api: Api, authorised: dict[str, str]) -> None:
    erp = await api.get("/erp/v1/ledger-de/abilities", headers=authorised)
    tracker = await api.get("/time-tracking/v1/hours-de/abilities", headers=authorised)

    assert erp.json()["idempotency"] == "upsert"
    assert tracker.json()["approvals"] == "entry"


async def test_changes_and_approvals_are_listed_by_window(
    api: Api, authorised: dict[str, str]
) -> None:
    base = "/time-tracking/v1/hours-de"
    window = {"since": "2026-11-23T10:00:00Z", "until": "2026-11-23T12:00:00Z", "cursor": "c"}
    days = {"first_day": "2026-11-16", "last_day": "2026-11-22"}

    changes = await api.get(f"{base}/entries/changes", params=window, headers=authorised)
    entries = await api.get(f"{base}/entries", params=days, headers=authorised)
    approvals = await api.get(f"{base}/approvals", params=days, headers=authorised)
    known = await post(api, f"{base}/approvals/lookup", {"ids": ["a9"]}, authorised)

    assert changes.json()["changes"][0]["external_id"] == "10-12"
    assert changes.json()["next_cursor"] == "c"
    assert [each["external_id"] for each in entries.json()["entries"]] == ["16-22"]
    assert entries.json()["complete"]
    assert approvals.json()["approvals"][0]["period_end"] == "2026-11-22"
    assert known.json() == {"approvals": [], "missing": ["a9"]}


@pytest.mark.parametrize(
    ("path", "window", "field"),
    [
        (
            "entries/changes",
            {"since": "2026-11-23T12:00:00Z", "until": "2026-11-23T12:00:00Z"},
            "query.until",
        ),
        ("entries", {"first_day": "2026-11-23", "last_day": "2026-11-22"}, "query.last_day"),
        ("approvals", {"first_day": "2026-11-23", "last_day": "2026-11-22"}, "query.last_day"),
    ],
)
async def test_an_empty_window_is_refused(
    api: Api, authorised: dict[str, str], path: str, window: dict[str, Any], field: str
) -> None:
    answer = await api.get(f"/time-tracking/v1/hours-de/{path}", params=window, headers=authorised)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_feedback_is_answered_item_by_item(api: Api, authorised: dict[str, str]) -> None:
    items = [{"external_id": "17", "outcome": "POSTED"}, {"external_id": "18", "outcome": "POSTED"}]

    answer = await post(api, "/time-tracking/v1/hours-de/feedback", {"items": items}, authorised)

    assert [each["external_id"] for each in answer.json()["results"]] == ["17", "18"]


async def test_an_outage_of_the_tracker_is_told_by_the_connections_name(
    api: Api, authorised: dict[str, str]
) -> None:
    """The tracker's address in the connections file leads nowhere."""
    request = {"ids": ["17"]}

    answer = await post(api, "/time-tracking/v1/hours-de/entries/lookup", request, authorised)

    assert (answer.status_code, answer.json()["kind"]) == (502, "retryable")
    assert "hours-de" in answer.json()["detail"]


async def post(api: Api, path: str, document: object, headers: dict[str, str]) -> Response:
    return await api.post(path, json=document, headers=headers, idempotent=False)
