"""TLS as grpcio speaks it: who gets in at which port, and who does not.

Handshakes judge by the wall clock, so certificates here are issued around it.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import grpc
import pytest

from certs.authority import ChannelAuthority
from certs.keys import certificate_digest, new_csr, new_p256, to_pem
from certs.tls import (
    Peer,
    channel_credentials,
    enrolment_channel_credentials,
    enrolment_server_credentials,
    exchange_server_credentials,
    peer_certificate,
    peer_identity,
)
from certs.tls_pin import fetch_authority
from delegation.errors import Reason, Refusal
from tests.certs.refusals import refused

NOW = datetime.now(UTC)
BUREAU = "330100"


class Asking(grpc.GenericRpcHandler):
    """A server that says who calls."""

    def __init__(self) -> None:
        self.seen: list[Peer | Reason] = []

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes]":
        del handler_call_details

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            try:
                self.seen.append(peer_identity(context.auth_context()))
            except Refusal as refusal:
                self.seen.append(refusal.reason)
            return b"heard"

        return grpc.unary_unary_rpc_method_handler(answer)


@dataclass
class Registry:
    authority: ChannelAuthority
    asking: Asking
    exchange: int
    enrolment: int


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    authority = ChannelAuthority.create(tmp_path_factory.mktemp("authority") / "a", "xieban-test", NOW)
    key, asking = new_p256(), Asking()
    certificate = authority.issue_registry_server(new_csr(key), host_names=["127.0.0.1", "localhost"], at=NOW)
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers([asking])
    authorities = [authority.certificate]
    exchange = server.add_secure_port(
        "127.0.0.1:0", exchange_server_credentials(key, certificate, channel_authorities=authorities)
    )
    enrolment = server.add_secure_port(
        "127.0.0.1:0", enrolment_server_credentials(key, certificate, channel_authorities=authorities)
    )
    server.start()
    yield Registry(authority, asking, exchange, enrolment)
    server.stop(0).wait()


def call(port: int, credentials: grpc.ChannelCredentials) -> bytes:
    with grpc.secure_channel(f"127.0.0.1:{port}", credentials) as channel:
        method: Callable[..., bytes] = channel.unary_unary("/xieban.Test/Ask")
        return method(b"who", timeout=5)


def is_turned_away(port: int, credentials: grpc.ChannelCredentials) -> bool:
    try:
        call(port, credentials)
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.UNAVAILABLE
    return False


def test_a_bureau_gets_in_as_itself(registry: Registry) -> None:
    key = new_p256()
    certificate = registry.authority.issue_channel(new_csr(key), BUREAU, NOW)
    credentials = channel_credentials(key, certificate, channel_authorities=[registry.authority.certificate])
    assert call(registry.exchange, credentials) == b"heard"
    assert registry.asking.seen[-1] == Peer(BUREAU, certificate_digest(certificate))


def test_none_expired_wrong_authority_wrong_usage_are_turned_away(registry: Registry, tmp_path: Path) -> None:
    authority, key = registry.authority, new_p256()
    csr = new_csr(key)
    other = ChannelAuthority.create(tmp_path / "other", "xieban-test", NOW)
    old = ChannelAuthority.create(tmp_path / "old", "xieban-test", NOW - timedelta(days=200))
    own = [authority.certificate]
    good = authority.issue_channel(csr, BUREAU, NOW)
    bad = {
        "none": enrolment_channel_credentials(own),
        "wrong authority": channel_credentials(key, other.issue_channel(csr, BUREAU, NOW), channel_authorities=own),
        "expired": channel_credentials(
            key, old.issue_channel(csr, BUREAU, NOW - timedelta(days=150)), channel_authorities=own
        ),
        "node's": channel_credentials(key, authority.issue_node(csr, BUREAU, NOW), channel_authorities=own),
        "registry's": channel_credentials(
            key, authority.issue_registry_server(csr, host_names=["localhost"], at=NOW), channel_authorities=own
        ),
        "another registry": channel_credentials(key, good, channel_authorities=[other.certificate]),
    }
    heard = len(registry.asking.seen)
    assert {name for name, credentials in bad.items() if not is_turned_away(registry.exchange, credentials)} == set()
    assert len(registry.asking.seen) == heard


def test_an_expired_certificate_of_the_right_authority_is_turned_away(tmp_path: Path) -> None:
    authority = ChannelAuthority.create(tmp_path / "a", "xieban-test", NOW - timedelta(days=200))
    key = new_p256()
    server_certificate = authority.issue_registry_server(new_csr(key), host_names=["127.0.0.1"], at=NOW)
    server = grpc.server(futures.ThreadPoolExecutor(1))
    asking = Asking()
    server.add_generic_rpc_handlers([asking])
    authorities = [authority.certificate]
    port = server.add_secure_port(
        "127.0.0.1:0", exchange_server_credentials(key, server_certificate, channel_authorities=authorities)
    )
    server.start()
    expired = authority.issue_channel(new_csr(key), BUREAU, NOW - timedelta(days=100))
    assert is_turned_away(port, channel_credentials(key, expired, channel_authorities=authorities))
    fresh = authority.issue_channel(new_csr(key), BUREAU, NOW)
    assert call(port, channel_credentials(key, fresh, channel_authorities=authorities)) == b"heard"
    server.stop(0).wait()


def test_the_enrolment_port_asks_nobody(registry: Registry) -> None:
    assert call(registry.enrolment, enrolment_channel_credentials([registry.authority.certificate])) == b"heard"
    assert registry.asking.seen[-1] is Reason.UNAUTHENTICATED


def test_a_token_pins_the_authority(registry: Registry) -> None:
    digest = sha256(registry.authority.certificate).digest()
    assert fetch_authority("127.0.0.1", registry.enrolment, digest=digest) == registry.authority.certificate
    refusal = refused(fetch_authority, "127.0.0.1", registry.enrolment, digest=bytes(32))
    assert (refusal.reason, refusal.details) == (Reason.CERTIFICATE_NOT_TRUSTED, {"why": "authority"})


@contextmanager
def listening(answer: bytes) -> Iterator[int]:
    """Something that is no TLS server."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def once() -> None:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        thread = threading.Thread(target=once, daemon=True)
        thread.start()
        yield server.getsockname()[1]
    thread.join(5)


def test_no_registry_there() -> None:
    with listening(b"HTTP/1.1 200 OK\r\n\r\n") as port:
        assert refused(fetch_authority, "127.0.0.1", port, digest=bytes(32), timeout=2.0).reason is Reason.UNAVAILABLE
    assert refused(fetch_authority, "127.0.0.1", port, digest=bytes(32), timeout=2.0).reason is Reason.UNAVAILABLE


def test_an_auth_context_without_a_certificate() -> None:
    for shown in ([], [b"x", b"y"], [b"nonsense"], b"nonsense"):
        assert refused(peer_certificate, {"x509_pem_cert": shown}).reason is Reason.UNAUTHENTICATED
    assert refused(peer_certificate, {}).reason is Reason.UNAUTHENTICATED
    assert refused(peer_certificate, {"x509_pem_cert": [b"x" * 10_000]}).reason is Reason.UNAUTHENTICATED


def test_a_certificate_of_another_purpose_is_nobodys_identity(registry: Registry) -> None:
    """The handshake stops it already; who terminates TLS elsewhere still meets this check."""
    node = registry.authority.issue_node(new_csr(new_p256()), BUREAU, NOW)
    refusal = refused(peer_identity, {"x509_pem_cert": [to_pem(node)]})
    assert (refusal.reason, refusal.details["found"]) == (Reason.CERTIFICATE_PURPOSE, "node")
