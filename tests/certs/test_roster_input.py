"""Records that people write down reach the roster; keys do not come that way."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.keys import new_ed25519
from certs.roster_book import RosterBook
from certs.roster_input import merge_records
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import RegistryInfo

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def regions() -> RegionTable:
    return load_regions()


@pytest.fixture
def book(tmp_path: Path, regions: RegionTable) -> RosterBook:
    info = RegistryInfo(
        log_origin="test/log",
        log_public_key=new_ed25519().public_key().public_bytes_raw(),
        channel_authorities=(),
        spiffe_id="spiffe://test/registry",
    )
    return RosterBook.create(tmp_path / "book", federation_id="test", registry=info, regions=regions, at=AT)


def test_bureaus_and_units_are_added_and_then_replaced(book: RosterBook, regions: RegionTable) -> None:
    bureau = {"code": "330100", "name": "杭州", "region": "330100"}
    merge_records(book, json.dumps({"bureaus": [bureau]}), regions)
    merge_records(book, json.dumps({"bureaus": [bureau | {"name": "杭州市"}]}), regions)
    assert [each.name for each in book.records.bureaus.values()] == ["杭州市"]


def test_a_unit_that_brings_keys_is_refused(book: RosterBook, regions: RegionTable) -> None:
    with pytest.raises(Refusal) as refused:
        merge_records(book, json.dumps({"units": [{"code": "x", "signing_certificates": ["AAAA"]}]}), regions)
    assert refused.value.reason is Reason.INVALID_INPUT


@pytest.mark.parametrize("text", ["[]", "{", '{"bureaus": 1}', '{"witnesses": []}'])
def test_another_shape_is_refused_and_changes_nothing(book: RosterBook, regions: RegionTable, text: str) -> None:
    before = book.records
    with pytest.raises(Refusal):
        merge_records(book, text, regions)
    assert book.records == before
