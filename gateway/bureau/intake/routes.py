"""The form's pages: begin a draft, go on with it, save it (by button, or by itself), hand it over."""

from collections.abc import Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from delegation.errors import Reason, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.filters import ZONE
from gateway.bureau.forms.filled import Filled, label_of
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.intake.business import Taken, blank, blank_appraisal, differences, show, take
from gateway.bureau.intake.checks import check, complete
from gateway.bureau.intake.form import SHORT_TIME
from gateway.bureau.intake.outline import GROUPS, SOURCE
from gateway.bureau.intake.places import places
from gateway.bureau.intake.sheet import (
    Sheet,
    known,
    known_on_paper,
    ours,
    take_over,
    take_over_paper,
    tell,
    with_outline,
)
from gateway.bureau.intake.told import note, told
from gateway.bureau.render import BASE, language_for, render, see_other
from gateway.bureau.texts import translator
from gateway.routes.parameters import DraftId
from node.desk.ports import Role
from node.desk.taking_ports import CaseFile
from node.desk.views import DraftView, Problem

router = APIRouter()
AT: Final = f"{BASE}/intake"
EDITABLE: Final = frozenset({"draft", "sent_back", "pending_approval", "reviewed"})
_REARRANGING: Final = ("_add", "_drop", "_outline", "_known", "_take", "_take_old")
_JSON: Final = "application/json"


def now_of(request: Request) -> datetime:
    """Now."""
    now: datetime = request.app.state.clock()
    return now


def today_of(request: Request) -> date:
    """The day in Asia/Shanghai."""
    return now_of(request).astimezone(ZONE).date()


def last(form: Typed, name: str) -> str:
    """The last value of a field, empty when absent."""
    return form.get(name, [""])[-1].strip()


def version_in(form: Typed) -> int:
    """The version that the page showed. Refusal IF_MATCH_MISSING."""
    text = last(form, "_version")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Refusal(Reason.IF_MATCH_MISSING)
    return int(text)


@router.get("/intake/new", operation_id="pageNewDraft")
async def page_new_draft(request: Request, caller: PageCaller) -> Response:
    """An empty form."""
    mine = [unit for unit in await ours(station_of(request), caller.actor) if unit.code == caller.actor.unit]
    region = mine[0].region if mine else ""
    form = blank_appraisal(region) if mine and mine[0].type == "APPRAISAL" else blank(region)
    return await _page(request, caller, Sheet(form=form, once=str(uuid4())))


@router.get("/intake/{draft_id}", operation_id="pageDraft")
async def page_draft(request: Request, draft_id: DraftId, caller: PageCaller) -> Response:
    """A draft in the form. With ``?check=1`` everything that is missing for issuing is told."""
    station = station_of(request)
    draft = await station.desk.get_draft(caller.actor, draft_id)
    if draft.state not in EDITABLE or not caller.actor.has(Role.CLERK):
        return see_other(f"{AT}/{draft_id}/review")
    asked = request.query_params.get("check") == "1"
    sheet = await _judged(request, caller, draft, whole=asked)
    sheet.is_saved = request.query_params.get("saved") == "1"
    return await _page(request, caller, sheet, status=HTTPStatus.OK)


async def _judged(request: Request, caller: Caller, draft: DraftView, *, whole: bool) -> Sheet:
    """A draft as it is stored, with everything that is wrong with it; with `whole`, what is missing too."""
    problems: tuple[Problem, ...] = ()
    if whole or not draft.problems:
        problems = (await station_of(request).desk.check_draft(caller.actor, draft.draft_id)).problems
    short = any(told(problem)[0] == SHORT_TIME for problem in problems)
    form = show(draft.business, short_time=short)
    check(form, now_of(request))
    if whole:
        complete(form)
    return Sheet(form=form, draft=draft, whole=note(form, problems))


