"""A federation in memory with its own clock: a registry that judges and orders, bureaus that judge again what they get.

Messages are headers (through their real bytes) and facts of bodies. Signing is a seam: whatever turns a draft into a
parsed header may be put in (`Sealer`); the default makes the bytes and signs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from delegation import digits
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.effects import enacted, table_of
from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts, CaseFacts, LocalFacts
from delegation.lifecycle import (
    Accepted,
    Move,
    available,
    certified,
    delivered,
    entered,
    judge,
    judge_body,
    judge_local,
    overdue,
    placed,
)
from delegation.model import Base, Entry, EntryKind, EnvelopeAnswer, EnvelopeRef, Header
from delegation.roster_view import RosterView, UnitType
from delegation.table import Row
from delegation.tables import TABLES
from delegation.thread_json import thread_bytes, thread_from_bytes
from delegation.thread_state import OpenClock, ThreadState
from tests.builders import NOW, a_roster, parsed
from tests.simulator import appraising
from tests.simulator.composing import Investigation, compose, letter_body, letter_header

_LETTERS = (Kind.ISSUED, Kind.LETTER_CORRECTED)
ROWS: dict[str, Row] = {row.name: row for row in TABLES[0].rows}
_NAMES = {row.name for table in TABLES for row in table.rows}


class JudgesDisagreeError(AssertionError):
    """Home, host and registry did not come to the same thread."""


class Sealer(Protocol):
    """Makes an envelope of a draft: in the end the header as everyone parses it."""

    def __call__(self, draft: Header, body: BodyFacts) -> Header: ...


def seal_nothing(draft: Header, body: BodyFacts) -> Header:
    """Real bytes, no signature, no ciphertext."""
    return parsed(draft)


@dataclass(frozen=True, slots=True)
class Letter:
    """An envelope on its way."""

    header: Header
    body: BodyFacts


@dataclass(frozen=True, slots=True)
class Logged:
    """What the registry logged in a thread: an accepted envelope, or a delivery."""

    thread_id: str
    at: datetime
    roster: RosterView  # by which it is judged, for ever
    letter: Letter | None = None
    sequence: int = 0
    digest: bytes = b""
    after: ThreadState | None = None
    delivered_digest: bytes = b""
    delivered_to: str = ""
    certified: OpenClock | None = None

    def entry_of(self, header: Header) -> Entry:
        """The registry's word on the envelope."""
        return Entry(
            kind=EntryKind.ENVELOPE,
            federation_id=header.federation_id,
            leaf_index=0,
            accepted_at=self.at,
            versions=self.roster.versions(day_of(self.at)),
            thread_id=self.thread_id,
            thread_sequence=self.sequence,
            detail=EnvelopeAnswer(header.ref, b"", accepted=True),
            digest=self.digest,
        )


