"""A move that the same person prepared with the same words and that still waits: pressing twice makes one."""

import json
from collections.abc import Mapping
from typing import Final

from delegation.codes import Kind
from node.desk.ports import Actor
from node.records import MoveRecord
from node.state import State
from node.store import Where
from node.writer import Tx

_MOST_LOOKED_AT: Final = 200


def twin_of(
    tx: Tx, state: State, actor: Actor, kind: Kind, data: Mapping[str, object], *, thread_id: str = ""
) -> MoveRecord | None:
    """The waiting move that is the same; in `thread_id`, or (empty) whichever thread it begins."""
    where = [Where("unit", actor.unit), Where("state", "prepared")]
    if thread_id:
        where.append(Where("thread_id", thread_id))
    for record in tx.select(MoveRecord, tuple(where), limit=_MOST_LOOKED_AT):
        if record.kind != int(kind) or record.prepared_by != actor.staff_id:
            continue
        secret = state.vault.open(tx, record.thread_id, f"moves/{record.move_id}/secret", record.secret)
        if json.loads(secret)["data"] == json.loads(json.dumps(data)):
            return record
    return None
