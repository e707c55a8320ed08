"""A process tier reduced to `POST /v1/events`: checks the token, journals, answers.

Runs as a process of its own, so that it can be killed. The journal is what it has committed:
one JSON line per request, on disk before the answer.

python -m system_apis.tests.process_stand_in ISSUER JOURNAL SECONDS_BEFORE_COMMIT
"""

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import APIRouter, FastAPI, Request

from shared.http_client import HttpClient
from shared.identity import IdentitySettings, TokenVerifier, requires
from shared.problems import ValidationFailed
from shared.web import WebSettings, create_api, throttled


def create_app(issuer: str, journal: Path, seconds_before_commit: float) -> FastAPI:
    router = APIRouter()

    @router.post("/v1/events", dependencies=[requires("events:write")], status_code=202)
    @throttled("60000/minute")
    async def accept_events(request: Request) -> dict[str, int]:
        events = await request.json()
        if request.headers["content-type"] != "application/cloudevents-batch+json":
            raise ValidationFailed("This is no batch of events.")
        if any(event.get("subject") == "poison" for event in events):
            raise ValidationFailed("One of the events is not taken.")
        await asyncio.sleep(seconds_before_commit)
        _commit(journal, events)
        return {"accepted": len(events), "duplicates": 0}

    provider = HttpClient(name="The identity provider")
    identity = IdentitySettings(issuer=issuer, audience="timepost-process")
    return create_api(
        title="Process tier stand-in",
        version="1.0.0",
        description="Takes events.",
        routers=[router],
        settings=WebSettings(access_log=False, docs_enabled=False, max_body_bytes=8_388_608),
        verifier=TokenVerifier(identity, provider.library_client),
    )


def _commit(journal: Path, events: object) -> None:
    with journal.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(events) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def main(issuer: str, journal: str, seconds_before_commit: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        app = create_app(issuer, Path(journal), float(seconds_before_commit))
        config = uvicorn.Config(app, log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main(*sys.argv[1:])
