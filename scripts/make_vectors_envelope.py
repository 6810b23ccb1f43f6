"""Write tests/vectors/envelopes.json: envelopes with every private key, to open, verify and refuse.

python -m scripts.make_vectors_envelope

HPKE draws its own randomness in the library and ECDSA a nonce, so each run writes another file. Run it only when the
format changes; the tests open and verify what is committed.
"""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certs.envelope import SealedEnvelope, reseal, seal_and_sign
from certs.padding import pad
from delegation.codes import (
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    ThreadType,
)
from delegation.digits import UnitType, delegation_number, unit_code
from delegation.model import Base, ClockFacts, Header, LetterDeclared, TaskPlace
from delegation.payloads import (
    PAYLOAD_TYPE_ENVELOPE,
    SALT_SIZE,
    commitment_input,
    hpke_info,
    pae,
    sealing_key_id,
    signatures_digest,
)
from xieban.delegation.v1 import body_pb2, codes_pb2, header_pb2

PATH = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "envelopes.json"
HOME = unit_code(region6="330100", unit_type=UnitType.RECOGNITION, serial=1)
HOST = unit_code(region6="510100", unit_type=UnitType.RECOGNITION, serial=1)
AT = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
THREAD = delegation_number(date(2026, 3, 12), "330100", 17)
# Keys of these vectors alone; anybody can read them.
SIGNING_SCALAR = 0x0102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F20
SEALING = {HOME: bytes(range(32)), HOST: bytes(range(32, 64))}
NEW_HOST_KEY = bytes(range(64, 96))
CERTIFICATE = b"stands for the certificate: only its SHA-256 is in the header"


def signing_key() -> EllipticCurvePrivateKey:
    """The vectors' signing key."""
    return derive_private_key(SIGNING_SCALAR, SECP256R1())


def draft(kind: Kind = Kind.ISSUED, envelope_id: str = "0195e9a0-1111-7aaa-8bbb-0123456789ab") -> Header:
    """A letter of delegation before it is sealed."""
    return Header(
        envelope_id=envelope_id,
        federation_id="xieban-vectors",
        thread_id=THREAD,
        thread_type=ThreadType.DELEGATION,
        kind=kind,
        sender_unit=HOME,
        counterpart_unit=HOST,
        recipients=(),
        case_id="7f0c1e9e-5b1f-4e38-9d4e-1d3b0b6d6a11",
        task_place=TaskPlace("510107", PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE),
        matter=Matter.INVESTIGATION,
        legal_basis=LegalBasis.RECOGNITION_RULES_14,
        priority=Priority.NORMAL,
        clock=ClockFacts(accepted_on=date(2026, 3, 10), procedure=Procedure.ORDINARY),
        claimed_at=AT,
        base=Base(0, b""),
        roster_version=1,
        declared=LetterDeclared(items=3, mandatory_items=2) if kind is Kind.ISSUED else None,
    )


def body(kind: Kind = Kind.ISSUED) -> bytes:
    """A body that repeats kind and thread."""
    message = body_pb2.Body(kind=codes_pb2.EventKind.ValueType(kind), thread_id=THREAD, text="请协助调查核实")
    return message.SerializeToString(deterministic=True)


def recipients(host_key: bytes = SEALING[HOST]) -> list[tuple[str, bytes, bytes]]:
    """Sender and host with the public halves of their keys."""
    found = []
    for unit, private in ((HOME, SEALING[HOME]), (HOST, host_key)):
        raw = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
        found.append((unit, sealing_key_id(raw), raw))
    return found


def case(name: str, envelope: SealedEnvelope, keys: dict[str, bytes], original: str = "") -> dict[str, object]:
    """One vector with every intermediate value."""
    header = envelope.header
    outer = header_pb2.Header.FromString(envelope.header_bytes)
    salt, content_body = envelope.content[:SALT_SIZE], envelope.content[SALT_SIZE:]
    return {
        "name": name,
        "original": original,
        "header": envelope.header_bytes.hex(),
        "context_digest": sha256(outer.context).hexdigest(),
        "sealed_body": envelope.sealed_body.hex(),
        "signatures": [signature.hex() for signature in envelope.signatures],
        "signatures_digest": signatures_digest(envelope.signatures).hex(),
        "signed_bytes": pae(PAYLOAD_TYPE_ENVELOPE, envelope.header_bytes).hex(),
        "salt": salt.hex(),
        "body": content_body.hex(),
        "commitment_input": commitment_input(salt, content_body).hex(),
        "commitment": header.content_commitment.hex(),
        "padded_content": pad(envelope.content).hex(),
        "recipients": [
            {
                "unit": recipient.unit,
                "key_id": recipient.key_id.hex(),
                "private_key": keys[recipient.unit].hex(),
                "info": hpke_info(header.context_digest, recipient.unit, recipient.key_id).hex(),
            }
            for recipient in header.recipients
        ],
    }


def vectors() -> dict[str, object]:
    """The file's content, with fresh randomness."""
    key = signing_key()
    letter = seal_and_sign(draft(), body(), recipients=recipients(), signing_key=key, certificate=CERTIFICATE)
    question = seal_and_sign(
        replace(
            draft(Kind.PROGRESS, "0195e9a0-2222-7aaa-8bbb-0123456789ab"),
            base=Base(1, sha256(b"an entry").digest()),
            task_place=None,
        ),
        body(Kind.PROGRESS),
        recipients=recipients(),
        signing_key=key,
        certificate=CERTIFICATE,
    )
    again = reseal(
        letter.header,
        letter.content,
        draft(Kind.RESEAL, "0195e9a0-3333-7aaa-8bbb-0123456789ab"),
        recipients=recipients(NEW_HOST_KEY),
        signing_key=key,
        certificate=CERTIFICATE,
    )
    public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return {
        "comment": "Sealed and signed envelopes, protocol 4. Test keys; never use them.",
        "signing_scalar": f"{SIGNING_SCALAR:064x}",
        "signing_point": public.hex(),
        "certificate_stand_in": CERTIFICATE.hex(),
        "envelopes": [
            case("letter", letter, SEALING),
            case("progress", question, SEALING),
            case("reseal of the letter to a new key", again, SEALING | {HOST: NEW_HOST_KEY}, "letter"),
        ],
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {PATH}")
