"""The system tier's connections, remembered."""

from datetime import datetime

from sqlalchemy import ARRAY, Text
from sqlmodel import Field, SQLModel

from process_apis.database import Instant


class KnownConnection(SQLModel, table=True):
    """A connection of the system tier, as last read from it."""

    __tablename__ = "known_connection"

    name: str = Field(primary_key=True)
    connector: str
    capability: str
    legal_entities: list[str] = Field(sa_type=ARRAY(Text()))
    seen_at: datetime = Field(sa_type=Instant)
