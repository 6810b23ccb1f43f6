"""What guards of class B and L are told: an opened body in codes, earlier bodies of the case, the sender's own staff.

No text and no name stands here, so that a guard can neither judge by them nor repeat them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from delegation.codes import Kind
from delegation.facts_appraisal import AppraisalBody, OpinionFacts
from delegation.model import Defect, Header


@dataclass(frozen=True, slots=True)
class InvestigatorFacts:
    """What guards need of one investigator (办法 Art 10, 16)."""

    staff_id: str
    unit: str
    has_credential: bool
    conflict: bool
    recusal_declared: bool


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What guards need of the answer to one item; `finding` is the number of the contract's Finding."""

    item_code: str
    finding: int
    unable_code: str
    evidence_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedFacts:
    """A material that is asked for, by its code, and the held ones that are said not to do."""

    material: str
    unfit_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A file that an accepted envelope between home and host listed: what was said of it, in which leg and entry."""

    material_id: str
    document_kind: str
    leg: int
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFacts:
    """What class B and L guards need of an opened body; no text, no name. Absent parts are empty or None."""

    kind: Kind
    thread_id: str
    handler_id: str = ""
    approver_id: str = ""
    material_ids: tuple[str, ...] = ()
    reused_material_ids: tuple[str, ...] = ()
    taken_over_ids: tuple[str, ...] = ()  # of `material_ids`, those out of the sender's own store of the case
    asked: tuple[AskedFacts, ...] = ()
    sealed_reasons: tuple[str, ...] = ()
    content: str = ""
    # letter
    items: tuple[tuple[str, bool], ...] = ()
    insurance_mode: int = 0
    insured_in: str = ""
    project_in: str = ""
    operates_in: str = ""
    occupational_disease: int = 0
    letter_recusal_declared: bool = False
    accident_region: str = ""
    worker_id_document: int = 0
    worker_id_ok: bool = True
    credit_code_ok: bool = True
    # return, assignment, result, supplement
    defects: tuple[Defect, ...] = ()
    investigators: tuple[InvestigatorFacts, ...] = ()
    answers: tuple[AnswerFacts, ...] = ()
    evidence_ids: tuple[str, ...] = ()
    evidence_material_ids: tuple[str, ...] = ()
    checks_met: int = 0
    checks_explained: int = 0
    checks_open: int = 0
    checks_unanswered: int = 0  # of the evidence's kinds, and not mentioned at all
    reviewer_id: str = ""
    supplement_items: tuple[tuple[str, str], ...] = ()
    # paper
    paper_recorders: tuple[str, ...] = ()
    paper_scan: str = ""
    has_text: bool = False
    priority_told: bool = False  # the letter says why it is 优先 or in 绿色通道
    appraisal: AppraisalBody | None = None
    terms: bytes = b""  # of an agreement, as the roster serialises it: codes and days


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a node's earlier bodies of the case say: letter in force, answers by round, materials held, last supplement.

    `held_material_ids` are the materials that an accepted envelope of the case listed, whoever sent it;
    `held_documents` says of what kind they are, and stands here only for a body that asks for some
    (`guards_asked.asks_for`): kinds lie sealed at the node.
    """

    letter: BodyFacts | None = None
    answers_by_round: Mapping[int, tuple[AnswerFacts, ...]] = field(default_factory=dict)
    held_material_ids: frozenset[str] = frozenset()
    held_documents: tuple[HeldDocument, ...] = ()
    letter_header: Header | None = None
    supplement: BodyFacts | None = None
    opinion: OpinionFacts | None = None  # the panel's, as formed last
    void_experts: frozenset[tuple[str, str]] = frozenset()  # who sat in a void panel: unit of the pool, number in it


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFacts:
    """Who of the sender's staff handled and approved it, by the node's accounts; a role may be empty."""

    today: date
    handler_id: str = ""
    approver_id: str = ""
    handler_role: str = ""
    approver_role: str = ""
