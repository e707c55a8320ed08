"""Says what postings come to under the terms of their contracts, for a batch at once.

Entries consume a limit in the order of day of work, approval and id, and one transaction at a
time: what is left is read under a lock that lasts until the verdict is committed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.processes.billing import rules as billing
from process_apis.processes.billing import store as terms_store
from process_apis.processes.billing.keys import contract_key
from process_apis.processes.billing.rules import Beyond, BillingType, Charge, SameDay, Terms
from process_apis.processes.posting import usage
from process_apis.processes.posting.facts import Asked, Known
from process_apis.processes.posting.findings import Finding
from process_apis.processes.rating.book import RateBook
from process_apis.processes.rating.keys import rates_key
from process_apis.processes.rating.rules import Ambiguous, Missing, Rated, RateQuestion, Side


@dataclass(frozen=True)
class Charged:
    """What it comes to, or why that cannot be said.

    :param billable: what the ERP is told; None leaves it as it was entered.
    """

    charge: Charge | None = None
    findings: tuple[Finding, ...] = ()
    billable: bool | None = None


@dataclass(frozen=True)
class _Case:
    """One of them, with the terms that hold."""

    asked: Asked
    terms: Terms
    facts: Mapping[str, str]
    rated: Rated | None = None

    @property
    def entry(self) -> UUID:
        entry: UUID = self.asked.row["time_entry_id"]
        return entry

    @property
    def place(self) -> usage.Day:
        candidate = self.asked.candidate
        tracker = self.asked.row["source_connection"]
        worker, day = candidate.worker_external_id, candidate.work_date
        return (tracker, worker, day, self.terms.contract)


async def charge_all(transaction: AsyncConnection, asked: Sequence[Known]) -> dict[UUID, Charged]:
    """By posting; those whose project no terms cover are left out."""
    cases = await _with_terms(transaction, asked)
    done: dict[UUID, Charged] = {}
    billed = []
    for case in cases:
        settled = _without_rate(case)
        if settled is None:
            billed.append(case)
        else:
            done[case.asked.row["id"]] = settled
    rated, failed = await _rated(transaction, billed)
    return done | failed | await _split(transaction, rated)


async def _with_terms(transaction: AsyncConnection, asked: Sequence[Known]) -> list[_Case]:
    questions = [
        {
            "number": number,
            "day": each.asked.candidate.work_date,
            **{name: each.facts.get(name) for name in ("project", "client", "legal_entity")},
        }
        for number, each in enumerate(asked)
    ]
    found = await terms_store.holding(transaction, questions)
    return [
        _Case(asked[number].asked, terms, {**asked[number].facts, **_engagement(terms)})
        for number, terms in found.items()
    ]


def _engagement(terms: Terms) -> dict[str, str]:
    return {"engagement": terms.engagement} if terms.engagement else {}


def _without_rate(case: _Case) -> Charged | None:
    """Where nothing is billed by the hour; None if a rate or a limit has to be looked at."""
    terms, candidate = case.terms, case.asked.candidate
    if terms.type is BillingType.NON_BILLABLE:
        if candidate.billable and not terms.flag_by_contract:
            detail = {"label": terms.contract, "why": "it bills no hours"}
            finding = Finding("CT_RULE_MISMATCH", (contract_key(terms.contract),), detail)
            return Charged(findings=(finding,))
        return Charged(billing.unbilled(terms, candidate.minutes), billable=False)
    if not candidate.billable and not terms.flag_by_contract:
        return Charged(billing.unbilled(terms, candidate.minutes), billable=False)
    return None


async def _rated(
    transaction: AsyncConnection, cases: Sequence[_Case]
) -> tuple[list[_Case], dict[UUID, Charged]]:
    wanted = [each for each in cases if each.terms.needs_rate]
    asked = [(each.asked.candidate.work_date, each.facts) for each in wanted]
    book = await RateBook.open(transaction, Side.BILL, asked) if wanted else RateBook(())
    rated, failed = [], {}
    for case in cases:
        if not case.terms.needs_rate:
            rated.append(case)
            continue
        day, currency = case.asked.candidate.work_date, case.terms.currency
        found = book.rate(RateQuestion(day, case.facts, currency=currency))
        if isinstance(found, Rated):
            rated.append(replace(case, rated=found))
        else:
            failed[case.asked.row["id"]] = Charged(findings=(_no_rate(case, found),))
    return rated, failed


def _no_rate(case: _Case, found: Missing | Ambiguous) -> Finding:
    code = "RT_MISSING" if isinstance(found, Missing) else "RT_AMBIGUOUS"
    detail = {"label": case.terms.contract, "why": found.explanation}
    return Finding(code, (rates_key(Side.BILL), contract_key(case.terms.contract)), detail)


async def _split(transaction: AsyncConnection, cases: Sequence[_Case]) -> dict[UUID, Charged]:
    keys = {case.terms.limit_key(case.asked.candidate.work_date) for case in cases}
    meter = await usage.open_meter(transaction, {key for key in keys if key is not None})
    by_day = [case.place for case in cases if billing.counts_by_day(case.terms, case.rated)]
    days = await usage.same_days(transaction, by_day)
    done = {}
    for case in sorted(cases, key=_turn):
        day = case.asked.candidate.work_date
        key = case.terms.limit_key(day)
        others = days.get(case.place, {})
        charge = billing.charge(
            case.terms,
            case.asked.candidate.minutes,
            day,
            case.rated,
            used=meter.by_others(key, case.entry) if key else billing.NOUGHT,
            same_day=sum_of(each for entry, each in others.items() if entry != case.entry),
        )
        charged = _charged(case.terms, charge)
        done[case.asked.row["id"]] = charged
        if charged.charge is not None:
            others[case.entry] = SameDay(case.asked.candidate.minutes, charge.quantity)
            if key is not None:
                meter.note(key, case.entry, charge.consumed)
    return done


def _turn(case: _Case) -> tuple[Any, ...]:
    approved: datetime = case.asked.row["approved_at"] or datetime.max.replace(tzinfo=UTC)
    return (case.asked.candidate.work_date, approved, case.entry)


def sum_of(days: Iterable[SameDay]) -> SameDay:
    """What entries of one day have together."""
    known = list(days)
    quantity = sum((each.quantity for each in known), billing.NOUGHT)
    return SameDay(sum(each.minutes for each in known), quantity)


def _charged(terms: Terms, charge: Charge) -> Charged:
    limit = terms.limit
    if charge.held_quantity and limit is not None and limit.beyond is Beyond.WAIT:
        finding = exceeded(charge.contract, charge.held, charge.currency)
        return Charged(findings=(replace(finding, waiting_for=(contract_key(terms.contract),)),))
    billed = any(part.billing is not billing.Billing.COVERED for part in charge.parts)
    return Charged(charge, billable=terms.bills_hours and billed)


def columns(charge: Charge | None) -> dict[str, Any]:
    """A charge as it is kept on its posting."""
    return {
        "charge": charge,
        "limit_key": charge.limit_key if charge else None,
        "consumed": charge.consumed if charge else None,
        "held": charge.held if charge and charge.held_quantity else None,
    }


def exceeded(contract: str, held: Any, currency: str) -> Finding:
    """Of hours beyond a contract's limit."""
    worth = f"hours worth {held} {currency}" if held else "hours"
    return Finding("CT_NTE_EXCEEDED", detail={"label": contract, "said": f"{worth} are beyond it"})
