"""Two histories are noticed, and both signed heads are kept as the proof."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from certs.notes import Checkpoint, sign_checkpoint
from delegation.errors import Reason, Refusal
from delegation.merkle import consistency_proof, leaf_hash, root_of
from node.log_watch import LogWatch, check_inclusion

KEY = Ed25519PrivateKey.generate()
LEAVES = [leaf_hash(bytes([number])) for number in range(9)]


def head(size: int, *, leaves: list[bytes] = LEAVES, key: Ed25519PrivateKey = KEY) -> bytes:
    return sign_checkpoint(Checkpoint("log.test", size, root_of(leaves[:size])), "log.test", key)


def a_watch() -> LogWatch:
    watch = LogWatch(origin="log.test", public_key=KEY.public_key().public_bytes_raw())
    assert watch.see(head(3)) is None
    assert watch.wanted() is None  # the first head is taken as it is
    return watch


def proof(old: int, new: int) -> list[bytes]:
    def node(level: int, index: int) -> bytes:
        return root_of(LEAVES[index << level : (index + 1) << level])

    return consistency_proof(old, new, node)


def test_growth_is_proven() -> None:
    watch = a_watch()
    assert watch.see(head(7)) is None
    assert watch.wanted() == (3, 7)
    assert watch.newest is not None
    assert watch.prove(watch.newest, proof(3, 7)) is None
    assert watch.wanted() is None


def test_a_rewritten_log_is_a_fork_with_both_notes() -> None:
    watch = a_watch()
    other = head(7, leaves=[leaf_hash(b"x"), *LEAVES[1:]])
    assert watch.see(other) is None
    assert watch.newest is not None
    fork = watch.prove(watch.newest, proof(3, 7))
    assert fork is not None
    assert fork.why == "not_consistent"
    assert head(3) in fork.proof
    assert other in fork.proof


def test_two_roots_for_one_size_and_a_shrinking_stream_are_forks() -> None:
    watch = a_watch()
    twin = watch.see(head(3, leaves=[leaf_hash(b"x"), *LEAVES[1:]]))
    assert twin is not None
    assert twin.why == "two_roots"
    watch.stream_opened()
    assert watch.see(head(2)) is None  # an answer that was overtaken
    shorter = watch.see(head(1), stream=True)
    assert shorter is not None
    assert shorter.why == "shrunk"


def test_a_head_of_another_key_is_not_trusted() -> None:
    watch = a_watch()
    watch.see(head(5, key=Ed25519PrivateKey.generate()))
    with pytest.raises(Refusal) as refused:
        watch.wanted()
    assert refused.value.reason is Reason.CHECKPOINT_NOT_TRUSTED
    assert watch.wanted() is None, "the one before stands again"
    assert watch.see(head(4)) is None
    assert watch.wanted() == (3, 4)


def test_a_head_of_another_key_accuses_nobody_and_hides_no_later_one() -> None:
    forged = Ed25519PrivateKey.generate()
    watch = a_watch()
    watch.stream_opened()
    for bad in (head(3, leaves=[leaf_hash(b"x"), *LEAVES[1:]], key=forged), head(1, key=forged)):
        with pytest.raises(Refusal) as refused:
            watch.see(bad, stream=True)
        assert refused.value.reason is Reason.CHECKPOINT_NOT_TRUSTED
    assert watch.see(head(9, key=forged), stream=True) is None
    with pytest.raises(Refusal):  # it was the greatest so far, so the next seems to shrink: the first is no head
        watch.see(head(4), stream=True)
    assert watch.wanted() == (3, 4)
    shorter = watch.see(head(2), stream=True)
    assert shorter is not None
    assert shorter.why == "shrunk"


@pytest.mark.parametrize("note", [b"x", b"log.test\n-1\nroot\n\n", b"log.test\n" + b"9" * 30 + b"\nroot\n\n"])
def test_what_is_no_head_is_told_at_once(note: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        a_watch().see(note)
    assert refused.value.reason is Reason.CHECKPOINT_NOT_TRUSTED


def test_an_entry_outside_the_tree_is_a_mismatch() -> None:
    checkpoint = Checkpoint("log.test", 1, root_of([leaf_hash(b"entry")]))
    check_inclusion(leaf_index=0, entry_digest=b"entry", path=[], head=checkpoint)
    with pytest.raises(Refusal) as refused:
        check_inclusion(leaf_index=0, entry_digest=b"other", path=[], head=checkpoint)
    assert refused.value.reason is Reason.ENTRY_MISMATCH
