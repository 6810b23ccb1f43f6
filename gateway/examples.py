"""Examples in the OpenAPI document, one a form; a test fills each form with its own. Nobody in them exists."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from gateway.schemas.accounts import NewApiKey, NewStaff, PasswordChange, Search, SignIn, StaffChange
from gateway.schemas.delegations import Purge
from gateway.schemas.drafts import Draft, Note, OptionalNote
from gateway.schemas.moves import MoveData, StartThread
from gateway.schemas.old_cases import OldCases, OldCaseSearch
from gateway.schemas.people import (
    AnswerDays,
    CaseAssignment,
    NewDeputy,
    NewRequest,
    RequestAnswer,
    SealRule,
    TaskHandOver,
    UnitTransfer,
)
from gateway.schemas.pool import ExpertRow, ExpertRows, ExpertSearch
from gateway.schemas.province_acts import (
    Announcement,
    Approvals,
    CoordinationRequest,
    Designation,
    ProvincialAgreement,
    Reminders,
    SpokenWord,
    Supervision,
)
from gateway.schemas.province_reports import NewReport
from gateway.schemas.taking import FollowingAppraisal, TakeOver

_LETTER: Final[dict[str, object]] = {
    "acceptance_number": "杭人社工受〔2026〕0017号",
    "case_summary": "职工在外地工地作业时从脚手架坠落受伤，请协助核实事故经过。",
    "items": [{"code": "A-1", "text": "核实事故时间、地点和经过", "mandatory": True}],
    "outline": [{"group": "working-time", "text": "事故发生时是否在工作时间内？"}],
    "worker": {"name": "示例", "id_document": "ID_DOCUMENT_OTHER", "id_number": "SAMPLE-0001"},
    "employer": {"name": "示例建筑有限公司", "operates_in": "330106"},
    "accident": {"happened_at": "2026-07-30T09:40", "place_text": "某工地三号楼", "region_code": "510104"},
    "insurance": {"mode": "INSURANCE_MODE_EMPLOYER", "insured_in": "330100"},
    "applicant": {"role": "APPLICANT_ROLE_EMPLOYER", "name": "示例建筑有限公司", "applied_on": "2026-08-02"},
    "claimed_grounds": ["14-1"],
    "recusal_declared": True,
}

_DELEGATION: Final = "WT-330100-20260803-000017-Y"

_OLD_CASE: Final[dict[str, object]] = {
    "number": "杭工协〔2019〕12号",
    "our_role": "home",
    "home_name": "杭州市人力资源和社会保障局",
    "host_name": "成都市人力资源和社会保障局",
    "worker_name": "示例",
    "employer_name": "示例建筑有限公司",
    "accident_on": "2019-03-01",
    "delegated_on": "2019-04-02",
    "closed_on": "2019-06-30",
    "result": "FOUND",
    "shelf_mark": "A-3-017",
}

_EXPERT: Final[dict[str, object]] = {
    "number": "HZ-0017",
    "name": "示例",
    "title": "主任医师",
    "specialties": "M201,M202",
    "employer": "示例医院",
    "appointed_from": "2026-01-01",
    "appointed_until": "2028-12-31",
    "active": "yes",
    "conflicts": "单位:示例建筑有限公司",
}

EXAMPLES: Final[Mapping[type[BaseModel], Mapping[str, object]]] = MappingProxyType(
    {
        SignIn: {"staff_id": "hz-0017", "password": "a long enough phrase"},
        NewReport: {"first": "2026-10-01", "last": "2026-10-31"},
        PasswordChange: {"old": "a long enough phrase", "new": "another long phrase"},
        NewStaff: {
            "staff_id": "hz-0018",
            "name": "示例",
            "password": "a first long phrase",
            "units": ["330100RD01T"],
            "roles": ["clerk"],
        },
        StaffChange: {"active": False},
        NewApiKey: {"label": "业务系统", "staff_id": "hz-0017", "unit": "330100RD01T", "role": "clerk"},
        Search: {"name": "示例"},
        Purge: {"delegation_id": "WT-330100-20260803-000017-Y"},
        Note: {"note": "请补充调查提纲"},
        OptionalNote: {"note": "重新拟稿"},
        Draft: {
            "matter": "INVESTIGATION",
            "task_place": {"code": "510104", "role": "ACCIDENT", "certainty": "DEFINITE"},
            "case_key": "HZ-2026-0017",
            "legal_basis": "RECOGNITION_RULES_14",
            "priority": "NORMAL",
            "clock": {"accepted_on": "2026-08-03", "procedure": "ORDINARY"},
            "letter": _LETTER,
        },
        MoveData: {
            "reasons": ["R01"],
            "body": {"text": "事故地点不在本辖区", "refusal": {"competent_unit": "510100RD015"}},
        },
        NewDeputy: {
            "staff_id": "hz-0017",
            "deputy": "hz-0018",
            "unit": "330100RD01T",
            "role": "approver",
            "first": "2026-08-10",
            "last": "2026-08-14",
        },
        TaskHandOver: {"unit": "330100RD01T", "to": "hz-0018"},
        CaseAssignment: {"unit": "330100RD01T", "staff_id": "hz-0018"},
        UnitTransfer: {"unit": "330100RD01T", "to_unit": "330106RD018", "reason": "T01"},
        NewRequest: {
            "asks": "copy",
            "asked_by": "worker",
            "checked": "id_card",
            "asked_on": "2026-08-03",
            "text": "复制本人工伤调查的有关材料",
        },
        RequestAnswer: {"outcome": "given", "text": "请本人持身份证到窗口领取"},
        AnswerDays: {"days": 15},
        SealRule: {"approver": True},
        StartThread: {
            "kind": "ANNOUNCED",
            "recipients": ["330100RD01T"],
            "data": {"body": {"text": "请于本月底前完成自查"}},
        },
        OldCases: {"items": [_OLD_CASE], "only_check": True},
        OldCaseSearch: {"number": "杭工协〔2019〕12号"},
        ExpertRow: _EXPERT,
        ExpertRows: {"items": [_EXPERT], "only_check": True},
        ExpertSearch: {"number": "HZ-0017"},
        TakeOver: {"materials": ["0b8f7a52-8f0a-4d5c-9d0d-1c6f8f6f2a11"]},
        FollowingAppraisal: {"unit": "330100AC017", "draft": {"matter": "DISABILITY_GRADE"}},
        Reminders: {
            "delegation_ids": [_DELEGATION, "WT-330100-20260803-000018-X"],
            "text": "该委托已超过约定期限，请抓紧办理",
        },
        Supervision: {
            "delegation_id": _DELEGATION,
            "unit": "330100RD01T",
            "working_days": 3,
            "text": "请说明超期原因及办结时间",
        },
        Designation: {
            "delegation_id": _DELEGATION,
            "unit": "510600RD012",
            "seen": 3,
            "text": "事故发生地在该市，由其办理",
        },
        SpokenWord: {"delegation_id": _DELEGATION, "text": "建议按第一次调查的结论办理"},
        CoordinationRequest: {
            "delegation_id": _DELEGATION,
            "unit": "510100RD015",
            "text": "该委托受托方逾期未签收，请协调",
        },
        Announcement: {"units": ["330100RD01T"], "text": "请于本月底前完成自查"},
        ProvincialAgreement: {
            "office": "510000PO013",
            "matters": ["INVESTIGATION"],
            "times": [{"clock": "investigate", "working_days": 10, "green_working_days": 5}],
            "valid_from": "2026-09-01",
            "valid_to": "2028-08-31",
        },
        Approvals: {"moves": [{"move_id": "0199f0c0-7a11-7000-8000-000000000001", "version": 1}]},
    }
)
