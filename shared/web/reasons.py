"""Why something failed, in words that may be shown to anybody."""

from shared.problems import TimepostProblem


def reason_of(error: BaseException) -> str:
    """A problem's own detail; of any other exception only its type.

    Database drivers and the like quote addresses and user names in their texts.
    """
    if isinstance(error, TimepostProblem):
        return error.detail
    return f"{type(error).__name__}."
