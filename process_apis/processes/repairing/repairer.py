"""What repairing needs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from process_apis.database import Database
from process_apis.processes.master_data.alarms import Tell
from process_apis.processes.master_data.ownership.configuration import Ownership, RepairTable
from process_apis.processes.master_data.threshold import ThresholdSettings
from process_apis.provided import provided
from process_apis.upstream.system_tier import SystemTier
from shared.problems import NotFound
from shared.values import Clock


@dataclass(frozen=True)
class Repairer:
    """Everything at hand.

    :param threshold: how many copies may be written over at once without a person's word.
    """

    database: Database
    system: SystemTier
    clock: Clock
    lease: timedelta
    tell: Tell
    ownership: Ownership
    threshold: ThresholdSettings

    def table(self, connection: str) -> RepairTable:
        """
        :raises NotFound: copies of this connection are not repaired.
        """
        if connection not in self.ownership.repairs:
            raise NotFound(
                f"Copies of connection {connection} are not repaired.",
                action="Name it under [[repairs]] in the ownership file.",
            )
        return self.ownership.repairs[connection]


TheRepairer = Annotated[Repairer, provided("repairer")]
