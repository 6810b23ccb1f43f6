"""The committed envelopes open, verify, and have every intermediate value that another implementation would compare."""

import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from certs.envelope import open_body, verify_sealed
from delegation.codec_header import parse_header
from delegation.codes import Kind
from delegation.errors import Reason
from scripts import make_vectors_envelope
from tests.certs.refusals import refused
from xieban.delegation.v1 import header_pb2

VECTORS: dict[str, Any] = json.loads(make_vectors_envelope.PATH.read_text(encoding="utf-8"))
BY_NAME: dict[str, dict[str, Any]] = {case["name"]: case for case in VECTORS["envelopes"]}


def original_of(case: dict[str, Any]) -> Any:
    return parse_header(bytes.fromhex(BY_NAME[case["original"]]["header"])) if case["original"] else None


@pytest.mark.parametrize("name", BY_NAME)
def test_every_recipient_opens_it(name: str) -> None:
    case = BY_NAME[name]
    header = parse_header(bytes.fromhex(case["header"]))
    sealed_body = bytes.fromhex(case["sealed_body"])
    verify_sealed(header, sealed_body)
    assert len(case["recipients"]) == len(header.recipients) == 2
    for recipient in case["recipients"]:
        key = X25519PrivateKey.from_private_bytes(bytes.fromhex(recipient["private_key"]))
        opened = open_body(header, sealed_body, unit=recipient["unit"], private_key=key, judged_by=original_of(case))
        assert (opened.salt.hex(), opened.body.hex()) == (case["salt"], case["body"])


@pytest.mark.parametrize("name", BY_NAME)
def test_another_implementation_gets_the_same(name: str) -> None:
    """Protocol 4.9 written out once more, from the library's parts alone."""
    case = BY_NAME[name]
    data = bytes.fromhex(case["header"])
    outer = header_pb2.Header.FromString(data)
    context_digest = sha256(outer.context).digest()
    assert context_digest.hex() == case["context_digest"]
    kind = b"application/vnd.xieban.header.v1+protobuf"
    signed = b"DSSEv1 " + b" ".join([b"%d" % len(kind), kind, b"%d" % len(data), data])
    assert signed.hex() == case["signed_bytes"]
    point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), bytes.fromhex(VECTORS["signing_point"]))
    signatures = [bytes.fromhex(signature) for signature in case["signatures"]]
    assert len(signatures) == 1
    point.verify(signatures[0], signed, ECDSA(hashes.SHA256()))
    assert sha256(lp(*signatures)).hexdigest() == case["signatures_digest"]
    salt, body = bytes.fromhex(case["salt"]), bytes.fromhex(case["body"])
    commitment = lp(b"xieban/content-commitment/v1", salt, body)
    assert commitment.hex() == case["commitment_input"]
    context = header_pb2.Context.FromString(outer.context)
    assert sha256(commitment).digest() == context.content_commitment == bytes.fromhex(case["commitment"])
    sealed = header_pb2.SealedBody.FromString(bytes.fromhex(case["sealed_body"]))
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    for recipient, key in zip(case["recipients"], sealed.keys, strict=True):
        private = X25519PrivateKey.from_private_bytes(bytes.fromhex(recipient["private_key"]))
        key_id = sha256(private.public_key().public_bytes_raw()).digest()[:16]
        assert key_id.hex() == recipient["key_id"]
        info = lp(b"xieban/hpke-info/v1", context_digest, recipient["unit"].encode(), key_id)
        assert info.hex() == recipient["info"]
        assert len(key.sealed) == 80
        content_key = suite.decrypt(key.sealed, private, info)
        padded = AESGCM(content_key).decrypt(bytes(12), sealed.ciphertext, b"xieban/content/v1" + context_digest)
        assert padded.hex() == case["padded_content"]
        assert padded[4 : 4 + int.from_bytes(padded[:4], "big")] == salt + body


def test_the_reseal_is_judged_by_its_original() -> None:
    case = next(case for case in BY_NAME.values() if case["original"])
    header = parse_header(bytes.fromhex(case["header"]))
    assert header.kind is Kind.RESEAL
    original = original_of(case)
    assert header.content_commitment == original.content_commitment
    recipient = case["recipients"][1]
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(recipient["private_key"]))
    sealed_body = bytes.fromhex(case["sealed_body"])
    refusal = refused(open_body, header, sealed_body, unit=recipient["unit"], private_key=key)
    assert refusal.reason is Reason.BODY_CONTRADICTS_HEADER


def test_the_script_still_makes_such_envelopes() -> None:
    made = make_vectors_envelope.vectors()
    assert made.keys() == VECTORS.keys()
    envelopes = made["envelopes"]
    assert isinstance(envelopes, list)
    assert [case.keys() for case in envelopes] == [case.keys() for case in VECTORS["envelopes"]]
    assert [case["name"] for case in envelopes] == list(BY_NAME)
    public = make_vectors_envelope.signing_key().public_key()
    form = (serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    assert public.public_bytes(*form).hex() == VECTORS["signing_point"]


def lp(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
