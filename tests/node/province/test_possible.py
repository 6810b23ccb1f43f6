"""Which acts a page offers an office: by the course, its steps and the roster alone."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.codes import Kind, ThreadType
from delegation.course import Course
from delegation.model import DueDate
from delegation.table import State
from delegation.table_states import ENDED
from delegation.tables import table_for
from node.province.acts_ports import Possible
from node.province.acts_reading import units_of
from node.province.ports import Step
from node.province.possible import possible
from tests.builders import (
    CHENGDU_RD,
    DEYANG_RD,
    HANGZHOU_RD,
    NATIONAL_NO,
    SICHUAN_PO,
    ZHEJIANG_PO,
    a_roster,
)
from tests.node.province.office import a_course

TODAY = date(2026, 11, 20)
AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
ROSTER = a_roster()


def due(clock: str, unit: str, days: int) -> DueDate:
    day = TODAY + timedelta(days=days)
    return DueDate(clock, unit, day, day, provisional=False)


def course(state: State, *dues: DueDate, **changes: object) -> Course:
    found = replace(a_course(1), home_unit=HANGZHOU_RD, host_unit=CHENGDU_RD, state=state, due=dues, on_paper=False)
    return replace(found, **changes)  # type: ignore[arg-type] # fields of a course


def step(sequence: int, kind: Kind, sender: str, **declared: str) -> Step:
    return Step(
        sequence=sequence, leaf=sequence, kind=kind, label="", sender=sender, leg=1, claimed_at=AT, accepted_at=AT,
        due=(), declared=declared,
    )  # fmt: skip


def may(found: Course, *steps: Step, office: str = ZHEJIANG_PO) -> Possible:
    return possible(found, steps, ROSTER, office=office, today=TODAY)


def test_an_office_reminds_both_sides_supervises_its_own_and_asks_for_the_other() -> None:
    found = may(course(State.ISSUED, due("sign", CHENGDU_RD, -2)))
    assert (found.remind, found.supervise, found.coordinate) == (
        (HANGZHOU_RD, CHENGDU_RD),
        (HANGZHOU_RD,),
        (CHENGDU_RD,),
    )
    assert (found.turn, found.designation, found.opinion) == (CHENGDU_RD, "", False)
    host = may(course(State.ISSUED, due("sign", CHENGDU_RD, -2)), office=SICHUAN_PO)
    assert (host.supervise, host.coordinate) == ((CHENGDU_RD,), (HANGZHOU_RD,))


@pytest.mark.parametrize(
    ("state", "dues", "turn"),
    [
        (State.REPORTED, (due("check", HANGZHOU_RD, 4),), HANGZHOU_RD),
        (State.REPORTED, (), HANGZHOU_RD),  # by the table alone
        (State.RETURNED_FOR_CORRECTION, (), HANGZHOU_RD),
        (State.SIGNED_FOR, (), CHENGDU_RD),
        (State.IN_PROGRESS, (due("investigate", CHENGDU_RD, 9), due("extension-answer", HANGZHOU_RD, 1)), HANGZHOU_RD),
        (State.IN_PROGRESS, (due("statutory", HANGZHOU_RD, -9), due("investigate", CHENGDU_RD, 2)), CHENGDU_RD),
    ],
)
def test_who_has_to_act_is_reminded(state: State, dues: tuple[DueDate, ...], turn: str) -> None:
    assert may(course(state, *dues)).turn == turn


def test_a_dispute_is_decided_once_by_each_office_until_it_took_effect() -> None:
    disputed = course(State.AWAITING_DESIGNATION, due("designation", ZHEJIANG_PO, 3), due("designation", SICHUAN_PO, 3))
    asked = step(3, Kind.COMPETENCE_DISPUTED, CHENGDU_RD, unit=DEYANG_RD)
    found = may(disputed, asked)
    assert (found.designation, found.claims, found.named, found.seen) == ("dispute", (DEYANG_RD,), "", 3)
    mine = step(4, Kind.DESIGNATED, ZHEJIANG_PO, unit=DEYANG_RD)
    assert (may(disputed, asked, mine).designation, may(disputed, asked, mine).named) == ("", DEYANG_RD)
    assert may(disputed, asked, mine, office=SICHUAN_PO).designation == "dispute"
    again = step(5, Kind.COMPETENCE_DISPUTED, CHENGDU_RD)
    assert may(disputed, asked, mine, again).designation == "dispute"  # a later dispute is another one
    done = replace(disputed, due=(due("reissue", HANGZHOU_RD, 3),))
    assert may(done, asked).designation == ""


def test_the_national_office_decides_when_it_is_asked_and_does_nothing_else() -> None:
    disputed = course(State.AWAITING_DESIGNATION, due("designation", NATIONAL_NO, 3))
    found = may(disputed, office=NATIONAL_NO)
    assert found.designation == "dispute"
    assert found == Possible(seen=found.seen, designation="dispute")
    assert not may(course(State.ISSUED), office=NATIONAL_NO).any


@pytest.mark.parametrize(
    ("dues", "office", "offered"),
    [
        ((due("investigate", CHENGDU_RD, -3), due("supervise", CHENGDU_RD, -1)), SICHUAN_PO, "reassign"),
        ((due("investigate", CHENGDU_RD, -3), due("supervise", CHENGDU_RD, 0)), SICHUAN_PO, ""),  # may answer today
        ((due("investigate", CHENGDU_RD, 0), due("supervise", CHENGDU_RD, -1)), SICHUAN_PO, ""),  # is in time
        ((due("cap", CHENGDU_RD, -3), due("supervise", CHENGDU_RD, -1)), SICHUAN_PO, ""),
        ((due("investigate", CHENGDU_RD, -3), due("supervise", CHENGDU_RD, -1)), ZHEJIANG_PO, ""),
    ],
)
def test_work_is_taken_from_a_late_host_that_did_not_answer(
    dues: tuple[DueDate, ...], office: str, offered: str
) -> None:
    assert may(course(State.IN_PROGRESS, *dues), office=office).designation == offered


def test_an_opinion_is_given_by_who_was_asked() -> None:
    asked = course(State.IN_PROGRESS, due("opinion", ZHEJIANG_PO, 2))
    assert may(asked).opinion
    assert not may(asked, office=SICHUAN_PO).opinion


def test_a_host_on_paper_and_an_unknown_unit_get_no_envelope() -> None:
    units = {**ROSTER.units, CHENGDU_RD: replace(ROSTER.unit(CHENGDU_RD), bureau="")}
    found = possible(
        course(State.ISSUED, due("sign", CHENGDU_RD, -2), on_paper=True), (), replace(ROSTER, units=units),
        office=ZHEJIANG_PO, today=TODAY,
    )  # fmt: skip
    assert (found.remind, found.turn) == ((HANGZHOU_RD,), HANGZHOU_RD)
    assert not may(course(State.ISSUED, host_unit="999999RD010")).any


@given(st.integers(min_value=0, max_value=3_000), st.sampled_from((ZHEJIANG_PO, SICHUAN_PO, NATIONAL_NO)))
def test_nothing_is_offered_that_no_row_of_the_table_has(number: int, office: str) -> None:
    drawn = a_course(number)
    found = possible(drawn, (), ROSTER, office=office, today=TODAY)
    table = table_for(ThreadType.DELEGATION, drawn.matter)
    assert table is not None
    for kind, there in (
        (Kind.REMIND, found.remind), (Kind.SUPERVISE, found.supervise), (Kind.DESIGNATED, found.designation),
        (Kind.OPINION, found.opinion),
    ):  # fmt: skip
        assert not there or any(drawn.state in row.sources for row in table.rows_of(kind)), kind
    if drawn.state in ENDED:
        assert not found.any
    assert set(found.supervise) <= set(found.remind) <= {drawn.home_unit, drawn.host_unit}
    assert found.turn in {"", *found.remind}
    assert not set(found.supervise) & set(found.coordinate)


def test_units_are_those_below_the_office_and_the_other_offices() -> None:
    units = units_of(ROSTER, ZHEJIANG_PO)
    own, offices = {unit.code for unit in units.own}, {unit.code for unit in units.offices}
    assert HANGZHOU_RD in own
    assert all(code.startswith("33") for code in own)
    assert ZHEJIANG_PO not in own | offices
    assert SICHUAN_PO in offices
    assert all(code[6:8] in {"PO", "NO"} for code in offices)