@dataclass
class Bureau:
    """One unit with its node: cached thread states, outbox, what it knows of envelopes."""

    unit: str
    federation: "Federation"
    online: bool = True
    threads: dict[str, ThreadState] = field(default_factory=dict)
    cases: dict[str, CaseFacts] = field(default_factory=dict)
    known: dict[bytes, str] = field(default_factory=dict)
    outbox: list[Letter] = field(default_factory=list)
    refused: list[tuple[Header, Refused]] = field(default_factory=list)
    own: dict[str, EnvelopeRef] = field(default_factory=dict)
    read_to: int = 0

    def look_up(self, ref: str) -> ThreadState:
        """The thread as this bureau has it."""
        return self.threads[ref]

    def is_known(self, ref: EnvelopeRef) -> str:
        """What this bureau's judge holds of an envelope."""
        return self.known.get(ref.header_digest, "unknown")

    def moves(self, ref: str) -> tuple[Move, ...]:
        """What the desk offers."""
        at = self.federation.now
        return available(self.ahead(ref), unit=self.unit, on=day_of(at), at=at, roster=self.federation.roster)

    def ahead(self, ref: str) -> ThreadState:
        """The thread as it will stand when what is queued is in, as far as it is legal."""
        thread, known = self.threads[ref], dict(self.known)
        for letter in self.outbox:
            header = letter.header
            if header.thread_id != ref:
                continue
            outcome = judge(
                thread,
                header,
                roster=self.federation.roster,
                at=self.federation.now,
                is_known=lambda name: known.get(name.header_digest, "unknown"),
            )
            if isinstance(outcome, Accepted):
                known[header.digest] = "accepted"
                thread = entered(outcome.thread, header, sequence=thread.sequence + 1, entry_digest=header.digest)
        return thread

    def allowed(self, ref: str) -> dict[str, Move]:
        """What the desk offers and allows, by row."""
        return {move.row.name: move for move in self.moves(ref) if move.allowed}

    def delegate(self, wish: Investigation | appraising.Appraisal) -> str:
        """Issue a letter; gives the delegation's number."""
        federation = self.federation
        thread_id = federation.next_number(self.unit)
        where: dict[str, Any] = {
            "thread_id": thread_id, "home": self.unit, "at": federation.now, "roster": federation.roster
        }  # fmt: skip
        body = letter_body(thread_id)
        if isinstance(wish, appraising.Appraisal):
            draft = appraising.appraisal_letter(wish, **where)
            body = replace(body, appraisal=appraising.request_facts())
        else:
            draft = letter_header(wish, **where)
        draft = replace(draft, envelope_id=federation.next_id())
        self._check(None, draft, body)
        self._queue(draft, body)
        return thread_id

    def send(self, ref: str, row: str, **changes: Any) -> Header:
        """Compose an event by a row of the table and queue it; predecessor and base are filled in."""
        thread, federation = self.threads[ref], self.federation
        draft, body = self.draft(ref, row, **changes)
        if self.online and not self._queued(ref):
            self._check(thread, draft, body)
        header = self._queue(draft, body)
        federation.sent += 1
        return header

    def draft(self, ref: str, row: str, **changes: Any) -> tuple[Header, BodyFacts]:
        """What `send` would queue."""
        thread, federation, real = self.ahead(ref), self.federation, self.threads[ref]
        number = federation.next_count()
        body = changes.pop("body", {})
        changes.setdefault("base", Base(real.sequence, real.last_entry_digest))
        offered = next((m for m in self.moves(ref) if m.row.name == row), None)
        if offered is not None and offered.in_reply_to is not None:
            changes.setdefault("in_reply_to", offered.in_reply_to)
        changes.setdefault("predecessor", self.own.get(ref))
        rows = {each.name: each for each in table_of(thread).rows}
        write = compose if thread.appraisal is None else appraising.compose
        draft, facts = write(
            thread, rows[row], unit=self.unit, at=federation.now, roster=federation.roster, number=number, **changes
        )
        return draft, replace(facts, **body)

    def __getattr__(self, row: str) -> Callable[..., Header]:
        """`bureau.accepted(ref)` sends by the row of that name."""
        if row not in _NAMES:
            raise AttributeError(row)
        return lambda ref, **changes: self.send(ref, row, **changes)

    def _queued(self, ref: str) -> bool:
        return any(letter.header.thread_id == ref for letter in self.outbox)

    def _check(self, thread: ThreadState | None, draft: Header, body: BodyFacts) -> None:
        roster, today = self.federation.roster, day_of(self.federation.now)
        case = self.cases.get(draft.thread_id, CaseFacts())
        wrong = judge_body(thread, draft, body, roster=roster, history=case)
        assert wrong is None, wrong
        two = LocalFacts(today=today, handler_id=body.handler_id, approver_id=body.approver_id)
        wrong = judge_local(thread, draft, body, roster=roster, staff=two)
        assert wrong is None, wrong

    def _queue(self, draft: Header, body: BodyFacts) -> Header:
        header = self.federation.sealer(draft, body)
        self.outbox.append(Letter(header, body))
        if not _is_neutral(header):
            self.own[header.thread_id] = header.ref
        return header

    def apply(self, logged: Logged) -> None:
        """One entry of a thread: judge it again, compare with the registry's word."""
        roster, ref = logged.roster, logged.thread_id
        thread = self.threads.get(ref)
        if logged.certified is not None:
            assert thread is not None
            self.threads[ref] = certified(thread, logged.certified)
            return
        if logged.letter is None:
            assert thread is not None
            self.threads[ref] = delivered(
                thread, logged.delivered_digest, unit=logged.delivered_to, at=logged.at, roster=roster
            )
            return
        header, body = logged.letter.header, logged.letter.body
        entry = logged.entry_of(header)
        outcome = judge(thread, header, roster=roster, at=logged.at, is_known=self.is_known, entry=entry)
        if isinstance(outcome, Refused):
            raise JudgesDisagreeError(f"{self.unit} refuses {header.kind.name}: {outcome}")
        if thread is not None and header.replaces is None:  # what a node computes of its own, which it judged before
            assert enacted(thread, header, outcome.row, roster=roster, at=logged.at, entry=entry) == outcome
        if header.kind is not Kind.RESEAL and self.unit in (header.sender_unit, *header.addressees):
            wrong = judge_body(thread, header, body, roster=roster, history=self.cases.get(ref, CaseFacts()))
            assert wrong is None, wrong
        if outcome.thread != logged.after:  # the registry judged first and entered it when the entry was made
            raise JudgesDisagreeError(f"{self.unit} has another thread after {header.kind.name}")
        self.threads[ref] = outcome.thread
        self.known[header.digest] = "accepted"
        self._remember(ref, logged.letter)

    def _remember(self, ref: str, letter: Letter) -> None:
        case, kind = self.cases.get(ref, CaseFacts()), letter.header.kind
        if kind in _LETTERS:
            case = replace(case, letter=letter.body, letter_header=letter.header, supplement=None)
        if kind is Kind.SUPPLEMENT_REQUESTED:
            case = replace(case, supplement=letter.body)
        if kind is Kind.OPINION_FORMED and letter.body.appraisal is not None:
            case = replace(case, opinion=letter.body.appraisal.opinion)
        ids = frozenset(material.material_id for material in letter.header.manifest)
        if letter.body.appraisal is not None and kind in _LETTERS:
            ids |= {appraising.PROOF}  # what will prove that the worker was told
        self.cases[ref] = replace(case, held_material_ids=case.held_material_ids | ids)


