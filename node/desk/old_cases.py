"""The archive of closed paper cases (纸质旧案): imported, found by name or ID number, read under the rules of cases.

No envelope carries one. Each has a data key of its own; names and numbers are found through keyed hashes, apart from
those of delegations and a unit's own. Every reading is noted as that of a case is (`node.looks`).

An import may be repeated: a row whose number and content are there already changes nothing. The number of the old file
is what a unit knows a case by, so another content under it is told and not stored; an approver takes the wrong one out.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Final

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.deputies import name_of_staff
from node.desk.guard import READS, acting_as, must_be_apart, need
from node.desk.looking import look
from node.desk.old_case_rows import JudgedRow, canonical_id, judge_row
from node.desk.paper_views import OldCaseOutcome, OldCaseRow, OldCaseView
from node.desk.ports import Actor, Role
from node.desk.views import Page, Problem
from node.ids import uuid7
from node.looks import FIELD, What, note_lines
from node.records import LookupRecord, from_us, to_us
from node.records_archive import OldCaseRecord
from node.state import State
from node.store import Op, Where
from node.writer import Tx

MOST_ROWS: Final = 1000
SLICE: Final = 50  # rows a transaction: others get their turn between
_MOST_FOUND: Final = 100
_MOST_PAGE: Final = 200
_SEARCHED: Final = ("worker_name", "id_number")


@dataclass(slots=True)
class Import:
    """One import as it goes on, slice by slice. `only_check` stores nothing."""

    only_check: bool
    numbers: dict[bytes, bytes] = field(default_factory=dict)  # of rows of this import: number, content


def _row(old_case_id: str) -> str:
    return f"old_cases/{old_case_id}/secret"


def _found_by(state: State, unit: str, name: str, value: str) -> bytes:
    told = canonical_id(value) if name == "id_number" else "".join(value.split())
    return state.vault.lookup(f"{unit}\x1f{told}", field=f"old-{name}")


def _number_digest(state: State, unit: str, number: str) -> bytes:
    return state.vault.lookup(f"{unit}\x1f{''.join(number.split())}", field="old-number")


def take(
    tx: Tx, state: State, at: datetime, *, actor: Actor, rows: Sequence[object], first: int, told: Import
) -> list[OldCaseOutcome]:
    """Judge a slice of an import, and keep what is good (CLERK). `first` is the number of its first row.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING.
    """
    need(actor, state, Role.CLERK)
    return [
        _take_one(tx, state, at, actor, judge_row(each, day_of(at)), number, told)
        for number, each in enumerate(rows, start=first)
    ]


def _take_one(
    tx: Tx, state: State, at: datetime, actor: Actor, judged: JudgedRow, number: int, told: Import
) -> OldCaseOutcome:
    if judged.faults:
        return OldCaseOutcome(number=number, state="wrong", old_case_id="", faults=judged.faults)
    words = json.dumps(dict(judged.content), ensure_ascii=False, sort_keys=True).encode()
    by_number = _number_digest(state, actor.unit, judged.content["number"])
    by_content = state.vault.lookup(sha256(words).hexdigest(), field="old-content")
    where = (Where("unit", actor.unit), Where("number_digest", by_number))
    held = next(iter(tx.select(OldCaseRecord, where, limit=1)), None)
    before = held.content_digest if held is not None else told.numbers.get(by_number)
    if before is not None and before != by_content:
        taken = (Problem("number", "number_taken", {}),)
        return OldCaseOutcome(number=number, state="wrong", old_case_id="", faults=taken)
    told.numbers[by_number] = by_content
    if before is not None:
        there = held.old_case_id if held is not None else ""
        return OldCaseOutcome(number=number, state="known", old_case_id=there, faults=())
    if told.only_check:
        return OldCaseOutcome(number=number, state="added", old_case_id="", faults=())
    old_case_id = uuid7(at)
    tx.put(
        OldCaseRecord(
            old_case_id=old_case_id,
            unit=actor.unit,
            number_digest=by_number,
            content_digest=by_content,
            our_role=judged.content["our_role"],
            year=judged.content["closed_on"][:4],
            place_in_list=f"{judged.content['closed_on']}.{old_case_id}",
            secret=state.vault.seal(tx, old_case_id, _row(old_case_id), words),
            imported_by=actor.staff_id,
            imported_at=to_us(at),
        )
    )
    for name in _SEARCHED:
        if name in judged.content:
            digest = _found_by(state, actor.unit, name, judged.content[name])
            tx.put(LookupRecord(digest, old_case_id))
    return OldCaseOutcome(number=number, state="added", old_case_id=old_case_id, faults=())


def _load(tx: Tx, actor: Actor, old_case_id: str) -> OldCaseRecord:
    record = tx.get(OldCaseRecord, (old_case_id,))
    if record is None or record.unit != actor.unit:
        raise Refusal(Reason.NOT_FOUND)
    return record


def _content(tx: Tx, state: State, record: OldCaseRecord) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(
        state.vault.open(tx, record.old_case_id, _row(record.old_case_id), record.secret)
    )
    return found


def _row_view(record: OldCaseRecord, content: Mapping[str, str]) -> OldCaseRow:
    return OldCaseRow(
        old_case_id=record.old_case_id,
        number=content["number"],
        our_role=record.our_role,
        home_name=content["home_name"],
        host_name=content["host_name"],
        worker_name=content["worker_name"],
        employer_name=content.get("employer_name", ""),
        result=content["result"],
        closed_on=date.fromisoformat(content["closed_on"]),
        shelf_mark=content["shelf_mark"],
    )


def _day(content: Mapping[str, str], name: str) -> date | None:
    return date.fromisoformat(content[name]) if name in content else None


def get(tx: Tx, state: State, at: datetime, *, actor: Actor, old_case_id: str) -> OldCaseView:
    """One case of the actor's unit. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *READS)
    record = _load(tx, actor, old_case_id)
    look(tx, state, actor, at, What.OLD_CASE, old_case_id)
    content = _content(tx, state, record)
    return OldCaseView(
        row=_row_view(record, content),
        id_number=content.get("id_number", ""),
        accident_on=_day(content, "accident_on"),
        accident_place=content.get("accident_place", ""),
        asked=content.get("asked", ""),
        delegated_on=_day(content, "delegated_on"),
        result_text=content.get("result_text", ""),
        note=content.get("note", ""),
        imported_by=record.imported_by,
        imported_by_name=name_of_staff(tx, state.vault, record.imported_by),
        imported_at=from_us(record.imported_at),
    )


