"""The demo's HCM and CRM: stand-ins for BambooHR and HubSpot, which mostly agree with the ERP."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local.run_secrets import keep_secret
from deploy.local.scenario.firm import Firm
from deploy.local.scenario.world import PLACED_FROM, disagreements, placed_late
from deploy.sandboxes import bamboohr, hubspot
from deploy.sandboxes.bamboohr.store import JobRow
from deploy.sandboxes.clockify.background import serving
from shared.values import SystemClock

HCM, CRM = "bamboohr-demo", "hubspot-demo"

_CONNECTIONS = """
[[connections]]
name = "{hcm}"
connector = "bamboohr"
legal_entities = [{entities}]

[connections.options]
base_url = "{bamboo_url}"
api_key = {{ file = "secrets/bamboohr-api-key" }}

[[connections]]
name = "{crm}"
connector = "hubspot"
legal_entities = [{entities}]

[connections.options]
base_url = "{hub_url}"
token = {{ file = "secrets/hubspot-token" }}
account_code = "account_no"
default_currency = "USD"
"""

Names = {"hire_date": "hireDate", "termination_date": "terminationDate", "name": "displayName"}


@dataclass(frozen=True)
class OtherSystems:
    """:param connections: of them, as they stand in the connections file."""

    connections: str
    api_key: str
    token: str

    def keep_secrets(self, directory: Path) -> None:
        """What the connections file refers to."""
        keep_secret(directory / "bamboohr-api-key", self.api_key)
        keep_secret(directory / "hubspot-token", self.token)


@contextmanager
def other_systems(firm: Firm, file: Path) -> Iterator[OtherSystems]:
    """Both of them, in threads of this process, with the firm of the file."""
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    people, clients = bamboohr.create_sandbox(SystemClock()), hubspot.create_sandbox(SystemClock())
    employ(people.state.store, firm, data)
    for client in data["clients"]:
        says = {e.record: e.value for e in disagreements(firm) if e.system == "crm"}
        name = says.get(client["code"], client["name"])
        clients.state.store.add("companies", name=name, account_no=client["code"])
    with serving(people) as bamboo_url, serving(clients) as hub_url:
        text = _CONNECTIONS.format(
            hcm=HCM,
            crm=CRM,
            entities=", ".join(f'"{each}"' for each in firm.entities),
            bamboo_url=bamboo_url,
            hub_url=hub_url,
        )
        yield OtherSystems(text, people.state.store.api_key, clients.state.store.token)


def employ(store: bamboohr.Store, firm: Firm, data: Mapping[str, Any]) -> None:
    """Everybody with their one assignment since they were hired, but for what is seeded."""
    home = data["firm"]["legal_entity"]
    late = placed_late(firm).number
    says: dict[str, dict[str, str]] = {}
    for each in disagreements(firm):
        says.setdefault(each.record, {})[Names[each.attribute]] = each.value
    for worker in data["workers"]:
        given, _, family = worker["name"].partition(" ")
        number = worker["employee_number"]
        values = {
            "employeeNumber": number,
            "displayName": worker["name"],
            "workEmail": worker["email"],
            "hireDate": worker["hired"].isoformat(),
            **says.get(number, {}),
        }
        if "left" in worker:
            values |= {"terminationDate": worker["left"].isoformat(), "status": "Inactive"}
        employee = store.add_employee(given, family, **values)
        since = PLACED_FROM.isoformat() if number == late else worker["hired"].isoformat()
        entity = worker.get("legal_entity", home)
        store.add_job(employee, JobRow(since, "Consulting", entity, job_title=worker["title"]))
