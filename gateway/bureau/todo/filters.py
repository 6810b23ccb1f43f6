"""Filters that a person keeps: a name of one's own, in the form's body and never in an address."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import see_other
from gateway.bureau.todo.chosen import NAMES, chosen_from
from gateway.bureau.todo.listing import list_page
from gateway.bureau.todo.routes import address, todo_codes, todo_page
from node.desk.views import SavedFilter

router = APIRouter()


@router.post("/filters", operation_id="takeFilter")
async def take_filter(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Keep what the list shows now under a name."""
    on_todo = form.get("page", [""])[0] == "todo"
    typed = {name: form.get(name, [""])[0] for name in (*NAMES, "category")}
    chosen = chosen_from(typed)
    codes = todo_codes(typed)
    kept = {"page": "todo", **{name: code for name, code in codes.items() if code}} if on_todo else chosen.codes
    wanted = SavedFilter(form.get("name", [""])[0], tuple(kept.items()))
    try:
        await request.app.state.station.desk.save_filter(caller.actor, wanted)
    except Refusal as refusal:
        if refusal.refused.reason is Reason.INVALID_INPUT:
            fault = "请起一个名称（40字以内）"
        elif refusal.refused.reason is Reason.QUOTA_EXCEEDED:
            fault = "最多保存20个筛选，请先删去不用的"
        else:
            raise
        if on_todo:
            return await todo_page(request, caller.actor, codes, fault=fault, status=422)
        return await list_page(request, caller.actor, chosen, typed=typed, fault=fault, status=422)
    return see_other(address("/todo", codes) if on_todo else address("/cases", chosen.codes))


@router.post("/filters/drop", operation_id="takeFilterDrop")
async def take_filter_drop(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Forget one; one that is gone already is gone."""
    try:
        await request.app.state.station.desk.drop_filter(caller.actor, form.get("name", [""])[0])
    except Refusal as refusal:
        if refusal.refused.reason is not Reason.NOT_FOUND:
            raise
    return see_other(address("/todo" if form.get("page", [""])[0] == "todo" else "/cases", {}))
