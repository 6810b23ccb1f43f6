"""The archive's pages: the list with its filter, one case, and what there was before of a case's worker (前案)."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.catalogue import CATALOGUE
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from gateway.access import CASE_WORKERS
from gateway.auth import Caller, station_of
from gateway.bureau.guard import PageCaller
from gateway.bureau.old_cases.form import LABELS, RESULTS, ROLES
from gateway.bureau.old_cases.imports import AT
from gateway.bureau.render import render, see_other
from gateway.bureau.todo.lines import case_line
from gateway.bureau.todo.routes import After, address
from gateway.page_tokens import PageTokens
from gateway.routes.old_cases import OldCaseId
from gateway.routes.parameters import DelegationId
from node.desk.ports import Role

router = APIRouter()
_PAGE: Final = 50
_MOST_TYPED: Final = 40


@router.get("/old-cases", operation_id="pageOldCases")
async def page_old_cases(
    request: Request,
    caller: PageCaller,
    role: Annotated[str, Query(max_length=_MOST_TYPED)] = "",
    year: Annotated[str, Query(max_length=_MOST_TYPED)] = "",
    after: After = "",
    imported: Annotated[str, Query(max_length=4, pattern="^[0-9]*$")] = "",
    dropped: Annotated[str, Query(pattern="^1?$")] = "",
) -> Response:
    """Closed paper cases of the unit, narrowed by our part and the year of closing."""
    wrong_year = bool(year) and not (year.isascii() and year.isdigit() and len(year) == 4)
    chosen_role = role if role in dict(ROLES) else ""
    chosen_year = "" if wrong_year else year
    tokens: PageTokens = request.app.state.page_tokens
    of = f"old cases {caller.actor.unit} {chosen_role} {chosen_year}"
    page = await station_of(request).papers.list_old_cases(
        caller.actor,
        our_role=chosen_role,
        year=chosen_year,
        page_size=_PAGE,
        page_token=tokens.open(after, of=of),
    )
    codes = {"role": chosen_role, "year": chosen_year}
    sealed = tokens.seal(page.next_page_token, of=of)
    return render(
        request,
        "old_cases/list.html",
        active="cases",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong_year else HTTPStatus.OK,
        rows=page.items,
        role=chosen_role,
        year=year,
        wrong_year=wrong_year,
        roles=ROLES,
        role_words=dict(ROLES),
        result_words=dict(RESULTS),
        imported=imported,
        dropped=bool(dropped),
        first=address("/old-cases", codes) if after else "",
        next_page=address("/old-cases", {**codes, "after": sealed}) if sealed else "",
    )


@router.get("/old-cases/{old_case_id}", operation_id="pageOldCase")
async def page_old_case(request: Request, old_case_id: OldCaseId, caller: PageCaller) -> Response:
    """One closed paper case."""
    return await _one(request, caller, old_case_id)


async def _one(
    request: Request, caller: Caller, old_case_id: str, *, said: str = "", status: int = HTTPStatus.OK
) -> Response:
    view = await station_of(request).papers.get_old_case(caller.actor, old_case_id)
    return render(
        request,
        "old_cases/case.html",
        active="cases",
        status=status,
        old=view,
        row=view.row,
        labels=LABELS,
        role_words=dict(ROLES),
        result_words=dict(RESULTS),
        may_drop=caller.actor.has(Role.APPROVER) and view.imported_by != caller.actor.staff_id,
        said=said,
    )


@router.post("/old-cases/{old_case_id}/drop", operation_id="takeOldCaseDrop")
async def take_old_case_drop(request: Request, old_case_id: OldCaseId, caller: PageCaller) -> Response:
    """Take out one that was imported wrongly."""
    try:
        await station_of(request).papers.drop_old_case(caller.actor, old_case_id)
    except Refusal as refusal:
        if refusal.reason is not Reason.FOUR_EYES:
            raise
        row = CATALOGUE[refusal.reason]
        return await _one(
            request, caller, old_case_id, said="导入的人不能自己移出，须由另一位审批人办理", status=row.http_status
        )
    return see_other(f"{AT}?dropped=1")


@router.get("/cases/{delegation_id}/earlier", operation_id="pageEarlier")
async def page_earlier(request: Request, delegation_id: DelegationId, caller: PageCaller) -> Response:
    """What the unit had before of the worker of a case (前案): delegations, and closed paper cases."""
    station, actor = station_of(request), caller.actor
    view = await station.desk.get_delegation(actor, delegation_id)
    worker = (view.letter or {}).get("worker")
    number = str(worker.get("id_number", "")) if isinstance(worker, dict) else ""
    may_look = actor.has(*CASE_WORKERS, Role.READER)
    rows = await station.desk.search(actor, id_number=number) if number and may_look else ()
    old = await station.papers.find_old_cases(actor, id_number=number) if number and may_look else ()
    today = day_of(request.app.state.clock())
    return render(
        request,
        "old_cases/earlier.html",
        active="cases",
        delegation_id=delegation_id,
        has_number=bool(number),
        may_look=may_look,
        lines=[case_line(row, today) for row in rows if row.delegation_id != delegation_id],
        rows=old,
        role_words=dict(ROLES),
        result_words=dict(RESULTS),
    )
