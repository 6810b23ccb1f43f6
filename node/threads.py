"""The thread as this node applies it: entries in sequence, each chained to the one before, each judged again.

Own results and deliveries come here alike. What arrives early waits (`node.inbox` keeps it); what was applied before is
recognised. The registry can refuse, it cannot invent: an entry that this node's own judgement refuses is parked with an
alarm, the thread's order stands and the queue behind goes on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Final, cast

from certs.trust import Trust
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.effects import Later, caught_up, enacted
from delegation.errors import Reason, Refusal, Refused
from delegation.lifecycle import Accepted, entered, judge
from delegation.model import Entry, EnvelopeRef, Header
from delegation.roster_view import RosterView
from delegation.table import State as Legal
from delegation.thread_json import merely_entered, thread_bytes, thread_from_bytes
from delegation.thread_state import ThreadState
from delegation.urgency import priority_of, rank_day
from delegation.values import changer, maker, replaced
from node import parts
from node.alarms import raise_alarm
from node.records import EntryRecord, OutboxRecord, PartyRecord, ThreadRecord, from_us, to_us
from node.state import Held, Pending, State, is_move, thread_in
from node.store import Where
from node.tasks import note_question
from node.tasks import sync as sync_tasks
from node.writer import Tx

OWN = "own"
APPLIED = "applied"
PARKED = "parked"
NOT_OURS = "not_ours"

Known = Callable[[EnvelopeRef], str]


class Place(StrEnum):
    """Where an entry stands to what this node has of its thread."""

    NEXT = "next"
    HAD = "had"
    EARLY = "early"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An accepted envelope with the registry's word on it, as it came; `content` is salt and body, if readable."""

    entry: Entry
    entry_bytes: bytes
    header: Header
    header_bytes: bytes
    signatures: tuple[bytes, ...]
    sealed_body: bytes
    content: bytes = b""
    state: str = NOT_OURS
    reason: str = ""


an_item: Final = maker(Item)


def load(tx: Tx, state: State, thread_id: str) -> Held | None:
    """The thread, from memory or from the store."""
    found = thread_in(tx, state, thread_id)
    if found is not None:
        return found
    record = tx.get(ThreadRecord, (thread_id,))
    if record is None:
        return None
    known: dict[tuple[str, str], tuple[str, bytes]] = {}
    own_last: dict[str, EnvelopeRef] = {}
    written = thread_from_bytes(record.state_bytes) if record.state_bytes else None
    later: list[Later] = []
    columns = (
        "sender_unit",
        "envelope_id",
        "header_digest",
        "moving",
        "sequence",
        "kind",
        "entry_digest",
        "accepted_at",
    )
    for row in state.store.select_columns(EntryRecord, columns, (Where("thread_id", thread_id),)):
        sender, envelope_id, digest, moving, sequence, kind, entry_digest, at = cast(
            "tuple[str, str, bytes, bool, int, int, bytes, int]", row
        )
        known[sender, envelope_id] = ("accepted", digest)
        if written is not None and sequence > written.sequence:
            later.append(Later(sequence, Kind(kind), sender, entry_digest, digest, from_us(at)))
        if moving and sender in state.units:
            own_last[sender] = EnvelopeRef(sender, envelope_id, digest)
    pending: list[Pending] = []
    for queued in tx.select(OutboxRecord, (Where("thread_id", thread_id),), order=("number",), limit=10_000):
        if queued.state == "queued":
            header = parse_header(queued.header)
            pending.append(Pending(number=queued.number, header=header, moving=is_move(header.kind)))
        elif queued.state in ("refused", "reissued", "dropped"):
            known[queued.sender_unit, queued.envelope_id] = ("refused", queued.header_digest)
    state.known.load(thread_id, known)
    thread = caught_up(written, later) if written is not None else None
    roles = {party.unit: party.role for party in tx.select(PartyRecord, (Where("thread_id", thread_id),))}
    held = Held(
        record=record,
        thread=thread,
        own_last=own_last,
        pending=tuple(pending),
        roles=roles,
        noted=thread,
        written=written,
        stored=record,
    )
    tx.remember(state.threads, thread_id, held)
    return held


