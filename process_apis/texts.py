"""Texts that PostgreSQL can keep: it has no place for the character NUL."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

# From callers: what we could not keep, or look for, is refused.
Storable = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


def _without_nul(text: str) -> str:
    return text.replace("\x00", "")


# From other systems: one odd character in one narrative must not stop a batch of others.
Cleaned = Annotated[str, AfterValidator(_without_nul)]
