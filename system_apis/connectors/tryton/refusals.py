"""What Tryton means when it says no. Pure.

A business error comes as HTTP 200 with `"error": ["UserError", [message, description, domain]]`
and no code of any kind: class and English text are all there is (the language of every call is
pinned to `en`). `domain` is the part of a field's domain that the value failed, which tells
"employed elsewhere" from "not employed yet". Anything else Tryton raises comes as
`"error": [text, traceback]`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from system_apis.capabilities.erp.schemas import ErpError, ErrorClass

KNOWN_KINDS = frozenset({"UserError", "UserWarning", "LoginException", "ConcurrencyException"})

_LONGEST_MESSAGE = 500
_QUOTED = re.compile(r'(?P<name>\b(?:field|of|access) )?"[^"]*"')


class TrytonRefusal(Exception):
    """Tryton answered, and did not do it: its transaction is rolled back.

    The message may quote what was sent, narrative included, so it is not part of ``str()``.

    :param kind: the name of Tryton's exception; "error" for any it has no name for; "HTTP 400".
    :param message: Tryton's text.
    :param failed_fields: the fields that the failed part of a domain speaks of.
    """

    def __init__(self, kind: str, message: str, failed_fields: frozenset[str]) -> None:
        super().__init__(kind)
        self.kind = kind
        self.message = message
        self.failed_fields = failed_fields

    @property
    def is_understood(self) -> bool:
        """Whether it is one of Tryton's own exceptions, which always roll back."""
        return self.kind in KNOWN_KINDS


def read_refusal(error: Any) -> TrytonRefusal:
    """The refusal in an answer's `error` member, whatever its shape."""
    match error:
        case [str(kind), [str(message), *rest]] if kind in KNOWN_KINDS:
            if kind == "UserWarning" and rest:  # [name of the warning, message, description]
                return TrytonRefusal(kind, str(rest[0]), frozenset())
            domain = rest[1] if len(rest) > 1 and isinstance(rest[1], list) else []
            return TrytonRefusal(kind, message, _fields_of(domain[:1]))
        case [str(kind), str(message), *_] if kind in KNOWN_KINDS:
            return TrytonRefusal(kind, message, frozenset())
        case [str(message), *_]:
            return TrytonRefusal("error", message, frozenset())
        case _:
            return TrytonRefusal("error", "", frozenset())


def _fields_of(domain: Any) -> frozenset[str]:
    match domain:
        case [str(name), str(), _, *_] if name not in {"AND", "OR"}:
            return frozenset({name.partition(".")[0]})
        case list():
            return frozenset().union(*(_fields_of(part) for part in domain))
        case _:
            return frozenset()


@dataclass(frozen=True)
class _Rule:
    """One row of the catalogue: the first whose parts all match decides."""

    code: str
    error_class: ErrorClass
    text: str = ""
    failed: frozenset[str] = frozenset()
    kind: str = "UserError"

    def matches(self, refusal: TrytonRefusal) -> bool:
        return (
            refusal.kind == self.kind
            and re.search(self.text, refusal.message) is not None
            and (not self.failed or bool(self.failed & refusal.failed_fields))
        )


_OUTSIDE_DOMAIN = r'for field "{}" .*is not valid according to its domain'
_EMPLOYEE = _OUTSIDE_DOMAIN.format("Employee")
_WORK = _OUTSIDE_DOMAIN.format("Work")
_EMPLOYMENT_DATES = frozenset({"start_date", "end_date"})

