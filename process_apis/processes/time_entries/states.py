"""States of a time entry; they mirror the tracker."""

from enum import StrEnum


class EntryState(StrEnum):
    """`PARTIALLY_APPROVED`: some of several approvers have agreed. `REOPENED` had been approved.
    `DELETED` may come back where a tracker can restore."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    PARTIALLY_APPROVED = "PARTIALLY_APPROVED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"
    DELETED = "DELETED"
