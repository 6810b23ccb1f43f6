"""A case in which everything happened that has a paper of its own; about people who do not exist."""

from dataclasses import replace
from datetime import date, timedelta

from node.desk.views import DelegationView, DueDateView, EntryView
from tests.gateway.bureau.an_appraisal import an_appraisal
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_views import a_delegation, an_entry

PEOPLE = {
    "handler": {"staff_id": "jb-01", "name": "何经办"},
    "approver": {"staff_id": "sp-01", "name": "施审批"},
}
LETTER = {
    "acceptance_number": "示例〔2026〕1 号",
    "case_summary": "安装设备时左手被卷入。",
    "items": [{"code": "X-1", "text": "核实事故经过", "mandatory": True}, {"code": "X-2", "text": "调取监控"}],
    "outline": [{"group": "working-time", "text": "几时开始作业？"}],
    "worker": {
        "name": "沈砚青",
        "id_document": "ID_DOCUMENT_CITIZEN_ID",
        "id_number": "330106198907153213",
        "sex": "1",
    },
    "employer": {"name": "杭州示例公司", "credit_code": "91330106MA2XB7QW4K"},
    "accident": {"happened_at": "2026-07-30T09:40", "place_text": "示例车间", "witnesses": [{"name": "罗启文"}]},
    "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": "330100"},
    "applicant": {"role": "APPLICANT_ROLE_EMPLOYER", "name": "杭州示例公司", "applied_on": "2026-08-01"},
    "claimed_grounds": ["14-5"],
    "fee_payer": "委托方",
    "recusal_declared": True,
    "contact_phone": "0571-00000000",
}
INVESTIGATORS = [
    {
        "staff_id": "t1",
        "name": "程以宁",
        "credential_kind": "行政执法证",
        "credential_number": "示-1",
        "recusal_declared": True,
    },
    {
        "staff_id": "t2",
        "name": "白朗生",
        "credential_kind": "行政执法证",
        "credential_number": "示-2",
        "conflict": False,
    },
]
RESULT = {
    "answers": [
        {"item_code": "X-1", "finding": "FINDING_FOUND", "text": "属实", "evidence_ids": ["E-1"]},
        {"item_code": "X-2", "finding": "FINDING_NOT_FOUND", "unable_code": "U04"},
    ],
    "report": "两人出示证件后进入现场。",
    "evidence": [
        {"evidence_id": "E-1", "kind": "EVIDENCE_KIND_INSPECTION", "description": "现场照片", "is_copy": True},
    ],
    "further_findings": "另见领料单。",
}
# kind: what its body holds beside the attestation
BODIES: dict[str, dict[str, object]] = {
    "ISSUED": {"letter": LETTER, "materials": [{"name": "受理决定书.txt", "size": "3020", "is_copy": True}]},
    "RETURNED": {"return_notice": {"defects": [{"code": "B01", "subject": "worker", "text": "证件号码不清"}]}},
    "TRANSFERRED": {"text": "地点在另一区"},
    "REFUSED": {"refusal": {"superior": "省厅", "competent_unit": OTHER}, "text": "不属本地"},
    "ASSIGNED": {"assignment": {"investigators": INVESTIGATORS}},
    "EXTENSION_REQUESTED": {"text": "证人未到"},
    "EXTENDED": {"text": "同意"},
    "PAUSED": {"text": "待检测"},
    "UNPAUSED": {"text": "检测已出"},
    "CLOCK_SUSPENDED": {"clock": {"document_number": "示例中止 1 号"}},
    "NON_COOPERATION": {"non_cooperation": {"who": "某公司", "notice_served_on": "2026-08-10", "refusal": "拒绝进厂"}},
    "ORIGINALS_SENT": {"originals": {"items": [{"description": "领料单", "keeper": "档案室"}], "carrier": "邮政"}},
    "AMENDED": {"amendment": {"subject": "worker", "before": "甲", "after": "乙"}},
    "REPORTED": {"result": RESULT},
    "SUPPLEMENT_REQUESTED": {"supplement": {"items": [{"item_code": "X-2", "reason": "Q01", "text": "再查"}]}},
    "WITHDRAW_REQUESTED": {"text": "申请人撤回"},
}
_BY_HOME = {"ISSUED", "EXTENDED", "CLOCK_SUSPENDED", "AMENDED", "SUPPLEMENT_REQUESTED", "WITHDRAW_REQUESTED"}


