"""Refusals in the vendor's form: ``{"message": ..., "code": ...}``.

Codes 501 (not in this workspace), 1000 and 4003 (credentials) and 3000 (routing) were seen in
public recordings of the API; the other combinations are our assumption.
"""


class ClockifyError(Exception):
    """An answer other than 2xx."""

    def __init__(
        self, status: int, message: str, code: int, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers or {}


def not_in_workspace(kind: str, record_id: str) -> ClockifyError:
    """An unknown id answers 400 with code 501, not 404."""
    return ClockifyError(400, f"{kind} with id {record_id} doesn't belong to Workspace", 501)


def invalid(message: str) -> ClockifyError:
    return ClockifyError(400, message, 501)
