"""``python -m tests.benchmarks.listing_stand_in``: a system tier whose tracker lists entries."""

import asyncio
from datetime import date, timedelta
from typing import Annotated, Any

import typer

from deploy.sandboxes.http_json_erp.wire import Call, HttpProtocol, Reply, in_json

CONNECTION = "lists-de"
PEOPLE, DAYS = 500, 60

Json = dict[str, Any]


def listed_entry(number: int, last_day: date) -> Json:
    """One entry of the firm, in the contract's words."""
    day = last_day - timedelta(days=number % DAYS)
    return {
        "external_id": f"e{number}",
        "worker": {"external_id": f"w{number % PEOPLE}", "name": "Ada", "email": "ada@example.com"},
        "project": {"external_id": f"p{number % 40}", "code": "HR-1042", "name": "HR-1042 Ledger"},
        "task": {"external_id": "t1", "name": "Design"},
        "work_date": day.isoformat(),
        "minutes": 60,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": "Reviewed the ledger mapping with the controller and the two auditors",
    }


class ListingStandIn:
    """Lists ``total`` entries, page by page."""

    def __init__(self, total: int, last_day: date) -> None:
        self._total = total
        self._last_day = last_day

    def answer(self, call: Call) -> Reply:
        """The answer to a call."""
        if call.path.endswith("/abilities"):
            abilities = {"approvals": "period", "change_feed": False, "listing": True}
            return in_json(200, {**abilities, "max_lookup": 200})
        if not call.path.endswith("/entries"):
            return in_json(200, {})
        start = int(call.query.get("cursor", 0))
        end = min(start + int(call.query["limit"]), self._total)
        page = {
            "entries": [listed_entry(number, self._last_day) for number in range(start, end)],
            "next_cursor": str(end) if end < self._total else None,
            "complete": True,
        }
        return in_json(200, page)


async def _serve(port: int, total: int, last_day: date) -> None:
    loop = asyncio.get_running_loop()
    connected: set[asyncio.Transport] = set()
    stand_in = ListingStandIn(total, last_day)
    server = await loop.create_server(
        lambda: HttpProtocol(stand_in.answer, connected), "127.0.0.1", port, backlog=512
    )
    await server.serve_forever()


def main(
    port: Annotated[int, typer.Option(help="Where to listen.")],
    entries: Annotated[int, typer.Option(help="How many there are.")],
    last_day: Annotated[str, typer.Option(help="Their last work date.")],
) -> None:
    """Serve until interrupted."""
    asyncio.run(_serve(port, entries, date.fromisoformat(last_day)))


if __name__ == "__main__":
    typer.run(main)
