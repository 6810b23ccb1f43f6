"""What a unit asks the seal authority for: a signing certificate, a sealing key, or both (protocol 9.6).

One file goes to the authority, and what it grants comes back in the next roster. The sealing key's statement is signed
before the certificate exists, so it names the signing key by the SHA-256 of its SubjectPublicKeyInfo. A unit that had a
signing key signs for the new one with the old.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from certs.keys import certificate_digest, new_csr, spki_digest
from certs.signing import sign_p256, verify_p256
from certs.vouching import Vouching, VouchingKind, sign_succession
from delegation.codec_roster import SealingKeyStatement, parse_sealing_key_statement, sealing_key_statement_bytes
from delegation.digits import DigitError, parse_unit_code
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_SEALING_KEY, sealing_key_id
from delegation.roster_view import SealingKey

FORMAT: Final = "xieban-unit-request-1"
MAX_REQUEST_FILE: Final = 16 * 1024
# The rule: a sealing key lives a year. Rotated by the node at two thirds; the private key is kept 90 days longer.
SEALING_KEY_VALIDITY: Final = timedelta(days=365)
_FIELDS: Final = frozenset(
    {"format", "unit", "csr", "sealing_statement", "sealing_signature", "earlier_certificate", "earlier_signature"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRequest:
    """A request as it stands in its file. Empty bytes: nothing asked for, or no earlier key.

    `csr` is a PKCS #10 request (DER) for the signing key; without one the sealing key is rotated alone.
    """

    unit: str
    csr: bytes = b""
    sealing_statement: bytes = b""
    sealing_signature: bytes = b""
    vouching: Vouching | None = None


def new_unit_request(
    unit: str,
    *,
    signing_key: EllipticCurvePrivateKey,
    sealing_key: X25519PublicKey,
    at: datetime,
    earlier: tuple[EllipticCurvePrivateKey, bytes] | None = None,
) -> UnitRequest:
    """A request for both keys of a unit, new to the roster or with a new signing key.

    `earlier` is the signing key in use and its certificate (DER), when the unit has one and still holds it.
    """
    statement, signature = sealing_statement(
        unit, signing_key=signing_key, sealing_key=sealing_key, signer=spki_digest(signing_key.public_key()), at=at
    )
    return UnitRequest(
        unit=unit,
        csr=new_csr(signing_key),
        sealing_statement=statement,
        sealing_signature=signature,
        vouching=None if earlier is None else sign_succession(unit, *earlier, signing_key.public_key()),
    )


def sealing_key_request(
    unit: str,
    *,
    signing_key: EllipticCurvePrivateKey,
    certificate: bytes,
    sealing_key: X25519PublicKey,
    at: datetime,
) -> UnitRequest:
    """A request to add a new sealing key, signed by the signing key in use."""
    statement, signature = sealing_statement(
        unit, signing_key=signing_key, sealing_key=sealing_key, signer=certificate_digest(certificate), at=at
    )
    return UnitRequest(unit=unit, sealing_statement=statement, sealing_signature=signature)


def sealing_statement(
    unit: str,
    *,
    signing_key: EllipticCurvePrivateKey,
    sealing_key: X25519PublicKey,
    signer: bytes,
    at: datetime,
) -> tuple[bytes, bytes]:
    """What a unit says of its sealing key for a year from `at`, and its signature over that."""
    statement = sealing_key_statement_bytes(
        SealingKeyStatement(
            unit=unit,
            public_key=sealing_key.public_bytes_raw(),
            not_before=at,
            not_after=at + SEALING_KEY_VALIDITY,
            signer_certificate=signer,
        )
    )
    return statement, sign_p256(signing_key, PAYLOAD_TYPE_SEALING_KEY, statement)


def sealing_key_of(request: UnitRequest) -> SealingKey | None:
    """The roster's record of the sealing key asked for; None when none is. Raises Refusal(MALFORMED, ...).

    Not checked: signature and key (`certs.enrolled.check_sealing_key`).
    """
    if not request.sealing_statement:
        return None
    stated = parse_sealing_key_statement(request.sealing_statement)
    if stated.unit != request.unit:
        raise Refusal(Reason.MALFORMED, field="sealing_statement")
    return SealingKey(
        key_id=sealing_key_id(stated.public_key),
        public_key=stated.public_key,
        not_before=stated.not_before,
        not_after=stated.not_after,
        statement=request.sealing_statement,
        signature=request.sealing_signature,
        signer_certificate=stated.signer_certificate,
        suite=stated.suite,
    )


def verify_statement(request: UnitRequest, key: EllipticCurvePublicKey) -> None:
    """Raise Refusal(BAD_SIGNATURE) unless the key signed the request's statement."""
    if not verify_p256(key, request.sealing_signature, PAYLOAD_TYPE_SEALING_KEY, request.sealing_statement):
        raise Refusal(Reason.BAD_SIGNATURE, field="sealing_signature")


def request_to_json(request: UnitRequest) -> str:
    """The request as the text of its file; nothing in it is secret."""
    vouching = request.vouching
    fields = {
        "csr": request.csr,
        "sealing_statement": request.sealing_statement,
        "sealing_signature": request.sealing_signature,
        "earlier_certificate": vouching.certificate_digest if vouching else b"",
        "earlier_signature": vouching.signature if vouching else b"",
    }
    encoded = {name: base64.b64encode(value).decode() for name, value in fields.items()}
    return json.dumps({"format": FORMAT, "unit": request.unit} | encoded, indent=2, sort_keys=True) + "\n"


def request_from_json(text: str) -> UnitRequest:
    """Read a request's file. Raises Refusal: MALFORMED (field), UNKNOWN_VERSION. Judges no key and no signature."""
    if len(text) > MAX_REQUEST_FILE:
        raise Refusal(Reason.TOO_LARGE, field="request")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(Reason.MALFORMED, field="request") from error
    if not isinstance(data, dict) or not all(isinstance(value, str) for value in data.values()):
        raise Refusal(Reason.MALFORMED, field="request")
    if data.get("format") != FORMAT:
        raise Refusal(Reason.UNKNOWN_VERSION, field="format")
    if set(data) != _FIELDS:
        raise Refusal(Reason.MALFORMED, field="request")
    try:
        parse_unit_code(data["unit"])
    except DigitError as error:
        raise Refusal(Reason.MALFORMED, field="unit") from error
    digest, signature = _bytes(data, "earlier_certificate"), _bytes(data, "earlier_signature")
    if bool(digest) != bool(signature) or len(digest) not in (0, 32):
        raise Refusal(Reason.MALFORMED, field="earlier_certificate")
    request = UnitRequest(
        unit=data["unit"],
        csr=_bytes(data, "csr"),
        sealing_statement=_bytes(data, "sealing_statement"),
        sealing_signature=_bytes(data, "sealing_signature"),
        vouching=Vouching(VouchingKind.EARLIER_KEY, digest, signature) if digest else None,
    )
    if not request.csr and not request.sealing_statement:
        raise Refusal(Reason.MALFORMED, field="request")
    return request


def _bytes(data: Mapping[str, str], name: str) -> bytes:
    try:
        return base64.b64decode(data[name].encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Refusal(Reason.MALFORMED, field=name) from error
