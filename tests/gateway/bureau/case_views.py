"""A case as a node would show it, with whatever a form may need: items, entries of many kinds, files."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from delegation.codes import Kind
from delegation.tables import TABLES
from gateway.bureau.cases.asking import Asking
from gateway.bureau.cases.threads import not_begun
from node.desk.account_views import StaffView
from node.desk.labels import kind_label
from node.desk.views import DelegationView, EntryView, MaterialView, MoveView
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_views import a_delegation, a_material, a_row, an_entry

UNSENT = "0b8f7a52-8f0a-4d5c-9d0d-1c6f8f6f2a11"
SENT = "1b8f7a52-8f0a-4d5c-9d0d-1c6f8f6f2a22"
LETTER: dict[str, object] = {
    "acceptance_number": "示例〔2026〕1号",
    "case_summary": "出差途中受伤",
    "items": [{"code": "A1", "text": "事发时间与地点", "mandatory": True}, {"code": "A2", "text": "是否因工外出"}],
    "worker": {"name": "示例", "id_document": "ID_DOCUMENT_CITIZEN_ID", "id_number": "11010519491231002X"},
    "employer": {"name": "示例公司"},
    "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": "330100"},
    "applicant": {"role": "APPLICANT_ROLE_EMPLOYER"},
    "recusal_declared": True,
}
HEADER: dict[str, object] = {
    "task_place": {"code": "510104", "role": "ACCIDENT", "certainty": "DEFINITE", "other_candidates": []},
    "matter": "INVESTIGATION",
    "appraisal_kind": "UNSPECIFIED",
    "legal_basis": "RECOGNITION_RULES_14",
    "priority": "NORMAL",
    "clock": {"accepted_on": "2026-07-20", "application_received_on": None, "procedure": "ORDINARY", "suspensions": []},
    "requested_due": None,
    "agreement_id": "",
}
PEOPLE = [
    {
        "staff_id": f"i{number}",
        "name": f"调查员{number}",
        "credential_kind": "行政执法证",
        "credential_number": f"C{number}",
        "unit": HOME,
        "recusal_declared": True,
    }
    for number in (1, 2)
]
SEATS = [
    {
        "expert_id": f"E000{number}", "name": f"专家{number}", "specialty": "M201", "title": "主任医师",
        "employer": f"示例医院{number}", "stratum": 0, "position": number, "reserve": number > 3,
    }
    for number in range(1, 6)
]  # fmt: skip
MAJORITY: dict[str, object] = {
    "injuries": [{"injury": "示例伤情", "clause": "5.9.2.13", "grade": 9}], "grade": 9,
}  # fmt: skip
FORMED: dict[str, object] = {
    "majority": MAJORITY,
    "opinions": [
        {"expert_id": f"E000{number}", "name": f"专家{number}", "agrees": True, "signed_on": "2026-07-30"}
        for number in (1, 2, 3)
    ],
}
OF_APPRAISAL: Mapping[str, Mapping[str, object]] = {
    "SPECIALTY_DETERMINED": {"specialties": {"specialties": ["M201"], "reason": "伤情所在"}},
    "PANEL_DRAWN": {"panel": {"experts": SEATS}},
    "RECUSAL_RAISED": {
        "recusal": {"raised_by": "OBJECTION_BY_WORKER", "expert_id": "E0001", "reason": "曾为主治"}
    },
    "SCHEDULED": {
        "appointment": {"at": "2026-08-20T09:00", "place": "示例路1号", "form": "EXAMINATION_FORM_ON_SITE"}
    },
    "OPINION_FORMED": {"opinion": FORMED},
    "APPRAISAL_REPORTED": {"appraisal_result": {"opinion": FORMED, "report": "经过"}},
    "EXPERTS_PROPOSED": {
        "experts": {"experts": [{"expert_id": "L1", "name": "借调", "specialties": ["M201"]}]}
    },
    "EXPERTS_ADMITTED": {
        "experts": {
            "experts": [
                {
                    "expert_id": "L1", "name": "借调", "specialties": ["M201"], "home_expert_id": "E0001",
                    "appointment_number": "聘1", "appointed_until": "2028-01-01",
                }
            ]
        }
    },
    "CONCLUSION_ISSUED": {"conclusion": {"number": "示例鉴〔2026〕1号", "on": "2026-07-30", "finding": MAJORITY}},
}  # fmt: skip
_BODIES: Mapping[str, Mapping[str, object]] = {
    "ASSIGNED": {"assignment": {"investigators": PEOPLE}},
    "QUESTION": {"question": {"text": "何时到岗？", "item_code": "A1"}},
    "RETURNED": {"return_notice": {"defects": [{"code": "B05", "subject": "place", "text": "缺门牌"}]}},
    "COST_STATED": {"cost": {"lines": [{"description": "检测", "amount_fen": "12050"}], "payer": "基金"}},
    "SUBJECT_REQUEST": {"subject": {"request": "复制"}},
    "ORIGINALS_SENT": {"originals": {"items": [{"description": "考勤表一册"}]}},
    **OF_APPRAISAL,
}


def an_envelope(number: int) -> str:
    """A UUIDv7 of that number."""
    return f"01986f2a-0000-7000-8000-{number:012d}"


def an_act(number: int, kind: str, *, sender: str, **changes: object) -> EntryView:
    """An accepted envelope."""
    values: dict[str, object] = {
        "sequence": number, "envelope_id": an_envelope(number), "kind": kind, "label": kind_label(Kind[kind]),
        "sender_unit": sender, "sender_name": sender, "accepted_at": NOW + timedelta(minutes=number),
        "body": dict(_BODIES.get(kind, {"text": f"说明{number}"})), "declared": {}, "materials": (),
        "deliveries": (), **changes,
    }  # fmt: skip
    return replace(an_entry(), **values)  # type: ignore[arg-type] # the names are checked by the dataclass


def moves_of(kind: Kind) -> tuple[MoveView, ...]:
    """Every row of the kind, open."""
    rows = next((table.rows_of(kind) for table in TABLES if table.rows_of(kind)), ())
    return tuple(MoveView(kind.name, row.label, row.approval, True, row.reasons) for row in rows)


def a_case(kind: Kind, *, role: str = "host", **changes: object) -> DelegationView:
    """A case in which the kind may be made; ours is the other side of whoever wrote."""
    other = OTHER
    told = {"EXTENSION_REQUESTED": {"working_days": 5}, "CLOCK_SUSPENDED": {"effective_on": "2026-07-30"}}
    entries = [replace(an_entry(), kind="ISSUED", sender_unit=HOME if role == "home" else other)]
    for number, name in enumerate(
        ("ASSIGNED", "QUESTION", "RETURNED", "EXTENSION_REQUESTED", "CLOCK_SUSPENDED", "COST_STATED",
         "SUBJECT_REQUEST", "ORIGINALS_SENT"), start=2,
    ):  # fmt: skip
        reasons = ("S01",) if name == "CLOCK_SUSPENDED" else ()
        entries.append(an_act(number, name, sender=other, reasons=reasons, declared=told.get(name, {})))
    appraises = kind >= Kind.SPECIALTY_DETERMINED
    if appraises:
        entries += [an_act(20 + number, name, sender=other) for number, name in enumerate(OF_APPRAISAL)]
    files: tuple[MaterialView, ...] = (
        a_material(UNSENT), replace(a_material(SENT), name="现场照片.jpg", attached_to=an_envelope(1)),
    )  # fmt: skip
    home, host = (HOME, other) if role == "home" else (other, HOME)
    matter = "DISABILITY_GRADE" if appraises else "INVESTIGATION"
    row = a_row(
        our_role=role, home_unit=home, host_unit=host, state="in_progress", our_turn=True, turn=HOME, matter=matter
    )
    values: dict[str, object] = {
        "row": row, "letter": LETTER, "header": {**HEADER, "matter": matter}, "materials": files,
        "entries": tuple(entries), "alarms": (),
        "queued": (), "negatives": (), **changes,
    }  # fmt: skip
    return replace(a_delegation(1, moves_of(kind), ()), **values)  # type: ignore[arg-type] # as above


def staff() -> tuple[StaffView, ...]:
    """Three people of the unit."""
    return tuple(
        StaffView(
            staff_id=staff_id, name=f"名{staff_id}", phone="", units=(HOME,), roles=(role,), active=True,
            locked_until=None,
        )
        for staff_id, role in (("i1", "investigator"), ("clerk", "clerk"), ("approver", "approver"))
    )  # fmt: skip


def asking(kind: Kind, *, role: str = "host", **changes: object) -> Asking:
    """What a form of the kind is made for."""
    begins = kind.name in {"NOTICE_SENT", "AGREEMENT_PROPOSED", "ANNOUNCED", "COORDINATION_REQUESTED"}
    view = not_begun(kind, HOME) if begins else a_case(kind, role=role, **changes)
    return Asking(view=view, kind=kind, unit=HOME, staff=staff(), today=NOW.date())
