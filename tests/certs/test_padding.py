"""Padmé: what a padded length tells, what it costs, and that nothing else than padding is taken for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.padding import MAX_CONTENT, MAX_PADDED, PREFIX_SIZE, PaddingCode, PaddingError, pad, padme, unpad
from delegation.errors import Reason

LENGTHS = st.one_of(st.integers(0, 300), st.integers(0, MAX_PADDED), st.integers(0, 2**40))


# Worked by hand from the paper: 9 = 1001b keeps 2 mantissa bits, 1000 keeps 4, 65540 keeps 5.
@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 0), (1, 1), (2, 2), (8, 8), (9, 10), (100, 104), (1000, 1024), (65_536, 65_536), (65_540, 67_584)],
)
def test_lengths_worked_by_hand(length: int, padded: int) -> None:
    assert padme(length) == padded


@given(LENGTHS)
def test_padding_costs_at_most_twelve_per_cent(length: int) -> None:
    assert length <= padme(length) <= length * 1.12


@given(LENGTHS, LENGTHS)
def test_a_longer_length_never_pads_shorter_and_a_padded_one_stays(one: int, two: int) -> None:
    shorter, longer = sorted((one, two))
    assert padme(shorter) <= padme(longer)
    assert padme(padme(one)) == padme(one)


def test_all_lengths_up_to_the_cap_share_few_padded_lengths() -> None:
    """O(log log L) bits leak: 2**E lengths of one exponent fall on at most 2 * E padded ones."""
    for exponent in range(1, 17):
        padded = {padme(length) for length in range(2**exponent, 2 ** (exponent + 1))}
        assert len(padded) <= 2 * exponent + 1
    assert len({padme(length) for length in range(MAX_PADDED + 1)}) < 300


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        padme(-1)


@given(st.binary(max_size=2000))
def test_content_comes_back_from_a_block_of_the_padded_length(content: bytes) -> None:
    padded = pad(content)
    assert unpad(padded) == content
    assert len(padded) == padme(len(content) + PREFIX_SIZE)


def test_the_cap_itself_fits_and_one_more_does_not() -> None:
    content = b"\xff" * MAX_CONTENT
    assert len(pad(content)) == MAX_PADDED
    assert unpad(pad(content)) == content
    with pytest.raises(PaddingError) as refused:
        pad(content + b"x")
    assert refused.value.code is PaddingCode.TOO_LARGE
    assert refused.value.reason is Reason.TOO_LARGE


@given(st.binary(min_size=6, max_size=500), st.data())
def test_any_other_padding_byte_is_refused(content: bytes, draw: st.DataObject) -> None:
    padded = bytearray(pad(content))
    first = PREFIX_SIZE + len(content)
    if first == len(padded):
        return
    padded[draw.draw(st.integers(first, len(padded) - 1))] = draw.draw(st.integers(1, 255))
    with pytest.raises(PaddingError) as refused:
        unpad(bytes(padded))
    assert refused.value.code is PaddingCode.NOT_ZERO


@given(st.binary(max_size=500), st.integers(1, 40))
def test_a_block_cut_or_extended_is_refused(content: bytes, by: int) -> None:
    padded = pad(content)
    for changed in (padded + bytes(by), padded[: max(0, len(padded) - by)]):
        with pytest.raises(PaddingError):
            unpad(changed)


@given(st.binary(max_size=64))
def test_whatever_unpads_is_what_pad_gives(block: bytes) -> None:
    try:
        content = unpad(block)
    except PaddingError:
        return
    assert pad(content) == block


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (b"", PaddingCode.TRUNCATED),
        (b"\x00\x00\x00", PaddingCode.TRUNCATED),
        (b"\xff\xff\xff\xff" + bytes(60), PaddingCode.TOO_LARGE),
        ((MAX_CONTENT + 1).to_bytes(4, "big") + bytes(padme(MAX_CONTENT + 5) - 4), PaddingCode.TOO_LARGE),
        (bytes(MAX_PADDED + 1), PaddingCode.TOO_LARGE),
        (b"\x00\x00\x00\x05abcd", PaddingCode.LENGTH_MISMATCH),
        (b"\x00\x00\x00\x00extra", PaddingCode.LENGTH_MISMATCH),
    ],
)
def test_what_is_no_block_is_refused_with_its_code(block: bytes, code: PaddingCode) -> None:
    with pytest.raises(PaddingError) as refused:
        unpad(block)
    assert refused.value.code is code
    assert refused.value.reason is (Reason.TOO_LARGE if code is PaddingCode.TOO_LARGE else Reason.MALFORMED)
