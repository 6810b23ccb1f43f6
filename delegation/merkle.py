"""The Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, frontier, proofs and their verification.

One tree for three uses: the registry's log, the chunks of a material, the leaves of an acknowledgement batch. All of it
is arithmetic over hashes: nothing reads a store (callers pass `get_hash`), nothing knows what a leaf means, and no
signature is checked; a root proves only as much as the signed checkpoint, manifest or batch that names it.

A perfect subtree is named (level, index): it covers the leaves from index * 2**level to (index + 1) * 2**level - 1. Its
hash never changes once those leaves exist, so a store keeps such hashes alone and every proof is built from them.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# Sizes fit a signed 64-bit column and a proof is then at most 63 hashes (inclusion) or 64 (consistency) long.
MAX_SIZE = 2**63 - 1
# An acknowledgement batch has at most some hundreds of leaves; the bound only keeps a hostile count out of memory.
MAX_BATCH = 65_536
_COPIED = 4_096  # bytes of a leaf that are sooner copied than hashed in two steps
_sha256: Final = hashlib.sha256

# (level, index) of a perfect subtree to its hash, and the three together, as a store keeps them.
GetHash = Callable[[int, int], bytes]
Node = tuple[int, int, bytes]


class MerkleError(ValueError):
    """A size, index, hash or proof is malformed, or a proof does not lead to its root."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || data). RFC 9162 2.1.1."""
    if len(data) <= _COPIED:
        return _sha256(b"\x00" + data).digest()
    digest = hashlib.sha256(b"\x00")
    digest.update(data)  # not concatenated: a chunk of a material would be copied
    return digest.digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right). RFC 9162 2.1.1. Does not check the lengths."""
    return _sha256(b"\x01" + left + right).digest()


def _checked_hash(value: bytes, what: str) -> bytes:
    if len(value) != HASH_SIZE:
        raise MerkleError(f"{what} is not {HASH_SIZE} bytes long")
    return value


def _fold(peaks: Iterable[bytes]) -> bytes:
    """Join the hashes of neighbouring perfect subtrees, given largest (leftmost) first, from the right."""
    root: bytes | None = None
    for peak in reversed(tuple(peaks)):
        root = peak if root is None else node_hash(peak, root)
    return EMPTY_ROOT if root is None else root


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: one hash for each set bit of `size`, largest subtree first. Never more than 63 hashes.

    It is enough to append and to give the root, not to prove anything. Being immutable, a batch whose commit failed is
    forgotten by keeping the old frontier.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.size <= MAX_SIZE:
            raise MerkleError("tree size is out of range")
        if len(self.peaks) != self.size.bit_count():
            raise MerkleError("number of frontier hashes does not fit the tree size")
        for peak in self.peaks:
            _checked_hash(peak, "frontier hash")

    def append(self, leaf: bytes) -> Self:
        """The frontier with one more leaf, given by its leaf hash. Raises MerkleError when the tree is full."""
        return self.grow((leaf,))[0]

    def grow(self, leaf_hashes: Iterable[bytes]) -> tuple[Self, list[Node]]:
        """Append a batch: the new frontier, and the perfect subtrees that it completed, in the order of completion.

        The leaves themselves are among them, at level 0. One hash an inner node; about 2n nodes for n leaves.
        """
        size, peaks, nodes = self.size, list(self.peaks), list[Node]()
        for leaf in leaf_hashes:
            if size >= MAX_SIZE:
                raise MerkleError("tree is full")
            current, level, place = _checked_hash(leaf, "leaf hash"), 0, size
            nodes.append((0, size, current))
            while place & 1:  # a subtree of this level waits for its right neighbour
                current = _sha256(b"\x01" + peaks.pop() + current).digest()  # as node_hash; twice a leaf
                level, place = level + 1, place >> 1
                nodes.append((level, place, current))
            peaks.append(current)
            size += 1
        return type(self)(size, tuple(peaks)), nodes

    def root(self) -> bytes:
        """Root hash of the tree of `size` leaves; EMPTY_ROOT when there are none."""
        return _fold(self.peaks)

    def serialise(self) -> list[bytes]:
        """The frontier hashes, largest subtree first; `size` is stored beside them."""
        return list(self.peaks)

    @classmethod
    def deserialise(cls, *, size: int, hashes: Sequence[bytes]) -> Self:
        """Read back what `serialise` gave. Raises MerkleError when hashes and size do not fit each other.

        Does not check that the hashes are right: compare `root()` with a signed checkpoint.
        """
        return cls(size, tuple(hashes))

    @classmethod
    def load(cls, *, size: int, get_hash: GetHash) -> Self:
        """The frontier of the first `size` leaves, read from the store of perfect subtrees."""
        if not 0 <= size <= MAX_SIZE:
            raise MerkleError("tree size is out of range")
        return cls(size, tuple(get_hash(level, index) for level, index in _cover(0, size)))


def new_nodes(frontier: Frontier, leaf_hashes: Iterable[bytes]) -> list[Node]:
    """The perfect subtrees, leaves included, to store when the batch is appended to `frontier`."""
    return frontier.grow(leaf_hashes)[1]


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root of the tree with these leaf hashes, in constant memory but for the iterable itself."""
    peaks: list[bytes] = []
    for index, leaf in enumerate(leaf_hashes):
        current, place = _checked_hash(leaf, "leaf hash"), index
        while place & 1:  # as `Frontier.grow`, of which nobody wants the subtrees
            current, place = node_hash(peaks.pop(), current), place >> 1
        peaks.append(current)
    return _fold(peaks)


