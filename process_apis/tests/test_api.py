"""What callers are answered: problems that say what to do, pages that hold still, no secrets."""

import json
from base64 import b64encode
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.app import create_app
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.system_stand_in import ERP, TRACKER
from shared.http_client import ASGITransport, HttpClient
from shared.identity import IdentitySettings, ServiceTokens
from shared.web import WebSettings, wait_until_started

SECRET = "SECRET-NARRATIVE"
NOBODY = "00000000-0000-4000-8000-000000000007"


def event(**changed: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "1",
        "source": f"/connections/{TRACKER}",
        "type": "timepost.time_entry.changed.v1",
        "subject": "e1",
        "data": {"change": "CHANGED", "entry": None},
        **changed,
    }


def unreadable(body: bytes = b"\x00not json " + SECRET.encode()) -> dict[str, Any]:
    data = {"headers": {}, "body_base64": b64encode(body).decode(), "reason": "not JSON"}
    return event(type="timepost.webhook.unreadable.v1", subject=None, data=data)


@pytest.mark.parametrize(
    "batch",
    [
        [],
        {},
        [event(id=str(number)) for number in range(501)],
        [event(type="timepost.unheard.of.v1")],
        [event(specversion="0.3")],
        [event(source="/elsewhere")],
        [event(subject="")],
        [event(subject="a\x00b")],
        [event(id="a\x00b")],
        [event(deliveryid="a\x00b")],
        [{"hello": "world"}],
        ["e1"],
    ],
)
async def test_what_is_no_batch_of_our_events_is_refused_whole(tier: Tier, batch: Any) -> None:
    answer = await tier.call("POST", "/v1/events", json=batch)
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert (problem["code"], answer.headers["content-type"]) == (
        "validation_failed",
        "application/problem+json",
    )
    assert problem["errors"]
    assert (await tier.status())["inbox_pending"] == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"/v1/cases/{NOBODY}", 404, "not_found"),
        ("GET", f"/v1/time-entries/{NOBODY}", 404, "not_found"),
        ("GET", f"/v1/master-data/runs/{NOBODY}", 404, "not_found"),
        ("POST", f"/v1/quarantine/{NOBODY}/replay", 404, "not_found"),
        ("POST", "/v1/sweeps/nowhere", 404, "unknown_connection"),
        ("POST", f"/v1/sweeps/{ERP}", 404, "unknown_connection"),
        ("POST", "/v1/master-data/nowhere/refresh", 404, "unknown_connection"),
        ("POST", f"/v1/master-data/{TRACKER}/refresh", 404, "unknown_connection"),
        ("GET", "/v1/cases?cursor=x", 400, "invalid_cursor"),
        ("GET", "/v1/cases?cursor=%F0%9F%98%80", 400, "invalid_cursor"),
        ("GET", "/v1/postings?cursor=bm9wZQ==", 400, "invalid_cursor"),
        ("GET", "/v1/time-entries?cursor=x", 400, "invalid_cursor"),
        ("GET", "/v1/cases?severity=S9", 422, "validation_failed"),
        ("GET", "/v1/cases?colour=red", 422, "validation_failed"),
        ("GET", "/v1/cases?limit=0", 422, "validation_failed"),
        ("GET", "/v1/cases?connection=%00", 422, "validation_failed"),
        ("GET", "/v1/cases?assignee=%00", 422, "validation_failed"),
        ("GET", "/v1/cases?code=%00", 422, "validation_failed"),
        ("GET", "/v1/postings?connection=%00", 422, "validation_failed"),
        ("GET", "/v1/time-entries?external_id=%00", 422, "validation_failed"),
        ("GET", "/v1/time-entries?connection=%00", 422, "validation_failed"),
        ("GET", "/v1/bindings?connection=%00", 422, "validation_failed"),
        ("GET", "/v1/bindings?external_id=%00", 422, "validation_failed"),
        ("GET", "/v1/masters/worker?q=%00", 422, "validation_failed"),
        ("GET", "/v1/approvals/requests?worker=%00", 422, "validation_failed"),
        ("GET", "/v1/approvals/waiting?connection=%00", 422, "validation_failed"),
        ("GET", "/v1/masters/spaceship", 422, "validation_failed"),
        ("GET", "/v1/cases/not-a-uuid", 422, "validation_failed"),
        ("GET", "/v1/nowhere", 404, "not_found"),
    ],
)
async def test_bad_questions_get_problems(
    tier: Tier, method: str, path: str, status: int, code: str
) -> None:
    answer = await tier.call(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["detail"]


async def test_a_binding_needs_a_connection_a_record_and_a_span(tier: Tier) -> None:
    records = (await tier.call("GET", "/v1/masters/worker")).json()["records"]
    good = {
        "connection": TRACKER,
        "kind": "worker",
        "external_id": "u-x",
        "canonical_id": records[0]["id"],
    }
    for change, status in (
        ({"connection": "nowhere"}, 404),
        ({"connection": ERP}, 404),
        ({"canonical_id": NOBODY}, 404),
        ({"kind": "project"}, 404),
        ({"kind": "period"}, 422),
        ({"external_id": "a\x00b"}, 422),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, 422),
        ({"surprise": 1}, 422),
    ):
        answer = await tier.call("PUT", "/v1/bindings", json={**good, **change})
        assert answer.status_code == status, (change, answer.text)
    listed = await tier.call("GET", "/v1/bindings", params={"external_id": "u-x"})
    assert listed.json()["bindings"] == []


