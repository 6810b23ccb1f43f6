"""Feeds the log watch: every head that comes by is seen, its growth is proven now and then, forks raise an alarm."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from delegation.errors import Reason, Refusal
from node.alarms import raise_alarm
from node.link import Link
from node.log_proofs import keep_proofs
from node.log_sweep import Sweep, sweep_round
from node.log_watch import Fork, LogWatch, Seen, check_inclusion, consistent
from node.records import MetaRecord
from node.state import State
from node.writer import Tx, Writer

_log = structlog.get_logger("node.log")
_PROVEN = "log.proven"
_AUDITED_AT_ONCE = 64  # of one call; the rest waits for the next round, or for whoever asks
_AUDITED_WHILE_BUSY = 8  # so few while envelopes are on their way: those go first
_BUSY_HEADS = 16  # more heads than these since the last round tell of envelopes on their way


class LogKeeper:
    """Watches one registry's log for the courier. `pause` seconds lie between two proofs."""

    def __init__(
        self, *, writer: Writer[State], state: State, clock: Callable[[], datetime], pause: float = 2.0
    ) -> None:
        self._writer = writer
        self._state = state
        self._clock = clock
        self._watch: LogWatch | None = None
        self._forks: list[Fork] = []
        self._bad = 0
        self._heads = 0
        self._growing = asyncio.Lock()  # a proof is asked for and judged before the next one is
        self._sweep, self._lost = Sweep(), False
        self.audited = 0
        self.pause = pause

    async def start(self) -> None:
        """Go on from the last proven head."""
        if self._watch is None and self._state.rosters.ready:
            registry = self._state.rosters.current.view.registry
            proven = await self._writer.run(_proven)
            self._watch = LogWatch(origin=registry.log_origin, public_key=registry.log_public_key, proven=proven)

    def stream_opened(self) -> None:
        """A delivery stream begins."""
        if self._watch is not None:
            self._watch.stream_opened()

    def see(self, note: bytes, *, stream: bool = False) -> None:
        """A head came by. Bad ones and forks become alarms at the next proof, which verifies the newest head."""
        if not note or self._watch is None:
            return
        self._heads += 1
        try:
            fork = self._watch.see(note, stream=stream)
        except Refusal:
            self._bad += 1
            fork = None
        if fork is not None:
            self._forks.append(fork)
        self._state.signal("log")

    async def prove(self, link: Link) -> None:
        """Prove the newest head's growth; write down heads and alarms."""
        await self.start()
        watch = self._watch
        if watch is None:
            return
        before = watch.proven
        await self._grow(link, watch)
        await self._tell()
        busy = self._heads > _BUSY_HEADS
        await self._audit(link, watch)
        if not busy:
            await self._look_back()
        if watch.proven is not None and watch.proven is not before:
            await self._writer.run(partial(_note_proven, note=watch.proven.note))

    async def trusted(self, link: Link, note: bytes) -> Seen:
        """A head that is signed, and that the proven one grew out of, or the other way round.

        Raises:
            Refusal: CHECKPOINT_NOT_TRUSTED, LOG_FORKED (with an alarm), ROSTER_NOT_READY, and as the link's.
        """
        await self.start()
        watch = self._watch
        if watch is None:
            raise Refusal(Reason.ROSTER_NOT_READY)
        found = watch.read(note)
        if watch.proven is None or watch.proven.checkpoint.size < found.checkpoint.size:
            self.see(note)
            await self._grow(link, watch)
        proven = watch.proven
        if proven is not None and proven.checkpoint.size < found.checkpoint.size:
            await self._tell()
            raise Refusal(Reason.LOG_FORKED)
        if proven is not None and proven.note != found.note and found.checkpoint.size:
            old, new = found.checkpoint.size, proven.checkpoint.size
            path = list((await link.consistency(old_size=old, new_size=new)).path) if old < new else []
            fork = consistent(found, proven, path)
            if fork is not None:
                self._forks.append(fork)
                await self._tell()
                raise Refusal(Reason.LOG_FORKED)
        return found

    async def _grow(self, link: Link, watch: LogWatch) -> None:
        """Prove that the newest head grew out of the proven one."""
        async with self._growing:
            try:
                wanted = watch.wanted()
            except Refusal:
                self._bad += 1
                wanted = None
            if wanted is not None and watch.newest is not None:
                target = watch.newest
                old, new = wanted
                proof = await link.consistency(old_size=old, new_size=new)
                fork = watch.prove(target, list(proof.path))
                if fork is not None:
                    self._forks.append(fork)

    async def _tell(self) -> None:
        """Alarms for what was found."""
        forks, self._forks = self._forks, []
        for fork in forks:
            await self._writer.run(partial(_alarm_fork, fork=fork))
        if self._bad:
            self._bad = 0
            await self._writer.run(_alarm_note)

    async def _audit(self, link: Link, watch: LogWatch) -> None:
        """Look for accepted entries in the proven head: one outside the log is a lie, the others' proofs are kept."""
        head = watch.proven
        if head is None:
            return
        # A copy in one step: the writer's thread appends while this one looks.
        covered = [item for item in tuple(self._state.audit) if item[0] < head.checkpoint.size]
        found: dict[int, tuple[bytes, ...]] = {}
        most, self._heads = _AUDITED_WHILE_BUSY if self._heads > _BUSY_HEADS else _AUDITED_AT_ONCE, 0
        asked = covered[-most:]
        if len(covered) > most:
            self._state.signal("log")  # another round, though no head may come by
        try:
            while asked:
                leaves = [leaf_index for leaf_index, _, _ in asked]
                paths = await link.inclusions(leaves, tree_size=head.checkpoint.size)
                for (leaf_index, digest, thread_id), path in zip(asked, paths, strict=False):
                    try:
                        check_inclusion(leaf_index=leaf_index, entry_digest=digest, path=path, head=head.checkpoint)
                        found[leaf_index] = path
                    except Refusal:
                        details = {"why": "inclusion", "leaf_index": str(leaf_index)}
                        alarm = partial(_alarm_entry, thread_id=thread_id, details=details, proof=head.note)
                        await self._writer.run(alarm)
                    with suppress(ValueError):
                        self._state.audit.remove((leaf_index, digest, thread_id))
                asked = asked[len(paths) :]  # a registry of an older contract proves the first alone
        finally:
            if found:  # also when the registry went away in between
                self.audited += len(found)
                await self._writer.run(partial(keep_proofs, note=head.note, paths=found))

    async def _look_back(self) -> None:
        """While nothing is on its way: find what a restart forgot, or what came too fast to be remembered."""
        audit = self._state.audit
        if len(audit) == audit.maxlen:
            self._lost = True
        if self._lost and not audit:
            self._lost, self._sweep = False, Sweep()
        if self._sweep.done or len(audit) > _AUDITED_AT_ONCE:
            return
        waiting = {leaf_index for leaf_index, _, _ in tuple(audit)}
        for leaf_index, digest, thread_id in await self._writer.run(partial(sweep_round, sweep=self._sweep)):
            if leaf_index not in waiting:
                waiting.add(leaf_index)
                self._state.look_for(leaf_index, digest, thread_id)
        if not self._sweep.done:
            self._state.signal("log")

    @property
    def newest(self) -> bytes:
        """The newest head seen, as signed; empty before the first."""
        return self._watch.newest.note if self._watch is not None and self._watch.newest is not None else b""


def _proven(tx: Tx, state: State, at: datetime) -> bytes:
    del state, at
    record = tx.get(MetaRecord, (_PROVEN,))
    return record.value if record is not None else b""


def _note_proven(tx: Tx, state: State, at: datetime, *, note: bytes) -> None:
    del state, at
    tx.put(MetaRecord(_PROVEN, note))


def _alarm_fork(tx: Tx, state: State, at: datetime, *, fork: Fork) -> None:
    raise_alarm(
        tx, Reason.LOG_FORKED, at=at, number=state.number("alarms"), details={"why": fork.why}, proof=fork.proof
    )


def _alarm_entry(tx: Tx, state: State, at: datetime, *, thread_id: str, details: dict[str, str], proof: bytes) -> None:
    raise_alarm(
        tx,
        Reason.ENTRY_MISMATCH,
        at=at,
        number=state.number("alarms"),
        thread_id=thread_id,
        details=details,
        proof=proof,
    )


def _alarm_note(tx: Tx, state: State, at: datetime) -> None:
    raise_alarm(tx, Reason.CHECKPOINT_NOT_TRUSTED, at=at, number=state.number("alarms"))
