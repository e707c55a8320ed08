"""The invariants, as the ERP's own rows and the tier's answers show them."""

from typing import Any

from process_apis.tests.conftest import Tier
from process_apis.tests.properties import driving
from process_apis.tests.properties.driving import ENDED
from process_apis.tests.properties.model_erp import ModelErp
from process_apis.tests.properties.tracker import NAMES, Tracker, Worth, unpaired

Json = dict[str, Any]


def check_rows(tracker: Tracker) -> None:
    """What no moment may show in the ERP (INV2 to INV5, INV10)."""
    erp = tracker.system
    keys = [line["posting_key"] for line in erp.lines]
    assert len(keys) == len(set(keys)), "one key, two documents"
    now = {line["external_id"]: line for line in erp.lines}
    assert now == erp.as_asked, "something posted was changed or is gone"
    if "negative_line" in erp.reversal_modes:
        assert [*erp.deleted, *erp.history] == [], "a line was touched that need not be"
    assert erp.dated_wrong == [], "posted into a period that was known to be closed"
    for name in NAMES:
        standing, stray = unpaired(tracker.lines(name))
        assert len(standing) <= 1, f"{name} stands more than once"
        sent_so = [each for each in stray if each["external_id"] not in erp.altered]
        assert sent_so == [], f"{name} has a reversal that copies nothing"


async def check_at_rest(tier: Tier, tracker: Tracker) -> None:
    """Bring the history to its end, and look at what became of everything."""
    await _nothing_waits_unseen(tier, tracker.system)
    await _heal(tier, tracker)
    await _check_sums(tier, tracker)
    await _check_replay(tier, tracker)


async def _nothing_waits_unseen(tier: Tier, erp: ModelErp) -> None:
    """INV8: whatever still is not settled after hours has an open case or an incident.

    Single faults are over by then: each would only put off the end of this.
    """
    erp.post_faults.clear()
    await driving.let_pass(tier, 9, 1800)
    cases = await driving.open_cases(tier)
    entries = {case["time_entry_id"] for case in cases}
    connections = {case["connection"] for case in cases if case["time_entry_id"] is None}
    for posting in await driving.everything(tier):
        known = posting["time_entry_id"] in entries or posting["target_connection"] in connections
        facts = {
            each: posting[each]
            for each in ("kind", "state", "code", "attempts", "lookups", "waiting_for")
        }
        assert posting["state"] in ENDED or known, f"waits and nobody knows: {facts}"


async def _heal(tier: Tier, tracker: Tracker) -> None:
    """All decisions are made, all is open and well again, and operators have done their part."""
    erp = tracker.system
    erp.down, erp.lookup_status = "", 200
    for domain in ("periods", "projects"):
        for each in erp.masters[domain]:
            each["status"] = "OPEN"
    for name in sorted(erp.entries):
        if tracker.status(name) not in ("APPROVED", "REJECTED"):
            tracker.decide(name, "APPROVED")
    await driving.read_masters(tier, erp)
    await _tell_everything(tier, tracker)
    await driving.drain(tier)
    for _ in range(2):
        await driving.retry_cases(tier)
        await driving.drain(tier)
    await driving.replay(tier)
    await driving.drain(tier)
    check_rows(tracker)


async def _tell_everything(tier: Tier, tracker: Tracker, *, backwards: bool = False) -> None:
    """Every hint there ever was, once more."""
    hints = [(name, "time_entry") for name in tracker.versions]
    hints += [(approval, "approval") for approval in tracker.system.approvals]
    for subject, kind in reversed(hints) if backwards else hints:
        await tier.hint(subject, kind=kind)


async def _check_sums(tier: Tier, tracker: Tracker) -> None:
    """INV1 and INV9: what still waits for a person does so because the ERP, or the approval, is
    wrong."""
    cases: dict[str, set[str]] = {}
    for case in await driving.open_cases(tier):
        # Telling the tracker changes nothing of the hours, whether or not it succeeds.
        if case["code"] != "RC_STATUS_STALE":
            cases.setdefault(str(case["entry_external_id"]), set()).add(case["code"])
    for name in tracker.versions:
        shown, codes = tracker.in_erp(name), cases.get(name, set())
        if _is_self_approved(tracker, name):
            stood_before = shown == [tracker.worth(name)]
            assert codes or stood_before, f"{name} is self-approved, and nobody knows"
            assert all(each in tracker.agreed.get(name, []) for each in shown) or (
                "RC_VALUE_DIFF" in codes
            )
        elif codes:
            assert codes == {"RC_VALUE_DIFF"}, f"{name}: {codes}, {shown}"
            assert shown != _expected(tracker, name)
        else:
            assert shown == _expected(tracker, name), f"{name}: {shown}"


def _is_self_approved(tracker: Tracker, name: str) -> bool:
    there = name in tracker.system.entries
    return there and tracker.status(name) == "APPROVED" and tracker.is_self_approved(name)


def _expected(tracker: Tracker, name: str) -> list[Worth]:
    if name not in tracker.system.entries or tracker.status(name) != "APPROVED":
        return []
    return [tracker.worth(name)]


async def _check_replay(tier: Tier, tracker: Tracker) -> None:
    """INV7 and INV11: nothing that is told again, in whichever order, changes anything."""
    before = await _sub_ledger(tier, tracker)
    for versions in tracker.versions.values():
        for version in reversed(versions):
            await driving.push(tier, version)
    await _tell_everything(tier, tracker, backwards=True)
    await driving.drain(tier)
    assert await _sub_ledger(tier, tracker) == before


async def _sub_ledger(tier: Tier, tracker: Tracker) -> Json:
    postings = await driving.everything(tier)
    return {
        "entries": {
            name: (each["state"], each["version"], each["approved_version"])
            for name, each in (await driving.entries(tier)).items()
        },
        "postings": [(each["id"], each["state"], each["posting_key"]) for each in postings],
        "lines": list(tracker.system.lines),
    }
