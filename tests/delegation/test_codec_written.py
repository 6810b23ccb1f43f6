"""The header that was just written is what a reader finds, or is refused as a reader would."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

import pytest

from delegation import codec_written, model
from delegation.codec_declared import FIELD_OF_KIND
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codec_written import read_back
from delegation.codes import Kind, LegalBasis, Matter, Priority, SealingSuite, SigningSuite
from delegation.errors import Refusal
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE
from tests import builders as b
from tests.delegation.appraisal_details import DETAIL_OF_KIND
from tests.delegation.test_codec_header import DETAIL_OF, REF

SEALED = (sha256(b"sealed").digest(), 4_711)


def draft(kind: Kind = Kind.ANSWER, **fields: Any) -> model.Header:
    """A filled draft as it is when its sealed body is there; of most kinds it states little."""
    bare: dict[str, Any] = {
        "task_place": None,
        "matter": Matter.UNSPECIFIED,
        "legal_basis": LegalBasis.UNSPECIFIED,
        "priority": Priority.UNSPECIFIED,
        "clock": model.NO_CLOCK,
        "predecessor": REF,
        "in_reply_to": REF,
        "base": model.Base(9, b.a_digest("entry 9")),
    }
    stated = {} if kind is Kind.ISSUED else bare
    detail = DETAIL_OF_KIND.get(kind, DETAIL_OF.get(FIELD_OF_KIND.get(kind, "")))
    return b.a_header(**{"kind": kind, "declared": detail, "payload_type": PAYLOAD_TYPE_ENVELOPE, **stated, **fields})


def written(header: model.Header, sealed: tuple[bytes, int] = SEALED) -> tuple[bytes, bytes]:
    """Context and header as bytes."""
    context = context_bytes(header)
    return context, header_bytes(context, *sealed)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind])
def test_it_is_what_a_reader_finds(kind: Kind) -> None:
    header = draft(kind)
    context, data = written(header)
    assert read_back(header, context, data, sealed_body=SEALED) == parse_header(data)


def test_most_kinds_need_no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    def unread(_data: bytes) -> model.Header:
        raise AssertionError

    monkeypatch.setattr(codec_written, "parse_header", unread)
    for kind in (Kind.QUESTION, Kind.ANSWER, Kind.PROGRESS, Kind.SIGNED_FOR):
        header = draft(kind)
        read_back(header, *written(header), sealed_body=SEALED)


_WRONG: list[dict[str, Any]] = [
    {"envelope_id": "1"}, {"federation_id": "Ä"}, {"thread_id": "WT-1"}, {"sender_unit": "330100"},
    {"counterpart_unit": ""}, {"case_id": "x"}, {"leg": 0}, {"leg": 1_001}, {"round": 0}, {"round": 101}, {"hop": 101},
    {"roster_version": 0}, {"content_commitment": b"1"}, {"payload_type": "x"}, {"payload_version": 2},
    {"format_version": 2}, {"recipients": ()}, {"recipients": (model.Recipient("330100", b"1"),)},
    {"signer_certificates": ()}, {"signer_certificates": (b"1",)}, {"base": model.Base(0, b"1" * 32)},
    {"base": model.Base(1, b"")}, {"predecessor": model.EnvelopeRef("x", "y", b"z")}, {"reasons": ("?",)},
    {"in_reply_to": model.EnvelopeRef("x", "y", b"z")}, {"replaces": model.EnvelopeRef("x", "y", b"z")},
    {"claimed_at": datetime(1999, 12, 31, tzinfo=UTC)}, {"claimed_at": datetime(2101, 1, 1, tzinfo=UTC)},
    {"agreement_id": "x"}, {"related_thread_id": "x"}, {"declared": model.QuestionDeclared(True)},
    {"signing_suite": SigningSuite.UNSPECIFIED}, {"sealing_suite": SealingSuite.UNSPECIFIED},
]  # fmt: skip


@pytest.mark.parametrize("fields", _WRONG, ids=lambda fields: next(iter(fields)))
def test_what_a_reader_refuses_is_refused_alike(fields: dict[str, Any]) -> None:
    header = draft(**fields)
    context, data = written(header)
    with pytest.raises(Refusal) as read:
        parse_header(data)
    with pytest.raises(Refusal) as found:
        read_back(header, context, data, sealed_body=SEALED)
    assert (found.value.reason, found.value.details) == (read.value.reason, read.value.details)


def test_a_sealed_body_of_no_size_or_too_much_is_refused() -> None:
    for size in (0, 128 * 1024 + 1):
        sealed = (SEALED[0], size)
        header = draft()
        with pytest.raises(Refusal):
            read_back(header, *written(header, sealed), sealed_body=sealed)


def test_what_is_rare_is_read() -> None:
    elsewhere = timezone(timedelta(hours=8))
    for fields in (
        {"matter": Matter.INVESTIGATION},
        {"valid_until": datetime(2027, 1, 1, tzinfo=UTC)},
        {"claimed_at": datetime(2026, 11, 23, 8, 0, 0, 7, tzinfo=elsewhere)},
        {"recorded_by_home": True},
    ):
        header = draft(**fields)
        context, data = written(header)
        assert read_back(header, context, data, sealed_body=SEALED) == parse_header(data)
