"""Tryton's JSON-RPC over HTTP: one session, and every failure in our words.

Where the address changed: trytond answers at `/<database>/rpc/` in series 8, at `/<database>/`
in series 6 and 7. The first login finds out, unless the settings say.
"""

import asyncio
import base64
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from shared.http_client import HttpClient
from shared.problems import TimepostProblem, UpstreamRefused, UpstreamUnavailable
from shared.stop_points import StopPoint, reached
from shared.values import Clock
from system_apis.connectors.tryton.platform_models import TrytonRecord
from system_apis.connectors.tryton.refusals import TrytonRefusal
from system_apis.connectors.tryton.rpc import NoSuchPath, RpcChannel, SessionEnded
from system_apis.connectors.tryton.settings import TrytonSettings

# After a refused login Tryton answers the next ones ever later, and locks the user out at the
# sixth; so one refusal stands for all calls of this long.
_PAUSE_AFTER_REFUSED_LOGIN = timedelta(seconds=30)
_LOGOUT_SECONDS = 2.0
_PATHS = {"rpc": "/{}/rpc/", "root": "/{}/"}
_VERSION_PATHS = {"rpc": "/rpc/", "root": "/"}

Record = TypeVar("Record", bound=TrytonRecord)


@dataclass(frozen=True)
class _Session:
    path: str
    shape: str
    authorization: str = field(repr=False)


