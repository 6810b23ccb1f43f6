"""Envelopes as a unit's node would write and sign them: real headers, real signatures, and a body of random bytes.

The body is what the registry cannot tell from a sealed one: random bytes of the size of a small sealed body, named by
digest and size in the signed header. Nobody can open it, so nothing personal needs to be invented.
"""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from hashlib import sha256
from random import Random
from typing import Any, Final, NamedTuple

from certs.signing import sign_p256
from certs.trust import Trust
from cli.simulate.members import Seal
from delegation.codec_entry import EnvelopeParts
from delegation.codec_header import context_bytes, header_bytes
from delegation.codes import Kind, ThreadType
from delegation.model import Base, EnvelopeRef, Header, Recipient
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE
from delegation.thread_state import ThreadState
from delegation.values import maker

_header: Final = maker(Header)
_BODY: Final = 384  # bytes of ciphertext; each recipient adds a sealed key of 80


class Draft(NamedTuple):
    """What is to be sent now. `meant` is whether a refusal is what the story is about."""

    header: Header
    meant: bool = False
    neutral: bool = False


class Sent(NamedTuple):
    """An envelope ready for the registry."""

    parts: EnvelopeParts
    ref: EnvelopeRef
    seal: Seal


class Pen:
    """Writes for every unit. `trust` is the roster in force, which the world replaces when it changes."""

    def __init__(self, federation_id: str, seals: Callable[[str], Seal]) -> None:
        self._federation_id = federation_id
        self._seals = seals
        self.trust: Trust | None = None

    def draft(
        self, thread: ThreadState, kind: Kind, unit: str, *, to: Iterable[str], at: datetime, rng: Random,
        **said: Any,
    ) -> Header:  # fmt: skip
        """A header by the thread as it stands; `said` goes over what follows from it."""
        facts: dict[str, Any] = {  # Any: as above
            "envelope_id": uuid7(at, rng),
            "federation_id": self._federation_id,
            "thread_id": thread.thread_id,
            "thread_type": ThreadType.DELEGATION,
            "kind": kind,
            "sender_unit": unit,
            "counterpart_unit": thread.other_side(unit) or thread.home_unit,
            "recipients": self.recipients(unit, to, at),
            "leg": thread.leg,
            "round": thread.round,
            "hop": thread.hop,
            "claimed_at": at,
            "base": Base(thread.sequence, thread.last_entry_digest),
            "signer_certificates": (self._seals(unit).digest,),
            "roster_version": self._roster.view.version,
            "content_commitment": rng.randbytes(32),
        }
        return _header(**(facts | said))

    @property
    def _roster(self) -> Trust:
        if self.trust is None:
            raise LookupError("no roster is in force")
        return self.trust

    def recipients(self, unit: str, to: Iterable[str], at: datetime) -> tuple[Recipient, ...]:
        """The sender's own copy first, then whom it is for."""
        key = self._roster.sealing_key
        return tuple([Recipient(each, key(each, at).key_id) for each in (unit, *to)])

    def sign(self, header: Header) -> Sent:
        """Seal (see above) and sign."""
        seal = self._seals(header.sender_unit)
        body = os.urandom(_BODY + 80 * len(header.recipients))
        signed = header_bytes(context_bytes(header), sha256(body).digest(), len(body))
        signature = sign_p256(seal.key, PAYLOAD_TYPE_ENVELOPE, signed)
        ref = EnvelopeRef(header.sender_unit, header.envelope_id, sha256(signed).digest())
        return Sent(EnvelopeParts(signed, body, (signature,)), ref, seal)


def uuid7(at: datetime, rng: Random) -> str:
    """An id of RFC 9562 version 7, its random part drawn from the story."""
    millis, drawn = int(at.timestamp() * 1000), rng.getrandbits(74)
    text = f"{millis:012x}7{drawn & 0xFFF:03x}{0x8 | (drawn >> 12) & 3:x}{(drawn >> 14):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def uuid4(rng: Random) -> str:
    """An id of RFC 9562 version 4, drawn from the story."""
    text = f"{rng.getrandbits(48):012x}4{rng.getrandbits(12):03x}{0x8 | rng.getrandbits(2):x}{rng.getrandbits(60):015x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"
