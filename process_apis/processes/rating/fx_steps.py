"""Takes quotes in, and converts with the one that holds."""

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import text

from process_apis.database import Database, as_dicts, as_json
from process_apis.processes.master_data.currencies import CURRENCIES
from process_apis.processes.rating.fx import Quote, Wanted, choose
from process_apis.processes.rating.fx_schemas import Conversion, Converted, NewQuotes, QuotesTaken
from shared.identity import Principal
from shared.problems import FieldError, ValidationFailed
from shared.values import Clock, Money

# Printed, and kept with an amount: more digits than any quote has.
_DIGITS = Decimal("1.0000000000")

# The rows stay locked until the end, so that of two uploads at once one comes after the other.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('rates of exchange', 1))")

_KNOWN = text(
    """
    SELECT quoted.base, quoted.quote, quoted.day, known.rate
    FROM jsonb_to_recordset(CAST(:quotes AS jsonb)) AS quoted (base text, quote text, day date)
    JOIN fx_rate AS known ON known.kind = :kind AND known.base = quoted.base
      AND known.quote = quoted.quote AND known.day = quoted.day AND known.replaced_at IS NULL
    """
)
_REPLACE = text(
    """
    UPDATE fx_rate AS known SET replaced_at = :now
    FROM jsonb_to_recordset(CAST(:quotes AS jsonb)) AS quoted (base text, quote text, day date)
    WHERE known.kind = :kind AND known.base = quoted.base AND known.quote = quoted.quote
      AND known.day = quoted.day AND known.replaced_at IS NULL
    """
)
_ADD = text(
    """
    INSERT INTO fx_rate (id, kind, base, quote, day, rate, source, recorded_at, recorded_by)
    SELECT gen_random_uuid(), :kind, base, quote, day, rate, :source, :now, :actor
    FROM jsonb_to_recordset(CAST(:quotes AS jsonb)) AS quoted (
        base text, quote text, day date, rate numeric)
    """
)
_QUOTES = text(
    """
    SELECT base, quote, day, rate FROM fx_rate
    WHERE kind = :kind AND replaced_at IS NULL AND day BETWEEN :first AND :last
      AND base = ANY(:currencies) AND quote = ANY(:currencies)
    """
)


async def take_in(
    database: Database, clock: Clock, wanted: NewQuotes, caller: Principal
) -> QuotesTaken:
    """Keep quotes; the same again changes nothing, and another one takes the place of the first.

    :raises ValidationFailed: names each row and field that makes no sense.
    """
    _refuse_nonsense(wanted)
    rows = {(each.base, each.quote, each.day): each for each in wanted.quotes}
    async with database.transaction() as transaction:
        await transaction.execute(_LOCK)
        now, kind = clock.now(), {"kind": wanted.kind}
        everything = as_json([each.model_dump(mode="json") for each in rows.values()])
        known = {
            (row["base"], row["quote"], row["day"]): row["rate"]
            for row in as_dicts(await transaction.execute(_KNOWN, {**kind, "quotes": everything}))
        }
        other = [each for place, each in rows.items() if known.get(place) != each.rate]
        quotes = as_json([each.model_dump(mode="json") for each in other])
        replaced = await transaction.execute(_REPLACE, {**kind, "quotes": quotes, "now": now})
        facts = {**kind, "quotes": quotes, "source": wanted.source, "now": now}
        await transaction.execute(_ADD, {**facts, "actor": caller.subject})
    corrected = replaced.rowcount
    return QuotesTaken(
        added=len(other) - corrected, corrected=corrected, unchanged=len(rows) - len(other)
    )


async def convert(database: Database, question: Conversion) -> Converted:
    """What an amount is worth on a day, with the rule that was used."""
    wanted = Wanted(
        question.amount.currency,
        question.currency,
        question.day,
        question.kind,
        question.max_age_days,
        question.via,
    )
    currencies = {wanted.base, wanted.quote, *([wanted.via] if wanted.via else [])}
    asked = {
        "kind": wanted.kind,
        "first": wanted.day - timedelta(days=wanted.max_age_days),
        "last": wanted.day,
        "currencies": sorted(currencies),
    }
    async with database.transaction() as transaction:
        rows = as_dicts(await transaction.execute(_QUOTES, asked))
    found = choose(wanted, [Quote(**row) for row in rows])
    if found is None:
        return Converted(
            code="RT_FX_MISSING",
            explanation=f"no {wanted.kind.replace('_', ' ')} rate from {wanted.base} to "
            f"{wanted.quote} of the {wanted.max_age_days} days up to {wanted.day}",
        )
    worth = Money(amount=question.amount.amount * found.rate, currency=wanted.quote)
    return Converted(
        code=None,
        explanation=found.explanation,
        rate=found.rate.quantize(_DIGITS).normalize(),
        day=found.day,
        amount=worth.rounded(),
    )


def _refuse_nonsense(wanted: NewQuotes) -> None:
    errors: list[FieldError] = []
    seen: dict[tuple[str, str, date], Decimal] = {}
    for number, each in enumerate(wanted.quotes):
        for name in ("base", "quote"):
            if getattr(each, name) not in CURRENCIES:
                message = "is no currency of ISO 4217"
                errors.append(FieldError(field=f"body.quotes[{number}].{name}", message=message))
        place = (each.base, each.quote, each.day)
        if each.base == each.quote:
            message = "is the same as base"
            errors.append(FieldError(field=f"body.quotes[{number}].quote", message=message))
        elif place in seen and seen[place] != each.rate:
            message = "is another rate for the same day than in a row before"
            errors.append(FieldError(field=f"body.quotes[{number}].rate", message=message))
        seen[place] = each.rate
    if errors:
        raise ValidationFailed("Some quotes make no sense; none was kept.", errors=errors[:100])
