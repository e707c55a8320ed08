"""The stand-in as a program, and under load."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from deploy.sandboxes.http_json_erp.background import serving
from deploy.sandboxes.http_json_erp.erp import OwnErp
from shared.http_client import HttpClient, NoAnswer

LINE = {"reference": "r1", "employee": "E1", "date": "2026-11-16", "hours": 1}


@pytest.fixture(scope="module")
def program() -> Iterator[str]:
    """Address of the stand-in as a process of its own."""
    command = [sys.executable, "-m", "deploy.sandboxes.http_json_erp", "--port", "0"]
    with subprocess.Popen(
        [*command, "--firm", "deploy/local/firm.toml", "--ignore-keys"],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.kill()


async def test_it_tells_what_it_got(program: str) -> None:
    async with HttpClient(program, name="stand-in") as http:
        keyed = {"Idempotency-Key": "k"}
        answers = [await http.post("/hours", json=LINE, headers=keyed) for _ in range(2)]
        summary = (await http.get("/_sandbox/summary")).json()
        lines = (await http.get("/_sandbox/lines")).json()
        employees = (await http.get("/employees")).json()["items"]
        unknown = await http.get("/colours")

    assert [answer.status_code for answer in answers] == [201, 201]
    assert (summary["lines"], summary["references"], summary["duplicates"]) == (2, 1, 1)
    assert lines[1].items() >= {"id": 2, **LINE}.items()
    assert employees[0]["id"] == "E001"
    assert unknown.status_code == 404


async def test_it_honours_keys_and_breaks_on_demand() -> None:
    erp = OwnErp()
    with serving(erp) as url:
        async with HttpClient(url, name="stand-in") as http:
            await http.request("PUT", "/_sandbox/behaviour", json={"faults": ["commit_then_drop"]})
            with pytest.raises(NoAnswer):
                await http.post("/hours", json=LINE, headers={"Idempotency-Key": "k"})
            again = await http.post("/hours", json=LINE, headers={"Idempotency-Key": "k"})

    assert (again.status_code, again.json()["id"]) == (200, 1)
    assert (len(erp.lines), len(erp.received)) == (1, 2)
