"""The schema, from nothing, and held against the tables that the code believes in."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, text

from process_apis.database import sqlalchemy_url
from process_apis.migrate import migrate
from process_apis.schema import metadata


def is_ours(
    _object: object, name: str | None, kind: str, _reflected: bool, _compared: object
) -> bool:
    return not (kind == "table" and (name or "").startswith("procrastinate_"))


def _differences(connection: Connection) -> list[object]:
    options = {"include_object": is_ours, "compare_type": True, "compare_server_default": True}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def test_an_empty_database_gets_the_tables_of_the_code(database_url: str) -> None:
    migrate(SecretStr(database_url))

    engine = create_engine(sqlalchemy_url(database_url))
    with engine.connect() as connection:
        assert _differences(connection) == []
        queue = connection.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
        assert queue == 0
    engine.dispose()


def test_migrating_again_changes_nothing_and_loses_nothing(database_url: str) -> None:
    migrate(SecretStr(database_url))
    engine = create_engine(sqlalchemy_url(database_url))
    kept = "INSERT INTO intake_count (connection, reason, total) VALUES ('c', 'stale', 7)"
    with engine.begin() as connection:
        connection.execute(text(kept))

    migrate(SecretStr(database_url))

    with engine.connect() as connection:
        assert connection.execute(text("SELECT total FROM intake_count")).scalar_one() == 7
        assert _differences(connection) == []
    engine.dispose()
