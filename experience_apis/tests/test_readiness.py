"""The tier takes traffic only when it can check tokens and reach the process tier."""

import socket

from experience_apis.settings import ExperienceSettings
from experience_apis.tests.fixtures import serving
from experience_apis.tests.process_tier import ProcessTier
from shared.http_client import HttpClient


async def test_ready_when_both_neighbours_are(api: HttpClient) -> None:
    answer = await api.get("/ready")
    assert answer.status_code == 200
    assert answer.json()["checks"] == ["identity", "process tier"]


async def test_names_the_process_tier_when_that_is_not_ready(
    api: HttpClient, process_tier: ProcessTier
) -> None:
    process_tier.ready = False
    answer = await api.get("/ready")
    assert answer.status_code == 503
    assert answer.json()["errors"] == [
        {"field": "process tier", "message": "The process tier is not ready (503)."}
    ]


async def test_names_each_neighbour_that_is_down(settings: ExperienceSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"
    gone = settings.model_copy(
        update={
            "process_url": nobody,
            "identity": settings.identity.model_copy(update={"issuer": nobody}),
        }
    )
    async with serving(gone) as api:
        answer = await api.get("/ready")
        alive = await api.get("/health")
    assert answer.status_code == 503
    assert [error["field"] for error in answer.json()["errors"]] == ["identity", "process tier"]
    assert alive.status_code == 200
