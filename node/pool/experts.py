"""Experts of a pool: read, added, changed, taken out, imported. Each change draws the pool's mark anew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from delegation.deadlines import day_of
from delegation.draw import MOST_ELIGIBLE
from delegation.errors import Reason, Refusal
from delegation.roster_view import UnitType
from delegation.specialties import is_senior
from node.desk.deputies import name_of_staff
from node.desk.guard import READS, need, same_version
from node.desk.ports import Actor, Role
from node.desk.views import Page, Problem
from node.ids import uuid4, uuid7
from node.pool.cache import Kept
from node.pool.ports import ExpertFilters
from node.pool.rows import FIELDS, declarations_of, judge_row
from node.pool.views import ExpertOutcome, ExpertView
from node.records import LookupRecord, from_us, to_us
from node.records_pool import ExpertRecord, PoolRecord
from node.state import State
from node.store import Where
from node.writer import Tx

KEEPS: Final = (Role.APPROVER, Role.ADMINISTRATOR)
SEES: Final = (*READS, Role.ADMINISTRATOR)
SLICE: Final = 250  # rows a transaction: others get their turn between
_MOST_FOUND: Final = 100
_MOST_PAGE: Final = 200
_STATES: Final = ("available", "inactive", "out_of_term", "no_senior_title")


@dataclass(slots=True)
class Import:
    """One import as it goes on, slice by slice. `only_check` stores nothing."""

    only_check: bool
    numbers: dict[str, Mapping[str, str]] = field(default_factory=dict)  # of rows of this import


def need_pool(actor: Actor, state: State, *roles: Role) -> None:
    """As `guard.need`, and the actor's unit appraises. Refusal NOT_ALLOWED (state no_appraisal_unit) else."""
    need(actor, state, *roles)
    unit = state.rosters.current.view.units.get(actor.unit)
    if unit is None or unit.type is not UnitType.APPRAISAL:
        raise Refusal(Reason.NOT_ALLOWED, state="no_appraisal_unit")


def subject(unit: str) -> str:
    """Whose data key seals a pool."""
    return f"pool/{unit}"


def _row(expert_id: str) -> str:
    return f"pool_experts/{expert_id}/secret"


def number_digest(state: State, unit: str, number: str) -> bytes:
    """The keyed hash of a number."""
    return state.vault.lookup(f"{unit}\x1f{number}", field="expert-number")


def _name_digest(state: State, unit: str, name: str) -> bytes:
    return state.vault.lookup(f"{unit}\x1f{''.join(name.split())}", field="expert-name")


def pool_of(tx: Tx, unit: str) -> PoolRecord:
    """The pool's own row; one that was never changed has an empty mark."""
    found = tx.get(PoolRecord, (unit,))
    return found or PoolRecord(unit=unit, content="", thread_id="", changed_by="", changed_at=0)


def all_of(tx: Tx, state: State, unit: str) -> tuple[Kept, ...]:
    """The experts of a unit in the order of their numbers."""
    mark = pool_of(tx, unit).content
    held = state.pools.live(unit, mark)
    if held is not None:
        return held
    records = tx.select(ExpertRecord, (Where("unit", unit),), limit=MOST_ELIGIBLE + 1)
    found = sorted((_kept(tx, state, record) for record in records), key=lambda kept: kept.content["number"])
    experts = tuple(found)
    state.pools.keep_live(unit, mark, experts)
    return experts


def _kept(tx: Tx, state: State, record: ExpertRecord) -> Kept:
    content = json.loads(state.vault.open(tx, subject(record.unit), _row(record.expert_id), record.secret))
    return Kept(record, content)


def _touch(tx: Tx, unit: str, actor: Actor, at: datetime) -> None:
    tx.put(replace(pool_of(tx, unit), content=uuid4(), changed_by=actor.staff_id, changed_at=to_us(at)))


def _load(tx: Tx, state: State, actor: Actor, expert_id: str) -> Kept:
    record = tx.get(ExpertRecord, (expert_id,))
    if record is None or record.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    return _kept(tx, state, record)


def state_of(content: Mapping[str, str], today: date) -> str:
    """Why an expert is drawn for nothing today, whatever the case; `available` else."""
    if content["active"] != "yes":
        return "inactive"
    if not content["appointed_from"] <= today.isoformat() <= content["appointed_until"]:
        return "out_of_term"
    return "available" if is_senior(content["title"]) else "no_senior_title"


