"""A guard in the tests' database: a move that no row of the table of transitions allows fails.

So every test of the tier is also a test that the code keeps to the table.
"""

from sqlalchemy import create_engine, text

from process_apis.database import sqlalchemy_url
from process_apis.processes.posting.transitions import MOVES


def watch_transitions(url: str) -> None:
    """Refuse whatever else moves a posting in this database and its copies."""
    allowed = ", ".join(f"('{source}', '{target}')" for source, target in sorted(MOVES))
    guard = f"""
        CREATE FUNCTION refuse_unknown_move() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF (OLD.state, NEW.state) NOT IN ({allowed}) THEN
                RAISE EXCEPTION 'no transition leads from % to %', OLD.state, NEW.state;
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER posting_moves BEFORE UPDATE OF state ON posting FOR EACH ROW
            WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION refuse_unknown_move();
    """
    engine = create_engine(sqlalchemy_url(url))
    with engine.begin() as connection:
        connection.execute(text(guard))
    engine.dispose()
