"""What the registry's log says: the held head and the newest one, and that every entry is a leaf of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from certs.notes import Checkpoint, NoteError, parse_and_verify
from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.merkle import MerkleError, verify_consistency
from node.link import Link
from node.log_proofs import read_proof
from node.log_watch import check_inclusion
from node.verification.report import Book, Doubt

_AT_ONCE = 8
_MOST_TOLD = 10_000


class LogProofs(Protocol):
    """Proofs as the registry's LogService gives them. A Refusal when it does not."""

    async def checkpoint(self) -> bytes:
        """The newest head, a signed note."""
        ...

    async def inclusion(self, leaf_index: int, tree_size: int) -> Sequence[bytes]:
        """The path of a leaf in a tree."""
        ...

    async def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """The proof that one tree grew out of another."""
        ...

    async def draw_checkpoint(self, leaf_index: int) -> bytes:
        """The draw checkpoint of the later commitment of a draw, a signed note (protocol 13.4)."""
        ...


class LinkProofs:
    """LogProofs over the node's link."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def checkpoint(self) -> bytes:
        """See LogProofs."""
        return (await self._link.checkpoint()).checkpoint

    async def inclusion(self, leaf_index: int, tree_size: int) -> Sequence[bytes]:
        """See LogProofs."""
        return list((await self._link.inclusion(leaf_index=leaf_index, tree_size=tree_size)).path)

    async def consistency(self, old_size: int, new_size: int) -> Sequence[bytes]:
        """See LogProofs."""
        return list((await self._link.consistency(old_size=old_size, new_size=new_size)).path)

    async def draw_checkpoint(self, leaf_index: int) -> bytes:
        """See LogProofs."""
        return await self._link.draw_checkpoint(leaf_index)


@dataclass(frozen=True, slots=True)
class Leaf:
    """Something that must be in the log."""

    name: str
    leaf_index: int
    digest: bytes
    sequence: int = 0


async def check_log(
    book: Book,
    leaves: Iterable[Leaf],
    *,
    proven: bytes,
    trust: Trust,
    proofs: LogProofs | None,
    kept: Mapping[int, bytes],
) -> tuple[int, bool]:
    """Check heads and leaves. Gives the size of the head that was used, and whether the registry answered.

    Without the registry a leaf is shown by the proof that the node keeps of it (`kept`), under its own checkpoint.
    """
    held = _held(book, proven, trust)
    newest = await _newest(book, held, trust=trust, proofs=proofs)
    unique = list({(leaf.leaf_index, leaf.name, leaf.digest): leaf for leaf in leaves}.values())[:_MOST_TOLD]
    if newest is None or proofs is None:
        size = held.size if held is not None else 0
        for leaf in unique:
            if leaf.leaf_index in kept:
                _kept_leaf(book, leaf, kept[leaf.leaf_index], trust)
                continue
            beyond = leaf.leaf_index >= size
            book.open(leaf.name, Doubt.BEYOND_CHECKPOINT if beyond else Doubt.OFFLINE, leaf.sequence, _of(leaf))
        return size, False
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(leaf: Leaf) -> None:
        async with slots:
            await _leaf(book, leaf, newest, proofs)

    await asyncio.gather(*(one(leaf) for leaf in unique))
    return newest.size, True


def _of(leaf: Leaf) -> str:
    return str(leaf.leaf_index)


def _held(book: Book, proven: bytes, trust: Trust) -> Checkpoint | None:
    """The last head that this node proved."""
    if not proven:
        book.open("held_checkpoint", Doubt.NOT_HELD)
        return None
    return book.attempt("held_checkpoint", lambda: _parse(proven, trust))


def _parse(note: bytes, trust: Trust) -> Checkpoint:
    try:
        return parse_and_verify(note, trust.view.registry.log_origin, trust.log_key)
    except NoteError as error:
        raise Refusal(Reason.CHECKPOINT_NOT_TRUSTED, why=str(error.code)) from error


async def _newest(book: Book, held: Checkpoint | None, *, trust: Trust, proofs: LogProofs | None) -> Checkpoint | None:
    if proofs is None:
        book.open("newest_checkpoint", Doubt.OFFLINE)
        return None
    try:
        note = await proofs.checkpoint()
    except Refusal as refusal:
        book.open("newest_checkpoint", refusal.reason.value)
        return None
    newest = book.attempt("newest_checkpoint", lambda: _parse(note, trust))
    if newest is None or held is None or held.size == 0:
        return newest
    if newest.size < held.size:
        book.fail("consistency", Doubt.FORKED)
        return newest
    try:
        path = await proofs.consistency(held.size, newest.size) if newest.size > held.size else ()
        verify_consistency(
            old_size=held.size, new_size=newest.size, old_root=held.root, new_root=newest.root, proof=path
        )
    except Refusal as refusal:
        book.open("consistency", refusal.reason.value)
    except MerkleError:
        book.fail("consistency", Doubt.FORKED)
    else:
        book.ok("consistency")
    return newest


def _kept_leaf(book: Book, leaf: Leaf, value: bytes, trust: Trust) -> None:
    with book.checking(leaf.name, leaf.sequence, _of(leaf)):
        note, path = read_proof(value)
        check_inclusion(leaf_index=leaf.leaf_index, entry_digest=leaf.digest, path=path, head=_parse(note, trust))


async def _leaf(book: Book, leaf: Leaf, newest: Checkpoint, proofs: LogProofs) -> None:
    if leaf.leaf_index >= newest.size:
        book.fail(leaf.name, Doubt.NOT_IN_LOG, leaf.sequence, _of(leaf))
        return
    try:
        path = await proofs.inclusion(leaf.leaf_index, newest.size)
    except Refusal as refusal:
        book.open(leaf.name, refusal.reason.value, leaf.sequence, _of(leaf))
        return
    try:
        check_inclusion(leaf_index=leaf.leaf_index, entry_digest=leaf.digest, path=list(path), head=newest)
    except Refusal:
        book.fail(leaf.name, Doubt.NOT_IN_LOG, leaf.sequence, _of(leaf))
    else:
        book.ok(leaf.name, leaf.sequence, _of(leaf))
