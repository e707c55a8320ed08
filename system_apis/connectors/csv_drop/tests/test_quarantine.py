"""Single bad lines: they are kept apart, what they are about stays as it was, and once corrected
they are taken."""

import csv
import io

import pytest

from system_apis.capabilities.hcm.schemas import WorkerPage
from system_apis.connectors.csv_drop.port import CsvHcm
from system_apis.connectors.csv_drop.tests.conftest import Sender

ADA, BO = "D;001;Ada;01.04.2021", "D;002;Bo;01.03.2020"


async def page_of(hcm: CsvHcm) -> WorkerPage:
    return await hcm.workers(None, 500, None)


def names(page: WorkerPage) -> dict[str, str]:
    return {each.external_id: each.name for each in page.items}


@pytest.mark.parametrize(
    ("line", "external_id", "reason"),
    [
        ("D;001;Ada Two;soon", "001", "VALUE: hire_date: is no date"),
        ("D;001;Ada Two;2021-04-01", "001", "VALUE: hire_date: is no date"),
        ("D;001;;01.04.2021", "001", "VALUE: name: Field required"),
        ("D;;Ada Two;01.04.2021", None, "VALUE: external_id: is empty"),
        ("D;001;Ada; Two;01.04.2021", None, "CELLS: has 4 cells; there are 3 columns"),
        ("Q;001;Ada Two;01.04.2021", None, "LINE_TYPE: is neither D nor X"),
        ("X;001", "001", "LINE_TYPE: is a deletion, which only a DELTA has"),
    ],
)
async def test_a_bad_line_is_kept_apart_and_its_record_stays(
    sender: Sender, hcm: CsvHcm, line: str, external_id: str | None, reason: str
) -> None:
    sender.send("workers", 1, ADA, BO)
    await page_of(hcm)

    sender.send("workers", 2, line, "D;002;Bo Nilsson;01.03.2020")
    page = await page_of(hcm)

    assert names(page) == {"001": "Ada", "002": "Bo Nilsson"}
    (told,) = page.faulty
    assert (told.external_id, told.reason) == (external_id, f"line 3: {reason}")
    acknowledged = sender.text_of("acknowledged", "workers-2-full.ack.csv").splitlines()
    assert acknowledged[0].endswith(";ACCEPTED;1")
    assert acknowledged[1].startswith("R;3;")
    assert "Ada Two" not in "".join(acknowledged)


async def test_several_lines_about_one_record_are_all_kept_apart(
    sender: Sender, hcm: CsvHcm
) -> None:
    """Which of them is right, nobody knows."""
    sender.send("workers", 1, ADA, BO)
    sender.send("workers", 2, "D;001;Ada One;01.04.2021", BO, "D;001;Ada Two;01.04.2021")

    page = await page_of(hcm)

    assert names(page) == {"001": "Ada", "002": "Bo"}
    assert [each.external_id for each in page.faulty] == ["001", "001"]
    assert {each.reason.split(": ")[1] for each in page.faulty} == {"DUPLICATE"}


async def test_a_line_that_names_nothing_keeps_a_full_file_from_taking_anything_away(
    sender: Sender, hcm: CsvHcm
) -> None:
    """It may be about any of those that seem to be missing."""
    sender.send("workers", 1, ADA, BO)
    sender.send("workers", 2, "D;;Somebody;01.03.2020", BO)

    assert names(await page_of(hcm)) == {"001": "Ada", "002": "Bo"}


