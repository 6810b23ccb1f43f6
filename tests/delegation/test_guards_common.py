"""What the guards of every row take for granted: facts left out, and facts that are there."""

from datetime import date

import pytest

from delegation.codes import Procedure
from delegation.deadlines import Suspension
from delegation.guards_common import says_no_clock
from delegation.model import ClockFacts

DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    "clock",
    [
        ClockFacts(),
        ClockFacts(accepted_on=DAY),
        ClockFacts(application_received_on=DAY),
        ClockFacts(procedure=Procedure.SIMPLE),
        ClockFacts(suspensions=(Suspension(DAY, None, "S01"),)),
    ],
)
def test_a_header_leaves_the_clock_out_when_it_says_none_of_its_facts(clock: ClockFacts) -> None:
    assert says_no_clock(clock) is (clock == ClockFacts())
