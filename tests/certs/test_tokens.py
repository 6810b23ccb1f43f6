"""Enrolment tokens: taken apart exactly as they were made, and nothing else is one."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.tokens import MAX_TOKEN, new_token, parse_token, secret_hash
from delegation.errors import Reason
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY

CHANNEL, SEAL = b"\x01" * 32, b"\x02" * 32
TEXT, STORED = new_token("330100", AT + DAY, CHANNEL, SEAL)


def test_comes_back() -> None:
    token = parse_token(f"  {TEXT}\n", at=AT)
    assert (token.bureau, token.expires) == ("330100", AT + DAY)
    assert (token.channel_ca_digest, token.seal_ca_digest) == (CHANNEL, SEAL)
    assert secret_hash(token.secret) == STORED
    assert len(TEXT) <= MAX_TOKEN
    assert parse_token(new_token("330100A1", AT + DAY, CHANNEL, SEAL)[0], at=AT).bureau == "330100A1"


def test_no_two_are_alike_and_none_shows_itself() -> None:
    again, stored = new_token("330100", AT + DAY, CHANNEL, SEAL)
    assert (again, stored) != (TEXT, STORED)
    token = parse_token(TEXT, at=AT)
    assert token.secret not in repr(token)
    assert secret_hash(token.secret + "0") != STORED
    assert secret_hash("\udcff") != STORED


def test_ends() -> None:
    parse_token(TEXT, at=AT + DAY - timedelta(seconds=1))
    refusal = refused(parse_token, TEXT, at=AT + DAY)
    assert (refusal.reason, refusal.details) == (Reason.TOKEN_NOT_VALID, {"why": "expired"})


@given(position=st.integers(0, len(TEXT) - 1), letter=st.sampled_from("ABCxyz019-_.="))
def test_a_slip_in_copying_is_noticed(position: int, letter: str) -> None:
    changed = TEXT[:position] + letter + TEXT[position + 1 :]
    if changed != TEXT:
        refusal = refused(parse_token, changed, at=AT)
        assert refusal.reason is Reason.TOKEN_NOT_VALID
        assert changed not in str(refusal)


@given(text=st.one_of(st.text(max_size=300), st.text(max_size=300).map(lambda text: "xb1." + text)))
def test_anything_else_is_none(text: str) -> None:
    assert refused(parse_token, text, at=AT).reason is Reason.TOKEN_NOT_VALID


@pytest.mark.parametrize("text", ["", "xb1.", TEXT[:-1], TEXT + "A", TEXT + "==", TEXT.replace("xb1", "xb2"), TEXT * 3])
def test_pieces_of_one(text: str) -> None:
    assert refused(parse_token, text, at=AT).reason is Reason.TOKEN_NOT_VALID


@pytest.mark.parametrize(("bureau", "digest"), [("33010", CHANNEL), ("330100", b"short"), ("局", CHANNEL)])
def test_none_is_made_of_malformed_parts(bureau: str, digest: bytes) -> None:
    with pytest.raises(ValueError, match=r"format|32 bytes"):
        new_token(bureau, AT, digest, SEAL)
