"""Checks access tokens: RFC 9068 JWTs of the one provider, meant for the one audience."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from pydantic import BaseModel, Field, ValidationError

from shared.identity.principal import Principal, digest_of
from shared.identity.provider import Provider
from shared.identity.settings import IdentitySettings
from shared.identity.signing_keys import SigningKeys
from shared.problems import Unauthenticated
from shared.values import Clock, SystemClock

_MAX_TOKEN_CHARS = 16_384
_MAX_VERIFIED = 20_000


class _Claims(BaseModel):
    """The claims we read, after signature and registered claims have been checked."""

    sub: str
    client_id: str
    exp: float = Field(lt=253_402_300_800)  # What a datetime can hold: before the year 10000.
    scope: str | list[str] = ""
    act: dict[str, object] | None = None


class TokenVerifier:
    """Turns a bearer token into a :class:`Principal`.

    A token is verified once in its life: the outcome is kept under the token's digest until
    the token expires, so that the usual call costs a dict look-up. Hence a key that the
    provider withdraws stops new tokens at once, and tokens already seen when they expire;
    keep token lifetimes at minutes. ``capacity`` bounds how many tokens are remembered.
    """

    def __init__(
        self,
        settings: IdentitySettings,
        http: httpx2.AsyncClient,
        clock: Clock | None = None,
        *,
        capacity: int = _MAX_VERIFIED,
    ) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()
        self._keys = SigningKeys(Provider(settings, http), settings.issuer, self._clock)
        self._leeway = timedelta(seconds=settings.leeway_seconds)
        self._capacity = capacity
        self._verified: dict[str, Principal] = {}
        # RFC 7515 section 4: header parameters that are not understood are ignored.
        self._registry = jws.JWSRegistry(
            algorithms=list(settings.algorithms), strict_check_header=False
        )
        self._rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            leeway=settings.leeway_seconds,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            jti={"essential": True},
            client_id={"essential": True},
        )

    async def ready(self) -> bool:
        """Whether tokens can be checked now; asks the provider when no key is here yet."""
        return await self._keys.obtainable()

    async def verify(self, token: str) -> Principal:
        """The caller the token stands for.

        :raises Unauthenticated: code ``token_expired`` or ``token_invalid``.
        :raises UpstreamUnavailable: the key is not here and the provider is down.
        """
        if len(token) > _MAX_TOKEN_CHARS:
            raise _invalid("it is longer than any token of ours")
        digest = digest_of(token)
        principal = self._verified.get(digest)
        if principal is not None and principal.expires_at + self._leeway > self._clock.now():
            return principal
        self._verified.pop(digest, None)
        principal = await self._check(token)
        self._remember(digest, principal)
        return principal

    async def _check(self, token: str) -> Principal:
        try:
            header = jws.extract_compact(token.encode(), registry=self._registry).headers()
        except (JoseError, ValueError) as error:
            raise _invalid("it is not a signed JWT") from error
        _require_access_token_type(header.get("typ"))
        key_id = header.get("kid")
        key = await self._keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise _invalid("the provider has no such signing key")
        try:
            decoded = jwt.decode(token, key, registry=self._registry)
            self._rules.validate(decoded.claims)
            claims = _Claims.model_validate(decoded.claims)
        except ExpiredTokenError as error:
            raise Unauthenticated("The token has expired.", code="token_expired") from error
        except (InvalidClaimError, MissingClaimError) as error:
            raise _invalid(self._claim_reason(error)) from error
        except ValidationError as error:
            raise _invalid("a claim has the wrong type") from error
        except (JoseError, ValueError) as error:
            raise _invalid("its signature does not hold") from error
        return self._principal(token, claims, decoded.claims)

    def _principal(self, token: str, claims: _Claims, everything: dict[str, Any]) -> Principal:
        scopes = claims.scope.split() if isinstance(claims.scope, str) else claims.scope
        return Principal(
            subject=claims.sub,
            client_id=claims.client_id,
            scopes=frozenset(scopes),
            roles=_roles(everything, self._settings.roles_claim),
            actors=_actors(claims.act),
            expires_at=datetime.fromtimestamp(claims.exp, UTC),
            token=token,
            directory_id=_text(everything, self._settings.directory_id_claim),
        )

    def _remember(self, digest: str, principal: Principal) -> None:
        while len(self._verified) >= self._capacity:
            self._verified.pop(next(iter(self._verified)))  # The oldest: it expires soonest.
        self._verified[digest] = principal

    def _claim_reason(self, error: InvalidClaimError | MissingClaimError) -> str:
        if isinstance(error, MissingClaimError):
            return f"it lacks a claim ({error.description})"
        if error.claim == "aud":
            return f"it is not meant for the audience {self._settings.audience}"
        if error.claim == "iss":
            return f"it is not issued by {self._settings.issuer}"
        return f"its claim {error.claim} does not hold"


def _require_access_token_type(typ: object) -> None:
    """An id token is signed by the same keys, and is no permission (RFC 9068 section 4)."""
    name = typ.lower().removeprefix("application/") if isinstance(typ, str) else None
    if name != "at+jwt":
        raise _invalid("its type is not at+jwt")


def _claim(claims: dict[str, Any], name: str) -> Any:
    """A claim of that very name first: providers also use URLs, which hold dots, as names."""
    value: Any = claims.get(name)
    if value is None:
        value = claims
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
    return value


def _text(claims: dict[str, Any], name: str) -> str | None:
    value = _claim(claims, name)
    return value if isinstance(value, str) and value else None


def _roles(claims: dict[str, Any], name: str) -> frozenset[str]:
    value = _claim(claims, name)
    if not isinstance(value, list):
        return frozenset()
    return frozenset(role for role in value if isinstance(role, str))


def _actors(act: object) -> tuple[str, ...]:
    chain: list[str] = []
    while isinstance(act, dict):
        chain.append(str(act.get("sub", "")))
        act = act.get("act")
    return tuple(chain)


def _invalid(reason: str) -> Unauthenticated:
    return Unauthenticated(f"The token is not accepted: {reason}.", code="token_invalid")
