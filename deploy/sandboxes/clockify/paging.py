"""Lists: ``page`` from 1, ``page-size``, and the header ``Last-Page: true|false``."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import JSONResponse

PageNumber = Annotated[int, Query(ge=1)]
PageSize = Annotated[int, Query(alias="page-size", ge=1, le=5000)]


def one_page(items: Sequence[Any], page: int, size: int) -> JSONResponse:
    """The page that was asked for; past the end it is empty."""
    start = (page - 1) * size
    last = start + size >= len(items)
    headers = {"Last-Page": "true" if last else "false"}
    return JSONResponse(list(items[start : start + size]), headers=headers)
