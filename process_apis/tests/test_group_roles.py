"""Groups of a directory that stand for roles: a list for whoever reviews access."""

from collections.abc import AsyncIterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests.conftest import Tier, running_tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import StandIn
from process_apis.tests.test_other_masters import LOGINS, USER, read

Json = dict[str, Any]
FILE = f"""
[[roles]]
group = "finance CONTROLLERS"
role = "finance.controller"

[[roles]]
group = "g-stewards"
connection = "{LOGINS}"
role = "data.steward"

[[roles]]
group = "nobody has it"
role = "billing.analyst"
"""


def user(identity: str, name: str, *, active: bool = True) -> Json:
    told = {"external_id": identity, "user_name": name, "name": name, "active": active}
    return {**USER, **told, "email": f"{name}@example.org"}


def group(identity: str, name: str, *members: tuple[str, str]) -> Json:
    told = [{"kind": kind, "external_id": each} for kind, each in members]
    return {"external_id": identity, "name": name, "members": told}


@pytest.fixture
async def mapped(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer, tmp_path: Path
) -> AsyncIterator[Tier]:
    path = tmp_path / "ownership.toml"
    path.write_text(FILE)
    async with running_tier(
        settings.model_copy(update={"ownership_file": path}), system, identity
    ) as tier:
        system.others = {LOGINS: "directory"}
        system.other_systems[LOGINS] = OtherSystem(
            {
                "users": [
                    user("u1", "carl"),
                    user("u2", "Stella"),
                    user("u3", "gone", active=False),
                    user("u4", "nina"),
                ],
                "groups": [
                    group("g1", "Finance controllers", ("user", "u1"), ("group", "g2")),
                    group("g2", "Deputies", ("user", "u2"), ("group", "g1")),
                    group("g-stewards", "Stewards", ("user", "u2"), ("user", "u3")),
                    group("g9", "Everybody", ("user", "u4")),
                ],
            }
        )
        await read(tier, LOGINS)
        yield tier


