"""Accounts for the administrator: the list, a new one, roles and units, passwords, locks, closing."""

from collections.abc import Sequence
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.bureau.forms.filled import Filled, fill, missing, read
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Section
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.people.words import ROLE_CHOICES, ROLES, TASKS, note_refusal
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import refused_problem
from gateway.routes.parameters import StaffPathId
from node.desk.account_views import StaffView
from node.desk.passwords import one_time_password
from node.desk.ports import Actor

router = APIRouter()
_STAFF_ID: Final = Field(
    path="staff_id", label="账号（工号）", required=True, longest=32, hint="字母、数字、点、横线；不用身份证号和手机号"
)


async def unit_choices(request: Request, actor: Actor) -> tuple[tuple[str, str], ...]:
    """The bureau's own units: code and name."""
    units = (await request.app.state.station.desk.status(actor)).units
    return tuple((unit.code, f"{unit.name} {unit.code}") for unit in units)


def _spec(units: Sequence[tuple[str, str]], *, new: bool) -> FormSpec:
    fields = [
        Field(path="units", label="所属单位", ask=Ask.CHOICES, required=True, choices=tuple(units)),
        Field(path="roles", label="角色", ask=Ask.CHOICES, required=True, choices=ROLE_CHOICES),
    ]
    if new:
        person = [_STAFF_ID, Field(path="name", label="姓名", required=True, longest=80)]
        phone = Field(path="phone", label="办公电话", ask=Ask.PHONE, longest=32)
        fields = [*person, phone, *fields]
    return FormSpec((Section(name="staff", title="", parts=tuple(fields)),))


async def _staff(request: Request, actor: Actor, staff_id: str) -> StaffView:
    for view in await request.app.state.station.accounts.list_staff(actor):
        if view.staff_id == staff_id:
            found: StaffView = view
            return found
    raise Refusal(Reason.NOT_FOUND)


@router.get("/people/staff", operation_id="pageStaffList")
async def page_staff(request: Request, caller: PageCaller) -> Response:
    """Every account of the bureau."""
    staff = await request.app.state.station.accounts.list_staff(caller.actor)
    ordered = sorted(staff, key=lambda view: (not view.active, view.staff_id))
    return render(request, "people/staff.html", active="people", staff=ordered, roles=ROLES)


@router.get("/people/staff/new", operation_id="pageNewStaff")
async def page_new_staff(request: Request, caller: PageCaller) -> Response:
    """The form of a new account."""
    form = fill(_spec(await unit_choices(request, caller.actor), new=True), {"units": [caller.actor.unit]})
    return render(request, "people/new_staff.html", active="people", form=form)


