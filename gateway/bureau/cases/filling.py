"""A form of a move from first to last: what stands in it at first, what was typed, rows added and taken away."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from fastapi import Request

from delegation.codec_json import BODY_FIELDS
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Refusal
from gateway.bureau.cases.asking import Asking, Json, Making, spec_of
from gateway.bureau.cases.forms_evidence import numbered, with_new_files
from gateway.bureau.cases.forms_result import EVIDENCE_AT
from gateway.bureau.forms.filled import Filled, fill, read
from gateway.bureau.forms.spec import Ask
from gateway.bureau.guard import Typed
from gateway.bureau.intake.places import PlaceError, places
from gateway.schemas.base import VERBS
from node.desk.account_views import StaffView
from node.desk.ports import Actor, DeskPort
from node.desk.views import DelegationView, UnitView

_UNIT: Final = re.compile(r"[0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z]", re.ASCII)
_MOST_NAMED: Final = 5
_CHANGES_ROWS: Final = ("_add", "_drop", "_again")
_FILLED_IN: Final = frozenset(
    {"kind", "thread_id", "attestation", "materials", "reused_material_ids", "sealed_reasons", "paper"}
)


def kind_of_verb(verb: str) -> Kind:
    """The kind of an address's verb, UNSPECIFIED for none."""
    return VERBS.get(verb, Kind.UNSPECIFIED)


async def asking_for(
    request: Request, actor: Actor, view: DelegationView, kind: Kind, *, typed: Typed | None = None, reply: str = ""
) -> Asking:
    """For whom and about what the form is."""
    staff: tuple[StaffView, ...]
    try:
        staff = await request.app.state.station.accounts.list_staff(actor)
    except Refusal:
        staff = ()
    mine = tuple(each for each in staff if actor.unit in each.units)
    host = await unit_named(request.app.state.station.desk, actor, view.row.host_unit)
    return Asking(
        view=view,
        kind=kind,
        unit=actor.unit,
        staff=mine,
        today=day_of(request.app.state.clock()),
        typed=typed or {},
        reply=reply,
        on_paper=host is not None and not host.is_member,
    )


async def unit_named(desk: DeskPort, actor: Actor, code: str) -> UnitView | None:
    """A unit of the roster by its code; None while there is no roster, or for one that it does not name."""
    if not code:
        return None
    try:
        found = await desk.list_units(actor, code)
    except Refusal:
        return None
    return next((unit for unit in found if unit.code == code), None)


def filled_with(making: Making, asking: Asking, data: Json) -> tuple[Filled, Asking]:
    """The form with these values; parts that grow with them are there."""
    typed = numbered(fill(spec_of(making, asking), data).typed, EVIDENCE_AT)
    grown = replace(asking, typed=typed)
    form = fill(spec_of(making, grown), data)
    return replace(form, typed=typed), grown


def typed_in(making: Making, asking: Asking) -> tuple[Filled, Asking, bool]:
    """The form as it was sent, and whether its buttons asked for other rows rather than to send it.

    `_again` with `_known` (the files that the form was made with) adds a row of evidence for each file that came since.
    """
    sent: Mapping[str, Sequence[str]] = asking.typed
    if "_again" in sent and "_known" in sent:
        sent = with_new_files(sent, EVIDENCE_AT, asking.unsent, frozenset(sent["_known"]))
    sent = numbered(sent, EVIDENCE_AT)
    first = read(spec_of(making, replace(asking, typed=sent)), sent)
    typed = numbered(first.typed, EVIDENCE_AT)
    grown = replace(asking, typed=typed)
    form = Filled(spec=spec_of(making, grown), typed=typed, counts=first.counts)
    return form, grown, any(name in asking.typed for name in _CHANGES_ROWS)


async def with_codes(desk: DeskPort, actor: Actor, form: Filled, *, today: date) -> Filled:
    """Units and places that were typed by name, or by code and name, get their code; what fits several is told."""
    typed = {path: list(values) for path, values in form.typed.items()}
    for asked in form.spec.fields:
        text = form.text(asked.path)
        if asked.ask is Ask.PLACE and text:
            try:
                typed[asked.path] = [places().code_of(text, today)]
            except PlaceError as error:
                form.faults[asked.path] = str(error)
        if asked.ask is not Ask.UNIT or not text or asked.path == "host_unit":
            continue
        code = text.split(maxsplit=1)[0].upper()
        if _UNIT.fullmatch(code):
            typed[asked.path] = [code]
            continue
        found = [unit for unit in await desk.list_units(actor, text) if unit.code == text or text in unit.name]
        exact = [unit for unit in found if unit.name == text] or found
        if len(exact) == 1:
            typed[asked.path] = [exact[0].code]
        else:
            several = "、".join(f"{unit.name} {unit.code}" for unit in exact[:_MOST_NAMED])
            form.faults[asked.path] = f"请写明是哪一个：{several}" if several else "名册中没有这个单位"
    return replace(form, typed=typed)


def with_place_names(form: Filled) -> Filled:
    """To be shown: a place's code with its name, as its list offers it."""
    shown = {
        asked.path: [places().shown(text)]
        for asked in form.spec.fields
        if asked.ask is Ask.PLACE and (text := form.text(asked.path)) and asked.path not in form.faults
    }
    return replace(form, typed={**form.typed, **shown}) if shown else form


def data_of_entry(view: DelegationView, envelope_id: str) -> tuple[Kind, Json] | None:
    """What an own entry said, to be sent once more after a protest."""
    entry = next((each for each in view.entries if each.envelope_id == envelope_id), None)
    if entry is None or entry.kind not in Kind.__members__:
        return None
    body = {name: value for name, value in (entry.body or {}).items() if name in BODY_FIELDS - _FILLED_IN}
    sealed = (entry.body or {}).get("sealed_reasons")
    exact = [str(each) for each in sealed] if isinstance(sealed, list) else []
    reasons = [each for each in entry.reasons if not each.endswith("00")] + exact
    declared = {name: value for name, value in entry.declared.items() if name in _SAID and value}
    made: Json = {"body": body, "reasons": reasons, "in_reply_to": entry.in_reply_to}
    if declared:
        made["declared"] = declared
    if entry.materials:
        made["reused_materials"] = list(entry.materials)
    return Kind[entry.kind], {name: value for name, value in made.items() if value}


_SAID: Final = frozenset({
    "unit", "working_days", "blocking", "effective_on", "applicant_told_on", "subject", "version", "adoption",
    "outcome", "changed_subjects",
})  # fmt: skip


def data_of_queued(view: DelegationView, envelope_id: str) -> Mapping[str, object] | None:
    """What was typed into an own envelope that came back."""
    return next((each.data for each in view.queued if each.envelope_id == envelope_id), None)
