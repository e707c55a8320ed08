"""Writes and publishes contract terms."""

from uuid import UUID

from process_apis import cursors
from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.billing import store
from process_apis.processes.billing.keys import contract_key
from process_apis.processes.billing.schemas import NewTerms, TermsPage, TermsView
from process_apis.processes.billing.tables import TermsState
from process_apis.processes.master_data import changes
from process_apis.processes.master_data.currencies import CURRENCIES
from process_apis.processes.master_data.steps import Librarian
from process_apis.publishing import require_second_person
from shared.identity import Principal
from shared.problems import Conflict, FieldError, ValidationFailed


async def draft(librarian: Librarian, wanted: NewTerms, caller: Principal) -> TermsView:
    """
    :raises ValidationFailed: its currency is none of ISO 4217.
    """
    if wanted.currency not in CURRENCIES:
        error = FieldError(field="body.currency", message="is none of ISO 4217")
        raise ValidationFailed("The terms make no sense.", errors=[error])
    async with librarian.database.transaction() as transaction:
        await store.lock(transaction, wanted.contract)
        now = librarian.clock.now()
        terms_id = await store.add(transaction, wanted, caller.subject, now)
    return await read(librarian, terms_id)


async def read(librarian: Librarian, terms_id: UUID) -> TermsView:
    """
    :raises NotFound: there are none with this id.
    """
    async with librarian.database.transaction() as transaction:
        return TermsView.model_validate(await store.terms(transaction, terms_id))


async def listed(
    librarian: Librarian,
    contract: str | None,
    state: TermsState | None,
    cursor: str | None,
    limit: int,
) -> TermsPage:
    """One page, the latest first."""
    before = cursors.decode(cursor)
    async with librarian.database.transaction() as transaction:
        found = await store.page(
            transaction, contract=contract, state=state, before=before, limit=limit + 1
        )
    page = [TermsView.model_validate(row) for row in found[:limit]]
    more = len(found) > limit
    return TermsPage(
        terms=page, next_cursor=cursors.encode(page[-1].created_at, page[-1].id) if more else None
    )


async def publish(
    librarian: Librarian, doorbell: Doorbell, terms_id: UUID, caller: Principal
) -> TermsView:
    """Have a draft hold; what waits for the contract is judged again in the same transaction.

    :raises NotFound: there are none with this id.
    :raises Forbidden: whoever wrote them publishes them.
    :raises Conflict: they are no draft any more.
    :raises ValidationFailed: other published terms cover the same at the same time.
    """
    wanted = await read(librarian, terms_id)
    require_second_person(wanted.created_by, caller, "contract terms")
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        await store.lock(transaction, "")
        clash = await store.clash(transaction, terms_id)
        if clash is not None:
            error = FieldError(field=f"body.{clash[0]}", message=clash[1])
            raise ValidationFailed("The terms cannot be published like this.", errors=[error])
        if not await store.publish(transaction, terms_id, caller.subject, now):
            raise Conflict(f"Contract terms {terms_id} are no draft.", code="terms_not_draft")
        words = (
            f"terms of {wanted.contract} version {wanted.version} were published by "
            f"{caller.subject} {changes.at(now)}"
        )
        await librarian.wake(transaction, {contract_key(wanted.contract): words})
    doorbell.ring(Stage.VALIDATE)
    return await read(librarian, terms_id)
