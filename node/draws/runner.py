"""Carries draws on: looks at a thread when something came up in it, fetches what a step needs, and looks again."""

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from certs.notes import Checkpoint, parse_and_verify
from delegation.errors import Reason, Refusal
from node.draws.steps import Need, NeedNote, open_draws, step, take_note
from node.link import Link
from node.log_proofs import keep_proofs
from node.log_watch import check_inclusion
from node.state import State
from node.writer import Writer, place_of_error

_log = structlog.get_logger("node.draws")
_LOOKS = 12  # at one thread before the next has its turn
_AGAIN = 30.0  # seconds from one look at every draw to the next
_LATER = 2.0  # seconds after one that failed


class Drawer:
    """One node's draws. `wake` from the loop; `run` until cancelled."""

    def __init__(self, *, writer: Writer[State], state: State, link: Link) -> None:
        self._writer = writer
        self._state = state
        self._link = link
        self._threads: dict[str, None] = {}
        self._event = asyncio.Event()

    def wake(self, thread_id: str) -> None:
        """Something came up in a thread whose experts are being drawn."""
        self._threads[thread_id] = None
        self._event.set()

    async def run(self) -> None:
        """Go on with draws until cancelled."""
        while True:
            if self._state.rosters.ready:
                await self._round()
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN if self._state.rosters.ready else 0.2):
                    await self._event.wait()
            self._event.clear()

    async def _round(self) -> None:
        threads, self._threads = self._threads, {}
        if not threads:  # a start, or a look now and then
            threads = dict.fromkeys(await self._writer.run(open_draws))
        failed = False
        for thread_id in threads:
            failed |= not await self._carry(thread_id)
        if failed:
            asyncio.get_running_loop().call_later(_LATER, self._event.set)

    async def _carry(self, thread_id: str) -> bool:
        try:
            await self.carry(thread_id)
        except Refusal as refusal:
            _log.info("draw waits", reason=refusal.reason.value, thread=thread_id)
        except Exception as error:  # noqa: BLE001 - one draw's bug must not stop the others; it is logged
            _log.error("draw failed", error=type(error).__name__, where=place_of_error(error), thread=thread_id)
        else:
            return True
        return False

    async def carry(self, thread_id: str) -> None:
        """Go on with one draw until others are awaited. Refusal as its steps, UNAVAILABLE without the registry."""
        for _ in range(_LOOKS):
            need = await self._writer.run(partial(step, thread_id=thread_id))
            if need is None:
                return
            await self._fetch(need)

    async def _fetch(self, need: Need) -> None:
        if isinstance(need, NeedNote):
            note = await self._link.draw_checkpoint(need.later)
            head = self._read(note)
            paths = await self._link.inclusions(need.leaves, tree_size=head.size)
            if len(paths) != len(need.leaves):
                raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, field="paths")
            await self._writer.run(partial(take_note, need=need, note=note, paths=paths))
            return
        note = (await self._link.checkpoint()).checkpoint
        head = self._read(note)
        (path,) = await self._link.inclusions([need.leaf_index], tree_size=head.size)
        check_inclusion(leaf_index=need.leaf_index, entry_digest=need.digest, path=path, head=head)
        await self._writer.run(partial(keep_proofs, note=note, paths={need.leaf_index: path}))

    def _read(self, note: bytes) -> Checkpoint:
        trust = self._state.rosters.current
        return parse_and_verify(note, trust.view.registry.log_origin, trust.log_key)
