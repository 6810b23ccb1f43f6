"""Four eyes: a prepared move as it will be signed, approved, sent back with a word, changed or taken back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from gateway.bureau.cases.asking import listed_in
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import asking_for, filled_with, typed_in, unit_named, with_codes
from gateway.bureau.cases.model import names_of
from gateway.bureau.cases.moves import first, show
from gateway.bureau.cases.reading import readable
from gateway.bureau.cases.routes import MADE
from gateway.bureau.cases.rules import audience, effects, rows_open_to, why_not
from gateway.bureau.cases.sending import data_of, note_refusal
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from gateway.routes.parameters import MoveId
from node.desk.ports import Actor, Role
from node.desk.views import DelegationView, MaterialView, PreparedMoveView

router = APIRouter()
Pressed = Callable[[Actor, str, int], Awaitable[DelegationView]]
_WAITING = frozenset({"prepared", "reviewed", "draft"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A file that will travel with it or is referred to."""

    file: MaterialView | None
    material_id: str
    reused: bool


def attached(move: PreparedMoveView, view: DelegationView) -> list[Attached]:
    """Every file that the move names, with what is known of it."""
    by_id = {each.material_id: each for each in view.materials}
    business = move.data.get("business")
    found = []
    for data in (move.data, business if isinstance(business, Mapping) else {}):
        for name, reused in (("materials", False), ("reused_materials", True)):
            listed = data.get(name)
            for each in listed if isinstance(listed, list | tuple) else ():
                found.append(Attached(file=by_id.get(str(each)), material_id=str(each), reused=reused))
    return found


def barred(move: PreparedMoveView, actor: Actor) -> str:
    """Why this person may not approve or seal it, in words, before the node says it; empty when nothing is known."""
    if not actor.has(Role.APPROVER, Role.SEAL_HOLDER):
        if move.prepared_by == actor.staff_id:
            return "等待审批人审批；审批前您可以修改或撤下"
        return "由有审批权限的人办理"
    if move.prepared_by == actor.staff_id:
        return "拟稿人不能审批自己的事项，须由另一人审批"
    body = move.data.get("body")
    result = body.get("result") if isinstance(body, Mapping) else None
    people = listed_in(result, "investigators") if isinstance(result, Mapping) else []
    if actor.staff_id in {str(each.get("staff_id")) for each in people}:
        return "您是本报告的调查员，不能审核自己的报告"
    return ""


def to_read(move: PreparedMoveView) -> dict[str, object]:
    """Everything that was typed, but the lists of files, which stand apart with their digests.

    Strata are declared without names; who signs reads each beside its speciality, which travels in the sealed body.
    """
    told = {name: value for name, value in move.data.items() if name not in {"materials", "reused_materials"}}
    body, declared = told.get("body"), told.get("declared")
    part = body.get("specialties") if isinstance(body, Mapping) else None
    codes = part.get("specialties") if isinstance(part, Mapping) else None
    strata = listed_in(declared, "strata") if isinstance(declared, Mapping) else []
    if isinstance(declared, Mapping) and isinstance(codes, list | tuple) and len(codes) == len(strata):
        named = [{"specialty": code, **each} for code, each in zip(codes, strata, strict=True)]
        told["declared"] = {**declared, "strata": named}
    return told


