"""Files that are not in order: each is refused whole, says why, and the last good state stays."""

from datetime import timedelta
from typing import Any

import pytest

from shared.values import FixedClock
from system_apis.capabilities.hcm.schemas import WorkerPage
from system_apis.connectors.csv_drop.port import CsvErp, CsvHcm
from system_apis.connectors.csv_drop.tests.conftest import (
    GERMAN,
    WORKERS,
    Sender,
    context_of,
    settings_for,
)

GOOD = "D;001;Ada;01.04.2021"
SECRET = "Confidential Name"


async def page_of(hcm: CsvHcm) -> WorkerPage:
    return await hcm.workers(None, 500, None)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"checksum": "0" * 64}, "CHECKSUM_WRONG"),
        ({"sidecar": False}, "CHECKSUM_MISSING"),
        ({"count": 3}, "COUNT_WRONG"),
        ({"trailer": ""}, "TRAILER"),
        ({"trailer": "T;workers;3;1;"}, "TRAILER"),
        ({"trailer": "T;projects;2;1;"}, "TRAILER"),
        ({"header": "H;workers;2;FULL;2026-11-20T06:00:00"}, "HEADER"),
        ({"header": "H;workers;two;FULL;2026-11-20T06:00:00Z"}, "HEADER"),
        ({"header": "H;workers;0;FULL;2026-11-20T06:00:00Z"}, "HEADER"),
        ({"header": "H;workers;2;ALL;2026-11-20T06:00:00Z"}, "HEADER"),
        ({"header": "PERSNR;NAME"}, "HEADER"),
        ({"header": "H;clients;2;FULL;2026-11-20T06:00:00Z"}, "LIST_UNKNOWN"),
    ],
)
async def test_a_file_that_is_not_in_order_is_refused_whole(
    sender: Sender, hcm: CsvHcm, how: dict[str, Any], code: str
) -> None:
    sender.send("workers", 1, GOOD)
    before = await page_of(hcm)

    name = sender.send("workers", 2, f"D;001;{SECRET};01.04.2021", **how)
    after = await page_of(hcm)

    assert after.items == before.items
    assert after.complete
    (told,) = after.faulty
    assert told.external_id is None
    assert told.reason.startswith(f"{name}: {code}: ")
    assert sender.lies_in("incoming") == []
    assert name in sender.lies_in("refused")
    assert code in sender.text_of("refused", f"{name}.reason.txt")
    acknowledged = sender.text_of("acknowledged", "workers-2-full.ack.csv")
    assert code in acknowledged
    assert SECRET not in acknowledged + told.reason
    assert not any("unfinished" in each.name for each in sender.folder.rglob("*"))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY"),
        (b"\r\n;;\r\n", "EMPTY"),
        (b"H;workers;2;FULL;2026-11-20T06:00:00Z", "COLUMNS"),
        (b"H;workers;2;FULL;2026-11-20T06:00:00Z\nD;1;2\nT;workers;2;1", "COLUMNS"),
        (b"H;workers;2;FULL;2026-11-20T06:00:00Z\nC;PERSNR;NAME\nT;workers;2;0", "COLUMNS"),
        (b"H;workers;2;FULL;2026-11-20T06:00:00Z\nC;PERSNR;NAME;NAME\nT;workers;2;0", "COLUMNS"),
        (
            b"H;workers;2;FULL;2026-11-20T06:00:00Z\nC;PERSNR;NAME;EINTRITT\nT;workers;2;0",
            "EMPTY",
        ),
        (b"H;workers;2;FULL;2026-11-20T06:00:00Z\nC;PERSNR;NAME;EINTRITT\nD;\x81", "ENCODING"),
        (b'H;workers;2;FULL;2026-11-20T06:00:00Z\nC;PERSNR;NAME;EINTRITT\nD;"a"b;c', "ENCODING"),
    ],
)
async def test_odd_bytes_are_refused_whole(
    sender: Sender, hcm: CsvHcm, content: bytes, code: str
) -> None:
    sender.send("workers", 1, GOOD)
    before = await page_of(hcm)

    name = sender.send_bytes("odd.csv", content)
    after = await page_of(hcm)

    assert after.items == before.items
    assert [each.reason.split(":")[:2] for each in after.faulty] == [[name, f" {code}"]]


