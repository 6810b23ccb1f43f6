"""The list of delegations, and the search: by number, own case number or old file's number, whole name or ID number.

What is searched comes in a form's body and is shown nowhere but in the answer; addresses hold codes alone.
"""

from collections.abc import Sequence
from re import ASCII
from re import compile as pattern
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from gateway.bureau.cases.filling import unit_named
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.old_cases.form import RESULTS as OLD_RESULTS
from gateway.bureau.old_cases.form import ROLES as OLD_ROLES
from gateway.bureau.render import BASE, is_fragment, render, see_other
from gateway.bureau.todo import chosen as codes_of
from gateway.bureau.todo.chosen import Chosen, chosen_from
from gateway.bureau.todo.lines import case_line
from gateway.bureau.todo.routes import After, Seen, address, digest_of, saved_addresses
from gateway.page_tokens import PageTokens
from node.desk.paper_ports import PapersPort
from node.desk.paper_views import OldCaseRow
from node.desk.ports import Actor, DeskPort
from node.desk.views import DelegationRow, DraftView, Page

router = APIRouter()
_PAGE: Final = 50
_LONGEST: Final = 80
_NUMBER: Final = pattern(r"^[A-Z]{2}-[0-9]{6}-[0-9]{8}-[0-9]{6}-[0-9A-Z]$", ASCII)
_ID_NUMBER: Final = pattern(r"^([0-9]{17}[0-9X]|[0-9]{15})$", ASCII)
Code = Annotated[str, Query(max_length=40)]


@router.get("/cases", operation_id="pageCases")
async def page_cases(
    request: Request,
    caller: PageCaller,
    state: Code = "",
    role: Code = "",
    our_turn: Code = "",
    overdue: Code = "",
    open_: Annotated[str, Query(max_length=40, alias="open")] = "",
    matter: Code = "",
    other_unit: Code = "",
    due_before: Code = "",
    changed_after: Code = "",
    mine: Code = "",
    sort: Code = "",
    after: After = "",
    seen: Seen = "",
) -> Response:
    """Delegations of the unit, narrowed by codes."""
    values = {
        "state": state, "role": role, "our_turn": our_turn, "overdue": overdue, "open": open_, "matter": matter,
        "other_unit": other_unit, "due_before": due_before, "changed_after": changed_after, "mine": mine, "sort": sort,
    }  # fmt: skip
    return await list_page(request, caller.actor, chosen_from(values), typed=values, after=after, seen=seen)


async def list_page(
    request: Request,
    actor: Actor,
    chosen: Chosen,
    *,
    typed: dict[str, str],
    after: str = "",
    seen: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    """The list with its filters; `fault` is what was wrong with a filter that was to be kept."""
    desk: DeskPort = request.app.state.station.desk
    today = day_of(request.app.state.clock())
    filters = chosen.filters()
    tokens: PageTokens = request.app.state.page_tokens
    of = f"cases {actor.unit} {filters}"
    token = tokens.open(after, of=of)
    page: Page[DelegationRow] = await desk.list_delegations(actor, filters, page_size=_PAGE, page_token=token)
    shown = digest_of(today, page)
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    sealed = tokens.seal(page.next_page_token, of=of)
    other = await unit_named(desk, actor, filters.other_unit)
    return render(
        request,
        "todo/cases.html",
        active="cases",
        status=422 if chosen.faults and status == 200 else status,
        chosen=chosen,
        typed=typed,
        words=chosen.words(),
        choices=codes_of,
        lines=[case_line(row, today) for row in page.items],
        saved=saved_addresses(await desk.saved_filters(actor)),
        other_name=other.name if other is not None else "",
        fault=fault,
        live=address("/cases", {**chosen.codes, "after": after, "seen": shown}),
        first=address("/cases", chosen.codes) if after else "",
        next_page=address("/cases", {**chosen.codes, "after": sealed}) if sealed else "",
        now=request.app.state.clock(),
    )


@router.post("/search", operation_id="searchCases")
async def search_cases(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Find delegations. One number leads to its case at once."""
    typed = form.get("find", [""])[0].strip()
    actor, desk = caller.actor, request.app.state.station.desk
    if not typed or len(typed) > _LONGEST:
        return _found(request, (), (), fault="请填委托编号、案号、旧案卷号、姓名或证件号码", status=422)
    plain = "".join(typed.split()).upper()
    if _NUMBER.match(plain):
        try:
            await desk.get_delegation(actor, plain)
        except Refusal as refusal:
            if refusal.refused.reason is not Reason.NOT_FOUND:
                raise
            return _found(request, (), ())
        return see_other(f"{BASE}/cases/{plain}")
    by_id = _ID_NUMBER.match(plain)
    rows = await (desk.search(actor, id_number=plain) if by_id else desk.search(actor, name=typed))
    drafts = await desk.drafts_of_case(actor, typed)
    return _found(request, rows, drafts, old=await _old_cases(request, actor, typed, plain if by_id else ""))


async def _old_cases(request: Request, actor: Actor, typed: str, id_number: str) -> list[OldCaseRow]:
    """Closed paper cases by the same words: an ID number, or a whole name, or the old file's number."""
    papers: PapersPort = request.app.state.station.papers
    if id_number:
        return list(await papers.find_old_cases(actor, id_number=id_number))
    found = [*await papers.find_old_cases(actor, number=typed), *await papers.find_old_cases(actor, name=typed)]
    return list({row.old_case_id: row for row in found}.values())


def _found(
    request: Request,
    rows: tuple[DelegationRow, ...],
    drafts: tuple[DraftView, ...],
    *,
    old: Sequence[OldCaseRow] = (),
    fault: str = "",
    status: int = 200,
) -> Response:
    today = day_of(request.app.state.clock())
    return render(
        request,
        "todo/found.html",
        active="cases",
        status=status,
        lines=[case_line(row, today) for row in rows],
        drafts=drafts,
        old=old,
        role_words=dict(OLD_ROLES),
        result_words=dict(OLD_RESULTS),
        fault=fault,
    )
