"""A move's form: opened, filled in, sent, and shown again with everything typed when something is wrong or new."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.codes import Kind
from delegation.errors import Refusal
from gateway.bureau.cases.appraising import appointment_of
from gateway.bureau.cases.asking import Asking, Json
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import (
    asking_for,
    data_of_entry,
    data_of_queued,
    filled_with,
    kind_of_verb,
    typed_in,
    with_codes,
    with_place_names,
)
from gateway.bureau.cases.forms_asked import ASKING, held_lines
from gateway.bureau.cases.model import act_of, conversation, mark, names_of, sequence_of, unanswered
from gateway.bureau.cases.reading import readable
from gateway.bureau.cases.rules import audience, buttons, effects, is_paper
from gateway.bureau.cases.sending import NO_FIELD, SentAlreadyError, StaleError, data_of, note_refusal, send
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask
from gateway.bureau.guard import PageCaller, PageForm, Typed
from gateway.bureau.render import BASE, render, see_other
from gateway.problems import WireRefusalError, refused_problem
from gateway.routes.moves import needs_two
from gateway.routes.parameters import DelegationId, Verb
from gateway.wire_reasons import WireReason
from node.desk.ports import Actor
from node.desk.views import DelegationView

router = APIRouter()
_OPTIONAL_ID: Final = r"^[A-Za-z0-9-]{0,64}$"
_OF_THE_DAY: Final = frozenset({Kind.WORKER_NOTIFIED, Kind.RESCHEDULED, Kind.NO_SHOW})  # about the day that stands
HIDDEN: Final = ("_replaces", "_from")
EnvelopeRef = Annotated[str, Query(max_length=64, pattern=_OPTIONAL_ID)]


def of_kind(verb: str) -> Kind:
    """The kind of an address, if it has a form.

    Raises:
        WireRefusalError: ADDRESS_UNKNOWN.
    """
    kind = kind_of_verb(verb)
    if kind not in MAKINGS:
        raise WireRefusalError(WireReason.ADDRESS_UNKNOWN)
    return kind


def two_persons(view: DelegationView, kind: Kind, data: Json) -> bool:
    """Whether another person has to approve it: the row says so, a paper act, or a letter that goes out once more."""
    return kind is Kind.ISSUED or needs_two(view.moves, kind) or "paper" in data


def first(form: Typed, name: str) -> str:
    """One value of a form, empty when absent."""
    return form.get(name, [""])[0].strip()


async def show(
    request: Request,
    actor: Actor,
    form: Filled,
    asking: Asking,
    *,
    status: int = 200,
    refusal: Refusal | None = None,
    stale_since: str = "",
    kept: dict[str, str] | None = None,
    move_id: str = "",
    move_version: int = 0,
) -> Response:
    """The form's page."""
    view, kind = asking.view, asking.kind
    groups, forbidden = buttons(view)
    button = next((each for _, group in groups for each in group if each.kind is kind), None)
    why = next((each.why for each in forbidden if each.kind is kind), "")
    names = names_of(view)
    last = sequence_of(stale_since) if stale_since else 0
    news = [act_of(view, each, names, unit=actor.unit) for each in view.entries if stale_since and each.sequence > last]
    rows = asking.rows
    problem = refused_problem(refusal.refused) if refusal is not None else None
    general = form.faults.pop(NO_FIELD, "")
    return render(
        request,
        "cases/move.html",
        active="todo",
        status=status,
        view=view,
        row=view.row,
        kind=kind.name,
        label=button.label if button is not None else (rows[0].label.partition("（")[0] if rows else kind.name),
        verb=kind.name.lower().replace("_", "-"),
        form=with_place_names(form),
        why=why if button is None else "",
        two=two_persons(view, kind, {}) or (asking.on_paper and is_paper(view, kind) is True),
        mark=mark(view),
        problem=problem,
        general=general,
        stale=bool(stale_since),
        news=news,
        laws=tuple(dict.fromkeys(row.law for row in rows if row.law)),
        effects=tuple(dict.fromkeys(effect for row in rows for effect in effects(row))),
        audience=tuple(dict.fromkeys(audience(row) for row in rows)),
        kept=kept or {},
        held=held_lines(view) if kind in ASKING else (),
        asked=unanswered(conversation(view, unit=actor.unit)) if kind is Kind.ANSWER else (),
        searches=any(each.ask in {Ask.UNIT, Ask.PLACE} for each in form.spec.fields),
        appointed=readable(appointment_of(view), path="appointment") if kind in _OF_THE_DAY else None,
        computes=kind is Kind.OPINION_FORMED,
        evidence=kind in {Kind.REPORTED, Kind.UNABLE},
        known=[each.material_id for each in asking.unsent],
        move_id=move_id,
        move_version=move_version,
    )