async def _show(
    request: Request,
    actor: Actor,
    move: PreparedMoveView,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    made: str = "",
    note: str = "",
) -> Response:
    desk = request.app.state.station.desk
    view: DelegationView = await desk.get_delegation(actor, move.delegation_id)
    other_code = view.row.host_unit if view.row.our_role == "home" else view.row.home_unit
    other = await unit_named(desk, actor, other_code)
    apart = not await desk.approver_seals(actor)
    colleagues = await request.app.state.station.people.colleagues(actor)
    names = names_of(view, (other,) if other is not None else (), colleagues)
    rows = rows_open_to(view, Kind[move.kind])
    result = move.data.get("body")
    reviewer = result.get("result") if isinstance(result, Mapping) else None
    named = str(reviewer.get("reviewer_staff_id", "")) if isinstance(reviewer, Mapping) else ""
    words = ""
    if refusal is not None:
        words = why_not(refusal.reason.value, refusal.details, rows)
    return render(
        request,
        "cases/prepared.html",
        active="todo",
        status=status,
        view=view,
        row=view.row,
        move=move,
        waits=move.state in _WAITING,
        made=MADE.get(made, ""),
        part=readable(to_read(move), names=names),
        attached=attached(move, view),
        units=names.units,
        effects=tuple(dict.fromkeys(effect for row in rows for effect in effects(row))),
        audience=tuple(dict.fromkeys(audience(row) for row in rows)),
        laws=tuple(dict.fromkeys(row.law for row in rows if row.law)),
        barred=barred(move, actor),
        reviewer=named if named and named != actor.staff_id else "",
        reviewer_name=names.people.get(named, ""),
        own=move.prepared_by == actor.staff_id,
        may_prepare=actor.has(Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR),
        words=words,
        seal_apart=apart,
        may_review=move.state == "prepared" and actor.has(Role.APPROVER) and apart,
        may_approve=move.state in {"prepared", "draft"} and actor.has(Role.APPROVER) and not apart,
        may_seal=move.state == "reviewed" and (actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and not apart)),
        may_send_back=actor.has(Role.APPROVER),
        problem=refused_problem(refusal.refused) if refusal is not None else None,
        note=note,
    )


@router.get("/moves/{move_id}", operation_id="pagePrepared")
async def page_prepared(
    request: Request,
    caller: PageCaller,
    move_id: MoveId,
    made: Annotated[str, Query(max_length=20, pattern=r"^[a-z-]*$")] = "",
) -> Response:
    """What will be signed, whole."""
    move = await request.app.state.station.desk.get_move(caller.actor, move_id)
    return await _show(request, caller.actor, move, made=made)


async def _again(request: Request, actor: Actor, move_id: str, refusal: Refusal, *, note: str = "") -> Response:
    """The page as it is now, with what was refused; what was changed meanwhile must be read before it is signed."""
    move = await request.app.state.station.desk.get_move(actor, move_id)
    status = refused_problem(refusal.refused).status
    return await _show(request, actor, move, status=status, refusal=refusal, note=note)


