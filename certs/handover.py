"""A seal authority takes a new key: others pin its certificate on the word of the old one (protocol 9.7)."""

from collections.abc import Sequence

from certs.authority import PAYLOAD_TYPE_HANDOVER
from certs.identity import MAX_AUTHORITIES, Purpose, describe
from certs.signing import verify_p256
from delegation.errors import Reason, Refusal


def pin_successor(pinned: Sequence[bytes], certificate: bytes, signature: bytes) -> tuple[bytes, ...]:
    """The certificates to pin from now on, the new one first.

    `certificate` (DER) is the new seal authority's, `signature` what an authority pinned so far signed over it. Raises
    Refusal: CERTIFICATE_PURPOSE, CERTIFICATE_NOT_TRUSTED (why=authority) when none of them did, or for another
    federation. Not checked: dates; whether the old key was in wrong hands, which is a reason to pin by hand instead.
    """
    info = describe(certificate)
    if info.purpose is not Purpose.SEAL_AUTHORITY:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, expected=Purpose.SEAL_AUTHORITY.value, found=info.purpose.value)
    if certificate in pinned:
        return tuple(pinned)
    for der in pinned:
        earlier = describe(der)
        if earlier.trust_domain == info.trust_domain and verify_p256(
            earlier.public_key, signature, PAYLOAD_TYPE_HANDOVER, certificate
        ):
            return (certificate, *pinned)[:MAX_AUTHORITIES]
    raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="authority")
