"""Options of a connection that is pushed to."""

import base64
import binascii
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_PREFIX = "whsec_"
_SHORTEST_SECRET = 24
_LONGEST_SECRET = 64


class SignedEventsSettings(BaseModel):
    """Who may push, and what is taken."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    signing_secrets: list[SecretStr] = Field(
        min_length=1,
        max_length=5,
        description="Standard Webhooks secrets (whsec_ and base64 of 24 to 64 bytes). Any of them "
        "proves a delivery: to change one, add the new, switch the tracker, remove the old.",
    )
    approvals: Literal["entry", "none"] = Field(
        default="entry",
        description="`entry`: an entry tells its own approval, and is a draft if it tells none; "
        "`none`: this tracker knows no approvals.",
    )
    bulk_upload: bool = Field(default=True, description="Files of entries may be uploaded.")

    @field_validator("signing_secrets")
    @classmethod
    def _are_secrets(cls, secrets: list[SecretStr]) -> list[SecretStr]:
        for place, secret in enumerate(secrets, start=1):
            text = secret.get_secret_value()
            if text:  # an empty one stands for a reference that was refused already
                _decode(text, place)
        return secrets


def _decode(text: str, place: int) -> None:
    if not text.startswith(_PREFIX):
        raise ValueError(f"number {place} does not start with {_PREFIX}")
    padded = text[len(_PREFIX) :] + "=" * (-len(text[len(_PREFIX) :]) % 4)
    try:
        size = len(base64.b64decode(padded, validate=True))
    except (binascii.Error, ValueError):
        raise ValueError(f"number {place} is not base64 after {_PREFIX}") from None
    if not _SHORTEST_SECRET <= size <= _LONGEST_SECRET:
        raise ValueError(
            f"number {place} is not {_SHORTEST_SECRET} to {_LONGEST_SECRET} bytes long"
        )