async def test_a_wrong_control_total_refuses_the_file(sender: Sender, erp: CsvErp) -> None:
    lines = ["D;1;A;A;01.11.2026;1.234,50", "D;2;B;A;01.11.2026;0,50"]
    sender.projects(1, *lines, total="1.235,00")
    assert len((await erp.projects(None, 10, None)).items) == 2

    for sequence, total in ((2, "1.234,00"), (3, ""), (4, "a lot")):
        sender.projects(sequence, lines[0].replace("1.234,50", "99,00"), lines[1], total=total)
    await erp.projects(None, 10, None)

    codes = {sender.text_of("refused", name).split()[1] for name in _notes(sender)}
    assert codes == {"TOTAL_WRONG:", "TRAILER:"}
    assert len(_notes(sender)) == 3


def _notes(sender: Sender) -> list[str]:
    return [name for name in sender.lies_in("refused") if name.endswith(".reason.txt")]


async def test_a_file_that_is_too_large_is_refused_unread(
    sender: Sender, clock: FixedClock
) -> None:
    sender.columns = ["PERSNR", "NAME", "EINTRITT"]
    settings = settings_for(sender.folder, {"workers": WORKERS}, largest_file_bytes=300, **GERMAN)
    hcm = CsvHcm(settings, context_of(clock))
    sender.send("workers", 1, GOOD)
    await page_of(hcm)
    sender.send("workers", 2, *[GOOD] * 20)

    (told,) = (await page_of(hcm)).faulty
    assert "TOO_LARGE" in told.reason


async def test_the_first_file_has_to_be_a_full_one(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, GOOD, mode="DELTA")
    sender.send("workers", 2, GOOD)

    page = await page_of(hcm)

    assert len(page.items) == 1
    assert "FIRST_MUST_BE_FULL" in sender.text_of("refused", "workers-1-delta.csv.reason.txt")


async def test_a_sequence_is_taken_once(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 5, GOOD)
    await page_of(hcm)
    sender.send("workers", 5, "D;002;Bo;01.03.2020", name="another.csv")
    sender.send("workers", 4, "D;003;Cleo;01.03.2020", name="older.csv")

    page = await page_of(hcm)

    assert [each.external_id for each in page.items] == ["001"]
    assert [each.reason.split(": ")[1] for each in page.faulty] == ["SEQUENCE_REPEATED"] * 2


async def test_the_very_same_file_again_is_refused(sender: Sender, hcm: CsvHcm) -> None:
    for name in ("once.csv", "twice.csv"):
        sender.send("workers", 5, GOOD, name=name)
        await page_of(hcm)

    assert "twice.csv" in sender.lies_in("refused")
    assert "was taken already" in sender.text_of("refused", "twice.csv.reason.txt")


async def test_a_delta_waits_for_the_one_before_it(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, GOOD)
    sender.send("workers", 3, "D;003;Cleo;01.03.2020", mode="DELTA")
    assert len((await page_of(hcm)).items) == 1
    assert sender.lies_in("incoming") == ["workers-3-delta.csv", "workers-3-delta.csv.sha256"]

    sender.send("workers", 2, "D;002;Bo;01.03.2020", mode="DELTA")

    assert [each.external_id for each in (await page_of(hcm)).items] == ["001", "002", "003"]
    assert sender.lies_in("incoming") == []


async def test_a_full_file_heals_a_gap(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, GOOD)
    sender.send("workers", 9, "D;009;Nora;01.03.2020")

    assert [each.external_id for each in (await page_of(hcm)).items] == ["009"]


async def test_files_are_taken_by_sequence_whatever_their_names(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 2, "D;001;Ada Two;01.04.2021", mode="DELTA", name="a.csv")
    sender.send("workers", 1, GOOD, name="z.csv")

    assert [each.name for each in (await page_of(hcm)).items] == ["Ada Two"]


async def test_a_refusal_is_told_until_the_next_good_file(
    sender: Sender, hcm: CsvHcm, clock: FixedClock
) -> None:
    sender.send("workers", 1, GOOD)
    await page_of(hcm)
    sender.send("workers", 2, GOOD, count=7)
    assert len((await page_of(hcm)).faulty) == 1

    clock.advance(timedelta(hours=1))
    sender.send("workers", 2, GOOD, name="good.csv")

    assert (await page_of(hcm)).faulty == []


async def test_a_good_and_a_bad_file_that_come_together_are_both_told(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, GOOD)
    sender.send("workers", 2, GOOD, count=7)

    page = await page_of(hcm)

    assert (len(page.items), len(page.faulty)) == (1, 1)
