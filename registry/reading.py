"""Reading a thread: for its parties alone; for anyone else it is NOT_FOUND, whether it exists or not (protocol 7.4)."""

from collections.abc import Collection, Mapping
from typing import Final

from delegation.codec_header import parse_header
from delegation.errors import Reason, Refusal
from delegation.thread_state import ThreadState
from registry.database import Database
from registry.delivery import fill_envelope
from registry.records import PageItem
from registry.threads import read_threads
from registry.writer import Writer
from xieban.federation.v1 import exchange_pb2 as pb

_DEFAULT_PAGE: Final = 100
_MOST_PAGE: Final = 256
_MOST_WITH_BODIES: Final = 32  # 128 KiB each
_MOST_BYTES: Final = 2 * 1024 * 1024


class Reading:
    """Gives pages of threads."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    async def page(
        self, units: Collection[str], *, thread_id: str, start: int, page_size: int, with_bodies: bool
    ) -> pb.ReadThreadResponse:
        """A page for the bureau of `units`. Raises Refusal NOT_FOUND."""
        limit = min(page_size or _DEFAULT_PAGE, _MOST_WITH_BODIES if with_bodies else _MOST_PAGE)
        start = max(start, 1)
        if start >= 2**62:
            raise Refusal(Reason.NOT_FOUND)
        return await self._database.read(lambda: self._page(units, thread_id, start, limit, with_bodies))

    def _page(
        self, units: Collection[str], thread_id: str, start: int, limit: int, with_bodies: bool
    ) -> pb.ReadThreadResponse:
        store = self._database.store
        kept = read_threads(store, [thread_id]).get(thread_id)
        if kept is None:
            raise Refusal(Reason.NOT_FOUND)
        state = kept.state
        until = _reads_until(state, units)
        items = store.thread_page(thread_id, start, limit + 1, with_bodies)
        items = [item for item in items if item.sequence <= until]
        headers = [parse_header(item.header) for item in items]
        own = [item.leaf_index for item, header in zip(items, headers, strict=True) if header.sender_unit in units]
        evidence: dict[int, list[tuple[bytes, bytes]]] = {}
        for leaf, data, entry in store.evidence(own):
            evidence.setdefault(leaf, []).append((data, entry))
        shown = _fitting(items[:limit], evidence)
        response = pb.ReadThreadResponse(checkpoint=self._writer.checkpoint)
        for item, header in zip(shown, headers, strict=False):
            may_open = any(recipient.unit in units for recipient in header.recipients)
            fill_envelope(
                response.envelopes.add(),
                header=item.header,
                signatures=item.signatures,
                sealed_body=item.sealed_body if may_open else b"",
                entry=item.entry,
            )
            for data, entry in evidence.get(item.leaf_index, ()):
                found = response.evidence.add()
                found.ParseFromString(data)
                found.entry = entry
        if len(shown) < len(items):
            response.next_sequence = items[len(shown)].sequence
        elif until >= state.sequence:  # the host of an earlier leg is told of nothing later
            response.negative_entries.extend(store.negatives(thread_id))
        return response


def _reads_until(state: ThreadState, units: Collection[str]) -> int:
    ends = [end for unit in units if (end := state.reads_until(unit)) is not None]
    if not ends:
        raise Refusal(Reason.NOT_FOUND)
    return max(ends)


def _fitting(items: list[PageItem], evidence: Mapping[int, list[tuple[bytes, bytes]]]) -> list[PageItem]:
    """As many as fit one message, one at least."""
    size = 0
    for number, item in enumerate(items):
        size += len(item.header) + len(item.sealed_body) + len(item.entry) + 1024
        size += sum(len(data) + len(entry) for data, entry in evidence.get(item.leaf_index, ()))
        if size > _MOST_BYTES and number:
            return items[:number]
    return items
