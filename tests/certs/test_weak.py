"""Weak public keys: every published encoding is refused, every generated key passes."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from certs.weak import WeakKey, WeakKeyCode, check_p256_public, check_x25519_public, load_ed25519_public
from delegation.errors import Reason, Refused

P = 2**255 - 19
# The twelve values that the page on Curve25519 lists as the ones to refuse where refusing is wanted.
ORDER_8_A = 325606250916557431795983626356110631294008115727848805560023387167927233504
ORDER_8_B = 39382357235489614581723060781553021112529911719440698176882885853963445705823
X25519_TWELVE = [
    0,
    1,
    ORDER_8_A,
    ORDER_8_B,
    P - 1,
    P,
    P + 1,
    P + ORDER_8_A,
    P + ORDER_8_B,
    2 * P - 1,
    2 * P,
    2 * P + 1,
]
TOP_BIT = 2**255
# The eight points of small order and all their second encodings (y not below p, sign of a zero x).
ED25519_ORDER_8 = [
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
]
ED25519_LOW = [
    *(y | sign for y in (0, 1, P - 1, P, P + 1) for sign in (0, TOP_BIT)),
    *(int.from_bytes(bytes.fromhex(y), "little") | sign for y in ED25519_ORDER_8 for sign in (0, TOP_BIT)),
]


def encoded(number: int) -> bytes:
    return number.to_bytes(32, "little")


@pytest.mark.parametrize("value", [*X25519_TWELVE, *(v | TOP_BIT for v in X25519_TWELVE)])
def test_every_low_order_x25519_key_is_refused(value: int) -> None:
    with pytest.raises(WeakKey) as refused:
        check_x25519_public(encoded(value))
    assert refused.value.code is WeakKeyCode.LOW_ORDER


@pytest.mark.parametrize("value", [value for value in X25519_TWELVE if value < TOP_BIT])
def test_those_keys_are_weak_indeed(value: int) -> None:
    """The library loads them and stops only at the exchange, which is why they are judged here."""
    key = X25519PublicKey.from_public_bytes(encoded(value))
    private = X25519PrivateKey.generate()
    with pytest.raises(ValueError, match="shared key"):
        private.exchange(key)


@pytest.mark.parametrize("value", [9 | TOP_BIT, P + 9, P + 18, 2**256 - 1])
def test_a_second_encoding_of_an_x25519_key_is_refused(value: int) -> None:
    with pytest.raises(WeakKey) as refused:
        check_x25519_public(encoded(value))
    assert refused.value.code is WeakKeyCode.NOT_CANONICAL


@given(st.binary(min_size=32, max_size=32))
def test_every_generated_key_passes(seed: bytes) -> None:
    ed25519 = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert load_ed25519_public(ed25519).public_bytes_raw() == ed25519
    x25519 = X25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert check_x25519_public(x25519).public_bytes_raw() == x25519


@pytest.mark.parametrize("value", ED25519_LOW)
def test_every_low_order_ed25519_key_is_refused(value: int) -> None:
    with pytest.raises(WeakKey) as refused:
        load_ed25519_public(encoded(value))
    assert refused.value.code is WeakKeyCode.LOW_ORDER


def test_an_ed25519_key_with_y_not_below_p_is_refused() -> None:
    for extra in range(2, 19):
        with pytest.raises(WeakKey) as refused:
            load_ed25519_public(encoded(P + extra))
        assert refused.value.code is WeakKeyCode.NOT_CANONICAL


def test_about_half_of_all_numbers_are_no_ed25519_key() -> None:
    codes = set()
    passed = 0
    for y in range(2, 200):
        try:
            load_ed25519_public(encoded(y))
            passed += 1
        except WeakKey as error:
            codes.add(error.code)
    assert codes == {WeakKeyCode.NOT_ON_CURVE}
    assert 60 < passed < 140


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_wrong_length_is_refused(size: int) -> None:
    for load in (load_ed25519_public, check_x25519_public):
        with pytest.raises(WeakKey) as refused:
            load(b"\x09" * size)
        assert refused.value.code is WeakKeyCode.WRONG_LENGTH


def test_only_p256_passes_as_p256() -> None:
    good = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert check_p256_public(good) is good
    for curve in (ec.SECP384R1(), ec.SECP256K1(), ec.SECP224R1()):
        with pytest.raises(WeakKey) as refused:
            check_p256_public(ec.generate_private_key(curve).public_key())
        assert refused.value.code is WeakKeyCode.WRONG_CURVE
    rsa_key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    for other in (rsa_key, Ed25519PrivateKey.generate().public_key(), None, b"\x04" + bytes(64)):
        with pytest.raises(WeakKey) as refused:
            check_p256_public(other)
        assert refused.value.code is WeakKeyCode.WRONG_KIND


def test_a_refusal_does_not_repeat_the_key() -> None:
    with pytest.raises(WeakKey) as refused:
        check_x25519_public(encoded(ORDER_8_A))
    assert refused.value.refused == Refused(Reason.WEAK_KEY, {"code": "LOW_ORDER"})
    assert encoded(ORDER_8_A).hex() not in str(refused.value)
    assert str(ORDER_8_A) not in str(refused.value)
