"""Lists, search, to-do and status: what an actor may see, a page at a time."""

from dataclasses import replace
from datetime import date, datetime

from delegation.codes import Matter, PlaceCertainty, PlaceRole
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import TaskPlace
from delegation.roster_view import Unit
from node.desk.building import alarm_view
from node.desk.guard import HEADERS, READS, need
from node.desk.ports import Actor, Filters, Role
from node.desk.rows import row_view
from node.desk.views import AlarmView, DelegationRow, Page, StatusView, UnitView
from node.link import Link
from node.records import (
    AlarmRecord,
    LookupRecord,
    OutboxRecord,
    PartyRecord,
    ThreadRecord,
    from_us,
    to_us,
)
from node.roster_cache import Freshness
from node.state import State
from node.store import Op, ThreadQuery, Where
from node.writer import Tx

BY_DUE = "due"


def list_delegations(
    tx: Tx, state: State, at: datetime, *, actor: Actor, filters: Filters, page_size: int, page_token: str
) -> Page[DelegationRow]:
    """A page of the unit's threads, latest change first; by `filters.sort` the nearest due date first.

    A due date counts for somewhat earlier where the delegation is 优先 or in 绿色通道 (`delegation.urgency`).
    """
    need(actor, state, *READS)
    size = max(1, min(page_size, 200))
    where = _conditions(actor, filters, day_of(at))
    assigned = actor.staff_id if filters.mine else None
    query = ThreadQuery(unit=actor.unit, role=filters.role, where=where, assigned=assigned, limit=size + 1)
    if filters.sort == BY_DUE:
        rows = threads_by_due(tx, query, page_token)
    else:
        rows = _rows(tx, replace(query, before=_number(page_token) if page_token else None))
    more = ""
    if len(rows) > size:
        last = rows[size - 1][0]
        more = place_by_due(last) if filters.sort == BY_DUE else str(last.change_number)
    views = (row_view(tx, state, row, role=role, unit=actor.unit, at=at) for row, role in rows[:size])
    return Page(tuple(views), more)


def _rows(tx: Tx, query: ThreadQuery) -> list[tuple[ThreadRecord, str]]:
    return [(row, role) for row, role in tx.store.list_threads(query) if isinstance(row, ThreadRecord)]


def place_by_due(row: ThreadRecord) -> str:
    """The token of the page after this row."""
    return f"{row.rank_day}.{row.thread_id}"


def threads_by_due(tx: Tx, query: ThreadQuery, page_token: str) -> list[tuple[ThreadRecord, str]]:
    """Those with a due date by that date; after them those that wait for no day, so that both parts use the index.

    Refusal INVALID_INPUT (field page_token).
    """
    due, _, thread_id = page_token.partition(".")
    after = (due, thread_id) if page_token else None
    if page_token and not thread_id:
        raise Refusal(Reason.INVALID_INPUT, field="page_token")
    rows: list[tuple[ThreadRecord, str]] = []
    if not page_token or due:
        dated = (*query.where, Where("rank_day", "", Op.NE))
        rows = _rows(tx, replace(query, where=dated, by_due=True, after=after))
        after = None
    if len(rows) < query.limit:
        undated = (*query.where, Where("rank_day", ""))
        rest = replace(query, where=undated, by_due=True, after=after, limit=query.limit - len(rows))
        rows += _rows(tx, rest)
    return rows


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise Refusal(Reason.INVALID_INPUT, field="page_token") from error


def _conditions(actor: Actor, filters: Filters, today: date) -> tuple[Where, ...]:
    found: list[Where] = []
    if filters.state:
        found.append(Where("state", filters.state))
    if filters.open is not None:
        found.append(Where("is_open", filters.open))
    if filters.our_turn is not None:
        found.append(Where("turn", actor.unit, Op.EQ if filters.our_turn else Op.NE))
    if filters.matter:
        try:
            found.append(Where("matter", int(Matter[filters.matter])))
        except KeyError as error:
            raise Refusal(Reason.INVALID_INPUT, field="matter") from error
    if filters.overdue:
        found += [Where("next_due", "", Op.NE), Where("next_due", today.isoformat(), Op.LT), Where("is_open", True)]
    if filters.overdue is False:
        found.append(Where("next_due", today.isoformat(), Op.GE))
    if filters.due_before is not None:
        found += [Where("next_due", "", Op.NE), Where("next_due", filters.due_before.isoformat(), Op.LT)]
    if filters.changed_after is not None:
        found.append(Where("changed_at", to_us(filters.changed_after), Op.GT))
    if filters.other_unit:
        column = "home_unit" if filters.role == "host" else "host_unit"
        found.append(Where(column, filters.other_unit))
    return tuple(found)


