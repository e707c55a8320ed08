"""What goes wrong next, decided through the control API."""

import asyncio
import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Setting(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApiFaults(Setting):
    """Counted faults strike the next matching calls, then stop."""

    path: str = Field(default="", description="Regular expression; only matching paths are hit.")
    method: str = Field(default="", description="Only calls of this method are hit.")
    rate_limited: int = Field(default=0, ge=0, description="Answer 429 this many times.")
    retry_after: int | None = Field(default=1, description="Header with the 429; null: none.")
    server_errors: int = Field(default=0, ge=0, description="Answer `error_status` this often.")
    error_status: int = 500
    fail_after_commit: int = Field(default=0, ge=0, description="Do it, then answer an error.")
    latency_ms: int = Field(default=0, ge=0)
    deletion_lag_seconds: float = Field(default=60, ge=0)
    feed_ignores_paging: bool = Field(default=False, description="As recorded in May 2026.")
    strict_batch: bool = Field(default=False, description="One unknown id refuses the batch.")
    batch_tells_approval: bool = Field(
        default=False, description="`approvalRequestId` in batch reads; documented without."
    )
    omit_user_ids: bool = Field(default=False, description="`userId` is null in entries.")
    invoiced_echoes: bool = Field(
        default=True, description="Marking as invoiced counts as a change of the entry."
    )


class WebhookFaults(Setting):
    """How deliveries go wrong."""

    drop_next: int = Field(default=0, ge=0, description="Never send the next n deliveries.")
    copies: int = Field(default=1, ge=1, description="Send every delivery n times.")
    hold: bool = Field(default=False, description="Keep deliveries until they are released.")
    retry_delays_ms: list[int] = Field(default_factory=lambda: [1000, 5000, 15000])
    disable_after: int = Field(default=5, ge=1, description="Failed deliveries in a row.")


class Release(Setting):
    """Send what was held back."""

    order: Literal["in_order", "reversed"] = "in_order"


class Faults:
    """The present settings; shared by the whole stand-in."""

    def __init__(self) -> None:
        self.api = ApiFaults()
        self.webhooks = WebhookFaults()

    def reset(self) -> None:
        self.api = ApiFaults()
        self.webhooks = WebhookFaults()

    async def before(self, request: Request) -> Response | None:
        """The answer to give instead of doing what was asked, if any."""
        if self.api.latency_ms:
            await asyncio.sleep(self.api.latency_ms / 1000)
        if not self._strikes(request):
            return None
        if self.api.rate_limited:
            self.api.rate_limited -= 1
            return self._too_many()
        if self.api.server_errors:
            self.api.server_errors -= 1
            return self._error()
        return None

    def after(self, request: Request, response: Response) -> Response:
        """The answer to give though it was done."""
        if self.api.fail_after_commit and self._strikes(request):
            self.api.fail_after_commit -= 1
            return self._error()
        return response

    def _strikes(self, request: Request) -> bool:
        path, method = re.search(self.api.path, request.url.path), self.api.method
        return path is not None and method in ("", request.method)

    def _too_many(self) -> Response:
        after = self.api.retry_after
        headers = {} if after is None else {"Retry-After": str(after)}
        return JSONResponse({"message": "Too many requests", "code": 429}, 429, headers)

    def _error(self) -> Response:
        body = {"message": "Internal server error", "code": 500}
        return JSONResponse(body, self.api.error_status)
