"""Systems that write what they do not own, and who decides."""

from process_apis.tests.ownership.conftest import Stewards
from process_apis.tests.system_stand_in import ERP
from process_apis.tests.test_other_masters import CRM


async def test_a_write_by_a_system_that_does_not_own_it_is_a_proposal(stewards: Stewards) -> None:
    await stewards.crm_says("Acme Holding")
    (proposal,) = await stewards.listed("proposals")
    assert (proposal["source_connection"], proposal["status"]) == (CRM, "OPEN")
    assert (proposal["value"], proposal["instead_of"]) == ("Acme Holding", "Acme")
    await stewards.crm_says("Acme Group")
    first, second = await stewards.listed("proposals")
    assert (first["value"], second["status"]) == ("Acme Group", "WITHDRAWN")

    path = f"proposals/{first['id']}/decision"
    yes = {"accept": True, "reason": "the commercial register says so"}
    accepted = await stewards.call("carl", "POST", path, yes)
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["status"], accepted.json()["decided_by"]) == ("ACCEPTED", "carl")
    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_value"]) == (ERP, "Acme Group")
    assert line["why"] == "carl accepted it"
    again = await stewards.call("carl", "POST", path, yes)
    assert (again.status_code, again.json()["code"]) == (409, "proposal_over")

    stewards.tier.system.masters["clients"][0]["name"] = "Acme Group"
    await stewards.tier.read_masters()
    assert await stewards.listed("drift") == [], "the ERP was mended"
    await stewards.crm_says("Acme")
    (open_now,) = await stewards.listed("proposals", status="OPEN")
    assert open_now["instead_of"] == "Acme Group", "the ERP owns it as before"


async def test_a_rejected_proposal_changes_nothing_and_its_owner_may_adopt_one(
    stewards: Stewards,
) -> None:
    await stewards.crm_says("ACME")
    (proposal,) = await stewards.listed("proposals")
    no = {"accept": False, "reason": "only spelling"}
    path = f"proposals/{proposal['id']}/decision"
    assert (await stewards.call("stella", "POST", path, no)).json()["status"] == "REJECTED"
    (line,) = await stewards.listed("drift")
    assert (line["copy_connection"], line["owner_value"]) == (CRM, "Acme")

    await stewards.crm_says("Acme plc")
    stewards.tier.system.masters["clients"][0]["name"] = "Acme plc"
    await stewards.tier.read_masters()
    assert [each["status"] for each in await stewards.listed("proposals")] == [
        "ADOPTED",
        "REJECTED",
    ]


async def test_lists_are_read_page_by_page(stewards: Stewards) -> None:
    for name in ("A", "B", "C"):
        await stewards.crm_says(name)
    seen, cursor = [], None
    while True:
        asked = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        path = "/v1/master-data/proposals"
        page = (await stewards.tier.call("GET", path, params=asked)).json()
        seen += [each["value"] for each in page["proposals"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["C", "B", "A"]


async def test_whoever_pinned_it_decides_on_no_proposal_about_it(stewards: Stewards) -> None:
    about = {"kind": "client", "external_id": "21", "attribute": "name", "value": "Acme SE"}
    assert (await stewards.pin(**about)).status_code == 201
    await stewards.crm_says("Acme Holding")
    (proposal,) = await stewards.listed("proposals")
    path = f"proposals/{proposal['id']}/decision"
    yes = {"accept": True, "reason": "mine"}
    mine = await stewards.call("stella", "POST", path, yes)
    assert (mine.status_code, mine.json()["code"]) == (403, "own_pin")
    assert (await stewards.call("carl", "POST", path, yes)).status_code == 200
