"""A tracker of the firm's own pushes signed entries; an ERP known by configuration takes them.

The ERP posts a repeated key again: whether something stands there already, only a look-up tells.
"""

import json
import re
from collections.abc import AsyncIterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from deploy.local.scenario.operator import CLIENT
from deploy.sandboxes.http_json_erp.erp import Fault
from tests.journeys.desk import Desk
from tests.journeys.own_systems import OWN_ERP, OWN_TRACKER, Json, entry, masters, row_of
from tests.journeys.people import Office
from tests.journeys.product import ON_STOCK, WORKERS, Product, read_masters, until

pytestmark = [pytest.mark.journey, ON_STOCK]
DAYS = [date(2026, 9, 1) + timedelta(days=each) for each in range(28)]


class OwnTracker:
    """The firm's own tracker: pushes until it is told that what it pushed is committed."""

    def __init__(self, product: Product, office: Office) -> None:
        self._product = product
        self._office = office
        self._base = f"/time-tracking/v1/{OWN_TRACKER}"
        self._http = httpx2.AsyncClient(base_url=product.url("system"), timeout=60)

    def text(self, words: str = "Confidential") -> str:
        """What somebody wrote about their work; no log may hold it."""
        narrative = f"{words} {uuid4().hex}"
        self._product.written.add(narrative)
        return narrative

    async def push(self, *entries: Json, delivery_id: str | None = None) -> None:
        """One delivery."""
        delivery = delivery_id or f"msg_{uuid4().hex}"
        headers, body = self._product.own.sign({"entries": list(entries)}, delivery)
        answer = await self._http.post(f"{self._base}/webhooks", content=body, headers=headers)
        assert answer.status_code == 202, answer.text

    async def upload(self, lines: Sequence[Json | str]) -> Json:
        """One file, as somebody with the right scope."""
        stack = self._product.stack
        form = {
            "grant_type": "client_credentials",
            "audience": "timepost-system",
            "scope": "time-tracking:write",
        }
        granted = await self._http.post(
            f"{self._product.url('identity')}/token",
            data=form,
            auth=httpx2.BasicAuth(CLIENT, stack.secrets.clients[CLIENT]),
        )
        token = granted.raise_for_status().json()["access_token"]
        file = "\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines)
        answer = await self._http.post(
            f"{self._base}/entries/bulk",
            content=file.encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"},
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def posted(self, *entries: Json) -> None:
        """Assert that each stands in the ERP's own rows exactly once, as it was pushed."""
        wanted = sorted(row_of(each) for each in entries)

        async def all_stand() -> bool:
            return len(self._rows(entries)) >= len(wanted)

        await until(self._product, f"{len(wanted)} lines stand in the ERP", all_stand, 90)
        await self._office.until_calm()
        assert self._rows(entries) == wanted

    def not_posted(self, *entries: Json) -> None:
        assert self._rows(entries) == []

    async def until_cases(self, wanted: dict[str, str]) -> None:
        """Wait until these entries, and no others of this tracker, are cases of these codes."""

        async def so() -> bool:
            found = await self._office.operator.open_cases()
            return {each.entry_id: each.code for each in found if each.entry_id in wanted} == wanted

        await until(self._product, f"cases: {set(wanted.values())}", so)

    def _rows(self, entries: Sequence[Json]) -> list[Any]:
        return list(self._product.own.rows([each["narrative"] for each in entries]))

    async def __aenter__(self) -> "OwnTracker":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()


@pytest.fixture
async def tracker(product: Product, office: Office) -> AsyncIterator[OwnTracker]:
    async with OwnTracker(product, office) as opened:
        yield opened


async def test_each_entry_stands_once_whatever_is_lost_and_however_often_it_is_pushed(
    tracker: OwnTracker, office: Office, product: Product
) -> None:
    faults: list[Fault] = ["commit_then_drop", "drop", "commit_then_500", "503", "garbage"]
    product.own.erp.behaviour.faults = faults.copy()
    entries = [
        entry(tracker.text(), day=day, minutes=30 + number, worker=("N1", "N2")[number % 2])
        for number, day in enumerate(DAYS[:20])
    ]
    alone, together = entries[:8], entries[8:]
    for _ in range(2):
        for each in alone:
            await tracker.push(each, delivery_id=f"msg_{each['external_id']}")
        await tracker.push(*together, delivery_id=f"msg_{together[0]['external_id']}")
    await tracker.push(*entries)

    await tracker.posted(*entries)
    await tracker.until_cases({})
    assert product.own.erp.behaviour.faults == []
    words = [
        [step["what"] for step in await office.operator.steps_of(each["external_id"])]
        for each in entries
    ]
    struck = [each for each in words if "outcome unknown" in each]
    assert len(struck) >= len(faults)
    assert sum("found posted" in each for each in struck) >= 3
    assert sum("proven not posted" in each for each in struck) >= 2


async def test_whoever_dies_while_the_erp_answers_doubles_nothing(
    tracker: OwnTracker, product: Product
) -> None:
    product.own.erp.behaviour.delay_ms = 1500
    entries = [entry(tracker.text(), day=day) for day in DAYS[20:24]]
    await tracker.push(*entries)

    async def the_erp_has_them() -> bool:
        return len(product.own.rows([each["narrative"] for each in entries])) == len(entries)

    await until(product, "the ERP has committed and not answered yet", the_erp_has_them)
    product.kill("system", *WORKERS)
    product.own.calm()
    product.start("system", *WORKERS)
    await tracker.posted(*entries)


async def test_masters_are_read_as_configured(tracker: OwnTracker, product: Product) -> None:
    closed = entry(tracker.text(), project="NO-2", day=DAYS[24])
    await tracker.push(closed)
    await tracker.until_cases({closed["external_id"]: "MD_PROJECT_CLOSED"})
    tracker.not_posted(closed)

    reopened = [each | {"closed": False} for each in masters()["projects"]]
    product.own.erp.masters["projects"] = reopened
    await read_masters(product, OWN_ERP)
    await tracker.posted(closed)
    await tracker.until_cases({})


async def test_what_no_rule_covers_is_a_case_in_the_erps_own_words_and_counted(
    tracker: OwnTracker, product: Product
) -> None:
    before = await uncatalogued(product)
    odd = entry(tracker.text("refuse me"), day=DAYS[25])
    await tracker.push(odd)
    await tracker.until_cases({odd["external_id"]: "EX_REJECTED"})
    assert await uncatalogued(product) == before + 1

    async with await Desk.of(product, "maya") as maya:
        row = await maya.case_of(odd["external_id"])
    assert 'The text "…" is not to our taste' in row["sentence"]
    assert odd["narrative"] not in row["sentence"]

    mended = entry(tracker.text(), day=DAYS[25], external_id=odd["external_id"])
    await tracker.push(mended)
    await tracker.posted(mended)
    tracker.not_posted(odd)


async def uncatalogued(product: Product) -> int:
    """What the system tier's metrics say of this ERP."""
    async with httpx2.AsyncClient(timeout=30) as http:
        told = (await http.get(f"{product.url('system')}/metrics")).raise_for_status().text
    counts = re.findall(r"^timepost_erp_uncatalogued_total\{(.*)\} (\S+)$", told, re.MULTILINE)
    return sum(int(float(count)) for labels, count in counts if f'"{OWN_ERP}"' in labels)


async def test_a_file_of_five_thousand_is_taken_but_for_its_bad_lines_and_once(
    tracker: OwnTracker, office: Office, product: Product
) -> None:
    text = tracker.text()
    bad: list[Json | str] = ["{no json", entry(text, minutes=-1), {"external_id": "e-none"}]
    approved = [entry(tracker.text(), day=day, minutes=7) for day in DAYS]
    drafts = [
        entry(text, day=DAYS[number % len(DAYS)], minutes=1, approved=False)
        for number in range(5000 - len(bad) - len(approved))
    ]
    file = [*bad, *approved, *drafts]

    told = await tracker.upload(file)
    assert (told["accepted"], told["rejected"]) == (4997, 3)
    refused = [line for line in told["lines"] if line["status"] == "rejected"]
    assert [line["line"] for line in refused] == [1, 2, 3]
    assert refused[1]["errors"][0]["field"] == "minutes"
    await tracker.posted(*approved)

    assert await tracker.upload(file) == told
    await tracker.posted(*approved)
    for each in (approved[0], approved[-1]):
        assert len((await office.operator.entry(each["external_id"]))["versions"]) == 1