async def test_corrected_lines_are_taken_as_if_they_had_been_right(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, ADA)
    name = sender.send(
        "workers", 2, ADA, "D;002;Bo;soon", 'D;003;"Cleo; =Marchetti";later', mode="FULL"
    )
    assert names(await page_of(hcm)) == {"001": "Ada"}

    (to_correct,) = sender.lies_in("resubmit")
    text = sender.text_of("resubmit", to_correct)
    assert to_correct == f"workers-00000002.{name.removesuffix('.csv')}.resubmit.csv"
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[0][:4] == ["H", "workers", "2", "RESUBMIT"]
    assert [row[:3] for row in rows[2:4]] == [["D", "002", "Bo"], ["D", "003", "Cleo; =Marchetti"]]
    assert rows[4] == ["T", "workers", "2", "2"]

    corrected = text.replace("soon", "01.03.2020").replace("later", "01.11.2026")
    sender.send_bytes("corrected.csv", corrected.encode("cp1252"), sidecar=False)
    page = await page_of(hcm)

    assert names(page) == {"001": "Ada", "002": "Bo", "003": "Cleo; =Marchetti"}
    assert page.faulty == []


async def test_what_is_still_wrong_stays_in_quarantine(sender: Sender, hcm: CsvHcm) -> None:
    sender.send("workers", 1, ADA, "D;002;Bo;soon", "D;003;Cleo;later", "D;;Nobody;01.03.2020")
    assert len((await page_of(hcm)).faulty) == 3

    (first,) = sender.lies_in("resubmit")
    corrected = sender.text_of("resubmit", first).replace("soon", "01.03.2020")
    sender.send_bytes("corrected.csv", corrected.encode("cp1252"), sidecar=False)
    page = await page_of(hcm)

    assert names(page) == {"001": "Ada", "002": "Bo"}
    assert [each.external_id for each in page.faulty] == ["003", None]
    assert len(sender.lies_in("resubmit")) == 2


async def test_a_correction_says_nothing_of_what_a_later_file_spoke_of(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, ADA, "D;002;Bo;soon", "D;003;Cleo;later")
    sender.send("workers", 2, "D;002;Bo of the Delta;01.03.2020", mode="DELTA")
    await page_of(hcm)
    (to_correct,) = sender.lies_in("resubmit")
    text = sender.text_of("resubmit", to_correct)
    corrected = text.replace("soon", "01.03.2020").replace("later", "01.11.2026")

    sender.send_bytes("corrected.csv", corrected.encode("cp1252"), sidecar=False)
    sender.send("workers", 3, "D;004;Dora;01.03.2020", mode="DELTA")
    page = await page_of(hcm)

    assert names(page) == {"001": "Ada", "002": "Bo of the Delta", "003": "Cleo", "004": "Dora"}
    assert page.faulty == []


async def test_a_correction_of_what_a_full_file_has_replaced_is_refused(
    sender: Sender, hcm: CsvHcm
) -> None:
    sender.send("workers", 1, ADA, "D;002;Bo;soon")
    await page_of(hcm)
    (to_correct,) = sender.lies_in("resubmit")
    corrected = sender.text_of("resubmit", to_correct).replace("soon", "01.03.2020")
    sender.send("workers", 2, ADA)
    await page_of(hcm)

    sender.send_bytes("corrected.csv", corrected.encode("cp1252"), sidecar=False)
    page = await page_of(hcm)

    assert names(page) == {"001": "Ada"}
    assert "NOTHING_TO_CORRECT" in page.faulty[0].reason


async def test_lines_to_correct_are_safe_to_open_in_a_spreadsheet(
    sender: Sender, hcm: CsvHcm
) -> None:
    formula = '=HYPERLINK("http://elsewhere.example.com")'
    quoted = formula.replace('"', '""')
    sender.send("workers", 1, ADA, f'D;002;"{quoted}";soon', "D;-5;+Bo;-1,5")
    await page_of(hcm)

    (to_correct,) = sender.lies_in("resubmit")
    text = sender.text_of("resubmit", to_correct)
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert rows[2][2] == f"'{formula}"
    assert rows[3] == ["D", "-5", "'+Bo", "-1,5"], "numbers are no formulas"

    corrected = text.replace("soon", "01.03.2020")
    sender.send_bytes("corrected.csv", corrected.encode("cp1252"), sidecar=False)
    assert names(await page_of(hcm))["002"] == formula, "as it was sent"