async def _parked_case(tier: Tier) -> str:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    return str((await tier.case())["id"])


async def test_nobody_overwrites_what_somebody_else_changed(tier: Tier) -> None:
    path = f"/v1/cases/{await _parked_case(tier)}"
    etag = (await tier.call("GET", path)).headers["etag"]
    body = {"assignee": "carl"}
    missing = await tier.call("PUT", f"{path}/assignee", json=body)
    assert (missing.status_code, missing.json()["code"]) == (422, "if_match_missing")

    seen = {"If-Match": etag}
    first = await tier.call("PUT", f"{path}/assignee", json=body, headers=seen)
    assert first.json()["assignee"] == "carl"
    stale = await tier.call("PUT", f"{path}/assignee", json={"assignee": "eve"}, headers=seen)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")

    fresh = {"If-Match": first.headers["etag"]}
    back = await tier.call("PUT", f"{path}/assignee", json={"assignee": None}, headers=fresh)
    assert back.json()["assignee"] is None


async def test_a_comment_sent_twice_stands_there_once(tier: Tier) -> None:
    path = f"/v1/cases/{await _parked_case(tier)}"
    key = {"Idempotency-Key": "k-1"}
    first = await tier.call("POST", f"{path}/comments", json={"text": "asked"}, headers=key)
    again = await tier.call("POST", f"{path}/comments", json={"text": "asked"}, headers=key)
    await tier.call("POST", f"{path}/comments", json={"text": "and again"})
    assert first.status_code == 201
    assert first.json() == again.json()
    detail = (await tier.call("GET", path)).json()
    assert [comment["text"] for comment in detail["comments"]] == ["asked", "and again"]
    for bad in ({"text": ""}, {"text": "a\x00b"}, {"text": "x" * 4001}):
        answer = await tier.call("POST", f"{path}/comments", json=bad)
        assert answer.status_code == 422, answer.text


async def test_what_stands_in_the_erp_is_looked_up_again_and_not_sent(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("hours differ")
    await tier.approve("e1")
    case = await tier.case()
    answer = await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    assert answer.status_code == 200, answer.text
    await tier.settle()
    assert len(tier.system.lines) == len(tier.system.posts) == 1


@pytest.mark.parametrize(
    ("path", "listed", "size"),
    [
        ("/v1/cases", "cases", 7),
        ("/v1/postings", "postings", 7),
        ("/v1/time-entries", "entries", 7),
    ],
)
async def test_pages_show_everything_once_while_more_arrives(
    tier: Tier, path: str, listed: str, size: int
) -> None:
    names = [f"e{number}" for number in range(size)]
    for name in names:
        firm.enter(tier.system, name, project=firm.CLOSED, task=None, minutes=10)
    await tier.approve(*names)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await tier.call("GET", path, params={"limit": "3", **cursor})).json()
        seen += [each["id"] for each in page[listed]]
        if not page["next_cursor"]:
            break
        cursor = {"cursor": page["next_cursor"]}
        firm.enter(tier.system, f"late-{len(seen)}", project=firm.CLOSED, task=None)
        await tier.approve(f"late-{len(seen)}", approval=f"late-{len(seen)}")
    assert len(seen) == len(set(seen)) == size