def _cover(start: int, end: int) -> list[tuple[int, int]]:
    """The perfect subtrees that make up leaves [start, end), left to right.

    `start` is a multiple of the largest power of two that the range holds, as every range in a proof is, so the
    subtrees only shrink.
    """
    parts: list[tuple[int, int]] = []
    while start < end:
        level = (end - start).bit_length() - 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def _range_hash(start: int, end: int, get_hash: GetHash) -> bytes:
    return _fold(_checked_hash(get_hash(level, index), "stored hash") for level, index in _cover(start, end))


def _split(start: int, end: int) -> int:
    """Where a tree over [start, end) of two or more leaves divides: after the largest power of two below its size."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def inclusion_proof(index: int, size: int, get_hash: GetHash) -> list[bytes]:
    """Path that shows leaf `index` in the tree of the first `size` leaves. RFC 9162 2.1.3.1.

    Reads at most O(log**2 size) stored hashes. Raises MerkleError unless 0 <= index < size <= MAX_SIZE; what
    `get_hash` raises for a missing node passes through.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise MerkleError("leaf index is not below the tree size")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            path.append(_range_hash(middle, end, get_hash))
            end = middle
        else:
            path.append(_range_hash(start, middle, get_hash))
            start = middle
    path.reverse()
    return path


def consistency_proof(old: int, new: int, get_hash: GetHash) -> list[bytes]:
    """Proof that the tree of the first `old` leaves is a prefix of that of the first `new`. RFC 9162 2.1.4.1.

    Empty when both are the same. Raises MerkleError unless 0 < old <= new <= MAX_SIZE: the empty tree is a prefix of
    every tree and has no proof.
    """
    if not 0 < old <= new <= MAX_SIZE:
        raise MerkleError("tree sizes are not in order")
    proof: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = _split(start, end)
        if old <= middle:
            proof.append(_range_hash(middle, end, get_hash))
            end = middle
        else:
            proof.append(_range_hash(start, middle, get_hash))
            start = middle
    if start:  # when the old tree is one of the perfect subtrees, the verifier holds its root already
        proof.append(_range_hash(start, end, get_hash))
    proof.reverse()
    return proof


