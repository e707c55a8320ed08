"""Discovery: a folder is a connector, and one that is not in order stops the start."""

import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from pydantic import BaseModel

from shared.problems import ConfigurationError
from shared.values import SystemClock
from system_apis.capabilities.connector import Connector
from system_apis.connections import Connection
from system_apis.open_connections import open_connection
from system_apis.registry import discover_connectors

PLANTED = "planted_connectors"
SOUND = """
    from pydantic import BaseModel
    from system_apis.capabilities.connector import Connector
    CONNECTOR = Connector("{name}", "Title", "erp", BaseModel, lambda settings, context: None)
"""

Plant = Callable[..., None]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Writes a connector package of the test's own, under a name that is forgotten after it."""
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.startswith(PLANTED)]:
        monkeypatch.delitem(sys.modules, name)
    (tmp_path / PLANTED).mkdir()
    (tmp_path / PLANTED / "__init__.py").touch()

    def write(folder: str, text: str) -> None:
        (tmp_path / PLANTED / folder).mkdir()
        (tmp_path / PLANTED / folder / "__init__.py").write_text(dedent(text))

    return write


def test_connectors_are_found_by_their_folders(plant: Plant) -> None:
    plant("zeta", SOUND.format(name="zeta"))
    plant("alpha", SOUND.format(name="alpha"))

    assert list(discover_connectors([PLANTED])) == ["alpha", "zeta"]
    assert list(discover_connectors([PLANTED, "system_apis.tests.connectors"])) == [
        "alpha",
        "deals",
        "hours",
        "ledger",
        "staff",
        "zeta",
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("CONNECTOR =", "OTHER ="), "it offers no CONNECTOR"),
        (('"broken"', '"other"'), "its name 'other' is not its folder's, 'broken'"),
        (('"Title"', '" "'), "it has no title"),
        (('"erp"', '"crm_like"'), "its capability 'crm_like' is none of erp, time_tracking, hcm"),
        (("BaseModel, lambda", "dict, lambda"), "its settings are not a pydantic model"),
        (("lambda settings, context: None", "None"), "its open cannot be called"),
        (("None)", "None, {'crm': None})"), "its open cannot be called"),
        (("None)", "None, {'mail': print})"), "its capability 'mail' is none of erp"),
        (("None)", "None, {'erp': print})"), "it opens erp in two ways"),
        (("from pydantic", "raise ValueError('why')\nfrom pydantic"), "ValueError: why"),
    ],
)
def test_a_malformed_connector_stops_the_start(
    plant: Plant, change: tuple[str, str], words: str
) -> None:
    plant("sound", SOUND.format(name="sound"))
    plant("broken", dedent(SOUND).format(name="broken").replace(*change))

    with pytest.raises(ConfigurationError) as caught:
        discover_connectors([PLANTED])

    assert f"{PLANTED}.broken" in caught.value.detail
    assert words in caught.value.detail


def test_a_name_that_two_packages_use_stops_the_start(plant: Plant) -> None:
    plant("hours", SOUND.format(name="hours"))

    with pytest.raises(ConfigurationError, match="Two connectors are called 'hours'"):
        discover_connectors(["system_apis.tests.connectors", PLANTED])


def test_a_package_that_is_not_there_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="no_such_package cannot be imported"):
        discover_connectors(["no_such_package"])


class _NoSettings(BaseModel):
    pass


def connection(opened: object) -> Connection:
    def open_port(settings: object, context: object) -> object:
        if isinstance(opened, Exception):
            raise opened
        return opened

    connector = Connector("made_up", "Made up", "erp", _NoSettings, open_port)  # type: ignore[arg-type]
    return Connection("made-up-de", connector, "erp", ("DE",), _NoSettings())


async def test_a_port_that_lacks_a_method_is_refused_when_it_is_opened() -> None:
    class Half:
        async def abilities(self) -> None: ...

    with pytest.raises(ConfigurationError, match=r"lacks check, clients, close, .*workers"):
        open_connection(connection(Half()), SystemClock())


async def test_a_connector_that_fails_to_open_is_told_by_connection_and_without_its_words() -> None:
    with pytest.raises(ConfigurationError, match="'made-up-de' cannot be opened") as caught:
        open_connection(connection(ValueError("s3cret-value")), SystemClock())

    assert "s3cret-value" not in caught.value.detail


async def test_a_connectors_own_words_about_its_configuration_are_kept() -> None:
    with pytest.raises(ConfigurationError, match="the company is unknown"):
        open_connection(connection(ConfigurationError("the company is unknown")), SystemClock())
