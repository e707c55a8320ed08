"""Starting, watching and stopping real processes."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deploy.local.processes import (
    RECORD_SUFFIX,
    ManagedProcess,
    ProcessDied,
    Program,
    end_recorded,
    free_ports,
    recorded_processes,
)
from deploy.local.pytest_plugin import remove_what_killed_sessions_left
from deploy.local.supervisor import AlreadyRunning, NotHealthy, Supervisor

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(60)"
)
# Starts a child in a session of its own, as PostgreSQL does, and tells its id.
PARENT = (
    "import subprocess, sys, time; "
    "print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid, flush=True); "
    "time.sleep(60)"
)
# A runner that starts a sleeper under a supervisor and tells when it is up.
RUNNER = """
import sys, time
from pathlib import Path
from deploy.local.processes import Program
from deploy.local.supervisor import Supervisor

with Supervisor(Path(sys.argv[1]), print) as supervisor:
    for name in ("first", "second"):
        supervisor.start(Program(name, [sys.executable, "-c", "import time; time.sleep(60)"]))
    print("up", flush=True)
    while True:
        time.sleep(0.05)
"""


def python(name: str, code: str) -> Program:
    return Program(name, [sys.executable, "-c", code])


def managed(tmp_path: Path, code: str) -> ManagedProcess:
    return ManagedProcess(python("it", code), tmp_path / "it.log", tmp_path / "it.running")


def wait_for(condition: object, seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    assert callable(condition)
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_it_runs_writes_its_log_and_stops(tmp_path: Path) -> None:
    with managed(tmp_path, SLEEPER) as process:
        pid = process.pid
        assert pid is not None
        wait_for(lambda: "up" in process.log_tail())
        process.check()
        assert json.loads((tmp_path / "it.running").read_text())["pid"] == pid
    assert is_gone(pid)
    assert not (tmp_path / "it.running").exists()


def test_a_program_that_died_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with managed(tmp_path, "raise SystemExit('no such database')") as process:
        pid = process.pid
        assert pid is not None
        wait_for(lambda: "no such database" in process.log_tail())
        wait_for(lambda: is_gone(pid))
        with pytest.raises(ProcessDied, match=r"exit code 1(.|\n)*no such database"):
            process.check()


def test_a_program_that_was_killed_is_reported_with_the_signal(tmp_path: Path) -> None:
    with managed(tmp_path, SLEEPER) as process:
        pid = process.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: is_gone(pid))
        with pytest.raises(ProcessDied, match="SIGKILL"):
            process.check()


def test_a_program_that_is_to_end_may_end_well_only(tmp_path: Path) -> None:
    with Supervisor(tmp_path, print) as supervisor:
        good = supervisor.start(Program("good", [sys.executable, "-c", "print(1)"], ends=True))
        supervisor.wait_until("good", lambda: good.is_done, 10)
        supervisor.check()
        supervisor.start(Program("bad", [sys.executable, "-c", "exit('no')"], ends=True))
        with pytest.raises(ProcessDied, match="bad ended by itself"):
            supervisor.wait_until("bad", lambda: False, 10)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_children_in_sessions_of_their_own_end_too(tmp_path: Path, end: str) -> None:
    process = managed(tmp_path, PARENT).start()
    wait_for(lambda: process.log_tail().strip().isdigit())
    child = int(process.log_tail())
    getattr(process, end)()
    assert is_gone(child)


def test_one_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    program = Program("it", [sys.executable, "-c", STUBBORN], patience=0.5)
    process = ManagedProcess(program, tmp_path / "it.log", tmp_path / "it.running").start()
    pid = process.pid
    assert pid is not None
    wait_for(lambda: "up" in process.log_tail())
    process.stop()
    assert is_gone(pid)


def test_a_stranger_with_a_recorded_id_is_left_alone(tmp_path: Path) -> None:
    with managed(tmp_path, SLEEPER) as process:
        record = json.loads((tmp_path / "it.running").read_text())
        record["started"] -= 3600
        (tmp_path / "it.running").write_text(json.dumps(record))
        assert end_recorded(tmp_path) == []
        process.check()


def test_what_a_dead_leader_left_in_its_group_is_found(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid, flush=True)"
    process = managed(tmp_path, code).start()
    leader = process.pid
    assert leader is not None
    wait_for(lambda: process.log_tail().strip().isdigit())
    orphan = int(process.log_tail())
    wait_for(lambda: is_gone(leader))
    started = json.loads((tmp_path / "it.running").read_text())["started"]
    assert orphan in [found.pid for found in recorded_processes(leader, started)]
    process.stop()
    wait_for(lambda: is_gone(orphan))


def test_after_kill_9_of_the_runner_the_next_run_cleans_up(tmp_path: Path) -> None:
    with runner(tmp_path) as first:
        left = [json.loads(p.read_text())["pid"] for p in tmp_path.glob("*.running")]
        assert len(left) == 2
        first.kill()
        first.wait()
    assert not any(is_gone(pid) for pid in left)
    said: list[str] = []
    with Supervisor(tmp_path, said.append):
        assert all(is_gone(pid) for pid in left)
    assert [line.split(",")[0] for line in said] == ["Ended first", "Ended second"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("background", [False, True])
def test_a_runner_that_is_told_to_end_leaves_nothing(
    tmp_path: Path, number: signal.Signals, background: bool
) -> None:
    with runner(tmp_path, background=background) as process:
        left = [json.loads(p.read_text())["pid"] for p in tmp_path.glob("*.running")]
        process.send_signal(number)
        process.wait(20)
    assert all(is_gone(pid) for pid in left)
    assert list(tmp_path.glob("*.running")) == []


def test_a_second_run_beside_a_live_one_is_refused(tmp_path: Path) -> None:
    with runner(tmp_path) as process:
        with (
            pytest.raises(AlreadyRunning, match=f"process id {process.pid}"),
            Supervisor(tmp_path, print),
        ):
            pass
        process.send_signal(signal.SIGINT)
        process.wait(20)


def test_services_stop_in_reverse_order_also_after_an_error(tmp_path: Path) -> None:
    stopped: list[str] = []

    class Recorded:
        def __init__(self, name: str) -> None:
            self.name = name

        def check(self) -> None:
            pass

        def stop(self) -> None:
            stopped.append(self.name)
            if self.name == "second":
                raise OSError("does not want to")

    def run() -> None:
        with Supervisor(tmp_path, print) as supervisor:
            for name in ("first", "second", "third"):
                supervisor.adopt(name, Recorded(name))
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup, match="stopping failed"):
        run()
    assert stopped == ["third", "second", "first"]


def test_waiting_ends_when_any_service_died(tmp_path: Path) -> None:
    with Supervisor(tmp_path, print) as supervisor:
        supervisor.start(python("database", "raise SystemExit('disk full')"))
        supervisor.start(python("api", SLEEPER))
        with pytest.raises(ProcessDied, match="database ended by itself"):
            supervisor.wait_until("api", lambda: False, 10)


def test_waiting_has_a_limit_and_shows_the_log(tmp_path: Path) -> None:
    with Supervisor(tmp_path, print) as supervisor:
        process = supervisor.start(python("api", SLEEPER))
        wait_for(lambda: "up" in process.log_tail())
        with pytest.raises(NotHealthy, match=r"api is not ready after(.|\n)*up"):
            supervisor.wait_until("api", lambda: False, 0.2)


def test_free_ports_differ() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20


def runner(directory: Path, *, background: bool = False) -> subprocess.Popen[str]:
    """A run of its own; in the background a shell starts it with SIGINT ignored."""
    command = [sys.executable, "-c", RUNNER, str(directory)]
    if background:
        command = ["sh", "-c", 'trap \'\' INT; exec "$0" "$@"', *command]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "up"
    return process


def test_sessions_that_begin_at_once_do_not_trip_over_one_another(tmp_path: Path) -> None:
    """All of them find what killed ones have left, and some are quicker."""
    nobody = {"pid": 2**22 + 1, "started": 0.0}
    for number in range(100):
        left = tmp_path / f"{2**22 + 1}-{number}"
        left.mkdir()
        (left / f"postgres{RECORD_SUFFIX}").write_text(json.dumps(nobody), encoding="utf-8")
    with ThreadPoolExecutor(4) as sessions:
        for each in [sessions.submit(remove_what_killed_sessions_left, tmp_path) for _ in range(4)]:
            each.result()
    assert list(tmp_path.iterdir()) == []
