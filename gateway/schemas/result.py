"""Investigators, facts and evidence as the contract names them (result.proto). No field holds a decision."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.schemas.base import (
    Day,
    Form,
    Identifier,
    ItemCode,
    LongText,
    LowerCode,
    MediumText,
    ReasonCode,
    ShortText,
    UnitCode,
    Uuid,
)

FindingCode = Literal["FINDING_FOUND", "FINDING_PARTLY", "FINDING_NOT_FOUND"]
EvidenceKindCode = Literal[
    "EVIDENCE_KIND_DOCUMENT",
    "EVIDENCE_KIND_OBJECT",
    "EVIDENCE_KIND_AUDIOVISUAL",
    "EVIDENCE_KIND_ELECTRONIC",
    "EVIDENCE_KIND_WITNESS",
    "EVIDENCE_KIND_STATEMENT",
    "EVIDENCE_KIND_EXPERT",
    "EVIDENCE_KIND_INSPECTION",
]


class Investigator(Form):
    """调查员 (办法 Art 10, 16)."""

    staff_id: Identifier
    """Stable id within the bureau."""
    name: ShortText = ""
    """姓名."""
    credential_kind: ShortText = ""
    """执行公务的证件种类."""
    credential_number: ShortText = ""
    """证件号码."""
    unit: UnitCode | Literal[""] = ""
    """Unit that employs the investigator."""
    conflict: bool = False
    """A conflict of interest is declared."""
    recusal_declared: bool = False
    """The declaration of no conflict was made."""


class Assignment(Form):
    """分派."""

    investigators: Annotated[tuple[Investigator, ...], Field(max_length=16)] = ()
    """At least two distinct ones."""
    replacement_reason: MediumText = ""
    """换人原因."""
    planned_on: Day | None = None
    """When they plan to go."""


class ItemAnswer(Form):
    """逐项答复."""

    item_code: ItemCode
    """Item of the letter."""
    finding: FindingCode | None = None
    """查明程度."""
    text: LongText = ""
    """What was found."""
    evidence_ids: Annotated[tuple[Identifier, ...], Field(max_length=64)] = ()
    """Evidence."""
    unable_code: ReasonCode | Literal[""] = ""
    """U01 to U07."""


class Evidence(Form):
    """证据 (行政诉讼法 Art 33)."""

    evidence_id: Identifier
    """Unique in the result."""
    kind: EvidenceKindCode | None = None
    """Statutory kind."""
    description: MediumText = ""
    """What it is."""
    material_ids: Annotated[tuple[Uuid, ...], Field(max_length=64)] = ()
    """Materials that show it."""
    provenance: MediumText = ""
    """Where, when and by whom it was gathered."""
    gathered_on: Day | None = None
    """Day on which it was gathered."""
    is_copy: bool = False
    """It is a copy."""
    compared_by: ShortText = ""
    """Who compared the copy."""
    original_at: ShortText = ""
    """Where the original lies."""


class FormCheck(Form):
    """One check of form (法释〔2002〕21号 Art 10 to 15)."""

    code: LowerCode
    """Code of the check."""
    evidence_id: Identifier | Literal[""] = ""
    """Evidence it concerns."""
    met: bool = False
    """Met."""
    explanation: MediumText = ""
    """Explanation when not met."""


class Result(Form):
    """调查报告."""

    answers: Annotated[tuple[ItemAnswer, ...], Field(max_length=64)] = ()
    """Answer to each item of this round."""
    report: LongText = ""
    """调查报告正文."""
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=128)] = ()
    """证据目录."""
    factual_opinion: LongText = ""
    """Opinion on the facts alone."""
    investigators: Annotated[tuple[Investigator, ...], Field(max_length=16)] = ()
    """调查员."""
    reviewer_staff_id: Identifier | Literal[""] = ""
    """审核人, never an investigator of the same report."""
    finished_on: Day | None = None
    """完成日期."""
    checks: Annotated[tuple[FormCheck, ...], Field(max_length=512)] = ()
    """Checks of form, each met or explained."""
    further_findings: LongText = ""
    """主动补充事项."""


class SupplementItem(Form):
    """One item asked again."""

    item_code: ItemCode
    """Item of the letter."""
    reason: ReasonCode
    """Q01 to Q04."""
    text: MediumText = ""
    """What is missing."""


class SupplementRequest(Form):
    """补充调查."""

    items: Annotated[tuple[SupplementItem, ...], Field(max_length=64)] = ()
    """Items of the letter that are asked again."""
