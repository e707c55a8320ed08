"""Wire contract of `rating` v1."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from process_apis.processes.rating.rounding import Direction, Per, Tie
from process_apis.processes.rating.rules import Level, Side, Unit
from process_apis.processes.rating.tables import CardState
from process_apis.texts import Storable
from shared.values import Money
from shared.values.money import DecimalString

_Code = Annotated[Storable, Field(min_length=1, max_length=100)]
_Factor = Annotated[DecimalString, Field(gt=0, le=100, max_digits=9, decimal_places=6)]


class Names(BaseModel):
    """Whom or what a rate is for: as codes, compared as they are written.

    Together they have to be what one of the rules is named by, such as project and role.
    """

    model_config = ConfigDict(extra="forbid")

    worker: _Code | None = None
    role: _Code | None = None
    grade: _Code | None = None
    task: _Code | None = None
    project: _Code | None = None
    engagement: _Code | None = None
    client: _Code | None = None
    practice: _Code | None = Field(default=None, description="Practice or region.")
    legal_entity: _Code | None = None

    def given(self) -> dict[str, str]:
        """Those that are there."""
        return self.model_dump(exclude_none=True)


class NewLine(BaseModel):
    """One rate."""

    model_config = ConfigDict(extra="forbid")

    names: Names
    amount: Annotated[DecimalString, Field(max_digits=16, decimal_places=6)] = Field(
        description="For one unit, in the card's currency. 0 means no charge."
    )
    unit: Unit = Unit.HOUR
    valid_from: date
    valid_to: date | None = Field(default=None, description="Inclusive; null while it lasts.")
    gap_allowed: bool = Field(
        default=False, description="That nothing holds until the next line for the same is meant."
    )


class NewCard(BaseModel):
    """A draft: the next version of the card with this code, or its first."""

    model_config = ConfigDict(extra="forbid")

    code: _Code
    side: Side
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    lines: list[NewLine] = Field(min_length=1, max_length=5000)
    multipliers: dict[_Code, _Factor] = Field(
        default_factory=dict, max_length=50, description="Time type, such as overtime, to factor."
    )


class CardView(BaseModel):
    """One version of a card, without its lines."""

    id: UUID
    code: str
    version: int
    side: Side
    currency: str
    multipliers: dict[str, DecimalString]
    state: CardState
    created_at: datetime
    created_by: str
    published_at: datetime | None
    published_by: str | None


class LineView(BaseModel):
    """One rate of a card."""

    row: int = Field(description="From 1, as it was sent.")
    names: dict[str, str]
    amount: DecimalString
    unit: Unit
    valid_from: date
    valid_to: date | None
    gap_allowed: bool


class CardDetail(BaseModel):
    """A card with its lines."""

    card: CardView
    lines: list[LineView]


class CardPage(BaseModel):
    """Cards, the latest first."""

    cards: list[CardView]
    next_cursor: str | None


class TimePolicy(BaseModel):
    """How billed time is rounded."""

    model_config = ConfigDict(extra="forbid")

    direction: Direction = Direction.NONE
    per: Literal[Per.LINE, Per.DAY] = Per.LINE
    step: int = Field(default=15, ge=1, le=480, description="Minutes.")
    tie: Tie = Tie.HALF_UP


class Override(BaseModel):
    """A rate for an hour that was approved for this very entry."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[DecimalString, Field(ge=0, max_digits=16, decimal_places=6)]
    currency: str = Field(pattern=r"^[A-Z]{3}$")


class Question(BaseModel):
    """What a rate is asked for, and how much time."""

    model_config = ConfigDict(extra="forbid")

    side: Side = Side.BILL
    work_date: date
    names: Names = Field(description="What is known of the work; more than one rule needs.")
    time_type: _Code | None = None
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    override: Override | None = None
    minutes: list[Annotated[int, Field(ge=1, le=1500)]] = Field(
        default=[60], min_length=1, max_length=100, description="Lines of one person on the day."
    )
    rounding: TimePolicy = TimePolicy()
    amounts_per: Literal[Per.LINE, Per.INVOICE] = Field(
        default=Per.LINE,
        description="Rounded line by line, or all together, with the difference in the lines.",
    )
    tie: Tie = Field(default=Tie.HALF_UP, description="Of amounts, exactly between two.")


class Answer(BaseModel):
    """The rate that holds, why, and what the time is worth.

    Without a rate (`RT_MISSING`), or with several at one rule (`RT_AMBIGUOUS`), there is no amount.
    """

    code: str | None = Field(description="RT_MISSING or RT_AMBIGUOUS; null if a rate holds.")
    explanation: str
    level: Level | None = None
    rule: int | None = Field(default=None, description="Number of the level, from 1.")
    card_id: UUID | None = None
    card: str | None = None
    version: int | None = None
    row: int | None = None
    base: DecimalString | None = None
    effective: DecimalString | None = Field(default=None, description="With its multiplier.")
    unit: Unit | None = None
    quantities: list[DecimalString] = Field(
        default_factory=list, description="Units billed: by line, or one for the day."
    )
    amounts: list[Money] = Field(default_factory=list, description="Of the quantities, as shown.")
    total: Money | None = Field(default=None, description="The sum of the amounts.")
    several: list[LineView] = Field(default_factory=list, description="Those that hold at once.")
