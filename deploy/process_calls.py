"""The process tier, called by whoever operates Timepost from a terminal."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import typer
from pydantic import ValidationError

from deploy.operator_settings import AUDIENCE, OperatorSettings
from shared.http_client import HttpClient
from shared.identity import ServiceTokens
from shared.problems import ProblemDocument, TimepostProblem, UpstreamRefused

Json = dict[str, Any]
# A dry run of a hundred thousand lines takes its time.
_SECONDS = 120.0


class Refused(Exception):
    """The process tier said no, and why.

    :param told: what happened and what to do, for people.
    """

    def __init__(self, told: str) -> None:
        super().__init__(told)
        self.told = told


class ProcessCalls:
    """One connection to the process tier."""

    def __init__(self, http: HttpClient, tokens: ServiceTokens) -> None:
        self._http, self._tokens = http, tokens

    async def call(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        headers: Json | None = None,
        query: Json | None = None,
    ) -> Json:
        """The answer.

        :raises Refused: the tier refuses.
        """
        token = await self._tokens.token(AUDIENCE)
        answer = await self._http.request(
            method,
            path,
            json=body,
            params={name: value for name, value in (query or {}).items() if value is not None},
            headers={**(headers or {}), "Authorization": f"Bearer {token}"},
            idempotent=True,
        )
        if answer.is_success:
            return dict(answer.json())
        try:
            problem = ProblemDocument.model_validate_json(answer.content)
        except ValidationError:
            raise UpstreamRefused(f"The process tier answered {answer.status_code}.") from None
        places = "".join(f"\n  {error.field}: {error.message}" for error in problem.errors)
        raise Refused(f"{problem.detail} ({problem.code}){places}\n{problem.action}")


@asynccontextmanager
async def connected(settings: OperatorSettings) -> AsyncIterator[ProcessCalls]:
    """Until the block ends."""
    url = settings.process_url.rstrip("/")
    async with (
        HttpClient(name="The identity provider") as provider,
        HttpClient(
            url, name="The process tier", timeout=_SECONDS, deadline_seconds=_SECONDS
        ) as http,
    ):
        tokens = ServiceTokens(settings.identity.for_tokens(), provider.library_client)
        yield ProcessCalls(http, tokens)


@contextmanager
def told_plainly() -> Iterator[None]:
    """What was refused is answered by a sentence, not by a traceback."""
    try:
        yield
    except Refused as refused:
        typer.echo(refused.told, err=True)
        raise typer.Exit(1) from None
    except TimepostProblem as problem:
        typer.echo(f"{problem.detail}\n{problem.action}", err=True)
        raise typer.Exit(1) from None
