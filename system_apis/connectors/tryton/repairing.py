"""Writes single attributes of employees, and the names of clients."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.problems import UpstreamRefused
from system_apis.capabilities.repairing import RecordRefused, Values
from system_apis.capabilities.repairs import Kind, Repairable
from system_apis.connectors.tryton import mapping
from system_apis.connectors.tryton.client import TrytonClient
from system_apis.connectors.tryton.companies import ServedCompanies
from system_apis.connectors.tryton.mapping import tryton_id
from system_apis.connectors.tryton.platform_models import (
    EMPLOYEE_FIELDS,
    PARTY_FIELDS,
    TrytonEmployee,
    TrytonParty,
    TrytonRecord,
)
from system_apis.connectors.tryton.refusals import WHOLE_CONNECTION, TrytonRefusal, explain

REPAIRS: list[Repairable] = [
    "worker.name",
    "worker.email",
    "worker.hire_date",
    "worker.termination_date",
    "client.name",
]

_DAYS = {"hire_date": "start_date", "termination_date": "end_date"}
_NO_RIGHT = WHOLE_CONNECTION | {"UserError.rule"}


class _Mechanism(TrytonRecord):
    """`party.contact_mechanism`: an address of a party, of one type."""

    value: str | None = None


class TrytonRecords:
    """Employees and parties for the repairs of one request."""

    def __init__(self, client: TrytonClient, companies: ServedCompanies) -> None:
        self._client = client
        self._companies = companies
        self._employees: dict[str, TrytonEmployee] = {}

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        number = tryton_id(external_id)
        if number is None:
            return None
        if kind == "client":
            party = await self._client.search_read(
                TrytonParty, "party.party", [["id", "=", number]], PARTY_FIELDS
            )
            return {"name": party[0].name} if party else None
        served = sorted(await self._companies.ids())
        domain = [["id", "=", number], ["company", "in", served]]
        found = await self._client.search_read(
            TrytonEmployee, "company.employee", domain, EMPLOYEE_FIELDS
        )
        if not found:
            return None
        self._employees[external_id] = found[0]
        worker = mapping.worker(found[0])
        return {
            "name": found[0].party.name,
            "email": worker.email,
            "hire_date": _written(worker.hire_date),
            "termination_date": _written(worker.termination_date),
        }

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        """One transaction for each of name, address and days: Tryton keeps them in as many places.

        :raises RecordRefused: Tryton will not have one of them.
        :raises UpstreamRefused: its user may not write it at all.
        """
        try:
            await self._write(kind, external_id, values)
        except TrytonRefusal as refusal:
            error = explain(refusal)
            said = f"Tryton will not have that: {error.vendor_message}"
            if error.vendor_code not in _NO_RIGHT:
                raise RecordRefused(said) from None
        else:
            return
        raise UpstreamRefused(
            said,
            code="tryton_write_refused",
            action="Give the connection's user the rights for repairs in the connector's README.",
        )

    async def _write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        if kind == "client":
            await self._set("party.party", int(external_id), {"name": values["name"]})
            return
        employee = self._employees[external_id]
        days = {_DAYS[name]: date.fromisoformat(values[name]) for name in _DAYS if name in values}
        if days:
            await self._set("company.employee", employee.id, days)
        if "name" in values:
            await self._set("party.party", employee.party.id, {"name": values["name"]})
        if "email" in values:
            await self._set_email(employee.party, values["email"])

    async def _set_email(self, party: TrytonParty, email: str) -> None:
        """In place of the address that counts; it may have others."""
        mechanisms = await self._client.search_read(
            _Mechanism,
            "party.contact_mechanism",
            [["party", "=", party.id], ["type", "=", "email"], ["value", "=", party.email]],
            ["value"],
        )
        if mechanisms:
            await self._set("party.contact_mechanism", mechanisms[0].id, {"value": email})
            return
        new = {"party": party.id, "type": "email", "value": email}
        await self._client.write("model.party.contact_mechanism.create", [new])

    async def _set(self, model: str, number: int, values: dict[str, Any]) -> None:
        await self._client.write(f"model.{model}.write", [number], values)


def _written(day: date | None) -> str | None:
    return day.isoformat() if day else None