@router.get("/cases/{delegation_id}/moves/{verb}", operation_id="pageMove")
async def page_move(
    request: Request,
    caller: PageCaller,
    delegation_id: DelegationId,
    verb: Verb,
    again: EnvelopeRef = "",
    replaces: EnvelopeRef = "",
    reply: EnvelopeRef = "",
) -> Response:
    """An empty form, or one with what was typed before: `again` an own envelope that came back, `replaces` one that
    was protested, `reply` the question that is answered."""
    kind = of_kind(verb)
    view = await request.app.state.station.desk.get_delegation(caller.actor, delegation_id)
    asking = await asking_for(request, caller.actor, view, kind, reply=reply)
    making, kept = MAKINGS[kind], {}
    data = making.begin(asking)
    before = data_of_queued(view, again) if again else None
    protested = data_of_entry(view, replaces) if replaces else None
    if before is not None:
        data = making.back(dict(before), asking)
        kept["_from"] = again
    elif protested is not None and protested[0] is kind:
        data = making.back(protested[1], asking)
        kept["_replaces"] = replaces
    form, asking = filled_with(making, asking, data)
    return await show(request, caller.actor, form, asking, kept=kept)


@router.post("/cases/{delegation_id}/moves/{verb}", operation_id="takeMove")
async def take_move(
    request: Request, caller: PageCaller, typed: PageForm, delegation_id: DelegationId, verb: Verb
) -> Response:
    """Make the move or hand it to an approver; what is wrong or new is told beside what was typed."""
    kind, actor, desk = of_kind(verb), caller.actor, request.app.state.station.desk
    view = await desk.get_delegation(actor, delegation_id)
    asking = await asking_for(request, actor, view, kind, typed=typed)
    making = MAKINGS[kind]
    form, asking, rows_alone = typed_in(making, asking)
    kept = {name: first(typed, name) for name in HIDDEN if first(typed, name)}
    seen, version = first(typed, "_mark"), first(typed, "_version")
    if rows_alone:
        return await show(request, actor, form, asking, kept=kept)
    form = await with_codes(desk, actor, form, today=asking.today)
    data = data_of(form, making, asking, hidden={"replaces": kept.get("_replaces", "")})
    if form.faults:
        return await show(request, actor, form, asking, status=422, kept=kept)
    two = two_persons(view, kind, data)
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 16 else view.version
    try:
        move_id = await send(desk, actor, asking, data, version=number, seen=seen, two=two)
    except SentAlreadyError as twin:
        return _done(delegation_id, twin.move_id)
    except StaleError as stale:
        asking = await asking_for(request, actor, stale.view, kind, typed=form.typed)
        form = Filled(spec=form.spec, typed=form.typed, counts=form.counts)
        return await show(request, actor, form, asking, status=409, stale_since=seen or "0.", kept=kept)
    except Refusal as refusal:
        beside = note_refusal(form, refusal, asking)
        status = refused_problem(refusal.refused).status
        return await show(request, actor, form, asking, status=status, refusal=None if beside else refusal, kept=kept)
    if kept.get("_from"):
        await _drop(request, actor, delegation_id, kept["_from"])
    return _done(delegation_id, move_id)


def _done(delegation_id: str, move_id: str) -> Response:
    if move_id:
        return see_other(f"{BASE}/moves/{move_id}?made=prepared")
    return see_other(f"{BASE}/cases/{delegation_id}?made=sent")


async def _drop(request: Request, actor: Actor, delegation_id: str, envelope_id: str) -> None:
    """The envelope that came back is done with once its content went out again; in sight it does no harm."""
    try:
        await request.app.state.station.desk.drop_queued(actor, delegation_id, envelope_id)
    except Refusal:
        return
