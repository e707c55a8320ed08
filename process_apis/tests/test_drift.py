"""Where a copy is not as its owner says."""

from typing import Any

from process_apis.tests.conftest import Tier
from process_apis.tests.other_systems import OtherSystem
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_other_masters import (
    ACCOUNT,
    ADA,
    BEN,
    CENTRE,
    CRM,
    HCM,
    LOGINS,
    PLACE,
    USER,
    read,
)

Json = dict[str, Any]


async def both(tier: Tier) -> dict[str, OtherSystem]:
    """An HCM and a CRM that agree with the ERP."""
    tier.system.others = {HCM: "hcm", CRM: "crm"}
    tier.system.other_systems |= {
        HCM: OtherSystem(
            {
                "workers": [
                    {
                        **ADA,
                        "employee_number": "E001",
                        "email": "ADA@example.com",
                        "hire_date": None,
                    },
                    {**BEN, "employee_number": None, "name": "Ben Roy", "email": "ben@example.com"}
                    | {"hire_date": None},
                ]
            }
        ),
        CRM: OtherSystem({"accounts": [{**ACCOUNT, "code": "C-101"}]}),
    }
    for name in (HCM, CRM):
        await read(tier, name)
    return tier.system.other_systems


async def drift(tier: Tier, **query: Any) -> list[Json]:
    answer = await tier.call("GET", "/v1/master-data/drift", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["drift"])


async def test_systems_that_agree_and_owners_that_are_silent_are_no_drift(tier: Tier) -> None:
    await both(tier)
    assert await drift(tier) == []


async def test_what_differs_is_told_until_the_copy_is_mended(tier: Tier) -> None:
    systems = await both(tier)
    ada, ben = systems[HCM].lists["workers"]
    systems[HCM].lists["workers"] = [
        {**ada, "termination_date": "2026-06-30"},
        {**ben, "name": "Benjamin Roy"},
    ]
    systems[CRM].lists["accounts"] = [{**ACCOUNT, "code": "C-101", "name": "ACME Ltd"}]
    for name in (HCM, CRM):
        await read(tier, name)

    found = await drift(tier)
    assert [(each["kind"], each["copy_connection"], each["attribute"]) for each in found] == [
        ("client", CRM, "name"),
        ("worker", ERP, "termination_date"),
        ("worker", ERP, "name"),
    ]
    client, left, _ = found
    assert (client["owner_connection"], client["owner_value"]) == (ERP, "Acme")
    assert client["copy_value"] == "ACME Ltd"
    assert (left["owner_connection"], left["owner_value"]) == (HCM, "2026-06-30")
    assert left["copy_value"] is None

    tier.system.masters["workers"][0]["termination_date"] = "2026-06-30"
    await tier.read_masters()
    assert [each["attribute"] for each in await drift(tier, connection=ERP)] == ["name"]
    assert [each["kind"] for each in await drift(tier, kind="client")] == ["client"]


async def test_it_is_read_page_by_page(tier: Tier) -> None:
    systems = await both(tier)
    ada, ben = systems[HCM].lists["workers"]
    systems[HCM].lists["workers"] = [{**ada, "name": "A"}, {**ben, "name": "B"}]
    await read(tier, HCM)
    seen, after = [], None
    for _ in range(3):
        asked = {"limit": "1"} | ({"after": after} if after else {})
        page = (await tier.call("GET", "/v1/master-data/drift", params=asked)).json()
        seen += [each["copy_external_id"] for each in page["drift"]]
        after = page["next_after"]
        if after is None:
            break
    assert seen == ["11", "12"]


async def test_whoever_could_be_several_is_nobody_and_so_are_strangers(tier: Tier) -> None:
    systems = await both(tier)
    ada, _ = systems[HCM].lists["workers"]
    twins = [
        {**ada, "external_id": "p8", "employee_number": None, "termination_date": "2026-01-31"},
        {**ada, "external_id": "p9", "employee_number": None, "termination_date": "2026-01-31"},
    ]
    tier.system.masters["workers"][0]["employee_number"] = None
    systems[HCM].lists["workers"] = twins
    await read(tier, HCM)
    await tier.read_masters()
    assert await drift(tier) == []


async def test_a_directory_and_the_place_in_the_hcm_are_copies_and_owners_too(tier: Tier) -> None:
    systems = await both(tier)
    tier.system.others[LOGINS] = "directory"
    login = {**USER, "email": "ada@example.com", "cost_centre": "4712"}
    systems[LOGINS] = OtherSystem({"users": [login]})
    systems[HCM].lists |= {
        "cost-centres": [CENTRE],
        "assignments": [{**PLACE, "legal_entity": "halden ridge", "valid_to": None}],
    }
    for name in (HCM, LOGINS):
        await read(tier, name)
    (centre,) = await drift(tier)
    assert (centre["attribute"], centre["copy_connection"]) == ("cost_centre", LOGINS)
    assert (centre["owner_value"], centre["copy_value"]) == ("4711", "4712")
    assert centre["why"] == f"{HCM} owns it"

    company = tier.system.masters["legal-entities"][0]
    tier.system.masters["legal-entities"].append({**company, "external_id": "2", "code": "HRC-DE"})
    tier.system.masters["legal-entities"][1]["name"] = "Halden Ridge GmbH"
    await tier.read_masters()
    systems[HCM].lists["assignments"][0]["legal_entity"] = "hrc-de"
    await read(tier, HCM)
    moved = [each for each in await drift(tier) if each["attribute"] == "legal_entity"]
    assert [(each["copy_connection"], each["copy_value"]) for each in moved] == [(ERP, "HRC-US")]


async def test_a_place_that_is_none_is_refused(tier: Tier) -> None:
    answer = await tier.call("GET", "/v1/master-data/drift", params={"after": "worker 11"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
