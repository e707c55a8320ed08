"""Groups of a directory that stand for roles: a list for whoever reviews access."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

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