def _entry(number: int, kind: str, body: dict[str, object]) -> EntryView:
    home = kind in _BY_HOME
    return replace(
        an_entry(),
        sequence=number,
        kind=kind,
        label=kind,
        sender_unit=HOME if home else OTHER,
        sender_name="杭州市人社局" if home else "成都市人社局",
        accepted_at=NOW + timedelta(hours=number),
        entry_digest=bytes([number]) * 32,
        body={"kind": kind, "attestation": PEOPLE, **body},
        declared={"working_days": 5, "effective_on": "2026-08-11"},
        reasons=("R01",),
        reason_labels=("不属管辖",),
        due_dates=(DueDateView("decide", "受托决定", OTHER, date(2026, 8, 6), date(2026, 8, 6), True, "约定时限", 1),),
    )


_MAJORITY: dict[str, object] = {
    "injuries": [{"injury": "腰椎压缩性骨折", "clause": "5.9.2.13", "grade": 9}],
    "grade": 9,
    "self_care": {"eating": True, "degree": 1},
}
REQUEST: dict[str, object] = {
    "decision_number": "示例认〔2026〕1 号", "decided_on": "2026-07-01", "injured_parts": ["腰椎", "左手"],
    "diagnosis": "骨折", "records": ["出院小结"], "specialties": ["M201"], "panel_size": 3,
    "pool_basis": "受托方专家库", "treating_hospitals": ["示例医院"], "consent_worker": True,
}  # fmt: skip
OF_APPRAISAL: dict[str, dict[str, object]] = {
    "ISSUED": {"letter": {**LETTER, "appraisal": REQUEST}},
    "PANEL_DRAWN": {
        "panel": {
            "experts": [
                {"expert_id": f"CD-000{n}", "name": f"专家{n}", "title": "副主任医师" if n == 1 else "主任医师",
                 "specialty": "M201", "reserve": n > 3, "chair": n == 2}
                for n in (1, 2, 3, 4)
            ]
        }
    },
    "PANEL_REPLACED": {
        "panel_change": {
            "leaves": "CD-0002", "reason": "曾为主治医师",
            "enters": {"expert_id": "CD-0004", "name": "专家4", "title": "主任医师", "specialty": "M201"},
        }
    },
    "OPINION_FORMED": {
        "opinion": {
            "opinions": [
                {"expert_id": f"CD-000{n}", "name": f"专家{n}", "agrees": n != 4, "signed_on": "2026-09-15",
                 "finding": {**_MAJORITY, "grade": 8} if n == 4 else _MAJORITY, "text": "应晋升一级" if n == 4 else ""}
                for n in (1, 3, 4)
            ],
            "majority": _MAJORITY, "dissent": "一名专家认为应为八级", "answers": [{"warning": "G01", "text": "已复核"}],
        }
    },
    "SCHEDULED": {
        "appointment": {"at": "2026-09-15T09:30", "place": "示例路1号", "form": "EXAMINATION_FORM_ON_SITE",
                        "bring": "病历"}
    },
    "CONCLUSION_ISSUED": {
        "conclusion": {"number": "示例鉴〔2026〕1 号", "on": "2026-09-30", "finding": _MAJORITY}
    },
}  # fmt: skip


def a_full_appraisal(*, role: str = "home") -> DelegationView:
    """An appraisal in which everything happened that has a paper of its own."""
    view = a_delegation(1, (), ())
    entries = tuple(_entry(number, kind, body) for number, (kind, body) in enumerate(OF_APPRAISAL.items(), start=7))
    header = {
        "legal_basis": "SINGLE_CASE", "appraisal_mode": "ONSITE_ASSIST", "appraisal_kind": "FIRST",
        "clock": {"application_received_on": "2026-08-03"},
    }  # fmt: skip
    row = replace(view.row, our_role=role, matter="DISABILITY_GRADE")
    letter = {**LETTER, "appraisal": REQUEST}
    return replace(view, row=row, letter=letter, header=header, entries=entries, queued=(), appraisal=an_appraisal())


def a_full_case(*, role: str = "host") -> DelegationView:
    """The case as the home or the host sees it."""
    view = a_delegation(1, (), ())
    entries = tuple(_entry(number, kind, body) for number, (kind, body) in enumerate(BODIES.items(), start=1))
    header = {
        "legal_basis": "RECOGNITION_RULES_14",
        "clock": {"accepted_on": "2026-08-03", "procedure": "ORDINARY", "suspensions": []},
    }
    return replace(view, row=replace(view.row, our_role=role), letter=LETTER, header=header, entries=entries, queued=())
