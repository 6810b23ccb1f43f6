"""Envelopes: they come back as they were sealed, and nothing that was touched is believed or opened."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.envelope import (
    SealedEnvelope,
    check_commitment,
    open_body,
    seal_and_sign,
    verify_sealed,
    verify_signatures,
)
from certs.keys import certificate_digest, load_x25519, new_csr, new_p256, new_x25519, save_private
from certs.protest import protest_ground
from certs.signing import sign_p256
from certs.trust import Trust
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codes import Kind, Priority, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.model import Base, Header
from delegation.payloads import MOST_CONTENT, PAYLOAD_TYPE_ENVELOPE, SALT_SIZE, sealing_key_id
from tests.certs.letters import opened, sealed
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY, HOME, HOST, PROVINCE, World, a_body, a_draft
from xieban.delegation.v1 import header_pb2

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
OTHER_THREAD = "0195e9a0-2222-7aaa-8bbb-0123456789ab"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def trust(world: World) -> Trust:
    return world.trust()


@pytest.fixture(scope="module")
def letter(world: World) -> SealedEnvelope:
    return sealed(world)


def verdict(
    envelope: SealedEnvelope, trust: Trust, *, signatures: Sequence[bytes] | None = None, at: datetime = AT
) -> Refusal:
    """Why the signatures are refused."""
    given = envelope.signatures if signatures is None else signatures
    return refused(lambda: verify_signatures(envelope.header_bytes, given, envelope.header, trust, at=at))


class TestRoundTrip:
    def test_verifies_and_opens_at_both_ends(self, world: World, trust: Trust, letter: SealedEnvelope) -> None:
        verify_signatures(letter.header_bytes, letter.signatures, letter.header, trust, at=AT)
        verify_sealed(letter.header, letter.sealed_body)
        assert opened(world, letter).body == a_body()
        assert opened(world, letter, HOME).content == letter.content

    def test_fills_in_what_follows_from_the_seal(self, world: World, letter: SealedEnvelope) -> None:
        header = parse_header(letter.header_bytes)
        assert header == letter.header
        assert header.signer_certificates == (certificate_digest(world.keys[HOME].certificate),)
        assert [each.unit for each in header.recipients] == [HOME, HOST]
        assert header.payload_type == PAYLOAD_TYPE_ENVELOPE

    def test_a_court_checks_the_opened_body_without_a_private_key(self, world: World, letter: SealedEnvelope) -> None:
        reading = opened(world, letter)
        check_commitment(letter.header, reading)
        other = replace(reading, body=reading.body + b"\0")
        assert refused(lambda: check_commitment(letter.header, other)).reason is Reason.COMMITMENT_MISMATCH

    @given(size=st.integers(0, 3000))
    def test_length_shows_only_through_padding(self, world: World, size: int) -> None:
        envelope = sealed(world, body=a_body(text="x" * size))
        assert opened(world, envelope).body == a_body(text="x" * size)

    def test_largest_body_fits_and_one_more_byte_does_not(self, world: World) -> None:
        room = MOST_CONTENT - SALT_SIZE - len(a_body(text="x" * 60_000)) + 60_000
        assert opened(world, sealed(world, body=a_body(text="x" * room))).body == a_body(text="x" * room)
        assert refused(lambda: sealed(world, body=a_body(text="x" * (room + 1)))).reason is Reason.TOO_LARGE

    def test_two_seals_of_one_body_have_nothing_in_common(self, world: World, letter: SealedEnvelope) -> None:
        again = sealed(world)
        assert again.header.content_commitment != letter.header.content_commitment
        assert again.sealed_body != letter.sealed_body

    def test_opens_with_a_restored_key(self, world: World, letter: SealedEnvelope, tmp_path: Path) -> None:
        keys = world.keys[HOST]
        save_private(tmp_path / "sealing.key", keys.sealing[keys.newest])
        restored = load_x25519(tmp_path / "sealing.key")
        assert open_body(letter.header, letter.sealed_body, unit=HOST, private_key=restored).body == a_body()


class TestSealing:
    @pytest.mark.parametrize(
        ("kind", "thread", "field"), [(Kind.REPORTED, None, "kind"), (Kind.ISSUED, OTHER_THREAD, "thread_id")]
    )
    def test_seals_no_body_that_contradicts_its_header(
        self, world: World, kind: Kind, thread: str | None, field: str
    ) -> None:
        body = a_body(kind) if thread is None else a_body(kind, thread)
        refusal = refused(lambda: sealed(world, body=body))
        assert (refusal.reason, refusal.details["field"]) == (Reason.BODY_CONTRADICTS_HEADER, field)

    def test_signs_nothing_that_others_would_not_read(self, world: World) -> None:
        assert refused(lambda: sealed(world, replace(a_draft(), case_id="张三"))).reason is Reason.MALFORMED

    def test_seals_to_no_weak_key(self, world: World) -> None:
        keys = world.keys[HOME]
        weak = bytes(32)
        to = [keys.seal_to, (HOST, sealing_key_id(weak), weak)]
        refusal = refused(
            lambda: seal_and_sign(
                a_draft(), a_body(), recipients=to, signing_key=keys.signing, certificate=keys.certificate
            )
        )
        assert (refusal.reason, refusal.details["why"]) == (Reason.WEAK_KEY, "LOW_ORDER")

    def test_seals_to_no_key_under_another_id(self, world: World) -> None:
        keys = world.keys[HOME]
        other = new_x25519().public_key().public_bytes_raw()
        to = [keys.seal_to, (HOST, world.keys[HOST].newest, other)]
        refusal = refused(
            lambda: seal_and_sign(
                a_draft(), a_body(), recipients=to, signing_key=keys.signing, certificate=keys.certificate
            )
        )
        assert refusal.reason is Reason.RECIPIENT_KEY_NOT_VALID


def mutations() -> dict[str, Callable[[header_pb2.Context], object]]:
    """A change of every field of the context that still parses, or does not: neither may verify."""

    def put(name: str, value: object) -> Callable[[header_pb2.Context], object]:
        return lambda context: setattr(context, name, value)

    def more(name: str) -> Callable[[header_pb2.Context], object]:
        return lambda context: setattr(context, name, getattr(context, name) + 1)

    changes: dict[str, Callable[[header_pb2.Context], object]] = {
        "envelope_id": put("envelope_id", "0195e9a0-1111-7aaa-8bbb-0123456789ac"),
        "thread_id": put("thread_id", "WT-330100-20260312-000018-A"),
        "recorded_by_home": put("recorded_by_home", True),
        "case_id": put("case_id", "7f0c1e9e-5b1f-4e38-9d4e-1d3b0b6d6a12"),
        "task_place": lambda context: setattr(context.task_place, "code", "510104"),
        "task_place.role": lambda context: setattr(context.task_place, "role", 2),
        "clock": lambda context: setattr(context.clock, "accepted_on", "2026-03-11"),
        "clock.suspensions": lambda context: context.clock.suspensions.add(ground="S01", effective_on="2026-03-11"),
        "base": lambda context: setattr(context.base, "sequence", 1),
        "declared": lambda context: setattr(context.declared.letter, "items", 9),
        "recipients.key_id": lambda context: setattr(context.recipients[1], "key_id", b"\1" * 16),
        "recipients.order": lambda context: context.recipients.extend([context.recipients.pop(0)]),
        "manifest": lambda context: context.manifest.add(material_id="x", root=b"r"),
        "predecessor": lambda context: context.predecessor.SetInParent(),
        "in_reply_to": lambda context: context.in_reply_to.SetInParent(),
        "replaces": lambda context: context.replaces.SetInParent(),
        "valid_until": lambda context: context.valid_until.FromSeconds(1_900_000_000),
        "claimed_at": lambda context: context.claimed_at.FromSeconds(1_700_000_000),
        "signer_certificates": lambda context: context.signer_certificates.append(bytes(32)),
        "reasons": lambda context: context.reasons.append("R01"),
        "content_commitment": put("content_commitment", bytes(32)),
    }
    for field in header_pb2.Context.DESCRIPTOR.fields:
        if field.name in changes or field.message_type is not None or field.is_repeated:
            continue
        if field.cpp_type == field.CPPTYPE_STRING:
            changes[field.name] = put(field.name, "xieban-other")
        elif field.cpp_type != field.CPPTYPE_BOOL:
            changes[field.name] = more(field.name)
    return changes


class TestTampering:
    def test_every_field_of_the_context_is_covered(self) -> None:
        names = {name.split(".")[0] for name in mutations()}
        assert names == {field.name for field in header_pb2.Context.DESCRIPTOR.fields} - {"federation_id"} | {
            "federation_id"
        }

    @pytest.mark.parametrize("name", sorted(mutations()))
    def test_a_changed_field_is_refused(self, trust: Trust, letter: SealedEnvelope, name: str) -> None:
        outer = header_pb2.Header.FromString(letter.header_bytes)
        context = header_pb2.Context.FromString(outer.context)
        mutations()[name](context)
        outer.context = context.SerializeToString(deterministic=True)
        data = outer.SerializeToString(deterministic=True)
        assert data != letter.header_bytes

        def judge() -> None:
            verify_signatures(data, letter.signatures, parse_header(data), trust, at=AT)

        assert refused(judge).reason in {
            Reason.BAD_SIGNATURE,
            Reason.MALFORMED,
            Reason.UNKNOWN_VERSION,
            Reason.UNKNOWN_CODE,
            Reason.UNKNOWN_FEDERATION,
            Reason.SUITE_NOT_ALLOWED,
        }

    @given(data=st.data())
    @settings(max_examples=200)
    def test_any_changed_byte_of_the_header_is_refused(
        self, trust: Trust, letter: SealedEnvelope, data: st.DataObject
    ) -> None:
        position = data.draw(st.integers(0, len(letter.header_bytes) - 1))
        flip = data.draw(st.integers(1, 255))
        changed = bytearray(letter.header_bytes)
        changed[position] ^= flip

        def judge() -> None:
            verify_signatures(bytes(changed), letter.signatures, parse_header(bytes(changed)), trust, at=AT)

        refused(judge)

    @given(data=st.data())
    def test_any_changed_byte_of_the_body_is_noticed_without_a_key(
        self, letter: SealedEnvelope, data: st.DataObject
    ) -> None:
        position = data.draw(st.integers(0, len(letter.sealed_body) - 1))
        changed = bytearray(letter.sealed_body)
        changed[position] ^= data.draw(st.integers(1, 255))
        assert refused(lambda: verify_sealed(letter.header, bytes(changed))).reason is Reason.DIGEST_MISMATCH
        assert refused(lambda: verify_sealed(letter.header, bytes(changed) + b"\0")).reason is Reason.DIGEST_MISMATCH

    def test_a_damaged_body_is_not_taken_for_the_senders_fault(self, world: World, letter: SealedEnvelope) -> None:
        key = world.keys[HOST].sealing[world.keys[HOST].newest]
        damaged = letter.sealed_body[:-1] + bytes((letter.sealed_body[-1] ^ 1,))
        refusal = refused(open_body, letter.header, damaged, unit=HOST, private_key=key)
        assert refusal.reason is Reason.DIGEST_MISMATCH
        assert protest_ground(refusal) is None

    def test_parsed_header_of_other_bytes_is_refused(self, trust: Trust, letter: SealedEnvelope) -> None:
        other = replace(letter.header, digest=bytes(32))
        refusal = refused(lambda: verify_signatures(letter.header_bytes, letter.signatures, other, trust, at=AT))
        assert refusal.reason is Reason.DIGEST_MISMATCH


def resigned(world: World, letter: SealedEnvelope, unit: str = HOME, **changes: Any) -> tuple[Header, bytes]:
    """The same sealed body under a header with changes, signed by a unit: what a thief of ciphertexts could send."""
    keys = world.keys[unit]
    draft = replace(
        letter.header,
        sender_unit=unit,
        signer_certificates=(certificate_digest(keys.certificate),),
        **changes,
    )
    data = header_bytes(context_bytes(draft), letter.header.sealed_body_digest, letter.header.sealed_body_size)
    return parse_header(data), data


class TestMovedBody:
    """HPKE and AES-GCM bind the whole context: a body is of use under its own header alone."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"kind": Kind.LETTER_CORRECTED, "replaces": None},
            {"envelope_id": "0195e9a0-1111-7aaa-8bbb-0123456789ff"},
            {"priority": Priority.GREEN},
            {"base": Base(3, bytes(32))},
        ],
        ids=["kind", "id", "priority", "base"],
    )
    def test_under_another_header(self, world: World, letter: SealedEnvelope, changes: dict[str, Any]) -> None:
        header, _ = resigned(world, letter, **changes)
        key = world.keys[HOST].sealing[world.keys[HOST].newest]
        refusal = refused(lambda: open_body(header, letter.sealed_body, unit=HOST, private_key=key))
        assert (refusal.reason, refusal.details["why"]) == (Reason.CANNOT_OPEN, "key")
        assert protest_ground(refusal) == 1

    def test_signed_by_another_as_his_own(self, world: World, trust: Trust, letter: SealedEnvelope) -> None:
        header, data = resigned(world, letter, HOST, counterpart_unit=HOME)
        signature = sign_p256(world.keys[HOST].signing, PAYLOAD_TYPE_ENVELOPE, data)
        verify_signatures(data, [signature], header, trust, at=AT)  # his right; but what he signed does not open
        key = world.keys[HOME].sealing[world.keys[HOME].newest]
        assert refused(lambda: open_body(header, letter.sealed_body, unit=HOME, private_key=key)).reason is (
            Reason.CANNOT_OPEN
        )

    def test_for_another_recipient(self, world: World, letter: SealedEnvelope) -> None:
        key = world.keys[PROVINCE].sealing[world.keys[PROVINCE].newest]
        refusal = refused(lambda: open_body(letter.header, letter.sealed_body, unit=PROVINCE, private_key=key))
        assert (refusal.reason, refusal.details["why"]) == (Reason.CANNOT_OPEN, "recipient")
        assert refused(lambda: open_body(letter.header, letter.sealed_body, unit=HOST, private_key=key)).details == {
            "why": "key"
        }

    def test_by_the_place_of_another_recipient(self, world: World, letter: SealedEnvelope) -> None:
        """The sender's own key opens nothing in the host's place, nor the other way round."""
        swapped = header_pb2.SealedBody.FromString(letter.sealed_body)
        swapped.keys.extend([swapped.keys.pop(0)])
        body = swapped.SerializeToString(deterministic=True)
        header = replace(letter.header, sealed_body_digest=sha256(body).digest())
        key = world.keys[HOST].sealing[world.keys[HOST].newest]
        assert refused(lambda: open_body(header, body, unit=HOST, private_key=key)).reason is Reason.CANNOT_OPEN


