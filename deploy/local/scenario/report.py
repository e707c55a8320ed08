"""The closing tables: what was entered, what stands in the ERP, and whether that is right."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from deploy.local.scenario.director import Outcome
from deploy.local.scenario.expected import read_expected

APPROVED_IN = {
    "Clockify": "in Clockify, by managers",
    "TimeTagger": "in Timepost, by people or a policy",
}


def show(console: Console, outcome: Outcome) -> None:
    """Print the tables, and each difference."""
    console.print(counts_table(outcome))
    cases = Counter(in_words(case.code, resolved=case.resolved) for case in outcome.cases)
    console.print(comparison("Exception cases", "code", expected_cases(outcome), "found", cases))
    drift = Counter(f"{each.system}: {each.attribute} of {each.record}" for each in outcome.drift)
    wanted = Counter(
        f"{each['system']}: {each['attribute']} of {each['record']}"
        for each in read_expected()["drift"]
    )
    console.print(comparison("Where systems disagree", "", wanted, "found", drift))
    made = outcome.decisions
    console.print(comparison("Approvals in Timepost", "", made.expected, "found", made.found))
    lag = outcome.status.lag_ms
    console.print(
        f"Approved to posted: p50 {seconds(lag.get('p50'))}, p95 {seconds(lag.get('p95'))}"
    )
    if not outcome.quiet:
        console.print("[yellow]Timepost was not quiet in the end; waiting was given up.")
    if not outcome.differences:
        console.print("[green]✓ Every approved hour stands in the ERP exactly once, or is a case.")
    for difference in outcome.differences:
        console.print(f"✗ {difference}", style="red", markup=False, soft_wrap=True)


def in_words(code: str, resolved: bool) -> str:
    return f"{code}, resolved by itself" if resolved else code


def expected_cases(outcome: Outcome) -> Counter[str]:
    expected = outcome.expectation
    resolved = Counter(in_words(each, resolved=True) for each in expected.resolved.values())
    return expected.case_codes() + resolved


def counts_table(outcome: Outcome) -> Table:
    expected, status = outcome.expectation, outcome.status
    table = Table(title="Entries", title_justify="left")
    for heading in ("", "entries", "hours"):
        table.add_column(heading, justify="left" if not heading else "right")
    for name, tracker in outcome.trackers.items():
        entered = [line.minutes for line in tracker.known.values()]
        table.add_row(f"Entered in {name}", str(len(entered)), hours(sum(entered)))
    for name, tracker in outcome.trackers.items():
        table.add_row(f"Approved {APPROVED_IN[name]}", str(tracker.approved), "")
    table.add_row("Posted, as Timepost says", str(status.posted), "")
    table.add_row("Must stand in the ERP", str(len(expected.lines)), hours(expected.minutes))
    table.add_row(
        "Stand in the ERP, as it says itself",
        str(len(outcome.lines)),
        hours(sum(line.minutes for line in outcome.lines)),
        style="green" if not outcome.differences else "red",
    )
    for name, marked in outcome.marked.items():
        table.add_row(f"Marked as posted in {name}", str(marked), "")
    return table


def comparison(
    title: str, of: str, expected: Counter[str], found_as: str, found: Counter[str]
) -> Table:
    """What must be there beside what is there."""
    table = Table(title=title, title_justify="left")
    table.add_column(of)
    table.add_column("expected", justify="right")
    table.add_column(found_as, justify="right")
    for each in sorted(expected | found):
        style = "" if expected[each] == found[each] else "red"
        table.add_row(each, str(expected[each]), str(found[each]), style=style)
    return table


def hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def seconds(milliseconds: float | None) -> str:
    return "(nothing)" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