def search(tx: Tx, state: State, at: datetime, *, actor: Actor, name: str, id_number: str) -> tuple[DelegationRow, ...]:
    """Threads of the unit about a worker, by whole name or ID number."""
    need(actor, state, *READS)
    if bool(name) == bool(id_number):
        raise Refusal(Reason.INVALID_INPUT, field="name")
    field, value = ("name", name) if name else ("id_number", id_number)
    digest = state.vault.lookup(value, field=field)
    found = []
    for lookup in tx.select(LookupRecord, (Where("digest", digest),), limit=100):
        record = tx.get(ThreadRecord, (lookup.thread_id,))
        party = tx.get(PartyRecord, (actor.unit, lookup.thread_id))
        if record is not None and party is not None:
            found.append(row_view(tx, state, record, role=party.role, unit=actor.unit, at=at))
    return tuple(sorted(found, key=lambda row: row.changed_at, reverse=True))


def alarms_for(tx: Tx, state: State, actor: Actor) -> tuple[AlarmView, ...]:
    """Open alarms that concern the actor."""
    del state
    rows = tx.select(AlarmRecord, (Where("acknowledged_by", ""),), order=("alarm_id",), descending=True)
    if actor.has(Role.ADMINISTRATOR):
        return tuple(alarm_view(row) for row in rows)
    seen = (row for row in rows if row.thread_id and tx.get(PartyRecord, (actor.unit, row.thread_id)) is not None)
    return tuple(alarm_view(row) for row in seen)


def list_alarms(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[AlarmView, ...]:
    """Open alarms."""
    del at
    need(actor, state, *READS, Role.ADMINISTRATOR)
    return alarms_for(tx, state, actor)


def acknowledge_alarm(tx: Tx, state: State, at: datetime, *, actor: Actor, alarm_id: int) -> None:
    """Note that a person saw it."""
    del at
    need(actor, state, Role.CLERK, Role.APPROVER, Role.SUPERVISOR, Role.ADMINISTRATOR)
    if alarm_id not in {alarm.alarm_id for alarm in alarms_for(tx, state, actor)}:
        raise Refusal(Reason.NOT_FOUND)
    record = tx.get(AlarmRecord, (alarm_id,))
    if record is not None:
        tx.put(replace(record, acknowledged_by=actor.staff_id))


def unit_view(state: State, unit: Unit) -> UnitView:
    """A unit of the roster."""
    return UnitView(
        code=unit.code,
        name=unit.name,
        type=unit.type.name,
        bureau=unit.bureau,
        region=unit.region,
        parent=unit.parent,
        phone=unit.phone,
        address=unit.address,
        life=unit.life.value,
        is_member=unit.is_member,
        ours=unit.code in state.units,
    )


def list_units(tx: Tx, state: State, at: datetime, *, actor: Actor, text: str) -> tuple[UnitView, ...]:
    """Units by code or name."""
    del tx, at
    need(actor, state, *HEADERS)
    wanted = text.strip().lower()
    units = state.rosters.current.view.units.values()
    found = [unit for unit in units if wanted in unit.code.lower() or wanted in unit.name.lower()]
    return tuple(unit_view(state, unit) for unit in sorted(found, key=lambda unit: unit.code)[:100])


def competent_units(
    tx: Tx, state: State, at: datetime, *, actor: Actor, place: str, matter: str
) -> tuple[UnitView, ...]:
    """Who is competent at a place today."""
    del tx
    need(actor, state, *HEADERS)
    try:
        chosen = Matter[matter]
    except KeyError as error:
        raise Refusal(Reason.INVALID_INPUT, field="matter") from error
    where = TaskPlace(place, PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE)
    units = state.rosters.current.view.competent_units(where, chosen, day_of(at))
    return tuple(unit_view(state, unit) for unit in units)


def status(tx: Tx, state: State, at: datetime, *, actor: Actor | None, link: Link) -> StatusView:
    """How the node is. `actor` None for the machine's own checks."""
    if actor is not None:
        need(actor, state, *HEADERS)
    ready = state.rosters.ready
    trust = state.rosters.current if ready else None
    units = [trust.view.units[code] for code in sorted(state.units) if code in trust.view.units] if trust else []
    oldest = tx.select(OutboxRecord, (Where("state", "queued"),), order=("number",), limit=1)
    return StatusView(
        bureau=state.settings.bureau,
        units=tuple(unit_view(state, unit) for unit in units),
        connected=link.connected,
        last_heard=link.last_heard,
        roster_version=trust.view.version if trust is not None else 0,
        roster_issued_at=trust.statement.issued_at if trust is not None else None,
        queued=len(state.outbox.queued),
        oldest_queued_at=from_us(oldest[0].queued_at) if oldest else None,
        parked=tx.store.count(ThreadRecord, (Where("parked", 0, Op.GT),)),
        alarms=tx.store.count(AlarmRecord, (Where("acknowledged_by", ""),)),
        sealing_allowed=ready and state.rosters.freshness(at=at, connected=True) is not Freshness.TOO_OLD,
    )
