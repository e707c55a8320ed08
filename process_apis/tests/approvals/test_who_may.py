"""Nobody decides on their own hours: not directly, not through a delegate, not back to oneself."""

import asyncio

import pytest

from process_apis.tests import firm
from process_apis.tests.approvals.people import PETRA, Office

CARL = {"external_id": "u-carl", "code": None, "name": "Carl B", "email": "carl@example.com"}


async def test_a_manager_does_not_approve_their_own_hours_a_controller_does(
    office: Office,
) -> None:
    firm.enter(office.tier.system, "e1", worker=PETRA)
    await office.tier.see("e1")
    request = await office.request("petra")
    assert request["approver"] is None
    assert (await office.listed("petra", view="to_decide"))["total"] == 0
    assert (await office.listed("carl", view="escalated"))["total"] == 1

    own = await office.decide("petra", request)
    offer = (await office.read("carl", request))["may_decide"]
    other = await office.decide("carl", request)

    assert (own.status_code, own.json()["code"]) == (403, "self_approval")
    assert (offer["allowed"], offer["acting_as"]) == (True, "escalation")
    assert other.json()["decided_as"] == "escalation"


async def test_an_approvers_delegate_does_not_approve_their_own_hours(office: Office) -> None:
    firm.enter(office.tier.system, "e1", worker=PETRA, project=firm.CLOSED)
    await office.tier.see("e1")
    request = await office.request("petra")
    assert request["approver"] == "carl@example.com"
    await office.delegate("carl", "petra")

    answer = await office.decide("petra", request)

    assert (answer.status_code, answer.json()["code"]) == (403, "self_approval")
    assert (await office.read("petra", request))["may_decide"]["code"] == "self_approval"


async def test_who_stands_for_the_worker_does_not_approve_their_hours(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")
    delegation = (await office.delegate("ada", "petra")).json()

    refused = await office.decide("petra", request)
    assert (refused.status_code, refused.json()["code"]) == (403, "self_approval")
    await office.call("ada", "DELETE", f"/delegations/{delegation['id']}")

    assert (await office.decide("petra", request)).status_code == 200


async def test_a_worker_who_is_responsible_cannot_have_their_deputy_decide(office: Office) -> None:
    firm.enter(office.tier.system, "e1", worker=CARL, project=firm.CLOSED)
    await office.tier.see("e1")
    await office.delegate("carl", "petra")
    # By address the request goes to Petra, who stands for Carl, whose hours they are.
    request = await office.request("carl")
    assert request["approver"] == "petra@example.com"

    answer = await office.decide("petra", request)

    assert (answer.status_code, answer.json()["code"]) == (403, "self_approval")


async def test_a_worker_is_known_by_the_address_in_the_erp_too(office: Office) -> None:
    """Another address in the tracker makes nobody another person."""
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    await office.submit("ada")
    disguised = {**firm.ADA, "email": "other@example.com"}
    firm.enter(office.tier.system, "e2", worker=disguised, work_date="2026-06-09")
    await office.tier.see("e2")

    request = await office.request("ada", day="2026-06-09")

    assert (request["worker"], request["submitted_as"]) == ("Ada Obi", "worker")


async def test_nobody_decides_on_what_they_submitted_for_another(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("petra", worker="u-ada")
    assert request["submitted_as"] == "on_behalf"

    own = await office.decide("petra", request)

    assert (own.status_code, own.json()["code"]) == (403, "self_approval")
    assert (await office.decide("carl", request)).status_code == 200


async def test_roles_are_demanded(office: Office) -> None:
    firm.enter(office.tier.system, "e1")
    await office.tier.see("e1")
    request = await office.request("ada")
    for who in ("ada", "maya"):
        answer = await office.decide(who, request)
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")
    assert (await office.listed("ada", view="own"))["total"] == 1
    assert (await office.listed("maya"))["total"] == 1


async def test_only_those_concerned_see_a_request(office: Office) -> None:
    firm.enter(office.tier.system, "e1", project=firm.CLOSED)
    await office.tier.see("e1")
    request = await office.request("ada")

    assert (await office.listed("petra"))["total"] == 0
    hidden = await office.call("petra", "GET", f"/requests/{request['id']}")
    assert hidden.status_code == 404
    await office.delegate("carl", "petra")
    assert (await office.listed("petra", view="to_decide"))["total"] == 1


async def test_a_delegation_is_not_handed_on(office: Office) -> None:
    assert (await office.delegate("carl", "petra")).status_code == 200

    onwards = await office.delegate("petra", "maya")
    backwards = await office.delegate("petra", "carl")
    from_behind = await office.delegate("ada", "carl")

    for answer in (onwards, backwards, from_behind):
        assert (answer.status_code, answer.json()["code"]) == (409, "delegation_chain")


async def test_two_delegations_made_at_once_make_no_chain(office: Office) -> None:
    for year in range(2030, 2040):
        span = {"valid_from": f"{year}-01-01T00:00:00Z", "valid_to": f"{year}-12-31T00:00:00Z"}
        answers = await asyncio.gather(
            office.delegate("carl", "petra", **span), office.delegate("petra", "ada", **span)
        )
        assert sorted(each.status_code for each in answers) == [200, 409]


async def test_a_delegation_is_made_once_and_ended_once_and_stays_listed(office: Office) -> None:
    first, again = await office.delegate("carl", "petra"), await office.delegate("carl", "petra")
    assert first.json()["id"] == again.json()["id"]
    path = f"/delegations/{first.json()['id']}"

    assert (await office.call("ada", "DELETE", path)).status_code == 403
    ended = (await office.call("petra", "DELETE", path)).json()
    assert ended == (await office.call("carl", "DELETE", path)).json()

    assert (ended["ended_by"], ended["created_by"]) == ("petra", "carl")
    listed = (await office.call("petra", "GET", "/delegations")).json()["delegations"]
    assert [each["id"] for each in listed] == [first.json()["id"]]
    in_force = await office.call("petra", "GET", "/delegations", params={"in_force": True})
    assert in_force.json()["delegations"] == []
    assert (await office.call("ada", "GET", "/delegations")).json()["delegations"] == []
    assert (await office.delegate("carl", "petra")).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("who", "to", "wanted", "status", "code"),
    [
        ("carl", "carl", {}, 409, "delegate_to_self"),
        ("carl", "nobody", {}, 409, "person_unknown"),
        ("carl", "petra", {"valid_to": "2020-01-01T00:00:00Z"}, 422, "validation_failed"),
        ("carl", "petra", {"valid_to": "2026-01-01"}, 422, "validation_failed"),
        ("carl", "petra", {"reason": ""}, 422, "validation_failed"),
        ("carl", "petra", {"valid_from": "0001-01-01T00:00:00+14:00"}, 422, "validation_failed"),
        ("carl", "petra", {"valid_to": "9999-12-31T23:59:59-12:00"}, 422, "validation_failed"),
        ("ada", "maya", {"delegator": "petra@example.com"}, 403, "not_your_delegation"),
        ("carl", "carl", {"delegator": "petra@example.com"}, 403, "not_your_delegation"),
        ("carl", "maya", {"delegator": "petra@example.com"}, 200, None),
    ],
)
async def test_who_may_delegate_what(
    office: Office, who: str, to: str, wanted: dict[str, str], status: int, code: str | None
) -> None:
    answer = await office.delegate(who, to, **wanted)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
