"""The exception catalogue: for each code who mends it, how bad it is, and plain sentences.

`{label}`, `{why}` and `{said}` come from the finding; `{worker}`, `{project}`, `{task}` and
`{day}` from the entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from process_apis.processes.exceptions.schemas import OwnerRole, Severity


@dataclass(frozen=True)
class CatalogueEntry:
    """One code.

    :param tell_consultant: the reason also goes back to the tracker, because only the
        consultant can mend it there.
    """

    code: str
    severity: Severity
    owner: OwnerRole
    sentence: str
    action: str
    tell_consultant: bool = False


_S1, _S2, _S3 = Severity.S1, Severity.S2, Severity.S3
_CONSULTANT = OwnerRole.CONSULTANT
_MANAGER = OwnerRole.PROJECT_MANAGER
_ANALYST = OwnerRole.FINANCE_ANALYST
_CONTROLLER = OwnerRole.FINANCE_CONTROLLER
_BILLING = OwnerRole.BILLING_ANALYST
_STEWARD = OwnerRole.DATA_STEWARD
_OPERATOR = OwnerRole.INTEGRATION_OPERATOR

_ENTRIES = (
    CatalogueEntry(
        "MD_WORKER_UNKNOWN",
        _S2,
        _STEWARD,
        "{worker} is not known in the ERP.",
        "Create the worker there, or bind the tracker's user to an existing one; the hours then "
        "post by themselves.",
    ),
    CatalogueEntry(
        "MD_WORKER_INACTIVE",
        _S2,
        _STEWARD,
        "{worker} was not employed on {day} according to {system}.",
        "Correct the employment dates or the assignments there, and the hours post by themselves; "
        "or reject the entry in the tracker.",
    ),
    CatalogueEntry(
        "MD_COSTCENTRE_INVALID",
        _S2,
        _ANALYST,
        "Cost centre {label} of {worker} takes no hours on {day} according to {system}.",
        "Open the cost centre there, or correct the worker's assignment; the hours then post by "
        "themselves.",
    ),
    CatalogueEntry(
        "MD_FEED_SHRANK",
        _S2,
        _STEWARD,
        "Masters were not taken over, because too much would vanish: {said}.",
        "Mend the right or the filter by which the ERP lists less, and the next reading resolves "
        "the case; or look at the diff (timepost masters diff) and confirm the run (timepost "
        "masters confirm). Until then what was known stays.",
    ),
    CatalogueEntry(
        "MD_OWNERSHIP_CONFLICT",
        _S3,
        _STEWARD,
        "Owners changed the same attribute to different values: {said}.",
        "Choose whose value counts, or pin one of your own (timepost masters conflicts). Until "
        "then what they last agreed on counts. The case resolves itself when they say the same.",
    ),
    CatalogueEntry(
        "MD_PUSH_REFUSED",
        _S3,
        _STEWARD,
        "The tracker does not take what it is given of the ERP's masters: {said}.",
        "Mend what it names, in the ERP or in the tracker, and have it tried again (timepost "
        "masters push). Nobody can track hours on what it does not have.",
    ),
    CatalogueEntry(
        "MD_REPAIR_STUCK",
        _S3,
        _STEWARD,
        "Copies of masters cannot be brought in line with their owners: {said}.",
        "Mend the right or the value that it names, or let it through (timepost masters repair "
        "--release). What is changed back again and again: find out who writes it there. Nothing "
        "else waits for that.",
    ),
    CatalogueEntry(
        "MD_PROJECT_UNKNOWN",
        _S2,
        _STEWARD,
        "Project {label} is not known in the ERP.",
        "Create the project there, or bind the tracker's project to an existing one.",
    ),
    CatalogueEntry(
        "MD_PROJECT_CLOSED",
        _S2,
        _MANAGER,
        "Project {project} is closed for {day}.",
        "Reopen the project in the ERP, and the hours post by themselves; or have the entry moved "
        "to the project that follows.",
    ),
    CatalogueEntry(
        "MD_PROJECT_NOT_STARTED",
        _S2,
        _MANAGER,
        "Project {project} has not started on {day}.",
        "Move the start date in the ERP, or correct the date of the entry.",
    ),
    CatalogueEntry(
        "MD_TASK_INVALID",
        _S2,
        _MANAGER,
        "Hours cannot be booked on task {task} of project {project}: {why}.",
        "Open the task in the ERP, or have the entry moved to another task.",
    ),
    CatalogueEntry(
        "MP_UNMAPPED",
        _S2,
        _STEWARD,
        "Nothing in the ERP corresponds to {label}.",
        "Bind it to the task of the ERP that is meant, or publish a rule of the mapping for it; "
        "all entries like it then post.",
    ),
    CatalogueEntry(
        "MP_AMBIGUOUS",
        _S2,
        _STEWARD,
        "{label} could be more than one record of the ERP.",
        "Choose which one is meant by binding it; where rules of the mapping are what holds alike, "
        "publish one that is more specific.",
    ),
    CatalogueEntry(
        "RT_MISSING",
        _S2,
        _ANALYST,
        "Contract {label} bills the hours of {worker} on {day}, and no rate holds for them: {why}.",
        "Publish a rate card that covers the day; the hours then post by themselves. A rate of "
        "nought is one, too.",
    ),
    CatalogueEntry(
        "RT_AMBIGUOUS",
        _S2,
        _ANALYST,
        "Contract {label} bills the hours of {worker} on {day}, and several rates hold: {why}.",
        "Publish a version of one of the cards without the overlap; the hours then post by "
        "themselves.",
    ),
    CatalogueEntry(
        "RT_ERP_DIFFERS",
        _S1,
        _ANALYST,
        "The ERP rates the hours of {worker} on {day} otherwise than was predicted: {said}.",
        "Mend the rate in the ERP and retry: the line is then looked at again. If the ERP is "
        "right, have the card or the terms mended, and the difference accepted by a waiver.",
    ),
    CatalogueEntry(
        "CT_NTE_EXCEEDED",
        _S2,
        _MANAGER,
        "Hours of {worker} on {day} are more than contract {label} has room for: {said}.",
        "Agree on more with the client and publish terms with a higher limit, or with another way "
        "for what is beyond it; the rest is then billed, and what waits posts by itself.",
    ),
    CatalogueEntry(
        "CT_RULE_MISMATCH",
        _S2,
        _BILLING,
        "{worker} entered the hours of {day} as billable, and contract {label} says: {why}.",
        "Have the entry changed in the tracker, or publish terms that bill it or that decide by "
        "themselves (flag_by_contract); the hours then post by themselves.",
    ),
    CatalogueEntry(
        "MP_CODE_DRIFT",
        _S3,
        _STEWARD,
        "Codes of the ERP that entries are posted to are not what they were: {said}.",
        "Look at each in GET /v1/code-drift, and accept or acknowledge it, or state what took its "
        "place. Nothing is bound to a code that was given to another record before that.",
    ),
    CatalogueEntry(
        "PD_CLOSED",
        _S2,
        _ANALYST,
        "The ERP refused {day}: its accounting period is closed.",
        "Reopen the period in the ERP; the hours then post by themselves.",
    ),
    CatalogueEntry(
        "PD_NO_OPEN",
        _S1,
        _CONTROLLER,
        "No accounting period is open on or after {day}.",
        "Open a period in the ERP; the hours then post by themselves.",
    ),
    CatalogueEntry(
        "AP_SELF_APPROVAL",
        _S1,
        _CONTROLLER,
        "{worker} approved their own hours.",
        "Withdraw the approval in the tracker and have somebody else approve.",
    ),
    CatalogueEntry(
        "AP_REVOKED_INFLIGHT",
        _S2,
        _ANALYST,
        "The approval of the hours of {worker} on {day} was withdrawn while they were sent, and "
        "they stand in the ERP.",
        "Wait for the next version: when it is approved, the hours are corrected by themselves. "
        "Have the entry rejected or deleted in the tracker, and they are taken back.",
    ),
    CatalogueEntry(
        "TM_LIMIT",
        _S3,
        _CONSULTANT,
        "The hours of {worker} on {day} are not plausible: {why}.",
        "Correct the entry in the tracker and have it approved again.",
        tell_consultant=True,
    ),
    CatalogueEntry(
        "TM_TIMEZONE",
        _S3,
        _OPERATOR,
        "The hours of {worker} on {day} cannot have been worked then: {why}.",
        "Have the entry corrected in the tracker. If many are like it, find out which time zone "
        "the tracker gives its people (default_timezone of the connection).",
    ),
    CatalogueEntry(
        "EX_REJECTED",
        _S2,
        _ANALYST,
        "The ERP refused the line: {said}",
        "Mend what the ERP names, then retry.",
    ),
    CatalogueEntry(
        "EX_LOCKED",
        _S3,
        _OPERATOR,
        "The record is locked in the ERP: {said}",
        "Find out who holds the lock, then retry.",
    ),
    CatalogueEntry(
        "IO_UNAVAILABLE",
        _S1,
        _OPERATOR,
        "The ERP cannot be reached or refuses the connection: {said}",
        "Check the connection and its credentials (timepost connections check). Postings wait and "
        "go on by themselves.",
    ),
    CatalogueEntry(
        "IO_SILENT",
        _S2,
        _OPERATOR,
        "Nothing came from the tracker in an hour that is usually busy: {said}.",
        "See whether it can be read, and whether its webhooks are switched on and reach this "
        "server (timepost connections check). The case resolves itself when something arrives.",
    ),
    CatalogueEntry(
        "IO_GAP",
        _S2,
        _OPERATOR,
        "Versions of entries were pushed and have not arrived: {said}.",
        "Find out why deliveries get lost, and have the tracker push the entries of that time "
        "again, or upload them as a file. The case resolves itself when the missing ones arrive, "
        "or after three days.",
    ),
    CatalogueEntry(
        "IO_IN_DOUBT",
        _S1,
        _OPERATOR,
        "It is not known whether the line stands in the ERP: {why}.",
        "Look in the ERP for the posting key, then confirm what you found there: posted, with the "
        "line, or not posted. Where the ERP can be asked, Timepost goes on looking meanwhile.",
    ),
    CatalogueEntry(
        "IO_SCHEMA",
        _S1,
        _OPERATOR,
        "Timepost cannot read what it keeps of the entry ({label}), so it is not sent.",
        "Have the entry saved again in the tracker, so that it is read anew; then retry. Report it "
        "with the posting's id to whoever maintains Timepost: the log names the reason.",
    ),
    CatalogueEntry(
        "RC_VALUE_DIFF",
        _S1,
        _ANALYST,
        "The ERP's line differs from what was sent, in {label}.",
        "Compare both sides. Have the line corrected, or mend it in the ERP and retry: it is then "
        "looked at again.",
    ),
    CatalogueEntry(
        "RC_STATUS_STALE",
        _S3,
        _OPERATOR,
        "The tracker was not told what became of the entry: {why}.",
        "Nothing is wrong in the ERP. Find out why the tracker does not take it (timepost "
        "connections check), and have the consultant told by other means.",
    ),
    CatalogueEntry(
        "RC_EXTRA_IN_ERP",
        _S1,
        _ANALYST,
        "The ERP holds more than one line for this entry: {label}.",
        "Remove the surplus line in the ERP, then retry: it is looked at again.",
    ),
    CatalogueEntry(
        "CO_HALF",
        _S1,
        _ANALYST,
        "The hours of {worker} on {day} were taken back for a correction, and cannot be posted "
        "again: {why}",
        "Mend the cause, and the corrected hours post by themselves; or have what was posted "
        "before posted once more.",
    ),
    CatalogueEntry(
        "CO_ORIGINAL_UNKNOWN",
        _S2,
        _ANALYST,
        "The tracker calls the hours of {worker} on {day} invoiced, and Timepost did not post "
        "them.",
        "Look in the ERP. If they stand there, link the line; if not, post them all the same.",
    ),
    CatalogueEntry(
        "CO_AFTER_INVOICE",
        _S2,
        _BILLING,
        "The hours of {worker} on {day} were changed, and cannot be corrected by Timepost alone: "
        "{why}.",
        "Choose: offset them on the next invoice, credit the invoice in the ERP and say so, or "
        "have it left as it is.",
    ),
    CatalogueEntry(
        "CO_PERIOD_CLOSED",
        _S2,
        _ANALYST,
        "The hours of {worker} on {day} were changed; their line {label} stands in a closed "
        "accounting period, and this ERP can only change it there.",
        "Reopen the period in the ERP, and the correction goes on by itself; or have a controller "
        "let the line be changed.",
    ),
    CatalogueEntry(
        "CO_BY_HAND",
        _S2,
        _ANALYST,
        "The hours of {worker} on {day} were changed, and this ERP takes no lines back: line "
        "{label} is still as it was posted.",
        "Take the line back in the ERP by hand and say so; Timepost then posts what is right.",
    ),
    CatalogueEntry(
        "CO_UNREADABLE",
        _S1,
        _OPERATOR,
        "The hours of {worker} on {day} were changed, and the ERP does not tell how their line "
        "{label} stands.",
        "Find out why the ERP cannot read that line, which still stands as it was posted. Timepost "
        "goes on asking, and the correction goes on by itself.",
    ),
    CatalogueEntry(
        "IC_AGREEMENT_MISSING",
        _S2,
        _ANALYST,
        "{worker} and project {project} belong to different legal entities, and no transfer "
        "price is agreed.",
        "Post the hours in the ERP by hand until intercompany posting is set up.",
    ),
)

CATALOGUE: Mapping[str, CatalogueEntry] = {entry.code: entry for entry in _ENTRIES}


class _Facts(dict[str, str]):
    """A fact that is not known leaves a readable gap, not an error."""

    def __missing__(self, key: str) -> str:
        return f"(unknown {key})"


def told(code: str, facts: Mapping[str, str | None]) -> tuple[CatalogueEntry, str]:
    """The entry for a code, and its sentence with the facts filled in."""
    entry = CATALOGUE[code]
    known = _Facts({name: value for name, value in facts.items() if value})
    return entry, entry.sentence.format_map(known)
