"""Acts on delegations: reminders to those ticked in a list, and each act's short form on a delegation's page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from gateway.auth import Caller, station_of
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.places import PlaceError, places
from gateway.bureau.province import acts_forms
from gateway.bureau.province.acts_words import ACTS, PERSONAL, Tr, why
from gateway.bureau.province.around import around, offered, tr_of
from gateway.bureau.province.asking import AskedFor
from gateway.bureau.province.pages import ThreadPath
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import WireRefusalError, refused_problem
from gateway.wire_reasons import WireReason
from node.desk.ports import Actor
from node.desk.views import DelegationView
from node.province.acts_ports import Done, Possible, ProvincialActs
from node.province.ports import Line, Step, Timeline, Wanted

router = APIRouter()
MOST: Final = 200
_LONGEST_BACK: Final = 800
_THREAD: Final = re.compile(r"[A-Za-z0-9-]{8,64}", re.ASCII)
_UNIT: Final = re.compile(r"[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z]", re.ASCII)
_BACK: Final = re.compile(rf"{BASE}/province/list(\?[A-Za-z0-9_=&%.~+-]*)?", re.ASCII)
ActPath = Annotated[str, Path(pattern=r"^(remind|supervise|coordinate|designate|opinion|answer)$")]


def _acts(request: Request) -> ProvincialActs:
    return station_of(request).acts


@router.post("/province/reminders", operation_id="takeReminders")
async def take_reminders(request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor) -> Response:
    """Remind of each that was ticked; what went and what did not, with its reason. A second press reminds nobody."""
    tr, ids = tr_of(request), tuple(dict.fromkeys(each for each in typed.get("thread", []) if _THREAD.fullmatch(each)))
    text = typed.get("text", [""])[-1].replace("\r\n", "\n").strip()
    back = typed.get("back", [""])[-1]
    wrong = ""
    if not ids:
        wrong = "请先勾选要催办的委托"
    elif len(ids) > MOST:
        wrong = "一次最多催办二百件，请分次办理"
    elif not text:
        wrong = "请填写催办内容"
    elif len(text) > acts_forms.MOST_TEXT:
        wrong = "催办内容太长了，请缩短"
    done = () if wrong else await _acts(request).remind(caller.actor, ids, text)
    return await show_done(
        request, caller, wanted, "催办", done, wrong=wrong, back=back if _fits(back) else "", ids=ids, text=text, tr=tr
    )


def _fits(back: str) -> bool:
    return len(back) <= _LONGEST_BACK and _BACK.fullmatch(back) is not None


async def show_done(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    title: str,
    done: Sequence[Done],
    *,
    tr: Tr,
    wrong: str = "",
    back: str = "",
    ids: Sequence[str] = (),
    text: str = "",
    prepared: bool = False,
) -> Response:
    """What became of several: how many, and of each that did not go why. What was typed stays while it is wrong."""
    return render(
        request,
        "province/act_done.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
        **await around(request, caller, wanted, "done"),  # type: ignore[arg-type] # values of a page
        title=title,
        gone=[each for each in done if not each.reason],
        kept=[(each, why(each.reason, each.details, tr)) for each in done if each.reason],
        wrong=wrong,
        back=back,
        ids=ids,
        text=text,
        prepared=prepared,
        personal=PERSONAL,
        most=acts_forms.MOST_TEXT,
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """The delegation that an act is about; no line of a request that is answered, which is no delegation."""

    line: Line | None
    steps: tuple[Step, ...]
    may: Possible

    @property
    def sides(self) -> tuple[str, ...]:
        """Home and host."""
        return () if self.line is None else tuple(dict.fromkeys((self.line.home_unit, self.line.host_unit)))


async def _subject(request: Request, actor: Actor, thread_id: str, act: str) -> _Subject:
    """Raises Refusal ROLE_MISSING, NOT_FOUND, NOT_ALLOWED for an act that is not possible there."""
    if act == "answer":
        view: DelegationView = await station_of(request).desk.get_delegation(actor, thread_id)
        if view.row.thread_type.lower() != "coordination" or view.row.home_unit == actor.unit:
            raise Refusal(Reason.NOT_ALLOWED, kind=Kind.COORDINATION_ANSWERED.name)
        return _Subject(None, (), Possible(seen=0))
    may = await _acts(request).possible(actor, thread_id)
    view_of: Timeline = await station_of(request).oversight.timeline(actor, thread_id)
    return _Subject(view_of.line, view_of.steps, may)


async def _show(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    subject: _Subject,
    *,
    thread_id: str,
    act: str,
    form: Filled,
    status: int = HTTPStatus.OK,
    general: str = "",
    moved: str = "",
    since: int = 0,
) -> Response:
    barred = act != "answer" and act not in offered(subject.may)
    return render(
        request,
        "province/act_form.html",
        status=status,
        **await around(request, caller, wanted, "act"),  # type: ignore[arg-type] # values of a page
        act=ACTS[act],
        form=form,
        line=subject.line,
        thread_id=thread_id,
        may=subject.may,
        back=f"{BASE}/province/threads/{thread_id}" if subject.line is not None else f"{BASE}/cases/{thread_id}",
        barred=barred and not moved,
        general=general,
        moved=moved,
        news=[step for step in subject.steps if since and step.sequence > since],
        searches=any(each.ask is Ask.PLACE for each in form.spec.fields),
    )


@router.get("/province/threads/{thread_id}/acts/{act}", operation_id="pageProvinceAct")
async def page_act(
    request: Request, caller: PageCaller, wanted: AskedFor, thread_id: ThreadPath, act: ActPath
) -> Response:
    """The form of an act, with what is usual filled in."""
    subject = await _subject(request, caller.actor, thread_id, act)
    form = acts_forms.act_begun(act, subject.may, tr_of(request), subject.sides)
    return await _show(request, caller, wanted, subject, thread_id=thread_id, act=act, form=form)


@router.post("/province/threads/{thread_id}/acts/{act}", operation_id="takeProvinceAct")
async def take_act(
    request: Request, caller: PageCaller, typed: PageForm, wanted: AskedFor, *, thread_id: ThreadPath, act: ActPath
) -> Response:
    """Do it, or prepare it for another's yes; what is wrong or new is told beside what was typed."""
    actor, tr = caller.actor, tr_of(request)
    subject = await _subject(request, actor, thread_id, act)
    form, made = acts_forms.typed_into(acts_forms.act_spec(act, subject.may, tr, subject.sides), typed)
    if act == "designate":
        acts_forms.check_designation(form)
        await _name_unit(request, actor, form, made, subject.line, tr)
    if form.faults:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return await _show(request, caller, wanted, subject, thread_id=thread_id, act=act, form=form, status=status)
    try:
        done = await _do(_acts(request), actor, thread_id, act, made)
        if done.reason:
            raise Refusal(Reason(done.reason), **dict(done.details))
    except Refusal as refusal:
        return await _refused(
            request, caller, wanted, subject, refusal, thread_id=thread_id, act=act, form=form, made=made
        )
    said = "approval" if ACTS[act].two else "sent"
    if subject.line is None:
        return see_other(f"{BASE}/province/waiting?made={said}")
    return see_other(f"{BASE}/province/threads/{thread_id}?made={said}")