async def test_a_caller_without_the_scope_is_told_which(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    token = await _token(identity, "timepost-system")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await tier.http.request("GET", "/v1/cases", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing")
    assert "cases:read" in answer.json()["detail"]
    nobody = await tier.http.request("GET", "/v1/cases")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "token_missing")


async def test_a_caller_without_the_role_is_told_which(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    case = await _parked_case(tier)
    token = await _token(identity, "timepost-experience")
    headers = {"Authorization": f"Bearer {token}"}
    answer = await tier.http.request("POST", f"/v1/cases/{case}/retry", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert "finance.analyst" in answer.json()["detail"]


async def test_too_many_questions_are_told_to_wait(tier: Tier, settings: ProcessSettings) -> None:
    web = WebSettings(throttle_overrides={"list_cases": "2/minute"})
    app = create_app(settings.model_copy(update={"web": web}))
    async with app.router.lifespan_context(app):
        await wait_until_started(app)
        http = HttpClient("http://p", name="p", transport=ASGITransport(app=app))
        headers = {"Authorization": f"Bearer {tier.operator}"}
        answers = [await http.request("GET", "/v1/cases", headers=headers) for _ in range(3)]
        await http.aclose()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


async def test_an_unreadable_delivery_is_kept_until_it_can_be_read(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    for _ in range(2):
        answer = await tier.call("POST", "/v1/events", json=[unreadable()])
        assert answer.status_code == 202, answer.text
    (kept,) = (await tier.call("GET", "/v1/quarantine")).json()["deliveries"]
    assert (kept["status"], kept["connection"]) == ("HELD", TRACKER)

    refused = await tier.call("POST", f"/v1/quarantine/{kept['id']}/replay")
    assert refused.status_code == 502, refused.text
    (kept,) = (await tier.call("GET", "/v1/quarantine")).json()["deliveries"]
    assert kept["status"] == "HELD"

    tier.system.unreadable = False
    replayed = await tier.call("POST", f"/v1/quarantine/{kept['id']}/replay")
    assert replayed.status_code == 200, replayed.text
    assert (replayed.json()["events"], replayed.json()["delivery"]["status"]) == (1, "REPLAYED")
    await tier.settle()
    assert (await tier.status())["entries"] == {"DRAFT": 1}


def master_hint(**changed: Any) -> dict[str, Any]:
    return event(
        source="/connections/people-us",
        type="timepost.master.changed.v1",
        subject="7",
        data={"domain": "workers", "change": "CHANGED"},
        **changed,
    )


async def test_hints_about_masters_are_counted_and_disturb_nothing(tier: Tier) -> None:
    """They come in one batch with entries; what they tell is read again with the next delta."""
    batch = [master_hint(id="1"), event(), master_hint(id="2")]

    answer = await tier.call("POST", "/v1/events", json=batch)

    assert (answer.status_code, answer.json()) == (202, {"accepted": 3, "duplicates": 0})
    status = await tier.status()
    assert status["inbox_pending"] == 1
    assert status["counters"]["people-us"] == {"master_hint": 2}
    wrong = master_hint()
    wrong["data"]["change"] = "MOVED"
    assert (await tier.call("POST", "/v1/events", json=[wrong])).status_code == 422


async def test_a_delivery_of_an_hcm_is_read_again_by_its_own_contract(tier: Tier) -> None:
    tier.system.others = {"people-us": "hcm"}
    await tier.read_masters()
    kept = unreadable() | {"source": "/connections/people-us"}
    assert (await tier.call("POST", "/v1/events", json=[kept])).status_code == 202
    (held,) = (await tier.call("GET", "/v1/quarantine")).json()["deliveries"]

    replayed = await tier.call("POST", f"/v1/quarantine/{held['id']}/replay")

    assert replayed.status_code == 200, replayed.text
    assert (replayed.json()["events"], replayed.json()["delivery"]["status"]) == (1, "REPLAYED")
    assert (await tier.status())["counters"]["people-us"] == {"master_hint": 1}


async def test_characters_that_a_database_cannot_keep_stop_nothing(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    firm.enter(tier.system, "e2", work_date="2026-06-03")
    tier.system.entries["e1"]["narrative"] = "before\x00after"
    tier.system.entries["e1"]["worker"] = {**firm.ADA, "name": "Ada\x00 Obi"}

    await tier.approve("e1", "e2")

    assert len(tier.system.lines) == 2


async def test_narrative_text_is_nowhere_but_where_it_has_to_be(
    tier: Tier, settings: ProcessSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    firm.enter(tier.system, "e1")
    firm.enter(tier.system, "e2", project=firm.CLOSED, task=None)
    full = {"change": "CHANGED", "entry": tier.system.entries["e1"]}
    await tier.call("POST", "/v1/events", json=[event(data=full), unreadable()])
    await tier.settle()
    await tier.approve("e1", "e2")
    case = await tier.case()
    assert SECRET in json.dumps(tier.system.posts), "the ERP gets it"

    for path in (
        "/v1/cases?open_only=false",
        f"/v1/cases/{case['id']}",
        "/v1/postings",
        "/v1/time-entries",
        *(f"/v1/time-entries/{each['time_entry_id']}" for each in await tier.postings()),
        "/v1/quarantine",
        "/v1/status",
        "/metrics",
    ):
        answer = await tier.call("GET", path)
        assert answer.status_code == 200, answer.text
        assert SECRET not in answer.text, path
    broken = event(data={"change": SECRET, "entry": None})
    assert SECRET not in (await tier.call("POST", "/v1/events", json=[broken])).text
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err

    allowed = {"time_entry_version", "posting", "quarantined_delivery"}
    assert _tables_with(settings.database_url, SECRET) <= allowed
    assert _tables_with(settings.database_url, "e1") > {"time_entry", "outbox_event"}


def _tables_with(url: SecretStr, words: str) -> set[str]:
    with psycopg.connect(url.get_secret_value()) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        ).fetchall()
        return {
            name
            for (name,) in tables
            if connection.execute(
                psycopg.sql.SQL("SELECT 1 FROM {} AS row WHERE row::text LIKE %s LIMIT 1").format(
                    psycopg.sql.Identifier(name)
                ),
                [f"%{words}%"],
            ).fetchone()
        }


async def _token(identity: RunningIdentityServer, client: str) -> str:
    provider = HttpClient(name="identity")
    wanted = IdentitySettings(
        issuer=identity.issuer,
        audience="timepost-process",
        client_id=client,
        client_secret=identity.client_secrets[client],
    )
    token = await ServiceTokens(wanted, provider.library_client).token("timepost-process")
    await provider.aclose()
    return token
