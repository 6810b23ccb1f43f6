"""What the case page shows of one delegation, taken apart from the view: no rule is made here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from delegation.catalogue import CATALOGUE
from delegation.codes import Kind
from delegation.errors import Reason
from gateway.bureau.cases.asking import items_of, listed_in, part_of
from gateway.bureau.cases.labels import MATERIAL_STATES, file_kind
from gateway.bureau.cases.reading import Names, Part, readable
from gateway.bureau.cases.rules import AWAITED, table_of, verb_of, why_not
from gateway.bureau.cases.words import CURES, QUEUED_STATES
from node.desk.people_views import Colleague
from node.desk.views import (
    AlarmView,
    DelegationView,
    EntryView,
    MaterialView,
    NegativeView,
    QueuedMoveView,
    UnitView,
)

_ATTESTED = "attestation"
_MATERIALS = ("materials", "reused_material_ids")
_OPENINGS: Final = frozenset({
    "salt", "path", "pool_salt", "pool_path", "pool_index", "pool_specialties", "pool", "checkpoint", "draw_escrow",
    "appointed_from",
})  # fmt: skip


def mark(view: DelegationView) -> str:
    """What acts the page showed: the last entry, own envelopes on their way. Evidence of delivery changes nothing."""
    last = max((entry.sequence for entry in view.entries), default=0)
    queued = "|".join(f"{each.envelope_id} {each.state}" for each in view.queued)
    return f"{last}.{sha256(queued.encode()).hexdigest()[:8]}"


def sequence_of(shown: str) -> int:
    """The last entry that a mark names."""
    number = shown.partition(".")[0]
    return int(number) if number.isdigit() and len(number) < 10 else 0


def names_of(view: DelegationView, units: Iterable[UnitView] = (), people: Iterable[Colleague] = ()) -> Names:
    """Names for the codes of this case."""
    known = {unit.code: unit.name for unit in units}
    row = view.row
    known |= {code: name for code, name in ((row.home_unit, row.home_name), (row.host_unit, row.host_name)) if name}
    return Names(
        units=known,
        materials={each.material_id: each.name for each in view.materials},
        items=dict(items_of(view.letter)),
        envelopes={each.envelope_id: f"{each.label}（第{each.sequence}号）" for each in view.entries},
        people={each.staff_id: each.name for each in people},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Whose turn it is, for what, and whose it is not."""

    unit: str
    name: str
    ours: bool
    awaited: str


