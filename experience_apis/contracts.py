"""The contracts of this tier, by file under `openapi/`."""

from typing import Any

from fastapi import FastAPI

from experience_apis.exception_workbench import routes as exception_workbench
from shared.web import contract_of


def documents() -> dict[str, dict[str, Any]]:
    """Made from the routes alone: no settings, no neighbours."""
    app = FastAPI(openapi_url=None)
    app.include_router(exception_workbench.router)
    return {
        "experience/exception_workbench.v1.json": contract_of(
            app,
            title="Timepost exception workbench",
            version="1.0.0",
            description="The exception cases as a finance team works on them: filtered, compared "
            "side by side, retried, assigned and commented.",
        )
    }
