"""What an answer of the ERP means: taken, refused, later, or unknown. Pure.

Rules of the configuration come first, so that a 200 can be a failure and a 409 a success. What
no rule speaks of is judged by its HTTP status; what that does not decide either is kept in the
ERP's own words, as `unknown`, which is counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from system_apis.capabilities.erp.schemas import ErpError, ErrorClass, OutcomeStatus
from system_apis.connectors.http_json.expressions import Expression
from system_apis.connectors.http_json.platform_models import Answer
from system_apis.connectors.http_json.redaction import Redactor

_RETRIABLE = frozenset(
    {ErrorClass.AUTH, ErrorClass.THROTTLED, ErrorClass.UNAVAILABLE, ErrorClass.STALE_VERSION}
)
# Whatever line were sent, the answer would be this one.
WHOLE_CONNECTION = frozenset({ErrorClass.AUTH, ErrorClass.THROTTLED})

_LONGEST_CODE = 100
_PAUSE_WHEN_THROTTLED = 10

_REJECTED, _RETRY, _IN_DOUBT = (
    OutcomeStatus.REJECTED,
    OutcomeStatus.RETRY,
    OutcomeStatus.IN_DOUBT,
)
# HTTP statuses that decide by themselves.
_BY_STATUS = {
    401: (ErrorClass.AUTH, _RETRY),
    403: (ErrorClass.AUTH, _RETRY),
    408: (ErrorClass.UNAVAILABLE, _IN_DOUBT),
    409: (ErrorClass.DUPLICATE, _REJECTED),
    429: (ErrorClass.THROTTLED, _RETRY),
}


@dataclass(frozen=True)
class Rule:
    """One row of the configured catalogue: the first that matches decides.

    :param statuses: HTTP statuses that it speaks of; empty for any.
    :param when: has to be true of the body; None for any body.
    :param outcome: None for what follows from the class.
    """

    statuses: frozenset[int]
    when: Expression | None
    error_class: ErrorClass
    outcome: OutcomeStatus | None

    def matches(self, answer: Answer) -> bool:
        if self.statuses and answer.status not in self.statuses:
            return False
        return self.when is None or bool(self.when(answer.body))


@dataclass(frozen=True)
class Verdict:
    """What an answer means; `error` is None if the posting was taken."""

    status: OutcomeStatus
    error: ErpError | None = None


TAKEN = Verdict(OutcomeStatus.POSTED)


class Catalogue:
    """Judges answers.

    :param accepted: has to be true of the body of a 2xx; None if 2xx says it all.
    :param code: where the ERP's error code stands.
    :param message: where its words stand.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        redactor: Redactor,
        *,
        accepted: Expression | None = None,
        code: Expression | None = None,
        message: Expression | None = None,
    ) -> None:
        self._rules = rules
        self._redactor = redactor
        self._accepted = accepted
        self._code = code
        self._message = message

    def judge(self, answer: Answer, confidential: Iterable[str]) -> Verdict:
        """What the answer to a posting means.

        :param confidential: narratives of what was sent.
        """
        for rule in self._rules:
            if rule.matches(answer):
                status = rule.outcome or _outcome_of(rule.error_class)
                return self._verdict(answer, rule.error_class, status, confidential)
        if answer.is_success and (self._accepted is None or self._accepted(answer.body)):
            return TAKEN
        if answer.status in _BY_STATUS:
            return self._verdict(answer, *_BY_STATUS[answer.status], confidential)
        if answer.status >= 500:
            return self._verdict(answer, ErrorClass.UNAVAILABLE, _IN_DOUBT, confidential)
        return self.uncatalogued(answer, _REJECTED, confidential)

    def uncatalogued(
        self, answer: Answer, status: OutcomeStatus, confidential: Iterable[str]
    ) -> Verdict:
        """An answer that nothing covers, with the ERP's own words."""
        return self._verdict(answer, ErrorClass.UNKNOWN, status, confidential)

    def _verdict(
        self,
        answer: Answer,
        error_class: ErrorClass,
        status: OutcomeStatus,
        confidential: Iterable[str],
    ) -> Verdict:
        wait = answer.retry_after_seconds
        if error_class is ErrorClass.THROTTLED and wait is None:
            wait = _PAUSE_WHEN_THROTTLED
        narratives = list(confidential)
        code = self._text(self._code, answer.body, narratives, _LONGEST_CODE)
        message = self._text(self._message, answer.body, narratives)
        error = ErpError(
            error_class=error_class,
            vendor_code=code or f"http_{answer.status}",
            vendor_message=message or self._redactor.text(answer.raw, narratives),
            retriable=error_class in _RETRIABLE or status is _RETRY,
            retry_after_seconds=wait,
        )
        return Verdict(status, error)

    def _text(
        self, expression: Expression | None, body: Any, narratives: list[str], longest: int = 500
    ) -> str:
        said = expression(body) if expression else None
        if said is None or (isinstance(said, dict | list) and not said):
            return ""
        return self._redactor.text(said, narratives, longest)


def _outcome_of(error_class: ErrorClass) -> OutcomeStatus:
    return _RETRY if error_class in _RETRIABLE else _REJECTED
