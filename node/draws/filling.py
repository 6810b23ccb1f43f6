"""What a clerk's move of an appraisal is completed with before it is judged: the list, the next reserve, the escrow's
secret, names and numbers that the thread holds already.

`filled` runs once, when the move is prepared or made; what it gave is what waits for its approver, who seals exactly
that. `as_fixed` refuses a list that this node has not fixed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from google.protobuf.json_format import MessageToDict

from certs.draw_escrow import DrawSide, SealedSecret, open_secret
from delegation.appraisal_facts import AppraisalFacts
from delegation.codec_body_checks import read_body
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.declared_appraisal import DrawCommittedDeclared
from delegation.draw import next_reserve
from delegation.eligibility import Asked, Parties, WayOut
from delegation.errors import Reason, Refusal
from delegation.payloads import SALT_SIZE
from delegation.table import State as Legal
from delegation.thread_state import ThreadState
from node.draws.members import Members, commitments, entries, listed, members_of, message_of
from node.draws.steps import BY_NODE, said_again
from node.move_input import invalid
from node.pool.eligible import EligibleList, fix_list, list_of, open_places
from node.records import EntryRecord, OutboxRecord
from node.sending import typed_in
from node.state import Held, State
from node.threads import local_view
from node.writer import Tx
from xieban.delegation.v1 import appraisal_pb2, body_pb2, letter_pb2

Raw: TypeAlias = Mapping[str, object]
_LISTS: Final = (Kind.SPECIALTY_DETERMINED, Kind.PANEL_SHORT)
_SEATED: Final = frozenset({Legal.PANEL_DRAWN, Legal.SCHEDULED, Legal.NOTIFIED})
_WAYS: Final[Mapping[WayOut, str]] = {
    WayOut.FEWER_RESERVES: "减少候补名额",
    WayOut.WIDEN: "扩大到相近科别",
    WayOut.SECONDMENT: "商请对方推荐专家（聘请入库）",
    WayOut.OTHER_COMMITTEE: "改委其他劳动能力鉴定委员会",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One move that somebody makes."""

    tx: Tx
    state: State
    held: Held
    thread: ThreadState  # with what is queued on top
    facts: AppraisalFacts
    unit: str
    staff_id: str
    kind: Kind
    at: datetime

    def members(self) -> Members:
        """Who sits, by the bodies at hand."""
        return members_of(self.tx, self.state, self.held.thread_id)


def filled(
    tx: Tx, state: State, held: Held, *, unit: str, staff_id: str, kind: Kind, raw: Raw, at: datetime
) -> tuple[Kind, Raw]:
    """The move as it will be sealed, and its kind: too short a list makes PANEL_SHORT of SPECIALTY_DETERMINED.

    Raises:
        Refusal: INVALID_INPUT with the field, NOT_ALLOWED (state) where nothing can be filled in.
    """
    fill = _FILLS.get(kind) if kind not in BY_NODE or raw.get("replaces") else None
    if fill is None or "paper" in raw or held.thread is None:
        return kind, raw
    thread = local_view(tx, state, held, roster=state.rosters.current.view, at=at)[0] if held.pending else held.thread
    if thread is None or thread.appraisal is None:
        return kind, raw
    asking = Asking(
        tx=tx,
        state=state,
        held=held,
        thread=thread,
        facts=thread.appraisal,
        unit=unit,
        staff_id=staff_id,
        kind=kind,
        at=at,
    )
    return fill(asking, raw)


def as_fixed(tx: Tx, held: Held, *, unit: str, kind: Kind, raw: Raw) -> None:
    """A list is declared as this node fixed it; nobody types a root. Refusal INVALID_INPUT."""
    if kind is not Kind.SPECIALTY_DETERMINED:
        return
    declared = part(raw, "declared")
    try:
        record = list_of(
            tx, unit=unit, thread_id=held.thread_id, root=bytes.fromhex(str(declared.get("eligible_root", "")))
        )
    except (ValueError, Refusal) as error:
        raise invalid("declared.eligible_root") from error
    if (record.draw, record.pool_version) != (declared.get("draw"), declared.get("pool_version")):
        raise invalid("declared.draw")


def part(raw: Raw, *path: str) -> dict[str, object]:
    """An object inside what was typed, empty when absent. Refusal INVALID_INPUT."""
    found: object = raw
    for name in path:
        if not isinstance(found, Mapping):
            raise invalid(".".join(path))
        found = found.get(name, {})
    if not isinstance(found, Mapping):
        raise invalid(".".join(path))
    return dict(found)


