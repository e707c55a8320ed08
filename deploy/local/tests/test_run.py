"""What a run writes down and starts, without starting it."""

import contextlib
import io
import json
import socket
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from deploy.local.addresses import USUAL, choose_addresses
from deploy.local.connections_file import CONNECTIONS, SECOND_TRACKER
from deploy.local.programs import APPROVALS_FILE, Programs
from deploy.local.run_secrets import RunSecrets, make_secrets
from deploy.local.scenario.weekend_plan import POLICY
from deploy.local.stack import forget_the_last_run
from deploy.local.steps import Steps
from process_apis.processes.approvals.configuration import read_approvals
from system_apis.connectors.timetagger.settings import TimeTaggerSettings


def programs(secrets: RunSecrets, directory: Path) -> Programs:
    return Programs(directory, USUAL, secrets, "postgresql://timepost:hidden@127.0.0.1:1/timepost")


def test_secrets_differ_each_time_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    first, second = make_secrets(tmp_path / "a"), make_secrets(tmp_path / "b")
    assert not set(first.clients.values()) & set(second.clients.values())
    assert first.login_password != second.login_password
    assert (tmp_path / "a").stat().st_mode & 0o077 == 0
    for path in (tmp_path / "a").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "a" / "clients.json").read_text()) == first.clients


def test_no_secret_is_in_any_programs_arguments(tmp_path: Path) -> None:
    secrets = make_secrets(tmp_path)
    made = programs(secrets, tmp_path)
    everything = [
        made.identity(),
        made.clockify(),
        made.build_tryton(),
        made.build_timetagger(),
        made.migrate(),
        made.process(),
        made.worker(1),
        made.system(),
        made.experience(),
    ]
    arguments = " ".join(part for program in everything for part in program.command)
    for secret in [*secrets.clients.values(), secrets.login_password, "hidden"]:
        assert secret not in arguments
    assert len({program.name for program in everything}) == len(everything)


def test_settings_of_the_users_own_shell_stay_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMEPOST_SYSTEM_CONNECTIONS_FILE", "/somewhere/else.toml")
    monkeypatch.setenv("TIMEPOST_PROCESS_POOL_SIZE", "99")
    monkeypatch.setenv("TIMEPOST_CACHE", "/cache")
    made = programs(make_secrets(tmp_path), tmp_path)
    system = made.system().environment
    assert system["TIMEPOST_SYSTEM_CONNECTIONS_FILE"] == str(tmp_path / "connections.toml")
    assert system["TIMEPOST_PROCESS_POOL_SIZE"] is None
    assert "TIMEPOST_CACHE" not in system


def test_each_tier_gets_only_its_own_client_secret(tmp_path: Path) -> None:
    secrets = make_secrets(tmp_path)
    environment = programs(secrets, tmp_path).experience().environment
    given = {value for value in environment.values() if value in secrets.clients.values()}
    assert given == {secrets.clients["timepost-experience"]}


def test_a_port_that_is_taken_is_left_to_its_owner() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # somebody else has it already: just as good
            taken.bind(("127.0.0.1", USUAL.process))
            taken.listen()
        with choose_addresses() as addresses:
            assert addresses.process != USUAL.process


def test_two_runs_at_once_never_choose_the_same_ports() -> None:
    with choose_addresses() as first, choose_addresses() as second:
        ports = [*vars(first).values(), *vars(second).values()]
        assert len(set(ports)) == len(ports)
        assert not set(vars(second).values()) & set(vars(USUAL).values())


def test_the_connections_file_holds_references_only() -> None:
    text = CONNECTIONS.format(
        entities='"US01", "DE01"',
        erp="tryton-us01",
        tracker="clockify-demo",
        tryton_url="http://127.0.0.1:8000",
        database="halden",
        user="timepost",
        tryton_options="settle_seconds = 2",
        clockify_url="http://127.0.0.1:8431",
        workspace="6530a1b2c3d4e5f601234567",
        tokens='    { file = "secrets/clockify-webhook-1" },',
        second_tracker=SECOND_TRACKER,
        timetagger_url="http://127.0.0.1:8432/timetagger",
        people='    { email = "ada@x.example", name = "Ada", timezone = "Europe/Rome",'
        ' api_token = { file = "secrets/timetagger-ada" } },',
    )
    tryton, clockify, timetagger = tomllib.loads(text)["connections"]
    assert tryton["options"]["settle_seconds"] == 2
    assert tryton["options"]["password"] == {"file": "secrets/tryton-password"}
    assert clockify["options"]["api_key"] == {"file": "secrets/clockify-api-key"}
    assert clockify["options"]["webhook_tokens"] == [{"file": "secrets/clockify-webhook-1"}]
    (ada,) = timetagger["options"]["people"]
    assert ada["api_token"] == {"file": "secrets/timetagger-ada"}
    ada["api_token"] = "read from that file"
    assert len(TimeTaggerSettings.model_validate(timetagger["options"]).tags) == 2


def test_the_approvals_file_is_about_the_second_tracker() -> None:
    approvals = read_approvals(APPROVALS_FILE)
    assert approvals.ours == {SECOND_TRACKER}
    (connection,) = approvals.connections
    assert [f"policy {each.id}" for each in connection.policies] == [POLICY]


def test_the_last_run_is_forgotten_but_for_the_lock(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "system.log").write_text("old")
    (tmp_path / "connections.toml").write_text("old")
    (tmp_path / "lock").write_text("17")
    forget_the_last_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_a_log_file_gets_the_first_news_of_a_step_and_what_came_of_it() -> None:
    written = io.StringIO()
    with Steps(Console(file=written, force_terminal=False, width=100)) as steps:
        for number in range(1, 310):
            steps.tell("people", f"{number} entries")
        steps.done("people", "309 entries")
    assert written.getvalue() == "people: 1 entries\npeople: 309 entries\n"
