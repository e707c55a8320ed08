"""A guard in the tests' database: a move that no row of the table of transitions allows fails.

So every test of the tier is also a test that the code keeps to the table.
"""

from collections.abc import Iterable

from sqlalchemy import create_engine, text

from process_apis.database import sqlalchemy_url
from process_apis.processes.exceptions import transitions as cases
from process_apis.processes.posting import transitions as postings


def watch_transitions(url: str) -> None:
    """Refuse whatever else moves a posting or a case in this database and its copies."""
    case_moves = [(source, target) for source, target in cases.MOVES if source is not None]
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        connection.execute(text(_guard("posting", postings.MOVES)))
        connection.execute(text(_guard("exception_case", case_moves)))
    engine.dispose()


def _guard(table: str, moves: Iterable[tuple[str, str]]) -> str:
    allowed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(moves))
    return f"""
        CREATE FUNCTION refuse_{table}_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.state, NEW.state) NOT IN ({allowed}) THEN
                RAISE EXCEPTION 'no transition leads from % to %', OLD.state, NEW.state;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {table}_moves BEFORE UPDATE OF state ON {table} FOR EACH ROW
            WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_{table}_move();
    """
