"""Files that are in order: what becomes of them, and of what was known before."""

from datetime import UTC, date, datetime, timedelta

import pytest

from shared.problems import UpstreamUnavailable
from shared.values import FixedClock
from system_apis.capabilities.erp.schemas import MasterStatus, Project
from system_apis.capabilities.hcm.schemas import Worker, WorkerPage
from system_apis.connectors.csv_drop.port import CsvErp, CsvHcm
from system_apis.connectors.csv_drop.tests.conftest import (
    WORKERS,
    Sender,
    context_of,
    settings_for,
)

EVER = datetime(2020, 1, 1, tzinfo=UTC)


async def projects(erp: CsvErp) -> dict[str, Project]:
    return {each.external_id: each for each in (await erp.projects(None, 500, None)).items}


async def workers(
    hcm: CsvHcm, limit: int = 500, since: datetime | None = None
) -> tuple[dict[str, Worker], WorkerPage]:
    """All pages' workers, and the last page."""
    found: dict[str, Worker] = {}
    cursor: str | None = None
    while True:
        page = await hcm.workers(cursor, limit, since)
        found |= {each.external_id: each for each in page.items}
        cursor = page.next_cursor
        if cursor is None:
            return found, page


async def test_the_project_list_of_a_legacy_erp_is_read_as_it_is_written(
    sender: Sender, erp: CsvErp
) -> None:
    name = sender.projects(
        12,
        'D;0001042;"Prüfung; ""Größe"" 2026";A;01.11.2026;1.234,50',
        "D;0001043;Audit;Z;15.12.2025;100,00-",
        total="1.134,50",
    )

    found = await projects(erp)

    ledger = found["0001042"]
    assert (ledger.code, ledger.name) == ("0001042", 'Prüfung; "Größe" 2026')
    assert (ledger.status, ledger.start_date) == (MasterStatus.OPEN, date(2026, 11, 1))
    assert (ledger.legal_entity_id, ledger.bookable) == ("DE01", True)
    assert found["0001043"].status == MasterStatus.CLOSED
    assert sender.lies_in("incoming") == []
    assert sender.lies_in("accepted") == [
        f"projects-00000012.{name}",
        f"projects-00000012.{name}.sha256",
    ]
    acknowledged = sender.text_of("acknowledged", "projects-12-full.ack.csv")
    assert acknowledged.strip() == f"A;{name};projects;12;ACCEPTED;0"
    assert sender.lies_in("resubmit") == []


async def test_before_the_first_file_nothing_is_known_rather_than_empty(
    sender: Sender, erp: CsvErp
) -> None:
    with pytest.raises(UpstreamUnavailable) as caught:
        await erp.projects(None, 10, None)

    assert caught.value.code == "csv_nothing_taken"


async def test_lists_that_do_not_come_as_files_are_empty(sender: Sender, erp: CsvErp) -> None:
    assert (await erp.clients(None, 10, None)).items == []
    assert (await erp.periods(None, 10, EVER)).items == []


