"""What a header declares, computed from the body so that the two cannot contradict; the rest is what the clerk said.

Figures come from the body's facts: a sender who counts by hand would be protested. What the body does not hold (a
unit named, days asked, a date) comes from the move's `declared`, whose unknown fields are refused.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from delegation.codes import Adoption, Kind, NoticeOutcome
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.lifecycle import CaseFacts
from delegation.model import (
    AdoptionDeclared,
    AgreementDeclared,
    AmendmentDeclared,
    AnswerDueDeclared,
    AssignmentDeclared,
    ClockDeclared,
    CompetenceDeclared,
    DeclaredDetail,
    ExtensionDeclared,
    LetterDeclared,
    MaterialsDeclared,
    NoticeDeclared,
    PoolDeclared,
    ProtestDeclared,
    QuestionDeclared,
    ResultDeclared,
    ReturnDeclared,
    SupplementDeclared,
)
from delegation.thread_state import ThreadState
from node.draws.declaring import appraisal_declared

_FOUND, _PARTLY, _NOT_FOUND = 1, 2, 3  # the contract's Finding
E_ = TypeVar("E_")


class Said:
    """What was typed beside the body, taken field by field; what is left over is refused."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = dict(values)

    def _take(self, name: str, kind: type[E_], default: E_) -> E_:
        value = self._values.pop(name, default)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}")
        return value

    def text(self, name: str) -> str:
        """A text, empty when absent."""
        return self._take(name, str, "")

    def number(self, name: str) -> int:
        """A whole number, 0 when absent."""
        return self._take(name, int, 0)

    def flag(self, name: str) -> bool:
        """Yes or no, no when absent."""
        return self._take(name, bool, False)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts."""
        found = self._take(name, list, [])
        if not all(isinstance(item, str) for item in found):
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}")
        return tuple(found)

    def day(self, name: str) -> date | None:
        """A day, None when absent."""
        text = self.text(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError as error:
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}") from error

    def digest(self, name: str) -> bytes:
        """A SHA-256 in hexadecimal."""
        try:
            return bytes.fromhex(self.text(name))
        except ValueError as error:
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}") from error

    def parts(self, name: str) -> Sequence[Mapping[str, object]]:
        """A list of objects, empty when absent."""
        found = self._take(name, list, [])
        if not all(isinstance(item, Mapping) for item in found):
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}")
        return found

    def nothing_more(self) -> None:
        """Refuse fields that nobody asked for."""
        for name in self._values:
            raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name[:40] if name.isidentifier() else 'field'}")


def _letter(facts: BodyFacts, said: Said, _case: CaseFacts, _sender: str) -> DeclaredDetail:
    return LetterDeclared(
        items=len(facts.items),
        mandatory_items=sum(1 for _, mandatory in facts.items if mandatory),
        reused_materials=spared(facts),
        short_time_confirmed=said.flag("short_time_confirmed"),
        changed_subjects=said.texts("changed_subjects"),
    )


def _assignment(facts: BodyFacts, _said: Said, _case: CaseFacts, sender: str) -> DeclaredDetail:
    able = {person.staff_id: person for person in facts.investigators if person.has_credential}
    return AssignmentDeclared(
        investigators=len(able),
        conflicts=sum(1 for person in facts.investigators if person.conflict),
        from_elsewhere=sum(1 for person in able.values() if person.unit != sender),
    )


def _result(facts: BodyFacts, _said: Said, case: CaseFacts, _sender: str) -> DeclaredDetail:
    asked = asked_items(case)
    mandatory = {code for code, needed in asked if needed}
    findings = [answer.finding for answer in facts.answers]
    answered = {answer.item_code for answer in facts.answers if answer.finding in (_FOUND, _PARTLY)}
    return ResultDeclared(
        found=findings.count(_FOUND),
        partly_found=findings.count(_PARTLY),
        not_found=findings.count(_NOT_FOUND),
        mandatory_answered=len(mandatory & answered),
        mandatory_items=len(mandatory),
        checks_met=facts.checks_met,
        checks_explained=facts.checks_explained,
        checks_open=facts.checks_open,
        evidence=len(facts.evidence_ids),
        reused_materials=spared(facts),
    )


def spared(facts: BodyFacts) -> int:
    """Materials that nobody was asked for again: referred to by id, or taken over from the own store of the case."""
    return len(facts.reused_material_ids) + len(facts.taken_over_ids)


def asked_items(case: CaseFacts) -> tuple[tuple[str, bool], ...]:
    """The items of the round: the letter's, in a further round those that were asked again."""
    letter = case.letter.items if case.letter is not None else ()
    again = {code for code, _ in case.supplement.supplement_items} if case.supplement is not None else set()
    return tuple(item for item in letter if not again or item[0] in again)


