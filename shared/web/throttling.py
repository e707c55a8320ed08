"""Limits per caller and operation, by slowapi's decorator.

slowapi's middlewares let everything through for routes added by ``include_router``, hence the
decorator. Three of its habits are worked around here:

- it binds limits at import to one limiter and adds them up under the function's name, so that two
  apps in one process, or two closures of one name, share and double their counts. We bind to the
  app's own limiter when the first request comes, under the operation's id;
- its default key holds the address, so that each identifier in a path had its own allowance;
- its headers put ``Retry-After`` on successful answers. Ours are those of the IETF draft
  (``RateLimit``, ``RateLimit-Policy``) and are added by the answer-header middleware.
"""

import inspect
import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from fastapi import Request
from limits.errors import ConfigurationError as StorageError
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded

from shared.problems import ConfigurationError, TooManyRequests
from shared.web.counts import ProcessCounts
from shared.web.rates import parse_rate, scaled
from shared.web.settings import WebSettings

_MARK = "__timepost_rate__"
(_IN_PROCESS,) = ProcessCounts.STORAGE_SCHEME
_ADDED_PARAMETER = "throttled_request"

P = ParamSpec("P")
T = TypeVar("T")
_Counter = Callable[..., Awaitable[None]]


def throttled(rate: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Admits each caller to this endpoint ``rate`` times; then :class:`TooManyRequests`.

    Goes directly above an ``async def`` endpoint, below the router's decorator. The caller is the
    verified client, or the remote address on public routes. Dependencies run first, so a request
    without a valid token is refused before it counts.

    :param rate: such as ``600/minute``; settings may scale or replace it per operation.
    """
    parse_rate(rate)

    def decorate(endpoint: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        if not inspect.iscoroutinefunction(endpoint):
            raise TypeError(f"{endpoint!r} must be an async function to be throttled")

        own_request = _request_parameter_of(endpoint)

        @wraps(endpoint)
        async def counted(*args: P.args, **kwargs: P.kwargs) -> T:
            request = kwargs[own_request] if own_request else kwargs.pop(_ADDED_PARAMETER)
            if not isinstance(request, Request):
                raise TypeError("a throttled endpoint is called by the framework only")
            throttle: Throttle = request.app.state.throttle
            await throttle.count(request, rate)
            return await endpoint(*args, **kwargs)

        setattr(counted, _MARK, rate)
        if own_request is None:
            setattr(counted, "__signature__", _with_request(endpoint))  # noqa: B010  unknown to mypy
        return counted

    return decorate


def limit_of(route: object) -> str | None:
    """The built-in limit of a route or route context; None means that it has none."""
    rate: str | None = getattr(getattr(route, "endpoint", None), _MARK, None)
    return rate


class Throttle:
    """One app's counts."""

    def __init__(self, settings: WebSettings) -> None:
        self._factor = settings.throttle_factor
        self._overrides = settings.throttle_overrides
        self._limiter = _limiter(settings)
        self._counters: dict[str, _Counter] = {}

    async def count(self, request: Request, rate: str) -> None:
        """Count one request of the caller.

        :raises TooManyRequests: with the seconds until the next one is admitted.
        """
        operation = _operation_of(request)
        counter = self._counters.get(operation)
        if counter is None:
            counter = self._counters[operation] = self._counter_for(operation, rate)
        try:
            await counter(request=request)
        except RateLimitExceeded:
            seconds = self._note_allowance(request)
            raise TooManyRequests(
                "This caller has used up its allowance for this operation.", retry_after=seconds
            ) from None
        self._note_allowance(request)

    def _counter_for(self, operation: str, rate: str) -> _Counter:
        async def count(request: Request) -> None:
            """Nothing but slowapi's check; it identifies a limit by module and name."""

        count.__module__, count.__name__ = "operations", operation
        effective = self._overrides.get(operation) or scaled(rate, self._factor)
        limited: _Counter = self._limiter.limit(effective)(count)
        return limited

    def _note_allowance(self, request: Request) -> int:
        """Leave the headers for the answer; gives the seconds until the window ends."""
        item, key = request.state.view_rate_limit
        window_end, remaining = self._limiter.limiter.get_window_stats(item, *key)
        seconds = max(1, int(window_end - time.time()) + 1)
        request.state.answer_headers = [
            (b"ratelimit-policy", b'"default";q=%d;w=%d' % (item.amount, item.get_expiry())),
            (b"ratelimit", b'"default";r=%d;t=%d' % (remaining, seconds)),
        ]
        return seconds


def _limiter(settings: WebSettings) -> Limiter:
    store = settings.throttle_storage.get_secret_value()
    try:
        return Limiter(
            key_func=caller_of,
            storage_uri=f"{_IN_PROCESS}://" if store.startswith("memory://") else store,
            key_style="endpoint",
            # A store that is away must not take the API with it: count in this process meanwhile.
            in_memory_fallback_enabled=True,
        )
    except StorageError as error:
        raise ConfigurationError(
            f"web.throttle_storage cannot be used: {type(error).__name__}.",
            action="Use memory://, or install the client of the store that is named.",
        ) from None


def caller_of(request: Request) -> str:
    """Who is counted: the verified client, else the address it calls from."""
    principal = getattr(request.state, "principal", None)
    if principal is not None:
        # Users of one client do not share an allowance.
        return f"client:{principal.client_id}:{principal.subject}"
    return f"address:{request.client.host if request.client else 'unknown'}"


# slowapi asks for it at every request, and working it out anew takes longer than the counting.
setattr(caller_of, "__signature__", inspect.signature(caller_of))  # noqa: B010  unknown to mypy


def _operation_of(request: Request) -> str:
    route = request.scope["route"]
    operation: str = getattr(route, "operation_id", None) or f"{request.method} {route.path}"
    return operation


def _request_parameter_of(endpoint: Callable[..., Any]) -> str | None:
    """FastAPI hands the request to one parameter only, so an endpoint's own one is shared."""
    for parameter in inspect.signature(endpoint).parameters.values():
        kind = parameter.annotation
        if kind == "Request" or (inspect.isclass(kind) and issubclass(kind, Request)):
            return parameter.name
    return None


def _with_request(endpoint: Callable[..., Any]) -> inspect.Signature:
    """The endpoint's signature plus the request, so that the framework hands it to us."""
    signature = inspect.signature(endpoint)
    request = inspect.Parameter(
        _ADDED_PARAMETER, inspect.Parameter.KEYWORD_ONLY, annotation=Request
    )
    others = list(signature.parameters.values())
    if others and others[-1].kind is inspect.Parameter.VAR_KEYWORD:
        raise TypeError(f"{endpoint!r} must name its parameters to be throttled")
    return signature.replace(parameters=[*others, request])
