"""An outcome that no look-up finds out: a person looks in the ERP, and says what stands there."""

import asyncio
from typing import Any

from deploy.identity.in_thread import RunningIdentityServer
from process_apis.doorbell import Stage
from process_apis.tests import firm
from process_apis.tests.conftest import LEASE, Tier
from process_apis.tests.signing_in import token_of
from process_apis.tests.system_stand_in import ERP

EVIDENCE = "Searched the ERP's time sheet of 2 June for the key."
LINE = {"external_id": "1", "work_date": "2026-06-02", "minutes": 480}
STANDS = {"outcome": "posted", "line": LINE, "evidence": EVIDENCE}
ABSENT = {"outcome": "not_posted", "evidence": EVIDENCE}


async def in_doubt(tier: Tier, fault: str, *names: str) -> list[str]:
    """Paths of the cases of entries whose line the ERP committed, or not; it cannot be asked."""
    tier.system.can_look_up = False
    for name in names or ("e1",):
        firm.enter(tier.system, name)
        tier.system.post_faults.append(fault)
        await tier.approve(name, approval=f"approval of {name}")
        await tier.look_up(after=LEASE)
    cases = await tier.cases()
    assert {case["code"] for case in cases} == {"IO_IN_DOUBT"}
    return [f"/v1/cases/{case['id']}" for case in reversed(cases)]


async def confirm(tier: Tier, path: str, said: dict[str, Any], **headers: str) -> Any:
    """As the integration operator, who has just read the case."""
    seen = (await tier.call("GET", path)).headers["etag"]
    headers = {"If-Match": seen, **{name.replace("_", "-"): v for name, v in headers.items()}}
    return await tier.call("POST", f"{path}/confirmation", json=said, headers=headers)