class TestSigners:
    def test_number_of_signatures_is_the_suites(self, trust: Trust, letter: SealedEnvelope) -> None:
        for signatures in ((), letter.signatures * 2):
            refusal = verdict(letter, trust, signatures=signatures)
            assert (refusal.reason, refusal.details["why"]) == (Reason.BAD_SIGNATURE, "count")

    def test_both_values_of_s_verify_and_no_other_encoding(self, trust: Trust, letter: SealedEnvelope) -> None:
        r, s = decode_dss_signature(letter.signatures[0])
        verify_signatures(letter.header_bytes, [encode_dss_signature(r, ORDER - s)], letter.header, trust, at=AT)
        good = letter.signatures[0]
        bad = [
            good + b"\0",
            good[:-1],
            b"",
            b"\x30\x81" + good[1:],
            encode_dss_signature(r, s + ORDER),
            encode_dss_signature(0, s),
            b"\xff" * 72,
            bytes(10_000),
        ]
        for signature in bad:
            refusal = verdict(letter, trust, signatures=[signature])
            assert refusal.reason is Reason.BAD_SIGNATURE

    def test_a_signature_of_another_payload_type_is_refused(self, world: World, trust: Trust) -> None:
        envelope = sealed(world)
        key = world.keys[HOME].signing
        for signature in (
            sign_p256(key, "application/vnd.xieban.sealing-key.v1+protobuf", envelope.header_bytes),
            key.sign(envelope.header_bytes, ECDSA(hashes.SHA256())),
        ):
            refusal = refused(
                partial(verify_signatures, envelope.header_bytes, [signature], envelope.header, trust, at=AT)
            )
            assert refusal.reason is Reason.BAD_SIGNATURE

    @pytest.mark.parametrize("purpose", ["channel", "node", "authority"])
    def test_a_certificate_of_another_purpose_signs_nothing(self, world: World, trust: Trust, purpose: str) -> None:
        key = new_p256()
        csr = new_csr(key)
        certificate = {
            "channel": lambda: world.channel.issue_channel(csr, "330100", AT),
            "node": lambda: world.channel.issue_node(csr, "330100", AT),
            "authority": lambda: world.seal.certificate,
        }[purpose]()
        envelope = seal_and_sign(
            a_draft(),
            a_body(),
            recipients=world.recipients(HOME, HOST),
            signing_key=key,
            certificate=certificate,
        )
        refusal = verdict(envelope, trust)
        assert (refusal.reason, refusal.details["why"]) == (Reason.SIGNER_NOT_VALID, "unknown")

    def test_another_units_certificate_does_not_sign_for_the_sender(self, world: World, trust: Trust) -> None:
        keys = world.keys[HOST]
        envelope = seal_and_sign(
            a_draft(),
            a_body(),
            recipients=world.recipients(HOME, HOST),
            signing_key=keys.signing,
            certificate=keys.certificate,
        )
        refusal = verdict(envelope, trust)
        assert (refusal.reason, refusal.details["why"]) == (Reason.SIGNER_NOT_VALID, "unit")

    def test_outside_its_dates(self, trust: Trust, letter: SealedEnvelope) -> None:
        for at in (AT - 40 * DAY, AT + 3 * 366 * DAY):
            refusal = refused(
                partial(verify_signatures, letter.header_bytes, letter.signatures, letter.header, trust, at=at)
            )
            assert (refusal.reason, refusal.details["why"]) == (Reason.SIGNER_NOT_VALID, "dates")

    def test_a_plain_revocation_leaves_the_past_alone(self, world: World, letter: SealedEnvelope) -> None:
        trust = world.trust(world.revoking(certificate_digest(world.keys[HOME].certificate), AT))
        verify_signatures(letter.header_bytes, letter.signatures, letter.header, trust, at=AT - DAY / 24)
        refusal = verdict(letter, trust, at=AT)
        assert (refusal.reason, refusal.details["why"]) == (Reason.SIGNER_NOT_VALID, "revoked")

    def test_compromised_since_reaches_back(self, world: World, letter: SealedEnvelope) -> None:
        digest = certificate_digest(world.keys[HOME].certificate)
        trust = world.trust(world.revoking(digest, AT, AT - 2 * DAY))
        verify_signatures(letter.header_bytes, letter.signatures, letter.header, trust, at=AT - 3 * DAY)
        assert verdict(letter, trust, at=AT - DAY).details == {"why": "revoked"}
        assert trust.compromised(digest, AT - DAY)
        assert not trust.compromised(digest, AT - 3 * DAY)

    def test_a_suite_that_the_roster_does_not_allow(self, world: World, letter: SealedEnvelope) -> None:
        trust = world.trust(replace(world.view, suites=()))
        refusal = verdict(letter, trust, at=AT)
        assert refusal.reason is Reason.SUITE_NOT_ALLOWED

    def test_a_suite_that_is_not_made_here(self, world: World) -> None:
        rule = world.view.suites[0]
        trust = world.trust(replace(world.view, suites=(replace(rule, signing=SigningSuite.SM2_SM3),)))
        envelope = sealed(world)
        draft = replace(envelope.header, signing_suite=SigningSuite.SM2_SM3)
        data = header_bytes(context_bytes(draft), draft.sealed_body_digest, draft.sealed_body_size)
        refusal = refused(lambda: verify_signatures(data, envelope.signatures, parse_header(data), trust, at=AT))
        assert (refusal.reason, refusal.details["why"]) == (Reason.SUITE_NOT_ALLOWED, "not_made_here")
