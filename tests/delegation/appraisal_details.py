"""One good declared message of each sort of an appraisal, one content of each, and figures that are out of bounds."""

from datetime import date
from typing import Final

from delegation import declared_appraisal as d
from delegation.codes import Kind
from delegation.draw import Picks, Stratum
from delegation.model import DeclaredDetail
from tests import builders as b

ROOT: Final = b.a_digest("eligible")
STRATA: Final = (Stratum(2, 2, 30), Stratum(1, 1, 9))
APPRAISAL_DETAIL: Final[dict[str, DeclaredDetail]] = {
    "strata": d.StrataDeclared(1, STRATA, 3, b""),
    "draw_commitment": d.DrawCommittedDeclared(1, b.a_digest("commitment")),
    "draw_reveal": d.DrawRevealedDeclared(1, b.CHENGDU_AC, b.a_digest("secret")),
    "draw_void": d.DrawVoidedDeclared(1, b.CHENGDU_AC),
    "panel": d.PanelDeclared(1, 4711, b.a_digest("log"), (Picks((3, 0), (29, 7)), Picks((8,), (1,)))),
    "replacement": d.ReplacementDeclared(1, 1, 8, 1),
    "appointment": d.AppointmentDeclared(date(2026, 4, 2)),
    "notified": d.NotifiedDeclared(date(2026, 3, 20), date(2026, 4, 2)),
    "attendance": d.AttendanceDeclared(date(2026, 4, 2)),
    "tests": d.TestsDeclared(date(2026, 4, 20)),
    "opinion": d.OpinionDeclared(3, 3, 1, 2, 0, 4, 1),
    "experts": d.ExpertsDeclared(6),
    "recusal": d.RecusalDeclared(True),
    "conclusion": d.ConclusionDeclared(date(2026, 5, 6)),
    "panel_void": d.PanelVoidedDeclared(1),
}
# What some kinds of a shared message must or must not say.
DETAIL_OF_KIND: Final[dict[Kind, DeclaredDetail]] = {
    Kind.SPECIALTY_DETERMINED: d.StrataDeclared(1, STRATA, 3, ROOT),
    Kind.RESCHEDULED: d.AppointmentDeclared(date(2026, 4, 9), date(2026, 4, 2)),
    Kind.NO_SHOW: d.AttendanceDeclared(date(2026, 4, 2), 1),
}
OUT_OF_BOUNDS: Final[tuple[tuple[Kind, DeclaredDetail], ...]] = (
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(1, STRATA, 3, b"")),
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(0, STRATA, 3, ROOT)),
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(1, (), 3, ROOT)),
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(1, STRATA * 3, 3, ROOT)),
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(1, (Stratum(0, 1, 4),), 3, ROOT)),
    (Kind.SPECIALTY_DETERMINED, d.StrataDeclared(1, STRATA, 0, ROOT)),
    (Kind.PANEL_SHORT, d.StrataDeclared(1, STRATA, 3, ROOT)),
    (Kind.DRAW_COMMITTED, d.DrawCommittedDeclared(1, b"short")),
    (Kind.DRAW_COMMITTED, d.DrawCommittedDeclared(65, b.a_digest("c"))),
    (Kind.DRAW_REVEALED, d.DrawRevealedDeclared(1, "", b.a_digest("s"))),
    (Kind.DRAW_REVEALED_FOR, d.DrawRevealedDeclared(1, b.CHENGDU_AC, b.a_digest("s")[:31])),
    (Kind.PANEL_DRAWN, d.PanelDeclared(1, 0, b.a_digest("log"), (Picks((0,), ()),))),
    (Kind.PANEL_DRAWN, d.PanelDeclared(1, 9, b.a_digest("log"), (Picks((0,), (0,)),))),
    (Kind.PANEL_DRAWN, d.PanelDeclared(1, 9, b.a_digest("log"), (Picks((), ()),))),
    (Kind.PANEL_REPLACED, d.ReplacementDeclared(1, 0, 4, 4)),
    (Kind.SCHEDULED, d.AppointmentDeclared(date(2026, 4, 9), date(2026, 4, 2))),
    (Kind.RESCHEDULED, d.AppointmentDeclared(date(2026, 4, 9))),
    (Kind.EXAMINED, d.AttendanceDeclared(date(2026, 4, 2), 1)),
    (Kind.OPINION_FORMED, d.OpinionDeclared(3, 4)),
    (Kind.OPINION_FORMED, d.OpinionDeclared(6, 6)),
    (Kind.EXPERTS_PROPOSED, d.ExpertsDeclared(0)),
    (Kind.PANEL_VOIDED, d.PanelVoidedDeclared(0)),
)

