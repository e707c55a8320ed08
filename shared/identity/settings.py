"""Which identity provider a tier trusts, and as which client the tier itself appears there."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

SigningAlgorithm = Literal["ES256", "RS256"]


class IdentitySettings(BaseModel):
    """Embedded in each tier's settings as ``identity``.

    Only ``issuer`` and ``audience`` are needed to check tokens; ``client_id`` and
    ``client_secret`` are needed by a tier that calls the one below it.
    """

    model_config = ConfigDict(frozen=True)

    issuer: str = Field(
        description="The provider's issuer, exactly as it stands in tokens.",
        examples=["https://login.example.com/realms/firm"],
    )
    audience: str = Field(
        description="What `aud` must hold for a token to be meant for this tier.",
        examples=["timepost-process"],
    )
    jwks_uri: str | None = Field(
        default=None, description="The provider's signing keys; discovered when not given."
    )
    token_endpoint: str | None = Field(
        default=None, description="Where tokens are obtained; discovered when not given."
    )
    algorithms: tuple[SigningAlgorithm, ...] = Field(
        default=("ES256", "RS256"), min_length=1, description="Signature algorithms accepted."
    )
    leeway_seconds: int = Field(
        default=30, ge=0, le=300, description="Allowed difference between the clocks."
    )
    roles_claim: str = Field(
        default="roles",
        min_length=1,
        description="Claim that lists the caller's roles; a dotted path where the provider "
        "nests it (`realm_access.roles`).",
    )
    directory_id_claim: str = Field(
        default="sub",
        min_length=1,
        description="Claim that holds what the directory calls a person (its own id), where groups"
        " of a directory give roles; a dotted path where the provider nests it.",
    )
    client_id: str | None = Field(default=None, description="This tier's client id.")
    client_secret: SecretStr | None = Field(default=None, description="This tier's client secret.")
    audience_parameter: Literal["audience", "resource"] = Field(
        default="audience",
        description="How this provider is told which API a service token is for; `resource` "
        "(RFC 8707) takes absolute URIs only.",
    )

    @field_validator("issuer", "jwks_uri", "token_endpoint")
    @classmethod
    def _is_http_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("must start with https:// (or http:// on the own machine)")
        return value
