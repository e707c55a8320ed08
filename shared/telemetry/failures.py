"""An exception as it may be logged: where it happened, seldom what it says.

Texts of exceptions quote data: pydantic the input, database drivers the row, ``int()`` its
argument. So a text is written only where its kind speaks of code; the type and the lines of code
are always written.
"""

import traceback
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.problems import TimepostProblem

_SPEAKS_OF_CODE = (
    TimepostProblem,
    AttributeError,
    ImportError,
    IndexError,
    NameError,
    NotImplementedError,
    TypeError,
)
_MOST_FRAMES = 25
_MOST_CAUSES = 5


def failure_record(error: BaseException) -> list[dict[str, Any]]:
    """The exception, then what caused it."""
    return [_one(link) for link in _chain(error)]


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(_MOST_CAUSES):
        if link is None:
            return
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _one(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)[-_MOST_FRAMES:]
    record: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    record.update(_safe_details(error))
    if isinstance(error, BaseExceptionGroup):
        record["parts"] = [_one(part) for part in error.exceptions[:_MOST_CAUSES]]
    return record


def _safe_details(error: BaseException) -> Iterator[tuple[str, Any]]:
    if isinstance(error, _SPEAKS_OF_CODE):
        yield "text", str(error)
    elif isinstance(error, OSError) and error.strerror:
        yield "text", error.strerror
    elif isinstance(error, ValidationError):
        wrong = error.errors(include_input=False, include_context=False, include_url=False)
        yield "fields", [f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in wrong[:20]]
    # The five-character SQLSTATE tells a broken connection from a broken constraint.
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        yield "sqlstate", sqlstate