_HASH: Final = "A" * 43 + "="
_FINDING: Final[dict[str, object]] = {
    "injuries": [
        {"injury": "腰椎", "clause": "5.9.2.1", "grade": 9}, {"injury": "左手", "clause": "5.10.2.2", "grade": 10},
    ],
    "grade": 9,
    "self_care": {"dressing": True, "degree": 1},
}  # fmt: skip
_EXPERT: Final[dict[str, object]] = {
    "expert_id": "x-17", "name": "钱主任", "title": "主任医师", "specialty": "M201", "employer": "某医院",
    "stratum": 1, "position": 8, "salt": _HASH, "path": [_HASH, _HASH], "pool_salt": _HASH, "pool_index": "40",
    "pool_path": [_HASH], "chair": True,
}  # fmt: skip
OPINION: Final[dict[str, object]] = {
    "opinions": [
        {"expert_id": "x-17", "finding": _FINDING, "agrees": True, "signed_on": "2026-04-02"},
        {"expert_id": "x-18", "finding": _FINDING, "text": "应为八级", "signed_on": "2026-04-02"},
    ],
    "majority": _FINDING,
    "dissent": "一人认为八级",
    "answers": [{"warning": "G01", "text": "见说明"}],
}  # fmt: skip
REQUEST: Final[dict[str, object]] = {
    "decision_number": "杭人社认〔2026〕5号", "decided_on": "2026-02-01", "injured_parts": ["腰椎"],
    "diagnosis": "骨折", "records": ["出院小结"], "specialties": ["M201"], "panel_size": 3,
    "pool_basis": "受托方专家库，双方约定",
    "immobile": True, "consent_worker": True, "consent_employer": True, "treating_hospitals": ["某医院"],
}  # fmt: skip
APPRAISAL_CONTENT: Final[dict[str, dict[str, object]]] = {
    "specialties": {
        "specialties": ["M201"], "reason": "伤在腰椎", "ineligible": [{"reason": "I04", "count": 2}],
    },
    "draw_escrow": {"secrets": [{"unit": b.ZHEJIANG_PO, "key_id": "A" * 22 + "==", "sealed": _HASH}]},
    "panel": {"experts": [_EXPERT], "checkpoint": _HASH, "witnesses": ["监督员"]},
    "panel_change": {"leaves": "x-17", "enters": {**_EXPERT, "expert_id": "x-20"}, "reason": "出差"},
    "recusal": {"raised_by": "OBJECTION_BY_WORKER", "expert_id": "x-17", "reason": "曾经治疗"},
    "appointment": {"at": "2026-04-02T09:00", "place": "某医院", "form": "EXAMINATION_FORM_ON_SITE", "bring": "身份证"},
    "worker_notice": {"method": "邮寄", "proof_material_id": b.a_uuid4(6)},
    "absence": {"detail": "未到", "material_ids": [b.a_uuid4(7)]},
    "examination": {
        "at": "2026-04-02T09:10", "form": "EXAMINATION_FORM_VIDEO", "identity_check": "身份证",
        "identity_matches": True, "experts": ["x-17", "x-18"], "findings": "活动受限", "material_ids": [b.a_uuid4(8)],
    },
    "extra_tests": {"hospital": "某医院", "tests": "肌电图"},
    "opinion": OPINION,
    "appraisal_result": {
        "opinion": OPINION, "conclusion": {"number": "成劳鉴〔2026〕8号", "on": "2026-04-09"},
        "reviewer_staff_id": "cd-9",
    },
    "rejudge": {"clauses": ["5.9.2.1"], "reason": "条款有误"},
    "experts": {
        "experts": [{"expert_id": "x-17", "name": "钱", "recusal_declared": True, "available_on": "2026-04-02"}],
    },
    "conclusion": {"number": "杭劳鉴〔2026〕9号", "on": "2026-04-20", "finding": _FINDING, "remedy_told": True},
}  # fmt: skip
