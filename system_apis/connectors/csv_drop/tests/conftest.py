"""A folder, and whoever writes files into it."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.http_client import HttpClient
from shared.values import FixedClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.connectors.csv_drop.port import CsvErp, CsvHcm
from system_apis.connectors.csv_drop.settings import CsvDropSettings

PROJECTS = {
    "columns": {
        "external_id": "PROJNR",
        "code": "PROJNR",
        "name": "BEZEICHNUNG",
        "status": "STATUS",
        "start_date": "BEGINN",
    },
    "constants": {"legal_entity_id": "DE01", "bookable": "true"},
    "values": {"status": {"A": "OPEN", "Z": "CLOSED"}},
    "control_total": "BUDGET",
}
WORKERS = {
    "columns": {
        "external_id": "PERSNR",
        "employee_number": "PERSNR",
        "name": "NAME",
        "hire_date": "EINTRITT",
    },
    "constants": {"status": "ACTIVE"},
}
COLUMNS = ["PROJNR", "BEZEICHNUNG", "STATUS", "BEGINN", "BUDGET"]
GERMAN = {"encoding": "cp1252", "decimal_comma": True, "date_format": "%d.%m.%Y"}


@dataclass
class Sender:
    """A legacy ERP that can do no more than write files."""

    folder: Path
    encoding: str = "cp1252"
    columns: list[str] = field(default_factory=lambda: list(COLUMNS))

    def projects(
        self, sequence: int, *lines: str, mode: str = "FULL", total: str = "0", **how: Any
    ) -> str:
        return self.send("projects", sequence, *lines, mode=mode, total=total, **how)

    def send(
        self,
        list_name: str,
        sequence: int,
        *lines: str,
        mode: str = "FULL",
        total: str = "",
        count: int | None = None,
        name: str = "",
        header: str | None = None,
        trailer: str | None = None,
        checksum: str | None = None,
        sidecar: bool = True,
    ) -> str:
        """Written under another name, with its sum, and then renamed. Returns its name."""
        name = name or f"{list_name}-{sequence}-{mode.lower()}.csv"
        told = len(lines) if count is None else count
        head = f"H;{list_name};{sequence};{mode};2026-11-20T06:00:00+01:00"
        end = f"T;{list_name};{sequence};{told};{total}"
        rows = [header or head, "C;" + ";".join(self.columns), *lines]
        rows += [trailer if trailer is not None else end]
        content = "\r\n".join(row for row in rows if row).encode(self.encoding)
        return self.send_bytes(name, content, checksum=checksum, sidecar=sidecar)

    def send_bytes(
        self, name: str, content: bytes, *, checksum: str | None = None, sidecar: bool = True
    ) -> str:
        incoming = self.folder / "incoming"
        if sidecar:
            own = checksum or hashlib.sha256(content).hexdigest()
            (incoming / f"{name}.sha256").write_text(f"{own}  {name}\n")
        (incoming / f"{name}.tmp").write_bytes(content)
        (incoming / f"{name}.tmp").rename(incoming / name)
        return name

    def lies_in(self, place: str) -> list[str]:
        found = (self.folder / place).glob("[!.]*")
        return sorted(each.name for each in found)

    def text_of(self, place: str, name: str) -> str:
        return (self.folder / place / name).read_text(encoding=self.encoding)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 11, 20, 9, tzinfo=UTC))


@pytest.fixture
def sender(tmp_path: Path) -> Sender:
    (tmp_path / "incoming").mkdir()
    return Sender(tmp_path)


def context_of(clock: FixedClock) -> ConnectionContext:
    return ConnectionContext("legacy-de", ("DE01",), HttpClient(name="legacy-de"), clock)


def settings_for(folder: Path, lists: dict[str, Any], **options: Any) -> CsvDropSettings:
    return CsvDropSettings.model_validate({"folder": folder, "lists": lists, **options})


@pytest.fixture
def erp(sender: Sender, clock: FixedClock) -> CsvErp:
    settings = settings_for(sender.folder, {"projects": PROJECTS}, **GERMAN)
    return CsvErp(settings, context_of(clock))


@pytest.fixture
def hcm(sender: Sender, clock: FixedClock) -> CsvHcm:
    sender.columns = ["PERSNR", "NAME", "EINTRITT"]
    settings = settings_for(sender.folder, {"workers": WORKERS}, **GERMAN)
    return CsvHcm(settings, context_of(clock))