def _view(tx: Tx, state: State, kept: Kept, names: dict[str, str]) -> ExpertView:
    record, content = kept.record, kept.content
    by = record.changed_by
    if by not in names:
        names[by] = name_of_staff(tx, state.vault, by)
    return ExpertView(
        expert_id=record.expert_id,
        version=record.version,
        number=content["number"],
        name=content["name"],
        title=content["title"],
        senior=is_senior(content["title"]),
        specialties=tuple(content["specialties"].split(",")),
        employer=content["employer"],
        appointed_from=date.fromisoformat(content["appointed_from"]),
        appointed_until=date.fromisoformat(content["appointed_until"]),
        active=content["active"] == "yes",
        conflicts=declarations_of(content),
        note=content.get("note", ""),
        changed_by=by,
        changed_by_name=names[by],
        changed_at=from_us(record.changed_at),
    )


def list_page(
    tx: Tx, state: State, at: datetime, *, actor: Actor, filters: ExpertFilters, page_size: int, page_token: str
) -> Page[ExpertView]:
    """Those that the filters let through, in the order of their numbers; the token is the last number's keyed hash.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING, NOT_ALLOWED; INVALID_INPUT for a state that is none.
    """
    need_pool(actor, state, *SEES)
    if filters.state and filters.state not in _STATES:
        raise Refusal(Reason.INVALID_INPUT, field="state")
    size, today = max(1, min(page_size, _MOST_PAGE)), day_of(at)
    found = [kept for kept in all_of(tx, state, actor.unit) if _passes(kept.content, filters, today)]
    start = 0
    if page_token:
        place = next((place for place, kept in enumerate(found) if kept.record.expert_id == page_token), None)
        if place is None:
            raise Refusal(Reason.INVALID_INPUT, field="page_token")
        start = place + 1
    shown, names = found[start : start + size], dict[str, str]()
    more = shown[-1].record.expert_id if len(found) > start + size else ""
    return Page(tuple(_view(tx, state, kept, names) for kept in shown), more)


def _passes(content: Mapping[str, str], filters: ExpertFilters, today: date) -> bool:
    codes = content["specialties"].split(",")
    if filters.specialty and filters.specialty not in codes:
        return False
    if filters.division and not any(code.startswith(filters.division) for code in codes):
        return False
    if filters.state and state_of(content, today) != filters.state:
        return False
    text = filters.text.strip().casefold()
    return not text or any(text in content[name].casefold() for name in ("name", "number", "employer"))


def find(tx: Tx, state: State, at: datetime, *, actor: Actor, name: str, number: str) -> tuple[ExpertView, ...]:
    """Those with the whole name, or the one with the number. Refusal INVALID_INPUT unless one of both is given."""
    del at
    need_pool(actor, state, *SEES)
    if bool(name) == bool(number):
        raise Refusal(Reason.INVALID_INPUT, field="name")
    if number:
        where = (Where("unit", actor.unit), Where("number_digest", number_digest(state, actor.unit, number)))
        records = tx.select(ExpertRecord, where, limit=1)
    else:
        digest = _name_digest(state, actor.unit, name)
        lookups = tx.select(LookupRecord, (Where("digest", digest),), limit=_MOST_FOUND)
        each = [tx.get(ExpertRecord, (lookup.thread_id,)) for lookup in lookups]
        records = [record for record in each if record is not None and record.unit == actor.unit]
    names: dict[str, str] = {}
    found = sorted((_kept(tx, state, record) for record in records), key=lambda kept: kept.content["number"])
    return tuple(_view(tx, state, kept, names) for kept in found)


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, expert_id: str) -> ExpertView:
    """One of the unit."""
    del at
    need_pool(actor, state, *SEES)
    return _view(tx, state, _load(tx, state, actor, expert_id), {})


def add(tx: Tx, state: State, at: datetime, *, actor: Actor, row: Mapping[str, object]) -> ExpertView:
    """Add one. Refusal INVALID_INPUT with the first field that is wrong, `state` its reason."""
    need_pool(actor, state, *KEEPS)
    content = _good(row)
    if content["number"] in {kept.content["number"] for kept in all_of(tx, state, actor.unit)}:
        raise Refusal(Reason.INVALID_INPUT, field="number", state="number_taken")
    kept = _put(tx, state, at, actor, content, None)
    _touch(tx, actor.unit, actor, at)
    return _view(tx, state, kept, {})


