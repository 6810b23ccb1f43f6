"""What an agreement may not say: the law leaves so much time and no more, whatever two units sign.

Judged where it is proposed and countersigned, by either side's node after opening, and where the seal authority takes
it. A time counts in the fewest natural days that so many working days can be, so that only what no calendar could hold
is refused: whether a single case's days suffice is judged in that case, by its own dates.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from delegation.codes import Matter
from delegation.limits import LimitKind, Step, statutory_limit
from delegation.roster_records import AgreedTime, Agreement
from delegation.roster_view import STEP_OF_CLOCK

HOST_ENDS_BEFORE: Final = 10  # natural days that stay with the home before its statutory day (clock `cap`)
_WEEK, _WORKING = 7, 5
_INVESTIGATED, _APPRAISED = LimitKind.RECOGNITION, LimitKind.APPRAISAL
_ARTICLES: Final = MappingProxyType({_INVESTIGATED: "regulation-20", _APPRAISED: "regulation-25"})
_FIRST_DAY: Final = date(2014, 4, 1)  # from here on every limit used is in force; earlier terms are judged by it too
# What lies between application and conclusion, so that the statutory time has to hold it.
_STEPS: Final[Mapping[LimitKind, frozenset[Step]]] = MappingProxyType({
    _INVESTIGATED: frozenset({
        Step.SIGN, Step.DECIDE, Step.ASSIGN, Step.INVESTIGATE, Step.SUPPLEMENT, Step.CORRECT, Step.EXTENSION,
    }),
    _APPRAISED: frozenset({
        Step.SIGN, Step.DECIDE, Step.SPECIALTIES, Step.SCHEDULE, Step.EXAMINE, Step.FORM_OPINION, Step.REPORT_OPINION,
        Step.PROPOSE_EXPERTS, Step.CONFIRM_EXPERTS, Step.CORRECT, Step.EXTENSION,
    }),
})  # fmt: skip
_MATERIALS: Final = Step.DECIDE  # of an appraisal: the review of its materials, which the law gives five working days


def fewest_days(working_days: int) -> int:
    """Natural days that so many working days take at least: five in seven, without a weekend that is worked."""
    weeks, rest = divmod(working_days - 1, _WORKING)
    return weeks * _WEEK + rest + 1


def unlawful(agreement: Agreement) -> Mapping[str, str] | None:
    """The first thing in which the terms contradict the law, as the details of a refusal; None when nothing does.

    `field` is `times.` and the clock, `rule` is `statutory_remainder` (`most` natural days) or `step_too_long` (`most`
    working days), `article` names the law. The limits are those in force on the day from which the agreement holds.
    NOT checked: that the units exist and are of one type, which the roster's rules judge; agreed times of clocks that
    the law does not bound; that 再次鉴定 goes to no city: no agreement can name it, and each letter is judged for that
    (guard `again_by_provinces`, 条例 Art 26).
    """
    kinds = {_INVESTIGATED if matter is Matter.INVESTIGATION else _APPRAISED for matter in agreement.matters}
    for kind in sorted(kinds):
        for time in agreement.times:
            wrong = _wrong(time, kind, max(agreement.valid_from, _FIRST_DAY))
            if wrong is not None:
                return wrong
    return None


def _wrong(time: AgreedTime, kind: LimitKind, on: date) -> Mapping[str, str] | None:
    step = STEP_OF_CLOCK.get(time.clock)
    if step not in _STEPS[kind]:
        return None
    if kind is _APPRAISED and step is _MATERIALS:
        notice = statutory_limit(LimitKind.MATERIAL_NOTICE, on)
        if time.working_days > notice.length:
            return _details(time, "step_too_long", notice.length, "appraisal-rules-9")
    limit = statutory_limit(kind, on)
    most = limit.length - HOST_ENDS_BEFORE
    if fewest_days(time.working_days) > most:
        return _details(time, "statutory_remainder", most, _ARTICLES[kind])
    return None


def _details(time: AgreedTime, rule: str, most: int, article: str) -> Mapping[str, str]:
    return {"field": f"times.{time.clock}", "rule": rule, "most": str(most), "article": article}
