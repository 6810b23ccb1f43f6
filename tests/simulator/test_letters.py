"""What makes a first letter legal, and who is competent for it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from delegation.codes import LegalBasis, Procedure
from delegation.digits import delegation_number
from delegation.errors import Reason, Refused
from delegation.lifecycle import Accepted, judge
from delegation.model import (
    ClockFacts,
    LetterDeclared,
    Recipient,
)
from delegation.roster_view import RosterView, Succession, UnitLife
from tests.builders import (
    CHENGDU_RD,
    DEYANG_RD,
    HANGZHOU_RD,
    TODAY,
    a_recipient,
    a_roster,
    parsed,
    with_unit,
)
from tests.simulator.composing import Investigation, letter_header
from tests.simulator.federation import Federation


def _to(sender: str, *others: str) -> tuple[Recipient, ...]:
    return tuple(a_recipient(unit) for unit in (sender, *others))


def a_first_letter(roster: RosterView | None = None, **changes: Any) -> Accepted | Refused:
    """What a judge says to a first letter with something changed."""
    federation = Federation(roster)
    wish = Investigation(at="510100", to=CHENGDU_RD, changes=dict(changes))
    draft = letter_header(
        wish, thread_id=federation.next_number(HANGZHOU_RD), home=HANGZHOU_RD, at=federation.now,
        roster=federation.roster,
    )  # fmt: skip
    header = parsed(replace(draft, envelope_id=federation.next_id()))
    return judge(None, header, roster=federation.roster, at=federation.now, is_known=lambda _: "unknown")


def refused_by(outcome: Accepted | Refused) -> str:
    """The guard that refused, or the reason."""
    assert isinstance(outcome, Refused)
    return outcome.details.get("guard", outcome.reason.value)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"clock": ClockFacts(None, None, Procedure.ORDINARY)}, "accepted_before"),
        ({"clock": ClockFacts(TODAY + timedelta(days=1), None, Procedure.ORDINARY)}, "accepted_before"),
        ({"legal_basis": LegalBasis.SAME_POOLING_AREA}, "legal_basis_right"),
        ({"legal_basis": LegalBasis.REGULATION_25}, "legal_basis_right"),
        ({"legal_basis": LegalBasis.AGREEMENT}, "legal_basis_right"),
        ({"declared": LetterDeclared(3, 0)}, "letter_counts"),
        ({"declared": LetterDeclared(3, 2, 0, False, ("items",))}, "letter_counts"),
        ({"leg": 2}, "thread_begins"),
        ({"thread_id": delegation_number(TODAY, "510600", 1)}, "thread_begins"),  # another city's number
        ({"clock": ClockFacts(TODAY - timedelta(days=50), None, Procedure.ORDINARY)}, "time_left_confirmed"),
    ],
)
def test_a_letter_that_the_law_does_not_allow_is_refused(changes: dict[str, Any], guard: str) -> None:
    assert refused_by(a_first_letter(**changes)) == guard


def test_a_good_letter_is_accepted_and_a_simple_case_is_warned_of() -> None:
    ordinary = a_first_letter()
    assert isinstance(ordinary, Accepted)
    assert ordinary.warnings == ()
    simple = a_first_letter(
        clock=ClockFacts(TODAY, None, Procedure.SIMPLE), declared=LetterDeclared(3, 2, short_time_confirmed=True)
    )
    assert isinstance(simple, Accepted)
    assert simple.warnings == ("SIMPLE_PROCEDURE",)


def test_within_one_pooling_area_the_basis_is_another() -> None:
    roster = with_unit(a_roster(), CHENGDU_RD, pooling_area="330100")
    assert refused_by(a_first_letter(roster)) == "legal_basis_right"
    assert isinstance(a_first_letter(roster, legal_basis=LegalBasis.SAME_POOLING_AREA), Accepted)


def test_a_letter_to_the_wrong_place_names_the_competent_unit() -> None:
    outcome = a_first_letter(counterpart_unit=DEYANG_RD, recipients=_to(HANGZHOU_RD, DEYANG_RD))
    assert outcome == Refused(Reason.WRONG_PLACE, {"competent_unit": CHENGDU_RD})


def test_a_succeeded_unit_gets_nothing_and_its_successor_is_named() -> None:
    heir = (Succession(DEYANG_RD, TODAY - timedelta(days=1)),)
    roster = with_unit(a_roster(), CHENGDU_RD, successions=heir)
    outcome = a_first_letter(roster)
    assert outcome == Refused(Reason.UNIT_NOT_ACTIVE, {"unit": CHENGDU_RD, "successor": DEYANG_RD})
    leaving = with_unit(a_roster(), CHENGDU_RD, life=UnitLife.LEAVING)
    assert refused_by(a_first_letter(leaving)) == "UNIT_NOT_ACTIVE"
