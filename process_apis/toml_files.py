"""Settings that are a file of their own: read whole, or refused with each key that is wrong."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from shared.problems import ConfigurationError, FieldError

M = TypeVar("M", bound=BaseModel)


def read_file(path: Path, kind: type[M], what: str, variable: str, without: str) -> M:
    """A file as a model.

    :param what: how people call it: "approvals file".
    :param variable: the setting that names it.
    :param without: what holds when the setting is unset.
    :raises ConfigurationError: names the file, each key that is wrong, and why; never a value.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"The {what} {path} cannot be read ({type(error).__name__}).",
            action=f"Write one, or unset {variable}: then {without}.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise ConfigurationError(f"{path} is not valid TOML: {reason}.") from None
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        faults = [_fault(each, document) for each in error.errors(include_url=False)]
    raise wrong(path, faults)


def wrong(path: Path, faults: list[FieldError]) -> ConfigurationError:
    """The refusal of a file, with its faults by key."""
    lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
    return ConfigurationError(f"{path} is wrong:\n{lines}", errors=faults)


def _fault(details: Mapping[str, Any], document: Mapping[str, Any]) -> FieldError:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"])
    message = str(details["msg"]).removeprefix("Value error, ")
    return FieldError(field=place.removeprefix(".") or ", ".join(document), message=message)
