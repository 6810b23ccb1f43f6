"""The enums of `delegation.codes` and the contract's are one list: neither grows alone."""

from enum import IntEnum

import pytest
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from delegation import codec_entry, codec_roster, codes, model, patterns
from delegation.codec_body_checks import CONTENT_OF_KIND
from delegation.codec_declared import FIELD_OF_KIND
from delegation.roster_view import UnitLife, UnitType
from delegation.tables import TABLES
from xieban.delegation.v1 import body_pb2, codes_pb2, declared_pb2, entry_pb2, roster_pb2

PREFIX_OF = {"Kind": ("EventKind", "EVENT_KIND_")}
OURS = [member for member in vars(codes).values() if isinstance(member, type) and issubclass(member, IntEnum)]


@pytest.mark.parametrize("ours", [enum for enum in OURS if enum is not IntEnum], ids=lambda enum: enum.__name__)
def test_every_code_has_the_name_and_number_of_the_contract(ours: type[IntEnum]) -> None:
    snake = "".join(f"_{c}" if c.isupper() else c.upper() for c in ours.__name__).lstrip("_") + "_"
    name, prefix = PREFIX_OF.get(ours.__name__, (ours.__name__, snake))
    theirs: EnumTypeWrapper = getattr(codes_pb2, name)
    assert {f"{prefix}{member.name}": member.value for member in ours} == dict(theirs.items())


def test_every_enum_of_the_contract_is_among_ours() -> None:
    theirs = set(codes_pb2.DESCRIPTOR.enum_types_by_name)
    ours = {PREFIX_OF.get(enum.__name__, (enum.__name__, ""))[0] for enum in OURS if enum is not IntEnum}
    assert theirs == ours


def test_entries_acknowledgements_and_units_know_every_number_of_the_contract() -> None:
    assert {number for number in entry_pb2.EntryKind.values() if number} == set(codec_entry.KINDS)
    assert set(codec_entry.KINDS.values()) == set(model.EntryKind)
    assert {number for number in entry_pb2.AcknowledgementStatus.values() if number} == set(codec_entry.STATUSES)
    assert set(codec_entry.STATUSES.values()) == set(model.AcknowledgementStatus)
    assert {number for number in roster_pb2.UnitType.values() if number} == set(codec_roster.TYPE_NUMBERS.values())
    assert set(codec_roster.TYPE_NUMBERS) == set(UnitType)
    assert {number for number in roster_pb2.UnitLife.values() if number} == set(codec_roster.LIFE_NUMBERS.values())
    assert set(codec_roster.LIFE_NUMBERS) == set(UnitLife)


def test_every_message_that_a_kind_may_declare_or_contain_is_some_kinds() -> None:
    declared = declared_pb2.Declared.DESCRIPTOR.oneofs_by_name["of"].fields
    assert {field.name for field in declared} == set(FIELD_OF_KIND.values())
    content = body_pb2.Body.DESCRIPTOR.oneofs_by_name["content"].fields
    assert {field.name for field in content} == set(CONTENT_OF_KIND.values())


def test_the_tables_declare_what_the_codec_reads() -> None:
    fields = declared_pb2.Declared.DESCRIPTOR.fields_by_name
    read = {kind: fields[name].message_type for kind, name in FIELD_OF_KIND.items()}
    rows = [row for table in TABLES for row in table.rows if row.kind is not None]
    for row in rows:
        message = read.get(row.kind) if row.kind is not None else None
        assert row.declares == ("" if message is None else message.name), row.name
        assert set(row.reasons) <= patterns.EXACT_REASONS | patterns.HEADER_REASONS, row.name