@router.post("/people/staff/new", operation_id="takeNewStaff")
async def take_new_staff(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Make it; its one-time password stands on the answer alone."""
    form = read(_spec(await unit_choices(request, caller.actor), new=True), typed)
    missing(form)
    status, password = 422, one_time_password()
    if not form.faults:
        try:
            made = await request.app.state.station.accounts.create_staff(
                caller.actor,
                staff_id=form.text("staff_id"),
                name=form.text("name"),
                password=password,
                units=form.texts("units"),
                roles=form.texts("roles"),
                phone=form.text("phone"),
                one_time=True,
            )
        except Refusal as refusal:
            status = note_refusal(form, refusal)
        else:
            return _secret_page(request, made.staff_id, made.name, password)
    return render(request, "people/new_staff.html", active="people", status=status, form=form)


def _secret_page(request: Request, staff_id: str, name: str, password: str) -> Response:
    return render(request, "people/one_time.html", active="people", staff_id=staff_id, name=name, password=password)


@router.get("/people/staff/{staff_id}", operation_id="pageStaffMember")
async def page_member(request: Request, caller: PageCaller, staff_id: StaffPathId) -> Response:
    """One account."""
    return await _member(request, caller.actor, staff_id)


async def _member(
    request: Request, actor: Actor, staff_id: str, *, form: Filled | None = None, status: int = 200, fault: str = ""
) -> Response:
    view = await _staff(request, actor, staff_id)
    people = request.app.state.station.people
    if form is None:
        form = fill(_spec(await unit_choices(request, actor), new=False), {"units": view.units, "roles": view.roles})
    tasks = await people.open_tasks(actor, staff_id)
    colleagues = {
        unit: [each for each in await people.colleagues(actor, unit) if each.staff_id != staff_id]
        for unit in sorted({task.unit for task in tasks})
    }
    return render(
        request,
        "people/member.html",
        active="people",
        status=status,
        member=view,
        form=form,
        fault=fault,
        tasks=tasks,
        colleagues=colleagues,
        roles=ROLES,
        kinds=TASKS,
        service=request.app.state.sign_in_service,
        bound=await request.app.state.station.accounts.identities_of(actor, staff_id),
    )


@router.post("/people/staff/{staff_id}", operation_id="takeStaffMember")
async def take_member(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Change roles and units."""
    form = read(_spec(await unit_choices(request, caller.actor), new=False), typed)
    missing(form)
    if form.faults:
        return await _member(request, caller.actor, staff_id, form=form, status=422)
    change = {"roles": form.texts("roles"), "units": form.texts("units")}
    return await _changed(request, caller, staff_id, form=form, **change)


async def _changed(
    request: Request, caller: PageCaller, staff_id: str, *, form: Filled | None = None, **change: object
) -> Response:
    try:
        await request.app.state.station.accounts.update_staff(caller.actor, staff_id, **change)
    except Refusal as refusal:
        if refusal.reason is Reason.NOT_FOUND:
            raise
        why = refusal.refused.details.get("why", "")
        fault = _KEPT.get(why) or refused_problem(refusal.refused).zh
        status = refused_problem(refusal.refused).status
        return await _member(request, caller.actor, staff_id, form=form, status=status, fault=fault)
    return see_other(f"{BASE}/people/staff/{staff_id}")


_KEPT: Final = {
    "open_tasks": "此人手上还有事项，请先移交，再停用账号或移出单位",
    "last_administrator": "这是最后一名管理员，不能停用或取消其角色",
}


@router.post("/people/staff/{staff_id}/close", operation_id="takeStaffClosing")
async def take_closing(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Close the account; its sessions, keys and deputies end."""
    del typed
    return await _changed(request, caller, staff_id, active=False)


@router.post("/people/staff/{staff_id}/open", operation_id="takeStaffOpening")
async def take_opening(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Open it again."""
    del typed
    return await _changed(request, caller, staff_id, active=True)


@router.post("/people/staff/{staff_id}/unlock", operation_id="takeUnlocking")
async def take_unlocking(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """End a lock before its time."""
    del typed
    await request.app.state.station.accounts.unlock(caller.actor, staff_id)
    return see_other(f"{BASE}/people/staff/{staff_id}")


@router.post("/people/staff/{staff_id}/password", operation_id="takePasswordReset")
async def take_password(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Give out a one-time password; it stands on this answer alone."""
    del typed
    view = await _staff(request, caller.actor, staff_id)
    password = await request.app.state.station.accounts.reset_password(caller.actor, staff_id)
    return _secret_page(request, staff_id, view.name, password)


@router.post("/people/staff/{staff_id}/tasks", operation_id="takeHandingOver")
async def take_handing_over(request: Request, caller: PageCaller, typed: PageForm, staff_id: StaffPathId) -> Response:
    """Give everything of one unit to another."""
    try:
        await request.app.state.station.people.hand_over(
            caller.actor, staff_id, unit=_one(typed, "unit"), to=_one(typed, "to")
        )
    except Refusal as refusal:
        if refusal.reason is not Reason.INVALID_INPUT:
            raise
        role = refusal.refused.details.get("why") == "role"
        fault = "此人没有接手所需的角色" if role else "请选择该单位在用的另一账号"
        return await _member(request, caller.actor, staff_id, status=422, fault=fault)
    return see_other(f"{BASE}/people/staff/{staff_id}")


def _one(typed: Typed, name: str) -> str:
    return typed.get(name, [""])[0].strip()
