"""The connections file of one run, and the secrets that it refers to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.run_secrets import keep_secret
from deploy.local.scenario.firm import Person
from deploy.sandboxes.clockify.firm import Founded
from deploy.timetagger.server import TimeTaggerServer
from deploy.tryton.server import TrytonServer

TRACKER = "clockify-demo"
SECOND_TRACKER = "timetagger-demo"
ERP = "tryton-us01"

CONNECTIONS = """\
# The connections of this run, written anew by each.
# Secrets are references to files; the values stand nowhere else.

[[connections]]
name = "{erp}"
connector = "tryton"
legal_entities = [{entities}]

[connections.options]
base_url = "{tryton_url}"
database = "{database}"
user = "{user}"
password = {{ file = "secrets/tryton-password" }}
{tryton_options}

[[connections]]
name = "{tracker}"
connector = "clockify"
legal_entities = [{entities}]

[connections.options]
base_url = "{clockify_url}/api"
workspace_id = "{workspace}"
api_key = {{ file = "secrets/clockify-api-key" }}
webhook_tokens = [
{tokens}
]

[[connections]]
name = "{second_tracker}"
connector = "timetagger"
legal_entities = ["US01"]

[connections.options]
base_url = "{timetagger_url}"
feedback_tag = "posted"
people = [
{people}
]
tags = [
    {{ pattern = "hr-0001/(?P<task>.+)", project = "HR-0001", billable = false }},
    {{ pattern = "(?P<project>hr-[0-9]+)(/(?P<task>.+))?" }},
]
"""


@dataclass(frozen=True)
class Platforms:
    """What a run connects: the ERP and two trackers, all of them running.

    :param erp_url: where Timepost reaches the ERP.
    :param erp_options: further options of its connection.
    :param entities: codes of the legal entities that ERP and tracker serve.
    :param timetagger_people: whose records are read there.
    :param more: further connections, as they stand in the file.
    """

    erp: TrytonServer
    erp_url: str
    erp_options: Mapping[str, int | float | str]
    clockify_url: str
    clockify: Founded
    webhook_tokens: Sequence[str]
    timetagger: TimeTaggerServer
    timetagger_people: Sequence[Person]
    more: str = ""
    entities: Sequence[str] = ("US01",)


def write_connections(directory: Path, platforms: Platforms) -> None:
    """Write the file, and beside it what it refers to."""
    secrets = directory / "secrets"
    account = platforms.erp.manifest["integration_user"]
    keep_secret(secrets / "tryton-password", account["password"])
    keep_secret(secrets / "clockify-api-key", platforms.clockify.api_key)
    text = CONNECTIONS.format(
        erp=ERP,
        entities=", ".join(json.dumps(each) for each in platforms.entities),
        tracker=TRACKER,
        second_tracker=SECOND_TRACKER,
        tryton_url=platforms.erp_url,
        tryton_options="\n".join(
            f"{name} = {json.dumps(value)}" for name, value in platforms.erp_options.items()
        ),
        database=platforms.erp.database,
        user=account["login"],
        clockify_url=platforms.clockify_url,
        workspace=platforms.clockify.workspace_id,
        tokens="\n".join(
            f"    {_kept(secrets, f'clockify-webhook-{number}', token)},"
            for number, token in enumerate(platforms.webhook_tokens, start=1)
        ),
        timetagger_url=platforms.timetagger.base_url,
        people="\n".join(
            _person(each, secrets, platforms.timetagger) for each in platforms.timetagger_people
        ),
    )
    (directory / "connections.toml").write_text(f"{text}{platforms.more}", encoding="utf-8")


def _person(person: Person, secrets: Path, server: TimeTaggerServer) -> str:
    """Somebody whose records are read with a token of their own."""
    known = {"email": person.email, "name": person.name, "timezone": person.timezone}
    facts = [f"{key} = {json.dumps(value)}" for key, value in known.items()]
    name = f"timetagger-{person.email.partition('@')[0]}"
    token = _kept(secrets, name, server.api_token(person.email))
    return f"    {{ {', '.join([*facts, f'api_token = {token}'])} }},"


def _kept(secrets: Path, name: str, value: str) -> str:
    """Keep a secret; answers the reference to it, as TOML."""
    keep_secret(secrets / name, value)
    return f"{{ file = {json.dumps(f'{secrets.name}/{name}')} }}"
