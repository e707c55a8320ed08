"""Exceptions that carry their status, their code and who has to act."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from shared.problems.document import FieldError, Kind, ProblemDocument


class TimepostProblem(Exception):
    """Base of all problems.

    ``detail`` must never hold a secret or the narrative of a time entry: it goes to logs,
    to callers and onto pages.

    :param detail: what happened, in one or two sentences.
    :param action: what the reader does next; the class has a default.
    :param errors: the fields that are wrong.
    :param code: a more exact stable code than the class's own.
    :param retry_after: seconds until trying again makes sense (header ``Retry-After``).
    :param headers: further response headers.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something went wrong"
    default_code: ClassVar[str] = "internal_error"
    default_action: ClassVar[str] = "Report the request id to whoever runs Timepost."
    kind: ClassVar[Kind] = "needs_operator"

    def __init__(
        self,
        detail: str,
        *,
        action: str | None = None,
        errors: Sequence[FieldError] = (),
        code: str | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.action = action or self.default_action
        self.errors = list(errors)
        self.code = code or self.default_code
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)

    def document(self, instance: str | None = None) -> ProblemDocument:
        """The body of the answer."""
        return ProblemDocument(
            type=f"urn:timepost:problem:{self.code}",
            title=self.title,
            status=self.status,
            detail=self.detail,
            instance=instance,
            code=self.code,
            kind=self.kind,
            action=self.action,
            errors=self.errors,
        )


class NeedsCorrection(TimepostProblem):
    """The input is wrong; sending it again unchanged gives the same answer."""

    status = 400
    title = "The request cannot be carried out as it stands"
    default_code = "needs_correction"
    default_action = "Correct the request and send it again."
    kind = "needs_correction"


class InvalidRequest(NeedsCorrection):
    """Not readable: broken JSON, a missing header, a bad cursor."""

    title = "The request is malformed"
    default_code = "invalid_request"


class ValidationFailed(NeedsCorrection):
    """Readable, but values are outside of the contract."""

    status = 422
    title = "The request does not match the contract"
    default_code = "validation_failed"
    default_action = "Correct the fields listed under `errors` and send it again."


class Unauthenticated(NeedsCorrection):
    """No proof of who calls, or one that does not hold."""

    status = 401
    title = "Who is calling is not proven"
    default_code = "unauthenticated"
    default_action = "Send a valid bearer token of the configured identity provider."

    def __init__(self, detail: str, *, action: str | None = None, code: str | None = None) -> None:
        challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        super().__init__(detail, action=action, code=code, headers=challenge)


class Forbidden(NeedsCorrection):
    """Known caller, missing scope or role."""

    status = 403
    title = "The caller may not do this"
    default_code = "forbidden"
    default_action = "Ask an administrator for the scope or role that is named."


class NotFound(NeedsCorrection):
    """No such route or thing."""

    status = 404
    title = "There is no such thing"
    default_code = "not_found"
    default_action = "Check the address and the identifiers in it."


class MethodNotAllowed(NeedsCorrection):
    """The route exists, the method does not."""

    status = 405
    title = "This method is not offered here"
    default_code = "method_not_allowed"
    default_action = "See the OpenAPI document for the methods of this path."


class Conflict(NeedsCorrection):
    """The thing is in a state that does not allow it."""

    status = 409
    title = "The current state does not allow this"
    default_code = "conflict"
    default_action = "Read the current state and decide again."


class PreconditionFailed(NeedsCorrection):
    """Somebody else changed it since it was read (If-Match)."""

    status = 412
    title = "It was changed in the meantime"
    default_code = "precondition_failed"
    default_action = "Read it again, and repeat the change if it still applies."


class PayloadTooLarge(NeedsCorrection):
    """Larger than this API accepts."""

    status = 413
    title = "The body is too large"
    default_code = "payload_too_large"
    default_action = "Send less at once; the limit is in the detail."


class UnsupportedMediaType(NeedsCorrection):
    """A content type this operation does not read."""

    status = 415
    title = "This content type is not read here"
    default_code = "unsupported_media_type"
    default_action = "Send the content type named in the OpenAPI document."


class Retryable(TimepostProblem):
    """Nothing is wrong with the request; later it may succeed."""

    status = 503
    title = "Not possible at the moment"
    default_code = "retryable"
    default_action = "Try again after the time in Retry-After."
    kind = "retryable"


class TooManyRequests(Retryable):
    """Throttled."""

    status = 429
    title = "Too many requests"
    default_code = "too_many_requests"


class NotReady(Retryable):
    """Starting, stopping, or without its database or identity provider."""

    title = "Not ready yet"
    default_code = "not_ready"

    def __init__(self, detail: str, *, retry_after: int = 2) -> None:
        super().__init__(detail, retry_after=retry_after)


class UpstreamUnavailable(Retryable):
    """A tier or a platform below did not answer, and nothing was changed there."""

    status = 502
    title = "A system behind this one did not answer"
    default_code = "upstream_unavailable"


class NeedsOperator(TimepostProblem):
    """Only whoever runs Timepost can mend it."""


class InternalError(NeedsOperator):
    """A defect of ours. The detail stays general: internals never leave the process."""


class UpstreamRefused(NeedsOperator):
    """A system behind this one refused our credentials or our request."""

    status = 502
    title = "A system behind this one refused"
    default_code = "upstream_refused"
    default_action = "Check the connection's credentials and settings."


class ConfigurationError(NeedsOperator):
    """A setting is missing or wrong; names file, key and reason."""

    title = "The configuration is wrong"
    default_code = "configuration_error"
    default_action = "Correct the setting that is named and start again."


class OutcomeUnknown(TimepostProblem):
    """Sent, but never answered: it may have happened. Never treated as a failure."""

    status = 504
    title = "It is not known whether this happened"
    default_code = "outcome_unknown"
    default_action = "Look it up by its key before sending anything again."
    kind = "outcome_unknown"
