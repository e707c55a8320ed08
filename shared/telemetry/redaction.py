"""What must never be written down: secrets, and what people wrote about their work."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

REDACTED = "[redacted]"

# Matched anywhere in a key, so that `x_api_key` and `client_secret` are met too.
_CONFIDENTIAL_KEY = re.compile(
    r"authori[sz]ation|token|secret|passw|api[-_]?key|private[-_]?key|cookie|signature"
    r"|credential|dsn|narrative|description",
    re.IGNORECASE,
)
_SECRET_IN_TEXT = re.compile(
    r"(?P<scheme>\b(?:Bearer|Basic)\s+)[\w.~+/=-]+"  # an Authorization header
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JSON Web Token
    r"|(?P<start>://)[^/\s:@]*:[^/\s@]*(?P<end>@)"  # credentials inside an address
    r"|(?P<query>https?://[^\s?]+\?)\S+",  # a query string
    re.IGNORECASE,
)
# Every secret of those forms holds one of these, and most of what is logged holds none.
_MARKS_OF_SECRETS = re.compile(r"[\s:.]")
_DEEPEST = 6


@lru_cache(maxsize=4096)
def is_confidential(key: str) -> bool:
    """Whether a field of this name may not be written down."""
    return _CONFIDENTIAL_KEY.search(key) is not None


def redacted(value: Any, *, depth: int = 0) -> Any:
    """``value`` without secrets, by the names of its fields and the form of its texts."""
    if isinstance(value, str):
        if _MARKS_OF_SECRETS.search(value) is None:
            return value
        return _SECRET_IN_TEXT.sub(_without_secret, value)
    if depth >= _DEEPEST:
        return REDACTED
    if isinstance(value, Mapping):
        return {
            key: REDACTED if is_confidential(str(key)) else redacted(inner, depth=depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(inner, depth=depth + 1) for inner in value]
    return value


def bare_address(address: str) -> str:
    """An address without user, query and fragment."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _without_secret(match: re.Match[str]) -> str:
    kept = match.groupdict()
    before = kept["scheme"] or kept["start"] or kept["query"] or ""
    return f"{before}{REDACTED}{kept['end'] or ''}"
