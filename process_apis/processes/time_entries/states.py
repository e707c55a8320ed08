"""States of a time entry; they mirror the tracker."""

from enum import StrEnum


class EntryState(StrEnum):
    """`REOPENED` had been approved; `DELETED` may come back where a tracker can restore."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    REOPENED = "REOPENED"
    DELETED = "DELETED"
