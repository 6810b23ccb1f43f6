"""What a kind declares in the open: `Declared` between bytes and values (protocol 3.4, declared.proto).

Each kind has exactly one message, or none; another kind's is refused.
"""

from collections.abc import Callable, Mapping
from typing import Final

from delegation import codec_values as take
from delegation import model, patterns
from delegation.codec_declared_appraisal import APPRAISAL_FIELDS, APPRAISAL_READERS, write_appraisal_declared
from delegation.codes import Adoption, Kind, NoticeOutcome
from xieban.delegation.v1 import codes_pb2 as codes
from xieban.delegation.v1 import declared_pb2 as pb

_MOST_DEFECTS: Final = 64
_MOST_SUBJECTS: Final = 64
_MOST_ANSWER_DAYS: Final = 20
_MOST_EXTENSION: Final = 10
_MOST_EXPERTS: Final = 100_000

# Which message a kind declares; a kind that is not here declares nothing.
FIELD_OF_KIND: Final[Mapping[Kind, str]] = {
    Kind.ISSUED: "letter",
    Kind.LETTER_CORRECTED: "letter",
    Kind.RETURNED: "defect_list",
    Kind.TRANSFERRED: "competence",
    Kind.COMPETENCE_DISPUTED: "competence",
    Kind.DESIGNATED: "competence",
    Kind.ASSIGNED: "assignment",
    Kind.REASSIGNED: "assignment",
    Kind.EXTENSION_REQUESTED: "extension",
    Kind.EXTENDED: "extension",
    Kind.EXTENSION_DEEMED: "extension",
    Kind.REPORTED: "result",
    Kind.UNABLE: "result",
    Kind.SUPPLEMENT_REQUESTED: "supplement",
    Kind.QUESTION: "question",
    Kind.CLOCK_SUSPENDED: "clock",
    Kind.CLOCK_RESUMED: "clock",
    Kind.AMENDED: "amendment",
    Kind.CORRECTED: "amendment",
    Kind.ADOPTION: "adoption",
    Kind.SUPERVISE: "answer_due",
    Kind.COORDINATION_REQUESTED: "answer_due",
    Kind.NOTICE_ANSWERED: "notice",
    Kind.AGREEMENT_PROPOSED: "agreement",
    Kind.AGREEMENT_COUNTERSIGNED: "agreement",
    Kind.AGREEMENT_ENDED: "agreement",
    Kind.POOL_COMMITTED: "pool",
    Kind.PROTEST: "protest",
    Kind.WITHDRAW_CONFIRMED: "materials",
    Kind.MATERIAL_ADDED: "materials",
    **APPRAISAL_FIELDS,
}

_ADOPTIONS: Final = take.table(Adoption)
_OUTCOMES: Final = take.table(NoticeOutcome)
_GROUNDS: Final = frozenset(pb.ProtestGround.values())


def read_declared(declared: pb.Declared, kind: Kind) -> model.DeclaredDetail | None:
    """What a header of that kind declares.

    Raises:
        Refusal: MALFORMED when the kind's message is missing, another kind's stands in its place or a figure is out of
            bounds; UNKNOWN_CODE.
    """
    found = declared.WhichOneof("of")
    wanted = FIELD_OF_KIND.get(kind)
    if found != wanted:
        take.malformed("declared" if found is None else f"declared.{found}")
    return None if found is None else _READERS[found](declared, kind)


def _count(value: int, field: str) -> int:
    if value > take.MOST_COUNT:
        take.malformed(field)
    return value


def _subject(value: str, field: str) -> str:
    if value not in patterns.FIELD_GROUPS and not patterns.is_uuid4(value):
        if patterns.is_subject_form(value):
            take.unknown(field)
        take.malformed(field)
    return value


def _letter(of: pb.Declared, _kind: Kind) -> model.LetterDeclared:
    m = of.letter
    take.at_most(m.changed_subjects, _MOST_SUBJECTS, "declared.letter.changed_subjects")
    subjects = tuple(_subject(s, "declared.letter.changed_subjects") for s in m.changed_subjects)
    take.distinct(subjects, "declared.letter.changed_subjects")
    return model.LetterDeclared(
        items=_count(m.items, "declared.letter.items"),
        mandatory_items=take.number(m.mandatory_items, 0, m.items, "declared.letter.mandatory_items"),
        reused_materials=_count(m.reused_materials, "declared.letter.reused_materials"),
        short_time_confirmed=m.short_time_confirmed,
        changed_subjects=subjects,
    )


