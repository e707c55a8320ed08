"""Prints the part of requirements.lock that one image needs, with versions and hashes.

    python deploy/image_requirements.py [EXTRA ...]

An image of one tier has no use for the development tools or another tier's libraries, and pip
cannot choose from a lock with hashes by itself. The lock says for each pin what it is there for
(`# via`); what leads from the project's own dependencies, or from a wanted extra, to a pin makes it
needed. Needs the standard library only: it runs in an image before anything is installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]

_PIN = re.compile(r"^(?P<name>[a-z0-9.-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
_BY = re.compile(r"^ +# +(?:via )?(?P<name>[a-z0-9.-]+)(?:\[[^\]]*\])?$", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")


def needed(project: str, lock: str, extras: Iterable[str]) -> str:
    """The pins for the project with these extras, as a requirements file.

    :param project: text of `pyproject.toml`.
    :param lock: text of `requirements.lock`, as uv writes it.
    :raises KeyError: the project has no such extra, or the lock lacks a dependency.
    """
    pins = _pins(lock)
    metadata = tomllib.loads(project)["project"]
    wanted = [*metadata["dependencies"]]
    for extra in extras:
        wanted += metadata["optional-dependencies"][extra]
    reached: set[str] = set()
    waiting = [_canonical(requirement) for requirement in wanted]
    wants = _wants(pins)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += wants[name]
    return "".join(pins[name] for name in sorted(reached))


def _pins(lock: str) -> dict[str, str]:
    """Each pin's lines, by its name; a name has several where versions of Python differ."""
    starts = list(_PIN.finditer(lock))
    ends = [*(each.start() for each in starts[1:]), len(lock)]
    pins: dict[str, str] = {}
    for start, end in zip(starts, ends, strict=True):
        pins[start["name"]] = pins.get(start["name"], "") + lock[start.start() : end]
    return pins


def _wants(pins: Mapping[str, str]) -> dict[str, list[str]]:
    """What each pin brings along: the lock tells it the other way round."""
    wants: dict[str, list[str]] = {name: [] for name in pins}
    for name, lines in pins.items():
        for by in _BY.findall(lines):
            if by in wants:
                wants[by].append(name)
    return wants


def _canonical(requirement: str) -> str:
    match = _NAME.match(requirement)
    assert match is not None, requirement  # noqa: S101 - pip has read the same line
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def main() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    sys.stdout.write(needed(project, lock, sys.argv[1:]))


if __name__ == "__main__":
    main()
