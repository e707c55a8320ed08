"""What must come of the demo, as a file that anybody can read: `expected.json`. Pure.

It is made from the plan alone, before Timepost has seen anything, and the demo holds what it found
against it, exactly:

    python -m deploy.local.scenario.expected
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.local.scenario.firm import DEMO_FILE, Firm, read_firm
from deploy.local.scenario.life import MINUTES_LESS
from deploy.local.scenario.make_plan import FIRST_DAY, make_plan
from deploy.local.scenario.plan import Later
from deploy.local.scenario.verdict import Case, Expectation, Line
from deploy.local.scenario.weekend_plan import plan_weekends
from deploy.local.scenario.world import Disagreement, disagreements

EXPECTED_FILE = Path(__file__).parents[1] / "expected.json"

Json = dict[str, Any]


def expectation_of(firm: Firm) -> Expectation:
    """As if all had been lived; the entries have numbers in place of a tracker's ids."""
    expected = Expectation()
    for number, (week, entry) in enumerate(make_plan(firm).entries()):
        expected.note(str(number), week, entry)
        if entry.later is not None:
            left = entry.minutes - MINUTES_LESS if entry.later is Later.EDIT else 0
            expected.note_later(str(number), left)
    expected.note_reopened()
    for place, weekend in enumerate(plan_weekends(firm)):
        for number, one in enumerate(weekend.entries):
            expected.note_line(
                f"w{place}-{number}",
                weekend.line(one),
                approved=weekend.fate.is_approval and not one.deleted,
                case=one.case,
            )
    return expected


def expected_file(firm: Firm) -> Json:
    """The content of the file."""
    expected = expectation_of(firm)
    cases = [
        *(Case(entry, code) for entry, code in expected.cases.items()),
        *(Case(entry, code, resolved=True) for entry, code in expected.resolved.items()),
    ]
    names = names_in_erp(firm)
    drift = [replace(each, record=names[each.record]) for each in disagreements(firm)]
    return as_file(firm, expected, expected.lines.values(), cases, drift)


def names_in_erp(firm: Firm) -> dict[str, str]:
    """What the ERP calls people, by number, and clients, by code."""
    data = tomllib.loads(DEMO_FILE.read_text(encoding="utf-8"))
    clients = {each["code"]: each["name"] for each in data["clients"]}
    return {person.number: person.name for person in firm.people} | clients


def as_file(
    firm: Firm,
    known: Expectation,
    lines: Iterable[Line],
    cases: Iterable[Case],
    drift: Iterable[Disagreement],
) -> Json:
    """What was found, or must be, in the same words.

    :param known: whose `known` says what each entry of a case is.
    """
    entity = {person.email: person.entity for person in firm.people}
    hours: Counter[str] = Counter()
    for line in lines:
        hours[entity.get(line.email, "nobody knows them")] += line.minutes
    told = [_case(known, each) for each in cases]
    return {
        "minutes_posted_by_legal_entity": dict(sorted(hours.items())),
        "cases_by_code": dict(sorted(Counter(each["code"] for each in told).items())),
        "cases": sorted(told, key=lambda each: json.dumps(each, sort_keys=True)),
        "drift": sorted(
            (
                {"system": e.system, "record": e.record, "attribute": e.attribute, "says": e.value}
                for e in drift
            ),
            key=lambda each: json.dumps(each, sort_keys=True),
        ),
    }


def _case(known: Expectation, case: Case) -> Json:
    line = known.known.get(case.entry_id)
    facts = (
        {
            "worker": line.email,
            "date": line.date.isoformat(),
            "project": line.project,
            "task": line.task,
            "minutes": line.minutes,
        }
        if line
        else {"entry": case.entry_id}
    )
    return {"code": case.code, "ends": "resolved" if case.resolved else "open", **facts}


def file_differences(expected: Json, found: Json) -> list[str]:
    """Where what was found is not what stands in the file, one sentence each."""
    told = []
    for name in ("minutes_posted_by_legal_entity", "cases_by_code"):
        for key in sorted(expected[name].keys() | found[name].keys()):
            wanted, is_ = expected[name].get(key, 0), found[name].get(key, 0)
            if wanted != is_:
                told.append(f"{name}, {key}: {is_} instead of {wanted}")
    for name in ("cases", "drift"):
        wanted_rows = Counter(json.dumps(each, sort_keys=True) for each in expected[name])
        found_rows = Counter(json.dumps(each, sort_keys=True) for each in found[name])
        told += [f"{name}: missing {each}" for each in sorted(wanted_rows - found_rows)]
        told += [f"{name}: not expected {each}" for each in sorted(found_rows - wanted_rows)]
    return told


def read_expected() -> Json:
    """The file as it is committed."""
    found: Json = json.loads(EXPECTED_FILE.read_text(encoding="utf-8"))
    return found


def as_text(content: Json) -> str:
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    firm = read_firm(FIRST_DAY, DEMO_FILE)
    EXPECTED_FILE.write_text(as_text(expected_file(firm)), encoding="utf-8")


if __name__ == "__main__":
    main()