def verify_inclusion(*, index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with `root`. RFC 9162 2.1.3.2.

    Raises MerkleError when it does not, or when anything is malformed: size 0, index not below size, a hash that is
    not 32 bytes, a proof too short or too long. Does not check who vouches for size and root.
    """
    if not 0 <= index < size <= MAX_SIZE:
        raise MerkleError("leaf index is not below the tree size")
    _checked_hash(root, "root")
    fn, sn, current = index, size - 1, _checked_hash(leaf, "leaf hash")
    for sibling in proof:  # for every delivery some six times: the hash as node_hash, the length as _checked_hash
        if len(sibling) != HASH_SIZE:
            raise MerkleError(f"proof hash is not {HASH_SIZE} bytes long")
        if sn == 0:
            raise MerkleError("inclusion proof is too long")
        if fn & 1 or fn == sn:
            current = _sha256(b"\x01" + sibling + current).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            current = _sha256(b"\x01" + current + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise MerkleError("inclusion proof is too short")
    if current != root:
        raise MerkleError("inclusion proof does not lead to the root")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `old_size` leaves with `old_root` is a prefix of the new one. RFC 9162 2.1.4.2.

    Equal sizes need equal roots and an empty proof. Raises MerkleError when it is not a prefix, or when anything is
    malformed: size 0 (every tree extends the empty one, there is nothing to prove), sizes out of order, a hash that is
    not 32 bytes, a proof too short or too long. Does not check who vouches for the roots.
    """
    if not 0 < old_size <= new_size <= MAX_SIZE:
        raise MerkleError("tree sizes are not in order")
    _checked_hash(old_root, "old root")
    _checked_hash(new_root, "new root")
    for sibling in proof:
        _checked_hash(sibling, "proof hash")
    if old_size == new_size:
        if proof:
            raise MerkleError("consistency proof between equal sizes is not empty")
        if old_root != new_root:
            raise MerkleError("two roots for one size")
        return
    if not proof:
        raise MerkleError("consistency proof is too short")
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_hash = new_hash = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise MerkleError("consistency proof is too long")
        if fn & 1 or fn == sn:
            old_hash, new_hash = node_hash(sibling, old_hash), node_hash(sibling, new_hash)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_hash = node_hash(new_hash, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise MerkleError("consistency proof is too short")
    if old_hash != old_root:
        raise MerkleError("consistency proof does not lead to the old root")
    if new_hash != new_root:
        raise MerkleError("consistency proof does not lead to the new root")


@dataclass(frozen=True, slots=True)
class Batch:
    """A root over some leaves, and the inclusion path of each, in the order of the leaves."""

    root: bytes
    paths: tuple[tuple[bytes, ...], ...]


def batch_root_and_paths(leaves: Sequence[bytes]) -> Batch:
    """One root to sign over many leaves, each of which can then be shown alone, by its path, without the others.

    `leaves` are leaf *data*; they are hashed here. The path of leaf i verifies with index i and size len(leaves), so
    both travel beside it. Raises MerkleError for no leaves and for more than MAX_BATCH. A path hides the other leaves
    only as far as they cannot be guessed: salt what can.
    """
    if not 0 < len(leaves) <= MAX_BATCH:
        raise MerkleError("number of leaves is out of range")
    # Level by level: pairs are hashed, one left over goes up as it is. That is the tree of RFC 6962, section 2.1.
    levels = [[leaf_hash(data) for data in leaves]]
    while len(below := levels[-1]) > 1:
        above = [
            _sha256(b"\x01" + left + right).digest()  # as node_hash
            for left, right in zip(below[::2], below[1::2], strict=False)
        ]
        levels.append(above if len(below) % 2 == 0 else [*above, below[-1]])
    root = levels.pop()[0]
    return Batch(root, tuple([_path_up(levels, index) for index in range(len(leaves))]))


def _path_up(levels: Sequence[Sequence[bytes]], index: int) -> tuple[bytes, ...]:
    """What a leaf is hashed with on its way to the root; one that goes up alone is hashed with nothing."""
    path: list[bytes] = []
    for level in levels:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        index >>= 1
    return tuple(path)
