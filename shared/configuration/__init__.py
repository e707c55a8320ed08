"""Settings from the environment, and errors that name variables and never values."""

from shared.configuration.describing import REQUIRED, Setting, described
from shared.configuration.reading import read_settings, variable_of
from shared.configuration.tier import StoppableTierSettings, TierSettings

__all__ = [
    "REQUIRED",
    "Setting",
    "StoppableTierSettings",
    "TierSettings",
    "described",
    "read_settings",
    "variable_of",
]
