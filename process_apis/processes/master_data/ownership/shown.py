"""Who owns what, for whoever asks; and which names of the file mean nothing.

Connections and legal entities may come later than the file: such a name is no reason not to start.
"""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.connections import store as connections
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, Attribute
from process_apis.processes.master_data.ownership.configuration import OF_CONNECTION, Ownership
from process_apis.processes.master_data.ownership.schemas import (
    OwnedAttribute,
    OwnershipView,
    RuleView,
)

_CODES = text("SELECT DISTINCT code FROM legal_entity WHERE vanished_at IS NULL")


async def shown(transaction: AsyncConnection, ownership: Ownership) -> OwnershipView:
    """Every attribute with its rules."""
    names = {each.name for each in await connections.known(transaction)}
    codes = {row.code for row in await transaction.execute(_CODES)}
    return OwnershipView(
        attributes=[_shown(ownership, each) for each in ATTRIBUTES.values()],
        unknown_connections=sorted(set(_connections(ownership)) - names),
        unknown_legal_entities=sorted(set(_legal_entities(ownership)) - codes),
    )


def _connections(ownership: Ownership) -> Iterator[str]:
    for table in ownership.tables.values():
        owners = [*table.owners, *(one for each in table.legal_entities for one in each.owners)]
        for owner in owners:
            if owner.startswith(OF_CONNECTION):
                yield owner.removeprefix(OF_CONNECTION)
    for role in ownership.roles:
        if role.connection is not None:
            yield role.connection
    yield from ownership.repairs


def _legal_entities(ownership: Ownership) -> Iterator[str]:
    for table in ownership.tables.values():
        for each in table.legal_entities:
            yield from each.codes


def _shown(ownership: Ownership, attribute: Attribute) -> OwnedAttribute:
    table = ownership.tables.get((attribute.subject, attribute.name))
    usual = ownership.rule(attribute)
    special = [
        RuleView(legal_entities=each.codes, owners=each.owners, survivorship=each.survivorship)
        for each in (table.legal_entities if table else ())
    ]
    rest = RuleView(legal_entities=None, owners=list(usual.owners), survivorship=usual.survivorship)
    return OwnedAttribute(
        subject=attribute.subject,
        attribute=attribute.name,
        meaning=attribute.meaning,
        kept_by=list(attribute.systems),
        compared=attribute.compared,
        configured=table is not None,
        rules=[*special, rest],
    )
