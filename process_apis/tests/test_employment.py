"""What an HCM says of a worker decides, where there is one that knows them."""

from pathlib import Path

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.settings import ProcessSettings
from process_apis.tests import firm
from process_apis.tests.conftest import Tier, running_tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.system_stand_in import ERP, StandIn
from process_apis.tests.test_other_masters import ADA, CENTRE, HCM, PLACE, read

MINE = {**ADA, "email": "ada@example.com"}


async def people(tier: Tier) -> OtherSystem:
    """An HCM that has Ada on one assignment until the fourteenth of June."""
    system = OtherSystem({"workers": [MINE], "cost-centres": [CENTRE], "assignments": [PLACE]})
    tier.system.others = {HCM: "hcm"}
    tier.system.other_systems[HCM] = system
    await read(tier, HCM)
    return system


async def approved(tier: Tier, name: str, day: str) -> None:
    firm.enter(tier.system, name, work_date=day)
    await tier.approve(name, approval=f"a-{name}")


async def test_hours_post_where_an_assignment_covers_the_day(tier: Tier) -> None:
    await people(tier)
    await approved(tier, "e1", "2026-06-02")
    assert len(tier.system.lines) == 1


async def test_hours_without_an_assignment_wait_and_post_when_it_arrives(tier: Tier) -> None:
    system = await people(tier)
    await approved(tier, "e1", "2026-06-16")
    case = await tier.case()
    assert (case["code"], case["state"]) == ("MD_WORKER_INACTIVE", "WAITING")
    assert case["sentence"] == "Ada Obi was not employed on 2026-06-16 according to people-us."
    await approved(tier, "e2", "2026-06-03")
    assert len(tier.system.lines) == 1, "nothing else waits with it"

    later = {**PLACE, "external_id": "a2", "valid_from": "2026-06-15", "valid_to": None}
    system.lists["assignments"] = [PLACE, later]
    await read(tier, HCM)
    await tier.settle()
    assert len(tier.system.lines) == 2
    assert await tier.cases() == []
    resolved = (await tier.call("GET", f"/v1/cases/{case['id']}")).json()
    assert "assignment Consultant appeared in people-us" in resolved["case"]["resolution"]


@pytest.mark.parametrize("by_hcm", [True, False])
async def test_the_hcm_says_who_has_left_and_the_erp_where_the_hcm_is_silent(
    tier: Tier, by_hcm: bool
) -> None:
    system = await people(tier)
    if by_hcm:
        system.lists["workers"] = [{**MINE, "termination_date": "2026-05-31"}]
        await read(tier, HCM)
    else:
        tier.system.masters["workers"][0]["termination_date"] = "2026-05-31"
        await tier.read_masters()
    await approved(tier, "e1", "2026-06-02")
    assert (await tier.case())["code"] == "MD_WORKER_INACTIVE"
    assert tier.system.lines == []


async def test_an_hcm_that_knows_better_than_the_erp_lets_hours_through(tier: Tier) -> None:
    """The ERP's copy of the day of hiring is out of date: that is drift, and no reason to wait."""
    await people(tier)
    tier.system.masters["workers"][0]["hire_date"] = "2026-06-10"
    await tier.read_masters()
    await approved(tier, "e1", "2026-06-02")
    assert len(tier.system.lines) == 1


async def test_a_closed_cost_centre_has_hours_wait_until_it_is_open(tier: Tier) -> None:
    system = await people(tier)
    system.lists["cost-centres"] = [{**CENTRE, "active": False}]
    await read(tier, HCM)
    await approved(tier, "e1", "2026-06-02")
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("MD_COSTCENTRE_INVALID", "finance.analyst")
    assert "4711" in case["sentence"]

    system.lists["cost-centres"] = [CENTRE]
    await read(tier, HCM)
    await tier.settle()
    assert len(tier.system.lines) == 1
    assert await tier.cases() == []


@pytest.mark.parametrize("stranger", [{"email": "x@example.com", "employee_number": "77"}, None])
async def test_whom_the_hcm_does_not_know_is_judged_by_the_erp(
    tier: Tier, stranger: dict[str, str] | None
) -> None:
    system = await people(tier)
    system.lists["workers"] = [{**MINE, **stranger}] if stranger else []
    if stranger:
        await read(tier, HCM)
    else:
        tier.system.others.clear()
        await tier.read_masters()
    await approved(tier, "e1", "2026-06-20")
    assert len(tier.system.lines) == 1


