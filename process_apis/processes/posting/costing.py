"""Predicts what an hour of a posting costs, where cost cards say so.

The ERP rates cost by itself. What it answers is held against the card, and neither of the two
amounts is written down here: what is kept is which row of which card held. Where no row holds, or
several do, nothing is predicted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.posting.facts import Known
from process_apis.processes.rating.book import RateBook
from process_apis.processes.rating.rules import Rated, RateQuestion, Side, Unit


@dataclass(frozen=True)
class CostLine:
    """A row of a published cost card."""

    card_id: UUID
    row: int


async def cost_all(transaction: AsyncConnection, asked: Sequence[Known]) -> dict[UUID, CostLine]:
    """By posting; in the currency of the worker's legal entity."""
    work = [(each.asked.candidate.work_date, each.facts) for each in asked]
    book = await RateBook.open(transaction, Side.COST, work)
    found = {}
    for each in asked:
        day = each.asked.candidate.work_date
        rated = book.rate(RateQuestion(day, each.facts, currency=each.currency))
        if isinstance(rated, Rated) and rated.line is not None and rated.unit is Unit.HOUR:
            found[each.asked.row["id"]] = CostLine(rated.line.card_id, rated.line.row)
    return found
