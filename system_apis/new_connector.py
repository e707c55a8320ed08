"""Writes the folder that a new connector starts from (docs/connectors.md)."""

import importlib
import importlib.util
import keyword
import re
import subprocess
import sys
from pathlib import Path

from shared.problems import ConfigurationError
from system_apis import connector_templates

TEMPLATES = Path(str(connector_templates.__file__)).parent

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_TITLE = re.compile(r"\w[\w .&+()-]*")
_NOT_YET = ".template"  # of files that would otherwise count as documentation of Timepost
_LONGEST = 24  # the templates' lines have room for so much


def write_connector(name: str, capability: str, package: str, title: str = "") -> Path:
    """The new connector's folder.

    :param package: a connector package that can be imported; the folder is put into it.
    :param title: the product's name as people write it.
    :raises ConfigurationError: the name or capability will not do, it is taken, or there is no
        such package. Nothing is written then.
    """
    words = name.split("_")
    title = title or " ".join(words).capitalize()
    _refuse_wrong(name, capability, title)
    folder = _package_folder(package) / name
    if folder.exists():
        raise ConfigurationError(
            f"There is {folder} already.", action="Choose another name, or remove the folder."
        )
    replacements = (
        (rf"\b{connector_templates.__name__}\.{capability}\b", f"{package}.{name}"),
        (r"\bNameless\b", title),
        (r"Nameless", "".join(word.capitalize() for word in words)),
        (r"NAMELESS", name.upper()),
        (r"\bnameless-de\b", f"{name.replace('_', '-')}-de"),
        (r"\bnameless\.example", f"{name.replace('_', '-')}.example"),
        (r"nameless", name),
    )
    for source in _sources(TEMPLATES / capability):
        target = folder / source.relative_to(TEMPLATES / capability)
        if target.suffix == _NOT_YET:
            target = target.with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        for pattern, replacement in replacements:
            text = re.sub(pattern, replacement, text)
        target.write_text(text, encoding="utf-8")
    _lay_out(folder)
    return folder


def _refuse_wrong(name: str, capability: str, title: str) -> None:
    templates = sorted(each.parent.name for each in TEMPLATES.glob("*/__init__.py"))
    if capability not in templates:
        raise ConfigurationError(
            f"There is no template for {capability!r}.",
            action=f"Templates are there for {', '.join(templates)}; for another capability begin "
            "with the folder of a connector that has it.",
        )
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or keyword.iskeyword(name):
        raise ConfigurationError(
            f"{name!r} cannot be a connector's name.",
            action=f"Use at most {_LONGEST} lower-case letters, digits and single _.",
        )
    if not _TITLE.fullmatch(title) or len(title) > _LONGEST:
        raise ConfigurationError(
            f"{title!r} cannot be a title.",
            action=f"Use at most {_LONGEST} letters, digits, spaces and . & + - ( ).",
        )


def _package_folder(package: str) -> Path:
    try:
        module = importlib.import_module(package)
    except ImportError as error:
        raise ConfigurationError(
            f"The package {package} cannot be imported: {error}.",
            action="Make the package first (a folder with an __init__.py), and install it.",
        ) from error
    if module.__file__ is None or not hasattr(module, "__path__"):
        raise ConfigurationError(
            f"{package} is no package with an __init__.py.", action="Give it one."
        )
    return Path(module.__file__).parent


def _sources(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.suffix in {".py", _NOT_YET})


def _lay_out(folder: Path) -> None:
    """Names have other lengths and places in the alphabet than the templates'. Ruff belongs to the
    development environment; without it the next `make format` does this."""
    if importlib.util.find_spec("ruff") is None:
        return
    for command in (["check", "--quiet", "--fix", "--select", "I"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, str(folder)], check=True)
