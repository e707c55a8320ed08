"""Every connector that is discovered keeps the rules, and each rule catches who breaks it."""

import importlib
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from system_apis.capabilities.connector import Port
from system_apis.connections import Connection
from system_apis.registry import discover_connectors
from system_apis.settings import ConnectorSettings, read_settings
from tests.conformance.connector_behaviour import NOON, behaviour_faults, documented_connections
from tests.conformance.connector_form import form_faults
from tests.conformance.repair_behaviour import repair_faults

# A firm's own connectors are judged with TIMEPOST_SYSTEM_CONNECTOR_PACKAGES set as in production.
PACKAGES = read_settings(ConnectorSettings).connector_packages
NAMES = list(discover_connectors(PACKAGES))


def connector_module(name: str) -> ModuleType:
    modules = [f"{package}.{name}" for package in PACKAGES]
    return importlib.import_module(next(filter(importlib.util.find_spec, modules)))


def listed(faults: list[str]) -> str:
    """One below the other: the author of a connector works through them."""
    return "".join(f"\n- {fault}" for fault in faults)


def test_there_are_connectors_to_judge() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_its_form_is_in_order(name: str) -> None:
    faults = form_faults(connector_module(name))

    assert not faults, listed(faults)


@pytest.mark.parametrize("name", NAMES)
async def test_it_behaves_with_a_platform_that_is_out_of_order(name: str) -> None:
    connections = documented_connections(connector_module(name))

    assert not isinstance(connections, str), connections
    for each in connections:
        faults = await behaviour_faults(each)
        assert not faults, listed(faults)


# ---- The rules themselves: a sound connector is planted, then broken in one place. ----

SOUND = {
    "__init__.py": """\
from system_apis.capabilities.connector import Connector
from planted.sample.client import SamplePort
from planted.sample.settings import SampleSettings
CONNECTOR = Connector("sample", "Sample", "time_tracking", SampleSettings, SamplePort)
""",
    "README.md": """\
# Sample
```toml
[[connections]]
name = "sample-de"
connector = "sample"
legal_entities = ["DE"]
options.base_url = "https://sample.example.com"
options.webhook_secret = { env = "SAMPLE_SECRET" }
```
""",
    "settings.py": """\
from pydantic import BaseModel, SecretStr
class SampleSettings(BaseModel):
    base_url: str
    webhook_secret: SecretStr
""",
    "platform_models.py": "",
    "mapping.py": "from datetime import date\n",
    "client.py": """\
from shared.problems import UpstreamUnavailable
from system_apis.capabilities.time_tracking.schemas import EntriesFound
import importlib
Base = importlib.import_module("system_apis.tests.connectors.hours").HoursPort
class SamplePort(Base):
    async def entries_by_ids(self, ids):
        try:
            return await super().entries_by_ids(ids)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UpstreamUnavailable("not understood") from error
""",
    "tests/test_sample.py": "",
}

