"""Who owns what, for whoever asks. Pure: no I/O."""

from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, Attribute
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.master_data.ownership.schemas import (
    OwnedAttribute,
    OwnershipView,
    RuleView,
)


def shown(ownership: Ownership) -> OwnershipView:
    """Every attribute with its rules."""
    return OwnershipView(attributes=[_shown(ownership, each) for each in ATTRIBUTES.values()])


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