def _with(raw: Raw, content: str, body: Raw, declared: Raw | None = None) -> Raw:
    found = {**raw, "body": {**part(raw, "body"), content: dict(body)}}
    return found if declared is None else {**found, "declared": dict(declared)}


def _declaring(raw: Raw, **declared: object) -> Raw:
    return {**raw, "declared": {**part(raw, "declared"), **declared}}


# The list.


def parties_of(letter: letter_pb2.Letter) -> Parties:
    """Whom the case is about, as its letter says."""
    return Parties(
        worker_name=letter.worker.name,
        worker_number=letter.worker.id_number,
        employer_name=letter.employer.name,
        employer_number=letter.employer.credit_code,
        treating_hospitals=tuple(letter.appraisal.treating_hospitals),
    )


def letter_of(tx: Tx, state: State, held: Held) -> letter_pb2.Letter:
    """The letter in force. Refusal NOT_FOUND where this node cannot read it."""
    record = tx.get(EntryRecord, (held.thread_id, held.record.letter_sequence))
    body = message_of(tx, state, record) if record is not None else None
    if body is None:
        raise Refusal(Reason.NOT_FOUND)
    return body.letter


def _plan(raw: Raw) -> tuple[Asked, ...]:
    strata, named = part(raw, "declared").get("strata", []), part(raw, "body", "specialties").get("specialties", [])
    if not isinstance(strata, Sequence) or not isinstance(named, Sequence) or len(strata) != len(named):
        raise invalid("declared.strata")
    found = []
    for stratum, specialty in zip(strata, named, strict=True):
        seats, reserves = (
            stratum.get(name, 0) if isinstance(stratum, Mapping) else None for name in ("seats", "reserves")
        )
        if type(seats) is not int or type(reserves) is not int or not isinstance(specialty, str):
            raise invalid("declared.strata")
        found.append(Asked(specialty, seats, reserves))
    return tuple(found)


