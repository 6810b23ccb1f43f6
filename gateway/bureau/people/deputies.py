"""Deputies: who stands in for whom, and naming one for oneself (an administrator: for anybody)."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from delegation.errors import Refusal
from gateway.bureau.forms.filled import Filled, fill, missing, read, to_json
from gateway.bureau.forms.spec import Ask, Field, FormSpec, Section
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.words import ROLES, note_refusal
from gateway.bureau.render import BASE, render, see_other
from node.desk.ports import Actor, Role

router = APIRouter()
DeputyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]


async def _spec(request: Request, actor: Actor) -> FormSpec:
    colleagues = await request.app.state.station.people.colleagues(actor)
    people = tuple((each.staff_id, f"{each.name} {each.staff_id}") for each in colleagues)
    borrowed = {each.role for each in actor.acting}
    own = tuple((code, label) for code, label in ROLES.items() if code in actor.roles and code not in borrowed)
    roles = tuple(ROLES.items()) if actor.has(Role.ADMINISTRATOR) else own
    administers = actor.has(Role.ADMINISTRATOR)
    whose = Field(path="staff_id", label="被代理人", ask=Ask.CHOICE, required=True, choices=people)
    return FormSpec((
        Section(
            name="deputy",
            title="",
            parts=(
                *([whose] if actor.has(Role.ADMINISTRATOR) else []),
                Field(
                    path="deputy", label="代理人", ask=Ask.CHOICE, required=True,
                    choices=tuple(each for each in people if administers or each[0] != actor.staff_id),
                ),
                Field(path="role", label="代理的角色", ask=Ask.CHOICE, required=True, choices=roles),
                Field(path="first", label="开始日（含）", ask=Ask.DAY, required=True),
                Field(path="last", label="截止日（含）", ask=Ask.DAY, required=True, hint="到期自动失效，最长一年"),
            ),
        ),
    ))  # fmt: skip


async def _page(request: Request, actor: Actor, form: Filled, status: int = 200) -> Response:
    found = await request.app.state.station.people.list_deputies(actor)
    return render(
        request, "people/deputies.html", active="people", status=status, deputies=found, form=form, roles=ROLES
    )


@router.get("/people/deputies", operation_id="pageDeputies")
async def page_deputies(request: Request, caller: PageCaller) -> Response:
    """Those that concern the person, and the form of a new one."""
    return await _page(request, caller.actor, fill(await _spec(request, caller.actor), {}))


@router.post("/people/deputies", operation_id="takeDeputy")
async def take_deputy(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Name a deputy in the unit that the person is signed in to."""
    actor = caller.actor
    form = read(await _spec(request, actor), typed)
    values = to_json(form)
    missing(form)
    if form.faults:
        return await _page(request, actor, form, 422)
    try:
        await request.app.state.station.people.name_deputy(
            actor,
            staff_id=form.text("staff_id") or actor.staff_id,
            deputy=form.text("deputy"),
            unit=actor.unit,
            role=form.text("role"),
            first=date.fromisoformat(str(values["first"])),
            last=date.fromisoformat(str(values["last"])),
        )
    except Refusal as refusal:
        return await _page(request, actor, form, note_refusal(form, refusal))
    return see_other(f"{BASE}/people/deputies")


@router.post("/people/deputies/{deputy_id}/end", operation_id="takeDeputyEnd")
async def take_deputy_end(request: Request, caller: PageCaller, typed: PageForm, deputy_id: DeputyId) -> Response:
    """End it before its last day."""
    del typed
    await request.app.state.station.people.end_deputy(caller.actor, deputy_id)
    return see_other(f"{BASE}/people/deputies")
