"""Proofs: the same from memory as from the store, for every size, also of what memory let go."""

import pytest

from certs.notes import parse_and_verify
from delegation.errors import Reason, Refusal
from delegation.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from registry.log import LogBook
from registry.nodes import Nodes
from registry.server import Registry
from registry.servicer import LogServicer
from tests.registry.federation import Federation
from tests.registry.test_writer import take
from xieban.federation.v1.log_pb2 import GetInclusionProofRequest


def test_what_was_held_first_gives_way_first() -> None:
    nodes = Nodes(most=3)
    nodes.put([(0, index, bytes([index])) for index in range(5)])
    assert [nodes.get(0, index) for index in (2, 3, 4)] == [b"\x02", b"\x03", b"\x04"]
    for index in (0, 1):
        with pytest.raises(KeyError):
            nodes.get(0, index)


def root_of(registry: Registry, note: bytes) -> bytes:
    return parse_and_verify(note, registry.settings.origin, registry.keys.log_key.public_key()).root


@pytest.mark.parametrize("most", [0, 2, 7, 1 << 16])
async def test_every_leaf_is_proven_however_little_is_in_memory(federation: Federation, most: int) -> None:
    async with federation.running() as registry:
        registry.writer.nodes = Nodes(most)
        book = LogBook(registry.database, registry.writer)
        for count in (3, 1, 4):
            await take(registry, *(federation.letter() for _ in range(count)))
        size = registry.database.store.head().size
        held = registry.database.store.node_hashes([(0, index) for index in range(size)])
        for leaf in range(size):
            path, proven, note = await book.inclusion(leaf, 0)
            assert proven == size
            verify_inclusion(index=leaf, size=size, leaf=held[0, leaf], proof=path, root=root_of(registry, note))
        for old in range(1, size + 1):
            path, _, note = await book.consistency(old, 0)
            before = Frontier().grow([held[0, index] for index in range(old)])[0]
            verify_consistency(
                old_size=old, new_size=size, old_root=before.root(), new_root=root_of(registry, note), proof=path
            )
        with pytest.raises(Refusal) as caught:
            await book.inclusion(size, 0)
        assert caught.value.reason is Reason.NOT_FOUND


@pytest.mark.parametrize("most", [0, 7, 1 << 16])
async def test_one_call_proves_many_leaves_in_the_order_asked_for(federation: Federation, most: int) -> None:
    async with federation.running() as registry:
        registry.writer.nodes = Nodes(most)
        servicer = LogServicer(LogBook(registry.database, registry.writer))
        await take(registry, *(federation.letter() for _ in range(7)))
        size = registry.database.store.head().size
        held = registry.database.store.node_hashes([(0, index) for index in range(size)])
        leaves = [4, 0, size - 1, 4]
        request = GetInclusionProofRequest(leaf_index=leaves[0], more_leaf_indexes=leaves[1:])
        answer = await servicer.GetInclusionProof(request, None)  # type: ignore[arg-type]  # asks nothing of it
        paths = [list(answer.path), *(list(each.path) for each in answer.more_paths)]
        root = root_of(registry, answer.checkpoint)
        for leaf, path in zip(leaves, paths, strict=True):
            verify_inclusion(index=leaf, size=answer.tree_size, leaf=held[0, leaf], proof=path, root=root)
        for further, reason in (([0, size], Reason.NOT_FOUND), ([0] * 256, Reason.TOO_LARGE)):
            with pytest.raises(Refusal) as caught:
                await LogBook(registry.database, registry.writer).inclusions([0, *further], 0)
            assert caught.value.reason is reason


async def test_nothing_is_proven_that_was_not_committed(federation: Federation) -> None:
    async with federation.running() as registry:
        size = registry.writer.signed[0]
        book = LogBook(registry.database, registry.writer)
        registry.writer.nodes.put([(0, size, leaf_hash(b"not committed"))])
        for ask in (book.inclusion(size, 0), book.inclusion(size, size + 1), book.consistency(1, size + 1)):
            with pytest.raises(Refusal) as caught:
                await ask
            assert caught.value.reason is Reason.NOT_FOUND