async def test_a_full_file_takes_away_what_it_does_not_hold(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    sender.send("workers", 1, "D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020")
    await workers(hcm)
    clock.advance(timedelta(hours=1))
    since = clock.now()
    sender.send("workers", 2, "D;002;Bo Nilsson;01.03.2020", "D;003;Cleo;01.11.2026")

    found, page = await workers(hcm)
    changed, delta = await workers(hcm, since=since)

    assert set(found) == {"002", "003"}
    assert (page.complete, page.deleted) == (True, [])
    assert {each.name for each in changed.values()} == {"Bo Nilsson", "Cleo"}
    assert (delta.complete, delta.deleted) == (False, ["001"])


async def test_a_delta_changes_and_takes_away_only_what_it_names(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    sender.send("workers", 1, "D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020", "D;003;C;01.03.2020")
    await workers(hcm)
    clock.advance(timedelta(hours=1))
    sender.send("workers", 2, "X;001", "D;002;Bo Nilsson;01.03.2020", mode="DELTA")

    found, _ = await workers(hcm)
    changed, delta = await workers(hcm, since=clock.now())

    assert {key: each.name for key, each in found.items()} == {"002": "Bo Nilsson", "003": "C"}
    assert (list(changed), delta.deleted) == (["002"], ["001"])


async def test_what_comes_back_is_news_and_what_stays_is_none(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    for sequence, lines in enumerate(
        (["D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020"], ["D;002;Bo;01.03.2020"]), start=1
    ):
        sender.send("workers", sequence, *lines)
    await workers(hcm)
    clock.advance(timedelta(hours=1))
    sender.send("workers", 3, "D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020")

    changed, delta = await workers(hcm, since=clock.now())

    assert (list(changed), delta.deleted) == (["001"], [])


async def test_marks_of_gone_records_are_forgotten_after_three_months(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    sender.send("workers", 1, "D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020")
    sender.send("workers", 2, "D;002;Bo;01.03.2020")
    assert (await workers(hcm, since=EVER))[1].deleted == ["001"]

    clock.advance(timedelta(days=91))
    sender.send("workers", 3, "D;002;Bo;01.03.2020")

    assert (await workers(hcm, since=EVER))[1].deleted == []


async def test_everything_is_told_once_whatever_the_size_of_the_pages(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, *(f"D;{number:03};Person;01.03.2020" for number in range(23)))

    for limit in (1, 7, 23, 500):
        pages: list[str] = []
        cursor: str | None = None
        while True:
            page = await hcm.workers(cursor, limit, None)
            pages += [each.external_id for each in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert pages == [f"{number:03}" for number in range(23)]
        assert page.complete


async def test_a_file_that_comes_while_pages_are_read_shifts_nothing(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, *(f"D;{number:03};Person;01.03.2020" for number in range(9)))
    first = await hcm.workers(None, 4, None)
    sender.send("workers", 2, *(f"D;{number:03};Somebody;01.03.2020" for number in range(2, 12)))
    await hcm.workers(None, 1, None)  # somebody else's listing takes it in

    told = [each.external_id for each in first.items]
    cursor = first.next_cursor
    while cursor:
        page = await hcm.workers(cursor, 4, None)
        told += [each.external_id for each in page.items]
        cursor = page.next_cursor

    assert told == [f"{number:03}" for number in range(12)]


async def test_a_mark_of_the_byte_order_is_no_part_of_the_header(
    sender: Sender, clock: FixedClock
) -> None:
    settings = settings_for(
        sender.folder, {"workers": WORKERS}, delimiter=",", date_format="%Y-%m-%d"
    )
    content = (
        "\ufeffH,workers,1,FULL,2026-11-20T06:00:00Z\nC,PERSNR,NAME,EINTRITT\n"
        "D,001,Zoë,2021-04-01\n\nT,workers,1,1\n"
    )
    sender.send_bytes("w.csv", content.encode())

    found, _ = await workers(CsvHcm(settings, context_of(clock)))

    assert found["001"].name == "Zoë"


async def test_a_file_that_is_still_written_is_left_alone(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, "D;001;Ada;01.04.2021")
    (sender.folder / "incoming" / "next.csv.tmp").write_text("H;workers;2")

    await workers(hcm)

    assert sender.lies_in("incoming") == ["next.csv.tmp"]


async def test_the_check_takes_files_in_and_says_how_far_it_is(sender: Sender, hcm: CsvHcm) -> None:
    assert await hcm.check() == ["workers: no file was taken yet", "0 files lie in `refused`"]
    sender.send("workers", 7, "D;001;Ada;01.04.2021")
    sender.send("workers", 8, mode="DELTA", count=3)

    assert await hcm.check() == [
        "workers: 1 known as of sequence 7",
        "1 files lie in `refused`",
    ]