def list_page(
    tx: Tx,
    state: State,
    at: datetime,
    *,
    actor: Actor,
    our_role: str,
    year: str,
    page_size: int,
    page_token: str,
) -> Page[OldCaseRow]:
    """Those of the unit, the latest closed first. Refusal NOT_FOUND, ROLE_MISSING."""
    need(actor, state, *READS)
    size = max(1, min(page_size, _MOST_PAGE))
    where = [Where("unit", actor.unit)]
    if our_role:
        where.append(Where("our_role", our_role))
    if year:
        where.append(Where("year", year))
    if page_token:
        where.append(Where("place_in_list", page_token, Op.LT))
    rows = tx.select(OldCaseRecord, where, order=("place_in_list",), descending=True, limit=size + 1)
    shown = rows[:size]
    acting = acting_as(actor, *READS)
    note_lines(
        tx,
        state.looks,
        lambda text: state.vault.lookup(text, field=FIELD),
        at=at,
        who=actor,
        on_behalf=acting.staff_id if acting is not None else "",
        subjects=[record.old_case_id for record in shown],
    )
    more = shown[-1].place_in_list if len(rows) > size else ""
    return Page(tuple(_row_view(record, _content(tx, state, record)) for record in shown), more)


def find(
    tx: Tx, state: State, at: datetime, *, actor: Actor, name: str, id_number: str, number: str
) -> tuple[OldCaseRow, ...]:
    """Those of the unit by the worker's whole name or ID number, or the one of an old file's number; at most 100.

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING; INVALID_INPUT unless exactly one is asked for.
    """
    need(actor, state, *READS)
    asked = {"worker_name": name, "id_number": id_number, "number": number}
    given = [(field, value) for field, value in asked.items() if value]
    if len(given) != 1:
        raise Refusal(Reason.INVALID_INPUT, field="name")
    rows = []
    for record in _found(tx, state, actor.unit, *given[0]):
        look(tx, state, actor, at, What.SEARCH, record.old_case_id)
        rows.append(_row_view(record, _content(tx, state, record)))
    return tuple(sorted(rows, key=lambda row: (row.closed_on, row.old_case_id), reverse=True))


def _found(tx: Tx, state: State, unit: str, asked: str, value: str) -> list[OldCaseRecord]:
    if asked == "number":
        where = (Where("unit", unit), Where("number_digest", _number_digest(state, unit, value)))
        return tx.select(OldCaseRecord, where, limit=1)
    lookups = tx.select(LookupRecord, (Where("digest", _found_by(state, unit, asked, value)),), limit=_MOST_FOUND)
    records = [tx.get(OldCaseRecord, (lookup.thread_id,)) for lookup in lookups]
    return [record for record in records if record is not None and record.unit == unit]


def drop(tx: Tx, state: State, at: datetime, *, actor: Actor, old_case_id: str) -> None:
    """Take out one that was imported wrongly: its data key and what it is found by go with it (APPROVER).

    Raises:
        Refusal: NOT_FOUND, ROLE_MISSING; FOUR_EYES for whoever imported it.
    """
    need(actor, state, Role.APPROVER)
    record = _load(tx, actor, old_case_id)
    must_be_apart(actor, acting_as(actor, Role.APPROVER), {record.imported_by})
    look(tx, state, actor, at, What.OLD_CASE, old_case_id, "dropped")
    content = _content(tx, state, record)
    for name in _SEARCHED:
        if name in content:
            tx.delete(LookupRecord, (_found_by(state, record.unit, name, content[name]), old_case_id))
    tx.delete(OldCaseRecord, (old_case_id,))
    state.vault.purge(tx, old_case_id)