Plant = Callable[..., ModuleType]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Writes the sound connector with one place changed; None removes a file."""
    for name in [name for name in sys.modules if name.split(".")[0] == "planted"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)

    def write(file: str = "", old: str = "", new: str | None = "") -> ModuleType:
        for name, text in SOUND.items():
            path = tmp_path / "planted" / "sample" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name == file:
                assert old in text
                text = text.replace(old, new or "")  # noqa: PLW2901 - the one place changed
            if not (name == file and new is None):
                path.write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module("planted.sample")

    return write


def documented(module: ModuleType) -> Connection:
    """The only connection in its README."""
    connections = documented_connections(module)
    assert not isinstance(connections, str), connections
    (connection,) = connections
    return connection


async def test_a_sound_connector_breaks_no_rule(plant: Plant) -> None:
    module = plant()

    assert form_faults(module) == []
    assert await behaviour_faults(documented(module)) == []


@pytest.mark.parametrize("file", ["README.md", "platform_models.py", "mapping.py"])
def test_a_missing_file_is_noticed(plant: Plant, file: str) -> None:
    assert form_faults(plant(file, new=None)) == [f"it has no {file}"]


SIGNATURE = "    async def entries_by_ids(self, ids):"


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("tests/test_sample.py", "", None, "it has no tests/test_*.py"),
        ("__init__.py", '"sample"', '"other"', "its name 'other' is not its folder's"),
        ("__init__.py", "CONNECTOR =", "OTHER =", "it offers no CONNECTOR"),
        (
            "settings.py",
            "webhook_secret: SecretStr",
            "webhook_secret: SecretStr\n    api_key: str | None = None",
            "its setting api_key sounds like a secret and is no SecretStr",
        ),
        (
            "settings.py",
            "class Sample",
            "class Hooks(BaseModel):\n    tokens: list[str] = []\n"
            "class SampleSettings(BaseModel):\n    hooks: Hooks = Hooks()\nclass Old",
            "its setting hooks.tokens sounds like a secret and is no SecretStr",
        ),
        (
            "__init__.py",
            "from planted.sample.settings import SampleSettings",
            "from system_apis.tests.connectors.hours import HoursSettings as SampleSettings",
            "its settings do not stand in settings.py",
        ),
        (
            "client.py",
            SIGNATURE,
            "    def check(self):\n        return []\n" + SIGNATURE,
            "its port's check(self) is not check(self) async",
        ),
        (
            "client.py",
            SIGNATURE,
            SIGNATURE.replace("(self, ids)", "(self, names)"),
            "its port's entries_by_ids(self, names) async is not entries_by_ids(self, ids) async",
        ),
        ("client.py", SIGNATURE, SIGNATURE.replace("ids)", "ids, page)"), "(self, ids, page)"),
        ("client.py", "    async", "    close = None\n    async", "its port has no method close"),
        (
            "__init__.py",
            "SampleSettings, SamplePort)",
            "SampleSettings, lambda settings, context: SamplePort(settings, context))",
            "its open is neither the port's class nor annotated with it",
        ),
        (
            "mapping.py",
            "from datetime import date",
            "def to_entry():\n    raise NotImplementedError('Read it.')",
            "its mapping.py has no to_entry yet: Read it.",
        ),
        (
            "client.py",
            SIGNATURE,
            "    async def check(self):\n        raise NotImplementedError\n" + SIGNATURE,
            "its client.py has no check yet: (it does not say what)",
        ),
        ("README.md", "# Sample", "# Sample\nTo write: a word.", "not written yet: a word."),
        ("mapping.py", "datetime import date", "http import HTTPStatus", "mapping.py imports http"),
        ("mapping.py", "datetime import date", "shared import http_client", "shared.http_client"),
        ("mapping.py", "from datetime import date", "import sqlalchemy.orm", "sqlalchemy.orm"),
        ("mapping.py", "from datetime import date", "from .client import Base", "sample.client"),
        ("client.py", "import importlib", "import importlib\nimport httpx2", "imports httpx2"),
        (
            "client.py",
            "import importlib",
            "import importlib\nfrom system_apis.registry import PORTS",
            "its client.py imports system_apis.registry.PORTS",
        ),
    ],
)
def test_a_broken_form_is_noticed(
    plant: Plant, file: str, old: str, new: str | None, fault: str
) -> None:
    faults = form_faults(plant(file, old, new))

    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("```toml", "```ini", "its README.md shows no connection"),
        ('{ env = "SAMPLE_SECRET" }', '"in the open"', "connections[0].options.webhook_secret"),
        ("options.base_url", "options.address", "connections[0].options.base_url"),
    ],
)
def test_a_readme_that_misleads_is_noticed(plant: Plant, old: str, new: str, fault: str) -> None:
    found = documented_connections(plant("README.md", old, new))

    assert isinstance(found, str)
    assert fault in found


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "(ValueError, KeyError, TypeError, AttributeError)",
            "KeyError",
            "its entries_by_ids raises JSONDecodeError with a platform that answers with a sign-in",
        ),
        (
            SIGNATURE,
            "    def verify_webhook(self, headers, body):\n        return None\n" + SIGNATURE,
            "its verify_webhook takes a delivery without proof",
        ),
        (
            SIGNATURE,
            "    def verify_webhook(self, headers, body):\n        headers['x']\n" + SIGNATURE,
            "its verify_webhook raises KeyError for a delivery without proof",
        ),
        (
            SIGNATURE,
            "    def abilities(self):\n        return super().abilities().model_copy("
            "update={'max_lookup': 0})\n" + SIGNATURE,
            "its abilities raises ValidationError",
        ),
    ],
)
async def test_a_broken_behaviour_is_noticed(plant: Plant, old: str, new: str, fault: str) -> None:
    faults = await behaviour_faults(documented(plant("client.py", old, new)))

    assert any(fault in each for each in faults), faults


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'repairs=["client.name"]',
            "repairs=[]",
            "its abilities name no repairs",
        ),
        ("def repair(", "def mend(", "it has no repair"),
        ("RETRY", "DONE", "its repair calls something done that the platform did not say"),
        ("for each in items]", "for each in items[1:]]", "does not give one outcome per item"),
        ("RepairStatus.RETRY", "RepairStatus.CHANGED", "its repair begins after the deadline"),
        ("return [made(", "raise KeyError\n        return [made(", "its repair raises KeyError"),
    ],
)
async def test_a_broken_repair_is_noticed(old: str, new: str, fault: str) -> None:
    sound, broken = repairing_port(REPAIRING), repairing_port(REPAIRING.replace(old, new))

    assert [each async for each in repair_faults(sound, NOON)] == []
    faults = [each async for each in repair_faults(broken, NOON)]
    assert any(fault in each for each in faults), faults


REPAIRING = """
from system_apis.capabilities.crm.schemas import CrmAbilities
from system_apis.capabilities.repairs import RepairMade as made, RepairStatus

class Port:
    def abilities(self):
        return CrmAbilities(
            webhooks=False, lists=["accounts"], deltas=[], deletions=[], repairs=["client.name"]
        )

    async def repair(self, items, deadline):
        status = RepairStatus.RETRY
        return [made(reference=each.reference, status=status, written=False) for each in items]
"""


def repairing_port(source: str) -> Port:
    names: dict[str, type[Port]] = {}
    exec(source, names)  # noqa: S102 - our own text
    return names["Port"]()
