"""Makes up the rest of Halden Ridge Consulting: the demo's firm of twelve legal entities. Pure.

`firm.toml` is the part that was written by hand and that the tests run on: one legal entity with
its people, clients and projects. What is generated around it stands in `halden_ridge.toml`, which
is committed, so that anybody can read what the demo is made of:

    python -m deploy.local.halden_ridge

The same seed gives the same firm, to the byte.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BY_HAND = HERE / "firm.toml"
GENERATED = HERE / "halden_ridge.toml"
SEED = 20260101

# Closed too early in the ERP, and reopened while the demo runs.
REOPENED, CLOSED_ON = 2200, date(2026, 11, 8)
# Sold, and not begun.
NOT_STARTED, STARTS_ON = 2303, date(2026, 12, 7)

Table = dict[str, Any]

# Code, country, currency, zones, calendar of the fiscal year, people and projects in addition.
ENTITIES: tuple[tuple[str, str, str, tuple[str, ...], str, int, int], ...] = (
    ("US01", "United States", "USD", ("America/New_York", "America/Chicago"), "4-4-5", 6, 6),
    ("CA01", "Canada", "CAD", ("America/Toronto",), "month", 6, 4),
    ("UK01", "United Kingdom", "GBP", ("Europe/London",), "month", 10, 8),
    ("DE01", "Germany", "EUR", ("Europe/Berlin",), "month", 8, 6),
    ("FR01", "France", "EUR", ("Europe/Paris",), "month", 5, 4),
    ("CH01", "Switzerland", "CHF", ("Europe/Zurich",), "month", 4, 3),
    ("AE01", "United Arab Emirates", "AED", ("Asia/Dubai",), "month", 4, 3),
    ("IN01", "India", "INR", ("Asia/Kolkata",), "april", 8, 5),
    ("SG01", "Singapore", "SGD", ("Asia/Singapore",), "month", 4, 3),
    ("AU01", "Australia", "AUD", ("Australia/Sydney", "Australia/Adelaide"), "july", 5, 4),
    ("JP01", "Japan", "JPY", ("Asia/Tokyo",), "april", 4, 2),
    ("ACQ1", "Ireland", "EUR", ("Europe/Dublin",), "month", 4, 2),
)
# What one US dollar costs; only the ERP's own arithmetic needs it.
DOLLAR = {
    "USD": "1", "CAD": "1.37", "GBP": "0.79", "EUR": "0.92", "CHF": "0.88", "AED": "3.6725",
    "INR": "83.4", "SGD": "1.34", "AUD": "1.52", "JPY": "151",
}  # fmt: skip

_GIVEN = (
    "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Gwen", "Hana", "Ibrahim", "Joana",
    "Kenji", "Leila", "Marek", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Stefan", "Tamsin",
    "Umar", "Vera", "Wanda", "Xavier", "Yuki", "Zofia",
)  # fmt: skip
_FAMILY = (
    "Abara", "Bellini", "Castellan", "Dragomir", "Eriksen", "Fontaine", "Grivas", "Hollis",
    "Imanov", "Jansen", "Kowalczyk", "Lindgren", "Moreau", "Novak", "Okada", "Pereira", "Quist",
    "Rahman", "Sandoval", "Takeda", "Ulrich", "Varga", "Weiss", "Yilmaz", "Zanetti",
)  # fmt: skip
_TITLES = ("Analyst", "Consultant", "Senior consultant", "Principal consultant", "Data engineer")
_BUSINESS = ("Logistics", "Energy", "Insurance", "Retail", "Foods", "Health", "Telecom", "Bank")
_PLACES = (
    "Alder", "Brookfield", "Cairn", "Delta", "Elmwood", "Fjord", "Granite", "Harbour", "Indigo",
    "Juniper", "Kestrel", "Larkspur", "Marble", "Nimbus", "Orchard", "Pelican",
)  # fmt: skip
_MATTERS = (
    "Billing renewal", "Close acceleration", "Data quality", "Grid analytics", "Risk reporting",
    "Order to cash", "Plant planning", "Master data", "Treasury review", "Warehouse redesign",
)  # fmt: skip
_TASKS = ("Analysis", "Design", "Build", "Testing", "Rollout", "Workshops", "Support")


def generate(by_hand: Mapping[str, Any]) -> Table:
    """The whole firm: what was written by hand, and the rest."""
    dice = random.Random(SEED)  # noqa: S311  (repeatable on purpose)
    home = by_hand["firm"]["legal_entity"]
    clients = [*by_hand["clients"], *_clients(dice)]
    workers = [{**each, "legal_entity": home} for each in by_hand["workers"]]
    projects = [{**each, "legal_entity": home} for each in by_hand["projects"]]
    names = iter(_names(dice))
    for place, (code, _, _, zones, _, people, works) in enumerate(ENTITIES):
        workers += [
            _worker(next(names), code, zones[number % len(zones)], number, dice)
            for number in range(people)
        ]
        first = 2000 + 100 * place
        projects += [_project(code, first + number, clients, dice) for number in range(works)]
    return {
        "firm": {**by_hand["firm"], "calendar": "4-4-5"},
        "entities": [
            {
                "code": code,
                "name": f"Halden Ridge {country}",
                "currency": currency,
                "rate": DOLLAR[currency],
                "timezone": zones[0],
                "calendar": calendar,
            }
            for code, country, currency, zones, calendar, _, _ in ENTITIES
            if code != home
        ],
        "workers": workers,
        "clients": clients,
        "projects": projects,
    }


def _names(dice: random.Random) -> list[str]:
    """More than enough, each once."""
    every = [f"{given} {family}" for given in _GIVEN for family in _FAMILY]
    return dice.sample(every, 120)


def _worker(name: str, entity: str, zone: str, number: int, dice: random.Random) -> Table:
    given, family = name.split()
    hired = date(2018, 1, 1) + timedelta(days=dice.randrange(2400))
    return {
        "employee_number": f"{entity}-{number + 1:02}",
        "name": name,
        "email": f"{given}.{family}@haldenridge.example".lower(),
        "title": dice.choice(_TITLES),
        "timezone": zone,
        "hired": hired,
        "cost_rates": [{"from": date(2026, 1, 1), "rate": f"{dice.randrange(40, 110)}.00"}],
        "legal_entity": entity,
    }


def _clients(dice: random.Random) -> list[Table]:
    places = dice.sample(_PLACES, len(_PLACES))
    return [
        {"code": f"C-{201 + number}", "name": f"{place} {dice.choice(_BUSINESS)}"}
        for number, place in enumerate(places)
    ]


def _project(entity: str, number: int, clients: list[Table], dice: random.Random) -> Table:
    return {
        "code": f"HR-{number}",
        "name": dice.choice(_MATTERS),
        "client": dice.choice(clients)["code"],
        "rate": f"{dice.randrange(120, 240, 5)}.00",
        "tasks": sorted(dice.sample(_TASKS, dice.randrange(2, 5))),
        "legal_entity": entity,
        **({"closed_on": CLOSED_ON} if number == REOPENED else {}),
        **({"starts_on": STARTS_ON} if number == NOT_STARTED else {}),
    }


def as_toml(firm: Mapping[str, Any]) -> str:
    """As the file reads."""
    lines = ["# Generated by `python -m deploy.local.halden_ridge`; change that, or firm.toml."]
    for name, table in firm.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{name}]", *(_pair(key, value) for key, value in table.items())]
            continue
        for each in table:
            lines += ["", f"[[{name}]]", *(_pair(key, value) for key, value in each.items())]
    return "\n".join(lines) + "\n"


def _pair(key: str, value: Any) -> str:
    return f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_pair(key, each) for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    by_hand = tomllib.loads(BY_HAND.read_text(encoding="utf-8"))
    GENERATED.write_text(as_toml(generate(by_hand)), encoding="utf-8")


if __name__ == "__main__":
    main()
