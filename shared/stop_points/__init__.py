"""Named steps at which a process stops dead, for tests that kill it there; off in production."""

from shared.stop_points.points import StopPoint, arm, parse_stop, reached

__all__ = ["StopPoint", "arm", "parse_stop", "reached"]
