"""Entries, acknowledgements, sealed bodies and envelopes come back as they went, and no bytes break their readers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation import codec_entry as codec
from delegation import model
from delegation.codec_answers import AcceptedEntries
from delegation.errors import Reason, Refusal
from tests import builders as b
from xieban.delegation.v1 import entry_pb2 as pb
from xieban.delegation.v1 import header_pb2
from xieban.federation.v1 import exchange_pb2

REF = model.EnvelopeRef(b.HANGZHOU_RD, b.a_uuid7(1), b.a_digest("header"))
ACCEPTED = model.EnvelopeAnswer(REF, b.a_digest("signatures"), accepted=True)
ENTRY = model.Entry(
    kind=model.EntryKind.ENVELOPE,
    federation_id=b.FEDERATION,
    leaf_index=41,
    accepted_at=datetime(2026, 3, 12, 2, 0, 0, 123456, tzinfo=UTC),
    versions=model.Versions(roster=3, rules=1, calendar=2, agreements=4),
    thread_id=b.DELEGATION_NUMBER,
    thread_sequence=2,
    previous_entry_digest=b.a_digest("entry 1"),
    state_version=2,
    due_dates=(model.DueDate("sign", b.CHENGDU_RD, date(2026, 3, 13), date(2026, 3, 13), provisional=False),),
    detail=ACCEPTED,
)
REFUSED = replace(
    ENTRY,
    thread_sequence=0,
    previous_entry_digest=b"",
    due_dates=(),
    detail=replace(ACCEPTED, accepted=False, reason="WRONG_PLACE", details={"competent_unit": b.DEYANG_RD}),
)
BARE = replace(ENTRY, thread_id="", thread_sequence=0, previous_entry_digest=b"", state_version=0, due_dates=())
ENTRIES = {
    "accepted": ENTRY,
    "refused": REFUSED,
    "acknowledgements": replace(
        BARE,
        kind=model.EntryKind.ACKNOWLEDGEMENTS,
        detail=model.AcknowledgementBatch("510100", b.a_digest("r"), 512, b.a_digest("c"), b.a_digest("s")),
    ),
    "negative": replace(
        BARE,
        kind=model.EntryKind.NEGATIVE,
        thread_id=b.DELEGATION_NUMBER,
        detail=model.NegativeEvidence("extension-answer", b.CHENGDU_RD, REF, date(2026, 3, 20), 977),
    ),
    "roster": replace(
        BARE, kind=model.EntryKind.ROSTER, detail=model.RosterPublished(7, b.a_digest("r"), b.a_digest("s"))
    ),
    "key": replace(BARE, kind=model.EntryKind.KEY, detail=model.KeyEvent(b.a_digest("k"), "revoked")),
}
ACK = model.Acknowledgement(
    b.CHENGDU_RD, 5, b.a_digest("header"), model.AcknowledgementStatus.APPLIED, b.DELEGATION_NUMBER
)


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_comes_back_as_it_went_with_its_digest(name: str) -> None:
    data = codec.entry_bytes(ENTRIES[name])
    assert codec.parse_entry(data) == replace(ENTRIES[name], digest=sha256(data).digest())


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**62),
            st.integers(1, 2**40),
            st.sampled_from([b.DELEGATION_NUMBER, b.a_uuid7(7)]),
            st.sampled_from([b"", b.a_digest("entry 1")]),
            st.integers(0, 2**40),
            st.sampled_from([(), ENTRY.due_dates, (*ENTRY.due_dates, replace(ENTRY.due_dates[0], provisional=True))]),
            st.sampled_from([REF, replace(REF, envelope_id=b.a_uuid7(2), header_digest=b.a_digest("another"))]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_entries_written_in_a_row_have_the_bytes_that_each_has_alone(facts: list[tuple[Any, ...]]) -> None:
    written = AcceptedEntries(federation_id=ENTRY.federation_id, accepted_at=ENTRY.accepted_at, versions=ENTRY.versions)
    for leaf, sequence, thread_id, previous, state_version, due_dates, ref in facts:
        alone = replace(
            ENTRY,
            leaf_index=leaf,
            thread_id=thread_id,
            thread_sequence=sequence,
            previous_entry_digest=previous,
            state_version=state_version,
            due_dates=due_dates,
            detail=replace(ACCEPTED, envelope=ref),
        )
        assert codec.entry_bytes(alone) == written.next(
            ref,
            leaf_index=leaf,
            signatures_digest=ACCEPTED.signatures_digest,
            thread_id=thread_id,
            thread_sequence=sequence,
            previous=previous,
            state_version=state_version,
            due_dates=due_dates,
        )


def test_details_have_one_order() -> None:
    def entry(details: dict[str, str]) -> model.Entry:
        return replace(REFUSED, detail=replace(ACCEPTED, accepted=False, reason="STALE", details=details))

    assert codec.entry_bytes(entry({"a": "1", "b": "2"})) == codec.entry_bytes(entry({"b": "2", "a": "1"}))


def test_unknown_fields_of_an_entry_stay_in_its_digest() -> None:
    data = codec.entry_bytes(ENTRY) + b"\xfa\x3e\x05later"
    assert codec.parse_entry(data) == replace(ENTRY, digest=sha256(data).digest())


def _broken(change: Callable[[pb.Entry], object], entry: model.Entry = ENTRY) -> bytes:
    message = pb.Entry.FromString(codec.entry_bytes(entry))
    change(message)
    return message.SerializeToString()


@pytest.mark.parametrize(
    ("data", "reason", "field"),
    [
        (_broken(lambda e: e.ClearField("accepted_at")), Reason.MALFORMED, "accepted_at"),
        (_broken(lambda e: e.ClearField("kind")), Reason.MALFORMED, "kind"),
        (_broken(lambda e: setattr(e, "kind", 9)), Reason.UNKNOWN_CODE, "kind"),
        (_broken(lambda e: setattr(e, "kind", 5)), Reason.MALFORMED, "detail"),
        (_broken(lambda e: setattr(e, "thread_sequence", 0)), Reason.MALFORMED, "thread_sequence"),
        (_broken(lambda e: setattr(e, "thread_sequence", 1)), Reason.MALFORMED, "previous_entry_digest"),
        (_broken(lambda e: e.ClearField("previous_entry_digest")), Reason.MALFORMED, "previous_entry_digest"),
        (_broken(lambda e: setattr(e, "thread_id", "杭州")), Reason.MALFORMED, "thread_id"),
        (_broken(lambda e: setattr(e, "leaf_index", 2**63)), Reason.MALFORMED, "leaf_index"),
        (_broken(lambda e: setattr(e.due_dates[0], "legal", "2026-02-30")), Reason.MALFORMED, "due_dates.legal"),
        (_broken(lambda e: setattr(e.due_dates[0], "clock", "Sign now")), Reason.MALFORMED, "due_dates.clock"),
        (_broken(lambda e: setattr(e.envelope, "reason", "STALE")), Reason.MALFORMED, "envelope.reason"),
        (_broken(lambda e: setattr(e.envelope, "reason", "NEW"), REFUSED), Reason.UNKNOWN_CODE, "envelope.reason"),
        (_broken(lambda e: setattr(e, "thread_sequence", 3), REFUSED), Reason.MALFORMED, "thread_sequence"),
        (
            _broken(lambda e: setattr(e.envelope.details[0], "value", "张三"), REFUSED),
            Reason.MALFORMED,
            "envelope.details.value",
        ),
        (
            _broken(lambda e: e.envelope.details.add(name="competent_unit", value="1"), REFUSED),
            Reason.MALFORMED,
            "envelope.details.name",
        ),
        (bytes(64 * 1024 + 1), Reason.TOO_LARGE, "entry"),
    ],
)
def test_an_entry_out_of_its_patterns_is_refused(data: bytes, reason: Reason, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        codec.parse_entry(data)
    assert (caught.value.reason, caught.value.details) == (reason, {"field": field})


@pytest.mark.parametrize(
    "acknowledgement",
    [ACK, replace(ACK, status=model.AcknowledgementStatus.PARKED, reason="CANNOT_OPEN", thread_id=b.a_uuid7(3))],
)
def test_an_acknowledgement_comes_back_as_it_went(acknowledgement: model.Acknowledgement) -> None:
    assert codec.parse_acknowledgement(codec.acknowledgement_bytes(acknowledgement)) == acknowledgement


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit": "510100"}, "unit"),
        ({"cursor": 0}, "cursor"),
        ({"header_digest": b"x"}, "header_digest"),
        ({"status": 0}, "status"),
        ({"status": 8}, "status"),
        ({"reason": "CANNOT_OPEN"}, "reason"),
        ({"status": 3}, "reason"),
        ({"status": 3, "reason": "because"}, "reason"),
        ({"thread_id": ""}, "thread_id"),
    ],
)
def test_an_acknowledgement_out_of_its_patterns_is_refused(changes: dict[str, object], field: str) -> None:
    message = pb.Acknowledgement.FromString(codec.acknowledgement_bytes(ACK))
    for name, value in changes.items():
        setattr(message, name, value)
    with pytest.raises(Refusal) as caught:
        codec.parse_acknowledgement(message.SerializeToString())
    assert caught.value.details == {"field": field}


def test_what_a_node_signs_for_a_batch_names_federation_bureau_root_and_count() -> None:
    data = codec.acknowledgement_root_bytes(b.FEDERATION, "510100", b.a_digest("root"), 7)
    assert exchange_pb2.AcknowledgementRoot.FromString(data) == exchange_pb2.AcknowledgementRoot(
        federation_id=b.FEDERATION, bureau="510100", root=b.a_digest("root"), count=7
    )


def test_sealed_bodies_and_envelopes_come_back_as_they_went() -> None:
    sealed = codec.pack_sealed([b"one", b"two"], b"ciphertext")
    assert codec.parse_sealed(sealed) == codec.SealedParts((b"one", b"two"), b"ciphertext")
    packed = codec.pack_envelope(b"header", sealed, [b"signature"])
    assert codec.parse_envelope(packed) == codec.EnvelopeParts(b"header", sealed, (b"signature",))
    gone = header_pb2.Envelope(header=b"header", signatures=[b"signature"])
    assert codec.envelope_parts(gone, with_body=False).sealed_body == b""
    assert codec.parse_envelope(gone.SerializeToString(), with_body=False).header == b"header"


@pytest.mark.parametrize(
    ("data", "reason", "field"),
    [
        (codec.pack_sealed([], b"c"), Reason.MALFORMED, "sealed_body.keys"),
        (codec.pack_sealed([b"k"] * 7, b"c"), Reason.MALFORMED, "sealed_body.keys"),
        (codec.pack_sealed([b"k" * 5000], b"c"), Reason.MALFORMED, "sealed_body.keys"),
        (codec.pack_sealed([b"k"], b""), Reason.MALFORMED, "sealed_body.ciphertext"),
        (codec.pack_sealed([b"k"], bytes(128 * 1024)), Reason.TOO_LARGE, "sealed_body"),
    ],
)
def test_a_sealed_body_out_of_its_caps_is_refused(data: bytes, reason: Reason, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        codec.parse_sealed(data)
    assert (caught.value.reason, caught.value.details) == (reason, {"field": field})


@pytest.mark.parametrize(
    ("data", "reason", "field"),
    [
        (codec.pack_envelope(b"", b"s", [b"x"]), Reason.MALFORMED, "header"),
        (codec.pack_envelope(b"h", b"", [b"x"]), Reason.MALFORMED, "sealed_body"),
        (codec.pack_envelope(b"h", b"s", []), Reason.MALFORMED, "signatures"),
        (codec.pack_envelope(b"h", b"s", [b"x"] * 5), Reason.MALFORMED, "signatures"),
        (codec.pack_envelope(b"h", b"s", [b""]), Reason.MALFORMED, "signatures"),
        (codec.pack_envelope(bytes(24 * 1024 + 1), b"s", [b"x"]), Reason.TOO_LARGE, "header"),
        (codec.pack_envelope(b"h", bytes(128 * 1024 + 1), [b"x"]), Reason.TOO_LARGE, "sealed_body"),
    ],
)
def test_an_envelope_out_of_its_caps_is_refused(data: bytes, reason: Reason, field: str) -> None:
    with pytest.raises(Refusal) as caught:
        codec.parse_envelope(data)
    assert (caught.value.reason, caught.value.details) == (reason, {"field": field})


READERS = (codec.parse_entry, codec.parse_acknowledgement, codec.parse_sealed, codec.parse_envelope)


@given(st.sampled_from(READERS), st.binary(max_size=300), st.integers(0, 400), st.integers(0, 40))
def test_no_bytes_break_a_reader(read: Callable[[bytes], object], noise: bytes, at: int, cut: int) -> None:
    good = codec.entry_bytes(ENTRY)
    for data in (noise, good[:at] + noise + good[at + cut :]):
        try:
            read(data)
        except Refusal as refusal:
            fields = set(refusal.details)
        else:
            continue
        assert fields == {"field"}
