"""Reads settings classes from the environment."""

from collections.abc import Iterator
from typing import Any, TypeGuard, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.problems import ConfigurationError, FieldError

S = TypeVar("S", bound=BaseSettings)

Location = tuple[int | str, ...]


def read_settings(kind: type[S], owner: str, **given: Any) -> S:
    """Settings of the environment; what is ``given`` goes before it.

    :param owner: whose settings they are, for the sentence: "the system tier".
    :raises ConfigurationError: names each variable that is missing or wrong, never its value.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [
            FieldError(field=variable_of(kind, location), message=each["msg"])
            for each in details
            for location in _variables_in(kind, each["loc"])
        ]
    except SettingsError as error:
        # Its sentence names the field and where it was read; the value is in its cause only.
        faults = [FieldError(field=variable_of(kind, ()), message=f"{error}: it has to be JSON")]
    lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
    # Raised outside of the handlers and so not chained: the causes hold values, even secret ones.
    raise ConfigurationError(f"The settings of {owner} are wrong:\n{lines}", errors=faults)


def _variables_in(kind: type[BaseModel], location: Location) -> Iterator[Location]:
    """Of a group that is missing as a whole, each variable that has to be given."""
    inner: object = kind
    for step in location:
        fields = inner.model_fields if _is_group(inner) else {}
        inner = fields[str(step)].annotation if step in fields else None
    if not _is_group(inner) or not location:
        yield location
        return
    for name, field in inner.model_fields.items():
        if field.is_required():
            yield from _variables_in(kind, (*location, name))


def _is_group(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def variable_of(kind: type[BaseSettings], location: Location) -> str:
    """The environment variable of a field: `("identity", "issuer")` is `…IDENTITY__ISSUER`.

    The settings as a whole are `…*`; a field with an alias of its own is called by that.
    """
    aliases = {each.validation_alias for each in kind.model_fields.values()}
    if location and location[0] in aliases:
        return str(location[0])
    prefix = kind.model_config.get("env_prefix", "")
    return prefix + ("__".join(str(step) for step in location).upper() or "*")
