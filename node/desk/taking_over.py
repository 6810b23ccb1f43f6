"""Which files of the same case a draft may take over: those of the own unit's other letters, and of another unit's.

Another unit is the bureau's own office that recognises injuries, on this node. Its delegation is the same case as a
committee's draft when the draft was made from it by somebody who reads it (`follows`), or when the bureau's case number
and the worker's identity number are the same in both letters: either one alone might be guessed. Only what an envelope
of that delegation listed is told, without names, and nothing that is kept back (个人信息保护法 Art 6).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from delegation.required_materials import REQUIRED, held_of
from delegation.roster_view import UnitType
from node.desk import drafts
from node.desk.account_rules import units_of
from node.desk.building import materials_of
from node.desk.draft_check import of_case
from node.desk.drafts import case_digest, content_of, load_draft
from node.desk.guard import READS, need, own
from node.desk.looking import look
from node.desk.ports import Actor, Role
from node.desk.rows import name_of
from node.desk.taking_ports import CaseFile
from node.desk.views import DraftView, MaterialView
from node.looks import What
from node.material_mover import facts_of
from node.records import DraftRecord, LookupRecord, MaterialRecord, StaffRecord, ThreadRecord
from node.state import State
from node.store import Where
from node.writer import Tx

READABLE: Final = frozenset({"held", "uploaded"})
_MOST_DRAFTS: Final = 64  # of one case
_MOST_FILES: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Source:
    """A delegation or draft of the case, and whose it is."""

    subject_id: str
    unit: str
    is_own: bool


def begin_appraisal(
    tx: Tx, state: State, at: datetime, *, actor: Actor, delegation_id: str, unit: str, business: Mapping[str, object]
) -> DraftView:
    """See TakingPort."""
    there = committee_actor(tx, state, actor, delegation_id, unit)
    return drafts.create(tx, state, at, actor=there, business=business, follows=delegation_id)


def committee_actor(tx: Tx, state: State, actor: Actor, delegation_id: str, unit: str) -> Actor:
    """The same person in the committee, with the roles of their own alone."""
    need(actor, state, Role.CLERK)
    held = own(tx, state, actor, delegation_id)
    if held.record.home_unit != actor.unit or unit not in _units(state, UnitType.APPRAISAL):
        raise Refusal(Reason.NOT_ALLOWED, state=held.record.state)
    account = tx.get(StaffRecord, (actor.staff_id,))
    if unit != actor.unit and (account is None or not account.active or unit not in units_of(account)):
        raise Refusal(Reason.NOT_FOUND)
    borrowed = {each.role for each in actor.acting}
    return Actor(actor.staff_id, actor.name, unit, frozenset(actor.roles - borrowed), actor.phone)


def case_files(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str) -> tuple[CaseFile, ...]:
    """See TakingPort."""
    need(actor, state, *READS)
    record = load_draft(tx, actor, draft_id)
    sources = tuple(_sources(tx, state, at, actor, record))
    for source in sources:
        look(tx, state, actor, at, What.FILES, source.subject_id, "" if source.is_own else draft_id)
    mine = materials_of(tx, state, draft_id)
    taken = set(_taken(tx, state, draft_id))
    matter = _matter(tx, state, record)
    there_is = {each.required.code for each in held_of(matter, _kinds(mine)) if each.material_ids}
    found = []
    for source in sources:
        for each in _files(tx, state, source):
            wanted = _wanted(matter, each.document_kind)
            found.append(
                CaseFile(
                    material_id=each.material_id,
                    subject_id=source.subject_id,
                    unit=source.unit,
                    unit_name=name_of(state, source.unit),
                    name=each.name if source.is_own else "",
                    document_kind=each.document_kind,
                    pages=each.pages,
                    size=each.size,
                    is_copy=each.is_copy,
                    from_unit=each.from_unit,
                    from_name=name_of(state, each.from_unit),
                    wanted_as=wanted,
                    suggested=bool(wanted) and wanted not in there_is and each.material_id not in taken,
                    taken=each.material_id in taken,
                )
            )
    return tuple(found)


def source_of(
    tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str, material_id: str
) -> MaterialRecord | None:
    """The record of a file that may be taken over, noted as looked at; None for one that the draft took already.

    Raises:
        Refusal: NOT_FOUND; MATERIAL_MISSING for one that is not here in full.
    """
    record = load_draft(tx, actor, draft_id)
    for source in _sources(tx, state, at, actor, record):
        if material_id in {each.material_id for each in _files(tx, state, source)}:
            look(tx, state, actor, at, What.FILE, source.subject_id, material_id)
            return None if material_id in _taken(tx, state, draft_id) else tx.get(MaterialRecord, (material_id,))
    raise Refusal(Reason.NOT_FOUND)


def already_taken(tx: Tx, state: State, draft_id: str, material_id: str) -> bool:
    """Whether the draft has that file."""
    return material_id in _taken(tx, state, draft_id)


def _sources(tx: Tx, state: State, at: datetime, actor: Actor, record: DraftRecord) -> Iterator[_Source]:
    content = content_of(tx, state, record)
    business = content.get("business")
    business = business if isinstance(business, Mapping) else {}
    seen = {record.draft_id, record.delegation_id}
    case_key = str(business.get("case_key", "") or "")
    for draft in of_case(tx, state, at, actor=actor, case_key=case_key):
        subject = draft.delegation_id or draft.draft_id
        if subject not in seen:
            seen.add(subject)
            yield _Source(subject, actor.unit, is_own=True)
    if _matter(tx, state, record) in {Matter.UNSPECIFIED, Matter.INVESTIGATION}:
        return
    recognising = _units(state, UnitType.RECOGNITION)
    follows = str(content.get("follows", ""))
    if follows and follows not in seen:
        seen.add(follows)
        thread = tx.get(ThreadRecord, (follows,))
        if thread is not None and thread.home_unit in recognising:
            yield _Source(follows, thread.home_unit, is_own=thread.home_unit == actor.unit)
    for unit in sorted(recognising - {actor.unit}):
        for subject in _same_case(tx, state, unit, case_key, _id_number(business)):
            if subject not in seen:
                seen.add(subject)
                yield _Source(subject, unit, is_own=False)


def _same_case(tx: Tx, state: State, unit: str, case_key: str, id_number: str) -> Iterator[str]:
    """Delegations of another unit under the same case number and of the same worker."""
    if not case_key or not id_number:
        return
    where = (Where("digest", case_digest(state, unit, case_key)),)
    for lookup in tx.select(LookupRecord, where, limit=_MOST_DRAFTS):
        record = tx.get(DraftRecord, (lookup.thread_id,))
        if record is None or record.unit != unit or not record.delegation_id:
            continue
        try:
            business = content_of(tx, state, record).get("business")
        except Refusal:  # purged or damaged
            continue
        if not isinstance(business, Mapping) or business.get("case_key") != case_key:
            continue
        if business.get("matter") == Matter.INVESTIGATION.name and _id_number(business) == id_number:
            yield record.delegation_id


def _files(tx: Tx, state: State, source: _Source) -> list[MaterialView]:
    """What of it may be taken over: of another unit, what travelled."""
    rows = tx.select(MaterialRecord, (Where("subject_id", source.subject_id),), limit=_MOST_FILES)
    here = {row.material_id for row in rows if row.state in READABLE and (source.is_own or row.envelope_id)}
    return [
        each
        for each in materials_of(tx, state, source.subject_id)
        if each.material_id in here and not each.withheld and each.name
    ]


def _taken(tx: Tx, state: State, draft_id: str) -> Iterator[str]:
    for row in tx.select(MaterialRecord, (Where("subject_id", draft_id),), limit=_MOST_FILES):
        try:
            taken = facts_of(tx, state, row).get("taken_from", "")
        except Refusal:
            continue
        if taken:
            yield str(taken)


def _units(state: State, of_type: UnitType) -> set[str]:
    """Units of this node of that type, by the roster."""
    if not state.rosters.ready:
        return set()
    units = state.rosters.current.view.units
    return {code for code in state.units if code in units and units[code].type is of_type}


def _matter(tx: Tx, state: State, record: DraftRecord) -> Matter:
    business = content_of(tx, state, record).get("business")
    named = business.get("matter") if isinstance(business, Mapping) else None
    return Matter[named] if isinstance(named, str) and named in Matter.__members__ else Matter.UNSPECIFIED


def _id_number(business: Mapping[str, object]) -> str:
    letter = business.get("letter")
    worker = letter.get("worker") if isinstance(letter, Mapping) else None
    number = worker.get("id_number") if isinstance(worker, Mapping) else None
    return number.strip().upper() if isinstance(number, str) else ""


def _kinds(files: tuple[MaterialView, ...]) -> list[tuple[str, str]]:
    return [(each.material_id, each.document_kind) for each in files]


def _wanted(matter: Matter, kind: str) -> str:
    plain = kind.replace("_", "-")
    return next((each.code for each in REQUIRED.get(matter, ()) if plain in each.kinds), "")
