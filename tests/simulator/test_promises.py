"""Whatever home, two hosts, provinces and the registry do, the promises of the protocol hold.

The machine lets any party make any move that its desk offers, on line or cut off, with days passing in between.
"""

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from delegation.clock_specs import CLOCKS
from delegation.codes import Kind, Priority
from delegation.deadlines import day_of
from delegation.errors import Reason
from delegation.lifecycle import available, recompute
from delegation.table import State
from delegation.table_investigation import INVESTIGATION
from delegation.table_states import CLOSED, OPEN
from tests.builders import TODAY
from tests.simulator.composing import Investigation
from tests.simulator.courses import check_course
from tests.simulator.paths import HOME, HOST, NATIONAL, PATHS, SICHUAN, ZHEJIANG, scene

OTHER_HOST = "510600"
ENDING = {Kind.WITHDRAW_REQUESTED, Kind.WITHDRAWN, Kind.CANCELLED, Kind.COMPLETED, Kind.CLOSED}


class Delegation(RuleBasedStateMachine):
    """One delegation, from its letter to wherever it goes."""

    @initialize(
        name=st.sampled_from(tuple(PATHS)), green=st.booleans(), days_ago=st.integers(0, 30), certain=st.booleans()
    )
    def begin(self, name: str, green: bool, days_ago: int, certain: bool) -> None:
        wish = Investigation(
            at="510100",
            candidates=() if certain else ("510600",),
            priority=Priority.GREEN if green else Priority.NORMAL,
            accepted_on=TODAY - timedelta(days=days_ago),
            short_time_confirmed=True,
        )
        where = scene(name, wish)
        self.federation, self.ref = where.federation, where.ref
        hosts = [self.federation.bureau(code) for code in (HOME, HOST, OTHER_HOST)]
        self.parties = [*hosts, *(self.federation.province(code) for code in (ZHEJIANG, SICHUAN, NATIONAL))]
        self.ended_as: State | None = None

    @rule(data=st.data())
    def someone_moves(self, data: st.DataObject) -> None:
        """Moves before remarks, and ends last: a machine that only asks questions, or only withdraws, learns little."""
        offers = [
            (bureau, name, move.row)
            for bureau in self.parties
            if self.ref in bureau.threads
            for name, move in bureau.allowed(self.ref).items()
        ]
        weights = [(12 if row.kind not in ENDING else 2) if not row.neutral else 1 for _, _, row in offers]
        pool = [offer for offer, weight in zip(offers, weights, strict=True) for _ in range(weight)]
        if pool:
            bureau, name, _ = data.draw(st.sampled_from(pool))
            bureau.send(self.ref, name)
            if data.draw(st.integers(0, 2)):
                self.federation.settle()

    @rule(days=st.integers(1, 12))
    def days_pass(self, days: int) -> None:
        self.federation.advance(days=days)

    @rule(index=st.integers(0, 2))
    def a_node_is_cut_off_or_back(self, index: int) -> None:
        bureau = self.parties[index]
        bureau.online = not bureau.online

    @rule()
    def everything_arrives(self) -> None:
        self.federation.settle()

    @rule()
    def deadlines_are_certified(self) -> None:
        self.federation.settle()
        self.federation.certify()
        self.federation.settle()
        assert self.federation.certify() == 0

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def an_overseer_sees_where_it_stands(self) -> None:
        check_course(self.federation, self.ref)

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def due_dates_never_lie_after_the_cap(self) -> None:
        thread = self.federation.threads[self.ref]
        for clock in thread.open_clocks:
            if CLOCKS[clock.clock].capped and thread.cap is not None:
                assert clock.due.legal <= thread.cap.legal
        again = recompute(thread, self.federation.roster)
        assert set(again.due_dates) == set(thread.due_dates)

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def ends_are_final(self) -> None:
        thread = self.federation.threads[self.ref]
        if self.ended_as is not None:
            assert thread.state in {self.ended_as, State.ARCHIVED}
        if thread.state in CLOSED - {State.ARCHIVED}:
            self.ended_as = thread.state
        if thread.state is State.ARCHIVED:
            assert {due.clock for due in thread.due_dates} <= {"correction-acknowledge"}

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def every_refusal_is_a_conflict_or_its_consequence(self) -> None:
        for bureau in self.parties:
            for header, refused in bureau.refused:
                assert refused.reason in {
                    Reason.STALE, Reason.PREDECESSOR_REFUSED, Reason.GUARD_FAILED, Reason.NOT_ALLOWED,
                    Reason.NOT_FOUND, Reason.PREDECESSOR_MISSING, Reason.WRONG_PLACE,
                }, (header.kind, refused)  # fmt: skip
                if refused.reason is Reason.STALE and "kind" in refused.details:
                    rows = INVESTIGATION.rows_of(header.kind)
                    other = Kind[refused.details["kind"]]
                    assert any(not row.commutes_with(other) for row in rows)

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def no_state_waits_for_one_party_for_ever(self) -> None:
        """In half a year of silence someone other than the one whose turn it is may move, or a province may press."""
        thread = self.federation.threads[self.ref]
        if thread.state not in OPEN:
            return
        later = self.federation.now + timedelta(days=200)
        able = set()
        for bureau in self.parties:
            offered = available(thread, unit=bureau.unit, on=day_of(later), at=later, roster=self.federation.roster)
            for kind in {move.kind for move in offered}:
                alone = available(
                    thread, unit=bureau.unit, on=day_of(later), at=later, roster=self.federation.roster, of=kind
                )
                assert alone == tuple(move for move in offered if move.kind is kind)
            if any(move.allowed and not move.row.neutral for move in offered):
                able.add(bureau.unit)
            if any(move.allowed and move.kind is Kind.SUPERVISE for move in offered):
                able.add(bureau.unit)
        assert able - {thread.turn}

    def teardown(self) -> None:
        if not hasattr(self, "federation"):
            return
        for bureau in self.parties:
            bureau.online = True
        self.federation.settle()
        registry = self.federation.threads[self.ref]
        for bureau in self.parties:
            if bureau.unit in registry.parties:
                assert bureau.look_up(self.ref) == registry
        self._only_commuting_moves_overtook_one_another()

    def _only_commuting_moves_overtook_one_another(self) -> None:
        taken = [logged.letter.header for logged in self.federation.log if logged.letter is not None]
        for index, header in enumerate(taken):
            rows = INVESTIGATION.rows_of(header.kind)
            for unseen in taken[header.base.sequence : index]:
                if unseen.sender_unit != header.sender_unit:
                    assert any(row.commutes_with(unseen.kind) for row in rows), (header.kind, unseen.kind)


TestDelegation = Delegation.TestCase
TestDelegation.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