def state_of(record: ThreadRecord, entries: Iterable[EntryRecord]) -> ThreadState:
    """The thread as it stands: the stored state, and the neutral entries since. Refusal as `thread_from_bytes`."""
    written = thread_from_bytes(record.state_bytes)
    later = [
        Later(x.sequence, Kind(x.kind), x.sender_unit, x.entry_digest, x.header_digest, from_us(x.accepted_at))
        for x in entries
        if x.sequence > written.sequence
    ]
    return caught_up(written, later)


def must_load(tx: Tx, state: State, thread_id: str, *, unit: str) -> Held:
    """The thread, for a unit that is a party of it. Refusal NOT_FOUND, the same for unknown and foreign ones."""
    held = load(tx, state, thread_id)
    if held is None or unit not in held.roles:
        raise Refusal(Reason.NOT_FOUND)
    return held


def known_in(tx: Tx, state: State, thread_id: str, pending: tuple[Pending, ...] = ()) -> Known:
    """What this node holds of a named envelope of the thread; `pending` own ones count as accepted."""

    def is_known(ref: EnvelopeRef) -> str:
        sender, envelope_id, digest = ref.sender_unit, ref.envelope_id, ref.header_digest
        for item in pending:
            header = item.header
            if header.digest == digest and header.envelope_id == envelope_id and header.sender_unit == sender:
                return "accepted"
        found = tx.recall(state.known, (thread_id, sender, envelope_id))
        if found is None:
            found = (state.known.thread(thread_id) or {}).get((sender, envelope_id))
        if found is None:
            return "unknown"
        status, known = cast("tuple[str, bytes]", found)
        return status if known == digest else "unknown"

    return is_known


def note_known(tx: Tx, state: State, thread_id: str, ref: EnvelopeRef, status: str) -> None:
    """Remember that an envelope was accepted or refused."""
    tx.remember(state.known, (thread_id, ref.sender_unit, ref.envelope_id), (status, ref.header_digest))


_LETTERS = frozenset({Kind.ISSUED, Kind.LETTER_CORRECTED})
_TOLD = frozenset({Kind.PANEL_DRAWN, Kind.PANEL_REPLACED, Kind.PANEL_VOIDED, Kind.OPINION_FORMED})
_SETTING_PRIORITY = _LETTERS | {Kind.PRIORITY_CHANGED}
_FIRST_NEUTRAL = Kind.REMIND
_MOST_BEHIND: Final = 64  # neutral entries that the stored state may lack: made up for when the thread is read
_ASKING = frozenset({Kind.QUESTION, Kind.ANSWER})
_an_entry = maker(EntryRecord)
_counted = changer(ThreadRecord, "version", "changed_at", "change_number", "queued")
_kept = changer(Held, "record", "noted", "written", "stored", "pending")
_applied = changer(Held, "thread", "own_last", "record", "pending", "roles")
_OVER = frozenset({"completed", "withdrawn", "cancelled", "archived", "ended"})


