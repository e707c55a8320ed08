"""Writes single fields of employees. Their names are made of parts that only people can tell."""

from collections.abc import Mapping

from system_apis.capabilities.repairing import Values
from system_apis.capabilities.repairs import Kind, Repairable
from system_apis.connectors.bamboohr.client import BambooHrClient
from system_apis.connectors.bamboohr.platform_models import Employee

REPAIRS: list[Repairable] = ["worker.email", "worker.hire_date"]

_FIELDS = {"email": "workEmail", "hire_date": "hireDate"}


class EmployeeRecords:
    """Employees for repairs."""

    def __init__(self, client: BambooHrClient) -> None:
        self._client = client

    async def read(self, kind: Kind, external_id: str) -> Values | None:
        del kind  # there is only one
        found = (await self._client.employees(None, 1, [external_id])).data
        if not found:
            return None
        employee = Employee.model_validate(found[0])
        hired = employee.hire_date
        return {"email": employee.work_email, "hire_date": hired.isoformat() if hired else None}

    async def write(self, kind: Kind, external_id: str, values: Mapping[str, str]) -> None:
        del kind  # there is only one
        fields = {_FIELDS[name]: value for name, value in values.items()}
        await self._client.change_employee(external_id, fields)
