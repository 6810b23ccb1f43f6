"""Rows of an appraisal from the appointment to its end: examination, opinion, result, conclusion (protocol 5.9)."""

from typing import Final

from delegation.codes import Kind
from delegation.reasons_codes import codes
from delegation.table import Audience, BusinessStatus, ClockEffect, Party, Row, State, Turn
from delegation.table_appraisal_panel import CLOSE, STATUTORY, STOP_AGREED, at_delivery, start, stop
from delegation.table_appraisal_shared import but
from delegation.table_states import OPEN_APPRAISAL

_S = State
_K = Kind
_B = BusinessStatus
_ASIDE: Final = (
    _K.EXTENSION_REQUESTED, _K.EXTENDED, _K.EXTENSION_DECLINED, _K.EXTENSION_DEEMED, _K.PAUSED, _K.UNPAUSED,
)  # fmt: skip
_APPOINTED: Final = frozenset({_S.SCHEDULED, _S.NOTIFIED})
_OPEN_OPINION: Final = frozenset({_S.EXAMINED, _S.SUPPLEMENT_REQUESTED})
_EXAMINED: Final = frozenset({_S.EXAMINED, _S.OPINION_FORMED, _S.REPORTED, _S.SUPPLEMENT_REQUESTED})
_ART25: Final = "《工伤保险条例》第二十五条"
_ART42: Final = "《工伤保险条例》第四十二条第（二）项"
_RULES: Final = "《劳动能力鉴定管理办法》"

EXAMINATION: Final = (
    Row(
        name="scheduled", label="已排期", kind=_K.SCHEDULED, movers=(Party.HOST,), sources=frozenset({_S.PANEL_DRAWN}),
        target=_S.SCHEDULED, turn=Turn.BY_STATE, approval=1, status=_B.SCHEDULED, declares="AppointmentDeclared",
        header_guards=("host_draws", "appointment_not_past"), body_guards=("appointment_matches",),
        stale_after=but(*_ASIDE, _K.RECUSAL_RAISED),
        clocks=(*stop("schedule"), at_delivery("notify")), change="scheduled", law=_RULES,
    ),
    Row(
        name="scheduled_on_paper", label="已排期（线下）", kind=_K.SCHEDULED, movers=(Party.HOST,),
        sources=frozenset({_S.ACCEPTED}), target=_S.SCHEDULED, turn=Turn.BY_STATE, approval=1, status=_B.SCHEDULED,
        declares="AppointmentDeclared", header_guards=("host_draws", "on_paper_alone"),
        body_guards=("appointment_matches",), stale_after=but(*_ASIDE),
        clocks=(*stop("specialties"), at_delivery("notify")), change="scheduled", law=_RULES,
    ),
    Row(
        name="worker_notified", label="已通知", kind=_K.WORKER_NOTIFIED, movers=(Party.HOME,), sources=_APPOINTED,
        target=_S.NOTIFIED, turn=Turn.BY_STATE, approval=1, status=_B.NOTIFIED, declares="NotifiedDeclared",
        header_guards=("day_named", "served_before"), body_guards=("notice_proven",),
        stale_after=but(*_ASIDE, _K.PANEL_REPLACED, _K.RECUSAL_ANSWERED),
        clocks=stop("delivery", "notify"), change="notified", law=_RULES,
    ),
    Row(
        name="rescheduled", label="改期", kind=_K.RESCHEDULED, movers=(Party.HOST,), sources=_APPOINTED,
        target=_S.SCHEDULED, turn=Turn.BY_STATE, approval=1, status=_B.RESCHEDULED, declares="AppointmentDeclared",
        header_guards=("instead_of_the_last", "appointment_not_past"),
        body_guards=("appointment_matches", "move_reasoned"),
        stale_after=but(*_ASIDE, _K.WORKER_NOTIFIED, _K.RECUSAL_RAISED),
        clocks=(*stop("schedule", "notify"), at_delivery("notify")), change="scheduled", law=_RULES,
    ),
    Row(
        name="no_show", label="未到场", kind=_K.NO_SHOW, movers=(Party.HOST,), sources=_APPOINTED, target=_S.SCHEDULED,
        turn=Turn.HOST, approval=2, status=_B.NO_SHOW, reasons=codes("N01", "N04"), reasons_required=True,
        declares="AttendanceDeclared", header_guards=("day_appointed", "missed_once", "absence_counts"),
        body_guards=("absence_reason_right",), stale_after=but(*_ASIDE, _K.RECUSAL_RAISED, _K.WORKER_NOTIFIED),
        clocks=(*stop("notify"), start("schedule")), change="no_show", law=_ART42,
    ),
    Row(
        name="examined", label="现场鉴定完成", kind=_K.EXAMINED, movers=(Party.HOST,), sources=_APPOINTED,
        target=_S.EXAMINED, turn=Turn.BY_STATE, approval=1, status=_B.EXAMINED, declares="AttendanceDeclared",
        header_guards=("day_appointed", "panel_settled"), body_guards=("examination_fits",),
        stale_after=but(*_ASIDE, _K.WORKER_NOTIFIED),
        clocks=(*stop("schedule", "notify", "examine"), start("opinion-form")), change="examined", law=_ART25,
    ),
    Row(
        name="extra_tests", label="补充检查", kind=_K.EXTRA_TESTS, movers=(Party.HOST,), sources=_OPEN_OPINION,
        target=None, turn=Turn.BY_STATE, approval=1, status=_B.EXTRA_TESTS, declares="TestsDeclared",
        header_guards=("tests_ahead",), stale_after=but(*_ASIDE),
        clocks=stop("delivery"), change="extra_tests", law=f"{_ART25}第一款",
    ),
    Row(
        name="terminated", label="当次鉴定终止", kind=_K.TERMINATED, movers=(Party.HOME,), sources=_APPOINTED,
        target=_S.TERMINATED, turn=Turn.NOBODY, approval=2, status=_B.TERMINATED, reasons=("N03", "N04"),
        reasons_required=True, header_guards=("absence_recorded",), body_guards=("reason_told",),
        stale_after=but(*_ASIDE, _K.RECUSAL_ANSWERED, _K.PANEL_REPLACED), clocks=CLOSE, law=_ART42,
    ),
)  # fmt: skip

