"""The pool's pages: the list with filters and search, one expert as a form."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.catalogue import CATALOGUE
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.specialties import DIVISIONS, SPECIALTIES, specialties_of, specialty_label
from gateway.access import POOL_KEEPERS
from gateway.auth import Caller, station_of
from gateway.bureau.forms.filled import Filled, fill, read
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.routes import last
from gateway.bureau.pool.form import SPEC, STATES, conflict_lines, filled, judge, tell
from gateway.bureau.pool.imports import AT
from gateway.bureau.render import render, see_other
from gateway.bureau.todo.routes import After, address
from gateway.page_tokens import PageTokens
from gateway.routes.pool import ExpertId
from node.pool.ports import ExpertFilters
from node.pool.views import ExpertView

router = APIRouter()
_PAGE: Final = 50
_MOST_FOUND: Final = 200
_MOST_TYPED: Final = 40
_BY_DIVISION: Final = tuple((one, specialties_of(one.code)) for one in DIVISIONS)
_STALE: Final = "这位专家刚被别人改过，请重新打开核对后再改"


def no_pool(refusal: Refusal) -> bool:
    """The unit appraises nothing, so it has no pool."""
    return refusal.reason is Reason.NOT_ALLOWED and refusal.details.get("state") == "no_appraisal_unit"


@router.get("/pool", operation_id="pagePool")
async def page_pool(
    request: Request,
    caller: PageCaller,
    specialty: Annotated[str, Query(max_length=_MOST_TYPED)] = "",
    state: Annotated[str, Query(max_length=_MOST_TYPED)] = "",
    after: After = "",
    imported: Annotated[str, Query(max_length=5, pattern="^[0-9]*$")] = "",
    done: Annotated[str, Query(pattern="^(kept|dropped)?$")] = "",
) -> Response:
    """Experts of the unit, narrowed by speciality and state; how the pool stands to its last version."""
    chosen = {
        "specialty": specialty if specialty in SPECIALTIES else "",
        "state": state if state in dict(STATES) else "",
    }
    tokens: PageTokens = request.app.state.page_tokens
    of = f"pool {caller.actor.unit} {chosen['specialty']} {chosen['state']}"
    pool = station_of(request).pool
    try:
        whole = await pool.pool(caller.actor)
    except Refusal as refusal:
        if not no_pool(refusal):
            raise
        return render(request, "pool/none.html", active="pool")
    page = await pool.list_experts(
        caller.actor, ExpertFilters(**chosen), page_size=_PAGE, page_token=tokens.open(after, of=of)
    )
    sealed = tokens.seal(page.next_page_token, of=of)
    return render(
        request,
        "pool/list.html",
        active="pool",
        rows=page.items,
        whole=whole,
        chosen=chosen,
        divisions=_BY_DIVISION,
        states=STATES,
        label_of=specialty_label,
        today=day_of(request.app.state.clock()),
        may_keep=caller.actor.has(*POOL_KEEPERS),
        imported=imported,
        done=done,
        first=address("/pool", chosen) if after else "",
        next_page=address("/pool", {**chosen, "after": sealed}) if sealed else "",
    )


@router.post("/pool/search", operation_id="findExperts")
async def find_experts(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """By a part of a name, number or employer; posted, so that none stands in an address."""
    text = last(form, "find").strip()[:100]
    page = await station_of(request).pool.list_experts(caller.actor, ExpertFilters(text=text), page_size=_MOST_FOUND)
    return render(
        request,
        "pool/found.html",
        active="pool",
        rows=page.items if text else (),
        text=text,
        more=bool(page.next_page_token),
        label_of=specialty_label,
        today=day_of(request.app.state.clock()),
    )


@router.get("/pool/experts/new", operation_id="pageNewExpert")
async def page_new_expert(request: Request, caller: PageCaller) -> Response:
    """An empty form."""
    del caller
    return _form(request, fill(SPEC, {"active": "yes"}), None)


@router.post("/pool/experts/new", operation_id="takeNewExpert")
async def take_new_expert(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Add an expert; what is wrong is told with everything that was typed."""
    typed = read(SPEC, form)
    row = judge(typed)
    if not typed.faults:
        try:
            await station_of(request).pool.add_expert(caller.actor, row)
            return see_other(f"{AT}?done=kept")
        except Refusal as refusal:
            _told(typed, refusal)
    return _form(request, typed, None, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _told(typed: Filled, refusal: Refusal) -> None:
    if refusal.reason is not Reason.INVALID_INPUT:
        raise refusal
    tell(typed, refusal.details.get("field", ""), refusal.details.get("state", ""))


@router.get("/pool/experts/{expert_id}", operation_id="pageExpert")
async def page_expert(request: Request, expert_id: ExpertId, caller: PageCaller) -> Response:
    """One expert: as a form for who keeps the pool, to be read for others."""
    view = await station_of(request).pool.get_expert(caller.actor, expert_id)
    return _one(request, caller, view)


def _one(request: Request, caller: Caller, view: ExpertView) -> Response:
    if caller.actor.has(*POOL_KEEPERS):
        return _form(request, filled(view), view)
    return render(
        request,
        "pool/expert.html",
        active="pool",
        expert=view,
        conflicts=conflict_lines(view),
        label_of=specialty_label,
        today=day_of(request.app.state.clock()),
    )


@router.post("/pool/experts/{expert_id}", operation_id="takeExpert")
async def take_expert(request: Request, expert_id: ExpertId, caller: PageCaller, form: PageForm) -> Response:
    """Change an expert; somebody else's change meanwhile is told, and what was typed stays."""
    pool, typed = station_of(request).pool, read(SPEC, form)
    row, said, status = judge(typed), "", HTTPStatus.UNPROCESSABLE_ENTITY
    if not typed.faults:
        try:
            await pool.change_expert(caller.actor, expert_id, _version(form), row)
            return see_other(f"{AT}?done=kept")
        except Refusal as refusal:
            if refusal.reason is Reason.EDITED_MEANWHILE:
                said, status = _STALE, HTTPStatus(CATALOGUE[refusal.reason].http_status)
            else:
                _told(typed, refusal)
    view = await pool.get_expert(caller.actor, expert_id)
    return _form(request, typed, view, seen=_version(form), said=said, status=status)


@router.post("/pool/experts/{expert_id}/drop", operation_id="takeExpertDrop")
async def take_expert_drop(request: Request, expert_id: ExpertId, caller: PageCaller, form: PageForm) -> Response:
    """Take one out who was put in by mistake."""
    pool = station_of(request).pool
    try:
        await pool.drop_expert(caller.actor, expert_id, _version(form))
    except Refusal as refusal:
        if refusal.reason is not Reason.EDITED_MEANWHILE:
            raise
        view = await pool.get_expert(caller.actor, expert_id)
        status = HTTPStatus(CATALOGUE[refusal.reason].http_status)
        return _form(request, filled(view), view, said=_STALE, status=status)
    return see_other(f"{AT}?done=dropped")


def _version(form: PageForm) -> int:
    text = last(form, "_version")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _form(
    request: Request,
    form: Filled,
    view: ExpertView | None,
    *,
    seen: int | None = None,
    said: str = "",
    status: int = HTTPStatus.OK,
) -> Response:
    return render(
        request,
        "pool/form.html",
        active="pool",
        status=status,
        form=form,
        expert=view,
        version=seen if seen is not None else view.version if view is not None else 0,
        said=said,
    )
