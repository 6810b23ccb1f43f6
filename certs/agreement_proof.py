"""The proof that two units made an agreement, or ended it: what the seal authority asks for before a roster has it.

A file of JSON: the terms as serialised once, and the signed headers of proposal and countersignature (of the ending
too, where there is one). The headers name the terms by their digest (protocol 3.4), so that no sealed body is needed
and nothing of the staff who handled it leaves the bureaus.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from hmac import compare_digest
from typing import Final

from certs.envelope import verify_signatures
from certs.trust import Trust
from delegation.agreed_law import unlawful
from delegation.codec_header import parse_header
from delegation.codec_roster import read_agreement
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.model import AgreementDeclared, Header
from delegation.roster_records import Agreement
from xieban.delegation.v1 import roster_pb2

FORMAT: Final = "xieban-agreement/1"
MAX_FILE: Final = 256 * 1024
_PARTS: Final[Mapping[str, Kind]] = {
    "proposed": Kind.AGREEMENT_PROPOSED,
    "countersigned": Kind.AGREEMENT_COUNTERSIGNED,
    "ended": Kind.AGREEMENT_ENDED,
}
_NEEDED: Final = ("proposed", "countersigned")


@dataclass(frozen=True, slots=True)
class SignedHeader:
    """A header's bytes and its signatures, in the suite's order."""

    header: bytes
    signatures: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class AgreementProof:
    """The terms and who signed them. `ended` is absent while the agreement stands."""

    record: bytes
    proposed: SignedHeader
    countersigned: SignedHeader
    ended: SignedHeader | None = None


def proof_to_json(proof: AgreementProof) -> str:
    """The file's text."""
    parts = {name: getattr(proof, name) for name in _PARTS}
    text: dict[str, object] = {"format": FORMAT, "record": _text(proof.record)}
    for name, part in parts.items():
        if part is not None:
            text[name] = {"header": _text(part.header), "signatures": [_text(each) for each in part.signatures]}
    return json.dumps(text, indent=1)


def proof_from_json(text: str) -> AgreementProof:
    """The file as a value. Raises Refusal: TOO_LARGE; MALFORMED (field) for anything else than `proof_to_json`."""
    if len(text) > MAX_FILE:
        raise Refusal(Reason.TOO_LARGE, field="agreement")
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _malformed("agreement") from error
    if not isinstance(given, dict) or given.get("format") != FORMAT or set(given) - {"format", "record", *_PARTS}:
        raise _malformed("agreement")
    parts = {name: _signed(given[name], name) for name in _PARTS if name in given}
    if any(name not in parts for name in _NEEDED):
        raise _malformed("agreement")
    return AgreementProof(_bytes(given.get("record"), "record"), **parts)


def proven_agreement(proof: AgreementProof, trust: Trust) -> Agreement:
    """The agreement that this proves, with the digests of its signed headers; ended ones hold until the day they ended.

    Verified: the terms leave the law as it is (`delegation.agreed_law`); the three headers are of one thread, which the
    terms name; each names these very terms; two different units signed proposal and countersignature, each for itself
    or as the office above the unit that the terms name; every signature by the roster in `trust`, at the instant that
    the signer claims. An ended agreement may have said anything.

    Raises:
        Refusal: MALFORMED, UNKNOWN_CODE as the codec; INVALID_INPUT (field) for headers that do not belong together;
            as `verify_signatures`.

    NOT checked: whether the terms fit the roster; that is judged when the roster is composed.
    """
    record = roster_pb2.AgreementRecord()
    try:
        record.ParseFromString(proof.record)
    except Exception as error:  # protobuf's DecodeError says no more than this
        raise _malformed("record") from error
    agreement = read_agreement(record)
    wrong = unlawful(agreement)
    if wrong is not None and proof.ended is None:
        raise Refusal(Reason.INVALID_INPUT, **wrong)
    signed = {name: part for name in _PARTS if (part := getattr(proof, name)) is not None}
    headers = {name: _verified(part, _PARTS[name], proof.record, trust) for name, part in signed.items()}
    first, second = headers["proposed"], headers["countersigned"]
    if any(header.thread_id != agreement.agreement_id for header in headers.values()):
        raise Refusal(Reason.INVALID_INPUT, field="thread_id")
    if {first.sender_unit, first.counterpart_unit} != {second.sender_unit, second.counterpart_unit}:
        raise Refusal(Reason.INVALID_INPUT, field="counterpart_unit")
    signers = {first.sender_unit, second.sender_unit}
    if len(signers) != len(_NEEDED) or not _speak_for(signers, agreement.units, trust):
        raise Refusal(Reason.INVALID_INPUT, field="units")
    ended = headers.get("ended")
    if ended is not None:
        if ended.sender_unit not in signers:
            raise Refusal(Reason.INVALID_INPUT, field="units")
        last = day_of(ended.claimed_at)
        until = last if agreement.valid_to is None else min(last, agreement.valid_to)
        agreement = replace(agreement, valid_to=max(until, agreement.valid_from))
    return replace(agreement, proofs=(first.digest, second.digest))


def _verified(part: SignedHeader, kind: Kind, record: bytes, trust: Trust) -> Header:
    header = parse_header(part.header)
    declared = header.declared
    if header.kind is not kind or not isinstance(declared, AgreementDeclared):
        raise Refusal(Reason.INVALID_INPUT, field="kind")
    if not compare_digest(declared.terms_digest, sha256(record).digest()):
        raise Refusal(Reason.INVALID_INPUT, field="record")
    verify_signatures(part.header, part.signatures, header, trust, at=header.claimed_at)
    return header


def _speak_for(signers: set[str], units: tuple[str, str], trust: Trust) -> bool:
    """Whether one signer speaks for each unit: itself, or its provincial office."""

    def speaks(signer: str, unit: str) -> bool:
        office = trust.view.provincial_office(unit) if unit in trust.view.units else None
        return signer == unit or (office is not None and office.code == signer)

    one, other = sorted(signers)
    first, second = units
    return (speaks(one, first) and speaks(other, second)) or (speaks(one, second) and speaks(other, first))


def _signed(given: object, name: str) -> SignedHeader:
    if not isinstance(given, dict) or set(given) != {"header", "signatures"}:
        raise _malformed(name)
    signatures = given["signatures"]
    if not isinstance(signatures, list) or not 1 <= len(signatures) <= 4:
        raise _malformed(name)
    return SignedHeader(_bytes(given["header"], name), tuple(_bytes(each, name) for each in signatures))


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: object, field: str) -> bytes:
    if not isinstance(value, str):
        raise _malformed(field)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed(field) from error


def _malformed(field: str) -> Refusal:
    return Refusal(Reason.MALFORMED, field=field)
