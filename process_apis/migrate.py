"""Brings the database to the schema that this code expects."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from pydantic import SecretStr
from sqlalchemy import Connection, create_engine, text

from process_apis.database import sqlalchemy_url

# Two deployments that start at once must not migrate at once.
_MIGRATION_LOCK = 7_412_001


def configuration(connection: Connection) -> Config:
    """Alembic's configuration, without an ini file: everything in it is known here."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def migrate(dsn: SecretStr) -> None:
    """Upgrade to the newest revision; safe to run from several places at the same time."""
    engine = create_engine(
        sqlalchemy_url(dsn.get_secret_value()),
        connect_args={"options": "-c lock_timeout=10s -c timezone=UTC"},
    )
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()
            try:
                command.upgrade(configuration(connection), "head")
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(
                    text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK}
                )
                connection.commit()
    finally:
        engine.dispose()
