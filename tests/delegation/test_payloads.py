"""What is hashed and signed, byte by byte."""

from hashlib import sha256

import pytest

from delegation import payloads


def test_the_pre_authentication_encoding_is_that_of_dsse() -> None:
    # the example of the DSSE specification, protocol.md
    assert payloads.pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert payloads.pae("", b"") == b"DSSEv1 0  0 "


def test_every_payload_type_is_another() -> None:
    kinds = {value for name, value in vars(payloads).items() if name.startswith("PAYLOAD_TYPE_")}
    assert len(kinds) == 4


def test_signatures_cannot_be_split_otherwise_for_the_same_digest() -> None:
    assert payloads.signatures_digest([b"ab"]) == sha256(b"\x00\x00\x00\x02ab").digest()
    assert len({payloads.signatures_digest(s) for s in ([b"ab", b"c"], [b"a", b"bc"], [b"abc"], [b"abc", b""])}) == 4


def test_the_commitment_binds_salt_and_body() -> None:
    salt = bytes(range(32))
    assert payloads.content_commitment(salt, b"body") == sha256(payloads.commitment_input(salt, b"body")).digest()
    assert payloads.commitment_input(salt, b"body") == (
        b"\x00\x00\x00\x1cxieban/content-commitment/v1\x00\x00\x00\x20" + salt + b"\x00\x00\x00\x04body"
    )
    assert payloads.content_commitment(salt, b"body") != payloads.content_commitment(salt, b"body ")
    with pytest.raises(ValueError, match="salt"):
        payloads.content_commitment(b"short", b"body")


def test_the_info_of_a_recipient_binds_context_unit_and_key() -> None:
    one = payloads.hpke_info(b"d" * 32, "330100RD01T", b"k" * 16)
    others = {
        payloads.hpke_info(b"e" * 32, "330100RD01T", b"k" * 16),
        payloads.hpke_info(b"d" * 32, "330100AC01T", b"k" * 16),
        payloads.hpke_info(b"d" * 32, "330100RD01T", b"l" * 16),
    }
    assert one not in others
    assert len(others) == 3


def test_a_key_id_is_half_a_digest_of_the_public_key() -> None:
    assert payloads.sealing_key_id(b"p" * 32) == sha256(b"p" * 32).digest()[:16]