def _returned(of: pb.Declared, _kind: Kind) -> model.ReturnDeclared:
    defects = of.defect_list.defects
    take.number(len(defects), 1, _MOST_DEFECTS, "declared.defect_list.defects")
    return model.ReturnDeclared(
        tuple(
            model.Defect(
                take.listed(
                    d.code, patterns.DEFECT_CODES, patterns.is_reason_form, "declared.defect_list.defects.code"
                ),
                _subject(d.subject, "declared.defect_list.defects.subject"),
            )
            for d in defects
        )
    )


def _competence(of: pb.Declared, kind: Kind) -> model.CompetenceDeclared:
    unit = of.competence.unit
    if not (unit or kind is Kind.COMPETENCE_DISPUTED):
        take.malformed("declared.competence.unit")
    return model.CompetenceDeclared(take.optional_text(unit, patterns.is_unit, "declared.competence.unit"))


def _assignment(of: pb.Declared, _kind: Kind) -> model.AssignmentDeclared:
    m = of.assignment
    return model.AssignmentDeclared(
        investigators=_count(m.investigators, "declared.assignment.investigators"),
        conflicts=_count(m.conflicts, "declared.assignment.conflicts"),
        from_elsewhere=_count(m.from_elsewhere, "declared.assignment.from_elsewhere"),
    )


def _extension(of: pb.Declared, _kind: Kind) -> model.ExtensionDeclared:
    days = take.number(of.extension.working_days, 1, _MOST_EXTENSION, "declared.extension.working_days")
    return model.ExtensionDeclared(days)


def _result(of: pb.Declared, _kind: Kind) -> model.ResultDeclared:
    m = of.result
    return model.ResultDeclared(
        found=_count(m.found, "declared.result.found"),
        partly_found=_count(m.partly_found, "declared.result.partly_found"),
        not_found=_count(m.not_found, "declared.result.not_found"),
        mandatory_answered=_count(m.mandatory_answered, "declared.result.mandatory_answered"),
        mandatory_items=_count(m.mandatory_items, "declared.result.mandatory_items"),
        checks_met=_count(m.checks_met, "declared.result.checks_met"),
        checks_explained=_count(m.checks_explained, "declared.result.checks_explained"),
        checks_open=_count(m.checks_open, "declared.result.checks_open"),
        evidence=_count(m.evidence, "declared.result.evidence"),
        reused_materials=_count(m.reused_materials, "declared.result.reused_materials"),
    )


def _supplement(of: pb.Declared, _kind: Kind) -> model.SupplementDeclared:
    return model.SupplementDeclared(_count(of.supplement.items, "declared.supplement.items"))


def _question(of: pb.Declared, _kind: Kind) -> model.QuestionDeclared:
    return model.QuestionDeclared(of.question.blocking)


def _clock(of: pb.Declared, _kind: Kind) -> model.ClockDeclared:
    return model.ClockDeclared(
        take.day(of.clock.effective_on, "declared.clock.effective_on"),
        take.optional_day(of.clock.applicant_told_on, "declared.clock.applicant_told_on"),
    )


def _amendment(of: pb.Declared, _kind: Kind) -> model.AmendmentDeclared:
    return model.AmendmentDeclared(
        _subject(of.amendment.subject, "declared.amendment.subject"),
        take.number(of.amendment.version, 2, take.MOST_COUNT, "declared.amendment.version"),
    )


def _adoption(of: pb.Declared, _kind: Kind) -> model.AdoptionDeclared:
    return model.AdoptionDeclared(take.stated(_ADOPTIONS, of.adoption.adoption, "declared.adoption.adoption"))


def _answer_due(of: pb.Declared, _kind: Kind) -> model.AnswerDueDeclared:
    days = take.number(of.answer_due.working_days, 1, _MOST_ANSWER_DAYS, "declared.answer_due.working_days")
    return model.AnswerDueDeclared(days)


def _notice(of: pb.Declared, _kind: Kind) -> model.NoticeDeclared:
    return model.NoticeDeclared(take.stated(_OUTCOMES, of.notice.outcome, "declared.notice.outcome"))


def _agreement(of: pb.Declared, _kind: Kind) -> model.AgreementDeclared:
    return model.AgreementDeclared(take.digest(of.agreement.terms_digest, "declared.agreement.terms_digest"))


def _pool(of: pb.Declared, _kind: Kind) -> model.PoolDeclared:
    return model.PoolDeclared(
        take.digest(of.pool.root, "declared.pool.root"),
        take.number(of.pool.size, 0, _MOST_EXPERTS, "declared.pool.size"),
        take.number(of.pool.version, 1, take.MOST_COUNT, "declared.pool.version"),
    )


