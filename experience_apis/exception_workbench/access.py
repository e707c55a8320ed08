"""Who may do what with a case: one statement for the routes and for what is offered."""

from typing import Annotated

from experience_apis.exception_workbench.schemas import ActionName, ActionOffer
from shared.identity import Principal, ScopeRule, requires
from shared.problems import Forbidden

_RETRY_ROLES = frozenset(
    {"finance.analyst", "finance.controller", "integration.operator", "data.steward"}
)
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
)


def actions_for(caller: Principal) -> list[ActionOffer]:
    """Every action, with the reason where the caller may not."""
    return [
        ActionOffer(name=name, label=label, allowed=reason is None, reason=reason)
        for name, label, rule in _ACTIONS
        for reason in [_refusal(rule, caller)]
    ]


def _refusal(rule: ScopeRule, caller: Principal) -> str | None:
    try:
        rule.check(caller)
    except Forbidden as refusal:
        return refusal.detail
    return None
