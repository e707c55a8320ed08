"""What ends the scenario before there is a verdict."""


class Refused(RuntimeError):
    """The tracker or the process tier refused what the scenario asked of it."""


class MastersNotRead(RuntimeError):
    """The ERP's master data could not be read; nothing could be posted."""


class NotSeen(RuntimeError):
    """Timepost has not seen in time what people did in a tracker."""
