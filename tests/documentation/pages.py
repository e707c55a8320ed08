"""The pages that people read: where they are, and what stands in them."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)


def tracked_files() -> list[Path]:
    """Every file under version control that is there, as paths from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the developer has
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [Path(name) for name in listed.stdout.split("\0") if name]
    return [name for name in names if (ROOT / name).is_file()]


def pages() -> list[Path]:
    """All Markdown pages."""
    return [name for name in tracked_files() if name.suffix == ".md"]


def text_of(page: Path | str) -> str:
    """What stands on a page."""
    return (ROOT / page).read_text(encoding="utf-8")


def examples(text: str, *languages: str) -> list[str]:
    """The fenced blocks of these languages."""
    return [each["body"] for each in _FENCE.finditer(text) if each["language"] in languages]


def without_examples(text: str) -> str:
    """The prose: no fenced blocks and no code in the line."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def table_rows(text: str, heading: str) -> list[tuple[str, ...]]:
    """Rows of the tables under a heading, without their head; cells without white space."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]
    return cells[2:]
