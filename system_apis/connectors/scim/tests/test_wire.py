"""Services that behave oddly, at the wire."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.http_client import HttpClient, MockTransport, Request, Response
from shared.problems import InvalidRequest, TooManyRequests, UpstreamRefused, UpstreamUnavailable
from shared.values import SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.hcm.schemas import WorkerKind
from system_apis.connectors.scim.platform_models import ENTERPRISE
from system_apis.connectors.scim.port import ScimDirectory, ScimHcm
from system_apis.connectors.scim.tests.conftest import settings_for

Answer = Callable[[Request], Response]
URL = "https://directory.example.com/scim/v2"


def context(answer: Answer) -> ConnectionContext:
    http = HttpClient(name="directory-de", transport=MockTransport(answer))
    return ConnectionContext("directory-de", ("DE",), http, SystemClock())


def directory(answer: Answer, **options: Any) -> ScimDirectory:
    return ScimDirectory(settings_for(URL, **options), context(answer))


def listing(rows: list[Any], total: int | None = None) -> Response:
    body = {"totalResults": len(rows) if total is None else total, "Resources": rows}
    return Response(200, json=body)


async def test_the_request_is_plain_scim_with_its_token() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return listing([])

    await directory(answer).users(None, 50, None)

    assert asked[0].url.path == "/scim/v2/Users"
    assert dict(asked[0].url.params) == {"startIndex": "1", "count": "50", "sortBy": "id"}
    assert asked[0].headers["authorization"] == "Bearer directory-token"
    assert asked[0].headers["accept"] == "application/scim+json"


async def test_a_service_that_cannot_sort_is_not_asked_to() -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return listing([])

    await directory(answer, sort_by="none").groups(None, 50, None)

    assert "sortBy" not in asked[0].url.params


async def test_odd_rows_are_faulty_and_the_others_are_read() -> None:
    rows = [
        {"id": "1", "userName": "ada", "emails": []},
        {"id": "2", "userName": None, "displayName": "Confidential Name"},
        {"id": "3", "userName": "bo", "emails": "bo@secret.example"},
        {"userName": "nobody"},
        "no row at all",
        {"id": "4", "userName": "x" * 600},
    ]

    page = await directory(lambda _: listing(rows)).users(None, 10, None)

    assert [user.user_name for user in page.items] == ["ada"]
    assert [(row.external_id, row.reason.split(":")[0]) for row in page.faulty] == [
        ("2", "userName"),
        ("3", "emails"),
        (None, "id"),
        (None, "the row"),
        ("4", "user_name"),
    ]
    told = page.model_dump_json()
    assert "Confidential" not in told
    assert "secret.example" not in told
    assert page.complete


async def test_empty_texts_are_no_values() -> None:
    row = {
        "id": "1",
        "userName": "ada",
        "displayName": " ",
        "name": {"givenName": "Ada", "familyName": "Lindqvist"},
        "emails": [
            {"value": "ada@home.example", "type": "home", "primary": True},
            {"value": "ada@work.example", "type": "work"},
        ],
        ENTERPRISE: {"employeeNumber": "", "department": None, "manager": {}},
    }

    page = await directory(lambda _: listing([row])).users(None, 10, None)

    (user,) = page.items
    assert (user.name, user.email) == ("Ada Lindqvist", "ada@work.example")
    assert user.employee_number is user.department is user.manager_id is None
    assert user.active


async def test_a_user_type_that_nobody_explained_is_no_kind() -> None:
    rows = [
        {"id": str(place), "userName": "u", "userType": kind, ENTERPRISE: {"employeeNumber": "1"}}
        for place, kind in enumerate(("Employee", "External", "Intern"))
    ]
    hcm = ScimHcm(settings_for(URL, legal_entity_from="none"), context(lambda _: listing(rows)))

    workers = (await hcm.workers(None, 10, None)).items

    assert [each.kind for each in workers] == [WorkerKind.EMPLOYEE, WorkerKind.CONTRACTOR, None]
    assert {each.legal_entity for each in (await hcm.assignments(None, 10, None)).items} == {None}


async def test_members_without_a_type_are_told_by_their_address() -> None:
    group = {
        "id": "g",
        "displayName": "Finance",
        "members": [
            {"value": "1", "$ref": "/".join((URL, "Groups", "1"))},
            {"value": "2", "$ref": "/".join((URL, "Users", "2"))},
            {"value": "3"},
        ],
    }

    page = await directory(lambda _: listing([group])).groups(None, 10, None)

    assert [each.kind for each in page.items[0].members or []] == ["group", "user", "user"]


async def test_fewer_rows_than_the_service_counts_are_not_complete() -> None:
    page = await directory(lambda _: listing([{"id": "1", "userName": "a"}], 3)).users(
        None, 10, None
    )
    again = await directory(lambda _: listing([{"id": "1", "userName": "a"}], 3)).users(
        page.next_cursor, 10, None
    )

    assert (page.complete, again.complete) == (False, False)
    assert (again.items, again.next_cursor) == ([], None)


async def test_a_listing_of_nobody_claims_nothing() -> None:
    page = await directory(lambda _: listing([])).users(None, 10, None)

    assert (page.items, page.complete) == ([], False)


async def test_a_list_that_never_rests_comes_to_an_end() -> None:
    number = iter(range(100_000))

    def restless(request: Request) -> Response:
        count = int(request.url.params["count"])
        rows = [{"id": str(next(number)), "userName": "u"} for _ in range(count)]
        return listing(rows, 40)

    cursor, pages = None, 0
    while True:
        page = await directory(restless).users(cursor, 10, None)
        pages, cursor = pages + 1, page.next_cursor
        if cursor is None:
            break
        assert pages < 60

    assert not page.complete


@pytest.mark.parametrize("cursor", ["!", "W10=", "eyJzZWVuIjogLTF9"])
async def test_a_cursor_of_somebody_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        await directory(lambda _: listing([])).users(cursor, 10, None)


async def test_a_filter_that_is_ignored_is_noticed_by_the_check() -> None:
    with pytest.raises(UpstreamRefused) as caught:
        await directory(lambda _: listing([{"id": "1", "userName": "a"}])).check()
    assert (caught.value.code, caught.value.action) == ("scim_filter_ignored", "Set delta = false.")

    without = directory(lambda _: listing([{"id": "1", "userName": "a"}]), delta=False)
    assert await without.check() == ["1 users and 1 groups can be read"]


@pytest.mark.parametrize(
    ("answer", "problem", "code"),
    [
        (Response(403, json={"detail": "no"}), UpstreamRefused, "scim_credentials_refused"),
        (Response(404, text="<h1>not here</h1>"), UpstreamRefused, "scim_request_refused"),
        (
            Response(400, json={"scimType": "invalidFilter", "detail": "userName eq ada"}),
            UpstreamRefused,
            "scim_request_refused",
        ),
        (Response(500), UpstreamUnavailable, "upstream_unavailable"),
        (Response(200, html="<p>Sign in, Ada</p>"), UpstreamRefused, "scim_answer_not_understood"),
        (Response(429, headers={"Retry-After": "17"}), TooManyRequests, "too_many_requests"),
    ],
)
async def test_refusals_say_who_acts(
    answer: Response, problem: type[UpstreamRefused], code: str
) -> None:
    with pytest.raises(problem) as caught:
        await directory(lambda _: answer).users(None, 10, None)

    told = json.dumps([caught.value.detail, caught.value.action])
    assert caught.value.code == code
    assert "ada" not in told.lower()
    if answer.status_code == 429:
        assert caught.value.retry_after == 17
    if answer.status_code == 400:
        assert "invalidFilter" in caught.value.detail