class TrytonClient:
    """Calls methods of one database.

    Raises `TrytonRefusal` for what Tryton refuses, and problems for the rest: `NotSent` and
    `UpstreamRefused` when nothing happened, `NoAnswer` when a write may have happened.
    """

    def __init__(self, settings: TrytonSettings, http: HttpClient, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._rpc = RpcChannel(http, clock, settings.timeout_seconds)
        self._session: _Session | None = None
        self._login_lock = asyncio.Lock()
        self._refused_until: tuple[datetime, TimepostProblem] | None = None

    async def read(
        self,
        method: str,
        *params: Any,
        company: int | None = None,
        deadline: datetime | None = None,
    ) -> Any:
        """Call a method that changes nothing; lost connections are tried again at once."""
        return await self._call(method, params, company, deadline, reads=True)

    async def write(
        self,
        method: str,
        *params: Any,
        company: int | None = None,
        deadline: datetime | None = None,
    ) -> Any:
        """Call a method that changes something. It is sent once.

        :raises NoAnswer: sent, and it may have been carried out.
        """
        answer = await self._call(method, params, company, deadline, reads=False)
        reached(StopPoint.ERP_REPLIED)
        return answer

    async def search_read(
        self,
        kind: type[Record],
        model: str,
        domain: list[Any],
        fields: Iterable[str],
        *,
        limit: int | None = None,
        deadline: datetime | None = None,
    ) -> list[Record]:
        """Records that a domain selects, by ascending id.

        :raises UpstreamRefused: the records do not look as Tryton 6 to 8 answer them.
        """
        order = [["id", "ASC"]]
        found = await self.read(
            f"model.{model}.search_read", domain, 0, limit, order, list(fields), deadline=deadline
        )
        try:
            return _list_of(kind).validate_python(found)
        except ValidationError as error:
            places = sorted({".".join(map(str, e["loc"][1:])) for e in error.errors()})
            raise UpstreamRefused(
                f"{self._http.name} answered records of {model} in a shape that is not known "
                f"here: {', '.join(places)}.",
                code="tryton_schema",
                action="Check that this series of Tryton is supported.",
            ) from None

    async def version(self) -> str | None:
        """The series, "8.2"; None where only the database's own address is let through.

        Logs in first, which finds the shape of addresses.
        """
        session = await self._open_session(None)
        url = self._settings.base_url + _VERSION_PATHS[session.shape]
        try:
            return str(await self._rpc.call(url, "common.server.version", [], reads=True))
        except (NoSuchPath, SessionEnded, UpstreamRefused):
            return None

    async def close(self) -> None:
        """Log out. Tryton forgets the session by itself too, so a failure does not matter."""
        session, self._session = self._session, None
        if session is None:
            return
        until = self._clock.now() + timedelta(seconds=_LOGOUT_SECONDS)
        try:
            await self._call_in(session, "common.db.logout", [], until, reads=False)
        except (TimepostProblem, TrytonRefusal, SessionEnded):
            return

    async def _call(
        self,
        method: str,
        params: tuple[Any, ...],
        company: int | None,
        deadline: datetime | None,
        *,
        reads: bool,
    ) -> Any:
        context: dict[str, Any] = {"language": "en", "active_test": False}
        if company is not None:
            context["company"] = company
        arguments = [*params, context]
        session = await self._open_session(deadline)
        try:
            return await self._call_in(session, method, arguments, deadline, reads=reads)
        except SessionEnded:
            self._forget(session)
        session = await self._open_session(deadline)
        try:
            return await self._call_in(session, method, arguments, deadline, reads=reads)
        except SessionEnded:
            self._forget(session)
            raise UpstreamRefused(
                f"{self._http.name} refused a session that it had just opened.",
                code="tryton_session_refused",
            ) from None

    async def _call_in(
        self,
        session: _Session,
        method: str,
        params: list[Any],
        deadline: datetime | None,
        *,
        reads: bool,
    ) -> Any:
        try:
            return await self._rpc.call(
                self._settings.base_url + session.path,
                method,
                params,
                authorization=session.authorization,
                deadline=deadline,
                reads=reads,
            )
        except NoSuchPath:
            raise self._no_database() from None

    def _forget(self, session: _Session) -> None:
        if self._session is session:
            self._session = None

    async def _open_session(self, deadline: datetime | None) -> _Session:
        async with self._login_lock:
            if self._session is None:
                if self._refused_until and self._clock.now() < self._refused_until[0]:
                    raise self._refused_until[1]
                self._session = await self._log_in(deadline)
                self._refused_until = None
            return self._session

    async def _log_in(self, deadline: datetime | None) -> _Session:
        wanted = self._settings.url_shape
        for shape in ("rpc", "root") if wanted == "auto" else (wanted,):
            path = _PATHS[shape].format(self._settings.database)
            try:
                user_id, token = await self._log_in_at(path, deadline)
            except NoSuchPath:
                continue
            plain = f"{self._settings.user}:{user_id}:{token}".encode()
            return _Session(path, shape, f"Session {base64.b64encode(plain).decode()}")
        raise self._no_database()

    async def _log_in_at(self, path: str, deadline: datetime | None) -> tuple[int, str]:
        secret = {"password": self._settings.password.get_secret_value()}
        params = [self._settings.user, secret, "en"]
        url = self._settings.base_url + path
        try:
            answer = await self._rpc.call(
                url, "common.db.login", params, deadline=deadline, reads=True
            )
        except SessionEnded:
            answer = None
        except TrytonRefusal as refusal:
            if refusal.kind != "LoginException":  # its pool of models is not loaded yet
                raise UpstreamUnavailable(f"{self._http.name} is not ready.") from None
            answer = None
        match answer:
            case [int(user_id), str(token), *_]:  # series 8 adds the address of its bus
                return user_id, token
        problem = UpstreamRefused(
            f"{self._http.name} refused the login of user {self._settings.user!r}.",
            code="tryton_login_refused",
            action="Correct user and password of the connection.",
        )
        self._refused_until = (self._clock.now() + _PAUSE_AFTER_REFUSED_LOGIN, problem)
        raise problem

    def _no_database(self) -> UpstreamRefused:
        return UpstreamRefused(
            f"{self._http.name} has no database {self._settings.database!r} at "
            f"{self._settings.base_url}.",
            code="tryton_no_database",
            action="Correct base_url, database or url_shape of the connection.",
        )


@functools.cache
def _list_of(kind: type[Record]) -> TypeAdapter[list[Record]]:
    return TypeAdapter(list[kind])  # type: ignore[valid-type]
