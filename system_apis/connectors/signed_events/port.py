"""A time tracker that pushes, and is never asked."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from shared.problems import Unauthenticated
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import (
    ApprovalPage,
    ApprovalsFound,
    EntriesFound,
    EntryChanges,
    EntryListing,
    Feedback,
    FeedbackResult,
    TimeTrackingAbilities,
    TrackerEvent,
)
from system_apis.connectors.signed_events.client import ID_HEADER, Proofs
from system_apis.connectors.signed_events.mapping import NotUnderstood, delivery_of, events_of
from system_apis.connectors.signed_events.settings import SignedEventsSettings

_LONGEST_ID = 190


class SignedEventsPort:
    """Implements `TimeTrackingPort`: what is pushed is the version, nothing is read again."""

    def __init__(self, settings: SignedEventsSettings, context: ConnectionContext) -> None:
        del context  # nothing is called, and no time is read
        self._settings = settings
        self._proofs = Proofs(settings.signing_secrets)

    def abilities(self) -> TimeTrackingAbilities:
        return TimeTrackingAbilities(
            webhooks=True,
            approvals=self._settings.approvals,
            change_feed=False,
            feedback=[],
            max_lookup=500,
            bulk_upload=self._settings.bulk_upload,
        )

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:
        """
        :raises Unauthenticated: the signature does not hold, or the id is too long to be kept.
        """
        self._proofs.verify(headers, body)
        if len(headers.get(ID_HEADER, "")) > _LONGEST_ID:
            raise Unauthenticated(
                f"The webhook-id is longer than {_LONGEST_ID} characters.", code="webhook_id_long"
            )

    def parse_webhook(self, headers: Mapping[str, str], body: bytes) -> Sequence[TrackerEvent]:
        delivery_id = headers.get(ID_HEADER, "")
        if not delivery_id:
            raise UnreadableWebhook("it has no webhook-id.")
        try:
            return events_of(delivery_of(body), delivery_id, self._settings.approvals)
        except NotUnderstood as fault:
            raise UnreadableWebhook(f"it is no delivery of entries ({fault}).") from None

    async def entries_by_ids(self, ids: Sequence[str]) -> EntriesFound:
        """Neither found nor missing: nobody can be asked, and that proves nothing."""
        del ids
        return EntriesFound(entries=[], missing=[])

    async def entries_changed(
        self, since: datetime, until: datetime, cursor: str | None, limit: int
    ) -> EntryChanges:
        del since, until, cursor, limit
        return EntryChanges(changes=[])

    async def entries_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> EntryListing:
        del first_day, last_day, cursor, limit
        return EntryListing(entries=[], complete=False)

    async def approvals_by_ids(self, ids: Sequence[str]) -> ApprovalsFound:
        """Neither found nor missing, like entries."""
        del ids
        return ApprovalsFound(approvals=[], missing=[])

    async def approvals_in_window(
        self, first_day: date, last_day: date, cursor: str | None, limit: int
    ) -> ApprovalPage:
        del first_day, last_day, cursor, limit
        return ApprovalPage(approvals=[])

    async def give_feedback(self, items: Sequence[Feedback]) -> Sequence[FeedbackResult]:
        """There is nobody to tell; the firm can follow Timepost's own events."""
        return [
            FeedbackResult(external_id=item.external_id, status="unsupported") for item in items
        ]

    async def check(self) -> Sequence[str]:
        count = len(self._settings.signing_secrets)
        upload = "may" if self._settings.bulk_upload else "may not"
        return [
            f"takes deliveries signed with {'any of ' if count > 1 else ''}{count} "
            f"secret{'s' if count > 1 else ''}",
            f"files of entries {upload} be uploaded",
            "the tracker itself is never called",
        ]

    async def close(self) -> None:
        """Nothing to close."""
