"""What an agreement may not say: each contradiction with its article, and the longest time that is none."""

from datetime import date

import pytest

from delegation.agreed_law import fewest_days, unlawful
from delegation.codes import Matter
from delegation.limits import DEFAULT_NORMAL
from delegation.roster_records import AgreedTime, Agreement
from delegation.roster_view import STEP_OF_CLOCK
from tests.builders import SICHUAN_PO, ZHEJIANG_PO

FIRST, SECOND = sorted((ZHEJIANG_PO, SICHUAN_PO))


def agreed(clock: str, days: int, *matters: Matter, since: date = date(2026, 8, 1)) -> Agreement:
    return Agreement(
        agreement_id="01986f2a-0000-7000-8000-000000000001",
        units=(FIRST, SECOND),
        matters=matters or (Matter.INVESTIGATION,),
        times=(AgreedTime(clock, days),),
        valid_from=since,
    )


@pytest.mark.parametrize(
    ("clock", "most", "matter", "rule", "bound", "article"),
    [
        ("investigate", 36, Matter.INVESTIGATION, "statutory_remainder", "50", "regulation-20"),
        ("supplement", 36, Matter.INVESTIGATION, "statutory_remainder", "50", "regulation-20"),
        ("examine", 36, Matter.DISABILITY_GRADE, "statutory_remainder", "50", "regulation-25"),
        ("decide", 5, Matter.DISABILITY_GRADE, "step_too_long", "5", "appraisal-rules-9"),
    ],
)
def test_a_time_that_the_law_does_not_leave_is_refused_with_the_article(
    clock: str, most: int, matter: Matter, rule: str, bound: str, article: str
) -> None:
    assert unlawful(agreed(clock, most, matter)) is None
    assert unlawful(agreed(clock, most + 1, matter)) == {
        "field": f"times.{clock}", "rule": rule, "most": bound, "article": article,
    }  # fmt: skip


def test_terms_for_both_matters_obey_both_laws() -> None:
    assert unlawful(agreed("decide", 6)) is None
    both = unlawful(agreed("decide", 6, Matter.INVESTIGATION, Matter.SELF_CARE))
    assert both is not None
    assert both["article"] == "appraisal-rules-9"


def test_what_the_law_does_not_bound_may_be_agreed() -> None:
    assert unlawful(agreed("question-answer", 60)) is None
    assert unlawful(agreed("examine", 60)) is None  # nobody examines in an investigation


def test_terms_older_than_the_limits_are_judged_by_the_first_of_them() -> None:
    assert unlawful(agreed("investigate", 60, since=date(2005, 1, 1))) is not None


def test_every_default_time_is_lawful() -> None:
    for clock, step in STEP_OF_CLOCK.items():
        for matter in (Matter.INVESTIGATION, Matter.DISABILITY_GRADE):
            assert unlawful(agreed(clock, DEFAULT_NORMAL[step], matter)) is None


def test_natural_days_are_counted_in_favour_of_the_terms() -> None:
    assert [fewest_days(days) for days in (1, 5, 6, 36, 37)] == [1, 5, 8, 50, 51]
