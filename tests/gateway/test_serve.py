"""A real server on a real port: streams, slow readers and half-open callers never keep it from stopping."""

import asyncio
import signal
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway import serve as serving
from gateway.serve import serve
from gateway.settings import GatewaySettings
from node.desk.views import Change
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, MATERIAL, a_material

STOP_SECONDS = 2
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class Running:
    """A server that is up."""

    house: House
    port: int
    stop: asyncio.Event
    task: asyncio.Task[None]
    token: str

    async def stopped(self) -> float:
        """Tell it to stop; seconds until it had."""
        begun = time.monotonic()
        self.stop.set()
        await self.task
        return time.monotonic() - begun

    @property
    def client(self) -> httpx.AsyncClient:
        """A signed-in caller over TCP."""
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=10, trust_env=False)


@asynccontextmanager
async def running(**settings: object) -> AsyncIterator[Running]:
    """A server on a free port."""
    house = a_house(port=0, stop_seconds=STOP_SECONDS, **settings)
    stop: asyncio.Event = asyncio.Event()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(house.app, house.app.state.settings, stop=stop, on_bound=bound.set_result))
    port = await asyncio.wait_for(bound, 10)
    session = await house.station.accounts.sign_in("clerk", PASSWORD)
    up = Running(house, port, stop, task, session.token)
    try:
        yield up
    finally:
        stop.set()
        await asyncio.wait_for(task, 20)


async def test_it_tells_its_port_answers_and_stops() -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with running() as up:
        assert signal.getsignal(signal.SIGTERM) is before
        async with up.client as client:
            answer = await client.get("/readyz")
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
            assert "server" not in answer.headers
        assert await up.stopped() < 1
        with pytest.raises(httpx.ConnectError):
            async with up.client as client:
                await client.get("/readyz")


async def test_changes_are_hinted_as_they_come_and_end_with_the_server() -> None:
    async with running() as up, up.client as client, client.stream("GET", "/api/v1/changes") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: change"
        assert await anext(lines) == "data: {}"
        (watcher,) = up.house.station.desk.watchers
        await watcher.put(Change(DELEGATION, 2))
        assert [await anext(lines) for _ in range(4)] == ["", "event: change", "data: {}", ""]
        stopping = asyncio.create_task(up.stopped())
        rest = [line async for line in lines]
        assert rest == ["event: bye", "data: {}", ""]
        assert await stopping < STOP_SECONDS
        assert not up.house.station.desk.watchers


async def test_a_stream_ends_with_its_session_and_gives_its_place_up() -> None:
    async with running(heartbeat_seconds=0.05, streams_per_caller=1) as up, up.client as client:
        async with client.stream("GET", "/api/v1/changes") as stream:
            lines = stream.aiter_lines()
            assert await anext(lines) == "event: change"
            assert (await client.get("/api/v1/changes")).status_code == 429
            await up.house.station.accounts.sign_out(up.token)
            rest = [line async for line in lines]
            assert rest[-3:] == ["event: bye", "data: {}", ""]
        session = await up.house.station.accounts.sign_in("clerk", PASSWORD)
        again = {"authorization": f"Bearer {session.token}"}
        async with client.stream("GET", "/api/v1/changes", headers=again) as stream:
            assert stream.status_code == 200
        for _ in range(100):
            if not up.house.station.desk.watchers:
                break
            await asyncio.sleep(0.02)
        assert not up.house.station.desk.watchers


async def test_open_streams_take_no_place_of_requests_and_have_a_bound_of_their_own() -> None:
    async with (
        running(concurrency=4, streams=5, streams_per_caller=9) as up,
        up.client as client,
        AsyncExitStack() as stack,
    ):
        for _ in range(5):
            stream = await stack.enter_async_context(client.stream("GET", "/api/v1/changes"))
            assert stream.status_code == 200
        assert (await client.get("/api/v1/changes")).json()["reason"] == "BUSY"
        assert (await client.get("/api/v1/me")).status_code == 200


async def test_streams_slow_readers_and_half_open_callers_do_not_keep_it_from_stopping() -> None:
    async with running() as up:
        size = 64 * 1024 * 1024
        up.house.station.desk.files[MATERIAL] = FakeFile(a_material(size=size), bytes(size))
        writers = []
        requests = [
            f"GET /api/v1/materials/{MATERIAL}/content HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.token}\r\n\r\n",
            f"GET /api/v1/changes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.token}\r\n\r\n",
            f"POST /api/v1/drafts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
            "GET /api/v1/me HTTP/1.1\r\nHost",
            "",
        ]
        for request in requests:
            _, writer = await asyncio.open_connection("127.0.0.1", up.port)
            writer.write(request.encode())
            writers.append(writer)
        await asyncio.sleep(0.3)
        assert await up.stopped() < STOP_SECONDS + 2
        for writer in writers:
            writer.close()


