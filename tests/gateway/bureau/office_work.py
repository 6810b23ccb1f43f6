"""An office with something of every kind to do, as pages show it."""

from datetime import date, timedelta

from delegation.codes import Kind, Matter
from delegation.roster_records import AgreedTime
from delegation.table import State
from node.province.acts_ports import AgreementLine, Possible, Prepared, Terms
from tests.builders import DEYANG_RD
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_acts import OTHER_OFFICE, SEEN, THREAD, FakeActs

EVERYTHING = Possible(
    seen=SEEN, turn=OTHER, remind=(HOME, OTHER), supervise=(HOME,), coordinate=(OTHER,), designation="dispute",
    claims=(DEYANG_RD,), opinion=True,
)  # fmt: skip


def an_agreement(number: int, state: State, *, ours: bool) -> AgreementLine:
    return AgreementLine(
        thread_id=f"0190-{number:08d}", other=OTHER_OFFICE, other_name="四川省机构", ours=ours, state=state,
        changed_at=NOW, in_roster=state is State.IN_FORCE,
        terms=Terms(matters=(Matter.INVESTIGATION,), times=(AgreedTime("decide", 3, 2),), valid_from=date(2026, 8, 1)),
    )  # fmt: skip


def prepared(number: int, by: str) -> Prepared:
    return Prepared(
        move_id=f"m-{number}", version=1, thread_id=THREAD, kind=Kind.SUPERVISE, prepared_by=by,
        prepared_at=NOW + timedelta(minutes=number),
    )  # fmt: skip


def busy_acts() -> FakeActs:
    """Everything is possible, agreements of every state, and acts to approve."""
    acts = FakeActs()
    acts.may = EVERYTHING
    acts.agreed = tuple(
        an_agreement(number, state, ours=ours)
        for number, (state, ours) in enumerate(
            ((State.PROPOSED, False), (State.PROPOSED, True), (State.IN_FORCE, True), (State.ENDED, False))
        )
    )
    acts.awaiting = (prepared(1, "other"), prepared(2, "jg"))
    return acts
