"""Stewards pin values of their own, for a time; the clock ends a pin, nothing has to run for it.

Each pin, what it wakes, and what becomes of the case are one transaction.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.doorbell import Doorbell, Stage
from process_apis.processes.master_data.ownership import decisions, reading
from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, Attribute
from process_apis.processes.master_data.ownership.claims import Known, known
from process_apis.processes.master_data.ownership.schemas import NewPin, PinView, Release
from process_apis.processes.master_data.ownership.telling import over, tell, who
from process_apis.processes.master_data.steps import Librarian
from shared.identity import Principal
from shared.problems import FieldError, NotFound, ValidationFailed
from shared.stop_points import StopPoint, reached

LONGEST_PIN = timedelta(days=366)

_SUBJECT = {
    kind: text(
        f"SELECT id FROM {kind} WHERE owner_connection = :connection"  # noqa: S608 - our own kinds
        " AND owner_external_id = :external_id AND vanished_at IS NULL"
    )
    for kind in ("worker", "client")
}

_REPLACE_PIN = text(
    """
    UPDATE attribute_pin SET released_at = least(:now, until),
        released_by = CASE WHEN until > :now THEN :by ELSE 'timepost' END,
        release_reason = CASE WHEN until > :now THEN 'another pin took its place'
            ELSE 'its time was over' END
    WHERE kind = :kind AND subject_id = :subject AND attribute = :attribute
      AND released_at IS NULL
    """
)

_PIN = text(
    """
    INSERT INTO attribute_pin (id, kind, subject_id, connection, external_id, name, attribute,
        value, until, pinned_at, pinned_by, through, reason)
    VALUES (:id, :kind, :subject, :connection, :external_id, :name, :attribute, :value, :until,
        :now, :by, CAST(:through AS jsonb), :reason)
    """
)

_RELEASE = text(
    """
    UPDATE attribute_pin SET released_at = :now, released_by = :by, release_reason = :reason
    WHERE id = :id AND released_at IS NULL AND until > :now
    """
)


async def pin(
    wanted: NewPin, caller: Principal, librarian: Librarian, doorbell: Doorbell
) -> PinView:
    """Let a value of one's own count until an instant; an earlier pin makes room.

    :raises NotFound: the ERP has no such record.
    :raises ValidationFailed: no such attribute, no such value, or not so long.
    """
    identity = uuid4()
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        attribute = _pinnable(wanted, now)
        await decisions.alone(transaction)
        one = await _subject(transaction, wanted, now)
        asked = {"kind": one.kind, "subject": one.id, "attribute": attribute.name}
        by = {"now": now, "by": caller.subject}
        await transaction.execute(_REPLACE_PIN, {**asked, **by})
        whose = {"connection": one.connection, "external_id": one.external_id, "name": one.name}
        value = {"id": identity, "value": wanted.value, "until": wanted.until}
        await transaction.execute(
            _PIN, {**asked, **whose, **value, **who(caller, wanted.reason, now)}
        )
        await tell(transaction, librarian, one, attribute, f"pinned by {caller.subject}", now)
        view, _ = await reading.pin(transaction, identity, now)
    reached(StopPoint.OWNERSHIP_DECIDED)
    doorbell.ring(Stage.VALIDATE)
    return view


async def release(
    pin_id: UUID, why: Release, caller: Principal, librarian: Librarian, doorbell: Doorbell
) -> PinView:
    """End a pin before its time.

    :raises NotFound: there is no such pin.
    :raises Conflict: it is not in force.
    """
    async with librarian.database.transaction() as transaction:
        now = librarian.clock.now()
        await decisions.alone(transaction)
        before, subject = await reading.pin(transaction, pin_id, now)
        if not before.in_force:
            raise over("pin", before.release_reason or "its time is over")
        asked = {"id": pin_id, "by": caller.subject, "reason": why.reason, "now": now}
        await transaction.execute(_RELEASE, asked)
        one = (await known(transaction, before.kind, [subject], now)).get(subject)
        if one is not None:
            attribute = ATTRIBUTES[before.kind, before.attribute]
            words = f"released by {caller.subject}"
            await tell(transaction, librarian, one, attribute, words, now)
        view, _ = await reading.pin(transaction, pin_id, now)
    reached(StopPoint.OWNERSHIP_DECIDED)
    doorbell.ring(Stage.VALIDATE)
    return view


def _pinnable(wanted: NewPin, now: datetime) -> Attribute:
    attribute = ATTRIBUTES.get((wanted.kind, wanted.attribute))
    faults = []
    if attribute is None or not attribute.compared:
        message = "is no attribute in which systems may differ"
        faults.append(FieldError(field="body.attribute", message=message))
    elif (fault := attribute.fault(wanted.value)) is not None:
        faults.append(FieldError(field="body.value", message=fault))
    if not now < wanted.until <= now + LONGEST_PIN:
        message = f"has to be in the future, within {LONGEST_PIN.days} days"
        faults.append(FieldError(field="body.until", message=message))
    if attribute is None or faults:
        raise ValidationFailed("This cannot be pinned.", errors=faults)
    return attribute


async def _subject(transaction: AsyncConnection, wanted: NewPin, now: datetime) -> Known:
    asked = {"connection": wanted.connection, "external_id": wanted.external_id}
    subject = (await transaction.execute(_SUBJECT[wanted.kind], asked)).scalar()
    found = await known(transaction, wanted.kind, [subject] if subject else [], now)
    if subject is None or subject not in found:
        raise NotFound(
            f"{wanted.connection} has no {wanted.kind} {wanted.external_id}.",
            action="GET /v1/masters/{kind} lists those of ERPs, with owner_external_id.",
        )
    return found[subject]
