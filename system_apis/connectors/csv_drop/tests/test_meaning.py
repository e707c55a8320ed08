"""What cells mean, for each kind of master, and which options are refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.problems import ConfigurationError
from shared.values import FixedClock, Money
from system_apis.capabilities.crm.schemas import EngagementStatus
from system_apis.capabilities.directory.schemas import GroupMember
from system_apis.capabilities.erp.schemas import LookupItem, OutcomeStatus, PostingRequest
from system_apis.connectors.csv_drop.mapping import Unreadable, number_of
from system_apis.connectors.csv_drop.port import CsvCrm, CsvDirectory, CsvErp, CsvHcm
from system_apis.connectors.csv_drop.tests.conftest import (
    GERMAN,
    PROJECTS,
    WORKERS,
    Sender,
    context_of,
    settings_for,
)

FOLDER = Path("nowhere")


@pytest.mark.parametrize(
    ("text", "comma", "number"),
    [
        ("1.234,50", True, "1234.50"),
        ("1234,5", True, "1234.5"),
        ("1.234.567", True, "1234567"),
        ("100,00-", True, "-100.00"),
        ("-100,00", True, "-100.00"),
        ("+5", True, "5"),
        ("1 234,5", True, "1234.5"),
        ("1,234.50", False, "1234.50"),
        ("0.125", False, "0.125"),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, comma: bool, number: str) -> None:
    settings = settings_for(FOLDER, {"workers": WORKERS}, decimal_comma=comma)

    assert number_of(text, settings) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "comma"),
    [("1,234.50", True), ("1.23,4", True), ("1.234,50", False), ("", True), ("abc", True),
     ("1e5", True), ("--5", False), ("-5-", False), ("1,2,3", True), ("٣", True)],
)  # fmt: skip
def test_what_is_no_number_is_not_guessed(text: str, comma: bool) -> None:
    settings = settings_for(FOLDER, {"workers": WORKERS}, decimal_comma=comma)

    with pytest.raises(Unreadable):
        number_of(text, settings)


async def test_assignments_have_dates_and_an_id_of_several_columns(
    sender: Sender, clock: FixedClock
) -> None:
    own = {
        "columns": {
            "external_id": ["PERSNR", "VON"],
            "worker_id": "PERSNR",
            "valid_from": "VON",
            "valid_to": "BIS",
            "legal_entity": "BUKRS",
            "cost_centre_code": "KST",
            "weekly_hours": "STD",
        }
    }
    sender.columns = ["PERSNR", "VON", "BIS", "BUKRS", "KST", "STD"]
    sender.send("assignments", 1, "D;0007;01.01.2024;31.12.2025;DE01;00004100;38,5")
    hcm = CsvHcm(settings_for(sender.folder, {"assignments": own}, **GERMAN), context_of(clock))

    (found,) = (await hcm.assignments(None, 10, None)).items

    assert (found.external_id, found.worker_id) == ("0007:01.01.2024", "0007")
    assert (found.valid_from, found.valid_to) == (date(2024, 1, 1), date(2025, 12, 31))
    assert (found.legal_entity, found.cost_centre_code) == ("DE01", "00004100")
    assert found.weekly_minutes == 38 * 60 + 30
    assert hcm.abilities().dated_assignments
    assert hcm.abilities().lists == ["assignments"]
    assert (await hcm.workers(None, 10, None)).items == []


async def test_accounts_and_engagements_come_with_money_and_owner(
    sender: Sender, clock: FixedClock
) -> None:
    lists = {
        "engagements": {
            "columns": {
                "external_id": "NR",
                "name": "NAME",
                "status": "ST",
                "value": "WERT",
                "value_currency": "WAEHRUNG",
                "owner_id": "BETREUER",
                "owner_name": "BETREUER",
            },
            "values": {"status": {"G": "WON", "V": "LOST"}},
        },
        "accounts": {"columns": {"external_id": "NR", "name": "NAME"}},
    }
    sender.columns = ["NR", "NAME", "ST", "WERT", "WAEHRUNG", "BETREUER"]
    sender.send("engagements", 1, "D;1;Ledger;G;125.000,50;EUR;Eva", "D;2;Tax;Z;;;", "D;3;X;G;1;;")
    sender.columns = ["NR", "NAME"]
    sender.send("accounts", 1, "D;1;Alder Bank")
    crm = CsvCrm(settings_for(sender.folder, lists, **GERMAN), context_of(clock))

    page = await crm.engagements(None, 10, None)

    (ledger,) = page.items
    assert ledger.value == Money(amount=Decimal("125000.50"), currency="EUR")
    assert ledger.status == EngagementStatus.WON
    assert ledger.owner is not None
    assert (ledger.owner.external_id, ledger.owner.name) == ("Eva", "Eva")
    assert {each.external_id: each.reason for each in page.faulty} == {
        "2": "line 4: VALUE: status: is none of OPEN, WON, LOST",
        "3": "line 5: VALUE: value.currency: String should match pattern '^[A-Z]{3}$'",
    }
    assert [each.name for each in (await crm.accounts(None, 10, None)).items] == ["Alder Bank"]
    assert crm.abilities().deltas == ["accounts", "engagements"]


async def test_groups_list_their_members_in_one_cell(sender: Sender, clock: FixedClock) -> None:
    lists = {
        "groups": {"columns": {"external_id": "ID", "name": "NAME", "members": "MEMBERS"}},
        "users": {"columns": {"external_id": "ID", "user_name": "ID", "active": "AKTIV"}},
    }
    sender.columns = ["ID", "NAME", "MEMBERS"]
    sender.send("groups", 1, "D;g1;Finance;user:1|group:g2", "D;g2;Odd;somebody", "D;g3;None;")
    sender.columns = ["ID", "AKTIV"]
    sender.send("users", 1, "D;ada;J", "D;bo;N")
    port = CsvDirectory(settings_for(sender.folder, lists, **GERMAN), context_of(clock))

    page = await port.groups(None, 10, None)
    users = (await port.users(None, 10, None)).items

    assert page.items[0].members == [
        GroupMember(kind="user", external_id="1"),
        GroupMember(kind="group", external_id="g2"),
    ]
    assert {each.external_id for each in page.faulty} == {"g2", "g3"}
    assert {each.user_name: each.active for each in users} == {"ada": True, "bo": False}


async def test_nothing_can_be_posted_into_a_folder(clock: FixedClock) -> None:
    erp = CsvErp(settings_for(FOLDER, {"projects": PROJECTS}), context_of(clock))
    posting = PostingRequest(
        posting_key="a" * 64,
        legal_entity_id="1",
        worker_id="1",
        project_id="1",
        work_date=date(2026, 11, 20),
        accounting_date=date(2026, 11, 20),
        minutes=60,
        billable=True,
    )

    (outcome,) = await erp.post([posting], clock.now())

    assert outcome.status is OutcomeStatus.REJECTED
    assert (await erp.look_up([LookupItem(posting_key="a" * 64)])).missing == ["a" * 64]
    assert (await erp.read_lines(["1"])).missing == ["1"]


@pytest.mark.parametrize(
    ("port", "lists", "words"),
    [
        (CsvErp, {"accounts": PROJECTS}, "lists.accounts is no list of erp"),
        (CsvHcm, {"projects": PROJECTS}, "lists.projects is no list of hcm"),
        (CsvErp, {"workers": WORKERS}, "names status, which it does not have"),
        (CsvCrm, {"accounts": {"columns": {"external_id": "A", "nmae": "B"}}}, "names nmae"),
        (CsvDirectory, {"users": {**WORKERS, "values": {"owner": {}}}}, "names hire_date, owner"),
    ],
)
def test_lists_and_fields_that_there_are_not_are_refused(
    clock: FixedClock, port: Any, lists: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        port(settings_for(FOLDER, lists), context_of(clock))

    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"encoding": "klingon"}, ("encoding",)),
        ({"date_format": "%d.%m."}, ("date_format",)),
        ({"date_format": "soon"}, ("date_format",)),
        ({"delimiter": "||"}, ("delimiter",)),
        ({"lists": {}}, ("lists",)),
        ({"lists": {"workers": {"columns": {"name": "N"}}}}, ("lists", "workers")),
    ],
)
def test_options_that_cannot_work_are_refused(
    options: dict[str, Any], field: tuple[str, ...]
) -> None:
    given = {"lists": {"workers": WORKERS}, **options}
    with pytest.raises(ValidationError) as caught:
        settings_for(FOLDER, **given)

    assert [each["loc"] for each in caught.value.errors()] == [field]
