"""Signed deliveries: proof, meaning, and what cannot be read. The library signs, as senders do."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook
from starlette.datastructures import Headers

from shared.http_client import HttpClient
from shared.problems import Unauthenticated
from shared.values import SystemClock
from system_apis.capabilities.connector import ConnectionContext
from system_apis.capabilities.deliveries import UnreadableWebhook
from system_apis.capabilities.time_tracking.schemas import (
    ChangeKind,
    EntryStatus,
    Feedback,
    FeedbackOutcome,
)
from system_apis.connectors.signed_events.port import SignedEventsPort
from system_apis.connectors.signed_events.settings import SignedEventsSettings

NARRATIVE = "Talks about the takeover"


def secret_of(letter: str) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


OLD, NEW, STRANGER = secret_of("o"), secret_of("n"), secret_of("s")


def entry(external_id: str = "e1", **changes: Any) -> dict[str, Any]:
    return {
        "external_id": external_id,
        "worker": {"external_id": "u1"},
        "work_date": "2026-11-16",
        "minutes": 90,
        "timezone": "Europe/Berlin",
        "billable": True,
        "narrative": NARRATIVE,
        "modified_at": "2026-11-16T18:00:00Z",
    } | changes


def body_of(*entries: dict[str, Any], deleted: tuple[str, ...] = ()) -> bytes:
    return json.dumps({"entries": list(entries), "deleted": list(deleted)}).encode()


def signed(
    body: bytes, secret: str = NEW, when: datetime | None = None, delivery_id: str = "msg_1"
) -> Headers:
    when = when or datetime.now(UTC)
    return Headers(
        {
            "Webhook-Id": delivery_id,
            "Webhook-Timestamp": str(int(when.timestamp())),
            "Webhook-Signature": Webhook(secret).sign(delivery_id, when, body.decode()),
        }
    )


def port_with(**options: Any) -> SignedEventsPort:
    settings = SignedEventsSettings.model_validate({"signing_secrets": [OLD, NEW], **options})
    http = HttpClient(name="own-tracker")
    return SignedEventsPort(settings, ConnectionContext("own", ("US01",), http, SystemClock()))


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_any_of_the_secrets_proves_a_delivery(secret: str) -> None:
    body = body_of(entry())

    port_with().verify_webhook(signed(body, secret), body)


def test_one_of_several_signatures_is_enough() -> None:
    body = body_of(entry())
    headers = dict(signed(body))
    strange = signed(body, STRANGER)["webhook-signature"]
    headers["webhook-signature"] = f"v1a,AAAA {strange} {headers['webhook-signature']}"

    port_with().verify_webhook(Headers(headers), body)


@pytest.mark.parametrize(
    "headers", [{}, {"webhook-id": "m", "webhook-timestamp": "1"}, {"webhook-signature": "v1,a"}]
)
def test_a_delivery_without_proof_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as refusal:
        port_with().verify_webhook(Headers(headers), body_of(entry()))

    assert refusal.value.code == "webhook_unsigned"


@pytest.mark.parametrize(
    ("secret", "signed_body", "minutes", "changed"),
    [
        (STRANGER, body_of(entry()), 0, {}),
        (NEW, body_of(entry("other")), 0, {}),
        (NEW, body_of(entry()), -6, {}),
        (NEW, body_of(entry()), 6, {}),
        (NEW, body_of(entry()), 0, {"webhook-id": "msg_2"}),
        (NEW, body_of(entry()), 0, {"webhook-timestamp": "nan"}),
        (NEW, body_of(entry()), 0, {"webhook-signature": "v1"}),
        (NEW, body_of(entry()), 0, {"webhook-signature": "v1,a,b"}),
        (NEW, body_of(entry()), 0, {"webhook-signature": "v1,***"}),
        (NEW, body_of(entry()), 0, {"webhook-signature": "v1,\xe9"}),
        (NEW, body_of(entry()), 0, {"webhook-signature": "v2,AAAA"}),
    ],
)
def test_a_proof_that_does_not_hold_is_refused(
    secret: str, signed_body: bytes, minutes: int, changed: dict[str, str]
) -> None:
    when = datetime.now(UTC) + timedelta(minutes=minutes)
    headers = Headers(dict(signed(signed_body, secret, when)) | changed)

    with pytest.raises(Unauthenticated) as refusal:
        port_with().verify_webhook(headers, body_of(entry()))

    assert refusal.value.code == "webhook_signature_invalid"


def test_a_signed_body_of_no_text_is_refused_and_breaks_nothing() -> None:
    with pytest.raises(Unauthenticated):
        port_with().verify_webhook(signed(b"x"), b"\xff\xfe")


def test_an_id_too_long_to_be_kept_is_refused() -> None:
    body = body_of(entry())

    with pytest.raises(Unauthenticated) as refusal:
        port_with().verify_webhook(signed(body, delivery_id="m" * 191), body)

    assert refusal.value.code == "webhook_id_long"


def test_a_delivery_is_whole_entries_and_final_deletions() -> None:
    approved = entry("e2", approval={"status": "APPROVED", "approver": {"external_id": "m1"}})
    body = body_of(entry("e1"), approved, deleted=("e3",))

    draft, decided, gone = port_with().parse_webhook(signed(body), body)

    assert (draft.subject, draft.change, draft.delivery_id) == ("e1", ChangeKind.CHANGED, "msg_1")
    assert draft.entry is not None
    assert draft.entry.approval is not None
    assert draft.entry.approval.status is EntryStatus.OPEN
    assert draft.occurred_at == datetime(2026, 11, 16, 18, tzinfo=UTC)
    assert decided.entry is not None
    assert decided.entry.approval is not None
    assert decided.entry.approval.status is EntryStatus.APPROVED
    assert (gone.subject, gone.change, gone.entry) == ("e3", ChangeKind.DELETED, None)
    assert draft.final
    assert gone.final


def test_a_tracker_without_approvals_tells_nothing_of_them() -> None:
    body = body_of(entry())

    (event,) = port_with(approvals="none").parse_webhook(signed(body), body)

    assert event.entry is not None
    assert event.entry.approval is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"no json: " + NARRATIVE.encode(), "$: Invalid JSON"),
        (b"[]", "$: "),
        (body_of(entry(minutes=-1)), "entries.0.minutes: "),
        (body_of(entry(minutes=NARRATIVE)), "entries.0.minutes: "),
        (body_of(entry(work_date=NARRATIVE)), "entries.0.work_date: "),
        (body_of(entry(colour=NARRATIVE)), "entries.0.colour: "),
        (body_of(entry(modified_at="2026-11-16T18:00:00")), "entries.0.modified_at: "),
        (body_of(entry(approval={"status": NARRATIVE})), "entries.0.approval.status: "),
        (body_of(entry(narrative=f"{NARRATIVE}\0")), "entries.0.narrative: holds the character"),
        (body_of(entry(worker={"external_id": "u\0"})), "entries.0.worker: holds the character"),
        (body_of(deleted=("e\0",)), "deleted: holds the character"),
        (body_of(deleted=("",)), "deleted.0: "),
        (body_of(*[entry()] * 1001), "entries: "),
        (json.dumps({"entry": entry()}).encode(), "entry: "),
    ],
)
def test_what_cannot_be_read_is_said_without_quoting_it(body: bytes, place: str) -> None:
    with pytest.raises(UnreadableWebhook) as refusal:
        port_with().parse_webhook(signed(b"x"), body)

    assert place in str(refusal.value)
    assert "takeover" not in str(refusal.value)


def test_an_escaped_backslash_is_no_null_character() -> None:
    body = body_of(entry(narrative="C:\\u0000 is a path"))

    (event,) = port_with().parse_webhook(signed(body), body)

    assert event.entry is not None
    assert event.entry.narrative == "C:\\u0000 is a path"


async def test_nothing_is_read_again() -> None:
    port = port_with()

    found = await port.entries_by_ids(["e1"])
    approvals = await port.approvals_by_ids(["a1"])
    (told,) = await port.give_feedback([Feedback(external_id="e1", outcome=FeedbackOutcome.POSTED)])

    assert (found.entries, found.missing) == ([], [])
    assert (approvals.approvals, approvals.missing) == ([], [])
    assert told.status == "unsupported"
    abilities = port.abilities()
    assert (abilities.change_feed, abilities.approvals, abilities.bulk_upload) == (
        False,
        "entry",
        True,
    )


@pytest.mark.parametrize(
    "secret", ["plain", "whsec_***", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_"]
)
def test_a_secret_that_is_none_is_refused_without_quoting_it(secret: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        SignedEventsSettings.model_validate({"signing_secrets": [NEW, SecretStr(secret)]})

    assert "number 2" in str(refusal.value)
    assert secret.removeprefix("whsec_") not in str(refusal.value).replace("whsec_", "") or (
        secret == "whsec_"
    )


def test_secrets_do_not_show() -> None:
    settings = SignedEventsSettings.model_validate({"signing_secrets": [NEW]})

    assert NEW not in repr(settings)
    assert NEW[6:] not in repr(port_with())
