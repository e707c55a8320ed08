"""The cache is built once, whoever asks, and never half."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.cached_builds import BuildError, build_lock, remove_abandoned_builds
from deploy.tryton.build import Template, ensure_template, fingerprint


def test_a_second_builder_waits_and_uses_the_first_ones_result(tmp_path: Path) -> None:
    finished = tmp_path / f"tryton-{fingerprint()}"
    waiting = threading.Event()

    def note(line: str) -> None:
        assert "waiting" in line  # anything else would be a build of its own
        waiting.set()

    with ThreadPoolExecutor(1) as second:
        with build_lock(tmp_path / "tryton.lock", note):
            answer = second.submit(ensure_template, tmp_path, note)
            assert waiting.wait(10)
            finished.mkdir()
        assert answer.result(10) == Template(finished)


@pytest.mark.timeout(90)
def test_a_killed_build_leaves_no_template_and_no_lock(tmp_path: Path) -> None:
    builder = subprocess.Popen(
        [sys.executable, "-m", "deploy.tryton.build"],
        env={**os.environ, "TIMEPOST_CACHE": str(tmp_path)},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    give_up = time.monotonic() + 30
    while not list(tmp_path.glob("*.partial-*/venv")) and time.monotonic() < give_up:
        time.sleep(0.02)
    os.killpg(builder.pid, signal.SIGKILL)
    builder.wait()
    assert len(list(tmp_path.glob("*.partial-*"))) == 1
    assert not (tmp_path / f"tryton-{fingerprint()}").exists()
    # The killed builder's children share its lock and may end a moment after it, so we wait; a
    # lock that nobody lets go of runs into the time limit.
    with build_lock(tmp_path / "tryton.lock", lambda _: None):
        remove_abandoned_builds(tmp_path, "tryton")
    assert [path.name for path in tmp_path.iterdir()] == ["tryton.lock"]


def test_a_failed_step_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "not-a-boolean")
    with pytest.raises(BuildError, match="pip install"):
        ensure_template(tmp_path, report=lambda _: None)
    assert [path.name for path in tmp_path.iterdir()] == ["tryton.lock"]
