"""What HCM, CRM and directory list, as this tier reads their contracts."""

from datetime import date
from decimal import Decimal

from process_apis.texts import Cleaned
from process_apis.upstream.time_tracking import Read

# hcm


class Employee(Read):
    """A worker as the HCM has them; the ERP's is another record."""

    external_id: Cleaned
    employee_number: Cleaned | None = None
    name: Cleaned
    email: Cleaned | None = None
    kind: Cleaned | None = None
    status: Cleaned
    hire_date: date | None = None
    termination_date: date | None = None


class OrgUnit(Read):
    external_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned
    kind: Cleaned | None = None
    parent_id: Cleaned | None = None
    active: bool = True


class CostCentre(Read):
    external_id: Cleaned
    code: Cleaned
    name: Cleaned
    parent_id: Cleaned | None = None
    legal_entity: Cleaned | None = None
    active: bool = True
    valid_from: date | None = None
    valid_to: date | None = None


class Assignment(Read):
    external_id: Cleaned
    worker_id: Cleaned
    valid_from: date | None = None
    valid_to: date | None = None
    legal_entity: Cleaned | None = None
    org_unit_id: Cleaned | None = None
    org_unit_name: Cleaned | None = None
    cost_centre_id: Cleaned | None = None
    cost_centre_code: Cleaned | None = None
    supervisor_id: Cleaned | None = None
    job_title: Cleaned | None = None
    grade: Cleaned | None = None
    weekly_minutes: int | None = None


# crm


class Owner(Read):
    name: Cleaned | None = None
    email: Cleaned | None = None


class Account(Read):
    external_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned
    parent_id: Cleaned | None = None
    owner: Owner | None = None
    currency: Cleaned | None = None


class Value(Read):
    amount: Decimal
    currency: Cleaned


class Engagement(Read):
    external_id: Cleaned
    code: Cleaned | None = None
    name: Cleaned
    account_id: Cleaned | None = None
    status: Cleaned
    stage: Cleaned | None = None
    value: Value | None = None
    close_date: date | None = None
    start_date: date | None = None
    end_date: date | None = None
    po_number: Cleaned | None = None
    owner: Owner | None = None


# directory


class User(Read):
    external_id: Cleaned
    user_name: Cleaned
    name: Cleaned | None = None
    email: Cleaned | None = None
    active: bool
    employee_number: Cleaned | None = None
    department: Cleaned | None = None
    cost_centre: Cleaned | None = None
    manager_id: Cleaned | None = None


class GroupMember(Read):
    kind: Cleaned
    external_id: Cleaned


class Group(Read):
    external_id: Cleaned
    name: Cleaned
    members: list[GroupMember] | None = None
