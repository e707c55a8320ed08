"""How much may vanish before a person has to look. Pure: no I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


class ThresholdSettings(BaseModel):
    """Beyond which a reading of masters stops, or repairs are held, until a person looks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(
        default=0.2,
        ge=0,
        le=1,
        description="Of a list's known records that may vanish, or be repaired, at once.",
    )
    handful: int = Field(
        default=5, ge=0, description="So many always may, whatever their share is."
    )


@dataclass(frozen=True)
class Standing:
    """One list beside what is known of it.

    :param known: records that have not vanished before.
    :param vanishing: those of them that the list no longer shows.
    :param partial: only what changed was listed, so that an empty list is no news.
    """

    domain: str
    listed: int
    known: int
    vanishing: int
    partial: bool = False


def why_stopped(lists: Iterable[Standing], threshold: ThresholdSettings) -> str | None:
    """What a steward has to confirm, in words; None if nothing is suspicious.

    A list without a single row is suspicious at any size: a lost right looks the same.
    """
    said = [words for each in lists if (words := _suspicion(each, threshold))]
    return "; ".join(said) + ": stopped, confirm" if said else None


def _suspicion(each: Standing, threshold: ThresholdSettings) -> str | None:
    if each.known and not each.listed and not each.partial:
        return f"the list of {each.domain} is empty, {each.known} are known"
    if each.vanishing > max(threshold.handful, threshold.share * each.known):
        percent = round(100 * each.vanishing / each.known)
        return f"{percent} % of {each.domain} vanished ({each.vanishing} of {each.known})"
    return None
