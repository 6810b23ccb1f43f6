"""Envelopes over real mutual TLS: accepted, refused, repeated, in conflict."""

import asyncio
import hashlib
from dataclasses import replace

import grpc
import pytest

from certs.envelope import SealedEnvelope, reseal
from certs.notes import parse_and_verify
from delegation.codec_entry import parse_acknowledgement, parse_entry
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.merkle import leaf_hash, verify_consistency, verify_inclusion
from delegation.model import AcknowledgementBatch, AcknowledgementStatus, EnvelopeAnswer, EnvelopeRef
from delegation.payloads import SALT_SIZE, content_commitment
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD
from tests.registry.federation import (
    CHENGDU,
    DAY,
    DEYANG,
    HANGZHOU,
    SICHUAN,
    Federation,
    reason_of,
    submit_request,
    uuid7_at,
)
from xieban.federation.v1 import exchange_pb2, log_pb2

FINAL, TRY_AGAIN, UNTRUSTED = 1, 2, 3


def class_of(result: exchange_pb2.SubmitResult) -> int:
    return int(getattr(result, "class"))


async def test_a_letter_is_accepted_logged_and_delivered(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (registry, home, host):
        letter = federation.letter()
        response = await home.submit_request(letter)
        (result,) = response.results
        entry = parse_entry(result.entry)
        assert class_of(result) == FINAL
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert entry.detail.accepted
        assert entry.detail.envelope == letter.header.ref
        assert (entry.thread_id, entry.thread_sequence, entry.state_version) == (letter.header.thread_id, 1, 1)

        # the checkpoint that came with the answer covers it
        key = registry.keys.log_key.public_key()
        checkpoint = parse_and_verify(response.checkpoint, registry.settings.origin, key)
        proof = await home.log.GetInclusionProof(
            log_pb2.GetInclusionProofRequest(leaf_index=entry.leaf_index, tree_size=checkpoint.size)
        )
        verify_inclusion(
            index=entry.leaf_index,
            size=checkpoint.size,
            leaf=leaf_hash(hashlib.sha256(result.entry).digest()),
            proof=list(proof.path),
            root=checkpoint.root,
        )

        (delivery,) = await host.deliveries(1)
        assert (delivery.unit, delivery.cursor) == (CHENGDU_RD, 1)
        assert delivery.envelope.envelope.header == letter.header_bytes
        assert delivery.envelope.envelope.sealed_body == letter.sealed_body
        assert tuple(delivery.envelope.envelope.signatures) == letter.signatures
        assert delivery.envelope.entry == result.entry


async def test_the_same_again_gets_the_first_answer_and_other_bytes_a_conflict(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        letter = federation.letter()
        first, second = await home.submit(letter, letter)
        assert (first.repeated_answer, second.repeated_answer) == (False, True)
        (again,) = await home.submit(letter)
        assert again.repeated_answer
        assert first.entry == second.entry == again.entry
        other = federation.letter(envelope_id=letter.header.envelope_id, thread_id=letter.header.thread_id)
        size = registry.writer.checkpoint
        (conflict,) = await home.submit(other)
        assert (class_of(conflict), conflict.reason, conflict.entry) == (UNTRUSTED, "ID_CONFLICT", b"")
        assert registry.writer.checkpoint == size, "a conflict is not stored"


async def test_the_first_answer_outlives_rotation_and_revocation(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        letter = federation.letter()
        (first,) = await home.submit(letter)
        keys = federation.keys[HANGZHOU_RD]
        digest = hashlib.sha256(keys.certificate).digest()
        federation.clock.advance(DAY / 24)
        federation.revoke(digest)
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        (again,) = await home.submit(letter)
        assert again.repeated_answer
        assert again.entry == first.entry
        (refused,) = await home.submit(federation.letter())
        entry = parse_entry(refused.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert (entry.detail.accepted, entry.detail.reason) == (False, "SIGNER_NOT_VALID")
        assert entry.thread_sequence == 0


async def test_an_id_that_another_bureau_used_first_does_not_hurt(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, DEYANG) as (_registry, home, other):
        letter = federation.letter()
        squatter = federation.letter(home=DEYANG_RD, envelope_id=letter.header.envelope_id)
        await other.accepted(squatter)
        entry = await home.accepted(letter)
        assert entry.thread_id == letter.header.thread_id


async def test_nobody_speaks_for_another_bureau(federation: Federation) -> None:
    async with federation.exchange(DEYANG) as (_registry, stranger):
        (result,) = await stranger.submit(federation.letter())
        assert (class_of(result), result.reason) == (UNTRUSTED, "NOT_YOUR_UNIT")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stranger.receive(**{CHENGDU_RD: 0}).read()
        assert reason_of(caught.value) == "NOT_YOUR_UNIT"


async def test_damaged_envelopes_are_typed_and_do_not_hurt_their_neighbours(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (_registry, home):
        good, bad = federation.letter(), federation.letter()
        request = submit_request([good, bad, bad, bad, bad, good], federation.clock.at)
        flipped = bytearray(bad.signatures[0])
        flipped[-1] ^= 1
        request.envelopes[1].signatures[0] = bytes(flipped)
        request.envelopes[2].sealed_body = bad.sealed_body[:-1] + bytes([bad.sealed_body[-1] ^ 1])
        request.envelopes[3].header = bad.header_bytes[: len(bad.header_bytes) // 2]
        request.envelopes[4].signatures[0] = bytes(flipped)  # of two faults the signature's is told
        request.envelopes[4].sealed_body = request.envelopes[2].sealed_body
        response = await home.exchange.SubmitEnvelopes(request)
        assert [result.reason for result in response.results] == [
            "",
            "BAD_SIGNATURE",
            "DIGEST_MISMATCH",
            "MALFORMED",
            "BAD_SIGNATURE",
            "",
        ]
        assert [class_of(result) for result in response.results] == [1, 3, 3, 3, 3, 1]
        assert response.results[5].repeated_answer
        await home.accepted(bad)  # nothing was stored under its id


async def test_a_wrong_place_is_refused_with_the_competent_unit(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (_registry, home):
        place = federation.letter(host=DEYANG_RD).header.task_place
        (result,) = await home.submit(federation.letter(task_place=place))
        entry = parse_entry(result.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        assert (entry.detail.reason, entry.detail.details["competent_unit"]) == ("WRONG_PLACE", DEYANG_RD)
        (again,) = await home.submit(federation.letter(task_place=place))
        assert class_of(again) == FINAL


async def test_a_queue_composed_offline_passes_in_one_call_and_falls_together(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (_registry, home, host):
        letter = federation.letter()
        issued = await home.accepted(letter)
        signed = federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=issued)
        accepted = federation.move(
            letter.header,
            Kind.ACCEPTED,
            CHENGDU_RD,
            base=issued,
            predecessor=signed.header.ref,
        )
        results = await host.submit(signed, accepted)
        entries = [parse_entry(result.entry) for result in results]
        assert [entry.thread_sequence for entry in entries] == [2, 3]
        assert entries[1].previous_entry_digest == entries[0].digest
        # a second 'signed for' is not allowed any more, and what was built on it falls with it
        stale = federation.move(
            letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=entries[1], predecessor=accepted.header.ref
        )
        built = federation.move(letter.header, Kind.ACCEPTED, CHENGDU_RD, base=entries[1], predecessor=stale.header.ref)
        reasons = []
        for result in await host.submit(stale, built):
            detail = parse_entry(result.entry).detail
            assert isinstance(detail, EnvelopeAnswer)
            reasons.append(detail.reason)
        assert reasons == ["NOT_ALLOWED", "PREDECESSOR_REFUSED"]


async def test_an_unknown_thread_is_to_be_tried_again(federation: Federation) -> None:
    async with federation.exchange(CHENGDU) as (_registry, host):
        letter = federation.letter()
        (result,) = await host.submit(federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD))
        assert (class_of(result), result.reason) == (TRY_AGAIN, "NOT_FOUND")


async def test_acknowledgements_become_evidence_for_the_sender(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (_registry, home, host):
        letters = [federation.letter() for _ in range(3)]
        for letter in letters:
            await home.accepted(letter)
        deliveries = await host.deliveries(3)
        leaves = [host.acknowledgement(delivery) for delivery in deliveries]
        leaves.append(host.acknowledgement(deliveries[0], AcknowledgementStatus.MATERIALS_HELD))
        response = await host.acknowledge(*leaves)
        entry = parse_entry(response.entry)
        assert isinstance(entry.detail, AcknowledgementBatch)
        assert (entry.detail.bureau, entry.detail.count) == (CHENGDU, 4)
        again = await host.acknowledge(*leaves)
        assert again.entry == response.entry, "a repeated batch gets the first answer"

        found = await home.deliveries(3)
        assert [each.cursor for each in found] == [1, 2, 3]
        for each, leaf in zip(found, leaves, strict=False):
            evidence = each.evidence
            assert evidence.acknowledgement == leaf
            assert evidence.entry == response.entry
            verify_inclusion(
                index=evidence.index,
                size=4,
                leaf=leaf_hash(leaf),
                proof=list(evidence.path),
                root=entry.detail.root,
            )
        thread = await home.exchange.ReadThread(exchange_pb2.ReadThreadRequest(thread_id=letters[0].header.thread_id))
        assert [parse_acknowledgement(each.acknowledgement).cursor for each in thread.evidence] == [1]
        # delivery started the clock 'sign', so the state version moved on
        signed = federation.move(
            letters[0].header, Kind.SIGNED_FOR, CHENGDU_RD, base=parse_entry(thread.envelopes[0].entry)
        )
        assert (await host.accepted(signed)).state_version == 3


async def test_an_acknowledgement_of_what_was_never_delivered_is_refused(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, DEYANG) as (_registry, home, host, other):
        await home.accepted(federation.letter())
        (delivery,) = await host.deliveries(1)
        leaf = host.acknowledgement(delivery)
        delivery.cursor = 7
        for client, leaves, reason in (
            (host, [host.acknowledgement(delivery)], "NOT_FOUND"),
            (host, [leaf, leaf], "MALFORMED"),
            (other, [leaf], "NOT_YOUR_UNIT"),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await client.acknowledge(*leaves)
            assert reason_of(caught.value) == reason
        request = host.batch(leaf)
        request.node_certificate = other.keys.node_certificate
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await host.exchange.AcknowledgeDeliveries(request)
        assert reason_of(caught.value) == "CERTIFICATE_PURPOSE"
        request = host.batch(leaf)
        request.signature = request.signature[:-1] + bytes([request.signature[-1] ^ 1])
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await host.exchange.AcknowledgeDeliveries(request)
        assert reason_of(caught.value) == "BAD_SIGNATURE"


async def test_a_thread_is_read_by_its_parties_and_provinces_alone(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, DEYANG, SICHUAN) as (_registry, home, host, other, province):
        letter = federation.letter()
        await home.accepted(letter)
        request = exchange_pb2.ReadThreadRequest(thread_id=letter.header.thread_id, with_bodies=True)
        for client, body in ((home, letter.sealed_body), (host, letter.sealed_body), (province, b"")):
            response = await client.exchange.ReadThread(request)
            (found,) = response.envelopes
            assert found.envelope.header == letter.header_bytes
            assert found.envelope.sealed_body == body
        unknown = exchange_pb2.ReadThreadRequest(thread_id=federation.letter().header.thread_id)
        answers = []
        for asked in (request, unknown):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await other.exchange.ReadThread(asked)
            answers.append((caught.value.code(), caught.value.details(), reason_of(caught.value)))
        assert answers[0] == answers[1], "a foreign thread and an unknown one look alike"
        assert answers[0][2] == "NOT_FOUND"


async def test_pages_of_a_thread_follow_each_other(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (_registry, home):
        letter = federation.letter()
        base = await home.accepted(letter)
        for _ in range(4):
            base = await home.accepted(
                federation.move(letter.header, Kind.PROGRESS, HANGZHOU_RD, base=base, predecessor=letter.header.ref)
            )
        request = exchange_pb2.ReadThreadRequest(thread_id=letter.header.thread_id, page_size=2)
        sequences = []
        while True:
            page = await home.exchange.ReadThread(request)
            sequences.append([parse_entry(each.entry).thread_sequence for each in page.envelopes])
            if not page.next_sequence:
                break
            request.from_sequence = page.next_sequence
        assert sequences == [[1, 2], [3, 4], [5]]


async def test_consistency_is_proved_between_checkpoints(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        key = registry.keys.log_key.public_key()
        points = []
        for _ in range(5):
            response = await home.submit_request(federation.letter())
            points.append(parse_and_verify(response.checkpoint, registry.settings.origin, key))
        for old in points:
            proof = await home.log.GetConsistencyProof(log_pb2.GetConsistencyProofRequest(old_size=old.size))
            newest = parse_and_verify(proof.checkpoint, registry.settings.origin, key)
            verify_consistency(
                old_size=old.size,
                new_size=newest.size,
                old_root=old.root,
                new_root=newest.root,
                proof=list(proof.path),
            )
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await home.log.GetInclusionProof(log_pb2.GetInclusionProofRequest(leaf_index=99))
        assert reason_of(caught.value) == "NOT_FOUND"


async def test_many_calls_at_once_keep_every_answer_apart(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (_registry, home):
        letters = [federation.letter() for _ in range(60)]
        answers = await asyncio.gather(*(home.submit(letter) for letter in letters * 2))
        firsts: dict[EnvelopeRef, int] = {}
        for letter, (result,) in zip(letters * 2, answers, strict=True):
            entry = parse_entry(result.entry)
            assert isinstance(entry.detail, EnvelopeAnswer)
            assert entry.detail.envelope == letter.header.ref
            assert firsts.setdefault(letter.header.ref, entry.leaf_index) == entry.leaf_index
        assert len(set(firsts.values())) == 60


def reseal_of(federation: Federation, letter: SealedEnvelope, content: bytes | None = None) -> SealedEnvelope:
    """The home's reseal of its letter; with other content when it is given, which an honest node could not make."""
    draft = federation.move(letter.header, Kind.PROGRESS, HANGZHOU_RD).header
    keys = federation.keys[HANGZHOU_RD]
    draft = replace(
        draft,
        kind=Kind.RESEAL,
        envelope_id=uuid7_at(federation.clock.at, federation.number()),
        context_digest=b"",
        sealed_body_digest=b"",
        sealed_body_size=0,
        digest=b"",
        predecessor=letter.header.ref,
    )
    original = letter.header
    if content is not None:
        commitment = content_commitment(content[:SALT_SIZE], content[SALT_SIZE:])
        original = replace(original, content_commitment=commitment)
    return reseal(
        original,
        content or letter.content,
        draft,
        recipients=[federation.keys[unit].seal_to for unit in (HANGZHOU_RD, CHENGDU_RD)],
        signing_key=keys.signing,
        certificate=keys.certificate,
    )


async def test_a_reseal_has_the_same_content_as_the_original(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (_registry, home, host):
        letter = federation.letter()
        await home.accepted(letter)
        other = bytes(SALT_SIZE) + body_of(letter)
        (refused,) = await home.submit(reseal_of(federation, letter, other))
        detail = parse_entry(refused.entry).detail
        assert isinstance(detail, EnvelopeAnswer)
        assert (detail.accepted, detail.reason) == (False, "GUARD_FAILED")
        entry = await home.accepted(reseal_of(federation, letter))
        assert entry.thread_sequence == 2
        found = await host.deliveries(2)
        assert parse_header(found[1].envelope.envelope.header).content_commitment == letter.header.content_commitment


def body_of(letter: SealedEnvelope) -> bytes:
    return letter.content[SALT_SIZE:]


async def test_a_batch_through_the_wire_keeps_the_order_of_each_thread(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU) as (_registry, home, host):
        letters = [federation.letter() for _ in range(20)]
        results = await home.submit(*letters)
        bases = [parse_entry(result.entry) for result in results]
        assert [base.leaf_index for base in bases] == list(range(bases[0].leaf_index, bases[0].leaf_index + 20))
        moves = [
            federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=base)
            for letter, base in zip(letters, bases, strict=True)
        ]
        entries = [parse_entry(result.entry) for result in await host.submit(*moves)]
        assert [entry.thread_sequence for entry in entries] == [2] * 20
        evidence = await home.deliveries(20)
        assert [each.envelope.entry for each in evidence] == [result.entry for result in await host.submit(*moves)], (
            "what the other side did is delivered in the order of the log"
        )
