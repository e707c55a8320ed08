"""Which of an entry's states is the one that people see."""

from typing import Any

import pytest

from process_apis.processes.time_entries.display import DisplayStatus, status_of


def row(
    entry: str, *postings: tuple[str, str], has_case: bool = False, invoiced: str = "none"
) -> dict[str, Any]:
    return {
        "entry_state": entry,
        "has_case": has_case,
        "its_postings": [
            {"kind": kind, "state": state, "invoiced": invoiced} for kind, state in postings
        ],
    }


LINE, BACK, NEW = "ORIGINAL", "REVERSAL", "REPLACEMENT"


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (row("DRAFT"), "DRAFT"),
        (row("REOPENED"), "DRAFT"),
        (row("SUBMITTED"), "SUBMITTED"),
        (row("PARTIALLY_APPROVED"), "SUBMITTED"),
        (row("REJECTED"), "REJECTED"),
        (row("DELETED"), "DELETED"),
        (row("APPROVED"), "APPROVED"),
        (row("APPROVED", (LINE, "READY")), "WAITING"),
        (row("APPROVED", (LINE, "ON_HOLD")), "WAITING"),
        (row("APPROVED", (LINE, "SENDING")), "SENDING"),
        (row("APPROVED", (LINE, "POSTED")), "POSTED"),
        (row("APPROVED", (LINE, "MISPOSTED")), "POSTED"),
        (row("APPROVED", (LINE, "POSTED"), invoiced="draft"), "POSTED"),
        (row("APPROVED", (LINE, "POSTED"), invoiced="invoiced"), "INVOICED"),
        (row("REOPENED", (LINE, "POSTED")), "POSTED"),
        (row("APPROVED", (LINE, "WAIVED")), "WAIVED"),
        (row("REJECTED", (LINE, "WAIVED")), "REJECTED"),
        (row("APPROVED", (LINE, "IN_DOUBT")), "IN_DOUBT"),
        (row("APPROVED", (LINE, "REVERSAL_PENDING"), (BACK, "READY")), "CORRECTING"),
        (row("APPROVED", (LINE, "REVERSAL_PENDING"), (BACK, "IN_DOUBT")), "IN_DOUBT"),
        (row("APPROVED", (LINE, "REVERSED"), (BACK, "POSTED"), (NEW, "READY")), "CORRECTING"),
        (row("APPROVED", (LINE, "REVERSED"), (BACK, "POSTED"), (NEW, "POSTED")), "POSTED"),
        (row("DELETED", (LINE, "REVERSED"), (BACK, "POSTED")), "DELETED"),
        (row("APPROVED", (LINE, "POSTED"), has_case=True, invoiced="invoiced"), "EXCEPTION"),
    ],
)
def test_the_first_that_holds_is_shown(seen: dict[str, Any], status: str) -> None:
    assert status_of(seen) is DisplayStatus(status)
