"""Acknowledgements: one signature for many, and for each sender a proof of its own alone."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from certs.acknowledge import (
    Evidence,
    SignedBatch,
    evidence_for,
    evidence_for_each,
    sign_batch,
    verify_batch,
    verify_batch_root,
    verify_evidence,
)
from certs.keys import certificate_digest, new_csr, new_p256
from certs.trust import Trust
from delegation.codec_entry import MOST_BATCH, acknowledgement_bytes
from delegation.errors import Reason
from delegation.model import (
    Acknowledgement,
    AcknowledgementBatch,
    AcknowledgementStatus,
    Entry,
    EntryKind,
    RosterPublished,
    Versions,
)
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY, FEDERATION, HOME, HOST, THREAD, World

BUREAU = "510100"


class Node:
    """The host's node with its batch, and the registry's entry on it."""

    def __init__(self, world: World) -> None:
        self.key = new_p256()
        self.certificate = world.channel.issue_node(new_csr(self.key), BUREAU, AT - DAY)
        self.leaves = [leaf(number) for number in range(5)]
        self.batch = self.signed(self.leaves)

    def signed(self, leaves: list[bytes], bureau: str = BUREAU) -> SignedBatch:
        return sign_batch(leaves, federation_id=FEDERATION, bureau=bureau, node_key=self.key)

    def entry(self, batch: SignedBatch | None = None, bureau: str = BUREAU) -> Entry:
        of = batch or self.batch
        return Entry(
            kind=EntryKind.ACKNOWLEDGEMENTS,
            federation_id=FEDERATION,
            leaf_index=7,
            accepted_at=AT,
            versions=Versions(1, 1, 1, 1),
            detail=AcknowledgementBatch(
                bureau,
                of.root,
                len(of.acknowledgements),
                sha256(self.certificate).digest(),
                sha256(of.signature).digest(),
            ),
        )

    def evidence(self, index: int = 2) -> Evidence:
        return evidence_for(index, self.leaves, signature=self.batch.signature, node_certificate=self.certificate)


def leaf(number: int, unit: str = HOST) -> bytes:
    return acknowledgement_bytes(
        Acknowledgement(unit, number + 1, bytes([number]) * 32, AcknowledgementStatus.APPLIED, THREAD)
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def trust(world: World) -> Trust:
    return world.trust()


@pytest.fixture(scope="module")
def node(world: World) -> Node:
    return Node(world)


def test_the_registry_takes_the_batch(node: Node, trust: Trust) -> None:
    key = trust.check_node_certificate(node.certificate, BUREAU, AT).public_key
    root = verify_batch(node.leaves, node.batch.signature, federation_id=FEDERATION, bureau=BUREAU, public_key=key)
    assert root == node.batch.root


@pytest.mark.parametrize(
    "change",
    [
        lambda leaves: leaves[:-1],
        lambda leaves: [*leaves, leaves[0]],
        lambda leaves: leaves[::-1],
        lambda leaves: [leaf(9), *leaves[1:]],
    ],
    ids=["short", "long", "order", "other"],
)
def test_any_other_list_is_refused(node: Node, change: Callable[[list[bytes]], list[bytes]]) -> None:
    refusal = refused(
        verify_batch,
        change(node.leaves),
        node.batch.signature,
        federation_id=FEDERATION,
        bureau=BUREAU,
        public_key=node.key.public_key(),
    )
    assert refusal.reason is Reason.BAD_SIGNATURE


def test_one_who_built_the_tree_gives_its_root(node: Node) -> None:
    names: dict[str, Any] = {"federation_id": FEDERATION, "bureau": BUREAU, "public_key": node.key.public_key()}
    root, count, signature = node.batch.root, len(node.leaves), node.batch.signature
    verify_batch_root(root, count, signature, **names)
    assert refused(verify_batch_root, root, count + 1, signature, **names).reason is Reason.BAD_SIGNATURE
    assert refused(verify_batch_root, bytes(32), count, signature, **names).reason is Reason.BAD_SIGNATURE
    assert refused(verify_batch_root, root, 0, signature, **names).reason is Reason.MALFORMED
    assert refused(verify_batch_root, root, MOST_BATCH + 1, signature, **names).reason is Reason.TOO_LARGE


def test_for_another_bureau_federation_or_key(node: Node) -> None:
    good = {"federation_id": FEDERATION, "bureau": BUREAU, "public_key": node.key.public_key()}
    for change in ({"bureau": "330100"}, {"federation_id": "other"}, {"public_key": new_p256().public_key()}):
        refusal = refused(verify_batch, node.leaves, node.batch.signature, **(good | change))
        assert refusal.reason is Reason.BAD_SIGNATURE


def test_size_is_bounded(node: Node) -> None:
    assert refused(node.signed, []).reason is Reason.MALFORMED
    assert refused(node.signed, [leaf(0)] * (MOST_BATCH + 1)).reason is Reason.TOO_LARGE
    assert node.signed([leaf(0)] * MOST_BATCH).root


def test_each_sender_proves_its_own_leaf(node: Node, trust: Trust) -> None:
    each = evidence_for_each(node.leaves, signature=node.batch.signature, node_certificate=node.certificate)
    for number, evidence in enumerate(each):
        found = verify_evidence(evidence, node.entry(), trust)
        assert (found.unit, found.cursor) == (HOST, number + 1)
        shown = {evidence.acknowledgement, *evidence.path}
        assert not shown & (set(node.leaves) - {evidence.acknowledgement})


def test_evidence_of_one_leaf(node: Node, trust: Trust) -> None:
    one = node.signed([leaf(0)])
    evidence = evidence_for(0, [leaf(0)], signature=one.signature, node_certificate=node.certificate)
    assert verify_evidence(evidence, node.entry(one), trust).cursor == 1


def test_no_other_leaf_is_proved(node: Node, trust: Trust) -> None:
    good = node.evidence()
    for bad in (
        replace(good, acknowledgement=leaf(9)),
        replace(good, index=1),
        replace(good, index=99),
        replace(good, path=good.path[:-1]),
        replace(good, path=(*good.path, bytes(32))),
        replace(good, path=(b"short", *good.path[1:])),
    ):
        assert refused(verify_evidence, bad, node.entry(), trust).details == {"why": "path"}


def test_evidence_and_entry_belong_together(node: Node, trust: Trust, world: World) -> None:
    good = node.evidence()
    other = Node(world)
    entry = node.entry()
    detail = entry.detail
    assert isinstance(detail, AcknowledgementBatch)
    for evidence, of in (
        (good, other.entry()),
        (replace(good, signature=other.batch.signature), entry),
        (replace(good, node_certificate=other.certificate), entry),
        (good, replace(entry, federation_id="other")),
        (good, replace(entry, detail=RosterPublished(1, bytes(32), bytes(32)))),
    ):
        assert refused(verify_evidence, evidence, of, trust).reason is Reason.ENTRY_MISMATCH
    for changed in (replace(detail, root=bytes(32)), replace(detail, count=6)):
        refusal = refused(verify_evidence, good, replace(entry, detail=changed), trust)
        assert refusal.reason is Reason.BAD_SIGNATURE


def test_the_node_is_judged_at_the_entrys_time(node: Node, world: World, trust: Trust) -> None:
    late = replace(node.entry(), accepted_at=AT + 400 * DAY)
    assert refused(verify_evidence, node.evidence(), late, trust).reason is Reason.CERTIFICATE_EXPIRED
    digest = certificate_digest(node.certificate)
    verify_evidence(node.evidence(), node.entry(), world.trust(world.revoking(digest, AT + DAY)))
    revoked = world.trust(world.revoking(digest, AT))
    assert refused(verify_evidence, node.evidence(), node.entry(), revoked).reason is Reason.CERTIFICATE_REVOKED


def test_a_bureau_acknowledges_for_its_own_units(world: World, trust: Trust) -> None:
    node = Node(world)
    foreign = [leaf(0, HOME)]
    batch = node.signed(foreign)
    evidence = evidence_for(0, foreign, signature=batch.signature, node_certificate=node.certificate)
    assert refused(verify_evidence, evidence, node.entry(batch), trust).reason is Reason.NOT_YOUR_UNIT
    assert refused(verify_evidence, node.evidence(), node.entry(bureau="330100"), trust).reason is (
        Reason.CERTIFICATE_PURPOSE
    )
