"""The proof that comes with a delivery. This tracker is never called: there is no other client."""

from collections.abc import Mapping, Sequence

from pydantic import SecretStr
from standardwebhooks import Webhook

from shared.problems import Unauthenticated

ID_HEADER = "webhook-id"
_PROOF = (ID_HEADER, "webhook-timestamp", "webhook-signature")


class Proofs:
    """Checks signatures by any of several secrets (Standard Webhooks, symmetric, `v1`).

    The library refuses deliveries that are more than five minutes old or early. Its clock is the
    machine's: a signature's age is about real time, whatever time a test plays in.
    """

    def __init__(self, secrets: Sequence[SecretStr]) -> None:
        self._webhooks = [Webhook(secret.get_secret_value()) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """
        :raises Unauthenticated: unsigned, wrongly signed, too old or too new.
        """
        given = {name: headers.get(name, "") for name in _PROOF}
        if not all(given.values()):
            raise Unauthenticated(
                "The delivery carries no Standard Webhooks signature.", code="webhook_unsigned"
            )
        if not any(_holds(webhook, given, body) for webhook in self._webhooks):
            raise Unauthenticated(
                "The delivery's signature is none of this connection's secrets, or it is more "
                "than five minutes old or early.",
                action="Sign id, timestamp and body with one of the connection's signing_secrets; "
                "compare the clocks.",
                code="webhook_signature_invalid",
            )


def _holds(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, headers, json_parse=False)
    # Besides its own error the library lets through what malformed headers cause in it.
    except Exception:  # noqa: BLE001 - whatever it stumbles over is no proof
        return False
    return True
