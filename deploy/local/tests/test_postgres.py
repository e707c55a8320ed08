"""The embedded PostgreSQL, for real."""

from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import PostgresServer
from deploy.local.pytest_plugin import fresh_database


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def change(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


def test_each_database_is_empty_and_alone(postgres: PostgresServer, database_url: str) -> None:
    change(database_url, "CREATE TABLE seen (n int)", "INSERT INTO seen VALUES (1)")
    with fresh_database(postgres) as other:
        assert rows(other, "SELECT to_regclass('seen')") == [(None,)]
    assert rows(database_url, "SELECT n FROM seen") == [(1,)]


def test_a_copy_has_what_its_template_had(postgres: PostgresServer, database_url: str) -> None:
    change(database_url, "CREATE TABLE seen (n int)", "INSERT INTO seen VALUES (7)")
    template = database_url.rpartition("/")[2]
    with fresh_database(postgres, template) as copy:
        assert rows(copy, "SELECT n FROM seen") == [(7,)]


def test_a_dropped_database_is_gone_though_somebody_is_connected(postgres: PostgresServer) -> None:
    with fresh_database(postgres) as url:
        lingering = psycopg.connect(url)
    with lingering, pytest.raises(psycopg.OperationalError):
        lingering.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_without_the_password_nobody_gets_in(postgres: PostgresServer) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://timepost:wrong@127.0.0.1:{postgres.port}/postgres")


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "cluster") as server:
        url = server.create_database("ledger")
        change(url, "CREATE TABLE posted (n int)", "INSERT INTO posted VALUES (300)")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        server.start()
        assert rows(url, "SELECT n FROM posted") == [(300,)]
        server.restart()
        assert rows(url, "SELECT n FROM posted") == [(300,)]
    assert list((tmp_path / "cluster").glob("*.running")) == []


def test_the_password_is_in_no_process_list_and_readable_by_its_owner_only(
    postgres: PostgresServer,
) -> None:
    password = postgres.directory / "password"
    assert password.stat().st_mode & 0o077 == 0
    assert password.read_text().strip() not in " ".join(postgres.process.program.command)
