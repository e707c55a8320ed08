"""After everything else has gone well and wrong: no log of the run holds what must stay secret.

The last file of the folder by its name, so that it reads what all the journeys have left.
"""

import json

import pytest

from tests.journeys.fault_proxy import Fault
from tests.journeys.people import Office
from tests.journeys.product import ON_BOTH, Product

pytestmark = [pytest.mark.journey, ON_BOTH]
CREATE = "model.timesheet.line.create"


def secrets_of(product: Product) -> dict[str, str]:
    """Every secret of the run by what it is for."""
    stack = product.stack
    emails = [person.email for person in stack.timetagger_people]
    with_password = stack.postgres.url().removeprefix("postgresql://")
    return {
        **{f"client {name}": secret for name, secret in stack.secrets.clients.items()},
        **{f"webhook {n}": token for n, token in enumerate(stack.webhook_tokens)},
        **{f"TimeTagger {email}": stack.timetagger.api_token(email) for email in emails},
        "own tracker": product.own.signing_secret,
        "own ERP": product.own.token,
        "login password": stack.secrets.login_password,
        "tracker key": stack.firm.api_key,
        "ERP password": stack.erp.manifest["integration_user"]["password"],
        "ERP administrator": stack.erp.password,
        "database": with_password.partition("@")[0].partition(":")[2],
    }


async def test_no_log_holds_a_secret_or_what_people_wrote(office: Office, product: Product) -> None:
    product.proxy.strike(CREATE, Fault.RESET_AFTER)
    week = await office.approved_week(123)
    await office.posted(week)

    secrets = secrets_of(product)
    assert all(len(secret) >= 8 for secret in secrets.values())
    logs = {path.name: path.read_text(errors="replace") for path in product.logs()}
    assert {"system.log", "process.log", "worker-1.log", "experience.log"} <= set(logs)
    for name, text in logs.items():
        assert [what for what, secret in secrets.items() if secret in text] == [], name
        assert [words for words in product.written if words in text] == [], name
        assert "eyJ" not in text, f"{name} holds a token"


async def test_logs_are_read_by_machines_and_lead_to_traces(
    office: Office, product: Product
) -> None:
    lines = product.process("system").log_path.read_text().splitlines()
    told = [json.loads(line) for line in lines if line.startswith("{")]
    assert len(told) == len(lines)
    assert any(each.get("trace_id") for each in told)