@router.post("/intake/new", operation_id="takeNewDraft")
async def take_new_draft(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """The first sending of a form: it becomes a draft."""
    return await _take(request, caller, form, None)


@router.post("/intake/check", operation_id="lookChecks")
async def look_checks(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """What is wrong with what stands there, and who is competent; nothing is stored."""
    taken = take(form, today=today_of(request), stored={})
    more: dict[str, object] = {}
    if last(form, "_changed") == "letter.worker.id_number":
        station, today = station_of(request), today_of(request)
        paper = await known_on_paper(station, caller.actor, taken.form, today)
        more["known"] = len(await known(station, caller.actor, taken.form, today)) + len(paper)
    return await _told(request, caller, taken.form, more)


@router.post("/intake/{draft_id}", operation_id="takeDraft")
async def take_draft(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """The form, sent by a button or by itself."""
    draft = await station_of(request).desk.get_draft(caller.actor, draft_id)
    return await _take(request, caller, form, draft)


async def _take(request: Request, caller: Caller, typed: Typed, draft: DraftView | None) -> Response:
    stored: Mapping[str, object] = draft.business if draft is not None else {}
    typed = with_outline(typed)
    taken = take(typed, today=today_of(request), stored=stored)
    if any(name in typed for name in _REARRANGING):
        return await _rearranged(request, caller, typed, taken, draft)
    await _place_of_host(request, caller, taken)
    by_itself = request.headers.get("accept", "") == _JSON
    try:
        saved = await _save(request, caller, typed, taken, draft)
    except Refusal as refusal:
        if refusal.reason is Reason.EDITED_MEANWHILE and draft is not None:
            return await _conflict(request, caller, taken, draft.draft_id, by_itself=by_itself)
        if refusal.reason is not Reason.INVALID_INPUT:
            raise
        whole = note(taken.form, (Problem(refusal.details.get("field", ""), refusal.reason.value, {}),))
        sheet = Sheet(form=taken.form, draft=draft, whole=whole, once=last(typed, "_once"))
        return await _page(request, caller, sheet, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if by_itself:
        address = f"{AT}/{saved.draft_id}"
        at = now_of(request).astimezone(ZONE).strftime("%H:%M:%S")
        return await _told(request, caller, taken.form, {"version": saved.version, "address": address, "saved_at": at})
    if taken.form.faults:  # what cannot be stored as it was typed is shown as it was typed
        check(taken.form, now_of(request))
        sheet = Sheet(form=taken.form, draft=saved)
        return await _page(request, caller, sheet, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if last(typed, "_do") == "submit":
        return await submit(request, caller, saved)
    return see_other(f"{AT}/{saved.draft_id}?saved=1")


async def submit(request: Request, caller: Caller, draft: DraftView) -> Response:
    """Hand a draft over when nothing is wrong with it; else show what is."""
    sheet = await _judged(request, caller, draft, whole=True)
    await tell(station_of(request), caller.actor, sheet.form)
    if sheet.form.faults or sheet.whole:
        return see_other(f"{AT}/{draft.draft_id}?check=1")
    try:
        await station_of(request).desk.submit_for_approval(caller.actor, draft.draft_id, draft.version)
    except Refusal as refusal:
        if refusal.reason is not Reason.INVALID_INPUT:
            raise
        return see_other(f"{AT}/{draft.draft_id}?check=1")
    return see_other(f"{AT}/{draft.draft_id}/review")


async def _save(request: Request, caller: Caller, typed: Typed, taken: Taken, draft: DraftView | None) -> DraftView:
    desk = station_of(request).desk
    if draft is not None:
        return await desk.update_draft(caller.actor, draft.draft_id, version_in(typed), taken.business)
    once = last(typed, "_once")[:36]
    try:
        return await desk.create_draft(caller.actor, taken.business, once=f"intake-{once}" if once else "")
    except Refusal as refusal:
        if refusal.reason is not Reason.ID_CONFLICT:
            raise
    return await desk.create_draft(caller.actor, taken.business)  # the same page, gone back to and changed


async def _place_of_host(request: Request, caller: Caller, taken: Taken) -> None:
    """Where only the host is known, its own place is the place."""
    code = str(taken.business.get("host_unit", ""))
    place = taken.business.get("task_place")
    place = place if isinstance(place, dict) else {}
    if not code or place.get("code"):
        return
    for unit in await station_of(request).desk.list_units(caller.actor, code):
        if unit.code == code:
            taken.business["task_place"] = {"certainty": "DEFINITE", **place, "code": unit.region}
            taken.form.typed = {**taken.form.typed, "task_place.code": [places().shown(unit.region)]}


async def _rearranged(
    request: Request, caller: Caller, typed: Typed, taken: Taken, draft: DraftView | None
) -> Response:
    """Rows more or less, an outline, data of an earlier case: the form is shown again, nothing is stored."""
    station, form = station_of(request), taken.form
    sheet = Sheet(form=form, draft=draft, once=last(typed, "_once"))
    if "_take" in typed:
        sheet.form = await take_over(station, caller.actor, form, last(typed, "_take"))
    elif "_take_old" in typed:
        sheet.form = await take_over_paper(station, caller.actor, form, last(typed, "_take_old"))
    elif "_known" in typed:
        sheet.old = await known_on_paper(station, caller.actor, form, today_of(request))
        sheet.known = await known(station, caller.actor, form, today_of(request))
    check(sheet.form, now_of(request))
    return await _page(request, caller, sheet, version=last(typed, "_version"))


async def _conflict(request: Request, caller: Caller, taken: Taken, draft_id: str, *, by_itself: bool) -> Response:
    """Somebody else saved meanwhile: what differs is shown, what was typed stays, the next save replaces knowingly."""
    draft = await station_of(request).desk.get_draft(caller.actor, draft_id)
    if draft.state not in EDITABLE:
        raise Refusal(Reason.NOT_ALLOWED, state=draft.state)
    if by_itself:
        return JSONResponse({"conflict": True}, status_code=HTTPStatus.CONFLICT)
    form, stored = taken.form, show(draft.business)
    differing = differences(show(taken.business), stored)
    found = [(label_of(form, path), mine, theirs) for path, mine, theirs in differing]
    sheet = Sheet(form=form, draft=draft, differences=found, is_conflict=True)
    return await _page(request, caller, sheet, status=HTTPStatus.PRECONDITION_FAILED)


async def _told(request: Request, caller: Caller, form: Filled, more: Mapping[str, object]) -> Response:
    """Faults by path and what is said beside the form, as JSON for the page's script."""
    check(form, now_of(request))
    said = await tell(station_of(request), caller.actor, form)
    translate = translator(language_for(request))
    faults = {path: translate(text) for path, text in form.faults.items()}
    page = bytes(render(request, "intake/told.html", told=said).body)
    return JSONResponse({**more, "faults": faults, "told": page.decode()})


async def _page(
    request: Request, caller: Caller, sheet: Sheet, *, status: int = HTTPStatus.OK, version: str = ""
) -> Response:
    sheet.told = await tell(station_of(request), caller.actor, sheet.form)
    seen = version or (str(sheet.draft.version) if sheet.draft is not None else "")
    offered: list[CaseFile] = []
    if sheet.draft is not None:
        there = await station_of(request).taking.case_files(caller.actor, sheet.draft.draft_id)
        offered = [each for each in there if not each.taken]
    return render(
        request,
        "intake/form.html",
        active="intake",
        status=status,
        sheet=sheet,
        form=sheet.form,
        draft=sheet.draft,
        offered=offered,
        told=sheet.told,
        version=seen,
        groups=GROUPS,
        source=SOURCE,
        own=sheet.draft is not None and sheet.draft.prepared_by == caller.actor.staff_id,
    )
