"""Writes `docs/configuration.md`: every setting of every tier, from the settings classes."""

from collections.abc import Iterable

from pydantic_settings import BaseSettings

from deploy.identity.settings import IdentityServerSettings
from deploy.operator_settings import OperatorSettings
from experience_apis.settings import ExperienceSettings
from process_apis.settings import ProcessSettings
from shared.configuration import REQUIRED, Setting, described
from system_apis.settings import SystemSettings

_INTRODUCTION = """\
# Settings

Every setting is an environment variable. A group's name and a setting's are joined by two
underscores. Lists and tables are written as JSON. A program with a missing or wrong setting does
not start; it names every such variable, and never its value.

This page is written by `timepost settings > docs/configuration.md`. What the connections need
stands in one TOML file: see [connections](connections.md).
"""

_ALL_PROGRAMS = (
    Setting(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "",
        "Collector that traces are sent to, over HTTP; needs the extra `otlp`. Other variables of"
        " OpenTelemetry's SDK hold as well.",
    ),
    Setting(
        "TIMEPOST_CACHE",
        "~/.cache/timepost",
        "Where the demo and the tests keep what is expensive to build.",
    ),
)

_SECTIONS: tuple[tuple[str, str, type[BaseSettings]], ...] = (
    ("System tier", "`timepost serve system`", SystemSettings),
    (
        "Process tier",
        "`timepost serve process` and `timepost worker` share them; `timepost migrate` needs"
        " `TIMEPOST_PROCESS_DATABASE_URL` only.",
        ProcessSettings,
    ),
    ("Experience tier", "`timepost serve experience`", ExperienceSettings),
    (
        "Operator",
        "`timepost replay` calls the process tier's API with them.",
        OperatorSettings,
    ),
    (
        "Development identity server",
        "`timepost serve identity`, never in production; see [identity](identity.md).",
        IdentityServerSettings,
    ),
)


def settings_guide() -> str:
    """The whole page."""
    sections = [_section(title, about, described(kind)) for title, about, kind in _SECTIONS]
    last = _section("All programs", "Not Timepost's own, or not a tier's.", _ALL_PROGRAMS)
    return "\n".join([_INTRODUCTION, *sections, last])


def _section(title: str, about: str, settings: Iterable[Setting]) -> str:
    rows = [f"| `{each.variable}` | {_default(each)} | {each.meaning} |\n" for each in settings]
    head = "| Variable | Default | Meaning |\n|---|---|---|\n"
    return f"## {title}\n\n{about}\n\n{head}{''.join(rows)}"


def _default(setting: Setting) -> str:
    if setting.default == REQUIRED:
        return "**required**"
    return f"`{setting.default}`" if setting.default else ""