_BUILDERS: Final[Mapping[Kind, Callable[[BodyFacts, Said, CaseFacts, str], DeclaredDetail]]] = {
    Kind.ISSUED: _letter,
    Kind.LETTER_CORRECTED: _letter,
    Kind.RETURNED: lambda facts, _said, _case, _sender: ReturnDeclared(facts.defects),
    Kind.TRANSFERRED: lambda _facts, said, _case, _sender: CompetenceDeclared(said.text("unit")),
    Kind.COMPETENCE_DISPUTED: lambda _facts, said, _case, _sender: CompetenceDeclared(said.text("unit")),
    Kind.DESIGNATED: lambda _facts, said, _case, _sender: CompetenceDeclared(said.text("unit")),
    Kind.ASSIGNED: _assignment,
    Kind.REASSIGNED: _assignment,
    Kind.EXTENSION_REQUESTED: lambda _facts, said, _case, _sender: ExtensionDeclared(said.number("working_days")),
    Kind.EXTENDED: lambda _facts, said, _case, _sender: ExtensionDeclared(said.number("working_days")),
    Kind.EXTENSION_DEEMED: lambda _facts, said, _case, _sender: ExtensionDeclared(said.number("working_days")),
    Kind.REPORTED: _result,
    Kind.UNABLE: _result,
    Kind.SUPPLEMENT_REQUESTED: lambda facts, _said, _case, _sender: SupplementDeclared(len(facts.supplement_items)),
    Kind.QUESTION: lambda _facts, said, _case, _sender: QuestionDeclared(said.flag("blocking")),
    Kind.CLOCK_SUSPENDED: lambda _facts, said, _case, _sender: _clock(said),
    Kind.CLOCK_RESUMED: lambda _facts, said, _case, _sender: _clock(said),
    Kind.AMENDED: lambda _facts, said, _case, _sender: AmendmentDeclared(said.text("subject"), said.number("version")),
    Kind.CORRECTED: lambda _facts, said, _case, _sender: AmendmentDeclared(
        said.text("subject"), said.number("version")
    ),
    Kind.ADOPTION: lambda _facts, said, _case, _sender: AdoptionDeclared(_named(Adoption, said, "adoption")),
    Kind.SUPERVISE: lambda _facts, said, _case, _sender: AnswerDueDeclared(said.number("working_days")),
    Kind.COORDINATION_REQUESTED: lambda _facts, said, _case, _sender: AnswerDueDeclared(said.number("working_days")),
    Kind.NOTICE_ANSWERED: lambda _facts, said, _case, _sender: NoticeDeclared(_named(NoticeOutcome, said, "outcome")),
    Kind.AGREEMENT_PROPOSED: lambda _facts, said, _case, _sender: AgreementDeclared(said.digest("terms_digest")),
    Kind.AGREEMENT_COUNTERSIGNED: lambda _facts, said, _case, _sender: AgreementDeclared(said.digest("terms_digest")),
    Kind.AGREEMENT_ENDED: lambda _facts, said, _case, _sender: AgreementDeclared(said.digest("terms_digest")),
    Kind.POOL_COMMITTED: lambda _facts, said, _case, _sender: PoolDeclared(
        said.digest("root"), said.number("size"), said.number("version")
    ),
    Kind.PROTEST: lambda _facts, said, _case, _sender: ProtestDeclared(said.number("ground")),
    Kind.WITHDRAW_CONFIRMED: lambda facts, _said, _case, _sender: MaterialsDeclared(spared(facts)),
    Kind.MATERIAL_ADDED: lambda facts, _said, _case, _sender: MaterialsDeclared(spared(facts)),
}


def _clock(said: Said) -> ClockDeclared:
    effective = said.day("effective_on")
    if effective is None:
        raise Refusal(Reason.INVALID_INPUT, field="declared.effective_on")
    return ClockDeclared(effective, said.day("applicant_told_on"))


_Code = TypeVar("_Code", Adoption, NoticeOutcome)


def _named(kind: type[_Code], said: Said, name: str) -> _Code:
    try:
        return kind[said.text(name)]
    except KeyError as error:
        raise Refusal(Reason.INVALID_INPUT, field=f"declared.{name}") from error


def declared_of(
    facts: BodyFacts,
    values: Mapping[str, object],
    *,
    case: CaseFacts,
    sender: str,
    thread: ThreadState | None = None,
) -> DeclaredDetail | None:
    """What the header of this body declares; None for a kind that declares nothing. `thread` is as it stands before.

    Raises:
        Refusal: INVALID_INPUT with the field when something said is malformed, missing or not asked for.
    """
    said = Said(values)
    build = _BUILDERS.get(facts.kind)
    found = build(facts, said, case, sender) if build is not None else appraisal_declared(facts, said, thread)
    said.nothing_more()
    return found