def _is_neutral(header: Header) -> bool:
    return all(row.neutral for table in TABLES[:2] for row in table.rows_of(header.kind))


class Federation:
    """The registry and every bureau, on one clock."""

    def __init__(self, roster: RosterView | None = None, *, at: datetime = NOW, sealer: Sealer = seal_nothing) -> None:
        self.roster = roster or a_roster()
        self.now = at
        self.sealer = sealer
        self.sent = 0
        self.threads: dict[str, ThreadState] = {}
        self.log: list[Logged] = []
        self.known: dict[bytes, str] = {}
        self._count = 0
        self._bureaus: dict[str, Bureau] = {}
        self.dark: set[str] = set()  # units whose node acknowledges nothing

    def bureau(self, region: str) -> Bureau:
        """The unit that recognises injuries in a region."""
        return self.unit(digits.unit_code(region6=region, unit_type=digits.UnitType.RECOGNITION, serial=1))

    def committee(self, region: str) -> Bureau:
        """The committee that appraises in a region."""
        return self.unit(digits.unit_code(region6=region, unit_type=digits.UnitType.APPRAISAL, serial=1))

    def province(self, region: str) -> Bureau:
        """A provincial office, or the national one (110000)."""
        of = UnitType.NATIONAL if region == "110000" else UnitType.PROVINCIAL
        return self.unit(digits.unit_code(region6=region, unit_type=digits.UnitType(of.value), serial=1))

    def unit(self, code: str) -> Bureau:
        """The node of a unit."""
        if code not in self._bureaus:
            self._bureaus[code] = Bureau(code, self)
        return self._bureaus[code]

    def next_count(self) -> int:
        """Numbers for ids."""
        self._count += 1
        return self._count

    def next_id(self) -> str:
        """An envelope id."""
        return f"0195f3a0-0000-7000-8000-{self.next_count():012x}"

    def next_number(self, home: str) -> str:
        """A delegation number."""
        return digits.delegation_number(day_of(self.now), home[:6], self.next_count())

    def advance(self, *, days: int = 0, hours: int = 0) -> None:
        """Let time pass."""
        self.now += timedelta(days=days, hours=hours)

    def advance_to(self, day: date) -> None:
        """Until ten in the morning of a later day."""
        self.now += timedelta(days=(day - day_of(self.now)).days)

    def is_known(self, ref: EnvelopeRef) -> str:
        """What the registry holds of an envelope."""
        return self.known.get(ref.header_digest, "unknown")

    def take(self, letter: Letter) -> Accepted | Refused:
        """The registry's judgement of one envelope; a final refusal is remembered."""
        header = letter.header
        thread = self.threads.get(header.thread_id)
        outcome = judge(thread, header, roster=self.roster, at=self.now, is_known=self.is_known)
        if isinstance(outcome, Refused):
            if outcome.reason not in (Reason.NOT_FOUND, Reason.PREDECESSOR_MISSING):
                self.known[header.digest] = "refused"
            return outcome
        sequence = 1 if thread is None else thread.sequence + 1
        digest = sha256(f"{header.thread_id} {sequence}".encode() + header.digest).digest()
        wanted = entered(outcome.thread, header, sequence=sequence, entry_digest=digest)
        assert outcome.thread is not thread  # what is filled in below is nobody else's
        after = placed(outcome, header, sequence=sequence, entry_digest=digest)
        assert after == wanted
        assert thread_from_bytes(thread_bytes(after)) == after
        self.threads[header.thread_id] = after
        self.known[header.digest] = "accepted"
        self.log.append(Logged(header.thread_id, self.now, self.roster, letter, sequence, digest, after))
        return outcome

    def settle(self) -> None:
        """Until nothing moves: outboxes to the registry, entries to all parties, acknowledgements to the log."""
        while self._submit() | self._deliver():
            pass

    def certify(self) -> int:
        """Negative evidence for what ran out; gives how many pieces."""
        count = 0
        for ref, thread in tuple(self.threads.items()):
            for clock in overdue(thread, on=day_of(self.now)):
                self.threads[ref] = certified(self.threads[ref], clock)
                self.log.append(Logged(ref, self.now, self.roster, certified=clock))
                count += 1
        return count

    def _submit(self) -> bool:
        moved = False
        for bureau in tuple(self._bureaus.values()):
            if not bureau.online:
                continue
            batch, bureau.outbox = bureau.outbox, []
            for letter in batch:
                moved = True
                outcome = self.take(letter)
                if isinstance(outcome, Refused):
                    bureau.refused.append((letter.header, outcome))
                    bureau.known[letter.header.digest] = "refused"
                    self._give_back(bureau, letter.header)
        return moved

    def _give_back(self, bureau: Bureau, header: Header) -> None:
        """A refused move is a draft again: the sender's last move is the last accepted one."""
        accepted = [
            logged.letter.header.ref
            for logged in self.log
            if logged.letter is not None
            and logged.thread_id == header.thread_id
            and logged.letter.header.sender_unit == bureau.unit
            and not _is_neutral(logged.letter.header)
        ]
        if accepted:
            bureau.own[header.thread_id] = accepted[-1]
        else:
            bureau.own.pop(header.thread_id, None)

    def _deliver(self) -> bool:
        moved = False
        for code in tuple(self.roster.units):
            bureau = self.unit(code)
            if not bureau.online or code in self.dark:
                continue
            while bureau.read_to < len(self.log):
                logged = self.log[bureau.read_to]
                bureau.read_to += 1
                if not self._reads(bureau, logged):
                    continue
                moved = True
                have = bureau.threads.get(logged.thread_id)
                if logged.letter is not None and logged.sequence > (have.sequence if have is not None else 0) + 1:
                    self._catch_up(bureau, logged)
                else:
                    bureau.apply(logged)
                if logged.letter is not None and code in logged.letter.header.addressees:
                    self._acknowledge(logged, code)
        return moved

    def _reads(self, bureau: Bureau, logged: Logged) -> bool:
        until = self.threads[logged.thread_id].reads_until(bureau.unit)
        if logged.letter is None:
            return logged.thread_id in bureau.threads
        return until is not None and logged.sequence <= until

    def _catch_up(self, bureau: Bureau, now: Logged) -> None:
        """A unit that comes later, or comes back, reads the thread from its beginning."""
        bureau.threads.pop(now.thread_id, None)
        bureau.cases.pop(now.thread_id, None)
        for logged in self.log[: self.log.index(now) + 1]:
            if logged.thread_id == now.thread_id:
                bureau.apply(logged)

    def _acknowledge(self, logged: Logged, unit: str) -> None:
        assert logged.letter is not None
        digest, ref = logged.letter.header.digest, logged.thread_id
        after = delivered(self.threads[ref], digest, unit=unit, at=self.now, roster=self.roster)
        if after is not self.threads[ref]:
            self.threads[ref] = after
            self.log.append(Logged(ref, self.now, self.roster, delivered_digest=digest, delivered_to=unit))
