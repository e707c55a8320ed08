"""The engine, and transactions on it.

Hot paths write set-based SQL through SQLAlchemy Core; the SQLModel classes beside them are the
schema's definition and what single rows are read into.
"""

import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import structlog
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from pydantic import SecretStr
from pydantic_core import from_json, to_json
from sqlalchemy import CheckConstraint, CursorResult, DateTime, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from process_apis.provided import provided
from shared.problems import NotReady

_log = structlog.get_logger("timepost.database")

# Dialect constants: one place that says which PostgreSQL types our columns have.
Instant = DateTime(timezone=True)
Json = JSONB(none_as_null=True)


def as_json(rows: object) -> str:
    """Rows for `jsonb_to_recordset`: dataclasses, UUIDs, dates and instants as they are."""
    return to_json(rows).decode()


def as_dicts(result: CursorResult[Any]) -> list[dict[str, Any]]:
    """Rows as dictionaries. Those of `mappings()` look every name up anew at each access."""
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]


def one_of(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    """Check that ``column`` holds one of an enumeration's values."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=name)


def sqlalchemy_url(dsn: str) -> str:
    """The DSN as SQLAlchemy wants it: psycopg 3 as driver."""
    for prefix in ("postgresql+psycopg://", "postgres://", "postgresql://"):
        if dsn.startswith(prefix):
            return "postgresql+psycopg://" + dsn.removeprefix(prefix)
    raise ValueError("the database URL must begin with postgresql://")


def libpq_url(dsn: str) -> str:
    """The DSN as psycopg and procrastinate want it."""
    return "postgresql://" + sqlalchemy_url(dsn).removeprefix("postgresql+psycopg://")


_TRY_LOCK = text("SELECT pg_try_advisory_lock(hashtextextended(:what, 2))")
_UNLOCK = text("SELECT pg_advisory_unlock(hashtextextended(:what, 2))")


class Database:
    """One pool per process.

    :param dsn: `postgresql://…`.
    :param pool_size: connections that are kept; as many again may be opened under load.
    """

    def __init__(self, dsn: SecretStr, pool_size: int = 8) -> None:
        self._engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(dsn.get_secret_value()),
            pool_size=pool_size,
            max_overflow=pool_size,
            # Values hold narrative text, and errors end up in logs.
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={
                "connect_timeout": 5,
                # A lock that is held for long is a defect; waiting for it for ever hides it.
                # And the intent to post has to survive a crash whatever the server's default is.
                "options": "-c lock_timeout=10s -c statement_timeout=60s -c timezone=UTC"
                " -c synchronous_commit=on",
            },
        )
        _ping_what_has_rested(self._engine)

    @property
    def engine(self) -> AsyncEngine:
        """For instrumentation."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction: committed at the end of the block, rolled back on any exception.

        :raises NotReady: the database does not answer, or gave up waiting for a lock: the same
            work may succeed a moment later.
        """
        with _not_ready_if_away():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def rehearsal(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that is always rolled back: what is done in it never was.

        :raises NotReady: as for `transaction`.
        """
        with _not_ready_if_away():
            async with self._engine.connect() as connection:
                yield connection
                await connection.rollback()

    @asynccontextmanager
    async def alone(self, what: str) -> AsyncIterator[bool]:
        """Whether the block is the only one, on all hosts, that does ``what`` now.

        It ends with the process that does it, however that ends: the lock is the connection's.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            key = {"what": what}
            taken = await connection.execute(_TRY_LOCK, key)
            first = bool(taken.scalar_one())
            try:
                yield first
                if first:
                    await connection.execute(_UNLOCK, key)
            except BaseException:
                # Closed, not given back: with the connection the lock goes, too.
                await connection.invalidate()
                raise

    async def ping(self) -> None:
        """Readiness: the database answers and is migrated."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()


@contextmanager
def _not_ready_if_away() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        _log.warning("database_unavailable", reason=type(error).__name__)
        raise NotReady("The database does not answer at the moment.") from error


def trace_statements(database: Database) -> None:
    """Spans for SQL statements, without their values."""
    # Its declared range ends at SQLAlchemy 2.0; the events it listens to are the same in 2.1.
    SQLAlchemyInstrumentor().instrument(engine=database.engine.sync_engine, skip_dep_check=True)


# A connection that was used a moment ago lives; asking it each time costs a round trip for every
# transaction.
_RESTED_SECONDS = 1.0


def _ping_what_has_rested(engine: AsyncEngine) -> None:
    """Replace connections that died while nobody used them, as after a database's restart.

    One that dies within the second is found by its first statement; whoever ran it is told
    NotReady.
    """
    pool, dialect = engine.sync_engine.pool, engine.sync_engine.dialect

    @event.listens_for(pool, "checkin")
    def note_the_time(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    @event.listens_for(pool, "checkout")
    def ping(
        connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection
    ) -> None:
        since = entry.info.get("rests_since")
        if since is None or time.monotonic() - since < _RESTED_SECONDS:
            return
        try:
            dialect.do_ping(connection)
        except (DBAPIError, dialect.loaded_dbapi.Error) as error:
            raise DisconnectionError from error


TheDatabase = Annotated[Database, provided("database")]
