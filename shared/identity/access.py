"""Every operation says who may call it: a scope (and role) rule, or a reason to be public."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Security
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared.identity.granted_roles import GrantedRoles
from shared.identity.principal import Principal
from shared.identity.verifier import TokenVerifier
from shared.problems import Forbidden, Unauthenticated

# An `oauth2` scheme would put the provider's address into documents that are the same for
# every installation; OpenAPI 3.1 lists scopes under a bearer scheme just as well.
_bearer = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="RFC 9068 JWT",
    description="Access token of the configured identity provider.",
    auto_error=False,
)


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """All of ``scopes``, and, where ``roles`` names any, at least one of them."""

    scopes: frozenset[str]
    roles: frozenset[str]

    async def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    ) -> Principal:
        if credentials is None:
            raise Unauthenticated("The request carries no bearer token.", code="token_missing")
        verifier: TokenVerifier = request.app.state.token_verifier
        principal = await verifier.verify(credentials.credentials)
        roles: GrantedRoles | None = getattr(request.app.state, "granted_roles", None)
        if roles is not None:
            principal = await roles.added_to(principal)
        request.state.principal = principal
        self.check(principal)
        return principal

    def check(self, principal: Principal) -> None:
        """:raises Forbidden: code ``scope_missing`` or ``role_missing``, and names them."""
        missing = sorted(self.scopes - principal.scopes)
        if missing:
            raise Forbidden(
                f"The token lacks the scope {' and '.join(missing)}.",
                code="scope_missing",
                headers={"WWW-Authenticate": _challenge(self.scopes)},
            )
        if self.roles and not self.roles & principal.roles:
            raise Forbidden(
                f"This needs the role {' or '.join(sorted(self.roles))}.", code="role_missing"
            )


@dataclass(frozen=True, slots=True)
class PublicRule:
    """Anybody may call this, and why that is right."""

    reason: str

    async def __call__(self) -> None:
        """Nothing to check: the rule is read by :func:`scope_rule_of`."""


Rule = ScopeRule | PublicRule


def requires(*scopes: str, roles: Iterable[str] | None = None) -> Any:
    """Dependency that admits only callers with all ``scopes`` and one of ``roles``.

    Used as ``caller: Annotated[Principal, requires("cases:write", roles={...})]``. The
    principal also stands in ``request.state.principal``.

    :raises ValueError: without a scope; an operation open to every token is a mistake.
    """
    if not scopes:
        raise ValueError("an operation needs at least one scope")
    rule = ScopeRule(frozenset(scopes), frozenset(roles or ()))
    return Security(rule, scopes=list(scopes))


def public_route(reason: str) -> Any:
    """Marks a route as open on purpose: ``dependencies=[public_route("liveness probe")]``.

    :raises ValueError: without a reason.
    """
    if not reason.strip():
        raise ValueError("a public route needs a reason")
    return Depends(PublicRule(reason))


def scope_rule_of(route: object) -> Rule | None:
    """The rule of a route, or of a route context from ``iter_route_contexts``.

    None means that nobody decided; such a route must not be served.

    :raises ValueError: two different rules, of which a reader would see only one.
    """
    dependant = getattr(route, "dependant", None)
    rules = set(_rules_under(dependant)) if isinstance(dependant, Dependant) else set()
    if len(rules) > 1:
        raise ValueError(f"{getattr(route, 'path', route)} has {len(rules)} access rules")
    return rules.pop() if rules else None


def routes_without_rule(app: FastAPI) -> list[str]:
    """Method and path of every route that neither requires a scope nor is public on purpose.

    Documentation pages and mounted applications have no dependencies and are always listed.
    """
    return [
        f"{','.join(sorted(context.methods or {'*'}))} {context.path}"
        for context in iter_route_contexts(app.routes)
        if scope_rule_of(context) is None
    ]


def _rules_under(dependant: Dependant) -> Iterator[Rule]:
    if isinstance(dependant.call, ScopeRule | PublicRule):
        yield dependant.call
    for child in dependant.dependencies:
        yield from _rules_under(child)


def _challenge(scopes: frozenset[str]) -> str:
    """RFC 6750 section 3.1: which scopes would have been enough."""
    return f'Bearer error="insufficient_scope", scope="{" ".join(sorted(scopes))}"'