async def test_a_legal_entity_may_leave_the_days_and_the_place_to_the_erp(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    """Validation and the list of differences go by one file."""
    path = tmp_path / "ownership.toml"
    path.write_text(
        "\n".join(
            f"[worker.{name}]\nowners = ['hcm']\n[[worker.{name}.legal_entities]]\n"
            f"codes = ['HRC-US']\nowners = {owners}"
            for name, owners in (
                ("hire_date", "['erp']"),
                ("termination_date", "['erp']"),
                ("assignments", "[]"),
            )
        )
    )
    configured = settings.model_copy(update={"ownership_file": path})
    async with running_tier(configured, system, identity) as tier:
        hcm = await people(tier)
        hcm.lists["workers"] = [{**MINE, "termination_date": "2026-05-31"}]
        await read(tier, HCM)
        await approved(tier, "e1", "2026-06-20")
        assert len(system.lines) == 1

        listed = (await tier.call("GET", "/v1/master-data/ownership")).json()["attributes"]
        (left,) = [each for each in listed if each["attribute"] == "termination_date"]
        assert left["configured"]
        assert [(each["legal_entities"], each["owners"]) for each in left["rules"]] == [
            (["HRC-US"], ["erp"]),
            (None, ["hcm"]),
        ]

        system.masters["workers"][0]["termination_date"] = "2026-06-10"
        await tier.read_masters()
        await approved(tier, "e2", "2026-06-21")
        case = await tier.case()
        assert case["sentence"] == "Ada Obi was not employed on 2026-06-21 according to the ERP."
        told = (await tier.call("GET", "/v1/master-data/drift")).json()["drift"]
        (left,) = [each for each in told if each["attribute"] == "termination_date"]
        assert (left["copy_connection"], left["copy_value"]) == (HCM, "2026-05-31")
        assert (left["owner_value"], left["why"]) == ("2026-06-10", f"{ERP} owns it")


async def two_companies(tier: Tier) -> OtherSystem:
    """An HCM that has Ada at another legal entity of the ERP from the fifteenth of June on."""
    first = tier.system.masters["legal-entities"][0]
    second = {**first, "external_id": "2", "code": "HRC-DE", "name": "Halden Ridge GmbH"}
    tier.system.masters["legal-entities"] = [first, second]
    await tier.read_masters()
    hcm = await people(tier)
    moved = {**PLACE, "external_id": "a2", "valid_from": "2026-06-15", "valid_to": None}
    hcm.lists["assignments"] = [
        {**PLACE, "legal_entity": "HRC-US"},
        {**moved, "legal_entity": "halden ridge gmbh"},
    ]
    await read(tier, HCM)
    return hcm


async def test_hours_of_a_day_at_another_legal_entity_wait_until_both_say_the_same(
    tier: Tier,
) -> None:
    hcm = await two_companies(tier)
    await approved(tier, "e1", "2026-06-02")
    assert len(tier.system.lines) == 1
    await approved(tier, "e2", "2026-06-16")
    case = await tier.case()
    assert (case["code"], case["state"]) == ("MD_WORKER_INACTIVE", "WAITING")
    assert case["sentence"] == (
        "Ada Obi was not employed on 2026-06-16 according to people-us, which has them at HRC-DE "
        "and not at HRC-US."
    )
    hcm.lists["assignments"][1]["legal_entity"] = "HRC-US"
    await read(tier, HCM)
    await tier.settle()
    assert len(tier.system.lines) == 2


async def test_where_the_erp_owns_the_legal_entity_the_hcm_is_not_asked(
    settings: ProcessSettings, system: StandIn, identity: RunningIdentityServer, tmp_path: Path
) -> None:
    path = tmp_path / "ownership.toml"
    path.write_text(
        "[worker.legal_entity]\nowners = ['erp']\n"
        "[worker.name]\nowners = ['connection:people-su']\n"
        "[[worker.name.legal_entities]]\ncodes = ['HRC-UK', 'HRC-DE']\nowners = ['hcm']\n"
    )
    configured = settings.model_copy(update={"ownership_file": path})
    async with running_tier(configured, system, identity) as tier:
        await two_companies(tier)
        await approved(tier, "e1", "2026-06-16")
        assert len(system.lines) == 1
        told = (await tier.call("GET", "/v1/master-data/ownership")).json()
        assert told["unknown_connections"] == ["people-su"]
        assert told["unknown_legal_entities"] == ["HRC-UK"]
