"""The workbench's own models of the process tier's replays, held against its contract."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from experience_apis.exception_workbench.replays import schemas, shaping
from experience_apis.upstream.replays import (
    DryRun,
    DryRunLines,
    Replay,
    ReplayDetail,
    ReplayLinePage,
    ReplayPage,
    Rereading,
)
from shared.contracts import assert_reads, assert_sends, read

_OPENAPI = Path(__file__).parents[2] / "openapi"
_BASE = "/v1/replays"
_Document = Mapping[str, Any]


@pytest.fixture(scope="module")
def contract() -> _Document:
    return read(_OPENAPI, "process/replay.v1.json")


@pytest.mark.parametrize(
    ("model", "method", "path", "status", "scope"),
    [
        (DryRun, "post", "/dry-run", "200", "replays:read"),
        (DryRunLines, "post", "/dry-run/lines", "200", "replays:read"),
        (Replay, "post", "", "202", "replays:write"),
        (ReplayPage, "get", "", "200", "replays:read"),
        (ReplayDetail, "get", "/{replay_id}", "200", "replays:read"),
        (ReplayLinePage, "get", "/{replay_id}/lines", "200", "replays:read"),
        (Rereading, "post", "/reread", "202", "replays:write"),
        (Replay, "post", "/{replay_id}/stop", "200", "replays:write"),
    ],
)
def test_every_answer_is_understood_and_the_scope_is_enough(
    contract: _Document, model: type[BaseModel], method: str, path: str, status: str, scope: str
) -> None:
    operation = contract["paths"][_BASE + path][method]
    schema = operation["responses"][status]["content"]["application/json"]["schema"]
    assert_reads(model, contract, schema["$ref"].rsplit("/", 1)[-1])
    assert [scopes for rule in operation["security"] for scopes in rule.values()] == [[scope]]


@pytest.mark.parametrize(
    "model",
    [
        schemas.DryRunRequest,
        schemas.LinesRequest,
        schemas.NewReplay,
        schemas.RereadRequest,
        schemas.EntryScope,
        schemas.ProblemScope,
        schemas.BatchScope,
        schemas.WindowScope,
        schemas.ConnectionScope,
    ],
    ids=lambda model: model.__name__,
)
def test_every_body_is_accepted(contract: _Document, model: type[BaseModel]) -> None:
    assert_sends(model, contract, model.__name__)


@pytest.mark.parametrize(
    ("name", "filters", "words"),
    [
        ("JobState", schemas.ReplayState, shaping.STATES),
        ("LineOutcome", schemas.LineOutcome, shaping.OUTCOMES),
    ],
)
def test_there_are_words_and_filters_for_every_code(
    contract: _Document, name: str, filters: Any, words: Mapping[str, str]
) -> None:
    theirs = set(contract["components"]["schemas"][name]["enum"])
    assert theirs == set(words) == {each.value for each in filters}


def test_every_filter_is_known(contract: _Document) -> None:
    for path, model in (("", schemas.ReplayFilters), ("/{replay_id}/lines", schemas.LineFilters)):
        parameters = contract["paths"][_BASE + path]["get"]["parameters"]
        theirs = {each["name"]: each["schema"] for each in parameters}
        assert set(model.model_fields) <= set(theirs)
        assert (
            model.model_json_schema()["properties"]["limit"]["maximum"]
            <= theirs["limit"]["maximum"]
        )