async def test_what_a_person_found_in_the_erp_is_posted_and_never_sent_again(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")

    answer = await confirm(tier, path, STANDS)

    assert answer.status_code == 200, answer.text
    result = answer.json()
    assert result["posting_state"] == "POSTED"
    assert (result["case"]["state"], result["case"]["resolution"]) == (
        "RESOLVED_MANUAL",
        "timepost-operator found line 1 in the ERP",
    )
    assert answer.headers["etag"] == f'"{result["case"]["version"]}"'
    await tier.settle()
    posting = await tier.posting()
    assert (posting["state"], posting["external_id"]) == ("POSTED", "1")
    assert len(tier.system.posts) == 1
    assert [item["outcome"] for item in tier.system.feedback] == ["POSTED"]
    assert await tier.cases() == []


async def test_what_a_person_did_not_find_is_sent_again_with_the_same_key(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "drop")
    for _ in range(3):
        await tier.look_up(after=LEASE)
    assert len(tier.system.posts) == 1, "nothing is sent again by itself"

    answer = await confirm(tier, path, ABSENT)

    assert answer.json()["posting_state"] == "READY"
    await tier.settle()
    assert len(tier.system.lines) == 1
    keys = {item["posting_key"] for post in tier.system.posts for item in post["items"]}
    assert len(keys) == 1
    assert (await tier.posting())["state"] == "POSTED"
    assert await tier.cases() == []


async def test_who_confirmed_what_and_why_stays_on_the_case_and_in_the_lineage(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    await confirm(tier, path, STANDS)

    (kept,) = (await tier.call("GET", path)).json()["confirmations"]
    assert (kept["confirmed_by"], kept["evidence"]) == ("timepost-operator", EVIDENCE)
    assert (kept["outcome"], kept["line"]) == ("posted", LINE)
    (step,) = [
        step for step in await tier.lineage() if step["what"] == "outcome confirmed by a person"
    ]
    assert step["actor"] == "user:timepost-operator"
    assert step["detail"]["confirmation"] == kept["id"]


async def test_a_line_that_is_not_what_was_sent_is_a_case_of_its_own(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")

    answer = await confirm(tier, path, {**STANDS, "line": {**LINE, "minutes": 420}})

    assert answer.json()["posting_state"] == "MISPOSTED"
    case = await tier.case()
    assert case["code"] == "RC_VALUE_DIFF"
    assert "minutes" in case["sentence"]


async def test_look_ups_that_stay_fruitless_end_by_a_persons_word(tier: Tier) -> None:
    firm.enter(tier.system, "e1")
    tier.system.post_faults.append("commit then drop")
    tier.system.lookup_status = 500
    await tier.approve("e1")
    for _ in range(3):
        await tier.look_up(after=LEASE)
    path = f"/v1/cases/{(await tier.case())['id']}"

    assert (await confirm(tier, path, STANDS)).json()["posting_state"] == "POSTED"

    await tier.look_up(after=LEASE)
    assert len(tier.system.lines) == len(tier.system.posts) == 1
    assert (await tier.posting())["state"] == "POSTED"


async def test_a_look_up_under_way_does_not_contradict_the_person(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    tier.system.can_look_up = True
    tier.runtime.ledger.known_abilities.clear()
    tier.system.hold = "look up"
    tier.clock.move(6 * 3600)
    looking = asyncio.create_task(tier.look_up())
    await asyncio.to_thread(tier.system.held.wait, 30)

    assert (await confirm(tier, path, STANDS)).json()["posting_state"] == "POSTED"
    tier.system.lines.clear()  # so that the look-up finds nothing, which would be READY
    tier.system.hold = ""
    await looking

    assert (await tier.posting())["state"] == "POSTED"
    assert len(tier.system.posts) == 1


async def test_the_same_confirmation_twice_counts_once(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    etag = (await tier.call("GET", path)).headers["etag"]
    headers = {"If-Match": etag, "Idempotency-Key": "k-1"}

    async def send(said: dict[str, Any]) -> Any:
        return await tier.call("POST", f"{path}/confirmation", json=said, headers=headers)

    first, second = await asyncio.gather(send(STANDS), send(STANDS))
    assert (first.status_code, second.status_code) == (200, 200), second.text
    assert first.json()["confirmation"] == second.json()["confirmation"]
    other = await send({**STANDS, "evidence": "Something else that I saw."})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await tier.call("GET", path)).json()["confirmations"]) == 1


async def test_two_people_who_confirm_the_same_case_do_not_contradict_each_other(
    tier: Tier,
) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    headers = {"If-Match": (await tier.call("GET", path)).headers["etag"]}
    answers = await asyncio.gather(
        tier.call("POST", f"{path}/confirmation", json=STANDS, headers=headers),
        tier.call("POST", f"{path}/confirmation", json=ABSENT, headers=headers),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    (refused,) = [answer for answer in answers if answer.status_code == 409]
    assert refused.json()["code"] == "nothing_to_confirm"
    assert len((await tier.call("GET", path)).json()["confirmations"]) == 1


async def test_one_line_is_not_the_proof_of_two_postings(tier: Tier) -> None:
    first, second = await in_doubt(tier, "commit then drop", "e1", "e2")
    assert (await confirm(tier, first, STANDS)).status_code == 200

    answer = await confirm(tier, second, STANDS)

    assert (answer.status_code, answer.json()["code"]) == (409, "erp_line_taken")
    states = {posting["state"] for posting in await tier.postings()}
    assert states == {"POSTED", "IN_DOUBT"}
    own = {**STANDS, "line": {**LINE, "external_id": "2"}}
    assert (await confirm(tier, second, own)).json()["posting_state"] == "POSTED"


async def test_a_confirmation_that_says_too_little_changes_nothing(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    for said, field in (
        ({**STANDS, "line": None}, "$.line"),
        ({**ABSENT, "line": LINE}, "$.line"),
        ({**STANDS, "evidence": "yes"}, "$.evidence"),
        ({**STANDS, "evidence": "because a\x00b says so"}, "$.evidence"),
        ({**STANDS, "outcome": "perhaps"}, "$.outcome"),
        ({**STANDS, "line": {**LINE, "external_id": ""}}, "$.line.external_id"),
        ({**STANDS, "line": {**LINE, "minutes": 2**40}}, "$.line.minutes"),
        ({**STANDS, "minutes": 60}, "$.minutes"),
    ):
        answer = await confirm(tier, path, said)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await tier.posting())["state"] == "IN_DOUBT"
    assert (await tier.call("GET", path)).json()["confirmations"] == []


async def test_it_has_to_be_the_case_as_it_stands_now(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    missing = await tier.call("POST", f"{path}/confirmation", json=STANDS)
    assert (missing.status_code, missing.json()["code"]) == (422, "if_match_missing")
    stale = await confirm(tier, path, STANDS, If_Match='"77"')
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await tier.posting())["state"] == "IN_DOUBT"


async def test_a_retry_is_no_word_about_what_stands_in_the_erp(tier: Tier) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    answer = await tier.call("POST", f"{path}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_retry")
    assert "confirm" in answer.json()["action"]
    assert len(tier.system.posts) == 1


async def test_what_is_not_in_doubt_cannot_be_confirmed(tier: Tier) -> None:
    firm.enter(tier.system, "e1", project=firm.CLOSED, task=None)
    await tier.approve("e1")
    answer = await confirm(tier, f"/v1/cases/{(await tier.case())['id']}", STANDS)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_confirm")
    assert tier.system.posts == []


async def test_a_removal_that_was_never_answered_is_confirmed_without_a_line(tier: Tier) -> None:
    tier.system.reversal_modes = ["delete_uninvoiced"]
    firm.enter(tier.system, "e1")
    await tier.approve("e1")
    await tier.worker.work(Stage.SEND, ERP)
    tier.system.can_look_up = tier.system.can_read = False
    tier.runtime.ledger.known_abilities.clear()
    tier.system.post_faults.append("commit then drop")
    del tier.system.entries["e1"]
    await tier.see("e1")
    await tier.worker.work(Stage.CORRECT, ERP)
    await tier.worker.work(Stage.SEND, ERP)
    await tier.look_up(after=LEASE)
    assert tier.system.lines == []
    case = await tier.case()
    assert case["code"] == "IO_IN_DOUBT"
    path = f"/v1/cases/{case['id']}"
    named = await confirm(tier, path, STANDS)
    assert (named.status_code, named.json()["errors"][0]["field"]) == (422, "$.line")

    answer = await confirm(tier, path, {**STANDS, "line": None})

    assert answer.json()["posting_state"] == "POSTED", answer.text
    assert answer.json()["case"]["resolution"] == "timepost-operator found the line gone in the ERP"
    await tier.settle()
    states = {posting["kind"]: posting["state"] for posting in await tier.postings()}
    assert states == {"ORIGINAL": "REVERSED", "REVERSAL": "POSTED"}
    assert await tier.cases() == []


async def test_who_may_confirm(tier: Tier, identity: RunningIdentityServer) -> None:
    (path,) = await in_doubt(tier, "commit then drop")
    for subject in ("stella", "petra"):
        token = await token_of(identity, subject, "cases:write")
        answer = await confirm(tier, path, STANDS, Authorization=f"Bearer {token}")
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert (await tier.posting())["state"] == "IN_DOUBT"

    token = await token_of(identity, "maya", "cases:write")
    answer = await confirm(tier, path, STANDS, Authorization=f"Bearer {token}")
    assert answer.json()["confirmation"]["confirmed_by"] == "maya"
