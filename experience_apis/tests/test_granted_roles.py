"""Roles that groups of a directory give, as the process tier tells them."""

import pytest

from experience_apis.settings import ExperienceSettings
from experience_apis.tests.cases import CASE_ID
from experience_apis.tests.fixtures import SignIn
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient

SCOPES = "openid cases:read cases:write masters:read"
RETRY = f"/workbench/v1/cases/{CASE_ID}/retry"


@pytest.fixture
def settings(settings: ExperienceSettings) -> ExperienceSettings:
    return settings.model_copy(update={"roles_by_groups": True})


async def test_whom_a_group_makes_an_analyst_may_do_what_analysts_do(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    kept_out = await api.post(RETRY, headers=await signed_in("ada", SCOPES))
    process_tier.granted = ["finance.analyst"]
    headers = await signed_in("ada", SCOPES)
    let_in = [await api.post(RETRY, headers=headers) for _ in range(3)]

    assert (kept_out.status_code, kept_out.json()["code"]) == (403, "role_missing")
    assert [each.status_code for each in let_in] == [200] * 3
    assert process_tier.asked_for_roles == 2, "once for each token"


async def test_while_nobody_tells_only_the_tokens_roles_count(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    process_tier.granted, process_tier.knows_roles = ["finance.analyst"], False

    kept_out = await api.post(RETRY, headers=await signed_in("ada", SCOPES))
    analyst = await api.post(RETRY, headers=await signed_in("maya", SCOPES))

    assert (kept_out.status_code, kept_out.json()["code"]) == (403, "role_missing")
    assert analyst.status_code == 200


async def test_a_token_that_may_not_ask_has_its_own_roles(
    api: HttpClient, process_tier: ProcessTier, signed_in: SignIn
) -> None:
    process_tier.granted = ["finance.analyst"]
    scopes = "openid cases:read cases:write"

    kept_out = await api.post(RETRY, headers=await signed_in("ada", scopes))
    analyst = await api.post(RETRY, headers=await signed_in("maya", scopes))

    assert (kept_out.status_code, analyst.status_code) == (403, 200)
