"""A secret in escrow opens for its office and its draw alone, and only when it is the one committed to."""

from dataclasses import replace
from typing import Any

import pytest

from certs.draw_escrow import SEALED_SECRET_SIZE, DrawSide, SealedSecret, open_secret, seal_secret
from certs.keys import new_x25519
from delegation.draw import draw_commitment
from delegation.errors import Reason
from delegation.payloads import sealing_key_id
from tests.certs.refusals import refused

OFFICE = "330000PO01A"
KEY = new_x25519()
PUBLIC = KEY.public_key().public_bytes_raw()
KEY_ID = sealing_key_id(PUBLIC)
SECRET = bytes(range(32))
SIDE = DrawSide(federation_id="f", thread_id="WT-1", leg=1, draw=2, unit="330100AC013")


def sealed() -> SealedSecret:
    return seal_secret(SECRET, SIDE, office=OFFICE, key_id=KEY_ID, public_key=PUBLIC)


def test_the_office_opens_it() -> None:
    one, other = sealed(), sealed()
    assert open_secret(one, SIDE, key=KEY, commitment=SIDE.commitment(SECRET)) == SECRET
    assert (one.unit, one.key_id, len(one.sealed)) == (OFFICE, KEY_ID, SEALED_SECRET_SIZE)
    assert one.sealed != other.sealed
    assert SECRET not in one.sealed


def test_the_commitment_is_the_draws() -> None:
    named = draw_commitment(federation_id="f", thread_id="WT-1", leg=1, draw=2, unit="330100AC013", secret=SECRET)
    assert SIDE.commitment(SECRET) == named


@pytest.mark.parametrize(
    "changed",
    [{"federation_id": "g"}, {"thread_id": "WT-2"}, {"leg": 2}, {"draw": 1}, {"unit": "510100AC01H"}],
)
def test_it_opens_for_no_other_draw_or_side(changed: dict[str, Any]) -> None:
    other = replace(SIDE, **changed)
    refusal = refused(open_secret, sealed(), other, key=KEY, commitment=other.commitment(SECRET))
    assert (refusal.reason, refusal.details) == (Reason.CANNOT_OPEN, {"why": "key"})


def test_it_opens_for_no_other_office_or_key() -> None:
    found, commitment = sealed(), SIDE.commitment(SECRET)
    assert refused(open_secret, found, SIDE, key=new_x25519(), commitment=commitment).details == {"why": "form"}
    other = replace(found, unit="510000PO01B")
    assert refused(open_secret, other, SIDE, key=KEY, commitment=commitment).details == {"why": "key"}
    mine = new_x25519()
    named = replace(found, key_id=sealing_key_id(mine.public_key().public_bytes_raw()))
    assert refused(open_secret, named, SIDE, key=mine, commitment=commitment).details == {"why": "key"}


@pytest.mark.parametrize("place", range(SEALED_SECRET_SIZE))
def test_a_changed_byte_is_told(place: int) -> None:
    found = sealed()
    broken = found.sealed[:place] + bytes([found.sealed[place] ^ 1]) + found.sealed[place + 1 :]
    refusal = refused(open_secret, replace(found, sealed=broken), SIDE, key=KEY, commitment=SIDE.commitment(SECRET))
    assert refusal.reason is Reason.CANNOT_OPEN


def test_pieces_and_more_than_one_are_told() -> None:
    found, commitment = sealed(), SIDE.commitment(SECRET)
    for other in (b"", found.sealed[:-1], found.sealed + b"x", bytes(SEALED_SECRET_SIZE)):
        refusal = refused(open_secret, replace(found, sealed=other), SIDE, key=KEY, commitment=commitment)
        assert refusal.reason is Reason.CANNOT_OPEN


def test_another_secret_than_the_one_committed_to_is_told() -> None:
    """Who seals nonsense has no escrow: the office cannot open for them, and the draw is void by their default."""
    refusal = refused(open_secret, sealed(), SIDE, key=KEY, commitment=SIDE.commitment(bytes(32)))
    assert refusal.reason is Reason.COMMITMENT_MISMATCH
    assert SECRET.hex() not in str(refusal)


def test_what_cannot_be_sealed() -> None:
    named: dict[str, Any] = {"office": OFFICE, "key_id": KEY_ID, "public_key": PUBLIC}
    assert refused(seal_secret, SECRET[:-1], SIDE, **named).reason is Reason.MALFORMED
    assert refused(seal_secret, SECRET, SIDE, **(named | {"key_id": bytes(16)})).reason is (
        Reason.RECIPIENT_KEY_NOT_VALID
    )
    assert refused(seal_secret, SECRET, SIDE, **(named | {"public_key": bytes(32)})).reason is Reason.WEAK_KEY
