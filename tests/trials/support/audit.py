"""Counting effects: what staff were told, the two nodes' databases and the registry's log must say the same.

Nothing here asks a service: the files are read with SQLite alone, after everything has stopped. `wrong` gives a line
for each thing that is lost, doubled or different, so that an empty list is the whole result.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from delegation.codes import Kind
from registry.records import ItemKind, envelope_key

_APPLIED: Final = 2
_ENVELOPE: Final = "envelope"
_ONCE: Final = frozenset({Kind.ISSUED, Kind.SIGNED_FOR, Kind.ACCEPTED, Kind.QUESTION, Kind.ANSWER})
Row = tuple[Any, ...]  # as SQLite gives it


@dataclass(frozen=True, slots=True)
class Act:
    """An acknowledged act of a journal."""

    key: str
    thread_id: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The three databases."""

    registry: Path
    home: Path
    host: Path


def acts_of(lines: Iterable[Mapping[str, object]]) -> list[Act]:
    """The acts in a journal."""
    return [
        Act(envelope_key(str(line["unit"]), str(line["envelope"])), str(line["thread"]), str(line["kind"]))
        for line in lines
        if "kind" in line
    ]


def query(path: Path, text: str) -> list[Row]:
    """Rows of a database that nobody has open."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(text).fetchall()


def wrong(files: Files, acts: Sequence[Act]) -> list[str]:
    """Everything that is lost, doubled, or not the same on all three sides."""
    found: list[str] = []
    for path in (files.registry, files.home, files.host):
        if (said := query(path, "PRAGMA integrity_check")) != [("ok",)]:
            found.append(f"{path.name}: integrity {said[:3]}")
    return [
        *found,
        *_log(files.registry),
        *_told(files.registry, acts),
        *_mailboxes(files.registry),
        *(line for side in (files.home, files.host) for line in _node(files.registry, side)),
        *_effects(files.registry),
    ]


def _log(path: Path) -> list[str]:
    """Leaves without a gap, as many as the head says; each judged envelope has a leaf of its own."""
    found: list[str] = []
    leaves: dict[int, str] = dict(query(path, "SELECT leaf_index, kind FROM log_entry"))
    [(size,)] = query(path, "SELECT size FROM log_head")
    if sorted(leaves) != list(range(size)):
        found.append(f"log: {len(leaves)} leaves, size {size}")
    answers = [row[0] for row in query(path, "SELECT leaf_index FROM envelope_answer")]
    envelopes = [index for index, kind in leaves.items() if kind == _ENVELOPE]
    if sorted(answers) != sorted(envelopes):
        found.append(f"log: {len(envelopes)} leaves of envelopes for {len(answers)} answers")
    refused = query(path, "SELECT key FROM envelope_answer WHERE NOT accepted")
    found += [f"refused: {key}" for (key,) in refused]
    return found


def _told(path: Path, acts: Sequence[Act]) -> list[str]:
    """Each act that someone was told to be done was accepted under its id, once, in its thread, as its kind."""
    rows = query(path, "SELECT key, thread_id, kind FROM envelope_answer WHERE accepted")
    held = {key: (thread_id, Kind(kind).name) for key, thread_id, kind in rows}
    found = [f"told twice: {key}" for key, count in Counter(act.key for act in acts).items() if count > 1]
    for act in acts:
        if act.key not in held:
            found.append(f"lost: {act.kind} {act.key}")
        elif held[act.key] != (act.thread_id, act.kind):
            found.append(f"another act: {act.kind} {act.key} is {held[act.key]}")
    return found


def _mailboxes(path: Path) -> list[str]:
    """Each accepted envelope lies once in one mailbox (its letters have one addressee), and was applied."""
    rows = query(path, f"SELECT item, status FROM mailbox WHERE kind = {ItemKind.ENVELOPE.value}")  # noqa: S608 - a number
    accepted = [row[0] for row in query(path, "SELECT leaf_index FROM envelope_answer WHERE accepted")]
    found = []
    if sorted(item for item, _ in rows) != sorted(accepted):
        found.append(f"mailboxes: {len(rows)} envelopes for {len(accepted)} accepted")
    found += [f"never applied: leaf {item}" for item, status in rows if not status & _APPLIED]
    evidence = query(path, "SELECT envelope_leaf, count(*) FROM evidence GROUP BY envelope_leaf HAVING count(*) > 1")
    return found + [f"evidence doubled: leaf {leaf}" for leaf, _ in evidence]


def _node(registry: Path, node: Path) -> list[str]:
    """A node holds each accepted envelope once, at its place of the thread, with the registry's own word on it."""
    name = node.parent.name
    theirs = {
        key: (thread_id, sequence, header_digest, digest)
        for key, thread_id, sequence, header_digest, digest in query(
            registry,
            "SELECT a.key, a.thread_id, a.sequence, a.header_digest, l.digest FROM envelope_answer a"
            " JOIN log_entry l ON l.leaf_index = a.leaf_index WHERE a.accepted",
        )
    }
    ours: dict[str, Row] = {}
    found: list[str] = []
    text = "SELECT sender_unit, envelope_id, thread_id, sequence, header_digest, entry_digest, state FROM entries"
    for unit, envelope_id, *rest, state in query(node, text):
        key = envelope_key(unit, envelope_id)
        if key in ours:
            found.append(f"{name}: doubled {key}")
        if state not in ("own", "applied"):
            found.append(f"{name}: {state} {key}")
        ours[key] = tuple(rest)
    found += [f"{name}: lost {key}" for key in theirs.keys() - ours.keys()]
    found += [f"{name}: not in the log {key}" for key in ours.keys() - theirs.keys()]
    found += [f"{name}: differs {key}" for key in ours.keys() & theirs.keys() if ours[key] != theirs[key]]
    for table in ("outbox", "waiting", "acknowledgements"):
        if rows := query(node, f"SELECT count(*) FROM {table}")[0][0]:  # noqa: S608 - a name from the line above
            found.append(f"{name}: {rows} left in {table}")
    return found