def _protest(of: pb.Declared, _kind: Kind) -> model.ProtestDeclared:
    ground = of.protest.ground
    if ground == pb.PROTEST_GROUND_UNSPECIFIED:
        take.malformed("declared.protest.ground")
    if ground not in _GROUNDS:
        take.unknown("declared.protest.ground")
    return model.ProtestDeclared(int(ground))


def _materials(of: pb.Declared, _kind: Kind) -> model.MaterialsDeclared:
    return model.MaterialsDeclared(_count(of.materials.reused_materials, "declared.materials.reused_materials"))


_READERS: Final[Mapping[str, Callable[[pb.Declared, Kind], model.DeclaredDetail]]] = {
    "letter": _letter,
    "defect_list": _returned,
    "competence": _competence,
    "assignment": _assignment,
    "extension": _extension,
    "result": _result,
    "supplement": _supplement,
    "question": _question,
    "clock": _clock,
    "amendment": _amendment,
    "adoption": _adoption,
    "answer_due": _answer_due,
    "notice": _notice,
    "agreement": _agreement,
    "pool": _pool,
    "protest": _protest,
    "materials": _materials,
    **APPRAISAL_READERS,
}


def write_declared(into: pb.Declared, detail: model.DeclaredDetail | None) -> None:
    """Fill the message with what is declared. NOT checked: bounds, and that it is the kind's own."""
    match detail:
        case None:
            return
        case model.QuestionDeclared():
            into.question.CopyFrom(pb.QuestionDeclared(blocking=detail.blocking))  # first: what is asked most
        case model.LetterDeclared():
            into.letter.CopyFrom(
                pb.LetterDeclared(
                    items=detail.items,
                    mandatory_items=detail.mandatory_items,
                    reused_materials=detail.reused_materials,
                    short_time_confirmed=detail.short_time_confirmed,
                    changed_subjects=detail.changed_subjects,
                )
            )
        case model.ReturnDeclared():
            defects = [pb.Defect(code=d.code, subject=d.subject) for d in detail.defects]
            into.defect_list.CopyFrom(pb.ReturnDeclared(defects=defects))
        case model.CompetenceDeclared():
            into.competence.CopyFrom(pb.CompetenceDeclared(unit=detail.unit))
        case model.AssignmentDeclared():
            into.assignment.CopyFrom(
                pb.AssignmentDeclared(
                    investigators=detail.investigators,
                    conflicts=detail.conflicts,
                    from_elsewhere=detail.from_elsewhere,
                )
            )
        case model.ExtensionDeclared():
            into.extension.CopyFrom(pb.ExtensionDeclared(working_days=detail.working_days))
        case model.ResultDeclared():
            _write_result(into, detail)
        case model.SupplementDeclared():
            into.supplement.CopyFrom(pb.SupplementDeclared(items=detail.items))
        case model.ClockDeclared():
            into.clock.CopyFrom(
                pb.ClockDeclared(
                    effective_on=take.iso(detail.effective_on), applicant_told_on=take.iso(detail.applicant_told_on)
                )
            )
        case model.AmendmentDeclared():
            into.amendment.CopyFrom(pb.AmendmentDeclared(subject=detail.subject, version=detail.version))
        case model.AdoptionDeclared():
            into.adoption.adoption = codes.Adoption.ValueType(detail.adoption)
        case model.AnswerDueDeclared():
            into.answer_due.CopyFrom(pb.AnswerDueDeclared(working_days=detail.working_days))
        case model.NoticeDeclared():
            into.notice.outcome = codes.NoticeOutcome.ValueType(detail.outcome)
        case model.AgreementDeclared():
            into.agreement.CopyFrom(pb.AgreementDeclared(terms_digest=detail.terms_digest))
        case model.PoolDeclared():
            into.pool.CopyFrom(pb.PoolDeclared(root=detail.root, size=detail.size, version=detail.version))
        case model.ProtestDeclared():
            into.protest.ground = pb.ProtestGround.ValueType(detail.ground)
        case model.MaterialsDeclared():
            into.materials.CopyFrom(pb.MaterialsDeclared(reused_materials=detail.reused_materials))
        case _:
            write_appraisal_declared(into, detail)


def _write_result(into: pb.Declared, detail: model.ResultDeclared) -> None:
    into.result.CopyFrom(
        pb.ResultDeclared(
            found=detail.found,
            partly_found=detail.partly_found,
            not_found=detail.not_found,
            mandatory_answered=detail.mandatory_answered,
            mandatory_items=detail.mandatory_items,
            checks_met=detail.checks_met,
            checks_explained=detail.checks_explained,
            checks_open=detail.checks_open,
            evidence=detail.evidence,
            reused_materials=detail.reused_materials,
        )
    )
