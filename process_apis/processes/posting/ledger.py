"""What the steps of the sub-ledger share: database, system tier, clock, listeners, timing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from process_apis.database import Database
from process_apis.processes.master_data.ownership.configuration import Ownership
from process_apis.processes.posting.ports import Listeners
from process_apis.provided import provided
from process_apis.timing import Timing
from process_apis.upstream.erp import ErpAbilities
from process_apis.upstream.system_tier import SystemTier
from shared.values import Clock

_KNOWN_FOR = timedelta(minutes=1)


@dataclass(frozen=True)
class Ledger:
    """The sub-ledger's surroundings; one per process."""

    database: Database
    system: SystemTier
    clock: Clock
    listeners: Listeners
    ownership: Ownership
    timing: Timing = field(default_factory=Timing)
    known_abilities: dict[str, tuple[datetime, ErpAbilities]] = field(default_factory=dict)

    def knows(self, connection: str) -> bool:
        """Whether `abilities` answers without asking anybody."""
        known = self.known_abilities.get(connection)
        return known is not None and self.clock.now() - known[0] < _KNOWN_FOR

    async def abilities(self, connection: str) -> ErpAbilities:
        """What the ERP can do; asked again every minute.

        :raises UpstreamUnavailable, UpstreamRefused: it could not be asked.
        """
        if self.knows(connection):
            return self.known_abilities[connection][1]
        abilities = await self.system.erp_abilities(connection)
        self.known_abilities[connection] = (self.clock.now(), abilities)
        return abilities


TheLedger = Annotated[Ledger, provided("ledger")]
