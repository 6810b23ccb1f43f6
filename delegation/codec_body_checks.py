"""What an opened body may look like: content by kind, closed patterns of its codes, ids and days, bounds of its lists.

Free text is allowed and only bounded. A refusal names the path of the field (`letter.items.code`), never a value: a
body is personal data throughout.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any, Final, NoReturn, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from delegation import codec_values as take
from delegation import patterns
from delegation.appraisal_rules import WARNING_BY_CODE
from delegation.codes import Kind
from delegation.errors import Refusal
from delegation.payloads import DIGEST_SIZE, KEY_ID_SIZE, MOST_BODY, SALT_SIZE
from delegation.required_materials import DOCUMENTS
from delegation.specialties import INELIGIBLE_BY_CODE, has_specialty_form, is_specialty
from xieban.delegation.v1 import body_pb2 as pb

# Any here and below: a value of the type that the descriptor says, which protobuf has seen to.
_Holds = Callable[[Any], object]

MOST_TEXT: Final = 20_000  # characters of one text; more is a material
_MOST_LISTED: Final = 512
_KEY_SIZE: Final = 32
# What UTF-8 bytes are translated by: control characters but line breaks and tabs become 1, all others 0. A text has
# thousands of characters, and no search is as quick.
_CONTROLS: Final = bytes(byte < 32 and byte not in b"\t\n\r" for byte in range(256))
_KINDS: Final = take.Codes(Kind, "kind", stated=True)

# Content by kind: the field of the body, and whether the kind cannot do without it. Other kinds have none.
_NEEDED: Final[Mapping[Kind, str]] = {
    Kind.ISSUED: "letter",
    Kind.LETTER_CORRECTED: "letter",
    Kind.RETURNED: "return_notice",
    Kind.ASSIGNED: "assignment",
    Kind.REASSIGNED: "assignment",
    Kind.REPORTED: "result",
    Kind.UNABLE: "result",
    Kind.SUPPLEMENT_REQUESTED: "supplement",
    Kind.QUESTION: "question",
    Kind.ANSWER: "question",
    Kind.AMENDED: "amendment",
    Kind.CORRECTED: "amendment",
    Kind.NON_COOPERATION: "non_cooperation",
    Kind.ADOPTION: "adoption",
    Kind.NOTICE_SENT: "notice",
    Kind.AGREEMENT_PROPOSED: "agreement",
    Kind.AGREEMENT_COUNTERSIGNED: "agreement",
    Kind.SPECIALTY_DETERMINED: "specialties",
    Kind.PANEL_SHORT: "specialties",
    Kind.PANEL_DRAWN: "panel",
    Kind.PANEL_REPLACED: "panel_change",
    Kind.RECUSAL_RAISED: "recusal",
    Kind.RECUSAL_ANSWERED: "recusal",
    Kind.SCHEDULED: "appointment",
    Kind.RESCHEDULED: "appointment",
    Kind.WORKER_NOTIFIED: "worker_notice",
    Kind.NO_SHOW: "absence",
    Kind.EXAMINED: "examination",
    Kind.EXTRA_TESTS: "extra_tests",
    Kind.OPINION_FORMED: "opinion",
    Kind.APPRAISAL_REPORTED: "appraisal_result",
    Kind.REJUDGE_REQUESTED: "rejudge",
    Kind.EXPERTS_PROPOSED: "experts",
    Kind.EXPERTS_ADMITTED: "experts",
    Kind.EXPERTS_CONFIRMED: "experts",
    Kind.CONCLUSION_ISSUED: "conclusion",
    Kind.CONCLUSION_SERVED: "conclusion",
    Kind.REAPPRAISAL_RESULT: "conclusion",
}
_MAY_HAVE: Final[Mapping[Kind, str]] = {
    Kind.REFUSED: "refusal",
    Kind.CLOCK_SUSPENDED: "clock",
    Kind.CLOCK_RESUMED: "clock",
    Kind.ORIGINALS_SENT: "originals",
    Kind.ORIGINALS_RECEIVED: "originals",
    Kind.ORIGINALS_RETURNED: "originals",
    Kind.COST_ESTIMATED: "cost",
    Kind.COST_AGREED: "cost",
    Kind.COST_STATED: "cost",
    Kind.COST_OBJECTED: "cost",
    Kind.COST_SETTLED: "cost",
    Kind.SUBJECT_REQUEST: "subject",
    Kind.SUBJECT_ANSWER: "subject",
    Kind.NOTICE_ANSWERED: "notice",
    Kind.AGREEMENT_ENDED: "agreement",
    Kind.PROTEST: "protest",
    Kind.WITHDRAW_CONFIRMED: "hand_over",
    Kind.SIGNED_FOR: "acceptance",
    Kind.ACCEPTED: "acceptance",
    Kind.COMPLETED: "adoption",
    Kind.DRAW_COMMITTED: "draw_escrow",
    Kind.REAPPRAISAL_REQUESTED: "conclusion",
}
_ASKING: Final = frozenset({Kind.RETURNED, Kind.SUPPLEMENT_REQUESTED, Kind.QUESTION})  # may ask for materials
CONTENT_OF_KIND: Final[Mapping[Kind, str]] = {**_NEEDED, **_MAY_HAVE}


def _is_day(text: str) -> bool:
    return patterns.any_day(text) is not None


def _is_subject(text: str) -> bool:
    return text in patterns.FIELD_GROUPS or patterns.is_uuid4(text)


def _is_local_time(text: str) -> bool:
    return patterns.is_local_time_form(text) and patterns.any_day(text[:10]) is not None


def _one_of(letter: str) -> patterns.Matcher:
    codes = frozenset(code for code in patterns.EXACT_REASONS if code[0] == letter)
    return lambda text: text in codes


# Strings of a closed pattern, by message and field. All may be empty but those of _REQUIRED.
_CLOSED: Final[Mapping[str, patterns.Matcher]] = {
    "Body.reused_material_ids": patterns.is_uuid4,
    "Body.sealed_reasons": patterns.EXACT_REASONS.__contains__,
    "StaffMember.staff_id": patterns.is_local_id,
    "MaterialInfo.material_id": patterns.is_uuid4,
    "AskedMaterial.material": DOCUMENTS.__contains__,
    "UnfitMaterial.material_id": patterns.is_uuid4,
    "PaperRecord.scan_material_id": patterns.is_uuid4,
    "DefectText.code": patterns.DEFECT_CODES.__contains__,
    "DefectText.subject": _is_subject,
    "RefusalNotice.competent_unit": patterns.is_unit,
    "QuestionText.item_code": patterns.is_item_code,
    "Amendment.subject": _is_subject,
    "NonCooperation.notice_served_on": _is_day,
    "Item.code": patterns.is_item_code,
    "Letter.claimed_grounds": patterns.is_ground_code,
    "Letter.exclusion_flags": patterns.is_ground_code,
    "Worker.born_on": _is_day,
    "Employer.registered_in": patterns.is_place,
    "Employer.operates_in": patterns.is_place,
    "Accident.happened_at": _is_local_time,
    "Accident.region_code": patterns.is_place,
    "Accident.died_on": _is_day,
    "Insurance.insured_in": patterns.is_place,
    "Insurance.project_in": patterns.is_place,
    "Applicant.applied_on": _is_day,
    "Assignment.planned_on": _is_day,
    "Investigator.staff_id": patterns.is_local_id,
    "Investigator.unit": patterns.is_unit,
    "Result.reviewer_staff_id": patterns.is_local_id,
    "Result.finished_on": _is_day,
    "ItemAnswer.item_code": patterns.is_item_code,
    "ItemAnswer.evidence_ids": patterns.is_local_id,
    "ItemAnswer.unable_code": _one_of("U"),
    "Evidence.evidence_id": patterns.is_local_id,
    "Evidence.material_ids": patterns.is_uuid4,
    "Evidence.gathered_on": _is_day,
    "FormCheck.code": patterns.is_check_code,
    "FormCheck.evidence_id": patterns.is_local_id,
    "SupplementItem.item_code": patterns.is_item_code,
    "SupplementItem.reason": _one_of("Q"),
    "AppraisalRequest.decided_on": _is_day,
    "AppraisalRequest.earlier_concluded_on": _is_day,
    "AppraisalRequest.specialties": is_specialty,
    "SpecialtyPlan.specialties": is_specialty,
    "Ineligible.reason": INELIGIBLE_BY_CODE.__contains__,
    "SealedSecret.unit": patterns.is_unit,
    "PanelExpert.expert_id": patterns.is_local_id,
    "PanelExpert.specialty": is_specialty,
    "PanelExpert.pool_specialties": is_specialty,
    "PanelExpert.appointed_from": _is_day,
    "PanelExpert.appointed_until": _is_day,
    "PanelChange.leaves": patterns.is_local_id,
    "Recusal.expert_id": patterns.is_local_id,
    "Appointment.at": _is_local_time,
    "WorkerNotice.proof_material_id": patterns.is_uuid4,
    "Absence.material_ids": patterns.is_uuid4,
    "Examination.at": _is_local_time,
    "Examination.experts": patterns.is_local_id,
    "Examination.material_ids": patterns.is_uuid4,
    "WarningAnswer.warning": WARNING_BY_CODE.__contains__,
    "ExpertOpinion.expert_id": patterns.is_local_id,
    "ExpertOpinion.signed_on": _is_day,
    "ExpertOpinion.signed_material_id": patterns.is_uuid4,
    "AppraisalResult.reviewer_staff_id": patterns.is_local_id,
    "SecondedExpert.expert_id": patterns.is_local_id,
    "SecondedExpert.specialties": is_specialty,
    "SecondedExpert.home_expert_id": patterns.is_local_id,
    "SecondedExpert.appointed_until": _is_day,
    "SecondedExpert.available_on": _is_day,
    "Conclusion.on": _is_day,
}
# Numbers that have their own bounds; others are only kept within what every store can hold.
_BOUNDED: Final[Mapping[str, _Holds]] = {
    "AppraisalRequest.panel_size": frozenset({0, 3, 5}).__contains__,
    "Ineligible.count": take.MOST_COUNT.__ge__,
    "PanelExpert.stratum": range(5).__contains__,
    "PanelExpert.position": take.MOST_COUNT.__ge__,
    "AppraisalFinding.grade": range(12).__contains__,
    "InjuryGrade.grade": range(1, 12).__contains__,
    "SelfCare.degree": range(4).__contains__,
}
# Bytes of one length.
_SIZES: Final[Mapping[str, int]] = {
    "MaterialInfo.key": _KEY_SIZE,
    "MaterialInfo.sha256": DIGEST_SIZE,
    "SealedSecret.key_id": KEY_ID_SIZE,
    "PanelExpert.salt": SALT_SIZE,
    "PanelExpert.path": DIGEST_SIZE,
    "PanelExpert.pool_salt": SALT_SIZE,
    "PanelExpert.pool_path": DIGEST_SIZE,
    "PoolCommitment.path": DIGEST_SIZE,
}
# Fields of a message that must be stated whenever the message is there; of an enum, another value than UNSPECIFIED.
_REQUIRED: Final[Mapping[str, Sequence[str]]] = {
    "MaterialInfo": ("material_id",),
    "AskedMaterial": ("material",),
    "UnfitMaterial": ("material_id", "fault", "text"),
    "DefectText": ("code", "subject"),
    "Amendment": ("subject",),
    "Item": ("code",),
    "Insurance": ("mode",),
    "Applicant": ("role",),
    "Investigator": ("staff_id",),
    "ItemAnswer": ("item_code", "finding"),
    "Evidence": ("evidence_id", "kind"),
    "FormCheck": ("code",),
    "SupplementItem": ("item_code", "reason"),
    "Ineligible": ("reason", "count"),
    "SealedSecret": ("unit", "key_id", "sealed"),
    "PanelExpert": ("expert_id", "specialty"),
    "PanelChange": ("leaves",),
    "Recusal": ("raised_by", "expert_id"),
    "Appointment": ("at", "form"),
    "WorkerNotice": ("method",),
    "Examination": ("at", "form"),
    "ExtraTests": ("hospital",),
    "InjuryGrade": ("grade",),
    "ExpertOpinion": ("expert_id",),
    "WarningAnswer": ("warning", "text"),
    "SecondedExpert": ("expert_id",),
    "Conclusion": ("on",),
}
# Lists whose members are told apart by one field.
_DISTINCT: Final[Mapping[str, str]] = {
    "Body.materials": "material_id",
    "Body.asked_materials": "material",
    "AskedMaterial.unfit": "material_id",
    "Letter.items": "code",
    "Assignment.investigators": "staff_id",
    "Result.investigators": "staff_id",
    "Result.answers": "item_code",
    "Result.evidence": "evidence_id",
    "HandOver.evidence": "evidence_id",
    "SupplementRequest.items": "item_code",
    "SpecialtyPlan.ineligible": "reason",
    "DrawEscrow.secrets": "unit",
    "PanelRecord.experts": "expert_id",
    "PanelOpinion.opinions": "expert_id",
    "PanelOpinion.answers": "warning",
    "ExpertList.experts": "expert_id",
}


def read_body(body: bytes) -> pb.Body:
    """The message of a body whose every field is within its pattern and bounds.

    NOT checked: that it agrees with its header, that ids inside it point at anything.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the path of the `field`.
    """
    b = take.parsed(pb.Body, body, most=MOST_BODY, field="body")
    check_body(b)
    return b


def check_body(b: pb.Body) -> None:
    """As `read_body`, of a message that its writer holds already. NOT checked: its size."""
    if b.kind == 0:
        take.malformed("kind")
    if not (patterns.is_delegation_number(b.thread_id) or patterns.is_uuid7(b.thread_id)):
        take.malformed("thread_id")
    _check(b)
    kind, content = _KINDS[b.kind], b.WhichOneof("content")
    if b.asked_materials and kind not in _ASKING:
        take.malformed("asked_materials")
    if content is None:
        if kind in _NEEDED:
            take.malformed(_NEEDED[kind])
        return
    if CONTENT_OF_KIND.get(kind) != content:
        take.malformed(content)
    if content == "adoption" and kind is Kind.ADOPTION and b.adoption.adoption == 0:
        take.malformed("adoption.adoption")
    if content == "agreement" and not b.agreement.record:
        take.malformed("agreement.record")


class _FieldPlan:
    """How the values of one field are checked: what its descriptor and the tables above say, looked up once."""

    __slots__ = ("holds", "name", "repeated", "told_apart", "wrong")

    def __init__(self, message: str, field: FieldDescriptor) -> None:
        full_name = f"{message}.{field.name}"
        self.name = field.name
        self.repeated = field.is_repeated
        self.told_apart = _DISTINCT.get(full_name)
        self.holds, self.wrong = _checker(full_name, field)

    def check_list(self, values: Sequence[Any]) -> None:
        """Each member holds, there are not too many, and none is there twice."""
        if len(values) > _MOST_LISTED:
            take.malformed("")
        holds = self.holds
        if holds is not None:
            for one in values:
                if not holds(one):
                    self.refuse(one)
        if self.told_apart is not None:
            take.distinct([getattr(one, self.told_apart) for one in values], "")

    def refuse(self, value: Any) -> NoReturn:
        """Refuse a value that does not hold: as an unknown code, or as malformed."""
        if self.wrong(value):
            take.unknown("")
        take.malformed("")


def _never(_value: Any) -> bool:
    return False


def _always(_value: Any) -> bool:
    return True


def _has_code_form(text: str) -> bool:
    return patterns.is_reason_form(text) or has_specialty_form(text)


def _checker(full_name: str, field: FieldDescriptor) -> tuple[_Holds | None, _Holds]:
    """Whether a value holds (None: every one does), and whether one that does not is an unknown code."""
    if field.message_type is not None:
        return (_is_instant if field.message_type is Timestamp.DESCRIPTOR else _part_holds), _never
    if field.enum_type is not None:
        return frozenset(field.enum_type.values_by_number).__contains__, _always
    if field.type == FieldDescriptor.TYPE_STRING:
        matches = _CLOSED.get(full_name)
        return (_is_free_text, _never) if matches is None else (matches, _has_code_form)
    if field.type == FieldDescriptor.TYPE_BYTES:
        size = _SIZES.get(full_name)
        return (None if size is None else partial(_has_size, size)), _never
    if field.type == FieldDescriptor.TYPE_BOOL:
        return None, _never
    return _BOUNDED.get(full_name, take.MOST_NUMBER.__ge__), _never


@lru_cache(maxsize=256)  # as many as the contract has messages in a body
def _plan_of(of: type[Message]) -> tuple[Sequence[str], dict[FieldDescriptor, _FieldPlan]]:
    """What a message must have, and how each of its fields is checked."""
    descriptor = of.DESCRIPTOR
    return _REQUIRED.get(descriptor.name, ()), {
        field: _FieldPlan(descriptor.name, field)
        for field in cast("Sequence[FieldDescriptor]", descriptor.fields)  # upb's twin
    }


def _check(message: Message) -> None:
    """Check a message and all below it. Raises Refusal with the path from here; what calls puts its own name before."""
    required, plans = _plan_of(type(message))  # type: ignore[arg-type]  # a class is hashable; its stub forgets
    for wanted in required:
        if not getattr(message, wanted):
            take.malformed(wanted)
    plan = None
    try:
        for field, value in message.ListFields():
            plan = plans[field]
            if plan.repeated:
                plan.check_list(value)
            elif (holds := plan.holds) is not None and not holds(value):
                plan.refuse(value)
    except Refusal as refusal:
        below, name = refusal.details["field"], plan.name if plan is not None else ""
        raise Refusal(refusal.reason, field=f"{name}.{below}" if below else name) from None


def _part_holds(part: Message) -> bool:
    _check(part)
    return True


def _is_instant(value: Timestamp) -> bool:
    take.instant(value, "")
    return True


def _is_free_text(value: str) -> bool:
    """Short enough, and without control characters but line breaks and tabs; no byte of a longer character is one."""
    return len(value) <= MOST_TEXT and 1 not in value.encode().translate(_CONTROLS)


def _has_size(size: int, value: bytes) -> bool:
    return len(value) == size