async def _refused(
    request: Request,
    caller: Caller,
    wanted: Wanted,
    subject: _Subject,
    refusal: Refusal,
    *,
    thread_id: str,
    act: str,
    form: Filled,
    made: dict[str, object],
) -> Response:
    """The form once more: beside its field, in general, or with what happened since it was opened."""
    tr, status = tr_of(request), refused_problem(refusal.refused).status
    if refusal.reason is not Reason.STALE:
        general = acts_forms.note_refusal(form, refusal, tr)
        return await _show(
            request, caller, wanted, subject, thread_id=thread_id, act=act, form=form, status=status, general=general
        )
    since = _number(made.get("seen"))
    fresh = await _subject(request, caller.actor, thread_id, act)
    now = max(fresh.may.seen, _number(refusal.details.get("sequence")))
    spec = acts_forms.act_spec(act, fresh.may, tr, fresh.sides)
    again = Filled(spec=spec, typed={**form.typed, "seen": [str(now)]}, counts=form.counts)
    return await _show(
        request, caller, wanted, fresh, thread_id=thread_id, act=act, form=again, status=status,
        moved=why(refusal.reason.value, refusal.details, tr), since=since,
    )  # fmt: skip


def _number(text: object) -> int:
    found = str(text or "")
    return int(found) if found.isascii() and found.isdigit() and len(found) <= 9 else 0


async def _name_unit(
    request: Request, actor: Actor, form: Filled, made: dict[str, object], line: Line | None, tr: Tr
) -> None:
    """The unit of a place, by who is competent there for the matter; several or none are told beside the field."""
    typed = form.text("place")
    if not typed or form.faults or line is None:
        return
    code = typed.split(maxsplit=1)[0].upper()
    if _UNIT.fullmatch(code):
        made["unit"] = code
        return
    try:
        place = places().code_of(typed, day_of(request.app.state.clock()))
    except PlaceError as error:
        form.faults["place"] = str(error)
        return
    found = await station_of(request).desk.competent_units(actor, place=place, matter=line.matter.name)
    if len(found) == 1:
        made["unit"] = found[0].code
    elif found:
        several = "、".join(f"{unit.name} {unit.code}" for unit in found[:5])
        form.faults["place"] = tr("该地有几个单位，请填写单位代码：{units}").replace("{units}", several)
    else:
        form.faults["place"] = "名册中没有在该地办理此事项的单位"


async def _do(acts: ProvincialActs, actor: Actor, thread_id: str, act: str, made: dict[str, object]) -> Done:
    text, unit = str(made.get("text", "")), str(made.get("unit", ""))
    match act:
        case "remind":
            [done] = await acts.remind(actor, [thread_id], text, unit=unit)
            return done
        case "supervise":
            days = _number(made.get("working_days"))
            return await acts.supervise(actor, thread_id, unit=unit, working_days=days, text=text)
        case "coordinate":
            return await acts.coordinate(actor, thread_id, unit=unit, text=text)
        case "designate":
            return await acts.designate(actor, thread_id, unit=unit, seen=_number(made.get("seen")), text=text)
        case "opinion":
            return await acts.give_opinion(actor, thread_id, text=text)
        case "answer":
            return await acts.answer_coordination(actor, thread_id, text=text)
        case _:
            raise WireRefusalError(WireReason.ADDRESS_UNKNOWN)
