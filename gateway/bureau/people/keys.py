"""Keys of business systems, for the administrator."""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Refusal
from gateway.bureau.forms.filled import Filled, fill, missing, read, to_json
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Section
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.staff import unit_choices
from gateway.bureau.people.words import ROLE_CHOICES, ROLES, note_refusal
from gateway.bureau.render import BASE, render, see_other
from gateway.routes.parameters import KeyId
from node.desk.ports import Actor

router = APIRouter()
_ZONE: Final = ZoneInfo("Asia/Shanghai")


async def _spec(request: Request, actor: Actor) -> FormSpec:
    staff = await request.app.state.station.accounts.list_staff(actor)
    people = tuple((view.staff_id, f"{view.name} {view.staff_id}") for view in staff if view.active)
    return FormSpec((
        Section(
            name="key",
            title="",
            parts=(
                Field(path="label", label="用途", required=True, longest=80, hint="哪个系统用它，做什么"),
                Field(path="staff_id", label="以谁的名义", ask=Ask.CHOICE, required=True, choices=people),
                Field(
                    path="unit", label="单位", ask=Ask.CHOICE, required=True, choices=await unit_choices(request, actor)
                ),
                Field(path="role", label="角色（只有一个）", ask=Ask.CHOICE, required=True, choices=ROLE_CHOICES),
                Field(path="expires_at", label="有效至（含当日）", ask=Ask.DAY, hint="留空则一直有效，直到停用"),
            ),
        ),
    ))  # fmt: skip


async def _page(request: Request, actor: Actor, form: Filled, status: int = 200) -> Response:
    keys = await request.app.state.station.accounts.list_api_keys(actor)
    ordered = sorted(keys, key=lambda key: (not key.active, key.label))
    names = {view.staff_id: view.name for view in await request.app.state.station.accounts.list_staff(actor)}
    return render(
        request,
        "people/keys.html",
        active="people",
        status=status,
        keys=ordered,
        form=form,
        roles=ROLES,
        names=names,
    )


@router.get("/people/keys", operation_id="pageKeys")
async def page_keys(request: Request, caller: PageCaller) -> Response:
    """Every key, and the form of a new one."""
    return await _page(request, caller.actor, fill(await _spec(request, caller.actor), {}))


@router.post("/people/keys", operation_id="takeKey")
async def take_key(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Make a key; its secret stands on the answer alone."""
    form = read(await _spec(request, caller.actor), typed)
    values = to_json(form)
    missing(form)
    if form.faults:
        return await _page(request, caller.actor, form, 422)
    day = values.get("expires_at")
    until = datetime.combine(datetime.fromisoformat(str(day)).date(), time.max, _ZONE).astimezone(UTC) if day else None
    try:
        key = await request.app.state.station.accounts.create_api_key(
            caller.actor,
            label=form.text("label"),
            staff_id=form.text("staff_id"),
            unit=form.text("unit"),
            role=form.text("role"),
            expires_at=until,
        )
    except Refusal as refusal:
        return await _page(request, caller.actor, form, note_refusal(form, refusal))
    return render(request, "people/key.html", active="people", key=key, roles=ROLES)


@router.post("/people/keys/{key_id}/end", operation_id="takeKeyEnd")
async def take_key_end(request: Request, caller: PageCaller, typed: PageForm, key_id: KeyId) -> Response:
    """End a key at once."""
    del typed
    await request.app.state.station.accounts.revoke_api_key(caller.actor, key_id)
    return see_other(f"{BASE}/people/keys")
