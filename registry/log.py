"""The transparency log's answers: proofs out of stored subtrees (protocol 8.2)."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from delegation.errors import Reason, Refusal
from delegation.merkle import HASH_SIZE, MAX_SIZE, GetHash, MerkleError, consistency_proof, inclusion_proof
from registry.database import Database
from registry.writer import Writer

T = TypeVar("T")
MOST_LEAVES: Final = 256  # of one call


class LogBook:
    """Proofs for sizes that a signed checkpoint covers, never for more."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    @property
    def checkpoint(self) -> bytes:
        """The newest signed checkpoint."""
        return self._writer.checkpoint

    def _sized(self, wanted: int) -> tuple[int, bytes]:
        """The size to prove for, and the checkpoint when that is the newest."""
        size, newest = self._writer.signed
        if wanted > size:
            raise Refusal(Reason.NOT_FOUND, field="tree_size")
        return (size, newest) if wanted in (0, size) else (wanted, b"")

    async def inclusion(self, leaf: int, size: int) -> tuple[list[bytes], int, bytes]:
        """Path, size and checkpoint. Raises Refusal NOT_FOUND for what the log does not hold."""
        (path,), size, checkpoint = await self.inclusions((leaf,), size)
        return path, size, checkpoint

    async def inclusions(self, leaves: Sequence[int], size: int) -> tuple[list[list[bytes]], int, bytes]:
        """The path of each leaf, in order, in one tree; its size and checkpoint.

        Raises Refusal: TOO_LARGE for over 256 leaves, NOT_FOUND for what the log does not hold.
        """
        if len(leaves) > MOST_LEAVES:
            raise Refusal(Reason.TOO_LARGE, field="more_leaf_indexes")
        size, checkpoint = self._sized(size)
        if max(leaves) >= size:
            raise Refusal(Reason.NOT_FOUND, field="leaf_index")

        def make(get: GetHash) -> list[list[bytes]]:
            return [inclusion_proof(leaf, size, get) for leaf in leaves]

        try:  # entries are asked for soon after they were logged: their subtrees are still at hand
            paths = make(self._writer.nodes.get)
        except KeyError:
            paths = await self._prove(make)
        return paths, size, checkpoint

    async def consistency(self, old: int, new: int) -> tuple[list[bytes], int, bytes]:
        """Path, newer size and its checkpoint. Raises Refusal NOT_FOUND for sizes that the log does not hold."""
        new, checkpoint = self._sized(new)
        if not 0 < old <= new:
            raise Refusal(Reason.NOT_FOUND, field="old_size")
        path = await self._prove(lambda get: consistency_proof(old, new, get))
        return path, new, checkpoint

    async def draw_checkpoint(self, leaf: int) -> bytes:
        """The first checkpoint whose tree holds the DRAW_COMMITTED at this leaf, signed anew: the same bytes for ever.

        Raises Refusal NOT_FOUND for any other leaf (protocol 13.4).
        """
        store = self._database.store
        row = None if leaf > MAX_SIZE else await self._database.read(lambda: store.draw_checkpoint(leaf))
        if row is None or row.size > self._writer.signed[0]:
            raise Refusal(Reason.NOT_FOUND, field="leaf_index")
        return self._writer.sign_again(row.size, row.root)

    async def _prove(self, make: Callable[[GetHash], T]) -> T:
        """A first run only notes the names of what the proof will ask for; what is not at hand is read in one query."""
        store, nodes = self._database.store, self._writer.nodes
        found: dict[tuple[int, int], bytes] = {}
        missing: set[tuple[int, int]] = set()

        def note(level: int, index: int) -> bytes:
            try:
                value = found[level, index] = nodes.get(level, index)
            except KeyError:
                missing.add((level, index))
                value = bytes(HASH_SIZE)
            return value

        make(note)
        if missing:
            read = await self._database.read(lambda: store.node_hashes(missing))
            if len(read) < len(missing):
                raise Refusal(Reason.NOT_FOUND)
            nodes.put([(level, index, value) for (level, index), value in read.items()])
            found |= read
        try:
            return make(lambda level, index: found[level, index])
        except MerkleError as error:
            raise Refusal(Reason.NOT_FOUND) from error
