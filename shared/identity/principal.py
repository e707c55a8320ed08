"""Who is calling, as far as a verified token says."""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller whose token was verified.

    ``actors`` are the services that act for the subject, the nearest one first (claim ``act``,
    RFC 8693 section 4.1); empty when the token was not exchanged. ``directory_id`` is what a
    directory calls the person. ``granted`` are those of the roles that the token does not have.
    """

    subject: str
    client_id: str
    scopes: frozenset[str]
    roles: frozenset[str]
    actors: tuple[str, ...]
    expires_at: datetime
    token: str = field(repr=False, compare=False)
    directory_id: str | None = None
    granted: frozenset[str] = frozenset()

    @property
    def is_user(self) -> bool:
        """Whether a person stands behind the call.

        With client credentials the provider names the client itself as subject (RFC 9068
        section 2.2). A provider that invents another subject for its clients makes them look
        like persons here: their roles, not this property, must decide what they may do.
        """
        return self.subject != self.client_id

    @property
    def token_digest(self) -> str:
        """Names the token in caches without holding it."""
        return digest_of(self.token)


def digest_of(token: str) -> str:
    """SHA-256 of a token, hexadecimal."""
    return sha256(token.encode()).hexdigest()
