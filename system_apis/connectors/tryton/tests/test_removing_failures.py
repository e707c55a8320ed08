"""Every way in which a delete call can end, and what becomes of each item then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from system_apis.capabilities.erp.schemas import ErrorClass, Operation, PostingRequest
from system_apis.connectors.tryton.tests.failing_tryton import (
    ALREADY,
    IN_DOUBT,
    NOW,
    POSTED,
    REJECTED,
    RETRY,
    SOON,
    error_classes,
    opened,
    posting,
    postings,
    statuses,
)
from system_apis.connectors.tryton.tests.fake_tryton import FakeTryton, lost, status

DELETE = "model.timesheet.line.delete"


def removal(number: int, line: dict[str, Any], key: str) -> PostingRequest:
    """Takes back what stands in a line, under a key of its own."""
    return posting(
        1000 + number,
        minutes=-60,
        operation=Operation.DELETE,
        target_line=str(line["id"]),
        target_key=key,
    )


async def posted(fake: FakeTryton, count: int) -> list[PostingRequest]:
    """So many lines in the ERP, and the requests that take them back."""
    items = postings(count)
    async with opened(fake) as erp:
        await erp.post(items, SOON)
    return [
        removal(number, line, item.posting_key)
        for number, (item, line) in enumerate(zip(items, fake.lines, strict=True))
    ]


async def test_lines_are_deleted_once_and_gone_is_as_good_as_deleted() -> None:
    fake = FakeTryton()
    removals = await posted(fake, 3)
    async with opened(fake) as erp:
        assert statuses(await erp.post(removals, SOON)) == [POSTED] * 3
        assert statuses(await erp.post(removals, SOON)) == [ALREADY] * 3
    assert fake.lines == []
    assert fake.deletes == [3]


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("how", [lost(httpx2.ReadError), status(500), status(504)])
async def test_an_unanswered_delete_is_in_doubt_and_not_repeated(how: Any, committed: bool) -> None:
    fake = FakeTryton()
    removals = await posted(fake, 5)
    failures = fake.after_delete if committed else fake.on_other.setdefault(DELETE, [])
    failures.append(how)
    async with opened(fake, batch_size=3) as erp:
        outcomes = await erp.post(removals, SOON)
        assert statuses(outcomes) == [IN_DOUBT] * 3 + [RETRY] * 2
        read = await erp.read_lines([str(each.target_line) for each in removals])
        assert len(read.missing) == (3 if committed else 0)
        again = await erp.post(removals, SOON)
    assert statuses(again) == ([ALREADY] * 3 if committed else [POSTED] * 3) + [POSTED] * 2
    assert fake.lines == []


async def test_a_line_that_is_not_ours_any_more_is_left_alone() -> None:
    fake = FakeTryton()
    (removal_of_it,) = await posted(fake, 1)
    other = removal_of_it.model_copy(update={"target_key": "0" * 64})
    async with opened(fake) as erp:
        outcomes = await erp.post([other], SOON)
    assert statuses(outcomes) == [REJECTED]
    assert error_classes(outcomes) == {ErrorClass.STALE_VERSION}
    assert (len(fake.lines), fake.deletes) == (1, [])


async def test_an_invoiced_line_does_not_keep_the_others() -> None:
    """One that is invoiced after we looked refuses the whole call, which is then halved."""
    fake = FakeTryton()
    removals = await posted(fake, 4)
    fake.invoiced_meanwhile = {fake.lines[1]["id"]}
    async with opened(fake) as erp:
        outcomes = await erp.post(removals, SOON)
    assert statuses(outcomes) == [POSTED, REJECTED, POSTED, POSTED]
    assert error_classes(outcomes) == {None, ErrorClass.INVOICED_LOCKED}
    assert [line["id"] for line in fake.lines] == [2]


async def test_nothing_is_deleted_after_the_deadline_and_nothing_rewritten() -> None:
    fake = FakeTryton()
    removals = await posted(fake, 1)
    rewriting = removals[0].model_copy(
        update={"operation": Operation.UPDATE, "posting_key": "1" * 64}
    )
    async with opened(fake) as erp:
        late = await erp.post(removals, NOW - timedelta(seconds=1))
        assert statuses(late) == [RETRY]
        assert statuses(await erp.post([rewriting], SOON)) == [REJECTED]
    assert (len(fake.lines), fake.deletes) == (1, [])
