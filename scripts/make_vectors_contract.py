"""Write tests/vectors/headers.json and entries.json: bytes, digests and refusals that every implementation must give.

python -m scripts.make_vectors_contract

What stands in the files is signed for 50 years in the field: a run that changes them changes the contract.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from delegation.codec_body_checks import read_body
from delegation.codec_entry import acknowledgement_bytes, acknowledgement_root_bytes, entry_bytes
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codec_json import body_from_json
from delegation.codes import Kind, LegalBasis, Matter, PlaceCertainty, PlaceRole, Priority, Procedure
from delegation.codes import ThreadType as Thread
from delegation.deadlines import Suspension
from delegation.errors import Refusal
from delegation.model import (
    Acknowledgement,
    AcknowledgementBatch,
    AcknowledgementStatus,
    Base,
    ClockFacts,
    DueDate,
    Entry,
    EntryKind,
    EnvelopeAnswer,
    EnvelopeRef,
    Header,
    KeyEvent,
    LetterDeclared,
    MaterialRef,
    NegativeEvidence,
    QuestionDeclared,
    Recipient,
    ResultDeclared,
    RosterPublished,
    TaskPlace,
    Versions,
)
from delegation.payloads import (
    PAYLOAD_TYPE_ACKNOWLEDGEMENTS,
    PAYLOAD_TYPE_ENVELOPE,
    commitment_input,
    content_commitment,
    hpke_info,
    pae,
    sealing_key_id,
    signatures_digest,
)
from xieban.delegation.v1 import codes_pb2, header_pb2

VECTORS: Final = Path(__file__).resolve().parent.parent / "tests" / "vectors"
HANGZHOU: Final = "330100RD01T"
CHENGDU: Final = "510100RD015"
THREAD: Final = "WT-330100-20260312-000017-O"
FEDERATION: Final = "xieban-vectors"
SALT: Final = bytes(range(32))
SEALED: Final = b"stands for a sealed body"
AT: Final = datetime(2026, 3, 12, 2, 0, 0, 123456, tzinfo=UTC)


def uuid7(number: int) -> str:
    """A UUIDv7 told apart by a number."""
    return f"0195f3a0-0000-7000-8000-{number:012x}"


def digest(text: str) -> bytes:
    """Thirty-two bytes told apart by a text."""
    return sha256(text.encode()).digest()


def bodies() -> dict[str, bytes]:
    """Bodies by name."""
    staff = {"handler": {"staff_id": "hz-017"}, "approver": {"staff_id": "hz-002"}}
    letter = {"items": [{"code": "A1", "text": "现场情况", "mandatory": True}], "case_summary": "简要案情"}
    return {
        "letter": body_from_json(Kind.ISSUED, {"thread_id": THREAD, "attestation": staff, "letter": letter}),
        "question": body_from_json(Kind.QUESTION, {"thread_id": THREAD, "question": {"text": "哪一处大门?"}}),
    }


def headers() -> dict[str, Header]:
    """Drafts by name."""
    recipients = tuple(Recipient(unit, sealing_key_id(digest(unit))) for unit in (HANGZHOU, CHENGDU))
    question = Header(
        envelope_id=uuid7(1),
        federation_id=FEDERATION,
        thread_id=THREAD,
        thread_type=Thread.DELEGATION,
        kind=Kind.QUESTION,
        sender_unit=CHENGDU,
        counterpart_unit=HANGZHOU,
        recipients=tuple(reversed(recipients)),
        signer_certificates=(digest("certificate"),),
        claimed_at=AT,
        base=Base(3, digest("entry 3")),
        roster_version=7,
        declared=QuestionDeclared(blocking=True),
        content_commitment=content_commitment(SALT, bodies()["question"]),
    )
    letter = replace(
        question,
        envelope_id=uuid7(2),
        kind=Kind.ISSUED,
        sender_unit=HANGZHOU,
        counterpart_unit=CHENGDU,
        recipients=recipients,
        case_id="0195f3a0-0000-4000-8000-000000000007",
        base=Base(0, b""),
        task_place=TaskPlace("510107", PlaceRole.ACCIDENT, PlaceCertainty.UNCERTAIN, ("510600",)),
        matter=Matter.INVESTIGATION,
        legal_basis=LegalBasis.RECOGNITION_RULES_14,
        priority=Priority.GREEN,
        clock=ClockFacts(
            accepted_on=date(2026, 3, 6),
            procedure=Procedure.ORDINARY,
            suspensions=(Suspension(date(2026, 3, 8), date(2026, 3, 10), "S01"),),
        ),
        requested_due=date(2026, 4, 10),
        valid_until=datetime(2026, 4, 12, tzinfo=UTC),
        declared=LetterDeclared(items=1, mandatory_items=1),
        content_commitment=content_commitment(SALT, bodies()["letter"]),
        manifest=(MaterialRef("0195f3a0-0000-4000-8000-000000000001", digest("material"), 300_032, 2),),
    )
    report = replace(
        question,
        envelope_id=uuid7(3),
        kind=Kind.REPORTED,
        predecessor=EnvelopeRef(CHENGDU, uuid7(1), digest("accepted")),
        in_reply_to=EnvelopeRef(HANGZHOU, uuid7(2), digest("letter")),
        reasons=("U00",),
        declared=ResultDeclared(2, 1, 0, 2, 2, checks_met=4, checks_explained=1, evidence=5),
    )
    notice = replace(
        question,
        envelope_id=uuid7(4),
        thread_id=uuid7(40),
        thread_type=Thread.NOTICE,
        kind=Kind.NOTICE_SENT,
        declared=None,
    )
    return {"question": question, "letter": letter, "report": report, "notice": notice}


def wire(context: bytes) -> bytes:
    """The header of a context and the stand-in for a sealed body."""
    return header_bytes(context, sha256(SEALED).digest(), len(SEALED))


def header_vector(name: str, header: Header) -> dict[str, object]:
    """What an implementation must find in one header."""
    context = context_bytes(header)
    data = wire(context)
    found = parse_header(data)
    return {
        "name": name,
        "header": data.hex(),
        "header_digest": found.digest.hex(),
        "context_digest": found.context_digest.hex(),
        "pae": pae(PAYLOAD_TYPE_ENVELOPE, data).hex(),
        "hpke_info": {r.unit: hpke_info(found.context_digest, r.unit, r.key_id).hex() for r in found.recipients},
        "kind": found.kind.name,
        "sender_unit": found.sender_unit,
        "thread_id": found.thread_id,
        "claimed_at": found.claimed_at.isoformat(),
        "content_commitment": found.content_commitment.hex(),
    }


def refused_headers() -> dict[str, bytes]:
    """Headers that must be refused, by what is wrong with them."""
    good = header_pb2.Context.FromString(context_bytes(headers()["letter"]))

    def spoilt(**fields: object) -> bytes:
        context = header_pb2.Context()
        context.CopyFrom(good)
        for name, value in fields.items():
            setattr(context, name, value)
        return wire(context.SerializeToString(deterministic=True))

    other_kind = header_pb2.Context()
    other_kind.CopyFrom(good)
    other_kind.kind = codes_pb2.EVENT_KIND_SIGNED_FOR
    no_day = header_pb2.Context()
    no_day.CopyFrom(good)
    no_day.clock.accepted_on = "2026-02-30"
    nanoseconds = header_pb2.Context()
    nanoseconds.CopyFrom(good)
    nanoseconds.claimed_at.nanos = 123_456_789
    return {
        "not_a_message": b"\xff",
        "version_of_the_format": spoilt(format_version=2),
        "version_of_the_payload": spoilt(payload_version=2),
        "unknown_kind": spoilt(kind=99),
        "declared_of_another_kind": wire(other_kind.SerializeToString(deterministic=True)),
        "wide_digits": spoilt(sender_unit="３30100RD01T"),
        "check_character": spoilt(counterpart_unit="510100RD014"),
        "nul_in_a_name": spoilt(federation_id="xieban\0"),
        "no_such_day": wire(no_day.SerializeToString(deterministic=True)),
        "finer_than_microseconds": wire(nanoseconds.SerializeToString(deterministic=True)),
        "too_large": bytes(24 * 1024 + 1),
    }


def refusal(data: bytes) -> dict[str, str]:
    """Reason and field."""
    try:
        parse_header(data)
    except Refusal as refused:
        return {"reason": refused.reason.value, **refused.details}
    raise AssertionError("a header that must be refused was taken")


def headers_text() -> str:
    """The text of headers.json, the same on every run."""
    letter = context_bytes(headers()["letter"])
    later = wire(letter + b"\xfa\x3e\x05later")
    signatures = [b"first signature", b"second signature"]
    return _text(
        {
            "comment": "Made by scripts/make_vectors_contract.py. Bytes are hex; digests are SHA-256.",
            "payload_type": PAYLOAD_TYPE_ENVELOPE,
            "headers": [header_vector(name, header) for name, header in headers().items()],
            "unknown_field_kept": {
                "header": later.hex(),
                "header_digest": parse_header(later).digest.hex(),
                "context_digest": parse_header(later).context_digest.hex(),
            },
            "refused": [
                {"name": name, "header": data.hex() if len(data) < 24 * 1024 else f"{len(data)} zero bytes"}
                | refusal(data)
                for name, data in refused_headers().items()
            ],
            "commitments": [
                {
                    "name": name,
                    "salt": SALT.hex(),
                    "body": body.hex(),
                    "kind": Kind(read_body(body).kind).name,
                    "input": commitment_input(SALT, body).hex(),
                    "commitment": content_commitment(SALT, body).hex(),
                }
                for name, body in bodies().items()
            ],
            "signatures": {
                "signatures": [signature.hex() for signature in signatures],
                "digest": signatures_digest(signatures).hex(),
            },
        }
    )


def entries() -> dict[str, Entry]:
    """Entries by name."""
    ref = EnvelopeRef(HANGZHOU, uuid7(2), digest("letter"))
    accepted = Entry(
        kind=EntryKind.ENVELOPE,
        federation_id=FEDERATION,
        leaf_index=41,
        accepted_at=AT,
        versions=Versions(roster=7, rules=1, calendar=2, agreements=3),
        thread_id=THREAD,
        thread_sequence=2,
        previous_entry_digest=digest("entry 1"),
        state_version=2,
        due_dates=(
            DueDate("sign", CHENGDU, date(2026, 3, 13), date(2026, 3, 13), provisional=False),
            DueDate("statutory", HANGZHOU, date(2026, 5, 5), date(2026, 5, 6), provisional=True),
        ),
        detail=EnvelopeAnswer(ref, digest("signatures"), accepted=True),
    )
    refused = EnvelopeAnswer(ref, digest("signatures"), False, "WRONG_PLACE", {"competent_unit": "510600RD012"})
    alone = replace(accepted, thread_sequence=0, previous_entry_digest=b"", state_version=0, due_dates=())
    no_thread = replace(alone, thread_id="")
    return {
        "accepted": accepted,
        "refused": replace(alone, leaf_index=42, detail=refused),
        "negative": replace(
            alone,
            kind=EntryKind.NEGATIVE,
            leaf_index=43,
            detail=NegativeEvidence("sign", CHENGDU, ref, date(2026, 3, 13), 43),
        ),
        "acknowledgements": replace(
            no_thread,
            kind=EntryKind.ACKNOWLEDGEMENTS,
            leaf_index=44,
            detail=AcknowledgementBatch("510100", digest("root"), 2, digest("node"), digest("signature")),
        ),
        "roster": replace(
            no_thread,
            kind=EntryKind.ROSTER,
            leaf_index=45,
            detail=RosterPublished(7, digest("roster"), digest("statement")),
        ),
        "key": replace(no_thread, kind=EntryKind.KEY, leaf_index=46, detail=KeyEvent(digest("key"), "revoked")),
    }


def acknowledgements() -> dict[str, bytes]:
    """Leaves of a batch by name."""
    applied = Acknowledgement(CHENGDU, 5, digest("letter"), AcknowledgementStatus.APPLIED, THREAD)
    parked = replace(applied, cursor=6, status=AcknowledgementStatus.PARKED, reason="CANNOT_OPEN")
    return {"applied": acknowledgement_bytes(applied), "parked": acknowledgement_bytes(parked)}


def entries_text() -> str:
    """The text of entries.json, the same on every run."""
    root = acknowledgement_root_bytes(FEDERATION, "510100", digest("root"), 2)
    return _text(
        {
            "comment": "Made by scripts/make_vectors_contract.py. A leaf of the log is the entry's SHA-256.",
            "entries": [
                {"name": name, "entry": entry_bytes(entry).hex(), "digest": sha256(entry_bytes(entry)).hexdigest()}
                for name, entry in entries().items()
            ],
            "acknowledgements": [{"name": name, "bytes": data.hex()} for name, data in acknowledgements().items()],
            "acknowledgement_root": {
                "payload_type": PAYLOAD_TYPE_ACKNOWLEDGEMENTS,
                "bytes": root.hex(),
                "pae": pae(PAYLOAD_TYPE_ACKNOWLEDGEMENTS, root).hex(),
            },
        }
    )


def _text(vectors: Mapping[str, object]) -> str:
    return json.dumps(vectors, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write both files."""
    for name, text in (("headers.json", headers_text()), ("entries.json", entries_text())):
        (VECTORS / name).write_text(text, encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
