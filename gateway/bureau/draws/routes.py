"""The draw of a panel as it happens, step by step in plain words; its file, and every check of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from certs.draw_report import DrawReport, Status
from delegation.deadlines import day_of
from delegation.draw_defaults import REVEAL_CLOCK
from delegation.errors import Reason, Refusal
from delegation.reasons_codes import label_of
from delegation.specialties import INELIGIBLE_BY_CODE
from gateway.auth import station_of
from gateway.bureau.cases.model import mark, names_of
from gateway.bureau.cases.rules import why_not
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import is_fragment, language_for, render
from gateway.language import Language
from gateway.routes.draws import draw_download
from gateway.routes.parameters import DelegationId
from node.desk.ports import Role
from node.desk.views import DelegationView

router = APIRouter()
# What each step means for a person who has never seen a draw.
STEPS: Final[Mapping[str, str]] = {
    "SPECIALTY_DETERMINED": "科别、人数和合格名单就此固定，只公布名单的摘要；此后谁也不能增减名单",
    "PANEL_SHORT": "合格专家不足，没有抽取",
    "DRAW_COMMITTED": "该方系统取了一个随机密值，先公布其摘要；此后不能再换",
    "DRAW_REVEALED": "双方摘要都入日志之后，该方公布密值；任何人可核对它与先前的摘要一致",
    "DRAW_REVEALED_FOR": "该方逾期未公布，其省级机构打开托管的密值代为公布",
    "DRAW_VOIDED": "本次抽取作废，理由入日志；须重新确定科别后再抽",
    "PANEL_DRAWN": "由双方密值和日志根算出结果，谁也不能挑选；任何人可以重算",
    "PANEL_REPLACED": "有人退出，由同科别下一顺位候补递补",
    "PANEL_VOIDED": "鉴定后发现问题，专家组作废；原成员不再列入名单",
    "EXPERTS_CONFIRMED": "受托方确认所抽专家到场",
}
STATUSES: Final[Mapping[str, str]] = {"sits": "在座", "reserve": "候补", "left": "已退出"}
CHECK_WORDS: Final[Mapping[Status, str]] = {Status.OK: "符合", Status.FAILED: "不符", Status.NOT_CHECKED: "未核验"}
NO_DRAW: Final = "尚未抽出专家组，抽出之后才能核验和下载"
_UNREACHED: Final = "现在连不上注册中心，取不到证明；请稍后再试"


def words_of(refusal: Refusal) -> str:
    """Why there is nothing to check, in words."""
    if refusal.reason is Reason.NOT_ALLOWED:
        return NO_DRAW
    if refusal.reason is Reason.UNAVAILABLE:
        return _UNREACHED
    return why_not(refusal.reason.value, refusal.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """Sides that are yet to show their secret, and what this unit may do about one that is late."""

    awaited: tuple[tuple[str, date, bool], ...]  # unit, its last day, whether that is over
    may_reveal: bool
    may_void: bool


def late_of(view: DelegationView, today: date) -> Late:
    """Whom a draw waits for, by the clocks that the thread shows."""
    allowed = {move.kind: move for move in view.moves if move.allowed}
    default = [move for move in view.moves if move.allowed and move.kind == "DRAW_VOIDED" and "D01" in move.reasons]
    waits = tuple((each.unit, each.legal, today > each.legal) for each in view.due_dates if each.clock == REVEAL_CLOCK)
    return Late(awaited=waits, may_reveal="DRAW_REVEALED_FOR" in allowed, may_void=bool(default))


@router.get("/draw-figures", operation_id="pageDrawFigures")
async def page_draw_figures(request: Request, caller: PageCaller) -> Response:
    """How often each unit showed its secret in time: a province sees its units, a unit the draws it had a part in."""
    figures = await station_of(request).draws.reveal_figures(caller.actor)
    since = min((each.since for each in figures if each.since is not None), default=None)
    return render(request, "draws/figures.html", active="cases", figures=figures, since=since)


@router.get("/cases/{delegation_id}/draw", operation_id="pageDraw")
async def page_draw(
    request: Request,
    caller: PageCaller,
    delegation_id: DelegationId,
    check: Annotated[str, Query(pattern="^(1|)$")] = "",
    seen: Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$")] = "",
) -> Response:
    """The page; a live part that shows what there is answers 204. With ``?check=1`` the draw is checked now."""
    station = station_of(request)
    view = await station.desk.get_delegation(caller.actor, delegation_id)
    if view.appraisal is None:
        raise Refusal(Reason.NOT_FOUND)
    late = late_of(view, day_of(request.app.state.clock()))
    shown = sha256(repr((view.appraisal, late)).encode()).hexdigest()[:16]
    if is_fragment(request) and seen == shown and not check:
        return Response(status_code=204)
    report: DrawReport | None = None
    said = ""
    if check:
        try:
            report = await station.draws.check_draw(caller.actor, delegation_id)
        except Refusal as refusal:
            if refusal.reason not in {Reason.NOT_ALLOWED, Reason.UNAVAILABLE}:
                raise
            said = words_of(refusal)
    english = language_for(request) is Language.ENGLISH
    checks = [
        (one.text_en if english else one.text_zh, CHECK_WORDS[one.status], one.status.value, one.detail)
        for one in (report.checks if report is not None else ())
    ]
    return render(
        request,
        "draws/draw.html",
        active="cases",
        row=view.row,
        draw=view.appraisal,
        shown=shown,
        late=late,
        names=names_of(view).units,
        version=view.version,
        mark=mark(view),
        may_act=caller.actor.has(Role.CLERK, Role.SUPERVISOR),
        may_prepare=caller.actor.has(Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR),
        steps=STEPS,
        statuses=STATUSES,
        report=report,
        checks=checks,
        said=said,
        drawn=any(each.kind == "PANEL_DRAWN" for each in view.appraisal.steps),
        ineligible=[(INELIGIBLE_BY_CODE[code].label, n) for code, n in view.appraisal.ineligible
                    if code in INELIGIBLE_BY_CODE],
        reason_name=label_of,
    )  # fmt: skip


@router.get("/cases/{delegation_id}/draw-file", operation_id="readDrawProof")
async def read_draw_proof(
    request: Request,
    caller: PageCaller,
    delegation_id: DelegationId,
    names: Annotated[str, Query(pattern="^(0|1)$")] = "1",
) -> Response:
    """The file that proves the draw, with or without who the experts are."""
    data = await station_of(request).draws.draw_file(caller.actor, delegation_id, names=names == "1")
    return draw_download(data, delegation_id)
