"""What arrived in each hour, and what an operator was told of."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from process_apis.database import Instant


class ArrivalHour(SQLModel, table=True):
    """What arrived in one hour; an hour without a row had nothing."""

    __tablename__ = "arrival_hour"

    connection: str = Field(primary_key=True)
    hour: datetime = Field(primary_key=True, sa_type=Instant)
    pushed: int
    found: int


class WatchAlert(SQLModel, table=True):
    """A case that the watch has opened and has to close."""

    __tablename__ = "watch_alert"

    connection: str = Field(primary_key=True)
    code: str = Field(primary_key=True)
    since: datetime = Field(sa_type=Instant)
    pushed: bool = Field(default=False, description="Only a webhook ends it.")


class WatchState(SQLModel, table=True):
    """The one row that says how far arrivals are counted, and when the watch last looked."""

    __tablename__ = "watch_state"

    single: bool = Field(default=True, primary_key=True)
    counted_until: datetime | None = Field(default=None, sa_type=Instant)
    last_run_at: datetime = Field(sa_type=Instant)
