"""Promise 6: one side moves at a time, and only true conflicts are stale: every state, every pair, both orders."""

import pytest

from delegation.codes import Kind
from delegation.errors import Reason, Refused
from delegation.model import Header
from delegation.table import Row
from delegation.tables import TABLES
from delegation.thread_state import ThreadState
from tests.builders import parsed
from tests.simulator.composing import an_investigation
from tests.simulator.federation import ROWS, Federation
from tests.simulator.judging import based_on, outcomes, shape
from tests.simulator.paths import HOST, PARTIES, PATHS, Scene, actor, scene

Candidate = tuple[str, Row, Header]
# Legal afterwards too, but decided on what the other event changed: whoever sends it has to look again.
LOOK_AGAIN = {("issued_after_silence", "designated"), ("reassigned_by_province", "reassigned")}


def candidates(where: Scene, *, neutral: bool) -> list[Candidate]:
    """Every envelope that any party may send now, all on the same base."""
    found = []
    for who in PARTIES:
        bureau = actor(where.federation, who)
        if where.ref not in bureau.threads:
            continue
        for name, move in bureau.allowed(where.ref).items():
            if neutral or not move.row.neutral:
                draft, _ = bureau.draft(where.ref, name)
                found.append((who, move.row, parsed(draft)))
    return found


@pytest.mark.parametrize("name", PATHS)
def test_what_the_desk_allows_is_legal_in_every_state(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    for who, row, header in candidates(where, neutral=True):
        (outcome,) = outcomes(where.federation, thread, [header])
        assert isinstance(outcome, ThreadState), (name, who, row.name, outcome)


@pytest.mark.parametrize("name", PATHS)
def test_commuting_moves_pass_in_either_order_and_others_are_true_conflicts(name: str) -> None:
    where = scene(name)
    federation, thread = where.federation, where.federation.threads[where.ref]
    found = candidates(where, neutral=False)
    for who_x, row_x, x in found:
        for who_y, row_y, y in found:
            if who_x == who_y:
                continue
            after_y, unseen = outcomes(federation, thread, [y, x])
            after_x, _ = outcomes(federation, thread, [x, y])
            assert isinstance(after_y, ThreadState)
            assert isinstance(after_x, ThreadState)
            _, seen = outcomes(federation, thread, [y, based_on(x, after_y)])
            _, other_way = outcomes(federation, thread, [x, based_on(y, after_x)])
            pair = (name, row_x.name, row_y.name)
            if not row_x.commutes_with(row_y.kind or Kind.UNSPECIFIED):
                assert isinstance(unseen, Refused), pair
                assert unseen.reason is Reason.STALE, pair
                # A true conflict: not legal with open eyes either, or one of the two that were decided to be.
                assert isinstance(seen, Refused) or (row_x.name, row_y.name) in LOOK_AGAIN, pair
            elif isinstance(unseen, Refused):
                # Superiors may speak at the same time; once they agree, another word comes too late.
                assert {row_x.kind, row_y.kind} == {Kind.DESIGNATED}, pair
                assert unseen.details == {"guard": "designation_open"}
            elif isinstance(other_way, ThreadState):
                assert shape(unseen) == shape(other_way), pair


def offline_queue(federation: Federation, ref: str) -> list[Header]:
    """Sign, accept, assign, report: composed by a host that has the letter and no line."""
    chengdu = federation.bureau(HOST)
    chengdu.online = False
    real = federation.threads[ref]
    base = (real.sequence, real.last_entry_digest)
    letters: list[Header] = []
    for row in ("signed_for", "accepted", "assigned", "reported"):
        header = chengdu.send(ref, row)
        assert (header.base.sequence, header.base.entry_digest) == base
        letters.append(header)
    chengdu.outbox.clear()
    return letters


def test_a_queue_of_four_composed_offline_passes_in_one_call() -> None:
    where = scene("issued")
    queue = offline_queue(where.federation, where.ref)
    found = outcomes(where.federation, where.federation.threads[where.ref], queue)
    assert all(isinstance(outcome, ThreadState) for outcome in found)
    assert isinstance(found[-1], ThreadState)
    assert found[-1].state.value == "reported"


def others_events() -> list[tuple[str, str]]:
    """Every event that someone else may send while the host is away, by the table itself."""
    where = scene("issued")
    return [(who, row.name) for who, row, _ in candidates(where, neutral=True) if who != HOST]


@pytest.mark.parametrize(("who", "row"), others_events())
def test_the_offline_queue_meets_every_single_event_of_the_others_as_the_table_says(who: str, row: str) -> None:
    where = scene("issued")
    federation = where.federation
    draft, _ = actor(federation, who).draft(where.ref, row)
    event = parsed(draft)
    queue = offline_queue(federation, where.ref)
    found = outcomes(federation, federation.threads[where.ref], [event, *queue])[1:]
    refused_before = False
    for header, outcome in zip(queue, found, strict=True):
        mine = next(r for r in TABLES[0].rows_of(header.kind) if r.name == header.kind.name.lower())
        if refused_before:
            assert isinstance(outcome, Refused)
            assert outcome.reason is Reason.PREDECESSOR_REFUSED
        elif not mine.commutes_with(event.kind):
            assert isinstance(outcome, Refused)
            assert outcome.reason is Reason.STALE
            refused_before = True
        else:
            assert isinstance(outcome, ThreadState), (header.kind, outcome)


def test_only_a_withdrawal_stops_the_offline_queue_of_a_letter_just_issued() -> None:
    stopping = {
        row for _, row in others_events() if not ROWS["signed_for"].commutes_with(ROWS[row].kind or Kind.REMIND)
    }
    assert stopping == {"withdraw_requested"}


def test_a_report_made_meanwhile_answers_a_withdrawal() -> None:
    federation = Federation()
    hangzhou, chengdu = federation.bureau("330100"), federation.bureau("510100")
    ref = hangzhou.delegate(an_investigation(at="510100"))
    federation.settle()
    for row in ("signed_for", "accepted", "assigned"):
        chengdu.send(ref, row)
        federation.settle()
    chengdu.online = False
    chengdu.send(ref, "reported")
    hangzhou.send(ref, "withdraw_requested")
    federation.settle()
    chengdu.online = True
    federation.settle()
    assert not chengdu.refused
    assert federation.threads[ref].state.value == "reported"
