"""One tier and one database for many examples: emptied between them, instead of made anew."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any, TypeVar

import psycopg

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests.conftest import Tier, running_tier, settings_of
from process_apis.tests.properties.model_erp import ModelErp
from process_apis.tests.system_stand_in import served

T = TypeVar("T")

# Tables as they are when the masters have been read, kept beside the schema that is used.
_KEEP = """
    CREATE SCHEMA kept;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
        END LOOP;
    END $$
"""
# Deleting a few rows is much quicker than TRUNCATE, which makes new files; triggers and foreign
# keys do not matter, as all tables are restored together.
_RESTORE = """
    SET LOCAL session_replication_role = replica;
    DO $$ DECLARE name text; BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
            EXECUTE format('DELETE FROM public.%1$I', name);
            EXECUTE format('INSERT INTO public.%1$I OVERRIDING SYSTEM VALUE'
                           ' SELECT * FROM kept.%1$I', name);
        END LOOP;
    END $$
"""


class Bench:
    """The tier, its surroundings, and the loop that they live in."""

    def __init__(self, tier: Tier, erp: ModelErp, runner: asyncio.Runner, url: str) -> None:
        self.tier, self.erp = tier, erp
        self._runner, self._url = runner, url

    def run(self, what: Coroutine[Any, Any, T]) -> T:
        """Do something of the tier's, from a test that is not async."""
        return self._runner.run(what)

    def begin(self, *, strict: bool, takes_back: str) -> None:
        """Forget the example before."""
        self.erp.forget(strict=strict, takes_back=takes_back)
        # What the tier remembers by itself is too old after that.
        self.tier.clock.move(3600)
        self.run(self._renew_token())
        with psycopg.connect(self._url) as connection:
            connection.execute(_RESTORE)

    async def _renew_token(self) -> None:
        """Hundreds of histories outlast one."""
        self.tier.operator = await self.tier.token(None)


@contextmanager
def bench(url: str, identity: RunningIdentityServer) -> Iterator[Bench]:
    """A tier over a database with the firm's masters, for as long as the block lasts."""
    with psycopg.connect(url) as connection:
        connection.execute(_KEEP)
    erp = ModelErp()
    with served(erp), asyncio.Runner() as runner:
        stack = AsyncExitStack()
        settings = settings_of(url, erp, identity)
        # Hundreds of histories in a minute ask for more than anybody may.
        web = settings.web.model_copy(update={"throttle_factor": 1000.0})
        settings = settings.model_copy(update={"web": web})
        started = running_tier(settings, erp, identity)
        tier = runner.run(stack.enter_async_context(started))
        try:
            yield Bench(tier, erp, runner, url)
        finally:
            runner.run(stack.aclose())
