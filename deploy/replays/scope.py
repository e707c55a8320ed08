"""From a terminal's options to a replay's scope. Pure."""

from dataclasses import dataclass
from typing import Any

from shared.problems import ConfigurationError


@dataclass(frozen=True)
class Options:
    """What was typed; `connection:id` where a thing belongs to a connection."""

    entry: str | None
    problem: str | None
    delivery: str | None
    trace: str | None
    received_from: str | None
    received_to: str | None
    connection: str | None


def scope_of(options: Options) -> dict[str, Any]:
    """The scope that is meant.

    :raises ConfigurationError: none, or several at once; half a window; an id without connection.
    """
    window = options.received_from or options.received_to
    named = [options.entry, options.problem, options.delivery, options.trace, window]
    chosen = [each for each in named if each is not None]
    if len(chosen) > 1 or (not chosen and options.connection is None):
        raise ConfigurationError(
            "A replay has one scope.",
            action="Name one of --entry, --problem, --delivery, --trace, --from with --to, or "
            "--connection.",
        )
    if window:
        return _window(options)
    if chosen and options.connection is not None:
        raise ConfigurationError(
            "--connection is a scope of its own, or narrows --from and --to.",
            action="Leave it out, or use it alone.",
        )
    if options.problem is not None:
        return {"kind": "problem", "fingerprint": options.problem}
    for kind, name, typed in (
        ("entry", "external_id", options.entry),
        ("batch", "delivery_id", options.delivery),
        ("batch", "trace_id", options.trace),
    ):
        if typed is not None:
            connection, separator, external_id = typed.partition(":")
            if not (separator and connection and external_id):
                raise ConfigurationError(
                    f"{typed} names no connection.", action="Write it as CONNECTION:ID."
                )
            return {"kind": kind, "connection": connection, name: external_id}
    return {"kind": "connection", "connection": options.connection}


def _window(options: Options) -> dict[str, Any]:
    if not (options.received_from and options.received_to):
        raise ConfigurationError(
            "A time window has two ends.", action="Give --from and --to, both with a time zone."
        )
    window = {
        "kind": "window",
        "received_from": options.received_from,
        "received_to": options.received_to,
    }
    return {**window, "connection": options.connection} if options.connection else window
