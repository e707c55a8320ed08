"""Routes of `hcm`, `crm` and `directory`, and connectors that have more than one capability."""

import base64
from pathlib import Path

import pytest

from shared.http_client import Response
from shared.problems import ConfigurationError
from system_apis.connections import read_connections
from system_apis.connections_example import example_of
from system_apis.registry import discover_connectors
from system_apis.tests.conftest import Api, ProcessTierStandIn, Token

OTHERS = """
[[connections]]
name = "staff-de"
connector = "staff"
legal_entities = ["HRC-DE"]

[[connections]]
name = "logins-de"
connector = "staff"
capability = "directory"
legal_entities = ["HRC-DE"]

[[connections]]
name = "deals-de"
connector = "deals"
legal_entities = ["HRC-DE"]
"""


@pytest.fixture
def connections_file(tmp_path: Path) -> Path:
    file = tmp_path / "connections.toml"
    file.write_text(OTHERS, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("hcm/v1/staff-de/workers", "name", "Lena"),
        ("hcm/v1/staff-de/org-units", "name", "Audit"),
        ("hcm/v1/staff-de/cost-centres", "code", "4100"),
        ("hcm/v1/staff-de/assignments", "legal_entity", "HRC-DE"),
        ("crm/v1/deals-de/accounts", "name", "Alder Bank"),
        ("crm/v1/deals-de/engagements", "value", {"amount": "125000.50", "currency": "EUR"}),
        ("directory/v1/logins-de/users", "user_name", "lena"),
        ("directory/v1/logins-de/groups", "members", [{"kind": "user", "external_id": "1"}]),
    ],
)
async def test_each_list_is_served(
    api: Api, authorised: dict[str, str], path: str, key: str, value: object
) -> None:
    answer = await api.get(f"/{path}", headers=authorised)

    assert answer.status_code == 200
    assert answer.json()["complete"] is True
    assert answer.json()["items"][0][key] == value


async def test_the_page_asked_for_reaches_the_connector(
    api: Api, authorised: dict[str, str]
) -> None:
    since = {"changed_since": "2026-11-20T00:00:00Z", "cursor": "c"}

    workers = await api.get("/hcm/v1/staff-de/workers", params=since, headers=authorised)
    accounts = await api.get("/crm/v1/deals-de/accounts", params=since, headers=authorised)

    assert workers.json()["items"][0]["modified_at"] == "2026-11-20T00:00:00Z"
    assert (workers.json()["next_cursor"], workers.json()["complete"]) == ("c", False)
    assert workers.json()["faulty"] == [{"external_id": "2", "reason": "hire_date: is no date"}]
    assert accounts.json()["deleted"] == ["a0"]


@pytest.mark.parametrize(
    ("path", "deltas"),
    [
        ("hcm/v1/staff-de", ["workers"]),
        ("crm/v1/deals-de", ["accounts"]),
        ("directory/v1/logins-de", ["users"]),
    ],
)
async def test_abilities_say_what_a_delta_is_good_for(
    api: Api, authorised: dict[str, str], path: str, deltas: list[str]
) -> None:
    answer = await api.get(f"/{path}/abilities", headers=authorised)

    assert answer.json()["deltas"] == deltas


async def test_each_capability_has_a_scope_of_its_own(api: Api, token: Token) -> None:
    headers = {"Authorization": f"Bearer {await token('hcm:read')}"}

    read = await api.get("/hcm/v1/staff-de/workers", headers=headers)
    refused = [
        await api.get(path, headers=headers)
        for path in ("/crm/v1/deals-de/accounts", "/directory/v1/logins-de/users")
    ]

    assert read.status_code == 200
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(403, "scope_missing")}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 501}, "query.limit"),
        ({"changed_since": "2026-11-20"}, "query.changed_since"),
        ({"sort": "name"}, "query.sort"),
    ],
)
async def test_a_page_outside_of_the_contract_is_refused(
    api: Api, authorised: dict[str, str], query: dict[str, str | int | bool | None], field: str
) -> None:
    for path in ("/hcm/v1/staff-de/workers", "/crm/v1/deals-de/accounts"):
        answer = await api.get(path, params=query, headers=authorised)

        assert answer.status_code == 422
        assert [each["field"] for each in answer.json()["errors"]] == [field]


KEY = {"X-Staff-Key": "staff-key"}