def _effects(registry: Path) -> list[str]:
    """No act of these stories happens twice in a thread, and every thread's sequence has no gap."""
    found: list[str] = []
    kinds: dict[str, list[tuple[int, int]]] = {}
    for thread_id, sequence, kind in query(
        registry, "SELECT thread_id, sequence, kind FROM envelope_answer WHERE accepted"
    ):
        kinds.setdefault(thread_id, []).append((sequence, kind))
    for thread_id, events in kinds.items():
        if sorted(sequence for sequence, _ in events) != list(range(1, len(events) + 1)):
            found.append(f"gap in {thread_id}")
        for kind, count in Counter(kind for _, kind in events).items():
            if count > 1 and Kind(kind) in _ONCE:
                found.append(f"{Kind(kind).name} {count} times in {thread_id}")
    return found


def alarms_of(report: Mapping[str, Any]) -> list[str]:
    """Reasons of the alarms in a node's report."""
    return [str(reason) for reason in report["alarms"]]


def letters_wrong(
    journal: Iterable[Mapping[str, object]], report: Mapping[str, Any], *, number: str, drafts: bool
) -> list[str]:
    """Each letter that was told to be issued is there once, readable; one that was tried is there at most once.

    With `drafts`: also each draft that was told to be kept.
    """
    lines = list(journal)
    held = Counter(report["numbers"].values())
    done = {number.format(line["number"]) for line in lines if line.get("kind") == "ISSUED"}
    tried = {number.format(line["try"]) for line in lines if "try" in line}
    found = [f"letter lost: {each}" for each in done if not held[each]]
    found += [f"letter {count} times: {each}" for each, count in held.items() if count > 1]
    found += [f"letter from nowhere: {each}" for each in held if each not in tried]
    found += [f"alarm: {reason}" for reason in report["alarms"]]
    if drafts:
        kept = {str(line["draft"]) for line in lines if "draft" in line}
        issued = {str(line["draft"]) for line in lines if line.get("kind") == "ISSUED"}
        found += [f"draft lost: {each}" for each in kept - report["drafts"].keys()]
        found += [f"draft not issued: {each}" for each in issued if report["drafts"].get(each) != "issued"]
    return found
