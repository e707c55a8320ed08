"""Words for what the process tier names by codes. An unknown code is shown as it is."""

SEVERITIES = {
    "S1": "Wrong money, or cash is blocked",
    "S2": "Blocks this entry now",
    "S3": "Will block",
    "S4": "For information",
}

OWNERS = {
    "consultant": "Consultant",
    "project.manager": "Project manager",
    "finance.analyst": "Finance analyst",
    "finance.controller": "Finance controller",
    "billing.analyst": "Billing analyst",
    "data.steward": "Data steward",
    "integration.operator": "Integration operator",
}

STATES = {
    "OPEN": "Open",
    "ASSIGNED": "Assigned",
    "IN_PROGRESS": "In progress",
    "WAITING": "Waiting",
    "PENDING_APPROVAL": "Waits for a second person",
    "RESOLVED_AUTO": "Resolved by itself",
    "RESOLVED_MANUAL": "Resolved by a person",
    "ACCEPTED": "Accepted as it is",
    "REOPENED": "Open again",
}

# One word for how an entry stands, as the process tier derives it.
STATUSES = {
    "EXCEPTION": "Needs somebody",
    "IN_DOUBT": "Outcome unknown",
    "CORRECTING": "Being corrected",
    "INVOICED": "Invoiced",
    "POSTED": "Posted",
    "SENDING": "Being sent",
    "WAITING": "Waiting",
    "WAIVED": "Accepted as it is",
    "APPROVED": "Approved",
    "SUBMITTED": "Submitted",
    "REJECTED": "Rejected",
    "DELETED": "Deleted",
    "DRAFT": "Draft",
}

AFTER_ACTION = {
    "READY": "The posting is valid and is sent in the background.",
    "PARKED": "It still waits for something that is missing; its arrival releases it.",
    "BLOCKED": "It is still blocked: see the case.",
    "SENDING": "It is being sent at this moment.",
    "IN_DOUBT": "Whether it was posted is not known; it is looked up before it is sent again.",
    "POSTED": "It is posted.",
    "MISPOSTED": "It is posted, but the ERP holds something else than was sent.",
    "DEAD_LETTER": "It was given up after many attempts; an operator has to look at it.",
    "RECEIVED": "It is validated in the background.",
    "ON_HOLD": "Somebody holds it back; it is sent when they release it.",
    "REVERSAL_PENDING": "It is posted, and about to be taken back.",
    "REVERSED": "It was posted, and was taken back.",
    "WAIVED": "It was decided not to post it.",
    "SUPERSEDED": "A newer version of the entry has taken its place.",
}

# The order is that of the comparison's rows; fields that are not listed follow by name.
FIELDS = {
    "work_date": "Work date",
    "worker": "Worker",
    "legal_entity": "Legal entity",
    "client": "Client",
    "project": "Project",
    "task": "Task",
    "minutes": "Minutes",
    "hours": "Hours",
    "billable": "Billable",
    "accounting_date": "Accounting date",
    "period": "Accounting period",
    "state": "State",
    "version": "Version",
}


def in_words(name: str) -> str:
    """``legal_entity`` -> ``Legal entity``."""
    words = name.replace("_", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]
