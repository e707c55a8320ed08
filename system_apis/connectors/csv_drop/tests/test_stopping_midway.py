"""A machine may stop at any moment, and several processes may serve one folder."""

import fcntl
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.problems import UpstreamRefused, UpstreamUnavailable
from shared.values import FixedClock
from system_apis.connectors.csv_drop.port import CsvHcm
from system_apis.connectors.csv_drop.tests.conftest import (
    GERMAN,
    WORKERS,
    Sender,
    context_of,
    settings_for,
)

ADA = "D;001;Ada;01.04.2021"
_TAKE = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from shared.values import FixedClock
from system_apis.connectors.csv_drop.tests.conftest import GERMAN, WORKERS, context_of, settings_for
from system_apis.connectors.csv_drop.port import CsvHcm
settings = settings_for(Path(sys.argv[1]), {"workers": WORKERS}, **GERMAN)
hcm = CsvHcm(settings, context_of(FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))))
print("ready", flush=True)
asyncio.run(hcm.workers(None, 1, None))
"""


async def test_a_process_that_is_killed_while_it_takes_a_file_loses_and_doubles_nothing(
    sender: Sender, hcm: CsvHcm
) -> None:
    lines = [f"D;{number:05};Person {number};01.03.2020" for number in range(8000)]
    sender.send("workers", 1, *lines)

    for pause in (0.0, 0.1, 0.3):
        _kill_while_taking(sender.folder, pause)
        state = sender.folder / "state" / "workers.jsonl"
        assert not state.exists() or state.read_text().count("\n") == 8001, "whole or not at all"

    told: list[str] = []
    cursor: str | None = None
    while True:
        page = await hcm.workers(cursor, 500, None)
        told += [each.external_id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert told == [f"{number:05}" for number in range(8000)]
    assert page.faulty == []
    assert sender.lies_in("incoming") == sender.lies_in("refused") == []
    assert len(sender.lies_in("accepted")) == 2


def _kill_while_taking(folder: Path, pause: float) -> None:
    command = [sys.executable, "-c", _TAKE, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)


async def test_what_was_left_undone_after_the_state_is_done_later(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    """The folder takes no file just then: it stays, and is known when it is met again."""
    sender.send("workers", 1, ADA, "D;002;Bo;soon")
    (sender.folder / "accepted").write_text("not a folder")
    with pytest.raises(UpstreamRefused) as caught:
        await hcm.workers(None, 10, None)
    assert caught.value.code == "csv_folder_not_writable"
    before = (sender.folder / "state" / "workers.jsonl").read_bytes()

    (sender.folder / "accepted").unlink()
    page = await hcm.workers(None, 10, None)

    assert [each.external_id for each in page.items] == ["001"]
    assert (sender.folder / "state" / "workers.jsonl").read_bytes() == before
    assert len(sender.lies_in("accepted")) == 2
    assert len(sender.lies_in("resubmit")) == 1
    assert sender.lies_in("refused") == []


async def test_while_another_process_takes_files_what_is_known_is_served(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, ADA)
    await hcm.workers(None, 10, None)
    sender.send("workers", 2, "D;002;Bo;01.03.2020")

    with (sender.folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = await hcm.workers(None, 10, None)
    after = await hcm.workers(None, 10, None)

    assert [each.external_id for each in held.items] == ["001"]
    assert [each.external_id for each in after.items] == ["002"]


async def test_a_folder_that_is_not_there_is_no_empty_list(
    tmp_path: Path, clock: FixedClock
) -> None:
    settings = settings_for(tmp_path / "not-mounted", {"workers": WORKERS}, **GERMAN)
    hcm = CsvHcm(settings, context_of(clock))

    with pytest.raises(UpstreamUnavailable) as caught:
        await hcm.workers(None, 10, None)

    assert caught.value.code == "csv_folder_missing"
    assert not (tmp_path / "not-mounted").exists()


async def test_a_folder_that_goes_away_is_told(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, ADA)
    await hcm.workers(None, 10, None)
    (sender.folder / "incoming").rename(sender.folder / "elsewhere")

    with pytest.raises(UpstreamUnavailable):
        await hcm.workers(None, 10, None)
