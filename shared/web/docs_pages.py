"""API documentation that works without the internet: every file comes from this machine."""

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse, JSONResponse, Response

from shared.identity import public_route
from shared.web.throttling import throttled

_FILES = Path(fastapi_offline.__file__).parent / "static"
_FILES_PATH = "/docs-files"


def add_docs(app: FastAPI, document: Callable[[], dict[str, Any]]) -> None:
    """``/docs`` and ``/openapi.json``; both public, since the documents are published anyway."""
    app.mount(_FILES_PATH, StaticFiles(directory=_FILES), name="docs-files")
    app.include_router(_docs_routes(app.title, document))


def _docs_routes(title: str, document: Callable[[], dict[str, Any]]) -> APIRouter:
    router = APIRouter(
        include_in_schema=False, dependencies=[public_route("documentation, published anyway")]
    )

    @router.get("/openapi.json", operation_id="openapi_document")
    @throttled("120/minute")
    async def openapi_document() -> Response:
        return JSONResponse(document())

    @router.get("/docs", operation_id="docs_page")
    @throttled("120/minute")
    async def docs_page(request: Request) -> Response:
        root = request.scope.get("root_path", "")
        page = get_swagger_ui_html(
            openapi_url=f"{root}/openapi.json",
            title=title,
            swagger_js_url=f"{root}{_FILES_PATH}/swagger-ui-bundle.js",
            swagger_css_url=f"{root}{_FILES_PATH}/swagger-ui.css",
            swagger_favicon_url=f"{root}{_FILES_PATH}/favicon.png",
        )
        page.headers["Content-Security-Policy"] = _policy_for(page)
        return page

    return router


def _policy_for(page: HTMLResponse) -> str:
    """Only this page's own inline script runs; Swagger UI needs inline styles and data: icons."""
    scripts = re.findall(rb"<script>(.*?)</script>", bytes(page.body), re.DOTALL)
    hashes = " ".join(f"'sha256-{b64encode(sha256(one).digest()).decode()}'" for one in scripts)
    return (
        f"default-src 'none'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
    )
