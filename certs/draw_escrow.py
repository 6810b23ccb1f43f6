"""The secret of a draw in escrow: sealed to the sender's own provincial office, which opens it only when its owner does
not (protocol 13.3, 13.5).

HPKE as everywhere (protocol 4.1), with an `info` of its own, so that what was sealed for one draw, side or office opens
for no other. HPKE authenticates nobody: what counts is that the secret fits the commitment that its owner signed.
"""

from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certs.sealing import checked_recipients, hpke_open, hpke_seal
from delegation.draw import SECRET_SIZE, draw_commitment
from delegation.errors import Reason, Refusal
from delegation.payloads import length_prefixed, sealing_key_id

LABEL_ESCROW: Final = b"xieban/draw-escrow/v1"
SEALED_SECRET_SIZE: Final = 32 + SECRET_SIZE + 16  # encapsulated key, ciphertext, tag


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSide:
    """Whose secret of which draw."""

    federation_id: str
    thread_id: str
    leg: int
    draw: int
    unit: str

    def commitment(self, secret: bytes) -> bytes:
        """What the side commits to with this secret (protocol 13.3)."""
        return draw_commitment(
            federation_id=self.federation_id,
            thread_id=self.thread_id,
            leg=self.leg,
            draw=self.draw,
            unit=self.unit,
            secret=secret,
        )


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """A secret sealed to one office: as in the body's DrawEscrow."""

    unit: str
    key_id: bytes
    sealed: bytes


def escrow_info(side: DrawSide, *, office: str, key_id: bytes) -> bytes:
    """The HPKE info: LP(label, federation, thread, leg, draw, unit, office, key id); numbers are eight bytes."""
    return length_prefixed(
        LABEL_ESCROW,
        side.federation_id.encode(),
        side.thread_id.encode(),
        side.leg.to_bytes(8, "big"),
        side.draw.to_bytes(8, "big"),
        side.unit.encode(),
        office.encode(),
        key_id,
    )


def seal_secret(secret: bytes, side: DrawSide, *, office: str, key_id: bytes, public_key: bytes) -> SealedSecret:
    """Seal a draw's secret to an office's sealing key, which the caller took from the roster.

    Raises Refusal: WEAK_KEY, RECIPIENT_KEY_NOT_VALID when the id is not that of the key, MALFORMED (field=secret).
    """
    if len(secret) != SECRET_SIZE:
        raise Refusal(Reason.MALFORMED, field="secret")
    ((_, checked),) = checked_recipients([(office, key_id, public_key)])
    return SealedSecret(office, key_id, hpke_seal(secret, checked, escrow_info(side, office=office, key_id=key_id)))


def open_secret(sealed: SealedSecret, side: DrawSide, *, key: X25519PrivateKey, commitment: bytes) -> bytes:
    """The secret, by the office that it was sealed to, when it is the one committed to.

    Raises Refusal: CANNOT_OPEN (why=form|key), COMMITMENT_MISMATCH when what it opens to is not what the side committed
    to: the escrow is then worth nothing, and the draw is void (protocol 13.5).
    """
    if len(sealed.sealed) != SEALED_SECRET_SIZE or sealing_key_id(key.public_key().public_bytes_raw()) != sealed.key_id:
        raise Refusal(Reason.CANNOT_OPEN, why="form")
    secret = hpke_open(sealed.sealed, key, escrow_info(side, office=sealed.unit, key_id=sealed.key_id))
    if secret is None:
        raise Refusal(Reason.CANNOT_OPEN, why="key")
    if side.commitment(secret) != commitment:
        raise Refusal(Reason.COMMITMENT_MISMATCH, field="secret")
    return secret
