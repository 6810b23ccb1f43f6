"""In how many working days the unit answers requests about own data: a setting of its own, for the administrator."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.bureau.forms.filled import Filled, fill, missing, read
from gateway.bureau.forms.spec import Field, FormSpec, Section
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.people.words import note_refusal
from gateway.bureau.render import BASE, render, see_other

router = APIRouter()
Done = Annotated[str, Query(pattern="^(|kept)$")]
_DAYS: Final = Field(
    path="days", label="答复期限（工作日）", required=True, longest=2, hint="1 至 60；按本单位工作日历计算"
)
_SPEC: Final = FormSpec((Section(name="days", title="", parts=(_DAYS,)),))


def _page(request: Request, form: Filled, *, status: int = 200, done: str = "") -> Response:
    return render(request, "people/periods.html", active="people", status=status, form=form, done=done)


@router.get("/people/periods", operation_id="pageAnswerDays")
async def page_days(request: Request, caller: PageCaller, done: Done = "") -> Response:
    """The setting."""
    days = await request.app.state.station.people.answer_days(caller.actor)
    return _page(request, fill(_SPEC, {"days": str(days)}), done=done)


@router.post("/people/periods", operation_id="takeAnswerDays")
async def take_days(request: Request, caller: PageCaller, typed: PageForm) -> Response:
    """Keep it, for requests that are recorded from now on."""
    form = read(_SPEC, typed)
    missing(form)
    text = form.text("days").strip()
    if form.faults:
        return _page(request, form, status=422)
    try:
        if not (text.isascii() and text.isdigit()):
            raise Refusal(Reason.INVALID_INPUT, field="days")
        await request.app.state.station.people.keep_answer_days(caller.actor, int(text))
    except Refusal as refusal:
        return _page(request, form, status=note_refusal(form, refusal))
    return see_other(f"{BASE}/people/periods?done=kept")
