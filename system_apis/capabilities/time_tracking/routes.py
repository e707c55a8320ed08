"""Routes of the capability `time_tracking`: webhooks in, entries and approvals, feedback out."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.identity import public_route, requires
from shared.problems import (
    Conflict,
    FieldError,
    InvalidRequest,
    PayloadTooLarge,
    Unauthenticated,
    UnsupportedMediaType,
    UpstreamRefused,
    UpstreamUnavailable,
    ValidationFailed,
)
from shared.web import DirectRoute, problem_responses, throttled
from system_apis.capabilities.deliveries import RawWebhook, WebhookAccepted
from system_apis.capabilities.time_tracking.bulk import (
    JSON_ARRAY,
    JSON_LINES,
    MOST_LINES,
    BulkIntake,
)
from system_apis.capabilities.time_tracking.port import MastersTaker
from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    ApprovalsRequest,
    BulkResult,
    EntriesFound,
    EntriesRequest,
    EntryChanges,
    EntryListing,
    FeedbackRequest,
    FeedbackResults,
    MastersTaken,
    MastersToTake,
    ParsedWebhook,
    TimeTrackingAbilities,
)
from system_apis.capabilities.webhooks import WebhookIntake, read_again
from system_apis.open_connections import ConnectionName, Tracker, tracker_of

router = APIRouter(prefix="/time-tracking/v1/{connection}", tags=["time-tracking"])

READ = [requires("time-tracking:read")]
LIMIT = "6000/minute"
UPSTREAM = problem_responses(UpstreamUnavailable, UpstreamRefused)


async def _bulk(request: Request) -> BulkIntake:
    bulk: BulkIntake = request.app.state.bulk
    return bulk


Bulk = Annotated[BulkIntake, Depends(_bulk)]

_ENTRIES = {"type": "array", "items": {"$ref": "#/components/schemas/TimeEntry"}}
_LINES = {"type": "string", "description": "One TimeEntry as JSON on each line."}
_BULK_BODY = {
    "required": True,
    "content": {
        **{kind: {"schema": _LINES} for kind in JSON_LINES},
        JSON_ARRAY: {"schema": {**_ENTRIES, "minItems": 1, "maxItems": MOST_LINES}},
    },
}


class ChangesQuery(BaseModel):
    """A window [since, until) of changes, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime = Field(description="Exclusive.")
    cursor: str | None = Field(default=None, max_length=2000, description="From the page before.")
    limit: int = Field(default=200, ge=1, le=500)