# Texts: trytond 8.2 `ir/message.xml`, and message.xml of timesheet, project and project_invoice.
# `(?s)` because a value that is quoted in front of the words we look for may hold line breaks.
_CATALOGUE = [
    _Rule("uuid_taken", ErrorClass.DUPLICATE, r"UUID of timesheet line must be unique"),
    _Rule("uuid_readonly", ErrorClass.UNAVAILABLE, r'not allowed to modify the field "UUID" of'),
    _Rule(
        "not_employed_on_date",
        ErrorClass.REFERENCE_INACTIVE,
        f"(?s){_EMPLOYEE}",
        _EMPLOYMENT_DATES,
    ),
    _Rule("no_such_employee", ErrorClass.WORKER_MISSING, f"(?s){_EMPLOYEE}"),
    _Rule("no_such_employee", ErrorClass.WORKER_MISSING, r'value is required for field "Employee"'),
    _Rule(
        "work_ended", ErrorClass.PROJECT_CLOSED, f"(?s){_WORK}", frozenset({"timesheet_end_date"})
    ),
    _Rule(
        "work_not_started",
        ErrorClass.REFERENCE_INACTIVE,
        f"(?s){_WORK}",
        frozenset({"timesheet_start_date"}),
    ),
    _Rule("no_such_work", ErrorClass.REFERENCE_INACTIVE, f"(?s){_WORK}"),
    _Rule("no_such_work", ErrorClass.REFERENCE_INACTIVE, r'value is required for field "Work"'),
    _Rule("invoiced", ErrorClass.INVOICED_LOCKED, r"because it has been invoiced"),
    _Rule("period_closed", ErrorClass.PERIOD_CLOSED, r"(?i)period .*\b(closed|locked)\b"),
    _Rule("no_period", ErrorClass.PERIOD_CLOSED, r"(?i)no (open )?period|could not find .*period"),
    _Rule("rule", ErrorClass.AUTH, r"because they fail on at least one of these rules"),
    _Rule(
        "no_access", ErrorClass.AUTH, r"^You are not allowed to (access|create|read|write|delete)\b"
    ),
    _Rule("record_gone", ErrorClass.REFERENCE_INACTIVE, r"that don't exist|does not exist"),
    _Rule("domain", ErrorClass.REJECTED, r"is not valid according to its domain"),
    _Rule("required", ErrorClass.REJECTED, r"value is required for field"),
    _Rule("characters", ErrorClass.REJECTED, r"contains some invalid chars"),
    _Rule("user_error", ErrorClass.REJECTED),
    _Rule("user_warning", ErrorClass.REJECTED, kind="UserWarning"),
    _Rule("login", ErrorClass.AUTH, kind="LoginException"),
    _Rule("concurrency", ErrorClass.STALE_VERSION, kind="ConcurrencyException"),
]
_UNKNOWN = _Rule("unknown", ErrorClass.UNKNOWN)

# Refusals that say nothing about the line: it may well be taken later as it is.
_RETRIABLE = frozenset({ErrorClass.AUTH, ErrorClass.UNAVAILABLE, ErrorClass.STALE_VERSION})


# Whatever line were sent, the answer would be this one: no use in finding out which it was.
WHOLE_CONNECTION = frozenset(
    {"UserError.no_access", "UserError.uuid_readonly", "LoginException.login"}
)


def explain(refusal: TrytonRefusal, confidential: Iterable[str] = ()) -> ErpError:
    """The refusal in our vocabulary.

    :param confidential: texts that must not appear: the narrative, as given and as sent. They
        are taken out before anything else, so that they cannot pass for words of Tryton either.
    """
    message = refusal.message
    for text in sorted(filter(None, confidential), key=len, reverse=True):
        message = message.replace(text, "…")
    shown = TrytonRefusal(refusal.kind, message, refusal.failed_fields)
    rule = next((each for each in _CATALOGUE if each.matches(shown)), _UNKNOWN)
    return ErpError(
        error_class=rule.error_class,
        vendor_code=f"{refusal.kind}.{rule.code}",
        vendor_message=_without_values(shown),
        retriable=rule.error_class in _RETRIABLE,
    )


def _without_values(refusal: TrytonRefusal) -> str:
    """Tryton's sentence without what it quotes, except names of fields and models.

    A name that is quoted may be a person's; a value may be part of a narrative.
    """
    if 'for field "Description"' in refusal.message:
        return 'Tryton refused the value for field "Description".'
    kept = _QUOTED.sub(lambda found: found[0] if found["name"] else '"…"', refusal.message)
    if not refusal.is_understood:  # a Python exception's text quotes with apostrophes
        kept = re.sub(r"'(?![a-z_.]+')[^']*'", "'…'", kept)
    return kept[:_LONGEST_MESSAGE]