def change(
    tx: Tx, state: State, at: datetime, *, actor: Actor, expert_id: str, version: int, row: Mapping[str, object]
) -> ExpertView:
    """Replace what is said of one; the same again changes nothing."""
    need_pool(actor, state, *KEEPS)
    before = _load(tx, state, actor, expert_id)
    same_version(version, before.record.version)
    content = _good(row)
    if content == before.content:
        return _view(tx, state, before, {})
    taken = {kept.content["number"] for kept in all_of(tx, state, actor.unit)} - {before.content["number"]}
    if content["number"] in taken:
        raise Refusal(Reason.INVALID_INPUT, field="number", state="number_taken")
    kept = _put(tx, state, at, actor, content, before)
    _touch(tx, actor.unit, actor, at)
    return _view(tx, state, kept, {})


def drop(tx: Tx, state: State, at: datetime, *, actor: Actor, expert_id: str, version: int) -> None:
    """Take one out who was put in by mistake."""
    need_pool(actor, state, *KEEPS)
    before = _load(tx, state, actor, expert_id)
    same_version(version, before.record.version)
    tx.delete(LookupRecord, (_name_digest(state, actor.unit, before.content["name"]), expert_id))
    tx.delete(ExpertRecord, (expert_id,))
    _touch(tx, actor.unit, actor, at)


def _good(row: Mapping[str, object]) -> Mapping[str, str]:
    judged = judge_row(row)
    for fault in judged.faults:
        raise Refusal(Reason.INVALID_INPUT, field=fault.field or "body", state=fault.reason)
    return judged.content


def _put(tx: Tx, state: State, at: datetime, actor: Actor, content: Mapping[str, str], before: Kept | None) -> Kept:
    expert_id = before.record.expert_id if before is not None else uuid7(at)
    words = json.dumps(dict(content), ensure_ascii=False).encode()
    record = ExpertRecord(
        expert_id=expert_id,
        unit=actor.unit,
        number_digest=number_digest(state, actor.unit, content["number"]),
        version=before.record.version + 1 if before is not None else 1,
        secret=state.vault.seal(tx, subject(actor.unit), _row(expert_id), words),
        changed_by=actor.staff_id,
        changed_at=to_us(at),
    )
    tx.put(record)
    if before is None or before.content["name"] != content["name"]:
        if before is not None:
            tx.delete(LookupRecord, (_name_digest(state, actor.unit, before.content["name"]), expert_id))
        tx.put(LookupRecord(_name_digest(state, actor.unit, content["name"]), expert_id))
    return Kept(record, content)


def take(
    tx: Tx, state: State, at: datetime, *, actor: Actor, rows: Sequence[object], first: int, told: Import
) -> list[ExpertOutcome]:
    """Judge a slice of an import, and keep what is good. `first` is the number of its first row."""
    need_pool(actor, state, *KEEPS)
    there = {kept.content["number"]: kept for kept in all_of(tx, state, actor.unit)}
    found = []
    for number, given in enumerate(rows, start=first):
        judged = judge_row(given)
        content, faults = judged.content, list(judged.faults)
        if not faults:
            faults = _beside(content, there, told, full=len(there) >= MOST_ELIGIBLE)
        if faults:
            found.append(ExpertOutcome(number=number, state="wrong", expert_id="", faults=tuple(faults)))
            continue
        before, said = there.get(content["number"]), told.numbers.get(content["number"])
        same = content in (before.content if before is not None else None, said)
        outcome = "known" if same else "added" if before is None else "changed"
        told.numbers[content["number"]] = content
        if outcome != "known" and not told.only_check:
            before = there[content["number"]] = _put(tx, state, at, actor, content, before)
        expert_id = before.record.expert_id if before is not None else ""
        found.append(ExpertOutcome(number=number, state=outcome, expert_id=expert_id, faults=()))
    if not told.only_check and any(each.state in ("added", "changed") for each in found):
        _touch(tx, actor.unit, actor, at)
        ordered = tuple(there[number] for number in sorted(there))
        state.pools.keep_live(actor.unit, pool_of(tx, actor.unit).content, ordered)
    return found


def _beside(content: Mapping[str, str], there: Mapping[str, Kept], told: Import, *, full: bool) -> list[Problem]:
    said = told.numbers.get(content["number"])
    if said is not None and said != content:
        return [Problem("number", "number_twice", {})]
    if full and content["number"] not in there:
        return [Problem("", "pool_full", {})]
    return []


def export(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[Mapping[str, str], ...]:
    """Every expert as a row that an import takes."""
    del at
    need_pool(actor, state, *SEES)
    return tuple({name: kept.content.get(name, "") for name in FIELDS} for kept in all_of(tx, state, actor.unit))
