"""The tree against a naive recursive one, written from RFC 9162 section 2.1 with lists of leaf data."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.merkle import (
    EMPTY_ROOT,
    MAX_BATCH,
    MAX_SIZE,
    Frontier,
    MerkleError,
    Node,
    batch_root_and_paths,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    new_nodes,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from scripts import make_vectors_merkle

# The inputs and roots that implementations of Certificate Transparency have tested themselves with since 2013.
CT_LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def cut(size: int) -> int:
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def mth(data: Sequence[bytes]) -> bytes:
    if not data:
        return sha256(b"")
    if len(data) == 1:
        return sha256(b"\x00" + data[0])
    k = cut(len(data))
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:]))


def naive_path(m: int, data: Sequence[bytes]) -> list[bytes]:
    if len(data) == 1:
        return []
    k = cut(len(data))
    if m < k:
        return [*naive_path(m, data[:k]), mth(data[k:])]
    return [*naive_path(m - k, data[k:]), mth(data[:k])]


def naive_subproof(m: int, data: Sequence[bytes], whole: bool) -> list[bytes]:
    if m == len(data):
        return [] if whole else [mth(data)]
    k = cut(len(data))
    if m <= k:
        return [*naive_subproof(m, data[:k], whole), mth(data[k:])]
    return [*naive_subproof(m - k, data[k:], False), mth(data[:k])]


def leaf_data(size: int) -> list[bytes]:
    return [f"leaf {number}".encode() for number in range(size)]


def store_of(data: Sequence[bytes]) -> Callable[[int, int], bytes]:
    """The store of perfect subtrees, filled naively: only those whose leaves all exist."""

    def get_hash(level: int, index: int) -> bytes:
        width = 1 << level
        assert (index + 1) * width <= len(data), "a subtree was asked for that is not complete"
        return mth(data[index * width : (index + 1) * width])

    return get_hash


def flipped(value: bytes) -> bytes:
    return bytes((value[0] ^ 1,)) + value[1:]


def test_hashes_are_domain_separated() -> None:
    assert leaf_hash(b"x") == sha256(b"\x00x")
    assert node_hash(b"l" * 32, b"r" * 32) == sha256(b"\x01" + b"l" * 32 + b"r" * 32)
    assert sha256(b"") == EMPTY_ROOT == Frontier().root() == root_of([])


def test_the_roots_known_from_certificate_transparency() -> None:
    frontier = Frontier()
    for data, root in zip(CT_LEAVES, CT_ROOTS, strict=True):
        frontier = frontier.append(leaf_hash(bytes.fromhex(data)))
        assert frontier.root().hex() == root


@given(st.integers(0, 70), st.lists(st.integers(0, 20), max_size=5))
def test_a_frontier_grown_in_any_batches_has_the_naive_root(first: int, more: list[int]) -> None:
    frontier, size = Frontier(), 0
    for batch in (first, *more):
        data = leaf_data(size + batch)
        frontier, _ = frontier.grow(leaf_hash(leaf) for leaf in data[size:])
        size += batch
        assert frontier.size == size
        assert frontier.root() == mth(data) == root_of(leaf_hash(leaf) for leaf in data)
        assert len(frontier.peaks) == size.bit_count()


@given(st.integers(0, 70), st.integers(0, 70))
def test_new_nodes_are_exactly_the_subtrees_that_the_batch_completes(old: int, more: int) -> None:
    data = leaf_data(old + more)
    frontier, _ = Frontier().grow(leaf_hash(leaf) for leaf in data[:old])
    nodes = new_nodes(frontier, [leaf_hash(leaf) for leaf in data[old:]])
    expected: set[Node] = set()
    for level in range(8):
        for index in range(old >> level, (old + more) >> level):
            expected.add((level, index, mth(data[index << level : (index + 1) << level])))
    assert set(nodes) == expected
    assert len(nodes) == len(expected)


def test_appending_leaves_the_older_frontier_as_it_was() -> None:
    old, _ = Frontier().grow(leaf_hash(leaf) for leaf in leaf_data(5))
    before = old.root()
    old.append(leaf_hash(b"more"))
    assert (old.size, old.root()) == (5, before)


@given(st.integers(0, 100))
def test_a_frontier_survives_storage_and_is_found_in_the_node_store(size: int) -> None:
    data = leaf_data(size)
    frontier, _ = Frontier().grow(leaf_hash(leaf) for leaf in data)
    assert Frontier.deserialise(size=size, hashes=frontier.serialise()) == frontier
    assert Frontier.load(size=size, get_hash=store_of(data)) == frontier


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(-1, []), (MAX_SIZE + 1, [bytes(32)]), (0, [bytes(32)]), (1, []), (3, [bytes(32)]), (1, [bytes(31)])],
)
def test_a_stored_frontier_that_does_not_fit_is_refused(size: int, hashes: list[bytes]) -> None:
    with pytest.raises(MerkleError):
        Frontier.deserialise(size=size, hashes=hashes)


@pytest.mark.parametrize("size", [-1, MAX_SIZE + 1])
def test_loading_a_size_out_of_range_reads_nothing(size: int) -> None:
    def get_hash(level: int, index: int) -> bytes:
        raise AssertionError("read")

    with pytest.raises(MerkleError):
        Frontier.load(size=size, get_hash=get_hash)


def test_a_leaf_that_is_no_hash_and_a_full_tree_are_refused() -> None:
    with pytest.raises(MerkleError):
        Frontier().append(b"data, not its hash")
    full = Frontier(MAX_SIZE, (bytes(32),) * MAX_SIZE.bit_count())
    with pytest.raises(MerkleError, match="full"):
        full.append(bytes(32))


@pytest.mark.parametrize("size", range(1, 34))
def test_every_inclusion_proof_is_the_naive_one_and_verifies_for_its_leaf_alone(size: int) -> None:
    data = leaf_data(size)
    root, get_hash = mth(data), store_of(data)
    for index in range(size):
        proof = inclusion_proof(index, size, get_hash)
        assert proof == naive_path(index, data)
        leaf = leaf_hash(data[index])
        verify_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)
        for other in range(size):
            if other != index:
                with pytest.raises(MerkleError):
                    verify_inclusion(index=other, size=size, leaf=leaf, proof=proof, root=root)


@pytest.mark.parametrize("new", range(1, 34))
def test_every_consistency_proof_is_the_naive_one_and_verifies(new: int) -> None:
    data = leaf_data(new)
    get_hash = store_of(data)
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, get_hash)
        assert proof == naive_subproof(old, data, True)
        verify_consistency(old_size=old, new_size=new, old_root=mth(data[:old]), new_root=mth(data), proof=proof)


@st.composite
def places(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, 150))
    return draw(st.integers(0, size - 1)), size


@given(places(), st.data())
def test_an_inclusion_proof_changed_anywhere_is_refused(place: tuple[int, int], draw: st.DataObject) -> None:
    index, size = place
    data = leaf_data(size)
    root, leaf, proof = mth(data), leaf_hash(data[index]), naive_path(index, data)
    verify_inclusion(index=index, size=size, leaf=leaf, proof=proof, root=root)
    bad: list[list[bytes]] = [[*proof, root], [*proof, leaf], [root, *proof]]
    if proof:
        at = draw.draw(st.integers(0, len(proof) - 1))
        bad += [
            [*proof[:at], flipped(proof[at]), *proof[at + 1 :]],
            [*proof[:at], *proof[at + 1 :]],
            [*proof[:at], proof[at][:31], *proof[at + 1 :]],
            [*proof[:at], proof[at] + b"\x00", *proof[at + 1 :]],
        ]
    for changed in bad:
        with pytest.raises(MerkleError):
            verify_inclusion(index=index, size=size, leaf=leaf, proof=changed, root=root)
    for wrong_leaf, wrong_root in ((flipped(leaf), root), (leaf, flipped(root)), (leaf[:31], root), (leaf, root[:31])):
        with pytest.raises(MerkleError):
            verify_inclusion(index=index, size=size, leaf=wrong_leaf, proof=proof, root=wrong_root)


@given(places(), st.data())
def test_a_consistency_proof_changed_anywhere_is_refused(place: tuple[int, int], draw: st.DataObject) -> None:
    old, new = place[0] + 1, place[1]
    data = leaf_data(new)
    old_root, new_root, proof = mth(data[:old]), mth(data), naive_subproof(old, data, True)
    verify_consistency(old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=proof)
    bad: list[list[bytes]] = [[*proof, new_root], [old_root, *proof]]
    if proof:
        at = draw.draw(st.integers(0, len(proof) - 1))
        bad += [
            [],
            [*proof[:at], flipped(proof[at]), *proof[at + 1 :]],
            [*proof[:at], *proof[at + 1 :]],
            [*proof[:at], proof[at][:31], *proof[at + 1 :]],
        ]
    for changed in bad:
        with pytest.raises(MerkleError):
            verify_consistency(old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=changed)
    for wrong_old, wrong_new in ((flipped(old_root), new_root), (old_root, flipped(new_root))):
        with pytest.raises(MerkleError):
            verify_consistency(old_size=old, new_size=new, old_root=wrong_old, new_root=wrong_new, proof=proof)


@given(st.integers(2, 60), st.data())
def test_a_rewritten_history_has_no_consistency_proof(new: int, draw: st.DataObject) -> None:
    old = draw.draw(st.integers(1, new - 1))
    changed = draw.draw(st.integers(0, old - 1))
    data = leaf_data(new)
    rewritten = [*data[:changed], b"other", *data[changed + 1 :]]
    with pytest.raises(MerkleError):
        verify_consistency(
            old_size=old,
            new_size=new,
            old_root=mth(data[:old]),
            new_root=mth(rewritten),
            proof=naive_subproof(old, rewritten, True),
        )


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 3), (0, -1), (0, MAX_SIZE + 1)])
def test_an_index_outside_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(MerkleError):
        inclusion_proof(index, size, store_of(leaf_data(8)))
    with pytest.raises(MerkleError):
        verify_inclusion(index=index, size=size, leaf=bytes(32), proof=[], root=bytes(32))


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 4), (-1, 4), (5, 4), (1, MAX_SIZE + 1)])
def test_sizes_out_of_order_are_refused(old: int, new: int) -> None:
    with pytest.raises(MerkleError):
        consistency_proof(old, new, store_of(leaf_data(8)))
    with pytest.raises(MerkleError):
        verify_consistency(old_size=old, new_size=new, old_root=bytes(32), new_root=bytes(32), proof=[])


def test_a_good_proof_does_not_serve_for_another_size() -> None:
    """The root does not hold the size: the walk from the index to the top must end where the size says."""
    data = leaf_data(2)
    with pytest.raises(MerkleError, match="too short"):
        verify_consistency(
            old_size=1, new_size=3, old_root=mth(data[:1]), new_root=mth(data), proof=naive_subproof(1, data, True)
        )
    for index, size in ((0, 3), (0, 1), (2, 3)):
        with pytest.raises(MerkleError):
            verify_inclusion(index=index, size=size, leaf=leaf_hash(data[0]), proof=naive_path(0, data), root=mth(data))


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    root = mth(leaf_data(4))
    verify_consistency(old_size=4, new_size=4, old_root=root, new_root=root, proof=[])
    with pytest.raises(MerkleError, match="two roots"):
        verify_consistency(old_size=4, new_size=4, old_root=root, new_root=flipped(root), proof=[])
    with pytest.raises(MerkleError, match="not empty"):
        verify_consistency(old_size=4, new_size=4, old_root=root, new_root=root, proof=[root])


def test_a_stored_hash_of_the_wrong_length_is_not_put_into_a_proof() -> None:
    with pytest.raises(MerkleError):
        inclusion_proof(0, 2, lambda _level, _index: b"short")


def test_proofs_stay_short_in_the_largest_tree() -> None:
    assert len(inclusion_proof(0, MAX_SIZE, lambda _level, _index: bytes(32))) == 63
    assert len(consistency_proof(MAX_SIZE - 1, MAX_SIZE, lambda _level, _index: bytes(32))) <= 64


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=60))
def test_each_leaf_of_a_batch_is_shown_alone(leaves: list[bytes]) -> None:
    batch = batch_root_and_paths(leaves)
    assert batch.root == mth(leaves)
    for index, (data, path) in enumerate(zip(leaves, batch.paths, strict=True)):
        verify_inclusion(index=index, size=len(leaves), leaf=leaf_hash(data), proof=path, root=batch.root)


def test_an_empty_and_an_oversized_batch_are_refused() -> None:
    for leaves in ([], [b""] * (MAX_BATCH + 1)):
        with pytest.raises(MerkleError):
            batch_root_and_paths(leaves)


def test_the_golden_vectors_hold() -> None:
    text = Path(make_vectors_merkle.PATH).read_text(encoding="utf-8")
    assert text == make_vectors_merkle.text(), "run: python -m scripts.make_vectors_merkle"
    vectors = json.loads(text)
    data = [bytes.fromhex(leaf["data"]) for leaf in vectors["leaves"]]
    assert vectors["empty_root"] == sha256(b"").hex()
    assert [leaf["leaf_hash"] for leaf in vectors["leaves"]] == [mth([leaf]).hex() for leaf in data]
    assert [tree["root"] for tree in vectors["trees"]] == [mth(data[:size]).hex() for size in range(18)]
    assert len(vectors["inclusion"]) == len(vectors["consistency"]) == 36
    for case in vectors["inclusion"]:
        naive = naive_path(case["index"], data[: case["size"]])
        assert case["proof"] == [part.hex() for part in naive]
    for case in vectors["consistency"]:
        naive = naive_subproof(case["old"], data[: case["new"]], True)
        assert case["proof"] == [part.hex() for part in naive]
    assert vectors["batch"]["root"] == mth([bytes.fromhex(leaf) for leaf in vectors["batch"]["leaves"]]).hex()