def keep(
    tx: Tx,
    state: State,
    held: Held,
    *,
    at: datetime,
    edited: bool = True,
    entry: bool = False,
    pending: tuple[Pending, ...] | None = None,
) -> Held:
    """Write a thread back: record, memory, and a hint to whoever watches.

    `edited` False for what should not make anyone's form stale, such as evidence of a delivery; `entry` True after
    `apply_next`, whose row keeps what a neutral entry leaves in the thread; `pending` is what is queued from now on,
    where that has changed.
    """
    thread, queued = held.thread, held.pending if pending is None else pending
    before = held.record
    record = _counted(before, before.version + edited, to_us(at), state.number("changes"), len(queued))
    alike = thread is None or _told_alike(held.noted, thread)
    written = held.written
    moved = alike and held.record is held.stored  # no other column has changed
    if thread is not None and thread is not held.noted and not (entry and _follows(written, thread)):
        record, written, moved = replaced(record, state_bytes=thread_bytes(thread)), thread, False
    if thread is not None and not alike:
        due = min([item.legal for item in thread.due_dates], default=None)
        record = replaced(
            record,
            home_unit=thread.home_unit,
            host_unit=thread.host_unit,
            state=thread.state.value,
            turn=thread.turn,
            matter=int(thread.matter),
            is_open=thread.state.value not in _OVER,
            next_due=due.isoformat() if due is not None else "",
            rank_day=rank_day(due, priority_of(thread)).isoformat() if due is not None else "",
            leg=thread.leg,
            round=thread.round,
            case_id=thread.case_id,
        )
    if thread is not None and not (alike and _asks_alike(held.noted, thread)):
        sync_tasks(tx, state, held.noted, thread)
    kept = _kept(held, record, thread, written, record, queued)
    if moved:
        tx.put_moved(record)
    else:
        tx.put(record)
    tx.remember(state.threads, record.thread_id, kept)
    tx.after.append(partial(state.signal, f"thread:{record.thread_id}:{record.version}"))
    if thread is not None and thread.state is Legal.SPECIALTY_SET:
        tx.after.append(partial(state.signal, f"draw:{record.thread_id}"))
    return kept


def _follows(written: ThreadState | None, thread: ThreadState) -> bool:
    """Whether the stored bytes and the rows of the entries since tell of the thread as it stands."""
    return (
        written is not None and thread.sequence - written.sequence <= _MOST_BEHIND and merely_entered(written, thread)
    )


def _told_alike(noted: ThreadState | None, thread: ThreadState) -> bool:
    """Whether the record's columns tell the same of both: most events move none of these."""
    return noted is thread or (
        noted is not None
        and noted.state is thread.state
        and noted.turn == thread.turn
        and noted.open_clocks is thread.open_clocks
        and noted.statutory is thread.statutory
        and noted.cap is thread.cap
        and priority_of(noted) is priority_of(thread)
        and noted.home_unit == thread.home_unit
        and noted.host_unit == thread.host_unit
        and noted.leg == thread.leg
        and noted.round == thread.round
        and noted.case_id == thread.case_id
        and noted.matter is thread.matter
    )


def _asks_alike(noted: ThreadState | None, thread: ThreadState) -> bool:
    """Whether both ask the same of people, where the record's columns tell the same of both."""
    return noted is thread or (
        noted is not None
        and noted.work is thread.work
        and noted.letter is thread.letter
        and noted.archived_by == thread.archived_by
        and noted.provinces == thread.provinces
    )


def place_of(held: Held | None, entry: Entry) -> Place:
    """Whether an entry is the thread's next one."""
    have = held.thread.sequence if held is not None and held.thread is not None else 0
    if entry.thread_sequence == have + 1:
        return Place.NEXT
    return Place.HAD if entry.thread_sequence <= have else Place.EARLY


def check_chain(held: Held | None, entry: Entry) -> None:
    """The next entry names the one before. Refusal ENTRY_MISMATCH (why=chain): the registry rewrote the thread."""
    before = held.thread.last_entry_digest if held is not None and held.thread is not None else b""
    if entry.previous_entry_digest != before:
        raise Refusal(Reason.ENTRY_MISMATCH, why="chain")


def check_had(tx: Tx, entry: Entry) -> None:
    """An entry that was applied before is the same one. Refusal ENTRY_MISMATCH (why=rewritten)."""
    record = tx.get(EntryRecord, (entry.thread_id, entry.thread_sequence))
    if record is not None and record.entry_digest != entry.digest:
        raise Refusal(Reason.ENTRY_MISMATCH, why="rewritten")


