"""Whatever two committees, a third one, the provinces and the registry do, an appraisal keeps the promises.

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
from delegation.table_appraisal import APPRAISAL
from delegation.table_states import ENDED, OPEN_APPRAISAL
from tests.builders import TODAY
from tests.simulator.appraisal_paths import PATHS, appraisal_scene
from tests.simulator.appraising import Appraisal
from tests.simulator.courses import check_course
from tests.simulator.paths import HOME, HOST, NATIONAL, SICHUAN, ZHEJIANG

OTHER_HOST = "510600"
ENDING = {
    Kind.WITHDRAW_REQUESTED, Kind.WITHDRAWN, Kind.CANCELLED, Kind.COMPLETED, Kind.CLOSED, Kind.TERMINATED,
    Kind.RETURNED, Kind.REFUSED, Kind.TRANSFERRED, Kind.COMPETENCE_DISPUTED, Kind.ISSUED,
}  # fmt: skip


class AnAppraisal(RuleBasedStateMachine):
    """One appraisal, from some state to wherever it goes."""

    @initialize(name=st.sampled_from(tuple(PATHS)), green=st.booleans(), days_ago=st.integers(0, 20))
    def begin(self, name: str, green: bool, days_ago: int) -> None:
        wish = Appraisal(
            mode=PATHS[name][0],
            priority=Priority.GREEN if green else Priority.NORMAL,
            received_on=TODAY - timedelta(days=days_ago),
        )
        where = appraisal_scene(name, wish)
        self.federation, self.ref = where.federation, where.ref
        committees = [self.federation.committee(code) for code in (HOME, HOST, OTHER_HOST)]
        self.parties = [*committees, *(self.federation.province(code) for code in (ZHEJIANG, SICHUAN, NATIONAL))]
        self.ended_as: State | None = None

    @rule(data=st.data())
    def someone_moves(self, data: st.DataObject) -> None:
        """Steps of the appraisal before ends, and ends before remarks."""
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

    @rule(days=st.integers(1, 14))
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
        if thread.state in ENDED - {State.ARCHIVED}:
            self.ended_as = thread.state
        if thread.state is State.ARCHIVED:
            beside = {"correction-acknowledge", "serve-conclusion", "reappraisal"}
            assert {due.clock for due in thread.due_dates} <= beside

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def no_draw_follows_another_without_a_logged_reason(self) -> None:
        facts = self.federation.threads[self.ref].appraisal
        assert facts is not None
        void = [each.draw for each in facts.void_draws]
        assert void == sorted(set(void))
        assert set(range(1, facts.draw)) <= set(void)
        assert all(each.why for each in facts.void_draws)

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def a_secret_is_shown_only_when_both_are_committed(self) -> None:
        thread = self.federation.threads[self.ref]
        facts = thread.appraisal
        assert facts is not None
        if facts.reveals:
            assert {unit for unit, _ in facts.commitments} == {thread.home_unit, thread.host_unit}
        if facts.panel:
            assert len(facts.reveals) == 2
            assert len(set(facts.panel)) == len(facts.panel) == facts.seats

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def nothing_is_formed_or_reported_before_all_sign(self) -> None:
        thread = self.federation.threads[self.ref]
        facts = thread.appraisal
        assert facts is not None
        if thread.state is State.OPINION_FORMED or (thread.state is State.REPORTED and not facts.home_draws):
            experts, signed, _, _ = facts.opinion
            assert experts == signed == len(facts.panel)
            assert facts.opinion_draw == facts.draw

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def nobody_is_examined_while_an_objection_waits(self) -> None:
        thread = self.federation.threads[self.ref]
        facts = thread.appraisal
        assert facts is not None
        if thread.state in {State.EXAMINED, State.OPINION_FORMED, State.EXPERTS_CONFIRMED}:
            assert not facts.recusals
            assert facts.replacements_due <= 0

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
                    rows = APPRAISAL.rows_of(header.kind)
                    other = Kind[refused.details["kind"]]
                    assert any(not row.commutes_with(other) for row in rows)

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def no_state_waits_for_one_party_for_ever(self) -> None:
        """In half a year of silence someone other than the one whose turn it is may move, or a province may press."""
        thread = self.federation.threads[self.ref]
        if thread.state not in OPEN_APPRAISAL:
            return
        later = self.federation.now + timedelta(days=200)
        able = set()
        for bureau in self.parties:
            offered = available(thread, unit=bureau.unit, on=day_of(later), at=later, roster=self.federation.roster)
            if any(move.allowed and not move.row.neutral for move in offered):
                able.add(bureau.unit)
            if any(move.allowed and move.kind is Kind.SUPERVISE for move in offered):
                able.add(bureau.unit)
        assert able - {thread.turn}

    @precondition(lambda self: hasattr(self, "federation"))
    @invariant()
    def whose_turn_it_is_may_move(self) -> None:
        """The desk of the unit whose turn it is offers it something to do, no later than after the others' silence."""
        thread = self.federation.threads[self.ref]
        if thread.state not in OPEN_APPRAISAL or not thread.turn or thread.protests:
            return
        at = self.federation.now + timedelta(days=200)
        offered = available(thread, unit=thread.turn, on=day_of(at), at=at, roster=self.federation.roster)
        assert any(move.allowed and not move.row.neutral for move in offered), (thread.state, thread.turn)

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
        taken = [logged.letter.header for logged in self.federation.log if logged.letter is not None]
        for index, header in enumerate(taken):
            rows = APPRAISAL.rows_of(header.kind)
            for unseen in taken[header.base.sequence : index]:
                if unseen.sender_unit != header.sender_unit:
                    assert any(row.commutes_with(unseen.kind) for row in rows), (header.kind, unseen.kind)


TestAnAppraisal = AnAppraisal.TestCase
TestAnAppraisal.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
