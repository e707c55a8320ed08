"""Who calls, and as whom we call: OAuth 2 with RFC 9068 access tokens of any OIDC provider.

Inbound: :class:`TokenVerifier` checks tokens, :func:`requires` guards an operation and gives
its :class:`Principal`; what is open on purpose says so with :func:`public_route`.
Outbound: :class:`ServiceTokens` obtains tokens for the tier below.
"""

from shared.identity.access import (
    PublicRule,
    ScopeRule,
    public_route,
    requires,
    routes_without_rule,
    scope_rule_of,
)
from shared.identity.granted_roles import GrantedRoles
from shared.identity.principal import Principal
from shared.identity.service_tokens import ServiceTokens
from shared.identity.settings import IdentitySettings
from shared.identity.verifier import TokenVerifier

__all__ = [
    "GrantedRoles",
    "IdentitySettings",
    "Principal",
    "PublicRule",
    "ScopeRule",
    "ServiceTokens",
    "TokenVerifier",
    "public_route",
    "requires",
    "routes_without_rule",
    "scope_rule_of",
]