def new_record(header: Header, *, at: datetime) -> ThreadRecord:
    """The record of a thread that begins."""
    place = header.task_place.code if header.task_place is not None else ""
    return ThreadRecord(
        thread_id=header.thread_id,
        thread_type=int(header.thread_type),
        state_bytes=b"",
        version=0,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        state="none",
        turn="",
        matter=int(header.matter),
        priority=int(header.priority),
        place=place,
        is_open=True,
        next_due="",
        leg=header.leg,
        round=header.round,
        case_id=header.case_id,
        secret=b"",
        letter_sequence=0,
        queued=0,
        parked=0,
        created_at=to_us(at),
        changed_at=to_us(at),
    )


def note_parties(tx: Tx, state: State, held: Held, thread: ThreadState) -> Mapping[str, str]:
    """Let our units that are parties see the thread, each in its role; gives the roles."""
    roles = dict(held.roles)
    for unit in state.units:
        if unit == thread.home_unit:
            role = "home"
        elif unit == thread.host_unit:
            role = "host"
        elif unit in thread.parties:
            role = "superior"
        elif thread.reads_until(unit) is not None:
            role = "former_host"
        else:
            continue
        if roles.get(unit) != role:
            roles[unit] = role
            tx.put(PartyRecord(unit, thread.thread_id, role))
    return roles


def judged(tx: Tx, state: State, held: Held, header: Header, *, roster: RosterView, entry: Entry) -> Accepted | Refused:
    """This node's own judgement of an entry's envelope, by the roster that the entry names, at its acceptance.

    The thread that it gives has the entry in its place (`entered`).

    An own envelope was judged when it was made; on the very same thread, by the same roster and on the same day the
    guards would say the same, and what it names is in the log as it was then. So its effect alone is computed.
    """
    at = entry.accepted_at
    for item in held.pending:
        mine = item.judged
        if mine is None or item.header.digest != header.digest:
            continue
        if mine.thread is held.thread and mine.roster is roster and mine.on == day_of(at):
            return enacted(mine.thread, header, mine.row, roster=roster, at=at, entry=entry)
        break
    is_known = known_in(tx, state, held.thread_id)
    return judge(held.thread, header, roster=roster, at=at, is_known=is_known, entry=entry)


def apply_next(tx: Tx, state: State, held: Held, item: Item, *, trust: Trust, at: datetime) -> Held:
    """Apply the thread's next entry. The caller checked place, chain, signatures, and opened the content if it could.

    A judgement that differs from the registry's parks the envelope: the entry takes its place without effect.
    """
    header, entry = item.header, item.entry
    outcome = judged(tx, state, held, header, roster=trust.view, entry=entry)
    parked, reason = item.state == PARKED, item.reason
    if isinstance(outcome, Refused):
        parked, reason = True, Reason.SHOULD_HAVE_BEEN_REFUSED.value
        _alarm(tx, state, held, Reason.SHOULD_HAVE_BEEN_REFUSED, at=at, entry=entry, why=outcome.reason.value)
        if held.thread is None:
            raise Refusal(Reason.SHOULD_HAVE_BEEN_REFUSED, why=outcome.reason.value)
        thread = entered(held.thread, header, sequence=entry.thread_sequence, entry_digest=entry.digest)
    else:
        thread = outcome.thread
        if not _dates_agree(thread, entry):
            _alarm(tx, state, held, Reason.ENTRY_MISMATCH, at=at, entry=entry, why="due_dates")
    before, roles = held.thread, held.roles
    if before is None or not _same_parties(before, thread):
        roles = note_parties(tx, state, held, thread)
    moving = is_move(header.kind)
    secret = b""
    if item.content or item.sealed_body:
        row = secret_row(held.thread_id, entry.thread_sequence)
        secret = state.vault.seal(tx, held.thread_id, row, parts.join(item.sealed_body, item.content))
    tx.put(
        _an_entry(
            thread_id=held.thread_id,
            sequence=entry.thread_sequence,
            sender_unit=header.sender_unit,
            envelope_id=header.envelope_id,
            header_digest=header.digest,
            entry_digest=entry.digest,
            kind=int(header.kind),
            moving=moving,
            header=item.header_bytes,
            signatures=parts.join(*item.signatures),
            entry=item.entry_bytes,
            secret=secret,
            state=PARKED if parked else item.state,
            reason=reason,
            accepted_at=to_us(entry.accepted_at),
        )
    )
    note_known(tx, state, held.thread_id, header.ref, "accepted")
    if header.kind in _ASKING and not isinstance(outcome, Refused):
        note_question(tx, state, thread, header)
    tx.after.append(lambda: state.look_for(entry.leaf_index, entry.digest, held.thread_id))
    own_last = held.own_last
    if moving and header.sender_unit in state.units:
        own_last = {**own_last, header.sender_unit: header.ref}
    record = held.record
    if header.kind in _LETTERS:
        record = replaced(record, letter_sequence=entry.thread_sequence)
    if header.kind in _SETTING_PRIORITY:
        record = replaced(record, priority=int(header.priority) or record.priority)
    if parked:
        record = replaced(record, parked=record.parked + 1)
    pending = held.pending and tuple([queued for queued in held.pending if queued.header.digest != header.digest])
    if not _keeps_facts(header):
        tx.remember(state.facts, held.thread_id, False)
    return _applied(held, thread, own_last, record, pending, roles)


