"""The first connection of a node that has nothing but a token: fetch the channel authority and pin it by digest.

The handshake itself is not verified, which is safe: nothing is sent, and the only thing taken is a certificate whose
SHA-256 stands in the token. Everything after goes over a connection that this certificate verifies.
"""

import hmac
import socket
import ssl
from hashlib import sha256
from typing import Protocol, cast

from certs.identity import MAX_CERTIFICATE
from delegation.errors import Reason, Refusal

MAX_CHAIN = 8


class _UnverifiedChain(Protocol):
    """What ssl gives of a peer's chain: in public from Python 3.13 on, in `_sslobj` before."""

    def get_unverified_chain(self) -> list[object] | None: ...


def fetch_authority(host: str, port: int, *, digest: bytes, timeout: float = 10.0) -> bytes:
    """The certificate (DER) in the server's chain whose SHA-256 is `digest`; `timeout` is seconds a step.

    Raises Refusal: UNAVAILABLE when there is no TLS server, CERTIFICATE_NOT_TRUSTED (why=authority) when its chain does
    not hold that certificate. Not checked: anything else of the server; the next connection verifies it.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])  # grpcio answers to nothing else
    try:
        with (
            socket.create_connection((host, port), timeout=timeout) as raw,
            context.wrap_socket(raw, server_hostname=host) as connection,
        ):
            chain = _chain(connection)
    except OSError as error:  # ssl.SSLError is one
        raise Refusal(Reason.UNAVAILABLE) from error
    for der in chain[:MAX_CHAIN]:
        if len(der) <= MAX_CERTIFICATE and hmac.compare_digest(sha256(der).digest(), digest):
            return der
    raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="authority")


def _chain(connection: ssl.SSLSocket) -> list[bytes]:
    source = connection if hasattr(connection, "get_unverified_chain") else vars(connection).get("_sslobj")
    if source is None:
        source = getattr(connection, "_sslobj", None)
    found = cast("_UnverifiedChain", source).get_unverified_chain() or []
    return [each if isinstance(each, bytes) else _der(each) for each in found]


def _der(certificate: object) -> bytes:
    # _ssl.Certificate; 2 is _ssl.ENCODING_DER, stable since Python 3.10
    return cast("bytes", certificate.public_bytes(2))  # type: ignore[attr-defined] # typeshed does not know the class