RESULT: Final = (
    Row(
        name="opinion_formed", label="专家组意见", kind=_K.OPINION_FORMED, movers=(Party.HOST,), sources=_OPEN_OPINION,
        target=_S.OPINION_FORMED, turn=Turn.BY_STATE, approval=1, status=_B.OPINION_FORMED,
        declares="OpinionDeclared", header_guards=("opinion_of_the_panel", "all_signed", "warnings_answered"),
        body_guards=(
            "opinion_matches", "majority_holds", "grades_computed", "own_finding_fits", "finding_fits_matter",
        ),
        stale_after=but(*_ASIDE), clocks=(*stop("delivery", "opinion-form"), start("opinion-report")),
        change="opinion_formed", law=_RULES,
    ),
    Row(
        name="appraisal_reported", label="提交鉴定结果", kind=_K.APPRAISAL_REPORTED, movers=(Party.HOST,),
        sources=frozenset({_S.OPINION_FORMED, _S.WITHDRAW_REQUESTED}), target=_S.REPORTED, turn=Turn.HOME, approval=2,
        status=_B.REPORTED, declares="OpinionDeclared",
        header_guards=(
            "opinion_stands", "opinion_of_the_panel", "all_signed", "warnings_answered", "opinion_as_formed",
        ),
        body_guards=(
            "opinion_matches", "majority_holds", "grades_computed", "own_finding_fits", "finding_fits_matter",
            "result_as_formed", "conclusion_by_mode", "opinion_reviewed",
        ),
        local_guards=("result_reviewed",), stale_after=but(*_ASIDE, _K.WITHDRAW_REQUESTED),
        clocks=(STOP_AGREED, at_delivery("check")), change="reported",
        law=f"{_ART25}；结论由委托方作出，委托鉴定方式由受托方形成受托结论",
    ),
    Row(
        name="rejudge_requested", label="退回复核", kind=_K.REJUDGE_REQUESTED, movers=(Party.HOME,),
        sources=frozenset({_S.REPORTED}), target=_S.EXAMINED, turn=Turn.BY_STATE, approval=2, status=_B.REJUDGING,
        header_guards=("rejudges_left",), body_guards=("clauses_named",), stale_after=but(also=(_K.AMENDED,)),
        clocks=(*stop("delivery", "check"), at_delivery("opinion-form")), change="rejudge",
    ),
    Row(
        name="panel_voided", label="专家组作废", kind=_K.PANEL_VOIDED, movers=(Party.HOST,), sources=_EXAMINED,
        target=_S.DRAW_VOID, turn=Turn.BY_STATE, approval=2, status=_B.PANEL_VOIDED, reasons=("K05",),
        reasons_required=True, declares="PanelVoidedDeclared", header_guards=("panel_of_the_draw",),
        body_guards=("reason_told",), stale_after=but(*_ASIDE),
        clocks=(STOP_AGREED, start("specialties"), start("examine")), change="panel_voided",
        law="《工伤保险条例》第二十七条",
    ),
    Row(
        name="panel_voided_by_province", label="专家组作废（省级要求）", kind=_K.PANEL_VOIDED,
        movers=(Party.ANY_PROVINCE,), sources=_EXAMINED, target=_S.DRAW_VOID, turn=Turn.BY_STATE, approval=2,
        audience=Audience.PARTIES, status=_B.PANEL_VOIDED, reasons=("K05",), reasons_required=True,
        declares="PanelVoidedDeclared", header_guards=("panel_of_the_draw",), body_guards=("reason_told",),
        stale_after=but(*_ASIDE), clocks=(STOP_AGREED, start("specialties"), start("examine")), change="panel_voided",
        law="《工伤保险条例》第二十七条",
    ),
)  # fmt: skip