async def test_a_request_whose_headers_do_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_HEADER_SECONDS", 0.2)
    async with running() as up:
        for whole, begun in ((b"", b""), (b"", b"GET /healthz HTTP/1.1\r\nHo"), (WHOLE, b"GET /hea")):
            reader, writer = await asyncio.open_connection("127.0.0.1", up.port)
            writer.write(whole)
            if whole:
                assert await asyncio.wait_for(reader.read(12), 5) == b"HTTP/1.1 200"
            writer.write(begun)
            await asyncio.wait_for(reader.read(), 5)
            writer.close()


async def test_an_answer_that_breaks_off_is_not_taken_for_whole() -> None:
    async with running() as up, up.client as client:
        size = 1024 * 1024
        file = FakeFile(a_material(size=size), bytes(size), damaged_from=512 * 1024)
        up.house.station.desk.files[MATERIAL] = file
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(f"/api/v1/materials/{MATERIAL}/content")
        assert (await client.get("/healthz")).status_code == 200


async def test_a_body_too_large_is_refused_before_it_is_sent() -> None:
    async with running() as up:
        reader, writer = await asyncio.open_connection("127.0.0.1", up.port)
        writer.write(
            f"POST /api/v1/drafts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {up.token}\r\nExpect: 100-continue\r\n"
            "Content-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n".encode()
        )
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.startswith(b"HTTP/1.1 413")
        assert b"BODY_TOO_LARGE" in answer
        writer.close()


async def test_metrics_are_for_this_machine_and_name_operations_alone() -> None:
    async with running() as up, up.client as client:
        await client.get(f"/api/v1/delegations/{DELEGATION}")
        await client.get("/nowhere/110101199003070009")
        metrics = (await client.get("/metrics")).text
    assert 'xieban_gateway_requests_total{operation="readDelegation",status="2xx"} 1.0' in metrics
    assert 'xieban_gateway_requests_total{operation="none",status="4xx"} 1.0' in metrics
    assert DELEGATION not in metrics
    assert "110101199003070009" not in metrics


async def test_metrics_are_not_there_for_others() -> None:
    house = a_house()
    transport = httpx.ASGITransport(house.app, client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        assert (await client.get("/metrics")).status_code == 404


async def test_more_requests_at_once_than_it_takes_are_told_to_come_back() -> None:
    house = a_house(concurrency=4)
    gate = asyncio.Event()
    list_units = house.station.desk.list_units

    async def slow(actor: object, text: str = "") -> object:
        await gate.wait()
        return await list_units(actor, text)  # type: ignore[arg-type] # the fake looks at neither

    house.station.desk.list_units = slow  # type: ignore[method-assign,assignment] # a node that takes its time
    async with house.caller() as client:
        waiting = [asyncio.create_task(client.get("/api/v1/units")) for _ in range(4)]
        await asyncio.sleep(0.05)
        busy = await client.get("/api/v1/units")
        gate.set()
        assert (busy.status_code, busy.json()["reason"], busy.headers["retry-after"]) == (503, "BUSY", "5")
        assert {(await answer).status_code for answer in waiting} == {200}


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody else trusts, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "desk.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "desk.pem", folder / "desk.key"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


async def test_tls_is_spoken_from_1_2_on(tmp_path: Path) -> None:
    certificate, key = a_certificate(tmp_path)
    async with running(tls_certificate=certificate, tls_key=key) as up:
        trust = ssl.create_default_context(cafile=str(certificate))
        async with httpx.AsyncClient(verify=trust, trust_env=False) as client:
            answer = await client.get(f"https://localhost:{up.port}/healthz")
            assert answer.status_code == 200
            assert "strict-transport-security" in answer.headers
        old = ssl.create_default_context(cafile=str(certificate))
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", up.port, ssl=old, server_hostname="localhost")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "desk.example"])  # noqa: S104 - what is refused
def test_an_address_that_others_reach_needs_tls(host: str) -> None:
    with pytest.raises(ValueError, match="needs TLS"):
        GatewaySettings(host=host)
    assert GatewaySettings(host=host, tls_certificate=Path("c"), tls_key=Path("k")).tls


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_this_machine_needs_none(host: str) -> None:
    assert not GatewaySettings(host=host).tls


def test_a_certificate_comes_with_its_key() -> None:
    with pytest.raises(ValueError, match="its key"):
        GatewaySettings(tls_certificate=Path("c"))


async def test_an_address_that_is_taken_is_said(house: House) -> None:
    async with running() as up:
        settings = GatewaySettings(port=up.port)
        with pytest.raises(OSError, match="in use"):
            await serve(house.app, settings, stop=asyncio.Event(), on_bound=print)