def _dates_agree(thread: ThreadState, entry: Entry) -> bool:
    """The statutory date and the cap depend on envelopes alone, so both judges must have the same.

    Others start at deliveries, of which the registry may have logged some that are not here yet.
    """
    statutory = cap = None
    for due in entry.due_dates:
        if due.clock == "statutory":
            statutory = due
        elif due.clock == "cap":
            cap = due
    return statutory == thread.statutory and cap == thread.cap


def _same_parties(before: ThreadState, after: ThreadState) -> bool:
    """Whether home, host, their provinces and the office asked are those of before."""
    return (
        before.home_unit == after.home_unit
        and before.host_unit == after.host_unit
        and before.provinces == after.provinces
        and (before.work is after.work or before.work.national == after.work.national)
    )


def _keeps_facts(header: Header) -> bool:
    """Whether what guards know of the case's bodies stays as it is after this envelope."""
    return header.kind >= _FIRST_NEUTRAL and not header.manifest and header.kind not in _TOLD


def secret_row(thread_id: str, sequence: int) -> str:
    """The name that an entry's secret is authenticated with."""
    return f"entries/{thread_id}/{sequence}/secret"


def _alarm(tx: Tx, state: State, held: Held, reason: Reason, *, at: datetime, entry: Entry, why: str) -> None:
    raise_alarm(
        tx,
        reason,
        at=at,
        number=state.number("alarms"),
        thread_id=held.thread_id,
        details={"why": why, "leaf_index": str(entry.leaf_index), "sequence": str(entry.thread_sequence)},
    )


def local_view(
    tx: Tx, state: State, held: Held, *, roster: RosterView, at: datetime
) -> tuple[ThreadState | None, tuple[Refused | None, ...]]:
    """The thread with what is queued on top, judged in order, and for each queued one why it would be refused now."""
    thread, verdicts = held.thread, list[Refused | None]()
    done: list[Pending] = []
    for item in held.pending:
        known = known_in(tx, state, held.thread_id, tuple(done))
        outcome = judge(thread, item.header, roster=roster, at=at, is_known=known)
        if isinstance(outcome, Refused):
            verdicts.append(outcome)
            continue
        sequence = (thread.sequence if thread is not None else 0) + 1
        thread = entered(outcome.thread, item.header, sequence=sequence, entry_digest=item.header.digest)
        done.append(item)
        verdicts.append(None)
    return thread, tuple(verdicts)
