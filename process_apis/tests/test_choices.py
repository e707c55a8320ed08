"""Where Timepost may not decide by itself: finance chooses, and two people accept."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.tests import firm
from process_apis.tests.conftest import Tier
from process_apis.tests.corrections import change, finish, posted, states, sums
from process_apis.tests.signing_in import token_of

REASON = "Agreed with the client on the phone, 9 June."
Acting = Callable[..., Awaitable[Any]]


@pytest.fixture
def acting(tier: Tier, identity: RunningIdentityServer) -> Acting:
    """Act on a case as somebody, who has just read it."""
    tokens: dict[str, str] = {}

    async def act(
        who: str, method: str, path: str, body: Any = None, *, etag: str | None = None
    ) -> Any:
        if who not in tokens:
            tokens[who] = await token_of(identity, who, "cases:read", "cases:write")
        case = "/".join(path.split("/")[:4])
        seen = etag or (await tier.call("GET", case)).headers["etag"]
        headers = {"Authorization": f"Bearer {tokens[who]}", "If-Match": seen}
        return await tier.http.request(method, path, json=body, headers=headers)

    return act


async def invoiced(tier: Tier, state: str = "invoiced") -> str:
    """The path of the case of hours that were changed after an invoice took them."""
    await posted(tier)
    tier.system.lines[0]["invoiced"] = state
    await change(tier, minutes=360)
    case = await tier.case()
    assert (case["code"], case["owner"]) == ("CO_AFTER_INVOICE", "billing.analyst")
    assert [line["minutes"] for line in tier.system.lines] == [480], "nothing was touched"
    return f"/v1/cases/{case['id']}"


async def offered(tier: Tier, path: str) -> dict[str, list[str]]:
    detail = (await tier.call("GET", path)).json()
    return {each["choice"]: each["roles"] for each in detail["choices"]}


async def test_invoiced_hours_are_offset_on_the_next_invoice(tier: Tier, acting: Acting) -> None:
    path = await invoiced(tier)
    assert set(await offered(tier, path)) == {"offset", "taken_back"}

    answer = await acting("bill", "POST", f"{path}/choice", {"choice": "offset", "reason": REASON})
    assert answer.status_code == 200, answer.text
    assert answer.json()["case"]["state"] == "RESOLVED_MANUAL"
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, -480, 360]
    assert await tier.cases() == []
    chosen = [step for step in await tier.lineage() if step["what"] == "chosen: offset"]
    assert [(step["actor"], step["detail"]["reason"]) for step in chosen] == [("user:bill", REASON)]


async def test_what_the_erp_cannot_is_not_offered(tier: Tier, acting: Acting) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced", "credit"]
    path = await invoiced(tier)
    assert set(await offered(tier, path)) == {"taken_back"}
    answer = await acting("bill", "POST", f"{path}/choice", {"choice": "offset", "reason": REASON})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_offered")


async def test_after_a_credit_note_what_is_right_is_posted(tier: Tier, acting: Acting) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced", "credit"]
    path = await invoiced(tier)
    said = {"choice": "taken_back", "reason": REASON}
    answer = await acting("bill", "POST", f"{path}/choice", said)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "$.document")

    answer = await acting("bill", "POST", f"{path}/choice", {**said, "document": "CN-17"})
    assert answer.status_code == 200, answer.text
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480, 360]
    assert await states(tier) == [
        ("ORIGINAL", 1, "REVERSED"),
        ("REPLACEMENT", 2, "POSTED"),
        ("REVERSAL", 1, "POSTED"),
    ]
    assert await tier.cases() == []


async def test_a_draft_that_is_given_up_lets_the_correction_go_on(tier: Tier) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced"]
    path = await invoiced(tier, "draft")
    assert "draft" in (await tier.case())["sentence"]
    tier.system.lines[0]["invoiced"] = "none"
    answer = await tier.call("POST", f"{path}/retry")
    assert answer.status_code == 200, answer.text
    await finish(tier)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}
    assert await tier.cases() == []


async def test_an_invoice_between_the_look_and_the_call_is_noticed(tier: Tier) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced"]
    await posted(tier)
    tier.system.post_faults.append("reject:invoiced_locked")
    await change(tier, minutes=360)
    assert (await tier.case())["code"] == "CO_AFTER_INVOICE"
    assert sums(tier) == {("11", "31", "2026-06-02"): 480}


@pytest.mark.parametrize("deleted", [False, True])
async def test_two_people_leave_it_as_it_is_and_it_is_not_begun_again(
    tier: Tier, acting: Acting, deleted: bool
) -> None:
    path = await invoiced(tier)
    if deleted:
        del tier.system.entries["e1"]
        await tier.see("e1")
        await finish(tier)
        path = f"/v1/cases/{(await tier.case())['id']}"
    asked = await acting("maya", "POST", f"{path}/waiver", {"reason": REASON})
    assert asked.status_code == 200, asked.text
    assert asked.json()["state"] == "PENDING_APPROVAL"
    assert asked.json()["waiver"]["requested_by"] == "maya"

    agreed = await acting("carl", "POST", f"{path}/waiver/approval")
    assert agreed.status_code == 200, agreed.text
    assert agreed.json()["state"] == "ACCEPTED"
    await tier.see("e1")
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [480]
    left = ("REVERSAL", 1, "WAIVED") if deleted else ("REPLACEMENT", 2, "WAIVED")
    assert left in await states(tier)
    assert ("ORIGINAL", 1, "POSTED") in await states(tier)
    assert await tier.cases() == []
    if not deleted:
        tier.system.lines[0]["invoiced"] = "none"
        await change(tier, minutes=300)  # the next version is another matter
        assert sums(tier) == {("11", "31", "2026-06-02"): 300}


async def test_a_waiver_takes_two_people_and_one_of_them_a_controller(
    tier: Tier, acting: Acting
) -> None:
    path = await invoiced(tier)
    none = await acting("carl", "POST", f"{path}/waiver/approval")
    assert (none.status_code, none.json()["code"]) == (409, "nothing_to_approve")
    short = await acting("carl", "POST", f"{path}/waiver", {"reason": "because"})
    assert short.status_code == 422
    await acting("carl", "POST", f"{path}/waiver", {"reason": REASON})
    twice = await acting("maya", "POST", f"{path}/waiver", {"reason": REASON})
    assert (twice.status_code, twice.json()["code"]) == (409, "move_refused")

    for who, status in (("maya", 403), ("bill", 403), ("carl", 403)):
        answer = await acting(who, "POST", f"{path}/waiver/approval")
        assert answer.status_code == status, who
    stale = await acting("carl", "DELETE", f"{path}/waiver", etag='"1"')
    assert stale.status_code == 412
    declined = await acting("maya", "DELETE", f"{path}/waiver")
    assert (declined.status_code, declined.json()["state"]) == (200, "OPEN")
    assert declined.json()["waiver"] is None
    assert (await tier.case())["code"] == "CO_AFTER_INVOICE"


async def test_what_cannot_be_posted_can_be_waived(tier: Tier, acting: Acting) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    path = f"/v1/cases/{(await tier.case())['id']}"
    await acting("petra", "POST", f"{path}/waiver", {"reason": REASON})
    agreed = await acting("carl", "POST", f"{path}/waiver/approval")
    assert agreed.status_code == 200, agreed.text

    tier.system.masters["projects"][1]["status"] = "OPEN"
    await tier.read_masters()
    await finish(tier)
    assert (await tier.posting())["state"] == "WAIVED"
    assert tier.system.lines == []


async def test_where_people_take_lines_back_by_hand_timepost_waits_for_them(
    tier: Tier, acting: Acting
) -> None:
    tier.system.reversal_modes = ["none"]
    await posted(tier)
    await change(tier, minutes=360)
    case = await tier.case()
    assert case["code"] == "CO_BY_HAND"
    path = f"/v1/cases/{case['id']}"
    said = {"choice": "taken_back", "reason": REASON, "document": "line 1"}
    assert (await acting("maya", "POST", f"{path}/choice", said)).status_code == 200
    tier.system.lines.clear()
    await finish(tier)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}


async def test_a_line_that_somebody_removed_counts_as_taken_back(tier: Tier) -> None:
    await posted(tier)
    tier.system.lines.clear()
    await change(tier, minutes=360)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}
    assert "its line was gone already" in [step["what"] for step in await tier.lineage()]


async def test_a_line_that_somebody_changed_is_taken_back_as_it_stands(tier: Tier) -> None:
    """Some ERPs leave date and person of a line writable: what stands there has to go."""
    await posted(tier)
    tier.system.lines[0]["work_date"] = "2026-06-03"
    await change(tier, minutes=360)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}
    (step,) = [each for each in await tier.lineage() if each["what"] == "reversal decided"]
    assert step["detail"]["changed_in_the_erp"] == ["work_date"]


async def test_a_misposted_line_is_corrected_from_its_case(tier: Tier, acting: Acting) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("hours differ")
    await tier.approve("e1")
    case = await tier.case()
    path = f"/v1/cases/{case['id']}"
    assert set(await offered(tier, path)) == {"correct"}

    said = {"choice": "correct", "reason": REASON}
    answer = await acting("maya", "POST", f"{path}/choice", said)
    assert answer.status_code == 200, answer.text
    await finish(tier)

    assert [line["minutes"] for line in tier.system.lines] == [420, -420, 480]
    assert len({line["posting_key"] for line in tier.system.lines}) == 3
    assert await tier.cases() == []


async def test_a_misposted_line_that_was_mended_in_the_erp_is_looked_at_again(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("hours differ")
    await tier.approve("e1")
    path = f"/v1/cases/{(await tier.case())['id']}"
    answer = await tier.call("POST", f"{path}/retry")
    assert answer.json()["posting_state"] == "IN_DOUBT"
    await tier.look_up()
    case = await tier.case()
    assert (case["code"], f"/v1/cases/{case['id']}") == ("RC_VALUE_DIFF", path)

    tier.system.lines[0]["minutes"] = 480
    await tier.call("POST", f"{path}/retry")
    await tier.look_up()
    assert (await tier.posting())["state"] == "POSTED"
    assert await tier.cases() == []
    assert len(tier.system.posts) == 1


async def test_negative_hours_that_an_erp_makes_none_of_are_noticed(tier: Tier) -> None:
    """Worked example 6: clipped at zero without a word."""
    await posted(tier)
    tier.system.post_faults.append("clip")
    await change(tier, minutes=360)
    assert [line["minutes"] for line in tier.system.lines] == [480, 0]
    case = await tier.case()
    assert (case["code"], case["severity"]) == ("RC_VALUE_DIFF", "S1")
    assert ("REVERSAL", 1, "MISPOSTED") in await states(tier)
    assert ("ORIGINAL", 1, "REVERSAL_PENDING") in await states(tier)

    tier.system.lines[1]["minutes"] = -480
    await tier.call("POST", f"/v1/cases/{case['id']}/retry")
    await tier.look_up()
    await finish(tier)
    assert sums(tier) == {("11", "31", "2026-06-02"): 360}
    assert await tier.cases() == []


async def test_hours_that_somebody_else_posted_are_not_posted_again(
    tier: Tier, acting: Acting
) -> None:
    """Worked example 8: posted before Timepost came, without any lineage."""
    firm.enter(tier.system, "e1")
    tier.system.entries["e1"]["invoiced"] = True
    await tier.approve("e1")
    case = await tier.case()
    assert case["code"] == "CO_ORIGINAL_UNKNOWN"
    assert tier.system.lines == []
    path = f"/v1/cases/{case['id']}"
    assert set(await offered(tier, path)) == {"link", "post_anyway"}
    said = {"choice": "link", "reason": REASON}
    unknown = await acting("maya", "POST", f"{path}/choice", {**said, "line": "99"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "erp_line_unknown")

    tier.system.lines.append(firm.line("99", minutes=420))
    answer = await acting("maya", "POST", f"{path}/choice", {**said, "line": "99"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["posting_state"] == "MISPOSTED"
    case = await tier.case()
    assert case["code"] == "RC_VALUE_DIFF"
    path = f"/v1/cases/{case['id']}"
    await acting("maya", "POST", f"{path}/choice", {"choice": "correct", "reason": REASON})
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [420, -420, 480]
    assert await tier.cases() == []


async def test_hours_that_only_the_tracker_calls_invoiced_are_posted_when_somebody_says_so(
    tier: Tier, acting: Acting
) -> None:
    firm.enter(tier.system, "e1")
    tier.system.entries["e1"]["invoiced"] = True
    await tier.approve("e1")
    path = f"/v1/cases/{(await tier.case())['id']}"
    said = {"choice": "post_anyway", "reason": REASON}
    assert (await acting("maya", "POST", f"{path}/choice", said)).status_code == 200
    await finish(tier)
    assert [line["minutes"] for line in tier.system.lines] == [480]
    await change(tier, minutes=300)  # now there is lineage, whatever the tracker calls it
    assert sums(tier) == {("11", "31", "2026-06-02"): 300}