async def test_a_hint_is_answered_after_it_is_committed(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    body = b'{"workers": ["1", "2"]}'

    answer = await api.post("/hcm/v1/staff-de/webhooks", content=body, headers=KEY)

    assert (answer.status_code, answer.json()) == (202, {"events": 2})
    ((first, second),) = process_tier.batches
    assert first["source"] == "/connections/staff-de"
    assert first["type"] == "timepost.master.changed.v1"
    assert (first["subject"], second["subject"]) == ("1", "2")
    assert first["data"] == {"domain": "workers", "change": "CHANGED"}
    assert first["id"] != second["id"]


async def test_what_is_not_proven_is_refused_and_what_is_not_read_is_kept(
    api: Api, process_tier: ProcessTierStandIn
) -> None:
    stranger = await api.post("/hcm/v1/staff-de/webhooks", content=b"{}", headers={})
    none = await api.post("/crm/v1/deals-de/webhooks", content=b"{}", headers={})
    assert [(each.status_code) for each in (stranger, none)] == [401, 401]
    assert process_tier.batches == []

    unread = await api.post("/hcm/v1/staff-de/webhooks", content=b"no JSON", headers=KEY)

    assert (unread.status_code, unread.json()["code"]) == (400, "webhook_unreadable")
    (event,) = process_tier.events
    assert event["type"] == "timepost.webhook.unreadable.v1"


async def test_a_kept_delivery_is_read_again(api: Api, authorised: dict[str, str]) -> None:
    async def again(body: bytes, path: str) -> Response:
        kept = {"headers": {}, "body_base64": base64.b64encode(body).decode()}
        return await api.post(f"/{path}/webhooks/parse", json=kept, headers=authorised)

    read = await again(b'{"workers": ["7"]}', "hcm/v1/staff-de")
    still = await again(b"no JSON", "hcm/v1/staff-de")
    never = await again(b"{}", "crm/v1/deals-de")

    assert [(each["domain"], each["subject"]) for each in read.json()["events"]] == [
        ("workers", "7")
    ]
    assert (still.status_code, still.json()["code"]) == (422, "webhook_unreadable")
    assert (never.status_code, never.json()["code"]) == (422, "webhook_unreadable")


async def test_a_connection_has_the_capability_that_its_table_names(
    api: Api, authorised: dict[str, str]
) -> None:
    listed = await api.get("/v1/connections", headers=authorised)
    other = await api.get("/hcm/v1/logins-de/workers", headers=authorised)

    assert [(each["name"], each["capability"]) for each in listed.json()["connections"]] == [
        ("staff-de", "hcm"),
        ("logins-de", "directory"),
        ("deals-de", "crm"),
    ]
    assert (other.status_code, other.json()["code"]) == (404, "connection_of_other_capability")


def test_a_capability_that_the_connector_lacks_is_refused_by_its_key(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(OTHERS.replace('"directory"', '"crm"'), encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        read_connections(file, discover_connectors(["system_apis.tests.connectors"]))

    assert (
        "connections[1].capability: 'crm' is not offered by staff, only hcm, directory"
        in caught.value.detail
    )


def test_the_example_shows_how_to_choose(tmp_path: Path) -> None:
    example = example_of([discover_connectors(["system_apis.tests.connectors"])["staff"]])

    assert "# Staff (hcm, directory)" in example
    assert '# capability = "hcm"  # or directory' in example


REPAIR = {
    "reference": "r1",
    "kind": "worker",
    "external_id": "1",
    "attribute": "name",
    "seen": "Lena",
    "wanted": "Lena Dietz",
}
BATCH = {"items": [REPAIR], "deadline": "2026-11-26T12:00:00Z"}


async def test_a_repair_takes_a_scope_of_its_own_and_gives_one_outcome_per_item(
    api: Api, authorised: dict[str, str], token: Token
) -> None:
    reading = {"Authorization": f"Bearer {await token('directory:read')}"}

    made = await api.post("/directory/v1/logins-de/repairs", json=BATCH, headers=authorised)
    refused = await api.post("/directory/v1/logins-de/repairs", json=BATCH, headers=reading)

    assert made.json()["outcomes"] == [
        {"reference": "r1", "status": "done", "written": True, "message": None}
    ]
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("path", "attribute"),
    [
        ("hcm/v1/staff-de", "name"),
        ("crm/v1/deals-de", "name"),
        ("directory/v1/logins-de", "email"),
    ],
)
async def test_what_a_connection_cannot_write_is_refused_by_name(
    api: Api, authorised: dict[str, str], path: str, attribute: str
) -> None:
    batch = {**BATCH, "items": [{**REPAIR, "attribute": attribute}]}

    answer = await api.post(f"/{path}/repairs", json=batch, headers=authorised)

    assert (answer.status_code, answer.json()["code"]) == (409, "repairs_not_taken")
    assert f"worker.{attribute}" in answer.json()["detail"]
    assert "repairs" in answer.json()["action"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"attribute": "hire_date", "wanted": "31 June"}, "$.items[0]"),
        ({"attribute": "grade"}, "$.items[0].attribute"),
        ({"wanted": ""}, "$.items[0].wanted"),
    ],
)
async def test_a_repair_outside_of_the_contract_is_refused(
    api: Api, authorised: dict[str, str], change: dict[str, str], field: str
) -> None:
    batch = {**BATCH, "items": [{**REPAIR, **change}]}

    answer = await api.post("/directory/v1/logins-de/repairs", json=batch, headers=authorised)

    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
