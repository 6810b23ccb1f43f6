"""A node that kills itself, by a real SIGKILL, at a named point of a draw: the child of `draw_kills`.

Points are `stage:KIND` of an own envelope: `before`, in the transaction that queues it, before anything of that is on
disk; `queued`, as soon as that is on disk and before it is sent; `sent`, when the registry has answered and the node
has written nothing of the answer. `taken:KIND` is the moment at which an accepted envelope of the thread, whoever sent
it, is on disk; `note` that at which the draw checkpoint is.
"""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.regions import RegionTable
from node.link import Link
from node.logs import configure
from node.records import EntryRecord, MetaRecord, OutboxRecord
from node.service import Node
from node.settings import NodeSettings
from node.store import Changes
from node.store_sql import SqlStore
from tests.node.world import now
from xieban.federation.v1 import exchange_pb2 as exchange

BOTH: Final = (
    "before:DRAW_COMMITTED", "queued:DRAW_COMMITTED", "sent:DRAW_COMMITTED", "note",
    "before:DRAW_REVEALED", "queued:DRAW_REVEALED", "sent:DRAW_REVEALED",
)  # fmt: skip
OF_WHO_DRAWS: Final = (
    *BOTH, "taken:DRAW_REVEALED", "before:PANEL_DRAWN", "queued:PANEL_DRAWN", "sent:PANEL_DRAWN",
)  # fmt: skip


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kinds(written: Sequence[Changes], record: type[OutboxRecord] | type[EntryRecord]) -> set[int]:
    rows = [row for changes in written for row in changes.get(record, {}).values()]
    return {cast("OutboxRecord | EntryRecord", row).kind for row in rows if row is not None}


def arm(point: str) -> None:
    """Let this process end at the point, whenever it comes there."""
    stage, _, kind = point.partition(":")
    wanted = int(Kind[kind]) if kind else 0
    commit, submit = SqlStore.commit, Link.submit

    def watched(self: SqlStore, changes: Changes, moved: Changes = MappingProxyType({})) -> None:
        written = (changes, moved)
        own, taken = wanted in _kinds(written, OutboxRecord), wanted in _kinds(written, EntryRecord)
        note = any(str(key[0]).endswith("/checkpoint") for each in written for key in each.get(MetaRecord, {}))
        if stage == "before" and own:
            _die()
        commit(self, changes, moved)
        if (stage == "queued" and own) or (stage == "taken" and taken) or (stage == "note" and note):
            _die()

    async def answered(self: Link, request: exchange.SubmitEnvelopesRequest) -> exchange.SubmitEnvelopesResponse:
        answer = await submit(self, request)
        if stage == "sent" and any(parse_header(each.header).kind == wanted for each in request.envelopes):
            _die()
        return answer

    SqlStore.commit = watched  # type: ignore[method-assign]  # a process of its own, which is about to die
    Link.submit = answered  # type: ignore[method-assign]  # as above


async def draw_node(folder: Path, options: Mapping[str, object], *, regions: RegionTable) -> None:
    """Carry draws on until the point comes; by SIGALRM after `patience` seconds when it does not."""
    configure("info")
    arm(str(options["point"]))
    signal.alarm(int(str(options["patience"])))
    await Node.start(NodeSettings.load(folder), now, regions=regions)
    await asyncio.Event().wait()
