"""Settings from the environment, and errors that name variables and never values."""

from shared.configuration.reading import read_settings, variable_of
from shared.configuration.tier import TierSettings

__all__ = ["TierSettings", "read_settings", "variable_of"]
