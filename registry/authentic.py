"""Who may leave a refusal behind: an envelope that its unit's key really signed, though the key holds no longer.

A refusal by rule is stored under the envelope's id for ever. Were it stored for bytes that nobody signed, one damaged
bit in a header would turn the true envelope into a conflict.
"""

from collections.abc import Sequence

from certs.identity import describe
from certs.signing import algorithms
from certs.trust import Trust
from delegation.errors import Refusal
from delegation.model import Header
from delegation.payloads import pae


def is_signed(header: Header, header_bytes: bytes, signatures: Sequence[bytes], trust: Trust) -> bool:
    """Whether keys that the roster lists for the sender's unit signed the header, valid now or not."""
    try:
        verifiers = algorithms(header.signing_suite)
    except Refusal:
        return False
    if not len(verifiers) == len(signatures) == len(header.signer_certificates):
        return False
    data = pae(header.payload_type, header_bytes)
    for verifier, digest, signature in zip(verifiers, header.signer_certificates, signatures, strict=True):
        signer = trust.view.signer_at(digest)
        if signer is None or signer.unit != header.sender_unit:
            return False
        if not verifier(describe(signer.certificate).public_key, signature, data):
            return False
    return True
