"""`timepost demo`: the whole product on this machine, four weeks of work, and a verdict."""

from __future__ import annotations

import asyncio
import os
import time
from functools import partial
from pathlib import Path

from rich.console import Console

from deploy.local.addresses import choose_addresses
from deploy.local.connections_file import ERP, SECOND_TRACKER
from deploy.local.processes import ProcessDied
from deploy.local.scenario.contracts import Contracts
from deploy.local.scenario.dashboard import Dashboard
from deploy.local.scenario.director import Director, Outcome, Surroundings
from deploy.local.scenario.firm import DEMO_FILE, read_firm
from deploy.local.scenario.make_plan import FIRST_DAY
from deploy.local.scenario.operator import CLIENT, Operator
from deploy.local.scenario.other_systems import ACQUIRED_HCM, CRM, HCM, other_systems
from deploy.local.scenario.refusals import MastersNotRead, NotSeen, Refused
from deploy.local.scenario.report import show
from deploy.local.scenario.tracker import Tracker
from deploy.local.scenario.weekend import TimeTagger, Weekends
from deploy.local.stack import Arrangement, Stack
from deploy.local.steps import Steps
from deploy.local.supervisor import AlreadyRunning, NotHealthy, Supervisor
from deploy.tryton.admin import TrytonAdmin
from deploy.tryton.build import Variant
from deploy.tryton.reader import TrytonSession

STATE = Path(".local") / "demo"
LOGINS = {
    "maya": "finance analyst",
    "carl": "finance controller",
    "stella": "data steward",
    "ivan": "integration operator",
    "petra": "project manager",
    "ines": "project manager, approves what stands in TimeTagger",
    "ada": "consultant, tracks in TimeTagger",
}


def run_demo(*, once: bool, variant: Variant, directory: Path = STATE) -> int:
    """Run it; answers the exit code: 0 if everything came out as it must."""
    console = Console()
    os.umask(0o077)  # what the platforms write down is as secret as the secrets' own files
    outcome: Outcome | None = None
    try:
        with (
            choose_addresses() as addresses,
            other_systems(read_firm(FIRST_DAY, DEMO_FILE), DEMO_FILE) as others,
            Supervisor(directory, console.print) as supervisor,
        ):
            with Steps(console) as steps:
                more = others.connections
                arrangement = Arrangement(addresses, more_connections=more, firm="demo")
                stack = Stack(supervisor, steps, variant, arrangement)
                others.keep_secrets(stack.directory / "secrets")
                stack.start()
                outcome = asyncio.run(play(stack, supervisor, steps))
            show(console, outcome)
            if not once:
                show_addresses(console, stack)
                stay_up(supervisor)
    except KeyboardInterrupt:
        console.print("Ended.")
        return 130 if outcome is None else exit_code(outcome)
    except (AlreadyRunning, MastersNotRead, NotHealthy, NotSeen, ProcessDied, Refused) as problem:
        console.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    return exit_code(outcome)


def exit_code(outcome: Outcome) -> int:
    return 1 if outcome.differences else 0


async def play(stack: Stack, supervisor: Supervisor, steps: Steps) -> Outcome:
    addresses, secret = stack.addresses, stack.secrets.clients[CLIENT]
    operator = Operator(addresses.url("process"), addresses.url("identity"), secret)
    dashboard = Dashboard(
        addresses.url("experience"), addresses.url("identity"), stack.secrets.login_password
    )
    second = TimeTagger(SECOND_TRACKER, stack.timetagger.person)
    async with Tracker(addresses.url("clockify"), stack.firm) as tracker, operator, dashboard:
        surroundings = Surroundings(
            tracker=tracker,
            operator=operator,
            weekends=Weekends(second, dashboard, operator, partial(steps.tell, "weekends")),
            firm=stack.people,
            contracts=Contracts(
                process_url=addresses.url("process"),
                identity_url=addresses.url("identity"),
                experience_url=addresses.url("experience"),
                password=stack.secrets.login_password,
                secret=stack.secrets.clients["timepost-experience"],
            ),
            masters=(ERP, HCM, CRM, ACQUIRED_HCM),
            read_erp=stack.erp.reader,
            reopen=partial(reopen, stack),
            check_services=supervisor.check,
        )
        return await Director(surroundings, steps).play()


def reopen(stack: Stack, code: str) -> None:
    """Reopen a project in the ERP, as its project manager would."""
    erp = stack.erp
    with TrytonSession(erp.base_url, erp.database, erp.user, erp.password) as session:
        TrytonAdmin(session).reopen_project(code)


def show_addresses(console: Console, stack: Stack) -> None:
    url, erp = stack.addresses.url, stack.erp
    console.print()
    console.print(f"Workbench   {url('experience')}/workbench/v1 (an API)", highlight=False)
    console.print(f"Dashboard   {url('experience')}/dashboard/v1 (an API)", highlight=False)
    console.print(f"  sign in as {', '.join(f'{who} ({what})' for who, what in LOGINS.items())}")
    console.print(f"  with the password {stack.secrets.login_password}", highlight=False)
    console.print(f"Tryton      {erp.base_url}, database {erp.database}, user {erp.user}")
    console.print(f"  with the password {erp.password}", highlight=False)
    for tier in ("system", "process", "experience"):
        console.print(f"API         {url(tier)}/docs  ({tier} tier)", highlight=False)
    console.print(f"Clockify    {url('clockify')}/docs  (a stand-in)", highlight=False)
    console.print("BambooHR, HubSpot: stand-ins within this process", highlight=False)
    console.print(f"TimeTagger  {stack.timetagger.base_url}/app  (the real one)", highlight=False)
    console.print(f"Logs        {stack.directory / 'logs'}", highlight=False)
    console.print("\nCtrl-C ends everything.")


def stay_up(supervisor: Supervisor) -> None:
    while True:
        supervisor.check()
        time.sleep(1)
