"""A process dies at the point that it was armed for, at the time said, and at no other."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.stop_points import StopPoint, parse_stop

ROOT = Path(__file__).parents[3]
PROGRAM = """
from shared.stop_points import StopPoint, arm, reached
arm({armed!r})
for number in range(3):
    reached(StopPoint.HANDED_UP)
    print(number, flush=True)
    reached(StopPoint.ERP_ASKED)
"""


@pytest.mark.parametrize(
    ("armed", "printed", "code"),
    [
        ("handed_up", [], -signal.SIGKILL),
        ("handed_up:3", ["0", "1"], -signal.SIGKILL),
        ("erp_asked:2", ["0", "1"], -signal.SIGKILL),
        ("erp_asked:4", ["0", "1", "2"], 0),
        (None, ["0", "1", "2"], 0),
    ],
)
def test_a_process_dies_where_it_was_told_to(
    armed: str | None, printed: list[str], code: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(armed=armed)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (ended.stdout.split(), ended.returncode) == (printed, code), ended.stderr


@pytest.mark.parametrize("text", ["", "nowhere", "handed_up:0", "handed_up:x", "HANDED_UP"])
def test_what_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"none of|how many times"):
        parse_stop(text)


def test_every_point_stands_at_a_step() -> None:
    """A point that nothing reaches would be killed at by no test."""
    sources = [
        path.read_text(encoding="utf-8")
        for tier in ("system_apis", "process_apis")
        for path in (ROOT / tier).rglob("*.py")
    ]
    placed = {name for text in sources for name in re.findall(r"reached\(StopPoint\.(\w+)\)", text)}
    assert placed == {each.name for each in StopPoint}
