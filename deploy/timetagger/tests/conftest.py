"""The tracker that the tests of this folder share."""

from deploy.timetagger.fixtures import timetagger

__all__ = ["timetagger"]
