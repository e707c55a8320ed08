"""Fixtures every part of the test suite may use, and what runs beside what."""

from pathlib import Path

import pytest

pytest_plugins = ["deploy.tryton.pytest_plugin", "deploy.local.pytest_plugin"]

# Folders whose tests share servers that are expensive to start: with several test processes, all
# of such a folder run in one of them. Other tests stay together by file.
TOGETHER = (
    "tests/journeys",
    "tests/chaos",
    "tests/identity",
    "system_apis/connectors/tryton",
    "system_apis/connectors/timetagger",
    "deploy/tryton",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Say which test process takes which tests (`pytest -n 2 --dist loadgroup`)."""
    for item in items:
        path = item.path.relative_to(config.rootpath).as_posix()
        folder = next((each for each in TOGETHER if Path(path).is_relative_to(each)), path)
        item.add_marker(pytest.mark.xdist_group(folder))
    # What takes longest begins first, so that it does not run alone at the end.
    items.sort(key=lambda item: not item.path.is_relative_to(config.rootpath / "tests/journeys"))
