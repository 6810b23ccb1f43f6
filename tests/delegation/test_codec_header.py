"""Headers: what goes in comes out, what is not of the pattern does not come in, and no bytes break the reader."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from delegation import model
from delegation.codec_declared import FIELD_OF_KIND
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codes import (
    Adoption,
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    NoticeOutcome,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    Relation,
    SigningSuite,
    ThreadType,
)
from delegation.deadlines import Suspension
from delegation.errors import Reason, Refusal
from tests import builders as b
from tests.delegation.appraisal_details import APPRAISAL_DETAIL, DETAIL_OF_KIND, OUT_OF_BOUNDS
from xieban.delegation.v1 import declared_pb2
from xieban.delegation.v1 import header_pb2 as pb

DETAIL_OF: dict[str, model.DeclaredDetail] = {
    "letter": model.LetterDeclared(4, 2, 1, True, ("worker", b.a_uuid4(9))),
    "defect_list": model.ReturnDeclared((model.Defect("B01", "items"), model.Defect("B03", b.a_uuid4(3)))),
    "competence": model.CompetenceDeclared(b.DEYANG_RD),
    "assignment": model.AssignmentDeclared(2, 0, 1),
    "extension": model.ExtensionDeclared(10),
    "result": model.ResultDeclared(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
    "supplement": model.SupplementDeclared(2),
    "question": model.QuestionDeclared(True),
    "clock": model.ClockDeclared(date(2026, 3, 16), date(2026, 3, 17)),
    "amendment": model.AmendmentDeclared("clock", 2),
    "adoption": model.AdoptionDeclared(Adoption.PARTLY),
    "answer_due": model.AnswerDueDeclared(5),
    "notice": model.NoticeDeclared(NoticeOutcome.KNOWN),
    "agreement": model.AgreementDeclared(b.a_digest("terms")),
    "pool": model.PoolDeclared(b.a_digest("pool"), 120, 3),
    "protest": model.ProtestDeclared(2),
    "materials": model.MaterialsDeclared(4),
    **APPRAISAL_DETAIL,
}
REF = model.EnvelopeRef(b.CHENGDU_RD, b.a_uuid7(5), b.a_digest("earlier"))


def changed(**fields: Any) -> bytes:
    """A letter whose context has these raw fields of the message instead."""
    context = pb.Context.FromString(context_bytes(b.a_header()))
    for name, value in fields.items():
        path = name.split("__")
        target: Any = context
        for step in path[:-1]:
            target = getattr(target, step)
        if isinstance(value, list):
            target.ClearField(path[-1])
            getattr(target, path[-1]).extend(value)
        elif value is None:
            target.ClearField(path[-1])
        elif hasattr(value, "SerializeToString"):
            getattr(target, path[-1]).CopyFrom(value)
        else:
            setattr(target, path[-1], value)
    return finished(context.SerializeToString())


def finished(context: bytes) -> bytes:
    return header_bytes(context, sha256(b"sealed").digest(), 6)


def refusal_of(data: bytes) -> tuple[Reason, str]:
    with pytest.raises(Refusal) as caught:
        parse_header(data)
    return caught.value.reason, caught.value.details["field"]


def same_draft(header: model.Header) -> model.Header:
    """Without what only bytes have."""
    empty = {"context_digest": b"", "sealed_body_digest": b"", "sealed_body_size": 0, "digest": b"", "payload_type": ""}
    return replace(header, **empty)  # type: ignore[arg-type]  # mixed types, each of its field


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind], ids=lambda kind: kind.name)
def test_a_header_of_every_kind_comes_back_as_it_went(kind: Kind) -> None:
    draft = b.a_header(kind=kind, declared=DETAIL_OF_KIND.get(kind, DETAIL_OF.get(FIELD_OF_KIND.get(kind, ""))))
    data = b.wire(draft)
    found = parse_header(data)
    assert same_draft(found) == draft
    assert found.digest == sha256(data).digest()
    assert found.context_digest == sha256(context_bytes(draft)).digest()


def test_every_field_comes_back_as_it_went() -> None:
    draft = b.a_header(
        recorded_by_home=True,
        leg=3,
        round=2,
        hop=1,
        task_place=model.TaskPlace("510100", PlaceRole.EVIDENCE, PlaceCertainty.UNCERTAIN, ("510600", "330100A1")),
        matter=Matter.DISABILITY_GRADE,
        appraisal_kind=AppraisalKind.REVIEW,
        appraisal_mode=AppraisalMode.ONSITE_ASSIST,
        agreement_id=b.a_uuid7(8),
        legal_basis=LegalBasis.AGREEMENT,
        priority=Priority.GREEN,
        clock=model.ClockFacts(
            date(2026, 3, 6),
            date(2026, 3, 5),
            Procedure.SIMPLE,
            (Suspension(date(2026, 3, 7), date(2026, 3, 9), "S01"), Suspension(date(2026, 3, 10), None, "S03")),
        ),
        requested_due=date(2026, 4, 30),
        claimed_at=datetime(2026, 3, 12, 2, 3, 4, 567891, tzinfo=UTC),
        valid_until=datetime(2026, 4, 12, tzinfo=UTC),
        base=model.Base(9, b.a_digest("entry 9")),
        predecessor=REF,
        in_reply_to=replace(REF, envelope_id=b.a_uuid7(6)),
        replaces=replace(REF, envelope_id=b.a_uuid7(7)),
        related_thread_id=b.a_uuid7(30),
        relation=Relation.FROM_NOTICE,
        roster_version=2**40,
        reasons=("T04", "R00"),
        paper_on=date(2026, 3, 11),
        manifest=(model.MaterialRef(b.a_uuid4(1), b.a_digest("root"), 300_000, 2),),
    )
    assert same_draft(b.parsed(draft)) == draft


def test_the_same_draft_gives_the_same_bytes() -> None:
    assert b.wire(b.a_header()) == b.wire(b.a_header())


def test_unknown_optional_fields_leave_facts_alone_and_stay_in_the_digests() -> None:
    known = context_bytes(b.a_header())
    more = known + b"\xfa\x3e\x05later"  # field 1007, length-delimited
    found, plain = parse_header(finished(more)), parse_header(finished(known))
    assert found.context_digest == sha256(more).digest() != plain.context_digest
    assert found.digest == sha256(finished(more)).digest()
    assert same_draft(found) == same_draft(plain)
    outer = finished(known) + b"\xfa\x3e\x05later"
    assert parse_header(outer).digest == sha256(outer).digest()


@pytest.mark.parametrize("field", ["format_version", "payload_version"])
def test_an_unknown_version_is_told_as_such(field: str) -> None:
    assert refusal_of(changed(**{field: 2})) == (Reason.UNKNOWN_VERSION, field)
    assert refusal_of(changed(**{field: 0})) == (Reason.UNKNOWN_VERSION, field)


@pytest.mark.parametrize(
    "field",
    [
        "kind", "thread_type", "matter", "appraisal_kind", "appraisal_mode", "legal_basis", "priority", "relation",
        "signing_suite", "sealing_suite", "clock__procedure", "task_place__role", "task_place__certainty",
    ],
)  # fmt: skip
def test_an_unknown_number_of_a_code_is_an_unknown_code(field: str) -> None:
    assert refusal_of(changed(**{field: 99})) == (Reason.UNKNOWN_CODE, field.replace("__", "."))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reasons", ["B09"]),
        ("declared__letter__changed_subjects", ["weather"]),
        ("clock__suspensions", [pb.Suspension(ground="S09", effective_on="2026-03-09")]),
    ],
)
def test_an_unknown_text_of_the_right_form_is_an_unknown_code(field: str, value: object) -> None:
    reason, name = refusal_of(changed(**{field: value}))
    assert reason is Reason.UNKNOWN_CODE
    assert name.startswith(field.replace("__", "."))


UNIT = b.HANGZHOU_RD
WRONG_CHECK = UNIT[:-1] + ("A" if UNIT[-1] != "A" else "B")
WRONG: list[tuple[str, object]] = [
    ("federation_id", "X"),
    ("federation_id", "a" * 33),
    ("federation_id", ""),
    ("federation_id", "杭州"),
    ("federation_id", "test\x00"),
    ("federation_id", "test\n"),
    ("envelope_id", b.a_uuid4()),
    ("envelope_id", b.a_uuid7().upper().replace("F", "f")),
    ("envelope_id", b.a_uuid7() + "\n"),
    ("thread_id", b.a_uuid7()),
    ("thread_id", b.DELEGATION_NUMBER[:-1] + "!"),
    ("thread_id", "WT-330100-20260231-000017-O"),
    ("thread_id", ""),
    ("counterpart_unit", WRONG_CHECK),
    ("counterpart_unit", ""),
    ("sender_unit", "３" + UNIT[1:]),
    ("case_id", b.a_uuid7()),
    ("payload_type", "application/json"),
    ("kind", 0),
    ("thread_type", 0),
    ("leg", 0),
    ("round", 0),
    ("hop", 2**31),
    ("signing_suite", 0),
    ("sealing_suite", 0),
    ("signer_certificates", []),
    ("signer_certificates", [b"x" * 32] * 2),
    ("signer_certificates", [b"x" * 32] * 5),
    ("signer_certificates", [b"x" * 31]),
    ("task_place", None),
    ("task_place__code", "杭州市西湖区"),
    ("task_place__code", "5101001"),
    ("task_place__code", "510100 ABCDEF"),
    ("task_place__other_candidates", ["510600"]),
    ("task_place__certainty", 0),
    ("task_place__role", 0),
    ("matter", 0),
    ("legal_basis", 0),
    ("priority", 0),
    ("agreement_id", "agreement of 2025"),
    ("appraisal_mode", 1),
    ("clock__accepted_on", "2026-02-30"),
    ("clock__accepted_on", "20260306"),
    ("clock__accepted_on", "2026-W10-5"),
    ("clock__accepted_on", "２０２６-03-06"),
    ("clock__accepted_on", "1999-12-31"),
    ("clock__accepted_on", "2101-01-01"),
    ("clock__procedure", 0),
    ("clock__suspensions", [pb.Suspension(ground="S01", effective_on="2026-03-09")] * 33),
    ("requested_due", "soon"),
    ("claimed_at", None),
    ("claimed_at__seconds", -1),
    ("claimed_at__seconds", 2**62),
    ("claimed_at__seconds", 946_684_799),
    ("claimed_at__nanos", -1),
    ("claimed_at__nanos", 1_000_000_000),
    ("claimed_at__nanos", 1),
    ("valid_until", Timestamp(seconds=1)),
    ("base", None),
    ("base__sequence", 1),
    ("base__entry_digest", b"x" * 32),
    ("base__sequence", 2**64 - 1),
    ("predecessor", pb.EnvelopeRef(sender_unit=UNIT, envelope_id=b.a_uuid7(), header_digest=b"x")),
    ("in_reply_to", pb.EnvelopeRef()),
    ("replaces", pb.EnvelopeRef(sender_unit=UNIT, envelope_id="no", header_digest=b"x" * 32)),
    ("related_thread_id", b.a_uuid7()),
    ("relation", 1),
    ("roster_version", 0),
    ("roster_version", 2**63),
    ("reasons", ["B01"] * 2),
    ("reasons", ["T01"] * 17),
    ("reasons", ["张三"]),
    ("reasons", ["R05"]),
    ("content_commitment", b"x" * 33),
    ("manifest", [pb.MaterialRef(material_id=b.a_uuid4(), root=b"x" * 32, sealed_size=1, chunk_count=1)] * 2),
    ("manifest", [pb.MaterialRef(material_id=b.a_uuid4(), root=b"x", sealed_size=1, chunk_count=1)]),
    ("manifest", [pb.MaterialRef(material_id=b.a_uuid4(), root=b"x" * 32, sealed_size=0, chunk_count=1)]),
    ("recipients", []),
    ("recipients", [pb.Recipient(unit=b.CHENGDU_RD, key_id=b"x" * 16)]),
    ("recipients", [pb.Recipient(unit=UNIT, key_id=b"x" * 16)] * 2),
    ("recipients", [pb.Recipient(unit=UNIT, key_id=b"x" * 15)]),
    ("declared", None),
    ("declared__letter__mandatory_items", 4),
    ("declared__letter__items", 2**31),
    ("declared__letter__changed_subjects", ["Worker Zhang"]),
    ("declared__letter__changed_subjects", ["worker", "worker"]),
    ("declared__question", declared_pb2.QuestionDeclared(blocking=True)),
    ("declared__paper_on", "2026-03-01"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG, ids=[f"{name}-{n}" for n, (name, _) in enumerate(WRONG)])
def test_whatever_is_out_of_pattern_is_malformed_and_not_repeated(field: str, value: object) -> None:
    with pytest.raises(Refusal) as caught:
        parse_header(changed(**{field: value}))
    refusal = caught.value
    assert refusal.reason is Reason.MALFORMED
    assert refusal.details["field"].split(".")[0] == field.split("__")[0] or field in {"relation", "declared"}
    if isinstance(value, str) and len(value) > 3:
        assert value not in str(refusal) + repr(refusal)


def test_caps_of_bytes_and_lists() -> None:
    many = [pb.MaterialRef(material_id=b.a_uuid4(n), root=b"x" * 32, sealed_size=1, chunk_count=1) for n in range(129)]
    assert len(parse_header(changed(manifest=many[:128])).manifest) == 128
    assert refusal_of(changed(manifest=many)) == (Reason.MALFORMED, "manifest")
    assert refusal_of(bytes(24 * 1024 + 1)) == (Reason.TOO_LARGE, "header")
    seven = [pb.Recipient(unit=UNIT, key_id=b"x" * 16)] * 7
    assert refusal_of(changed(recipients=seven)) == (Reason.MALFORMED, "recipients")
    context = context_bytes(b.a_header())
    assert refusal_of(header_bytes(context, b"x" * 32, 128 * 1024 + 1)) == (Reason.MALFORMED, "sealed_body_size")
    assert refusal_of(header_bytes(context, b"x" * 31, 10)) == (Reason.MALFORMED, "sealed_body_digest")
    assert refusal_of(header_bytes(context, b"x" * 32, 0)) == (Reason.MALFORMED, "sealed_body_size")


def test_another_kinds_declaration_is_refused() -> None:
    assert refusal_of(changed(kind=int(Kind.QUESTION))) == (Reason.MALFORMED, "declared.letter")
    assert refusal_of(changed(kind=int(Kind.SIGNED_FOR))) == (Reason.MALFORMED, "declared.letter")
    silent = b.a_header(kind=Kind.SIGNED_FOR, declared=None)
    assert b.parsed(silent).declared is None


@pytest.mark.parametrize(
    "detail",
    [
        (Kind.EXTENDED, model.ExtensionDeclared(0)),
        (Kind.EXTENDED, model.ExtensionDeclared(11)),
        (Kind.SUPERVISE, model.AnswerDueDeclared(21)),
        (Kind.AMENDED, model.AmendmentDeclared("clock", 1)),
        (Kind.AMENDED, model.AmendmentDeclared("", 2)),
        (Kind.TRANSFERRED, model.CompetenceDeclared("")),
        (Kind.ADOPTION, model.AdoptionDeclared(Adoption.UNSPECIFIED)),
        (Kind.PROTEST, model.ProtestDeclared(0)),
        (Kind.RETURNED, model.ReturnDeclared(())),
        (Kind.RETURNED, model.ReturnDeclared((model.Defect("B01", "items"),) * 65)),
        (Kind.POOL_COMMITTED, model.PoolDeclared(b"short", 1, 1)),
        *OUT_OF_BOUNDS,
    ],
    ids=lambda pair: f"{pair[0].name}",
)
def test_declared_figures_out_of_bounds_are_malformed(detail: tuple[Kind, model.DeclaredDetail]) -> None:
    kind, declared = detail
    assert refusal_of(b.wire(b.a_header(kind=kind, declared=declared)))[0] is Reason.MALFORMED


def test_a_dispute_may_leave_the_unit_open() -> None:
    header = b.a_header(kind=Kind.COMPETENCE_DISPUTED, declared=model.CompetenceDeclared(""), reasons=("R01",))
    assert b.parsed(header).declared == model.CompetenceDeclared("")


def test_threads_of_other_types_have_a_uuid_and_may_open_without_a_place() -> None:
    notice = b.a_header(
        thread_type=ThreadType.NOTICE, thread_id=b.a_uuid7(4), kind=Kind.NOTICE_SENT, declared=None, task_place=None,
        matter=Matter.UNSPECIFIED, legal_basis=LegalBasis.UNSPECIFIED, priority=Priority.UNSPECIFIED,
    )  # fmt: skip
    assert b.parsed(notice).thread_id == b.a_uuid7(4)
    assert refusal_of(b.wire(replace(notice, thread_id=b.DELEGATION_NUMBER))) == (Reason.MALFORMED, "thread_id")


@pytest.mark.parametrize("related", ["WT-1", "杭州", b.a_uuid4()])
def test_a_related_thread_is_named_as_a_thread_is(related: str) -> None:
    data = changed(related_thread_id=related, relation=int(Relation.CONTINUES))
    assert refusal_of(data) == (Reason.MALFORMED, "related_thread_id")


def test_the_suite_fixes_the_number_of_signers() -> None:
    two = (b.a_digest("one"), b.a_digest("two"))
    header = b.a_header(signing_suite=SigningSuite.ECDSA_P256_ML_DSA_65, signer_certificates=two)
    assert b.parsed(header).signer_certificates == two
    assert refusal_of(b.wire(replace(header, signer_certificates=two[:1])))[1] == "signer_certificates"


def test_invalid_utf_8_is_malformed() -> None:
    context = context_bytes(b.a_header()).replace(b.FEDERATION.encode(), b"\xff" * len(b.FEDERATION))
    assert refusal_of(finished(context)) == (Reason.MALFORMED, "context")


def never_another_exception(data: bytes) -> None:
    try:
        parse_header(data)
    except Refusal as caught:
        refusal = caught
    else:
        return
    assert refusal.reason in {Reason.MALFORMED, Reason.TOO_LARGE, Reason.UNKNOWN_CODE, Reason.UNKNOWN_VERSION}
    assert set(refusal.details) == {"field"}


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    never_another_exception(data)
    never_another_exception(finished(data))


@given(st.integers(0, 10_000), st.integers(0, 255), st.sampled_from(["set", "cut", "insert", "double"]))
@settings(max_examples=300)
def test_no_mutated_header_breaks_the_reader(at: int, byte: int, how: str) -> None:
    good = bytearray(b.wire(b.a_header()))
    at %= len(good)
    if how == "set":
        good[at] = byte
    elif how == "cut":
        del good[at : at + 1 + byte % 8]
    elif how == "insert":
        good.insert(at, byte)
    else:
        good[at:at] = good[at : at + byte]
    never_another_exception(bytes(good))


SCALARS = st.one_of(
    st.integers(0, 2**64 - 1),
    st.text(max_size=30),
    st.sampled_from(["2026-02-30", "NaN", "９", "\x00", "R05", "330100", b.a_uuid7(), b.a_uuid4(), UNIT]),
    st.binary(max_size=40),
)


def mutate(message: Any, name: str, value: object) -> None:
    """Put the value in the field if the library takes it at all."""
    field = message.DESCRIPTOR.fields_by_name[name]
    try:
        if field.is_repeated:
            getattr(message, name).append(value)
        else:
            setattr(message, name, value)
    except (TypeError, ValueError, AttributeError, UnicodeError, OverflowError):
        return


@given(st.lists(st.tuples(st.integers(0, 200), SCALARS), min_size=1, max_size=4))
@settings(max_examples=300)
def test_no_mutated_tree_breaks_the_reader(changes: list[tuple[int, object]]) -> None:
    context = pb.Context.FromString(context_bytes(b.a_header(predecessor=REF, paper_on=date(2026, 3, 1))))
    nodes = [
        context, context.clock, context.base, context.task_place, context.claimed_at, context.predecessor,
        context.declared, context.declared.letter, context.recipients[0],
    ]  # fmt: skip
    for choice, value in changes:
        node = nodes[choice % len(nodes)]
        names = sorted(node.DESCRIPTOR.fields_by_name)
        mutate(node, names[choice // len(nodes) % len(names)], value)
    never_another_exception(finished(context.SerializeToString()))
