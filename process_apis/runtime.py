"""Builds what the API and the workers share; the one place that wires the processes together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from process_apis.database import Database
from process_apis.doorbell import Doorbell
from process_apis.processes.approvals.configuration import read_approvals
from process_apis.processes.approvals.desk import ApprovalsDesk
from process_apis.processes.exceptions.incidents import record_incident
from process_apis.processes.exceptions.recorder import record_cases
from process_apis.processes.feedback.echoes import told_lately
from process_apis.processes.feedback.recorder import record_feedback
from process_apis.processes.feedback.steps import Messenger
from process_apis.processes.master_data.alarms import Alarm
from process_apis.processes.master_data.ownership.configuration import Ownership, read_ownership
from process_apis.processes.master_data.ownership.granting import GroupGrants
from process_apis.processes.master_data.steps import Librarian
from process_apis.processes.posting import waking
from process_apis.processes.posting.ledger import Ledger
from process_apis.processes.posting.ports import Incident, Listeners
from process_apis.processes.pushing.steps import Pusher
from process_apis.processes.repairing.repairer import Repairer
from process_apis.processes.time_entries.steps import Reader
from process_apis.processes.watching.steps import Watch
from process_apis.settings import ProcessSettings
from process_apis.timing import Timing
from process_apis.upstream.system_tier import SystemTier
from shared.http_client import HttpClient
from shared.identity import ServiceTokens, TokenVerifier
from shared.stop_points import arm
from shared.values import Clock, SystemClock


@dataclass(frozen=True)
class Runtime:
    """Everything that a process of this tier holds open."""

    settings: ProcessSettings
    clock: Clock
    database: Database
    doorbell: Doorbell
    system: SystemTier
    verifier: TokenVerifier
    reader: Reader
    approvals: ApprovalsDesk
    ownership: Ownership
    group_grants: GroupGrants
    librarian: Librarian
    ledger: Ledger
    messenger: Messenger
    pusher: Pusher
    repairer: Repairer
    watch: Watch
    http: tuple[HttpClient, ...]

    async def open(self) -> None:
        """Connect to the database and the queue in it."""
        await self.database.ping()
        await self.doorbell.open()

    async def close(self) -> None:
        """Give everything back."""
        await self.doorbell.close()
        for client in self.http:
            await client.aclose()
        await self.database.close()


def build(
    settings: ProcessSettings, clock: Clock | None = None, timing: Timing | None = None
) -> Runtime:
    """Wire everything; connects to nothing yet.

    :raises ConfigurationError: the approvals file or the ownership file is wrong.
    """
    arm(settings.chaos_stop_at)
    clock = clock or SystemClock()
    approvals = read_approvals(settings.approvals_file)
    ownership = read_ownership(settings.ownership_file)
    timing = timing or settings.timing
    provider = HttpClient(name="The identity provider")
    system_http = HttpClient(settings.system_url.rstrip("/"), name="The system tier")
    tokens = ServiceTokens(settings.identity, provider.library_client, clock)
    database = Database(settings.database_url, settings.pool_size)
    doorbell = Doorbell(settings.database_url)
    system = SystemTier(system_http, tokens)

    async def wake(transaction: AsyncConnection, news: Mapping[str, str]) -> None:
        await waking.wake(transaction, news, clock.now())

    async def tell_stewards(transaction: AsyncConnection, alarm: Alarm) -> None:
        incident = Incident(
            connection=alarm.connection,
            code=alarm.code,
            since=alarm.since,
            said=alarm.said,
            postings=0,
            minutes=0,
            over=alarm.over,
        )
        await record_incident(transaction, incident, clock.now())

    return Runtime(
        settings=settings,
        clock=clock,
        database=database,
        doorbell=doorbell,
        system=system,
        verifier=TokenVerifier(settings.identity, provider.library_client, clock),
        reader=Reader(
            database,
            system,
            clock,
            settings.sweep_days,
            timing.reading_lease_span,
            approvals.ours,
            told_lately,
        ),
        approvals=ApprovalsDesk(database, clock, approvals),
        ownership=ownership,
        group_grants=GroupGrants(
            database, ownership, clock, timedelta(seconds=settings.group_roles_fresh_seconds)
        ),
        librarian=Librarian(
            database,
            system,
            clock,
            wake,
            tell_stewards,
            ownership,
            settings.masters_threshold,
            timedelta(seconds=settings.masters_whole_every_seconds),
            timedelta(days=settings.masters_keep_diffs_days),
        ),
        ledger=Ledger(
            database,
            system,
            clock,
            Listeners((record_cases, record_feedback), (record_incident,)),
            ownership,
            timing,
        ),
        watch=Watch(database, clock, settings.watch),
        messenger=Messenger(database, system, clock, timing.reading_lease_span),
        pusher=Pusher(
            database,
            system,
            clock,
            timing.reading_lease_span,
            tell_stewards,
            wake,
            settings.push_masters,
        ),
        repairer=Repairer(
            database,
            system,
            clock,
            timing.reading_lease_span,
            tell_stewards,
            ownership,
            settings.masters_threshold,
        ),
        http=(provider, system_http),
    )
