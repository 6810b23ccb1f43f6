"""What the headers of an appraisal declare: computed from the body and the thread, so that nothing is typed twice."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, Protocol, TypeAlias

from delegation.appraisal_facts import AppraisalFacts
from delegation.codes import AppraisalKind, AppraisalMode, Kind
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AppraisalDetail,
    AttendanceDeclared,
    ConclusionDeclared,
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    ExpertsDeclared,
    NotifiedDeclared,
    OpinionDeclared,
    PanelDeclared,
    PanelVoidedDeclared,
    RecusalDeclared,
    ReplacementDeclared,
    StrataDeclared,
    TestsDeclared,
)
from delegation.draw import Picks, Stratum
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.facts_appraisal import AppraisalBody
from delegation.thread_state import ThreadState

_COUNTED: Final = frozenset({"N03", "N04"})
_NO_DAY: Final = date(1970, 1, 1)  # no appointment stands; the rule book says so in its own words
_NONE: Final = AppraisalFacts(mode=AppraisalMode.UNSPECIFIED, kind=AppraisalKind.UNSPECIFIED)


class Typed(Protocol):
    """What was typed beside the body (`node.declaring.Said`)."""

    def text(self, name: str) -> str:
        """A text, empty when absent."""
        ...

    def number(self, name: str) -> int:
        """A whole number, 0 when absent."""
        ...

    def flag(self, name: str) -> bool:
        """Yes or no, no when absent."""
        ...

    def day(self, name: str) -> date | None:
        """A day, None when absent."""
        ...

    def digest(self, name: str) -> bytes:
        """Bytes in hexadecimal."""
        ...

    def parts(self, name: str) -> Sequence[Mapping[str, object]]:
        """A list of objects, empty when absent."""
        ...


def _wrong(name: str) -> Refusal:
    return Refusal(Reason.INVALID_INPUT, field=f"declared.{name}")


def _whole(part: Mapping[str, object], name: str) -> int:
    value = part.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name)
    return value


def _places(part: Mapping[str, object], name: str) -> tuple[int, ...]:
    value = part.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, int) and not isinstance(each, bool) for each in value):
        raise _wrong(name)
    return tuple(value)


def _day(body: AppraisalBody) -> date:
    if body.day is None:
        raise _wrong("on")
    return body.day


def _strata(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    strata = tuple(
        Stratum(_whole(each, "seats"), _whole(each, "reserves"), _whole(each, "eligible"))
        for each in said.parts("strata")
    )
    return StrataDeclared(said.number("draw"), strata, said.number("pool_version"), said.digest("eligible_root"))


def _committed(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return DrawCommittedDeclared(said.number("draw"), said.digest("commitment"))


def _revealed(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return DrawRevealedDeclared(said.number("draw"), said.text("unit"), said.digest("secret"))


def _voided(_facts: BodyFacts, _body: AppraisalBody, said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    return DrawVoidedDeclared(said.number("draw") or case.draw, said.text("unit"))


def _panel(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    picks = tuple(Picks(_places(each, "seats"), _places(each, "reserves")) for each in said.parts("picks"))
    return PanelDeclared(said.number("draw"), said.number("log_size"), said.digest("log_root"), picks)


def _replaced(_facts: BodyFacts, _body: AppraisalBody, said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    return ReplacementDeclared(
        said.number("draw") or case.draw, said.number("stratum"), said.number("leaves"), said.number("enters")
    )


def _scheduled(_facts: BodyFacts, body: AppraisalBody, _said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return AppointmentDeclared(_day(body))


def _rescheduled(_facts: BodyFacts, body: AppraisalBody, _said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    return AppointmentDeclared(_day(body), case.appointed_on)


def _notified(_facts: BodyFacts, _body: AppraisalBody, said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    served = said.day("served_on")
    if served is None:
        raise _wrong("served_on")
    return NotifiedDeclared(served, said.day("examination_on") or case.appointed_on or _NO_DAY)


def _missed(facts: BodyFacts, _body: AppraisalBody, said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    on = said.day("on") or case.appointed_on or _NO_DAY
    return AttendanceDeclared(on, case.absences + (not _COUNTED.isdisjoint(facts.sealed_reasons)))


def _attended(_facts: BodyFacts, body: AppraisalBody, _said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return AttendanceDeclared(_day(body))


def _tests(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    expected = said.day("expected_on")
    if expected is None:
        raise _wrong("expected_on")
    return TestsDeclared(expected)


def _opinion(facts: BodyFacts, body: AppraisalBody, said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    opinion = body.opinion
    if opinion is None:
        raise Refusal(Reason.INVALID_INPUT, field="body.opinion")
    answered = len(set(opinion.warnings) & set(opinion.answered))
    paper = said.number("experts")  # on paper there may be no opinions one by one: the scan shows them
    return OpinionDeclared(
        experts=paper or len(opinion.experts),
        signed=said.number("signed") or sum(signed for _, _, signed, _ in opinion.experts),
        dissenting=said.number("dissenting") or sum(not agrees for _, agrees, _, _ in opinion.experts),
        warnings_answered=answered,
        warnings_open=len(opinion.warnings) - answered,
        reused_materials=len(facts.reused_material_ids) + len(facts.taken_over_ids),
        draw=case.draw or 1,
    )


def _experts(_facts: BodyFacts, body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return ExpertsDeclared(len(body.seconded) or said.number("experts"))


def _answered(_facts: BodyFacts, _body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return RecusalDeclared(said.flag("upheld"))


def _concluded(_facts: BodyFacts, body: AppraisalBody, said: Typed, _case: AppraisalFacts) -> AppraisalDetail:
    return ConclusionDeclared(said.day("on") or _day(body))


def _panel_voided(_facts: BodyFacts, _body: AppraisalBody, _said: Typed, case: AppraisalFacts) -> AppraisalDetail:
    return PanelVoidedDeclared(case.draw)


_Builder: TypeAlias = Callable[[BodyFacts, AppraisalBody, Typed, AppraisalFacts], AppraisalDetail]
_BUILDERS: Final[Mapping[Kind, _Builder]] = {
    Kind.SPECIALTY_DETERMINED: _strata,
    Kind.PANEL_SHORT: _strata,
    Kind.DRAW_COMMITTED: _committed,
    Kind.DRAW_REVEALED: _revealed,
    Kind.DRAW_REVEALED_FOR: _revealed,
    Kind.DRAW_VOIDED: _voided,
    Kind.PANEL_DRAWN: _panel,
    Kind.PANEL_REPLACED: _replaced,
    Kind.PANEL_VOIDED: _panel_voided,
    Kind.RECUSAL_ANSWERED: _answered,
    Kind.SCHEDULED: _scheduled,
    Kind.RESCHEDULED: _rescheduled,
    Kind.WORKER_NOTIFIED: _notified,
    Kind.NO_SHOW: _missed,
    Kind.EXAMINED: _attended,
    Kind.EXTRA_TESTS: _tests,
    Kind.OPINION_FORMED: _opinion,
    Kind.APPRAISAL_REPORTED: _opinion,
    Kind.EXPERTS_PROPOSED: _experts,
    Kind.EXPERTS_ADMITTED: _experts,
    Kind.EXPERTS_CONFIRMED: _experts,
    Kind.CONCLUSION_ISSUED: _concluded,
    Kind.CONCLUSION_SERVED: _concluded,
    Kind.REAPPRAISAL_REQUESTED: _concluded,
    Kind.REAPPRAISAL_RESULT: _concluded,
}


def appraisal_declared(facts: BodyFacts, said: Typed, thread: ThreadState | None) -> AppraisalDetail | None:
    """What an appraisal's header declares; None for a kind of another table, or one that declares nothing.

    Raises:
        Refusal: INVALID_INPUT with the field.
    """
    build = _BUILDERS.get(facts.kind)
    if build is None:
        return None
    case = thread.appraisal if thread is not None else None
    return build(facts, facts.appraisal or AppraisalBody(), said, case or _NONE)
