"""Opened bodies: what guards need of them, as `BodyFacts`, and the keys of their materials (protocol 4.6, 5.3)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from delegation import codec_values as take
from delegation import digits, model
from delegation.codec_body_appraisal import APPRAISAL_CONTENTS, request_of
from delegation.codec_body_checks import check_body, read_body
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.evidence_checks import checks_for
from delegation.facts import AnswerFacts, AskedFacts, BodyFacts, InvestigatorFacts
from delegation.values import maker, replaced
from xieban.delegation.v1 import body_pb2, letter_pb2, result_pb2

_NOT_YET_APPROVED: Final = date(2100, 12, 31)  # no day of approval: only a number that no day makes good is refused
_KINDS: Final = take.Codes(Kind, "kind", stated=True)
_NO_FURTHER: Final = frozenset({"", "question"})  # contents of which guards need nothing beside their text

_facts_of: Final = maker(BodyFacts)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterialInfo:
    """What only the recipients may know of a material; neither key nor name shows in `repr`."""

    material_id: str
    key: bytes = field(repr=False)
    name: str = field(repr=False)
    media_type: str
    size: int
    sha256: bytes
    document_kind: str = ""
    pages: int = 0
    is_copy: bool = False
    compared_by: str = field(default="", repr=False)
    original_at: str = field(default="", repr=False)
    taken_over: bool = False


def body_facts(body: bytes) -> BodyFacts:
    """What guards of class B and L need of an opened body.

    Identity number and credit code are told to be wrong only where they are filled in; an identity number is judged by
    the day of approval. NOT checked: that the body agrees with its header, which is a guard's business.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the path of the `field`.
    """
    return facts_of_read(read_body(body))


def message_facts(b: body_pb2.Body) -> BodyFacts:
    """As `body_facts`, of a message that was parsed already from a body within the cap of its size."""
    check_body(b)
    return facts_of_read(b)


def facts_of_read(b: body_pb2.Body) -> BodyFacts:
    """As `body_facts`, of a body that `read_body` gave."""
    content = b.WhichOneof("content") or ""
    attestation = b.attestation
    materials, reused, sealed = b.materials, b.reused_material_ids, b.sealed_reasons
    asked = b.asked_materials
    paper = b.paper if b.HasField("paper") else None
    facts = _facts_of(
        kind=_KINDS[b.kind],
        thread_id=b.thread_id,
        handler_id=attestation.handler.staff_id,
        approver_id=attestation.approver.staff_id,
        material_ids=tuple([material.material_id for material in materials]) if materials else (),
        reused_material_ids=tuple(reused) if reused else (),
        taken_over_ids=tuple([each.material_id for each in materials if each.taken_over]) if materials else (),
        asked=tuple([_asked(each) for each in asked]) if asked else (),
        sealed_reasons=tuple(sealed) if sealed else (),
        content=content,
        paper_recorders=tuple([person.staff_id for person in paper.recorded_by]) if paper is not None else (),
        paper_scan=paper.scan_material_id if paper is not None else "",
        has_text=not (_is_blank(b.text) and _is_blank(b.question.text)),
    )
    return facts if content in _NO_FURTHER else _with_content(facts, b)


def _asked(one: body_pb2.AskedMaterial) -> AskedFacts:
    return AskedFacts(one.material, tuple([each.material_id for each in one.unfit]))


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


def _with_content(facts: BodyFacts, b: body_pb2.Body) -> BodyFacts:
    """The facts, and those of what the kind says beside its text."""
    today = _NOT_YET_APPROVED
    if b.attestation.HasField("approved_at"):
        today = day_of(take.instant(b.attestation.approved_at, "attestation.approved_at"))
    match facts.content:
        case "letter":
            return _with_letter(facts, b.letter, today)
        case "notice":
            return _with_case(facts, b.notice.worker, b.notice.employer, b.notice.accident, today)
        case "return_notice":
            defects = tuple(model.Defect(defect.code, defect.subject) for defect in b.return_notice.defects)
            return replaced(facts, defects=defects)
        case "assignment":
            return replaced(facts, investigators=_investigators(b.assignment.investigators))
        case "result":
            return _with_result(facts, b.result)
        case "hand_over":
            return _with_evidence(facts, b.hand_over.evidence)
        case "agreement":
            return replaced(facts, terms=b.agreement.record)
        case "supplement":
            return replaced(facts, supplement_items=tuple((i.item_code, i.reason) for i in b.supplement.items))
        case "appraisal_result":
            appraisal = APPRAISAL_CONTENTS[facts.content](b)
            return replaced(facts, appraisal=appraisal, reviewer_id=b.appraisal_result.reviewer_staff_id)
    read = APPRAISAL_CONTENTS.get(facts.content)
    return facts if read is None else replaced(facts, appraisal=read(b))


def _with_letter(facts: BodyFacts, letter: letter_pb2.Letter, today: date) -> BodyFacts:
    facts = _with_case(facts, letter.worker, letter.employer, letter.accident, today)
    return replaced(
        facts,
        appraisal=request_of(letter.appraisal) if letter.HasField("appraisal") else None,
        items=tuple((item.code, item.mandatory) for item in letter.items),
        insurance_mode=int(letter.insurance.mode),
        insured_in=letter.insurance.insured_in,
        project_in=letter.insurance.project_in,
        occupational_disease=int(letter.occupational_disease),
        letter_recusal_declared=letter.recusal_declared,
        priority_told=not _is_blank(letter.priority_reason),
    )


def _with_case(
    facts: BodyFacts,
    worker: letter_pb2.Worker,
    employer: letter_pb2.Employer,
    accident: letter_pb2.Accident,
    today: date,
) -> BodyFacts:
    return replaced(
        facts,
        operates_in=employer.operates_in,
        accident_region=accident.region_code,
        worker_id_document=int(worker.id_document),
        worker_id_ok=_id_holds(worker, today),
        credit_code_ok=_credit_code_holds(employer.credit_code),
    )


def _id_holds(worker: letter_pb2.Worker, today: date) -> bool:
    if not worker.id_number:
        return True
    try:
        if worker.id_document == letter_pb2.ID_DOCUMENT_CITIZEN_ID:
            digits.check_citizen_id(worker.id_number, today)
        elif worker.id_document == letter_pb2.ID_DOCUMENT_OLD_ID:
            digits.check_old_citizen_id(worker.id_number, today)
    except digits.DigitError:
        return False
    return True


def _credit_code_holds(code: str) -> bool:
    if not code:
        return True
    try:
        digits.check_credit_code(code)
    except digits.DigitError:
        return False
    return True


def _with_result(facts: BodyFacts, result: result_pb2.Result) -> BodyFacts:
    met = sum(check.met for check in result.checks)
    explained = sum(not check.met and bool(check.explanation.strip()) for check in result.checks)
    return replaced(
        _with_evidence(facts, result.evidence),
        investigators=_investigators(result.investigators),
        answers=tuple(
            AnswerFacts(
                item_code=answer.item_code,
                finding=int(answer.finding),
                unable_code=answer.unable_code,
                evidence_ids=tuple(answer.evidence_ids),
            )
            for answer in result.answers
        ),
        checks_met=met,
        checks_explained=explained,
        checks_open=len(result.checks) - met - explained,
        checks_unanswered=_unanswered(result),
        reviewer_id=result.reviewer_staff_id,
    )


def _unanswered(result: result_pb2.Result) -> int:
    answered = {(check.evidence_id, check.code) for check in result.checks}
    return sum(
        (one.evidence_id, check.code) not in answered
        for one in result.evidence
        for check in checks_for(result_pb2.EvidenceKind.Name(one.kind))
    )


def _with_evidence(facts: BodyFacts, evidence: Iterable[result_pb2.Evidence]) -> BodyFacts:
    found = tuple(evidence)
    shown_by = dict.fromkeys(material for one in found for material in one.material_ids)
    return replaced(facts, evidence_ids=tuple(one.evidence_id for one in found), evidence_material_ids=tuple(shown_by))


def _investigators(people: Iterable[result_pb2.Investigator]) -> tuple[InvestigatorFacts, ...]:
    return tuple(
        InvestigatorFacts(
            staff_id=person.staff_id,
            unit=person.unit,
            has_credential=bool(person.credential_kind.strip() and person.credential_number.strip()),
            conflict=person.conflict,
            recusal_declared=person.recusal_declared,
        )
        for person in people
    )


def materials_of(body: bytes) -> tuple[MaterialInfo, ...]:
    """Keys and names of the materials that came with an opened body. Raises as `body_facts`."""
    return tuple(
        MaterialInfo(
            material_id=material.material_id,
            key=material.key,
            name=material.name,
            media_type=material.media_type,
            size=material.size,
            sha256=material.sha256,
            document_kind=material.document_kind,
            pages=material.pages,
            is_copy=material.is_copy,
            compared_by=material.compared_by,
            original_at=material.original_at,
            taken_over=material.taken_over,
        )
        for material in read_body(body).materials
    )


def agreement_record(body: bytes) -> bytes:
    """The terms in the body of an agreement kind, as serialised once; empty in any other. Raises as `body_facts`."""
    return read_body(body).agreement.record
