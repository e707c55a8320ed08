"""Who may do what with a case: one statement for the routes and for what is offered."""

from typing import Annotated

from experience_apis.exception_workbench.schemas import ActionName, ActionOffer
from shared.identity import Principal, ScopeRule, requires
from shared.problems import Forbidden

_RETRY_ROLES = frozenset(
    {
        "billing.analyst",
        "data.steward",
        "finance.analyst",
        "finance.controller",
        "integration.operator",
    }
)
CHOOSE_ROLES = frozenset({"billing.analyst", "finance.analyst", "finance.controller"})
WAIVE_ROLES = CHOOSE_ROLES | {"project.manager"}
AGREE_ROLES = frozenset({"finance.controller"})
_CONFIRM_ROLES = frozenset({"finance.analyst", "finance.controller", "integration.operator"})
REPLAY_ROLES = _CONFIRM_ROLES
_CASE_WORK_ROLES = _RETRY_ROLES | {"project.manager"}

Reader = Annotated[Principal, requires("cases:read")]
Retrier = Annotated[Principal, requires("cases:write", roles=_RETRY_ROLES)]
Confirmer = Annotated[Principal, requires("cases:write", roles=_CONFIRM_ROLES)]
CaseWorker = Annotated[Principal, requires("cases:write", roles=_CASE_WORK_ROLES)]

_WRITE = frozenset({"cases:write"})
_ACTIONS = (
    (ActionName.RETRY, "Try again now", ScopeRule(_WRITE, _RETRY_ROLES)),
    (ActionName.ASSIGN, "Assign", ScopeRule(_WRITE, _CASE_WORK_ROLES)),
    (ActionName.COMMENT, "Comment", ScopeRule(_WRITE, _CASE_WORK_ROLES)),
    (ActionName.CONFIRM, "Confirm what stands in the ERP", ScopeRule(_WRITE, _CONFIRM_ROLES)),
    (ActionName.WAIVE, "Ask to leave it as it is", ScopeRule(_WRITE, WAIVE_ROLES)),
    (ActionName.AGREE, "Agree to leave it as it is", ScopeRule(_WRITE, AGREE_ROLES)),
)


def actions_for(caller: Principal) -> list[ActionOffer]:
    """Every action, with the reason where the caller may not."""
    return [
        ActionOffer(name=name, label=label, allowed=reason is None, reason=reason)
        for name, label, rule in _ACTIONS
        for reason in [_refusal(rule, caller)]
    ]


def refusal_of(roles: frozenset[str], caller: Principal) -> str | None:
    """Why the caller may not choose what these roles may; None if they may."""
    return _refusal(ScopeRule(_WRITE, roles), caller)


def _refusal(rule: ScopeRule, caller: Principal) -> str | None:
    try:
        rule.check(caller)
    except Forbidden as refusal:
        return refusal.detail
    return None
