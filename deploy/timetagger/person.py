"""What a person does in TimeTagger's application, done over its API: for tests and the demo."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx2


class TimeTaggerRefusal(RuntimeError):
    """An item was refused; TimeTagger says so inside an answer with status 200."""


class Person:
    """One account. Its methods do what the application does for its user."""

    def __init__(self, api_url: str, name: str, password: str) -> None:
        self.name = name
        self._http = httpx2.Client(base_url=api_url, timeout=10)
        self._sign_in(password)

    def api_token(self, *, renew: bool = False) -> str:
        """The long-lived token; ``renew`` takes back the one that was given before."""
        token: str = self._call("GET", "/apitoken", params={"reset": "1"} if renew else {})["token"]
        return token

    def track(self, start: datetime, end: datetime, text: str) -> str:
        """Key of a new record."""
        key = secrets.token_urlsafe(6)
        self.put({"key": key, "t1": _seconds(start), "t2": _seconds(end), "ds": text})
        return key

    def start_timer(self, start: datetime, text: str) -> str:
        """A running record is one that ends when it starts."""
        return self.track(start, start, text)

    def change(self, key: str, **fields: Any) -> None:
        """Change some fields of a record: ``t1``, ``t2``, ``ds``."""
        self.put({**self.record(key), **fields})

    def delete(self, key: str) -> None:
        """What the application does for "delete": the record stays, and is hidden."""
        self.change(key, ds=f"HIDDEN {self.record(key)['ds']}")

    def record(self, key: str) -> dict[str, Any]:
        """The record as it stands on the server."""
        return next(each for each in self.records() if each["key"] == key)

    def records(self) -> list[dict[str, Any]]:
        """All records, hidden ones too."""
        found: list[dict[str, Any]] = self._call("GET", "/updates", params={"since": "0"})[
            "records"
        ]
        return found

    def put(self, record: dict[str, Any]) -> None:
        """Store a record with the present instant as its ``mt``, unless it names one.

        ``mt`` has whole seconds, and of two changes within one second the later still holds.
        """
        known = {"mt": int(time.time())} | {k: v for k, v in record.items() if k != "mt"}
        self.put_exactly([known])

    def put_exactly(self, records: Sequence[dict[str, Any]]) -> None:
        """Store records as they are given, ``mt`` included."""
        answer = self._call("PUT", "/records", json=list(records))
        if answer["errors"]:
            raise TimeTaggerRefusal("; ".join(answer["errors"]))

    def force_reset(self) -> None:
        """Tell every client to load everything anew."""
        self._call("PUT", "/forcereset")

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _sign_in(self, password: str) -> None:
        proof = {"method": "usernamepassword", "username": self.name, "password": password}
        body = base64.b64encode(json.dumps(proof).encode())
        answer = self._http.post("/bootstrap_authentication", content=body)
        answer.raise_for_status()
        self._http.headers["authtoken"] = answer.json()["token"]

    def _call(self, method: str, path: str, **arguments: Any) -> Any:
        answer = self._http.request(method, path, **arguments)
        answer.raise_for_status()
        return answer.json()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
