"""Who keeps masters in order."""

from shared.identity import Principal
from shared.problems import Forbidden

STEWARDS = frozenset({"data.steward", "integration.operator"})


def require_steward(caller: Principal) -> None:
    """People need a steward's role; an integration acts by its scope alone.

    :raises Forbidden: a person without the role.
    """
    if caller.is_user and not caller.roles & STEWARDS:
        raise Forbidden(
            "Correcting a binding needs one of the roles " + ", ".join(sorted(STEWARDS)) + ".",
            code="role_missing",
        )