def _remark(
    kind: Kind,
    label: str,
    *,
    sources: frozenset[State],
    declares: str = "",
    reasons: tuple[str, ...] = (),
    header_guards: tuple[str, ...] = (),
    body_guards: tuple[str, ...] = (),
    clocks: tuple[ClockEffect, ...] = (),
    change: str,
    closing: bool = True,
    law: str,
) -> Row:
    return Row(
        name=kind.name.lower(), label=label, kind=kind, movers=(Party.HOME,), sources=sources, target=None,
        turn=Turn.SAME, approval=2, neutral=True, closing=closing, reasons=reasons, reasons_required=bool(reasons),
        declares=declares, header_guards=header_guards, body_guards=body_guards, clocks=clocks, change=change, law=law,
    )  # fmt: skip


_CONCLUDING: Final = frozenset({_S.REPORTED, _S.EXPERTS_CONFIRMED, _S.COMPLETED, _S.ARCHIVED})

REMARKS: Final = (
    _remark(
        _K.APPRAISAL_EXTENDED, "延长三十日", sources=OPEN_APPRAISAL, reasons=("E11", "E12"),
        header_guards=("extended_once", "term_not_over"), body_guards=("reason_told",), clocks=(STATUTORY,),
        change="appraisal_extended", closing=False, law="《工伤保险条例》第二十五条第二款",
    ),
    _remark(
        _K.PANEL_VOID_DEMANDED, "要求作废", sources=_EXAMINED, header_guards=("panel_stands",),
        body_guards=("reason_told",), clocks=(at_delivery("void-demand"),), change="void_demanded", closing=False,
        law="《工伤保险条例》第二十七条",
    ),
    _remark(
        _K.CONCLUSION_ISSUED, "鉴定结论作出", sources=_CONCLUDING, declares="ConclusionDeclared",
        header_guards=("concluded_once", "dated_until_today"), body_guards=("conclusion_matches",),
        change="conclusion_issued", law="《工伤保险条例》第二十五条第二款",
    ),
    _remark(
        _K.CONCLUSION_SERVED, "鉴定结论送达", sources=_CONCLUDING, declares="ConclusionDeclared",
        header_guards=("served_once", "dated_until_today"), body_guards=("conclusion_matches", "remedy_stated"),
        change="conclusion_served", law=f"{_RULES}；《工伤保险条例》第二十六条",
    ),
    _remark(
        _K.REAPPRAISAL_REQUESTED, "申请再次鉴定", sources=_CONCLUDING, declares="ConclusionDeclared",
        header_guards=("reappraisal_new", "dated_until_today"), change="reappraisal_requested",
        law="《工伤保险条例》第二十六条",
    ),
    _remark(
        _K.REAPPRAISAL_RESULT, "再次鉴定结果", sources=_CONCLUDING, declares="ConclusionDeclared",
        header_guards=("reappraisal_open", "dated_until_today"), body_guards=("conclusion_matches",),
        change="reappraisal_result", law="《工伤保险条例》第二十六条",
    ),
)  # fmt: skip
