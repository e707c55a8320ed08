"""What postings are worth: what a client is billed for them, and what they should cost."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.billing import store as terms_store
from process_apis.processes.posting import charging, costing, facts
from process_apis.processes.posting.charging import Charged
from process_apis.processes.posting.costing import CostLine
from process_apis.processes.posting.facts import Asked
from process_apis.processes.rating import store as cards
from process_apis.processes.rating.rules import Side


@dataclass(frozen=True)
class Valued:
    """:param cost: the row of a cost card that says what an hour should cost."""

    charged: Charged = field(default_factory=Charged)
    cost: CostLine | None = None


async def value_all(transaction: AsyncConnection, asked: Sequence[Asked]) -> dict[UUID, Valued]:
    """By posting. Where there are neither terms nor cost cards, nothing is looked at."""
    if not asked:
        return {}
    has_terms = await terms_store.are_any(transaction)
    has_costs = Side.COST in await cards.published_sides(transaction)
    if not has_terms and not has_costs:
        return {}
    known = await facts.learn(transaction, asked)
    charged = await charging.charge_all(transaction, known) if has_terms else {}
    costs = await costing.cost_all(transaction, known) if has_costs else {}
    return {
        each.row["id"]: Valued(charged.get(each.row["id"], Charged()), costs.get(each.row["id"]))
        for each in asked
    }
