"""TLS on the wire: credentials for grpcio, and who is at the other end (protocol 2.3).

A gRPC port in Python either asks every caller for a certificate or asks nobody, so the registry has two ports: exchange
and everything else behind client certificates; enrolment, health and reflection without.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.identity import Purpose, describe
from certs.keys import to_pem
from delegation.errors import Reason, Refusal

# grpcio gives a list for each name; its published types say bytes.
AuthContext: TypeAlias = Mapping[str, Sequence[bytes] | bytes]
_CERTIFICATE = "x509_pem_cert"
_MAX_PEM = 8 * 1024


class Peer(NamedTuple):
    """Who is at the other end of a channel: the bureau of its channel certificate, and the SHA-256 of that."""

    bureau: str
    certificate_digest: bytes


def exchange_server_credentials(
    key: EllipticCurvePrivateKey, certificate: bytes, *, channel_authorities: Sequence[bytes]
) -> grpc.ServerCredentials:
    """For the registry's port behind client certificates. The handshake checks chain and dates, never revocation."""
    return grpc.ssl_server_credentials(
        [(_key_pem(key), to_pem(certificate, *channel_authorities))],
        root_certificates=to_pem(*channel_authorities),
        require_client_auth=True,
    )


def enrolment_server_credentials(
    key: EllipticCurvePrivateKey, certificate: bytes, *, channel_authorities: Sequence[bytes]
) -> grpc.ServerCredentials:
    """For the registry's port that asks nobody for a certificate; its chain shows the authority, which a token pins."""
    return grpc.ssl_server_credentials([(_key_pem(key), to_pem(certificate, *channel_authorities))])


def channel_credentials(
    key: EllipticCurvePrivateKey, certificate: bytes, *, channel_authorities: Iterable[bytes]
) -> grpc.ChannelCredentials:
    """For a node's channel to the exchange port."""
    return grpc.ssl_channel_credentials(
        root_certificates=to_pem(*channel_authorities),
        private_key=_key_pem(key),
        certificate_chain=to_pem(certificate),
    )


def enrolment_channel_credentials(channel_authorities: Iterable[bytes]) -> grpc.ChannelCredentials:
    """For a node that has no certificate yet; the authority was pinned by the token (`certs.tls_pin`)."""
    return grpc.ssl_channel_credentials(root_certificates=to_pem(*channel_authorities))


def peer_certificate(auth_context: AuthContext) -> bytes:
    """The caller's certificate (DER) as the handshake showed it, from `ServicerContext.auth_context()`.

    Raises Refusal(UNAUTHENTICATED) without one.
    """
    found = auth_context.get(_CERTIFICATE) or ()
    values = [found] if isinstance(found, bytes) else found
    if len(values) != 1 or len(values[0]) > _MAX_PEM:
        raise Refusal(Reason.UNAUTHENTICATED)
    try:
        certificate = x509.load_pem_x509_certificate(values[0])
    except ValueError as error:
        raise Refusal(Reason.UNAUTHENTICATED) from error
    return certificate.public_bytes(serialization.Encoding.DER)


def peer_identity(auth_context: AuthContext) -> Peer:
    """Who calls, from `ServicerContext.auth_context()`; the handshake has already judged chain and dates.

    Raises Refusal: UNAUTHENTICATED without a certificate, CERTIFICATE_PURPOSE for any but a channel certificate.
    Not checked: revocation, and dates of a channel that stays open: ask `Trust.check_channel_certificate` per message.
    """
    info = describe(peer_certificate(auth_context))
    if info.purpose is not Purpose.CHANNEL:
        raise Refusal(Reason.CERTIFICATE_PURPOSE, expected=Purpose.CHANNEL.value, found=info.purpose.value)
    return Peer(info.name, info.digest)


def _key_pem(key: EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
