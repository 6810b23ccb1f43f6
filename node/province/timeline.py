"""One delegation as headers and entries tell it, from the office's own verified copy."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.model import Entry, Header, NegativeEvidence
from node.desk.labels import clock_label, kind_label
from node.province.ports import Step
from node.province.standing import VERIFIED
from node.records_province import WatchedRecord
from node.store import Where
from node.writer import Tx

MOST_STEPS = 2_000


def steps_of(tx: Tx, thread_id: str) -> tuple[Step, ...]:
    """The verified steps of a thread in the order of the log."""
    rows = tx.select(WatchedRecord, (Where("thread_id", thread_id), VERIFIED), order=("leaf",), limit=MOST_STEPS)
    return tuple(_step(row) for row in rows)


def _step(row: WatchedRecord) -> Step:
    entry = parse_entry(row.entry)
    if isinstance(entry.detail, NegativeEvidence):
        return _passed(entry, entry.detail)
    return _act(entry, parse_header(row.header))


def _act(entry: Entry, header: Header) -> Step:
    return Step(
        sequence=entry.thread_sequence,
        leaf=entry.leaf_index,
        kind=Kind(header.kind),
        label=kind_label(header.kind),
        sender=header.sender_unit,
        leg=header.leg,
        claimed_at=header.claimed_at,
        accepted_at=entry.accepted_at,
        due=entry.due_dates,
        reasons=tuple(str(reason) for reason in header.reasons),
        declared=_declared(header.declared),
    )


def _passed(entry: Entry, detail: NegativeEvidence) -> Step:
    return Step(
        sequence=0,
        leaf=entry.leaf_index,
        kind=None,
        label=clock_label(detail.clock),
        sender="",
        leg=0,
        claimed_at=None,
        accepted_at=entry.accepted_at,
        due=(),
        missed_clock=detail.clock,
        awaited=detail.awaited_unit,
    )


def _declared(declared: object) -> Mapping[str, str]:
    """What a header declares in the open, by field; what it leaves empty is left out."""
    if not is_dataclass(declared):
        return {}
    found = {each.name: _text(getattr(declared, each.name)) for each in fields(declared)}
    return {name: text for name, text in found.items() if text}


def _text(value: object) -> str:
    if isinstance(value, Enum):
        return "" if value.name == "UNSPECIFIED" else value.name.lower()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(filter(None, (_text(each) for each in value)))
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None or value == 0 or value == "" or is_dataclass(value) else str(value)
