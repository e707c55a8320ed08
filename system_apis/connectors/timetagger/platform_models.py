"""TimeTagger's own words, as far as this connector reads them. Unknown fields are ignored."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

# TimeTagger takes any integer; beyond the year 3000 it is no instant of work.
EpochSeconds = Annotated[int, Field(ge=0, lt=32_503_680_000)]

TEXT_LENGTH = 255
HIDDEN = "HIDDEN"


class Wire(BaseModel):
    """Values never appear in validation errors: some are confidential."""

    model_config = ConfigDict(hide_input_in_errors=True, frozen=True)


class Record(Wire):
    """A record.

    :param mt: when somebody last changed it, by the clock of their device, in whole seconds.
    :param st: when the server stored it; differs between any two versions of one record.
    :param t1: start; ``t2`` is the end, or equal to it while the timer runs.
    :param ds: the text with its #tags; begins with HIDDEN if the record was deleted.
    """

    key: str = Field(min_length=1)
    mt: int
    st: float
    t1: EpochSeconds
    t2: EpochSeconds
    ds: str = ""

    @property
    def is_deleted(self) -> bool:
        return self.ds.startswith(HIDDEN)

    @property
    def is_running(self) -> bool:
        return self.t1 == self.t2


class Stamp(Wire):
    """What every stored item has, whatever else is wrong with it."""

    key: str = Field(min_length=1)
    st: float


@dataclass(frozen=True)
class Stored:
    """An item as it came; ``record`` is None if it makes no sense."""

    key: str
    st: float
    record: Record | None


class Updates(Wire):
    """Answer to `/updates`. With ``reset`` it holds all there is, whatever was asked for.

    ``reset`` is 0 or a truth value, depending on how the server came to its answer.
    """

    server_time: float
    reset: bool
    records: list[dict[str, Any]]


class Written(Wire):
    """Answer to a PUT: single items are refused inside an answer with status 200."""

    accepted: list[str]
    failed: list[str]
    errors: list[str]


class Version(Wire):
    version: str
