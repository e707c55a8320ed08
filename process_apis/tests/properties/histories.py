"""The machine that makes histories, and what must hold when each has come to rest."""

from collections.abc import Coroutine
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from process_apis.doorbell import Stage
from process_apis.tests.conftest import LEASE
from process_apis.tests.properties import driving, rest
from process_apis.tests.properties.bench import Bench
from process_apis.tests.properties.model_erp import FAULTS
from process_apis.tests.properties.tracker import DAYS, NAMES, PROJECTS, WORKERS, Tracker
from process_apis.tests.system_stand_in import ERP, TRACKER

Json = dict[str, Any]
names = st.sampled_from(NAMES)
FACTS = st.fixed_dictionaries(
    {
        "worker": st.sampled_from(sorted(WORKERS)),
        "project": st.sampled_from(sorted(PROJECTS)),
        "day": st.sampled_from(DAYS),
        "minutes": st.sampled_from((60, 120, 480)),
        "skip": st.integers(0, 2),
    }
)
faults = st.lists(st.sampled_from(FAULTS), max_size=3)
choices = st.integers(0, 7)
MONTHS = ("2026-5", "2026-6", "2026-7", "2026-8")
WAYS_BACK = ("negative_line", "negative_line", "delete_uninvoiced", "update_in_place")
PLACES = (
    (Stage.SEND, ERP, "post after commit"),
    (Stage.LOOK_UP, ERP, "look up"),
    (Stage.READ_ENTRIES, TRACKER, "read entries"),
    (Stage.READ_APPROVALS, TRACKER, "read approvals"),
)


class Histories(RuleBasedStateMachine):
    """What people, the ERP, workers and the network do, in any order.

    Hypothesis calls `teardown` when a history ends; that it then comes to rest, and rightly, is
    what is tested.
    """

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.bench, self.tier, self.erp = bench, bench.tier, bench.erp
        self.went_wrong = False

    @initialize(
        strict=st.booleans(),
        takes_back=st.sampled_from(WAYS_BACK),
        written=st.lists(FACTS, min_size=3, max_size=3),
        faults=faults,
    )
    def begin(
        self, *, strict: bool, takes_back: str, written: list[Json], faults: list[str]
    ) -> None:
        """Every history begins with hours on their way, or it would be about nothing."""
        self.bench.begin(strict=strict, takes_back=takes_back)
        self.tracker = Tracker(self.erp)
        self.run(driving.read_masters(self.tier, self.erp))
        self.erp.post_faults += faults
        for name, facts in zip(NAMES, written, strict=True):
            self.write_and_approve(name, facts)

    def run(self, what: Coroutine[Any, Any, Any]) -> None:
        self.went_wrong = True
        self.bench.run(what)
        self.went_wrong = False

    # People, in the tracker

    @rule(name=names, facts=FACTS)
    def write_and_approve(self, name: str, facts: Json) -> None:
        """The usual way, with nobody in between."""
        self.tracker.write(name, **facts)
        self.tracker.decide(name, "APPROVED")
        self.run(self.tier.hint(self.tracker.approval(name), kind="approval"))
        self.run(driving.let_pass(self.tier, 3, 2))

    @rule(name=names, facts=FACTS, told=st.booleans())
    def write(self, name: str, facts: Json, *, told: bool) -> None:
        self.tracker.write(name, **facts)
        if told:
            self.run(self.tier.hint(name))

    @rule(
        name=names,
        status=st.sampled_from(("APPROVED", "APPROVED", "SUBMITTED", "REJECTED", "WITHDRAWN")),
        by_self=st.sampled_from((False, False, False, True)),
        told=st.sampled_from((True, True, False)),
    )
    def decide(self, name: str, status: str, *, by_self: bool, told: bool) -> None:
        if name not in self.erp.entries:
            return
        self.tracker.decide(name, status, by_self=by_self)
        if told:
            self.run(self.tier.hint(self.tracker.approval(name), kind="approval"))

    @rule(name=names, told=st.booleans())
    def delete(self, name: str, *, told: bool) -> None:
        if name in self.erp.entries:
            self.tracker.delete(name)
        if told:
            self.run(self.tier.hint(name))

    # The network

    @rule(name=names, choice=choices)
    def push_some_version(self, name: str, choice: int) -> None:
        """The newest one, or a delivery that was overtaken or comes again."""
        versions = self.tracker.versions.get(name)
        if versions:
            self.run(driving.push(self.tier, versions[-1 - choice % len(versions)]))

    @rule(name=names, round_=st.integers(0, 2))
    def hint_again(self, name: str, round_: int) -> None:
        self.run(self.tier.hint(name))
        self.run(self.tier.hint(f"a-{name}-{round_}", kind="approval"))

    @rule(faults=faults)
    def misbehave(self, faults: list[str]) -> None:
        self.erp.post_faults += faults

    @rule(away=st.booleans())
    def go_away(self, *, away: bool) -> None:
        self.erp.down = "status:503" if away else ""

    @rule(status=st.sampled_from((200, 200, 500, 503)))
    def stop_telling(self, status: int) -> None:
        """It takes what is posted, perhaps, and does not tell how anything stands."""
        self.erp.lookup_status = status

    # Masters

    @rule(month=st.sampled_from(MONTHS), closed=st.booleans(), read=st.booleans())
    def move_period(self, month: str, *, closed: bool, read: bool) -> None:
        self.erp.close("periods", month, closed=closed)
        if read:
            self.run(driving.read_masters(self.tier, self.erp))

    @rule(project=st.sampled_from(("31", "32")), closed=st.booleans(), read=st.booleans())
    def move_project(self, project: str, *, closed: bool, read: bool) -> None:
        self.erp.close("projects", project, closed=closed)
        if read:
            self.run(driving.read_masters(self.tier, self.erp))

    # Workers

    @rule(choice=choices)
    def work(self, choice: int) -> None:
        self.run(driving.work(self.tier, choice))

    @rule(seconds=st.sampled_from((0, 2, LEASE + 1)))
    def work_all(self, seconds: float) -> None:
        self.run(driving.let_pass(self.tier, 2, seconds))

    @rule()
    def stop_before_sending(self) -> None:
        self.run(driving.stop_before_sending(self.tier))

    @rule(where=st.sampled_from(PLACES))
    def stop_while_waiting(self, where: tuple[Stage, str, str]) -> None:
        self.run(driving.stop_at(self.tier, self.erp, *where))

    # Operators

    @rule()
    def replay(self) -> None:
        self.run(driving.replay(self.tier))

    @rule()
    def retry(self) -> None:
        self.run(driving.retry_cases(self.tier))

    @invariant()
    def erp_is_never_wronged(self) -> None:
        if hasattr(self, "tracker"):
            self.went_wrong = True
            rest.check_rows(self.tracker)
            self.went_wrong = False

    def teardown(self) -> None:
        if hasattr(self, "tracker") and not self.went_wrong:
            self.bench.run(rest.check_at_rest(self.tier, self.tracker))
