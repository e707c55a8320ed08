"""Deliveries of products: the contract, and what a connector says that cannot read one."""

from collections.abc import Mapping
from typing import NoReturn

from pydantic import Field

from shared.problems import Unauthenticated
from system_apis.capabilities.contract import Contract


class RawWebhook(Contract):
    """A delivery that was kept because it could not be read, to be parsed again."""

    headers: dict[str, str] = Field(description="Without the signature.")
    body_base64: str


class WebhookAccepted(Contract):
    """The delivery is committed; `events` were handed up."""

    events: int


class UnreadableWebhook(Exception):
    """The delivery proved who sent it, but its body makes no sense to the connector.

    The caller keeps it in quarantine. The message says what was not understood, never the
    body itself.
    """


class NoWebhooks:
    """Base of ports whose product delivers nothing: no delivery can prove itself."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> None:  # noqa: ARG002
        """
        :raises Unauthenticated: in any case.
        """
        raise Unauthenticated(
            "This connection takes no webhooks.",
            action="Remove the webhook in the product.",
            code="webhook_unexpected",
        )

    def parse_webhook(
        self,
        headers: Mapping[str, str],  # noqa: ARG002 - the ports'
        body: bytes,  # noqa: ARG002
    ) -> NoReturn:
        """
        :raises UnreadableWebhook: in any case.
        """
        raise UnreadableWebhook("the product of this connection delivers nothing.")
