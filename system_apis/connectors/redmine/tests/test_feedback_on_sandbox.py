"""What became of entries, told in the approval field."""

import pytest

from deploy.sandboxes.redmine.tests.fixtures import Redmine
from system_apis.capabilities.time_tracking.schemas import Feedback, FeedbackOutcome
from system_apis.connectors.redmine.port import RedminePort
from system_apis.connectors.redmine.tests.conftest import Open


def posted(external_id: object) -> Feedback:
    return Feedback(external_id=str(external_id), outcome=FeedbackOutcome.POSTED, document="L1")


async def given(port: RedminePort, *items: Feedback) -> list[str]:
    return [result.status for result in await port.give_feedback(items)]


async def test_an_approved_entry_becomes_posted_once(redmine: Redmine, port: RedminePort) -> None:
    entry = redmine.log()
    redmine.set_state(entry, "approved")
    (before,) = (await port.entries_by_ids([str(entry.id)])).entries

    first = await given(port, posted(entry.id))
    changed_at = entry.updated_on
    second = await given(port, posted(entry.id))

    (after,) = (await port.entries_by_ids([str(entry.id)])).entries
    assert first == second == ["delivered"]
    assert entry.updated_on == changed_at
    assert after.invoiced
    assert after.model_copy(update={"invoiced": False}) == before


@pytest.mark.parametrize("state", ["open", "submitted", "rejected"])
async def test_who_took_an_approval_back_keeps_their_word(
    redmine: Redmine, port: RedminePort, state: str
) -> None:
    entry = redmine.log()
    redmine.set_state(entry, state)

    assert await given(port, posted(entry.id)) == ["refused"]
    assert entry.approval == state


async def test_a_field_that_the_account_may_not_edit_is_not_called_delivered(
    redmine: Redmine, port: RedminePort
) -> None:
    entry = redmine.log()
    redmine.set_state(entry, "approved")
    redmine.store.faults.field_is_read_only = True

    (result,) = await port.give_feedback([posted(entry.id)])

    assert result.status == "refused"
    assert result.message is not None
    assert "may the account edit the field" in result.message


async def test_each_item_has_its_own_result(redmine: Redmine, port: RedminePort) -> None:
    good, gone, hidden = redmine.log(), redmine.log(), redmine.log(project_id=redmine.internal.id)
    redmine.set_state(good, "approved")
    del redmine.store.entries[gone.id]
    redmine.internal.archived = True
    rejected = Feedback(external_id=str(good.id), outcome=FeedbackOutcome.REJECTED, reason="r")

    statuses = await given(
        port, posted(gone.id), posted(hidden.id), posted("x"), rejected, posted(good.id)
    )

    assert statuses == ["missing", "refused", "missing", "unsupported", "delivered"]


async def test_a_value_that_the_field_does_not_have_is_refused(
    redmine: Redmine, port: RedminePort
) -> None:
    entry = redmine.log()
    redmine.set_state(entry, "approved")
    redmine.store.approval_values = ["approved"]

    assert await given(port, posted(entry.id)) == ["refused"]


async def test_an_outage_is_tried_again(redmine: Redmine, port: RedminePort) -> None:
    entry = redmine.log()
    redmine.store.faults.rate_limited = 1

    assert await given(port, posted(entry.id)) == ["retry"]


@pytest.mark.parametrize("approval", [None, {"id": 1, "posted": None}])
async def test_without_a_place_for_it_nothing_is_written(
    redmine: Redmine, open_port: Open, approval: dict[str, object] | None
) -> None:
    entry = redmine.log()
    redmine.set_state(entry, "approved")
    port = open_port(approval=approval)

    assert await given(port, posted(entry.id)) == ["unsupported"]
    assert port.abilities().feedback == []
    assert entry.approval == "approved"
