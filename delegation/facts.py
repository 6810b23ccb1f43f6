"""What an opened body shows to guards of class B and L: codes, ids and counts; no text, no name."""

from dataclasses import dataclass

from delegation.codes import Kind
from delegation.model import Defect


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyFacts:
    """What class B and L guards need of an opened body; no text, no name. Absent parts are empty or None."""

    kind: Kind
    thread_id: str
    handler_id: str = ""
    approver_id: str = ""
    material_ids: tuple[str, ...] = ()
    reused_material_ids: tuple[str, ...] = ()
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
    reviewer_id: str = ""
    supplement_items: tuple[tuple[str, str], ...] = ()
    # paper
    paper_recorders: tuple[str, ...] = ()
    paper_scan: str = ""
    has_text: bool = False