def _version(typed: PageForm) -> int:
    text = first(typed, "_version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


async def _set_seal(
    request: Request, actor: Actor, typed: PageForm, move_id: str, *, press: Pressed, made: str
) -> Response:
    """Set the seal by one of the two use cases that do. Pressing again finds it set."""
    try:
        view = await press(actor, move_id, _version(typed))
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        move = await request.app.state.station.desk.get_move(actor, move_id)
        if move.state == "approved":
            return see_other(f"{BASE}/cases/{move.delegation_id}?made={made}")
        return await _again(request, actor, move_id, refusal)
    return see_other(f"{BASE}/cases/{view.row.delegation_id}?made={made}")


@router.post("/moves/{move_id}/approve", operation_id="takeApproval")
async def take_approval(request: Request, caller: PageCaller, typed: PageForm, move_id: MoveId) -> Response:
    """Approve, seal and send."""
    press = request.app.state.station.desk.approve_move
    return await _set_seal(request, caller.actor, typed, move_id, press=press, made="approved")


@router.post("/moves/{move_id}/review", operation_id="takeReview")
async def take_review(request: Request, caller: PageCaller, typed: PageForm, move_id: MoveId) -> Response:
    """Say yes and leave the seal to the unit's seal holder."""
    desk, actor = request.app.state.station.desk, caller.actor
    try:
        move = await desk.review_move(actor, move_id, _version(typed))
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        return await _again(request, actor, move_id, refusal)
    return see_other(f"{BASE}/cases/{move.delegation_id}?made=awaiting-seal")


@router.post("/moves/{move_id}/seal", operation_id="takeSeal")
async def take_seal(request: Request, caller: PageCaller, typed: PageForm, move_id: MoveId) -> Response:
    """Press the seal on what was approved."""
    press = request.app.state.station.desk.press_seal
    return await _set_seal(request, caller.actor, typed, move_id, press=press, made="sealed")


@router.get("/seal", operation_id="pageSeal")
async def page_seal(request: Request, caller: PageCaller) -> Response:
    """Who presses the unit's seal."""
    approver = await request.app.state.station.desk.approver_seals(caller.actor)
    return render(request, "cases/seal.html", active="seal", approver=approver)


@router.post("/seal", operation_id="keepSeal")
async def keep_seal(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Say who."""
    await request.app.state.station.desk.keep_seal(caller.actor, approver=first(typed, "who") != "holder")
    return see_other(f"{BASE}/seal")


@router.post("/moves/{move_id}/drop", operation_id="takeBack")
async def take_back(request: Request, caller: PageCaller, typed: PageForm, move_id: MoveId) -> Response:
    """Send it back to its handler with a word, or take it back oneself."""
    desk, actor = request.app.state.station.desk, caller.actor
    note, move = first(typed, "note"), await desk.get_move(actor, move_id)
    mine = move.prepared_by == actor.staff_id
    if not mine and not note:
        return await _show(request, actor, move, status=422, note="请写明退回的原因")
    try:
        back = await desk.drop_move(actor, move_id, _version(typed), note)
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        return await _again(request, actor, move_id, refusal)
    made = "back" if back.state == "draft" else "dropped"
    return see_other(f"{BASE}/cases/{move.delegation_id}?made={made}")


@router.get("/moves/{move_id}/edit", operation_id="pageChange")
async def page_change(request: Request, caller: PageCaller, move_id: MoveId) -> Response:
    """The form with what was prepared."""
    desk, actor = request.app.state.station.desk, caller.actor
    move = await desk.get_move(actor, move_id)
    if move.state not in _WAITING:
        return see_other(f"{BASE}/moves/{move_id}")
    view = await desk.get_delegation(actor, move.delegation_id)
    kind = Kind[move.kind]
    asking = await asking_for(request, actor, view, kind)
    form, asking = filled_with(MAKINGS[kind], asking, MAKINGS[kind].back(dict(move.data), asking))
    return await show(request, actor, form, asking, move_id=move_id, move_version=move.version)


@router.post("/moves/{move_id}/edit", operation_id="takeChange")
async def take_change(request: Request, caller: PageCaller, typed: PageForm, move_id: MoveId) -> Response:
    """Change it; whoever changed it prepared it, and another person approves."""
    desk, actor = request.app.state.station.desk, caller.actor
    move: PreparedMoveView = await desk.get_move(actor, move_id)
    view = await desk.get_delegation(actor, move.delegation_id)
    kind, version = Kind[move.kind], _version(typed)
    asking = await asking_for(request, actor, view, kind, typed=typed)
    making = MAKINGS[kind]
    form, asking, rows_alone = typed_in(making, asking)
    if rows_alone:
        return await show(request, actor, form, asking, move_id=move_id, move_version=version)
    form = await with_codes(desk, actor, form, today=asking.today)
    replaces = move.data.get("replaces", "")
    data = data_of(form, making, asking, hidden={"replaces": replaces})
    if form.faults:
        return await show(request, actor, form, asking, status=422, move_id=move_id, move_version=version)
    try:
        await desk.update_move(actor, move_id, version, data)
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        beside = note_refusal(form, refusal, asking)
        now = await desk.get_move(actor, move_id)
        status = refused_problem(refusal.refused).status
        return await show(
            request,
            actor,
            form,
            asking,
            status=status,
            refusal=None if beside else refusal,
            move_id=move_id,
            move_version=now.version,
        )
    return see_other(f"{BASE}/moves/{move_id}?made=prepared")
