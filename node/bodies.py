"""The body of an own envelope: what the move's data say, and what the node fills in, so that nobody types it twice.

Filled in are the thread, whose hands the move went through, the facts of the files that travel with it, reasons that
travel sealed, and who recorded a paper act.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, TypeGuard

from delegation.codec_json import body_and_facts_from_json
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.facts import BodyFacts
from delegation.model import MaterialRef
from delegation.reasons_codes import REASON_LIST
from node.move_input import MoveInput, Paper, invalid
from node.records import MaterialRecord
from node.state import State
from node.writer import Tx

_LOCAL: Final = frozenset({"withheld", "redacts", "taken_from"})  # what this node notes of a file for itself
_FILLED_IN: Final = frozenset(
    {"kind", "thread_id", "attestation", "materials", "reused_material_ids", "sealed_reasons", "paper"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff as an attestation names them."""

    staff_id: str
    name: str = ""
    phone: str = ""
    role: str = ""


NOBODY: Final = Person(staff_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Whose hands the move went through; both empty for what the node does by itself."""

    handler: Person | None = None
    approver: Person | None = None


class MadeBody(NamedTuple):
    """A body as it will be sealed, and what the header has of it."""

    content: bytes
    facts: BodyFacts
    manifest: tuple[MaterialRef, ...]
    shown: tuple[str, ...]  # reasons


def travelling_reasons(exact: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What stands in the header, and what travels sealed, for exact codes. Refusal INVALID_INPUT (reasons)."""
    if not exact:
        return (), ()
    try:
        codes = [REASON_LIST[code] for code in exact]
    except KeyError as error:
        raise invalid("reasons") from error
    shown = tuple(dict.fromkeys(code.in_header for code in codes))
    return shown, tuple(code.code for code in codes if code.sealed)


def item_codes(kind: Kind, data: MoveInput) -> tuple[str, ...]:
    """Codes of the items that could not be found out: of a result they are the reasons, so nobody types them twice."""
    result = data.body.get("result")
    if kind not in (Kind.REPORTED, Kind.UNABLE) or not isinstance(result, Mapping):
        return ()
    answers = result.get("answers")
    given = [each.get("unable_code") for each in answers if isinstance(each, Mapping)] if _is_list(answers) else []
    return tuple(dict.fromkeys(code for code in given if isinstance(code, str) and code and code not in data.reasons))


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _person(person: Person) -> dict[str, object]:
    found: dict[str, object] = {"staff_id": person.staff_id} if person.staff_id else {}
    if person.name:
        found["name"] = person.name
    if person.phone:
        found["phone"] = person.phone
    return found


def _attestation(hands: Hands, at: datetime) -> dict[str, object]:
    found: dict[str, object] = {}
    if hands.handler is not None:
        found["handler"] = _person(hands.handler)
        found["approved_at"] = f"{at.isoformat()[:19]}Z"  # `at` is of UTC; strftime costs ten times as much
    if hands.approver is not None:
        found["approver"] = _person(hands.approver)
    return found


def _paper(paper: Paper, hands: Hands) -> dict[str, object]:
    recorders = [_person(hands.handler)] if hands.handler is not None else []
    recorders.append(_person(Person(staff_id=paper.second_recorder, name=paper.second_recorder_name)))
    return {
        "post_number": paper.post_number,
        "recorded_by": recorders,
        "scan_material_id": paper.scan_material_id,
    }


def material_info(state: State, tx: Tx, record: MaterialRecord) -> dict[str, object]:
    """The body's words on a material: key and name, from the record's secret.

    Raises:
        Refusal: NOT_ALLOWED for a file that is kept back.
    """
    secret = state.vault.open(tx, record.subject_id, f"materials/{record.material_id}/secret", record.secret)
    found: dict[str, object] = json.loads(secret)
    if found.get("withheld", False):
        raise Refusal(Reason.NOT_ALLOWED, material_id=record.material_id, why="withheld")
    return {name: value for name, value in found.items() if value not in ("", 0, False) and name not in _LOCAL}


def _own_materials(tx: Tx, state: State, subject_id: str, ids: Sequence[str]) -> list[MaterialRecord]:
    found = []
    for material_id in ids:
        record = tx.get(MaterialRecord, (material_id,))
        if record is None or record.subject_id != subject_id or record.uploader not in state.units:
            raise Refusal(Reason.MATERIAL_MISSING, material_id=material_id)
        if record.envelope_id:
            raise Refusal(Reason.MATERIAL_HELD_ALREADY, material_id=material_id)
        found.append(record)
    return found


def make_body(
    tx: Tx, state: State, *, kind: Kind, thread_id: str, data: MoveInput, hands: Hands, at: datetime
) -> MadeBody:
    """The body's bytes and facts, the manifest, and the reasons that stand in the header."""
    shown, sealed = travelling_reasons((*data.reasons, *item_codes(kind, data)))
    records = _own_materials(tx, state, thread_id, data.materials) if data.materials else []
    body: dict[str, object] = dict(data.body)
    if not _FILLED_IN.isdisjoint(body):
        raise invalid("body")
    body["thread_id"] = thread_id
    attestation = _attestation(hands, at)
    if attestation:
        body["attestation"] = attestation
    if records:
        body["materials"] = [material_info(state, tx, record) for record in records]
    if data.reused:
        body["reused_material_ids"] = list(data.reused)
    if sealed:
        body["sealed_reasons"] = list(sealed)
    if data.text and "text" not in body:
        body["text"] = data.text
    if data.paper is not None:
        body["paper"] = _paper(data.paper, hands)
    manifest = tuple([MaterialRef(item.material_id, item.root, item.sealed_size, item.chunks) for item in records])
    content, facts = body_and_facts_from_json(kind, body)
    return MadeBody(content, facts, manifest, shown)
