"""Reads settings classes from the environment."""

from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from shared.problems import ConfigurationError, FieldError

S = TypeVar("S", bound=BaseSettings)


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
            FieldError(field=variable_of(kind, each["loc"]), message=each["msg"])
            for each in details
        ]
    except SettingsError as error:
        # Its sentence names the field and where it was read; the value is in its cause only.
        faults = [FieldError(field=variable_of(kind, ()), message=f"{error}: it has to be JSON")]
    lines = "\n".join(f"  {fault.field}: {fault.message}" for fault in faults)
    # Raised outside of the handlers and so not chained: the causes hold values, even secret ones.
    raise ConfigurationError(f"The settings of {owner} are wrong:\n{lines}", errors=faults)


def variable_of(kind: type[BaseSettings], location: tuple[int | str, ...]) -> str:
    """The environment variable of a field: `("identity", "issuer")` is `…IDENTITY__ISSUER`.

    The settings as a whole are `…*`; a field with an alias of its own is called by that.
    """
    aliases = {each.validation_alias for each in kind.model_fields.values()}
    if location and location[0] in aliases:
        return str(location[0])
    prefix = kind.model_config.get("env_prefix", "")
    return prefix + ("__".join(str(step) for step in location).upper() or "*")
