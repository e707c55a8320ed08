"""The demo's HCMs and its CRM: stand-ins for BambooHR and HubSpot, which mostly agree with the ERP,
and the files that the legal entity which was just acquired still writes."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.local.run_secrets import keep_secret
from deploy.local.scenario.firm import Firm
from deploy.local.scenario.world import (
    CENTRE_CLOSED,
    CENTRE_CLOSED_FROM,
    PLACED_FROM,
    acquired,
    at_closed_centre,
    disagreements,
    placed_late,
)
from deploy.sandboxes import bamboohr, hubspot
from deploy.sandboxes.bamboohr.store import JobRow
from deploy.sandboxes.clockify.background import serving
from shared.values import SystemClock

HCM, CRM, ACQUIRED_HCM = "bamboohr-demo", "hubspot-demo", "people-acquired"

_CONNECTIONS = """
[[connections]]
name = "{hcm}"
connector = "bamboohr"
legal_entities = [{employing}]

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

[[connections]]
name = "{acquired_hcm}"
connector = "csv_drop"
capability = "hcm"
legal_entities = ["ACQ1"]

[connections.options]
folder = {folder}
lists.workers.constants = {{ status = "ACTIVE" }}
lists.assignments.constants = {{ legal_entity = "ACQ1" }}

[connections.options.lists.workers.columns]
external_id = "NO"
employee_number = "NO"
name = "NAME"
email = "MAIL"
hire_date = "HIRED"

[connections.options.lists.cost-centres.columns]
external_id = "CENTRE"
code = "CENTRE"
name = "NAME"
valid_to = "UNTIL"

[connections.options.lists.assignments.columns]
external_id = "NO"
worker_id = "NO"
valid_from = "FROM"
cost_centre_id = "CENTRE"
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
    abroad = {person.number for person in acquired(firm)}
    employ(people.state.store, firm, data, abroad)
    for client in data["clients"]:
        says = {e.record: e.value for e in disagreements(firm) if e.system == "crm"}
        name = says.get(client["code"], client["name"])
        clients.state.store.add("companies", name=name, account_no=client["code"])
    with (
        serving(people) as bamboo_url,
        serving(clients) as hub_url,
        TemporaryDirectory() as folder,
    ):
        write_files(Path(folder), firm, data)
        text = _CONNECTIONS.format(
            hcm=HCM,
            crm=CRM,
            acquired_hcm=ACQUIRED_HCM,
            entities=_listed(firm.entities),
            employing=_listed(each for each in firm.entities if each != "ACQ1"),
            folder=json.dumps(folder),
            bamboo_url=bamboo_url,
            hub_url=hub_url,
        )
        yield OtherSystems(text, people.state.store.api_key, clients.state.store.token)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(json.dumps(each) for each in names)


def write_files(folder: Path, firm: Firm, data: Mapping[str, Any]) -> None:
    """What the acquired entity's HCM says, as it leaves it every night."""
    abroad, moved = {person.number for person in acquired(firm)}, at_closed_centre(firm).number
    workers = [each for each in data["workers"] if each["employee_number"] in abroad]
    until = (CENTRE_CLOSED_FROM - timedelta(days=1)).isoformat()
    rows: dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]] = {
        "workers": (
            ("NO", "NAME", "MAIL", "HIRED"),
            [(w["employee_number"], w["name"], w["email"], w["hired"]) for w in workers],
        ),
        "cost-centres": (
            ("CENTRE", "NAME", "UNTIL"),
            [("D-10", "Advisory Dublin", ""), (CENTRE_CLOSED, "Integration office", until)],
        ),
        "assignments": (
            ("NO", "FROM", "CENTRE"),
            [(w["employee_number"], w["hired"], _centre(w, moved)) for w in workers],
        ),
    }
    incoming = folder / "incoming"
    incoming.mkdir()
    for name, (columns, lines) in rows.items():
        text = [f"H;{name};1;FULL;{datetime.now(UTC).isoformat()}", ";".join(("C", *columns))]
        text += [";".join(("D", *map(str, line))) for line in lines]
        content = "\r\n".join([*text, f"T;{name};1;{len(lines)};"]).encode()
        file = incoming / f"{name}-1.csv"
        digest = hashlib.sha256(content).hexdigest()
        file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")
        file.write_bytes(content)


def _centre(worker: Mapping[str, Any], moved: str) -> str:
    return CENTRE_CLOSED if worker["employee_number"] == moved else "D-10"


def employ(
    store: bamboohr.Store, firm: Firm, data: Mapping[str, Any], abroad: Collection[str]
) -> None:
    """Everybody with their one assignment since they were hired, but for what is seeded.

    :param abroad: numbers of those who are in another HCM.
    """
    home = data["firm"]["legal_entity"]
    late = placed_late(firm).number
    says: dict[str, dict[str, str]] = {}
    for each in disagreements(firm):
        says.setdefault(each.record, {})[Names[each.attribute]] = each.value
    for worker in data["workers"]:
        if worker["employee_number"] in abroad:
            continue
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
