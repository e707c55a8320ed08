"""What connectors list arrives in the process tier's masters, and the same again is no change."""

from typing import Any

from deploy.sandboxes.bamboohr.store import JobRow
from deploy.sandboxes.bamboohr.tests.fixtures import Bamboo
from deploy.sandboxes.hubspot.tests.fixtures import Hub
from process_apis.doorbell import Stage
from process_apis.tests.conftest import Tier
from system_apis.connectors.scim.tests.conftest import Tenant
from tests.masters.conftest import CRM, DIRECTORY, HCM

Json = dict[str, Any]


async def whole(tier: Tier, name: str) -> Json:
    """A whole reading, to its end."""
    await tier.worker.work(Stage.MASTERS, name)
    answer = await tier.call("POST", f"/v1/master-data/{name}/refresh")
    assert answer.status_code == 202, answer.text
    await tier.worker.work(Stage.MASTERS, name)
    run = (await tier.call("GET", f"/v1/master-data/runs/{answer.json()['id']}")).json()
    assert run["status"] == "DONE", run["error"]
    return dict(run)


async def records(tier: Tier, kind: str) -> dict[str, Json]:
    answer = await tier.call("GET", f"/v1/masters/{kind}")
    return {each["owner_external_id"]: each for each in answer.json()["records"]}


def counts(run: Json) -> list[int]:
    return [run[each] for each in ("created", "changed", "vanished", "refused")]


async def test_employees_departments_and_their_history_of_an_hcm(
    tier: Tier, bamboo: Bamboo
) -> None:
    assert counts(await whole(tier, HCM)) == [0, 0, 0, 0], "the first reading took over everything"
    ada = (await records(tier, "employee"))[str(bamboo.ada.id)]
    assert (ada["name"], ada["attributes"]["hire_date"]) == ("Ada Lindqvist", "2021-04-01")
    places = await records(tier, "assignment")
    mine = sorted(
        (each["attributes"]["valid_from"], each["attributes"]["valid_to"])
        for each in places.values()
        if each["attributes"]["worker_external_id"] == str(bamboo.ada.id)
    )
    assert mine == [("2021-04-01", "2023-12-31"), ("2024-01-01", None)]
    assert "Audit" in {each["name"] for each in (await records(tier, "org_unit")).values()}

    bamboo.store.add_job(bamboo.ada, JobRow("2026-01-01", "Tax", "HRC-DE", job_title="Manager"))
    run = await whole(tier, HCM)
    assert counts(run) == [1, 1, 0, 0]
    ended = [
        each["attributes"]["valid_to"]
        for each in (await records(tier, "assignment")).values()
        if each["attributes"]["valid_from"] == "2024-01-01"
    ]
    assert ended == ["2025-12-31"]


async def test_companies_and_deals_of_a_crm(tier: Tier, hub: Hub) -> None:
    assert counts(await whole(tier, CRM)) == [0, 0, 0, 0]
    alder = (await records(tier, "account"))[str(hub.alder.id)]
    assert alder["name"] == "Alder Bank"
    deal = (await records(tier, "engagement"))[str(hub.migration.id)]["attributes"]
    assert (float(deal["value"]), deal["currency"]) == (125000.5, "EUR")


async def test_users_and_groups_of_a_directory(tier: Tier, tenant: Tenant) -> None:
    for name in ("ada", "ben"):
        await tenant.add_user(name)
    await tenant.add_group("Controllers", ("User", "ada"), ("User", "ben"))
    assert counts(await whole(tier, DIRECTORY)) == [0, 0, 0, 0]
    (group,) = (await records(tier, "group")).values()
    members = {each["external_id"] for each in group["attributes"]["members"]}
    assert members == {tenant.ids["ada"], tenant.ids["ben"]}

    await tenant.delete("Users", "ben")
    await whole(tier, DIRECTORY)
    users = await records(tier, "user")
    gone = [name for name, each in users.items() if each["vanished_at"]]
    assert len(gone) == 1
