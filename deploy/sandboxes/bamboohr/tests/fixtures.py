"""A running stand-in with a small firm."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from deploy.sandboxes.bamboohr import Store, create_sandbox
from deploy.sandboxes.bamboohr.store import Employee, JobRow, Option
from deploy.sandboxes.clockify.background import serving
from shared.values import FixedClock


@dataclass
class Bamboo:
    """Where it is, and who is in it: Ada works for Bo, in Audit since 2024."""

    url: str
    clock: FixedClock
    store: Store
    ada: Employee
    bo: Employee
    audit: Option
    tax: Option


@pytest.fixture
def bamboo() -> Iterator[Bamboo]:
    clock = FixedClock(datetime(2026, 11, 20, 9, 0, tzinfo=UTC))
    app = create_sandbox(clock)
    store: Store = app.state.store
    audit, tax = store.add_option("department", "Audit"), store.add_option("department", "Tax")
    store.add_option("division", "HRC-DE")
    bo = store.add_employee("Bo", "Nilsson")
    ada = store.add_employee("Ada", "Lindqvist", hireDate="2021-04-01")
    store.add_job(bo, JobRow("2020-03-01", "Audit", "HRC-DE", job_title="Partner"))
    store.add_job(
        ada, JobRow("2024-01-01", "Audit", "HRC-DE", job_title="Senior", reports_to=bo.id)
    )
    store.add_job(ada, JobRow("2021-04-01", "Tax", "HRC-AT", job_title="Consultant"))
    with serving(app) as url:
        yield Bamboo(url, clock, store, ada, bo, audit, tax)
