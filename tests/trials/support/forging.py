"""Forged envelopes: altered, truncated, re-ordered, replayed, signed by the wrong key, or against the contract.

Each generator says which reasons are right for what it makes. Nothing here is random but what the seed draws.
"""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from certs.envelope import SealedEnvelope
from certs.keys import certificate_digest, new_p256
from certs.signing import sign_p256
from delegation.errors import Reason
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE, PAYLOAD_TYPE_ROSTER_STATEMENT
from tests.builders import HANGZHOU_RD
from tests.registry.federation import uuid7_at
from tests.trials.support.forge_world import Loot
from xieban.delegation.v1 import header_pb2

REPEATED: Final = frozenset({"(the stored answer)"})
UNREADABLE: Final = frozenset({"MALFORMED", "TOO_LARGE", "UNKNOWN_VERSION", "UNKNOWN_CODE"})
# A header that was altered and not signed again: refused where the alteration is noticed first. ROSTER_NOT_READY is
# said before any signature is looked at, for a version number that is above the registry's.
ALTERED: Final = UNREADABLE | {
    "UNKNOWN_FEDERATION",
    "NOT_YOUR_UNIT",
    "ROSTER_NOT_READY",
    "BAD_SIGNATURE",
    "ID_CONFLICT",
    "SIGNER_NOT_VALID",
}
_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_INTEGERS: Final = (0, 1, 2, 7, 127, 128, 255, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Forgery:
    """One envelope to try, the channel it comes by, and what may be answered."""

    name: str
    envelope: header_pb2.Envelope
    expected: frozenset[str]
    by: str = "home"


def envelope_of(letter: SealedEnvelope) -> header_pb2.Envelope:
    """As it is sent."""
    return header_pb2.Envelope(
        header=letter.header_bytes, sealed_body=letter.sealed_body, signatures=list(letter.signatures)
    )


def context_of(letter: SealedEnvelope) -> header_pb2.Context:
    """The header's facts, to be changed."""
    return header_pb2.Context.FromString(header_pb2.Header.FromString(letter.header_bytes).context)


class Forger:
    """Draws forgeries. `fresh` letters were never sent and are sent at the end; `accepted` ones are in."""

    def __init__(
        self,
        loot: Loot,
        *,
        fresh: list[SealedEnvelope],
        accepted: list[SealedEnvelope],
        wrong_keys: dict[str, tuple[EllipticCurvePrivateKey, bytes]],
        seed: int,
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a seed repeats the run
        self.loot = loot
        self.federation = loot.federation
        self.fresh = fresh
        self.accepted = accepted
        self.wrong_keys = wrong_keys
        self.home_key = self.federation.keys[HANGZHOU_RD].signing
        self.generators: list[Callable[[], Forgery]] = [
            self.flipped_header,
            self.flipped_header,
            self.flipped_body,
            self.flipped_signature,
            self.truncated,
            self.mutated_tree,
            self.mutated_tree,
            self.appended,
            self.noise,
            self.swapped,
            self.wrong_number_of_signatures,
            self.other_form_of_signature,
            self.signed_for_another_purpose,
            self.resigned_by_wrong_key,
            self.wrong_certificate_named,
            self.signed_by_key_that_ended,
            self.replayed,
            self.replayed_with_other_wrapping,
            self.sent_by_another,
            self.same_id_other_bytes,
        ]

    def draw(self) -> Forgery:
        """The next forgery."""
        return self.random.choice(self.generators)()

    # helpers

    def letter(self) -> SealedEnvelope:
        """A letter to spoil: half of them never sent."""
        return self.random.choice(self.fresh if self.random.random() < 0.5 else self.accepted)

    def flipped(self, data: bytes) -> bytes:
        """One to eight bits changed."""
        found = bytearray(data)
        for bit in self.random.sample(range(len(found) * 8), self.random.randint(1, 8)):
            found[bit // 8] ^= 1 << bit % 8
        return bytes(found)

    def cut(self, data: bytes) -> bytes:
        """A part of it missing: the head, the tail or the middle."""
        size = self.random.randint(1, len(data))
        at = self.random.choice((0, len(data) - size, self.random.randint(0, len(data) - size)))
        return data[:at] + data[at + size :]

    def signed(
        self,
        context: header_pb2.Context,
        letter: SealedEnvelope,
        *,
        key: EllipticCurvePrivateKey | None = None,
        new_id: bool = True,
    ) -> header_pb2.Envelope:
        """A changed context with the letter's body, signed anew, by default by the true key and under a new id."""
        if new_id and context.envelope_id == letter.header.envelope_id:
            context.envelope_id = uuid7_at(self.federation.clock.at, self.federation.number())
        return self.signed_bytes(context.SerializeToString(), letter, key=key)

    def signed_bytes(
        self, context: bytes, letter: SealedEnvelope, *, key: EllipticCurvePrivateKey | None = None
    ) -> header_pb2.Envelope:
        """Any bytes as a context, signed."""
        body = letter.sealed_body
        header = header_pb2.Header(
            context=context, sealed_body_digest=hashlib.sha256(body).digest(), sealed_body_size=len(body)
        ).SerializeToString()
        signature = sign_p256(key or self.home_key, PAYLOAD_TYPE_ENVELOPE, header)
        return header_pb2.Envelope(header=header, sealed_body=body, signatures=[signature])

    # altered

    def flipped_header(self) -> Forgery:
        envelope = envelope_of(self.letter())
        envelope.header = self.flipped(envelope.header)
        return Forgery("flipped_header", envelope, ALTERED)

    def flipped_body(self) -> Forgery:
        envelope = envelope_of(self.random.choice(self.fresh))
        envelope.sealed_body = self.flipped(envelope.sealed_body)
        return Forgery("flipped_body", envelope, frozenset({"DIGEST_MISMATCH"}))

    def flipped_signature(self) -> Forgery:
        envelope = envelope_of(self.random.choice(self.fresh))
        envelope.signatures[0] = self.flipped(envelope.signatures[0])
        return Forgery("flipped_signature", envelope, frozenset({"BAD_SIGNATURE"}))

    def truncated(self) -> Forgery:
        part = self.random.choice(("header", "sealed_body", "signature"))
        envelope = envelope_of(self.random.choice(self.fresh))
        if part == "header":
            envelope.header = self.cut(envelope.header)
            return Forgery("truncated_header", envelope, ALTERED)
        if part == "sealed_body":
            envelope.sealed_body = self.cut(envelope.sealed_body)
            return Forgery("truncated_body", envelope, frozenset({"DIGEST_MISMATCH", "MALFORMED"}))
        envelope.signatures[0] = self.cut(envelope.signatures[0])
        return Forgery("truncated_signature", envelope, frozenset({"BAD_SIGNATURE", "MALFORMED"}))

    def mutated_tree(self) -> Forgery:
        letter = self.letter()
        context = context_of(letter)
        before = context.SerializeToString(deterministic=True)
        while context.SerializeToString(deterministic=True) == before:
            self._mutate(context)
        envelope = envelope_of(letter)
        outer = header_pb2.Header.FromString(envelope.header)
        outer.context = context.SerializeToString()
        envelope.header = outer.SerializeToString()
        return Forgery("mutated_tree", envelope, ALTERED)

    def _mutate(self, message: Message) -> None:
        fields = cast("list[FieldDescriptor]", list(message.DESCRIPTOR.fields))  # the stubs say object
        field = self.random.choice(fields)
        value = getattr(message, field.name)
        if field.message_type is not None:
            if field.is_repeated:
                if value and self.random.random() < 0.5:
                    del value[self.random.randrange(len(value))]
                else:
                    value.add()
            elif not message.HasField(field.name) or self.random.random() < 0.3:
                message.ClearField(field.name) if message.HasField(field.name) else value.SetInParent()
            else:
                self._mutate(value)
        elif field.is_repeated:
            value.append(self._scalar(field))
        else:
            setattr(message, field.name, self._scalar(field))

    def _scalar(self, field: FieldDescriptor) -> object:
        pick = self.random
        if field.type == FieldDescriptor.TYPE_STRING:
            return pick.choice(("", "a", "510100", HANGZHOU_RD, "0" * 40, "\u5f20", "x" * 300))
        if field.type == FieldDescriptor.TYPE_BYTES:
            return pick.randbytes(pick.choice((0, 1, 16, 32, 33)))
        if field.type == FieldDescriptor.TYPE_BOOL:
            return pick.random() < 0.5
        return pick.choice(_INTEGERS)

    def appended(self) -> Forgery:
        """Bytes after the signed ones: unknown fields, a field again, another context that would win."""
        envelope = envelope_of(self.letter())
        other = header_pb2.Header.FromString(self.random.choice(self.fresh).header_bytes)
        tail = self.random.choice(
            (b"\xf8\x7f\x01", b"\x18\x01", header_pb2.Header(context=other.context).SerializeToString(), b"\x00")
        )
        envelope.header += tail
        return Forgery("appended", envelope, ALTERED)

    def noise(self) -> Forgery:
        pick = self.random
        envelope = header_pb2.Envelope(
            header=pick.randbytes(pick.choice((0, 1, 40, 400, 24 * 1024 + 1))),
            sealed_body=pick.randbytes(pick.choice((0, 1, 400))),
            signatures=[pick.randbytes(pick.choice((0, 8, 71))) for _ in range(pick.randint(0, 3))],
        )
        return Forgery("noise", envelope, UNREADABLE)

    def swapped(self) -> Forgery:
        """A part of another envelope of the same sender, itself good."""
        envelope, other = (envelope_of(each) for each in self.random.sample(self.fresh, 2))
        part = self.random.choice(("body", "signature", "context"))
        if part == "body":
            envelope.sealed_body = other.sealed_body
            return Forgery("swapped_body", envelope, frozenset({"DIGEST_MISMATCH"}))
        if part == "signature":
            envelope.signatures[0] = other.signatures[0]
        else:
            outer = header_pb2.Header.FromString(envelope.header)
            outer.context = header_pb2.Header.FromString(other.header).context
            envelope.header = outer.SerializeToString()
        return Forgery(f"swapped_{part}", envelope, frozenset({"BAD_SIGNATURE"}))

    # signatures

    def wrong_number_of_signatures(self) -> Forgery:
        envelope = envelope_of(self.random.choice(self.fresh))
        (true,) = envelope.signatures
        other = self.random.choice(self.fresh).signatures[0]
        found = self.random.choice(([], [true, true], [other, true], [true, other], [b""], [b"", true], [true] * 60))
        del envelope.signatures[:]
        envelope.signatures.extend(found)
        return Forgery("wrong_number_of_signatures", envelope, frozenset({"BAD_SIGNATURE", "MALFORMED", "TOO_LARGE"}))

    def other_form_of_signature(self) -> Forgery:
        """Another encoding of true numbers, and numbers that no signature has."""
        envelope = envelope_of(self.random.choice(self.fresh))
        r, s = decode_dss_signature(envelope.signatures[0])
        forms = (
            _der(r, s, pad=1),
            _der(r, s, tail=b"\x00"),
            _der(r + _P256_ORDER, s),
            _der(r, s + _P256_ORDER),
            _der(0, 0),
            _der(1, 0),
            _der(r, 0),
            _der(_P256_ORDER, _P256_ORDER),
            _der(-r, -s),
            b"\x30\x81" + envelope.signatures[0][1:],
            r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        )
        envelope.signatures[0] = self.random.choice(forms)
        return Forgery("other_form_of_signature", envelope, frozenset({"BAD_SIGNATURE"}))

    def signed_for_another_purpose(self) -> Forgery:
        """The true key signed these bytes, but not as an envelope."""
        envelope = envelope_of(self.random.choice(self.fresh))
        plain = self.home_key.sign(envelope.header, ECDSA(hashes.SHA256()))
        as_roster = sign_p256(self.home_key, PAYLOAD_TYPE_ROSTER_STATEMENT, envelope.header)
        digest = sign_p256(self.home_key, PAYLOAD_TYPE_ENVELOPE, hashlib.sha256(envelope.header).digest())
        envelope.signatures[0] = self.random.choice((plain, as_roster, digest))
        return Forgery("signed_for_another_purpose", envelope, frozenset({"BAD_SIGNATURE"}))

    def resigned_by_wrong_key(self) -> Forgery:
        """The header names the true certificate, or the wrong key's own."""
        name, (key, certificate) = self.random.choice(list(self.wrong_keys.items()))
        if self.random.random() < 0.1:
            name, key = "drawn", new_p256()
        letter = self.letter()
        context = context_of(letter)
        if self.random.random() < 0.5:
            context.signer_certificates[0] = certificate_digest(certificate)
        context.requested_due = "2030-01-01"  # else the header could be one that was accepted
        envelope = self.signed(context, letter, key=key, new_id=self.random.random() < 0.5)
        return Forgery(f"resigned_by_{name}", envelope, frozenset({"BAD_SIGNATURE", "ID_CONFLICT"}))

    def wrong_certificate_named(self) -> Forgery:
        """Truly signed, but the header names another certificate than the key's."""
        letter = self.letter()
        context = context_of(letter)
        certificates = [certificate for _, certificate in self.wrong_keys.values()]
        certificates += [self.loot.expired[1], self.loot.revoked[1]]
        context.signer_certificates[0] = certificate_digest(self.random.choice(certificates))
        return Forgery("wrong_certificate_named", self.signed(context, letter), frozenset({"BAD_SIGNATURE"}))

    def signed_by_key_that_ended(self) -> Forgery:
        """An expired or revoked key of the unit's own: refused by rule, for ever."""
        key, certificate = self.random.choice((self.loot.expired, self.loot.revoked))
        letter = self.letter()
        context = context_of(letter)
        context.signer_certificates[0] = certificate_digest(certificate)
        return Forgery(
            "signed_by_key_that_ended", self.signed(context, letter, key=key), frozenset({Reason.SIGNER_NOT_VALID})
        )

    # replayed and by others

    def replayed(self) -> Forgery:
        return Forgery("replayed", envelope_of(self.random.choice(self.accepted)), REPEATED)

    def replayed_with_other_wrapping(self) -> Forgery:
        """The header that was accepted, with another body or another form of the signature: the first answer."""
        envelope = envelope_of(self.random.choice(self.accepted))
        if self.random.random() < 0.5:
            envelope.sealed_body = self.flipped(envelope.sealed_body)
        else:
            r, s = decode_dss_signature(envelope.signatures[0])
            envelope.signatures[0] = _der(r, _P256_ORDER - s)
        return Forgery("replayed_with_other_wrapping", envelope, REPEATED)

    def sent_by_another(self) -> Forgery:
        return Forgery(
            "sent_by_another",
            envelope_of(self.letter()),
            frozenset({"NOT_YOUR_UNIT"}),
            self.random.choice(("host", "other")),
        )

    def same_id_other_bytes(self) -> Forgery:
        """Truly signed under an id that was answered before."""
        letter = self.random.choice(self.accepted)
        context = context_of(letter)
        context.claimed_at.FromDatetime(
            letter.header.claimed_at - timedelta(microseconds=self.random.randint(1, 10**9))
        )
        envelope = self.signed(context, letter, new_id=False)
        return Forgery("same_id_other_bytes", envelope, frozenset({"ID_CONFLICT"}))


def _der(r: int, s: int, *, pad: int = 0, tail: bytes = b"") -> bytes:
    """Two numbers as a DER sequence, also ones that no library would write."""

    def number(value: int) -> bytes:
        size = max(1, (value.bit_length() + 8) // 8)
        data = bytes(pad) + value.to_bytes(size, "big", signed=True)
        return b"\x02" + bytes([len(data)]) + data

    content = number(r) + number(s) + tail
    return b"\x30" + bytes([len(content)]) + content