async def listed(tier: Tier, **query: Any) -> Json:
    answer = await tier.call("GET", "/v1/master-data/roles", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def roles_of(page: Json) -> Json:
    return {
        each["user_name"]: [(role["role"], role["group"]) for role in each["roles"]]
        for each in page["people"]
    }


async def test_people_have_the_roles_of_their_groups_and_of_groups_around_these(
    mapped: Tier,
) -> None:
    page = await listed(mapped)
    assert roles_of(page) == {
        "carl": [("finance.controller", "Finance controllers")],
        "Stella": [
            ("data.steward", "Stewards"),
            ("finance.controller", "Finance controllers"),
        ],
    }
    assert [(each["asked"], each["found"]) for each in page["groups"]] == [
        ("finance CONTROLLERS", True),
        ("g-stewards", True),
        ("nobody has it", False),
    ]
    assert list(roles_of(await listed(mapped, role="data.steward"))) == ["Stella"]
    first = await listed(mapped, limit="1")
    second = await listed(mapped, limit="1", after=first["next_after"])
    assert [*roles_of(first), *roles_of(second)] == ["carl", "Stella"]
    assert second["next_after"] is None


async def test_own_roles_are_compared_and_the_token_is_what_counts(
    mapped: Tier, identity: RunningIdentityServer
) -> None:
    token = await token_of(identity, "stella", "masters:read", "cases:write")
    headers = {"Authorization": f"Bearer {token}"}
    mine = (await mapped.call("GET", "/v1/master-data/roles/mine", headers=headers)).json()
    assert mine == {
        "subject": "stella",
        "known": True,
        "by_token": ["data.steward"],
        "by_groups": ["data.steward", "finance.controller"],
        "only_by_token": [],
        "only_by_groups": ["finance.controller"],
        "granted": [],
    }
    refused = await mapped.call(
        "POST",
        "/v1/cases/00000000-0000-4000-8000-000000000000/waiver/approval",
        headers=headers,
        json={"version": 1},
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "role_missing")
    operator = (await mapped.call("GET", "/v1/master-data/roles/mine")).json()
    assert (operator["known"], operator["only_by_token"]) == (False, [])


async def test_without_a_file_no_group_stands_for_anything(tier: Tier) -> None:
    assert await listed(tier) == {"people": [], "groups": [], "next_after": None}


async def test_the_list_is_for_those_who_review_access(
    tier: Tier, identity: RunningIdentityServer
) -> None:
    headers = {"Authorization": f"Bearer {await token_of(identity, 'maya', 'masters:read')}"}
    answer = await tier.call("GET", "/v1/master-data/roles", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


GRANTING = f"""
[[roles]]
group = "g-controllers"
connection = "{LOGINS}"
role = "finance.controller"
grants = true

[[roles]]
group = "Analysts"
connection = "{LOGINS}"
role = "finance.analyst"
grants = true
"""
DIRECTORY = {
    "users": [
        user("petra", "p.novak"),
        user("u7", "ines"),
        user("ada", "ada", active=False),
        user("timepost-operator", "robot"),
    ],
    "groups": [
        group("g-controllers", "Controllers", ("group", "g2"), ("user", "u7"), ("user", "ada")),
        group("g2", "Deputies", ("user", "petra"), ("user", "timepost-operator")),
        group("g3", "Analysts", ("user", "petra")),
    ],
}


@pytest.fixture
async def granting(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer, tmp_path: Path
) -> AsyncIterator[Tier]:
    """A directory whose controllers are controllers here; Petra's token has another role."""
    path = tmp_path / "ownership.toml"
    path.write_text(GRANTING)
    async with running_tier(
        settings.model_copy(update={"ownership_file": path}), system, identity
    ) as tier:
        system.others = {LOGINS: "directory"}
        system.other_systems[LOGINS] = OtherSystem(deepcopy(DIRECTORY))
        await read(tier, LOGINS)
        yield tier


async def may_review(tier: Tier, identity: RunningIdentityServer, who: str) -> int:
    """What a page for controllers answers to a new token."""
    headers = {"Authorization": f"Bearer {await token_of(identity, who, 'masters:read')}"}
    answer = await tier.call("GET", "/v1/master-data/roles", headers=headers)
    if answer.status_code == 403:
        assert answer.json()["code"] == "role_missing"
    return int(answer.status_code)


async def test_a_group_gives_its_role_until_somebody_is_taken_out_of_it(
    granting: Tier, identity: RunningIdentityServer
) -> None:
    assert await may_review(granting, identity, "petra") == 200
    headers = {"Authorization": f"Bearer {await token_of(identity, 'petra', 'masters:read')}"}
    mine = (await granting.call("GET", "/v1/master-data/roles/mine", headers=headers)).json()
    assert (mine["by_token"], mine["granted"]) == (["project.manager"], ["finance.controller"])
    page = await listed(granting)
    assert [(each["asked"], each["grants"], each["found"]) for each in page["groups"]] == [
        ("g-controllers", True, True),
        ("Analysts", True, False),
    ]
    assert page["groups"][0]["read_at"] is not None
    groups = granting.system.other_systems[LOGINS].lists["groups"]
    groups[1]["members"] = []
    await read(granting, LOGINS)
    assert await may_review(granting, identity, "petra") == 403


@pytest.mark.parametrize("who", ["ines", "ada"])
async def test_a_name_is_nobody_and_whoever_may_not_sign_in_has_nothing(
    granting: Tier, identity: RunningIdentityServer, who: str
) -> None:
    assert await may_review(granting, identity, who) == 403


_AN_HOUR_EARLIER = text(
    "UPDATE master_data_run SET started_at = started_at - interval '61 minutes'"
)


async def test_a_reading_that_is_too_old_gives_nothing(
    granting: Tier, identity: RunningIdentityServer
) -> None:
    async with granting.runtime.database.transaction() as transaction:
        await transaction.execute(_AN_HOUR_EARLIER)
    assert await may_review(granting, identity, "petra") == 403
    await read(granting, LOGINS)
    assert await may_review(granting, identity, "petra") == 200


async def test_whoever_is_deleted_without_a_word_has_nothing_after_the_next_reading(
    granting: Tier, identity: RunningIdentityServer
) -> None:
    """The directory tells what changed, and not who is gone: so it is read whole each time."""
    directory = granting.system.other_systems[LOGINS]
    directory.changed = {"users": [], "groups": []}
    directory.lists["users"] = directory.lists["users"][1:]
    assert await may_review(granting, identity, "petra") == 200
    await read(granting, LOGINS)
    assert await may_review(granting, identity, "petra") == 403
    assert {since for _, since in directory.asked} == {None}


async def test_services_have_the_roles_of_their_tokens(granting: Tier) -> None:
    mine = (await granting.call("GET", "/v1/master-data/roles/mine")).json()
    assert (mine["by_token"], mine["granted"]) == (["integration.operator"], [])
