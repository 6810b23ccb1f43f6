"""The golden vectors of headers and entries: what is signed today is read and hashed alike for 50 years."""

import json
from hashlib import sha256
from typing import Any

import pytest

from delegation.codec_entry import entry_bytes, parse_acknowledgement, parse_entry
from delegation.codec_header import parse_header
from delegation.errors import Refusal
from scripts import make_vectors_contract as script

HEADERS: dict[str, Any] = json.loads((script.VECTORS / "headers.json").read_text(encoding="utf-8"))
ENTRIES: dict[str, Any] = json.loads((script.VECTORS / "entries.json").read_text(encoding="utf-8"))


def by_name(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", vectors, ids=[vector["name"] for vector in vectors])


def prefixed(*parts: bytes) -> bytes:
    """Written out here once more, so that the code under test does not judge itself."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def test_the_files_are_what_the_script_writes() -> None:
    assert (script.VECTORS / "headers.json").read_text(encoding="utf-8") == script.headers_text()
    assert (script.VECTORS / "entries.json").read_text(encoding="utf-8") == script.entries_text()


@by_name(HEADERS["headers"])
def test_a_header_is_read_and_hashed_alike(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["header"])
    found = parse_header(data)
    assert found.digest.hex() == vector["header_digest"] == sha256(data).hexdigest()
    assert found.context_digest.hex() == vector["context_digest"]
    assert (found.kind.name, found.sender_unit, found.thread_id) == (
        vector["kind"], vector["sender_unit"], vector["thread_id"],
    )  # fmt: skip
    assert found.claimed_at.isoformat() == vector["claimed_at"]
    assert found.content_commitment.hex() == vector["content_commitment"]
    kind = HEADERS["payload_type"].encode()
    assert bytes.fromhex(vector["pae"]) == b" ".join(
        [b"DSSEv1", str(len(kind)).encode(), kind, str(len(data)).encode(), data]
    )
    for recipient in found.recipients:
        expected = prefixed(b"xieban/hpke-info/v1", found.context_digest, recipient.unit.encode(), recipient.key_id)
        assert vector["hpke_info"][recipient.unit] == expected.hex()


def test_an_unknown_field_stays_in_the_digests() -> None:
    vector = HEADERS["unknown_field_kept"]
    found = parse_header(bytes.fromhex(vector["header"]))
    assert (found.digest.hex(), found.context_digest.hex()) == (vector["header_digest"], vector["context_digest"])
    known = {v["name"]: v for v in HEADERS["headers"]}["letter"]
    assert vector["context_digest"] != known["context_digest"]


@by_name(HEADERS["refused"])
def test_a_header_is_refused_alike(vector: dict[str, Any]) -> None:
    text = vector["header"]
    data = bytes(int(text.split()[0])) if text.endswith("zero bytes") else bytes.fromhex(text)
    with pytest.raises(Refusal) as caught:
        parse_header(data)
    assert (caught.value.reason, caught.value.details) == (vector["reason"], {"field": vector["field"]})


@by_name(HEADERS["commitments"])
def test_a_commitment_is_that_of_label_salt_and_body(vector: dict[str, Any]) -> None:
    parts = prefixed(b"xieban/content-commitment/v1", bytes.fromhex(vector["salt"]), bytes.fromhex(vector["body"]))
    assert (parts.hex(), sha256(parts).hexdigest()) == (vector["input"], vector["commitment"])


def test_the_digest_of_signatures() -> None:
    vector = HEADERS["signatures"]
    parts = prefixed(*(bytes.fromhex(signature) for signature in vector["signatures"]))
    assert sha256(parts).hexdigest() == vector["digest"]


@by_name(ENTRIES["entries"])
def test_an_entry_is_read_and_written_alike(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["entry"])
    found = parse_entry(data)
    assert found.digest.hex() == vector["digest"]
    assert entry_bytes(found) == data


@by_name(ENTRIES["acknowledgements"])
def test_an_acknowledgement_is_read_alike(vector: dict[str, Any]) -> None:
    assert parse_acknowledgement(bytes.fromhex(vector["bytes"])).status.value == vector["name"]
