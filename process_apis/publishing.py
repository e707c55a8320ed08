"""Two people for what changes money: whoever wrote it does not publish it."""

from shared.identity import Principal
from shared.problems import Forbidden


def require_second_person(author: str, caller: Principal, what: str) -> None:
    """
    :param author: subject of whoever wrote it.
    :param what: such as `a rate card`.
    :raises Forbidden: code ``author_may_not_publish``: the caller is the author.
    """
    if author == caller.subject:
        raise Forbidden(
            f"Whoever wrote {what} may not publish it, too.",
            code="author_may_not_publish",
            action="Have somebody else with the role publish it.",
        )
