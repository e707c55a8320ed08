"""Rules about a connector's folder and code that hold without running it."""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel

from system_apis.capabilities.connector import Connector
from system_apis.registry import PORTS, connector_faults
from system_apis.secret_references import alternatives, is_model

FILES = ("README.md", "settings.py", "platform_models.py", "mapping.py", "client.py")

# A mapping turns values into values. What it imports decides whether it can do more.
OUTSIDE_WORLD = {
    "aiohttp", "alembic", "fastapi", "http", "httpx", "httpx2", "procrastinate", "psycopg",
    "requests", "slowapi", "socket", "sqlalchemy", "sqlmodel", "starlette", "subprocess",
    "urllib", "urllib3", "uvicorn",
}  # fmt: skip
OUTSIDE_WORLD_OF_OURS = ("shared.http_client", "shared.web", "shared.identity")
HTTP_LIBRARIES = {"aiohttp", "httpx", "httpx2", "requests", "urllib3"}
OUR_PACKAGES = {"system_apis", "process_apis", "experience_apis", "deploy"}

_SECRET_WORDS = re.compile(
    r"(^|_)(key|keys|token|tokens|secret|secrets|password|passphrase|credentials?)$"
)


def form_faults(module: ModuleType) -> list[str]:
    """Everything that is wrong with a connector's form, in words; empty if nothing is."""
    folder = _folder(module)
    faults = [*_layout(folder), *_unwritten(folder), *connector_faults(module)]
    if connector_faults(module):
        return faults
    connector: Connector = module.CONNECTOR
    return [
        *faults,
        *_settings(module, connector),
        *_signatures(connector),
        *_mapping_imports(module),
        *_imports(module),
    ]


def _folder(module: ModuleType) -> Path:
    return Path(str(module.__file__)).parent


def _layout(folder: Path) -> Iterator[str]:
    for name in FILES:
        if not (folder / name).is_file():
            yield f"it has no {name}"
    if not list((folder / "tests").glob("test_*.py")):
        yield "it has no tests/test_*.py"


def _unwritten(folder: Path) -> Iterator[str]:
    """What `timepost connectors new` left to the author, in the words of its templates."""
    for file in sorted(folder.glob("*.py")):
        for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for advice in _advice(function):
                    yield f"its {file.name} has no {function.name} yet: {advice}"
    readme = folder / "README.md"
    if readme.is_file():
        text = readme.read_text(encoding="utf-8")
        for advice in re.findall(r"To write: ([^|\n]*[^|\s])", text):
            yield f"its README.md is not written yet: {advice}"


def _advice(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Messages of the NotImplementedErrors that stand directly in a function."""
    for statement in function.body:
        match statement:
            case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"), args=arguments)):
                yield str(ast.literal_eval(arguments[0])) if arguments else "(it does not say what)"
            case ast.Raise(exc=ast.Name(id="NotImplementedError")):
                yield "(it does not say what)"


def _settings(module: ModuleType, connector: Connector) -> Iterator[str]:
    if connector.settings.__module__ != f"{module.__name__}.settings":
        yield "its settings do not stand in settings.py"
    yield from _bare_secrets(connector.settings, "")


def _bare_secrets(model: type[BaseModel], within: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        where = f"{within}{name}"
        leaves = set(_leaves(field.annotation))
        if _SECRET_WORDS.search(name) and str in leaves:
            yield f"its setting {where} sounds like a secret and is no SecretStr"
        for inner in filter(is_model, leaves):
            yield from _bare_secrets(inner, f"{where}.")


def _leaves(annotation: Any) -> Iterator[Any]:
    """Types of the values: of a list its items, of a table its values."""
    for choice in alternatives(annotation):
        arguments = get_args(choice)
        if arguments and not isinstance(arguments[-1], str):
            yield from _leaves(arguments[-1])
        else:
            yield choice


def _signatures(connector: Connector) -> Iterator[str]:
    for capability, opener in connector.openers.items():
        port = _port_class(opener)
        if port is None:
            yield "its open is neither the port's class nor annotated with it"
        else:
            yield from _methods(port, PORTS[capability])


def _methods(port: type, protocol: type) -> Iterator[str]:
    for name, wanted in vars(protocol).items():
        if name.startswith("_"):
            continue
        method = inspect.getattr_static(port, name, None)
        if not inspect.isfunction(method):
            yield f"its port has no method {name}"
        elif _shape(method) != _shape(wanted):
            yield f"its port's {name}{_shape(method)} is not {name}{_shape(wanted)}"


def _port_class(opener: Callable[..., Any]) -> type | None:
    given = opener if isinstance(opener, type) else get_type_hints(opener).get("return")
    return given if isinstance(given, type) else None


def _shape(method: Callable[..., Any]) -> str:
    """Names and kinds of the parameters, and whether it is awaited; types are mypy's affair."""
    parameters = inspect.signature(method).parameters.values()
    names = ", ".join(str(each.replace(annotation=each.empty)) for each in parameters)
    return f"({names})" + (" async" if inspect.iscoroutinefunction(method) else "")


def _mapping_imports(module: ModuleType) -> Iterator[str]:
    mapping = _folder(module) / "mapping.py"
    if not mapping.is_file():
        return
    client = f"{module.__name__}.client"
    for name in _imported(mapping, module.__name__):
        if name.split(".")[0] in OUTSIDE_WORLD or _within(name, (*OUTSIDE_WORLD_OF_OURS, client)):
            yield f"its mapping.py imports {name}"


def _imports(module: ModuleType) -> Iterator[str]:
    own = (module.__name__, "system_apis.capabilities")
    for file in sorted(_folder(module).glob("*.py")):
        for name in _imported(file, module.__name__):
            top = name.split(".")[0]
            if top in HTTP_LIBRARIES:
                yield f"its {file.name} imports {name} instead of shared.http_client"
            if top in OUR_PACKAGES and not _within(name, own):
                yield f"its {file.name} imports {name}"


def _within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _imported(file: Path, package: str) -> Iterator[str]:
    """Names of the modules that a file imports anywhere, relative ones resolved."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            yield from (f"{base}.{alias.name}" for alias in node.names)
