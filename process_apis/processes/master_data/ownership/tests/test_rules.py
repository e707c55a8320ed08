"""Which value survives."""

from datetime import UTC, datetime

from process_apis.processes.master_data.ownership.attributes import ATTRIBUTES, System
from process_apis.processes.master_data.ownership.rules import Claim, Rule, survivor

NAME = ATTRIBUTES["worker", "name"]
EMAIL = ATTRIBUTES["worker", "email"]


def claim(
    system: System, value: str | None, *, connection: str = "", day: int = 1, filled: int = 1
) -> Claim:
    at = datetime(2026, 6, day, tzinfo=UTC)
    return Claim(system, connection or f"{system}-main", "1", value, at, filled)


def test_the_owner_goes_before_every_copy() -> None:
    counts = survivor(NAME, Rule(("hcm",)), [claim("erp", "Ada"), claim("hcm", "Ada Obi")])
    assert (counts.value, counts.owned, counts.why) == ("Ada Obi", True, "hcm-main owns it")


def test_where_the_owner_is_silent_the_erp_counts_and_nobody_is_wrong() -> None:
    claims = [claim("directory", "ada"), claim("erp", "Ada"), claim("hcm", None)]
    counts = survivor(NAME, Rule(("hcm",)), claims)
    assert (counts.value, counts.owned) == ("Ada", False)
    assert counts.why == "its owners say nothing, erp-main does"
    assert survivor(NAME, Rule(("hcm",)), []).value is None
    theirs = survivor(NAME, Rule(("erp",)), [claim("erp", None), claim("hcm", "Ada")])
    assert (theirs.value, theirs.why) == (None, "its owners say nothing")


def test_the_first_of_several_owners_that_says_something_counts() -> None:
    rule = Rule(("hcm", "erp"))
    assert survivor(NAME, rule, [claim("erp", "B"), claim("hcm", "A")]).value == "A"
    second = survivor(NAME, rule, [claim("erp", "B"), claim("hcm", None)])
    assert (second.value, second.owned) == ("B", True)


def test_a_connection_that_is_named_goes_by_its_own_place() -> None:
    rule = Rule(("connection:people-uk", "hcm"))
    claims = [
        claim("hcm", "US", connection="people-us"),
        claim("hcm", "UK", connection="people-uk"),
    ]
    assert survivor(NAME, rule, claims).value == "UK"


def test_two_owners_of_one_rank_that_differ_are_no_owner() -> None:
    claims = [
        claim("hcm", "US", connection="people-us"),
        claim("hcm", "UK", connection="people-uk"),
    ]
    assert survivor(NAME, Rule(("hcm",)), claims).value is None
    assert survivor(NAME, Rule(("hcm",)), [*claims, claim("erp", "E")]).value == "E"
    assert survivor(NAME, Rule(("hcm", "erp")), [*claims, claim("erp", "E")]).owned
    same = [claim("hcm", "A@x.org"), claim("hcm", "a@X.org", connection="people-uk")]
    assert survivor(EMAIL, Rule(("hcm",)), same).owned, "case does not matter in addresses"


def test_of_owners_the_one_that_changed_last_or_has_the_most_complete_record() -> None:
    claims = [claim("hcm", "A", day=1, filled=5), claim("erp", "B", day=2, filled=3)]
    recent = survivor(NAME, Rule(("hcm", "erp"), "most_recent"), claims)
    assert (recent.value, recent.why) == ("B", "erp-main changed it last, 2026-06-02 00:00 UTC")
    complete = survivor(NAME, Rule(("erp", "hcm"), "most_complete"), claims)
    assert (complete.value, complete.why) == ("A", "hcm-main has the most complete record")


def test_equals_are_told_apart_by_their_place_among_the_owners() -> None:
    claims = [claim("hcm", "A"), claim("erp", "B")]
    for kind in ("most_recent", "most_complete"):
        assert survivor(NAME, Rule(("erp", "hcm"), kind), claims).value == "B"