def turn_of(view: DelegationView) -> Turn:
    """Whose turn it is and what that side does next."""
    row = view.row
    names = {row.home_unit: row.home_name, row.host_unit: row.host_name}
    paused = any(entry.kind == "PAUSED" for entry in view.entries[-1:])
    awaited = "恢复办理" if paused else AWAITED.get(row.state, "")
    if row.turn == row.home_unit and any(due.clock == _EXTENSION for due in view.due_dates):
        awaited = "答复延期申请"
    return Turn(unit=row.turn, name=names.get(row.turn, row.turn), ours=row.our_turn, awaited=awaited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """Whom to call."""

    name: str
    phone: str
    of: str


def phones(view: DelegationView, other: UnitView | None) -> list[Phone]:
    """The other side's telephones: the office of the roster, who accepted, who handled last, the letter's."""
    row, found = view.row, list[Phone]()
    if other is not None and other.phone:
        found.append(Phone(name=other.name, phone=other.phone, of="单位值班电话"))
    their = row.host_unit if row.our_role == "home" else row.home_unit
    for entry in reversed(view.entries):
        if entry.sender_unit != their:
            continue
        contact = (part_of(entry, "acceptance") or {}).get("contact")
        handler = (part_of(entry, _ATTESTED) or {}).get("handler")
        for who, of in ((contact, "负责人"), (handler, "经办人")):
            if isinstance(who, Mapping) and who.get("phone"):
                found.append(Phone(name=str(who.get("name", "")), phone=str(who["phone"]), of=of))
    office = (view.letter or {}).get("contact_phone")
    if office and row.our_role != "home":
        found.append(Phone(name=row.home_name, phone=str(office), of="委托方办公电话"))
    return list({each.phone: each for each in reversed(found)}.values())[::-1][:4]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An entry of the timeline, its three kinds of proof apart."""

    entry: EntryView
    body: Part
    declared: Part
    handler: str
    approver: str
    reply_to: str
    by_us: bool
    parked: str
    files: tuple[MaterialView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the timeline: an act, or negative evidence."""

    at: datetime
    act: Act | None = None
    negative: NegativeView | None = None


def _person(body: Mapping[str, object] | None, who: str) -> str:
    attested = (body or {}).get(_ATTESTED)
    person = attested.get(who) if isinstance(attested, Mapping) else None
    return str(person.get("name") or person.get("staff_id", "")) if isinstance(person, Mapping) else ""


def _told(value: object) -> object:
    """What people read of a value: openings of a draw are for the draw's page and its file."""
    if isinstance(value, Mapping):
        return {name: _told(each) for name, each in value.items() if name not in _OPENINGS}
    return [_told(each) for each in value] if isinstance(value, list | tuple) else value


def act_of(view: DelegationView, entry: EntryView, names: Names, *, unit: str) -> Act:
    """An entry in readable form."""
    hidden = {_ATTESTED, *_MATERIALS}
    body = {name: _told(value) for name, value in (entry.body or {}).items() if name not in hidden}
    files = tuple(each for each in view.materials if each.material_id in entry.materials)
    shown_anyway = entry.kind == "PRIORITY_CHANGED"  # to what it was changed stands in the header alone
    declared = (
        {}
        if entry.body and not shown_anyway
        else {name: value for name, value in entry.declared.items() if value not in (0, False)}
    )
    return Act(
        entry=entry,
        body=readable(body, names=names),
        declared=readable(declared, path="declared", names=names),
        handler=_person(entry.body, "handler"),
        approver=_person(entry.body, "approver"),
        reply_to=names.envelopes.get(entry.in_reply_to, ""),
        by_us=entry.sender_unit == unit,
        parked=why_not(entry.parked_reason, None) if entry.parked_reason else "",
        files=files,
    )


_EXTENSION: Final = "extension-answer"
_DEMAND_OF_STATE: Final = {
    "returned_for_correction": "RETURNED", "refused": "REFUSED", "supplement_requested": "SUPPLEMENT_REQUESTED",
    "withdraw_requested": "WITHDRAW_REQUESTED",
}  # fmt: skip


def demands(view: DelegationView, names: Names, *, unit: str) -> list[Act]:
    """What one side asked of the other and what is not done yet, whole: so that nobody looks for it in the history."""
    row = view.row
    wanted = {_DEMAND_OF_STATE.get(row.state, "")}
    if row.state == "in_progress" and row.round > 1:
        wanted.add("SUPPLEMENT_REQUESTED")
    if any(due.clock == _EXTENSION for due in view.due_dates):
        wanted.add("EXTENSION_REQUESTED")
    latest = {entry.kind: entry for entry in view.entries if entry.kind in wanted}
    found = []
    for entry in latest.values():
        act = act_of(view, entry, names, unit=unit)
        if entry.kind == "EXTENSION_REQUESTED":  # how many days stand in the header alone
            act = replace(act, declared=readable(entry.declared, path="declared", names=names))
        found.append(act)
    return found


def timeline(view: DelegationView, names: Names, *, unit: str) -> list[Step]:
    """Acts and negative evidence, the latest first."""
    steps = [Step(at=entry.accepted_at, act=act_of(view, entry, names, unit=unit)) for entry in reversed(view.entries)]
    steps += [Step(at=each.noted_at, negative=each) for each in view.negatives]
    return sorted(steps, key=lambda step: step.at, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One question or answer of the conversation."""

    entry: EntryView
    text: str
    item: str
    by_us: bool
    blocking: bool
    answered: bool


def conversation(view: DelegationView, *, unit: str) -> list[list[Said]]:
    """Each question with its answers, in order."""
    items = dict(items_of(view.letter))
    answered = {entry.in_reply_to for entry in view.entries if entry.kind == "ANSWER"}
    threads: dict[str, list[Said]] = {}
    for entry in view.entries:
        if entry.kind not in {"QUESTION", "ANSWER"}:
            continue
        question = part_of(entry, "question") or {}
        code = str(question.get("item_code", ""))
        said = Said(
            entry=entry,
            text=str(question.get("text") or (entry.body or {}).get("text", "")),
            item=f"{code} {items.get(code, '')}".strip(),
            by_us=entry.sender_unit == unit,
            blocking=bool(entry.declared.get("blocking")),
            answered=entry.envelope_id in answered,
        )
        key = entry.in_reply_to if entry.in_reply_to in threads else entry.envelope_id
        threads.setdefault(key, []).append(said)
    return list(threads.values())


def unanswered(threads: Sequence[Sequence[Said]]) -> list[Said]:
    """Questions of the other side that wait for an answer."""
    said = (each for thread in threads for each in thread)
    return [each for each in said if each.entry.kind == "QUESTION" and not each.answered and not each.by_us]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A result: its answers in the order of the items, and the rest of it."""

    entry: EntryView
    answers: tuple[Mapping[str, object], ...]
    rest: Part


def outcomes(view: DelegationView, names: Names) -> list[Outcome]:
    """Results by round, the latest first."""
    found = []
    for entry in reversed(view.entries):
        appraised = part_of(entry, "appraisal_result")
        if appraised is not None:
            part = readable(appraised, path="appraisal_result", names=names)
            found.append(Outcome(entry=entry, answers=(), rest=part))
        result = part_of(entry, "result")
        if result is None:
            continue
        rest = {name: value for name, value in result.items() if name not in {"answers", "investigators"}}
        found.append(
            Outcome(
                entry=entry,
                answers=tuple(listed_in(result, "answers")),
                rest=readable(rest, path="result", names=names),
            )
        )
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An own envelope whose entry is not in, with cause and cure."""

    move: QueuedMoveView
    state: str
    cause: str
    cure: str
    again: str  # verb with which it can be made again
    may_drop: bool


def waiting(view: DelegationView) -> list[Waiting]:
    """Own envelopes on their way, refused or given back."""
    table = table_of(view)
    found = []
    for each in view.queued:
        rows = table.rows_of(Kind[each.kind]) if each.kind in Kind.__members__ else ()
        back = each.state in {"refused", "returned_draft", "untrusted"}
        found.append(
            Waiting(
                move=each,
                state=QUEUED_STATES.get(each.state, each.state),
                cause=why_not(each.reason, each.details, rows) if each.reason else "",
                cure=CURES.get(each.state, ""),
                again=verb_of(Kind[each.kind]) if back and each.data is not None else "",
                may_drop=back,
            )
        )
    return found


def alarm_words(alarm: AlarmView) -> str:
    """An alarm's reason in words."""
    known = alarm.reason in Reason.__members__
    return CATALOGUE[Reason(alarm.reason)].text_zh if known else alarm.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file of the case as a line of the list."""

    file: MaterialView
    kind: str
    state: str
    who: str
    sent: str  # label of the act that it travelled with


def files(view: DelegationView, names: Names) -> list[FileLine]:
    """Every file of the case."""
    return [
        FileLine(
            file=each,
            kind=file_kind(each.document_kind),
            state=MATERIAL_STATES.get(each.state, each.state),
            who=names.units.get(each.from_unit, each.from_unit),
            sent=names.envelopes.get(each.attached_to, ""),
        )
        for each in view.materials
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protested:
    """An own act that the other side could not accept as it came."""

    entry: EntryView
    verb: str


def protested(view: DelegationView, *, unit: str) -> list[Protested]:
    """Own envelopes that were protested and not sent again since."""
    replaced = {entry.replaces for entry in view.entries if entry.kind != "RESEAL"}
    by_id = {entry.envelope_id: entry for entry in view.entries}
    named = [by_id.get(entry.in_reply_to) for entry in view.entries if entry.kind == "PROTEST"]
    return [
        Protested(entry=entry, verb=verb_of(Kind[entry.kind]))
        for entry in named
        if entry is not None and entry.sender_unit == unit and entry.envelope_id not in replaced
    ]


def investigators(view: DelegationView) -> tuple[Mapping[str, object], ...]:
    """Who investigates now."""
    for entry in reversed(view.entries):
        part = part_of(entry, "assignment")
        if part is not None:
            return tuple(listed_in(part, "investigators"))
    return ()


def dates_history(view: DelegationView) -> list[tuple[EntryView, Sequence[object]]]:
    """Entries after which due dates differ from those before."""
    found: list[tuple[EntryView, Sequence[object]]] = []
    before: set[tuple[str, str, str]] = set()
    for entry in view.entries:
        now = {(due.clock, due.unit, due.legal.isoformat()) for due in entry.due_dates}
        if now != before:
            found.append((entry, entry.due_dates))
        before = now
    return found


def reused(view: DelegationView) -> int:
    """How many files were referred to instead of being asked for again, as the headers declare it."""
    counts = [each.declared.get("reused_materials", 0) for each in view.entries if each.state != "parked"]
    return sum(number for number in counts if isinstance(number, int))