def _list(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """Judge the pool and keep the list; or say where it is too short and what can be done."""
    if asking.kind is Kind.PANEL_SHORT and asking.thread.state in _SEATED:
        return asking.kind, _spent(asking, raw)
    if part(raw, "declared").get("eligible_root"):
        return asking.kind, raw  # fixed before; `as_fixed` looks at it
    void, left = asking.members().barred(asking.unit)
    found = fix_list(
        asking.tx,
        asking.state,
        asking.at,
        unit=asking.unit,
        staff_id=asking.staff_id,
        thread_id=asking.held.thread_id,
        leg=asking.thread.leg,
        draw=asking.facts.draw + 1,
        plan=_plan(raw),
        parties=parties_of(letter_of(asking.tx, asking.state, asking.held)),
        void=void,
        recused=left,
    )
    if asking.kind is Kind.PANEL_SHORT and not found.is_short:
        raise Refusal(Reason.NOT_ALLOWED, state="panel_not_short")
    kind = Kind.PANEL_SHORT if found.is_short else Kind.SPECIALTY_DETERMINED
    return kind, _listed(found, raw)


def _listed(found: EligibleList, raw: Raw) -> Raw:
    declared: dict[str, object] = {
        "draw": found.draw,
        "strata": [
            {"seats": each.seats, "reserves": each.reserves, "eligible": each.eligible} for each in found.figures
        ],
        "pool_version": found.pool_version,
    }
    typed = part(raw, "body", "specialties")
    body: dict[str, object] = {
        "specialties": list(found.specialties),
        "reason": typed.get("reason", ""),
        "ineligible": [{"reason": reason, "count": count} for reason, count in found.ineligible],
    }
    if found.is_short:
        ways = "；".join(_WAYS[way] for way in found.ways_out)
        said = typed.get("remedy", "")
        body["remedy"] = f"{said}\n可以：{ways}" if said else f"可以：{ways}"
    else:
        declared["eligible_root"] = found.root.hex()
    return _with(raw, "specialties", body, declared)


def _spent(asking: Asking, raw: Raw) -> Raw:
    """No reserve is left: strata and specialities are those of the draw."""
    record = listed(asking.tx, asking.held.thread_id, asking.facts.draw)
    body = message_of(asking.tx, asking.state, record) if record is not None else None
    if body is None:
        raise Refusal(Reason.NOT_FOUND)
    declared = {
        "draw": asking.facts.draw,
        "strata": [
            {"seats": each.seats, "reserves": each.reserves, "eligible": each.eligible} for each in asking.facts.strata
        ],
        "pool_version": asking.facts.pool_version,
    }
    told = {**part(raw, "body", "specialties"), "specialties": list(body.specialties.specialties)}
    return _with(raw, "specialties", told, declared)


# The draw.


def _revealed_for(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """The office opens what a unit of its own has put in escrow with it."""
    view = asking.state.rosters.current.view
    facts, thread, named = asking.facts, asking.thread, str(part(raw, "declared").get("unit", ""))
    for unit in (named,) if named else (thread.home_unit, thread.host_unit):
        office = view.provincial_office(unit) if unit in view.units else None
        if office is None or office.code != asking.unit or facts.secret_of(unit) is not None:
            continue
        record = commitments(asking.tx, asking.held.thread_id, facts.draw).get(unit)
        if record is not None:
            secret = _from_escrow(asking, unit, record)
            return asking.kind, {**raw, "declared": {"draw": facts.draw, "unit": unit, "secret": secret.hex()}}
    raise Refusal(Reason.NOT_ALLOWED, state="no_escrow")


def _from_escrow(asking: Asking, unit: str, record: EntryRecord) -> bytes:
    header, body = parse_header(record.header), message_of(asking.tx, asking.state, record)
    declared = header.declared
    if body is None or not isinstance(declared, DrawCommittedDeclared):
        raise Refusal(Reason.CANNOT_OPEN, why="body")
    sealed = next((each for each in body.draw_escrow.secrets if each.unit == asking.unit), None)
    key = asking.state.keyring.sealing_key(asking.unit, sealed.key_id) if sealed is not None else None
    if sealed is None or key is None:
        raise Refusal(Reason.CANNOT_OPEN, why="key")
    side = DrawSide(
        federation_id=header.federation_id,
        thread_id=header.thread_id,
        leg=header.leg,
        draw=declared.draw,
        unit=unit,
    )
    return open_secret(
        SealedSecret(sealed.unit, sealed.key_id, sealed.sealed), side, key=key, commitment=declared.commitment
    )


def _voided(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """D01 names the other side; for D02 nobody is at fault."""
    default = raw.get("reasons") == ["D01"] or raw.get("reasons") == ("D01",)
    unit = asking.thread.other_side(asking.unit) if default else ""
    return asking.kind, _declaring(raw, draw=asking.facts.draw, unit=unit)


def _replaced(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """The next reserve of the stratum enters, opened in the list."""
    typed = part(raw, "body", "panel_change")
    place = asking.members().place_of(str(typed.get("leaves", "")))
    if place is None:
        raise invalid("body.panel_change.leaves")
    stratum, leaves = place
    enters = next_reserve(asking.facts.picks[stratum], asking.facts.entered(stratum))
    if enters is None:
        raise Refusal(Reason.NOT_ALLOWED, state="reserves_spent")
    (opened,) = open_places(
        asking.tx,
        asking.state,
        unit=asking.unit,
        thread_id=asking.held.thread_id,
        root=asking.facts.eligible_root,
        places=[(stratum, enters)],
    )
    body = {"leaves": typed.get("leaves"), "reason": typed.get("reason", ""), "enters": opened.body(reserve=False)}
    declared = {"draw": asking.facts.draw, "stratum": stratum, "leaves": leaves, "enters": enters}
    return asking.kind, _with(raw, "panel_change", body, declared)


def _recusal_answered(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """Who objected, and to whom, stands in what is answered: the one named, else the first that waits."""
    waiting = [ref.envelope_id for ref in asking.facts.recusals]
    named = str(raw.get("in_reply_to") or (waiting[0] if waiting else ""))
    raised = asking.members().recusals.get(named)
    if raised is None:
        return asking.kind, raw
    told = MessageToDict(raised, preserving_proto_field_name=True)
    told.pop("reason", None)
    typed = part(raw, "body", "recusal")
    return asking.kind, {**_with(raw, "recusal", {**typed, **told}), "in_reply_to": named}


def _again(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """After a protest the node says the same again; nobody types any of it."""
    declared, body = said_again(
        asking.tx,
        asking.state,
        asking.at,
        held=asking.held,
        thread=asking.thread,
        unit=asking.unit,
        kind=asking.kind,
    )
    return asking.kind, {"replaces": raw.get("replaces"), "declared": declared, "body": body}


# The examination and the opinion.


def _examined(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """The whole panel was there, unless something else is said."""
    typed = part(raw, "body", "examination")
    if not typed.get("experts"):
        typed["experts"] = [each.expert_id for each in asking.members().sitting.values()]
    return asking.kind, _with(raw, "examination", typed)


def _opinion(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    typed = part(raw, "body", "opinion")
    return asking.kind, _with(raw, "opinion", _named(asking, typed))


def _named(asking: Asking, typed: dict[str, object]) -> dict[str, object]:
    """Each expert's name, as the pool has it."""
    names = {each.expert_id: each.name for each in asking.members().sitting.values()}
    opinions = typed.get("opinions", [])
    if isinstance(opinions, Sequence) and not isinstance(opinions, str):
        typed["opinions"] = [
            {"name": names.get(str(each.get("expert_id")), ""), **{k: v for k, v in each.items() if v != ""}}
            if isinstance(each, Mapping)
            else each
            for each in opinions
        ]
    return typed


def _reported(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """The opinion as it was formed last."""
    typed = part(raw, "body", "appraisal_result")
    formed = _last(asking, Kind.OPINION_FORMED)
    if "opinion" not in typed and formed is not None:
        typed["opinion"] = MessageToDict(formed.opinion, preserving_proto_field_name=True)
    return asking.kind, _with(raw, "appraisal_result", typed)


def _last(asking: Asking, kind: Kind) -> body_pb2.Body | None:
    """The last body of that kind: an own one that is queued, else what the log holds."""
    for item in reversed(asking.held.pending):
        record = asking.tx.get(OutboxRecord, (item.header.sender_unit, item.header.envelope_id))
        if item.header.kind is kind and record is not None:
            return read_body(typed_in(asking.tx, asking.state, record)[1][SALT_SIZE:])
    found = entries(asking.tx, asking.held.thread_id, (kind,))
    return message_of(asking.tx, asking.state, found[-1]) if found else None


def _served(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """Number and finding of the conclusion that is served."""
    typed, issued = part(raw, "body", "conclusion"), _last(asking, Kind.CONCLUSION_ISSUED)
    if issued is not None:
        shown = MessageToDict(issued.conclusion, preserving_proto_field_name=True)
        typed = {**{name: shown[name] for name in ("number", "finding") if name in shown}, **typed}
    return asking.kind, _with(raw, "conclusion", typed)


# Seconded experts.


def _known(raw: Raw, known: Mapping[str, Raw], **more: Callable[[str], object]) -> Raw:
    typed = part(raw, "body", "experts").get("experts", [])
    if not isinstance(typed, Sequence) or isinstance(typed, str):
        raise invalid("body.experts")
    found = []
    for each in typed:
        if not isinstance(each, Mapping):
            raise invalid("body.experts")
        number = str(each.get("expert_id", ""))
        said = {name: value for name, value in each.items() if value not in ("", [])}
        made = {name: make(number) for name, make in more.items()}
        found.append({**made, **known.get(number, {}), **said})
    return _with(raw, "experts", {"experts": found})


def _admitted(asking: Asking, raw: Raw) -> tuple[Kind, Raw]:
    """Who they are, the proposal said; the number in the own pool says whose they were."""
    proposed = _last(asking, Kind.EXPERTS_PROPOSED)
    known = {each.expert_id: _shown(each) for each in (proposed.experts.experts if proposed is not None else ())}
    region = asking.thread.host_unit[:6]
    return asking.kind, _known(raw, known, home_expert_id=lambda number: f"{region}-{number}"[:64])


def _shown(expert: appraisal_pb2.SecondedExpert) -> Raw:
    shown: dict[str, object] = MessageToDict(expert, preserving_proto_field_name=True)
    return shown


_Fill: TypeAlias = Callable[[Asking, Raw], tuple[Kind, Raw]]
_FILLS: Final[Mapping[Kind, _Fill]] = {
    **dict.fromkeys(BY_NODE, _again),
    Kind.SPECIALTY_DETERMINED: _list,
    Kind.PANEL_SHORT: _list,
    Kind.DRAW_REVEALED_FOR: _revealed_for,
    Kind.DRAW_VOIDED: _voided,
    Kind.PANEL_REPLACED: _replaced,
    Kind.RECUSAL_ANSWERED: _recusal_answered,
    Kind.EXAMINED: _examined,
    Kind.OPINION_FORMED: _opinion,
    Kind.APPRAISAL_REPORTED: _reported,
    Kind.CONCLUSION_SERVED: _served,
    Kind.EXPERTS_ADMITTED: _admitted,
}