class EntriesQuery(BaseModel):
    """A window of work dates, ends included, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date = Field(description="Inclusive.")
    cursor: str | None = Field(default=None, max_length=2000, description="From the page before.")
    limit: int = Field(default=200, ge=1, le=500)


class ApprovalsQuery(BaseModel):
    """A window of work dates, ends included, and which page of it."""

    model_config = ConfigDict(extra="forbid")

    first_day: date
    last_day: date = Field(description="Inclusive.")
    cursor: str | None = Field(default=None, max_length=2000, description="From the page before.")
    limit: int = Field(default=50, ge=1, le=200)


@throttled("60000/minute")
async def receive_webhook(connection: ConnectionName, request: Request) -> WebhookAccepted:
    intake: WebhookIntake = request.app.state.intake
    tracker = tracker_of(request, connection)
    body = await request.body()
    return WebhookAccepted(events=await intake.receive(connection, tracker, request.headers, body))


# Every entry comes this way, so the framework's own way there is cut short.
router.add_api_route(
    "/webhooks",
    receive_webhook,
    methods=["POST"],
    route_class_override=DirectRoute,
    operation_id="receive_webhook",
    summary="Delivery from the tracker",
    description="Answered only after the events are committed. The body is the tracker's own.",
    dependencies=[public_route("trackers hold no token of ours: the signature proves the sender")],
    status_code=202,
    response_model=WebhookAccepted,
    responses=problem_responses(Unauthenticated, InvalidRequest, PayloadTooLarge, UpstreamRefused),
    openapi_extra={"requestBody": {"required": True, "content": {"*/*": {"schema": {}}}}},
)


@router.post(
    "/webhooks/parse",
    operation_id="parse_webhook",
    summary="Read a kept delivery again",
    description="For replays from the quarantine; the sender was proven when it arrived.",
    dependencies=READ,
    response_model=ParsedWebhook,
)
@throttled(LIMIT)
async def parse_webhook(tracker: Tracker, delivery: RawWebhook) -> ParsedWebhook:
    return ParsedWebhook(events=read_again(tracker, delivery))


@router.get(
    "/abilities",
    operation_id="read_tracker_abilities",
    summary="What this tracker can do",
    description="The process tier picks its strategy for this connection from it.",
    dependencies=READ,
    response_model=TimeTrackingAbilities,
)
@throttled(LIMIT)
async def read_tracker_abilities(tracker: Tracker) -> TimeTrackingAbilities:
    return tracker.abilities()


@router.post(
    "/entries/lookup",
    operation_id="read_entries",
    summary="Read entries again by their ids",
    description="Webhooks are hints: what counts is the entry as it stands now. `missing` ones "
    "are deleted.",
    dependencies=READ,
    response_model=EntriesFound,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def read_entries(tracker: Tracker, request: EntriesRequest) -> EntriesFound:
    return await tracker.entries_by_ids(request.ids)


@router.post(
    "/entries/bulk",
    operation_id="upload_entries",
    summary="Upload a file of entries",
    description="Up to 5,000 whole entries, where the connection allows it. Good lines are "
    "committed, bad ones come back with their reasons. The same file again changes nothing.",
    dependencies=[requires("time-tracking:write")],
    response_model=BulkResult,
    responses=problem_responses(
        Conflict, InvalidRequest, PayloadTooLarge, UnsupportedMediaType, UpstreamRefused
    ),
    openapi_extra={"requestBody": _BULK_BODY},
)
@throttled("120/minute")
async def upload_entries(
    connection: ConnectionName, tracker: Tracker, bulk: Bulk, request: Request
) -> BulkResult:
    kind = request.headers.get("content-type", "")
    return await bulk.receive(connection, tracker, kind, await request.body())


@router.get(
    "/entries/changes",
    operation_id="list_entry_changes",
    summary="Entries that changed in a window of time",
    description="Finds what a lost webhook did not tell, over the window [since, until).",
    dependencies=READ,
    response_model=EntryChanges,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_entry_changes(
    tracker: Tracker, window: Annotated[ChangesQuery, Query()]
) -> EntryChanges:
    _require_order(window.since < window.until, "query.until", "must be after since")
    return await tracker.entries_changed(window.since, window.until, window.cursor, window.limit)


@router.get(
    "/entries",
    operation_id="list_entries",
    summary="All entries of a window of work dates",
    description="Ends included, as they stand now: to compare them with what is known. Empty and "
    "never complete where the abilities do not say `listing`.",
    dependencies=READ,
    response_model=EntryListing,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_entries(tracker: Tracker, window: Annotated[EntriesQuery, Query()]) -> EntryListing:
    _require_days(window.first_day, window.last_day)
    return await tracker.entries_in_window(
        window.first_day, window.last_day, window.cursor, window.limit
    )


@router.post(
    "/approvals/lookup",
    operation_id="read_approvals",
    summary="Read approvals again by their ids",
    description="Each with the entries that it covers as they stand now.",
    dependencies=READ,
    response_model=ApprovalsFound,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def read_approvals(tracker: Tracker, request: ApprovalsRequest) -> ApprovalsFound:
    return await tracker.approvals_by_ids(request.ids)


@router.get(
    "/approvals",
    operation_id="list_approvals",
    summary="Approvals that overlap a window of work dates",
    description="Ends included, each with the entries that it covers as they stand now.",
    dependencies=READ,
    response_model=ApprovalPage,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def list_approvals(
    tracker: Tracker, window: Annotated[ApprovalsQuery, Query()]
) -> ApprovalPage:
    _require_days(window.first_day, window.last_day)
    return await tracker.approvals_in_window(
        window.first_day, window.last_day, window.cursor, window.limit
    )


@router.post(
    "/feedback",
    operation_id="give_feedback",
    summary="Tell consultants what became of their entries",
    description="One result per item, in order. Repeating it changes nothing.",
    dependencies=[requires("time-tracking:feedback")],
    response_model=FeedbackResults,
    responses=UPSTREAM,
)
@throttled(LIMIT)
async def give_feedback(tracker: Tracker, request: FeedbackRequest) -> FeedbackResults:
    return FeedbackResults(results=list(await tracker.give_feedback(request.items)))


@router.post(
    "/masters",
    operation_id="take_masters",
    summary="Give the tracker clients, projects and tasks",
    description="As the ERP has them: made where they are missing, else brought up to date; what "
    "people made themselves stays. One outcome per item, in order. Repeating it makes nothing "
    "twice.",
    dependencies=[requires("time-tracking:feedback")],
    response_model=MastersTaken,
    responses=problem_responses(Conflict, UpstreamUnavailable, UpstreamRefused),
)
@throttled(LIMIT)
async def take_masters(tracker: Tracker, request: MastersToTake) -> MastersTaken:
    lacking = {item.kind for item in request.items} - set(tracker.abilities().takes)
    if lacking or not isinstance(tracker, MastersTaker):
        raise Conflict(
            f"This tracker takes no {', '.join(sorted(lacking))}.", code="masters_not_taken"
        )
    return MastersTaken(outcomes=list(await tracker.take_masters(request.items, request.deadline)))


def _require_days(first_day: date, last_day: date) -> None:
    _require_order(first_day <= last_day, "query.last_day", "must not be before first_day")


def _require_order(in_order: bool, field: str, message: str) -> None:
    if not in_order:
        raise ValidationFailed(
            "The window is empty.", errors=[FieldError(field=field, message=message)]
        )
