"""From every state that the stories reach, headers and entries alone tell an overseer where a delegation stands."""

import pytest

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Refusal
from tests.simulator.appraisal_paths import PATHS as APPRAISALS
from tests.simulator.appraisal_paths import appraisal_scene
from tests.simulator.courses import check_course, course_of
from tests.simulator.paths import HOST, PATHS, scene


@pytest.mark.parametrize("name", list(PATHS))
def test_an_investigation_is_followed(name: str) -> None:
    where = scene(name)
    check_course(where.federation, where.ref)


@pytest.mark.parametrize("name", list(APPRAISALS))
def test_an_appraisal_is_followed(name: str) -> None:
    where = appraisal_scene(name)
    check_course(where.federation, where.ref)


def test_an_entry_out_of_order_is_refused() -> None:
    where = scene("signed_for")
    log = where.federation.log
    del log[next(i for i, logged in enumerate(log) if logged.letter and logged.letter.header.kind is Kind.ISSUED)]
    with pytest.raises(Refusal):
        course_of(where.federation, where.ref)


def test_a_day_that_passed_is_told_of_whom_the_log_awaited() -> None:
    where = scene("signed_for")
    where.federation.advance(days=30)
    where.federation.certify()
    missed = course_of(where.federation, where.ref).missed
    assert [(each.clock, each.unit[:6]) for each in missed] == [("decide", HOST)]


def test_nobody_is_late_for_a_delivery_that_no_entry_tells_of() -> None:
    """A letter lies delivered, and is to be signed for: what the letter's own entry says is over, and nobody late."""
    where = scene("issued")
    where.federation.settle()
    where.federation.advance(days=3)
    today = day_of(where.federation.now)
    before = course_of(where.federation, where.ref)
    assert min(due.legal for due in before.due if due.clock == "delivery") < today
    assert before.late_on(today) is None

    where.federation.advance(days=7)
    where.federation.certify()
    late = course_of(where.federation, where.ref).late_on(day_of(where.federation.now))
    assert late is not None
    assert (late.clock, late.unit[:6]) == ("sign", HOST)
