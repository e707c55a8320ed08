"""The real TimeTagger for the scenario's tests."""

from deploy.timetagger.fixtures import timetagger

__all__ = ["timetagger"]
