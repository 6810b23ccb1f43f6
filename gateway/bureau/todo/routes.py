"""The to-do page. It refreshes itself: a live part that shows what there is already is answered with nothing (204)."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.deadlines import day_of
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import BASE, is_fragment, render
from gateway.bureau.todo.lines import alarm_line, line_of, tabs_of
from gateway.page_tokens import PageTokens
from node.desk.guard import READS
from node.desk.ports import Actor, DeskPort, Role
from node.desk.todo import CATEGORIES
from node.desk.views import SavedFilter, TodoView

router = APIRouter()
PAGE: Final = 50
SORTS: Final = (("due", "按期限"), ("changed", "按变动"), ("other", "按对方单位"))
_LABELS: Final = {category.code: category.label for category in CATEGORIES}
_CODES: Final = f"^({'|'.join(('', *_LABELS))})$"
Seen = Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$")]
After = Annotated[str, Query(max_length=512, pattern=r"^[A-Za-z0-9_=.~-]*$")]


def address(path: str, values: Mapping[str, str]) -> str:
    """An address of the desk with those values that say anything."""
    said = {name: value for name, value in values.items() if value}
    return f"{BASE}{path}?{urlencode(said)}" if said else f"{BASE}{path}"


def digest_of(*shown: object) -> str:
    """What tells whether a live part would show something else."""
    return sha256(repr(shown).encode()).hexdigest()[:16]


def saved_addresses(saved: Sequence[SavedFilter]) -> list[tuple[str, str]]:
    """Filters that the person keeps: name and address, those of the to-do page there."""
    found = []
    for each in saved:
        codes = dict(each.codes)
        page = codes.pop("page", "cases")
        found.append((each.name, address(f"/{'todo' if page == 'todo' else 'cases'}", codes)))
    return found


@router.get("/todo", operation_id="pageTodo")
async def page_todo(
    request: Request,
    caller: PageCaller,
    category: Annotated[str, Query(pattern=_CODES)] = "",
    sort: Annotated[str, Query(pattern="^(due|changed|other)$")] = "due",
    mine: Annotated[str, Query(pattern="^(yes)?$")] = "",
    after: After = "",
    seen: Seen = "",
) -> Response:
    """What waits for the person; of one category everything that the unit has in it."""
    if not caller.actor.has(*READS):
        return await _without_cases(request, caller, seen)
    codes = {"category": category, "sort": sort if sort != "due" else "", "mine": mine}
    return await todo_page(request, caller.actor, codes, after=after, seen=seen)


def todo_codes(values: Mapping[str, str]) -> dict[str, str]:
    """What the page may be narrowed by, of what came in a form."""
    good = {"category": _LABELS, "sort": dict(SORTS[1:]), "mine": {"yes": ""}}
    return {name: values.get(name, "") if values.get(name) in known else "" for name, known in good.items()}


async def todo_page(
    request: Request,
    actor: Actor,
    codes: Mapping[str, str],
    *,
    after: str = "",
    seen: str = "",
    fault: str = "",
    status: int = 200,
) -> Response:
    """The page by its codes; `fault` is what was wrong with a view that was to be kept."""
    desk: DeskPort = request.app.state.station.desk
    today = day_of(request.app.state.clock())
    category, sort, mine = codes["category"], codes["sort"] or "due", codes["mine"] == "yes"
    tokens: PageTokens = request.app.state.page_tokens
    of = f"todo {actor.unit} {actor.staff_id} {category} {sort} {mine}"
    token = tokens.open(after, of=of)
    view: TodoView = await desk.todo(actor, category, sort=sort, page_size=PAGE, page_token=token, mine=mine)
    shown = digest_of(today, view, sort)
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    work, warnings = tabs_of(view)
    sealed = tokens.seal(view.next_page_token, of=of)
    return render(
        request,
        "todo/todo.html",
        status=status,
        active="todo",
        codes=codes,
        category=category,
        label=_LABELS.get(category, ""),
        work=work,
        warnings=warnings,
        lines=[line_of(item, today) for item in view.items],
        view=view,
        sort=sort,
        sorts=SORTS,
        address=address,
        saved=saved_addresses(await desk.saved_filters(actor)),
        fault=fault,
        live=address("/todo", {**codes, "after": after, "seen": shown}),
        first=address("/todo", codes) if after else "",
        next_page=address("/todo", {**codes, "after": sealed}) if sealed else "",
        now=request.app.state.clock(),
    )


async def _without_cases(request: Request, caller: PageCaller, seen: str) -> Response:
    """The page of those who read no cases: how the node is, and its alarms."""
    desk = request.app.state.station.desk
    status = await desk.status(caller.actor)
    alarms = await desk.list_alarms(caller.actor) if caller.actor.has(Role.ADMINISTRATOR) else ()
    shown = digest_of(status, alarms)
    if seen == shown and is_fragment(request):
        return Response(status_code=204)
    return render(
        request,
        "todo/house.html",
        active="todo",
        status_of=status,
        alarms=[alarm_line(alarm) for alarm in alarms],
        live=address("/todo", {"seen": shown}),
        now=request.app.state.clock(),
    )
