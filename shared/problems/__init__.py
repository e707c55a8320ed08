"""One tree of problems, on the wire as RFC 9457 documents with stable codes.

    TimepostProblem
    ├── NeedsCorrection            a person mends the input
    │   ├── InvalidRequest         400
    │   ├── ValidationFailed       422
    │   ├── Unauthenticated        401
    │   ├── Forbidden              403
    │   ├── NotFound               404
    │   ├── MethodNotAllowed       405
    │   ├── Conflict               409
    │   ├── PreconditionFailed     412
    │   ├── PayloadTooLarge        413
    │   └── UnsupportedMediaType   415
    ├── Retryable                  the machine waits and tries again
    │   ├── TooManyRequests        429
    │   ├── NotReady               503
    │   └── UpstreamUnavailable    502
    ├── NeedsOperator              credentials, configuration, outage
    │   ├── InternalError          500
    │   ├── UpstreamRefused        502
    │   └── ConfigurationError     500, normally met at start
    └── OutcomeUnknown             504: sent, never answered; look it up, never resend

Every instance says who acts next (``kind``) and what to do (``action``).
"""

from shared.problems.document import FieldError, ProblemDocument
from shared.problems.tree import (
    ConfigurationError,
    Conflict,
    Forbidden,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NeedsCorrection,
    NeedsOperator,
    NotFound,
    NotReady,
    OutcomeUnknown,
    PayloadTooLarge,
    PreconditionFailed,
    Retryable,
    TimepostProblem,
    TooManyRequests,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamRefused,
    UpstreamUnavailable,
    ValidationFailed,
)

__all__ = [
    "ConfigurationError",
    "Conflict",
    "FieldError",
    "Forbidden",
    "InternalError",
    "InvalidRequest",
    "MethodNotAllowed",
    "NeedsCorrection",
    "NeedsOperator",
    "NotFound",
    "NotReady",
    "OutcomeUnknown",
    "PayloadTooLarge",
    "PreconditionFailed",
    "ProblemDocument",
    "Retryable",
    "TimepostProblem",
    "TooManyRequests",
    "Unauthenticated",
    "UnsupportedMediaType",
    "UpstreamRefused",
    "UpstreamUnavailable",
    "ValidationFailed",
]
