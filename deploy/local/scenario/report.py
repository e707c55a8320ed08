"""The closing tables: what was entered, what stands in the ERP, and whether that is right."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from deploy.local.scenario.director import Outcome


def show(console: Console, outcome: Outcome) -> None:
    """Print the tables, and each difference."""
    console.print(counts_table(outcome))
    console.print(cases_table(outcome))
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


def counts_table(outcome: Outcome) -> Table:
    expected, status = outcome.expectation, outcome.status
    table = Table(title="Entries", title_justify="left")
    for heading in ("", "entries", "hours"):
        table.add_column(heading, justify="left" if not heading else "right")
    entered = [line.minutes for line in expected.known.values()]
    table.add_row("Entered in the tracker", str(len(entered)), hours(sum(entered)))
    table.add_row("Approved by managers", str(expected.approved), "")
    table.add_row("Posted, as Timepost says", str(status.posted), "")
    table.add_row("Must stand in the ERP", str(len(expected.lines)), hours(expected.minutes))
    table.add_row(
        "Stand in the ERP, as it says itself",
        str(len(outcome.lines)),
        hours(sum(line.minutes for line in outcome.lines)),
        style="green" if not outcome.differences else "red",
    )
    table.add_row("Marked as posted in the tracker", str(outcome.marked), "")
    return table


def cases_table(outcome: Outcome) -> Table:
    expected = outcome.expectation.case_codes()
    found = Counter(case.code for case in outcome.cases)
    table = Table(title="Exception cases", title_justify="left")
    table.add_column("code")
    table.add_column("expected", justify="right")
    table.add_column("open", justify="right")
    for code in sorted(expected | found):
        style = "" if expected[code] == found[code] else "red"
        table.add_row(code, str(expected[code]), str(found[code]), style=style)
    return table


def hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def seconds(milliseconds: float | None) -> str:
    return "(nothing)" if milliseconds is None else f"{milliseconds / 1000:.1f} s"
