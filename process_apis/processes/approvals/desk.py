"""What the steps of approvals share."""

from dataclasses import dataclass
from typing import Annotated

from process_apis.database import Database
from process_apis.processes.approvals.configuration import ApprovalsFile, ConnectionTable
from process_apis.provided import provided
from shared.problems import Conflict
from shared.values import Clock


@dataclass(frozen=True)
class ApprovalsDesk:
    """Where approvals are given; one per process."""

    database: Database
    clock: Clock
    settings: ApprovalsFile

    def table_of(self, connection: str) -> ConnectionTable:
        """Settings of a connection whose approvals are given here.

        :raises Conflict: its tracker gives them.
        """
        table = self.settings.of(connection)
        if table is None:
            raise Conflict(
                f"The approvals of {connection} are given in its tracker.",
                code="approvals_elsewhere",
                action="Submit and decide there; or have an administrator set the connection's "
                "mode in the approvals file.",
            )
        return table


TheApprovals = Annotated[ApprovalsDesk, provided("approvals")]
