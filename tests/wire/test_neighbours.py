"""Enrolment, health, monitoring and the operator's page."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]  # ships no stubs
from grpc_reflection.v1alpha import (  # type: ignore[import-untyped]  # ships no stubs
    reflection_pb2,
    reflection_pb2_grpc,
)

from certs.keys import certificate_digest, new_csr, new_p256
from certs.tls import enrolment_channel_credentials
from certs.tokens import parse_token
from delegation.codes import Kind
from delegation.deadlines import day_of
from registry.server import Registry
from registry.setup import new_token
from tests.builders import CHENGDU_RD, HANGZHOU_RD
from tests.registry.federation import (
    CHENGDU,
    DAY,
    DEYANG,
    HANGZHOU,
    SICHUAN,
    BureauKeys,
    Client,
    Federation,
    reason_of,
)
from xieban.federation.v1 import enrolment_pb2, enrolment_pb2_grpc, log_pb2, monitor_pb2


def open_channel(registry: Registry) -> grpc.aio.Channel:
    credentials = enrolment_channel_credentials(registry.keys.channel_authorities)
    return grpc.aio.secure_channel(f"127.0.0.1:{registry.ports['enrolment']}", credentials)


async def refused(call: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return reason_of(caught.value)


async def test_a_token_lets_one_bureau_in_once(federation: Federation) -> None:
    async with federation.running() as registry, open_channel(registry) as channel:
        stub = enrolment_pb2_grpc.EnrolmentServiceStub(channel)
        token = parse_token(new_token(federation.settings, CHENGDU, federation.clock.at), at=federation.clock.at)
        assert token.channel_ca_digest == certificate_digest(registry.keys.authority.certificate)
        assert token.seal_ca_digest == certificate_digest(federation.seal.certificate)
        channel_key, node_key = new_p256(), new_p256()
        request = enrolment_pb2.EnrolRequest(
            token=token.secret, channel_request=new_csr(channel_key), node_request=new_csr(node_key)
        )
        answer = await stub.Enrol(request)
        assert (answer.bureau, answer.federation_id) == (CHENGDU, federation.settings.federation_id)
        assert answer.seal_authority == federation.seal.certificate
        assert await stub.Enrol(request) == answer, "a lost answer may be asked for again"
        other = enrolment_pb2.EnrolRequest(
            token=token.secret, channel_request=new_csr(new_p256()), node_request=new_csr(new_p256())
        )
        assert await refused(stub.Enrol(other)) == "TOKEN_NOT_VALID"
        keys = BureauKeys(CHENGDU, channel_key, answer.channel_certificate, node_key, answer.node_certificate)
        async with Client(federation, registry, keys) as client:
            await client.log.GetCheckpoint(log_pb2.GetCheckpointRequest())


async def test_bad_tokens_and_requests_let_nobody_in(federation: Federation) -> None:
    async with federation.running() as registry, open_channel(registry) as channel:
        stub = enrolment_pb2_grpc.EnrolmentServiceStub(channel)
        token = parse_token(new_token(federation.settings, CHENGDU, federation.clock.at), at=federation.clock.at)
        good = {"channel_request": new_csr(new_p256()), "node_request": new_csr(new_p256())}
        for secret in ("", "0" * 64, "x" * 500):
            assert await refused(stub.Enrol(enrolment_pb2.EnrolRequest(token=secret, **good))) == "TOKEN_NOT_VALID"
        bad = enrolment_pb2.EnrolRequest(token=token.secret, channel_request=b"no request", node_request=b"")
        assert await refused(stub.Enrol(bad)) not in ("", "UNAVAILABLE")
        federation.clock.advance(8 * DAY)
        assert await refused(stub.Enrol(enrolment_pb2.EnrolRequest(token=token.secret, **good))) == "TOKEN_NOT_VALID"


async def test_health_and_reflection_are_open_and_the_exchange_is_not_there(federation: Federation) -> None:
    async with federation.running() as registry, open_channel(registry) as channel:
        health = health_pb2_grpc.HealthStub(channel)
        answer = await health.Check(health_pb2.HealthCheckRequest())
        assert answer.status == health_pb2.HealthCheckResponse.SERVING
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        names: set[str] = set()
        async for message in stub.ServerReflectionInfo(iter([request])):
            names |= {service.name for service in message.list_services_response.service}
        assert "xieban.federation.v1.EnrolmentService" in names
        assert "xieban.federation.v1.ExchangeService" not in names
        call: Any = channel.unary_unary("/xieban.federation.v1.ExchangeService/ReadThread")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(b"")
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def get(registry: Registry, path: str, method: str = "GET") -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection("127.0.0.1", registry.ports["metrics"])
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    data = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = data.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


async def test_the_operators_page_says_which_part_is_not_ready(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        await home.accepted(federation.letter())
        assert (await get(registry, "/healthz"))[0] == 200
        status, body = await get(registry, "/readyz")
        assert (status, all(json.loads(body)["parts"].values())) == (200, True)
        registry.writer.failing = True
        status, body = await get(registry, "/readyz")
        assert (status, json.loads(body)["parts"]["storage"]) == (503, False)
        status, body = await get(registry, "/metrics")
        assert status == 200
        assert b'xieban_registry_envelopes_total{answer="accepted"} 1.0' in body
        assert HANGZHOU_RD.encode() not in body
        assert (await get(registry, "/other"))[0] == 404
        assert (await get(registry, "/healthz", "POST"))[0] == 405
        ports = json.loads((federation.settings.data_dir / "ports.json").read_text(encoding="utf-8"))
        assert ports == registry.ports


async def test_before_the_first_roster_it_is_not_ready_and_says_so(federation: Federation) -> None:
    registry = Registry(federation.settings, clock=federation.clock.now, monotonic=federation.clock.monotonic)
    await registry.start()
    try:
        async with Client(federation, registry, federation.bureau(registry, HANGZHOU)) as home:
            assert await refused(home.submit(federation.letter())) == "ROSTER_NOT_READY"
            status, body = await get(registry, "/readyz")
            assert (status, json.loads(body)["parts"]["roster"]) == (503, False)
            federation.publish(registry.database.store)
            async with asyncio.timeout(5):
                while registry.book.held is None:
                    await asyncio.sleep(0.02)
            await home.accepted(federation.letter())
    finally:
        await registry.stop()


async def test_a_province_watches_its_own(federation: Federation) -> None:
    bureaus = (HANGZHOU, CHENGDU, DEYANG, SICHUAN, "330000", "110000")
    async with federation.exchange(*bureaus) as (_registry, home, host, other, sichuan, zhejiang, national):
        letter = federation.letter()
        issued = await home.accepted(letter)
        unit = next(code for code in federation.view.units if code.startswith("510600RD"))
        second = federation.letter(home=unit)
        await other.accepted(second)
        await host.accepted(federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=issued))

        async def listed(client: Client, **wanted: Any) -> list[str]:
            answer = await client.monitor.ListThreads(monitor_pb2.ListThreadsRequest(**wanted))
            return [each.thread_id for each in answer.threads]

        both = sorted([letter.header.thread_id, second.header.thread_id])
        assert await listed(zhejiang) == [letter.header.thread_id]
        assert await listed(sichuan) == both
        assert await listed(national) == both
        assert await listed(sichuan, home_unit=unit) == [second.header.thread_id]
        assert await listed(sichuan, overdue_only=True) == []
        page = await sichuan.monitor.ListThreads(monitor_pb2.ListThreadsRequest(page_size=1))
        assert await listed(sichuan, page_token=page.next_page_token) == both[1:]
        assert await refused(listed(home)) == "UNAUTHENTICATED"

        found = await zhejiang.monitor.GetThread(monitor_pb2.GetThreadRequest(thread_id=letter.header.thread_id))
        assert found.headers[0] == letter.header_bytes
        assert (len(found.entries), found.summary.state) == (2, "signed_for")
        foreign = monitor_pb2.GetThreadRequest(thread_id=second.header.thread_id)
        assert await refused(zhejiang.monitor.GetThread(foreign)) == "NOT_FOUND"

        today = day_of(federation.clock.at).isoformat()
        request = monitor_pb2.GetFlowsRequest(**{"from": today, "to": today})
        flows = await zhejiang.monitor.GetFlows(request)
        assert [(flow.home_region, flow.host_region, flow.threads) for flow in flows.flows] == [("330100", "510100", 1)]
        assert flows.checkpoint
        wrong = monitor_pb2.GetFlowsRequest(**{"from": "never", "to": today})
        assert await refused(zhejiang.monitor.GetFlows(wrong)) == "MALFORMED"

        stream = zhejiang.monitor.WatchThreads(monitor_pb2.WatchThreadsRequest(from_leaf=0))
        async with asyncio.timeout(10):
            first = await stream.read()
            assert [each.thread_id for each in first.threads] == [letter.header.thread_id]
            await home.accepted(federation.letter())
            more = await stream.read()
            assert len(more.threads) == 1
        stream.cancel()


async def test_the_daily_statement_is_taken_up_and_an_old_one_is_not(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU) as (registry, home):
        federation.clock.advance(13 * DAY)
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        federation.clock.advance(2 * DAY)
        await home.accepted(federation.letter())
        federation.clock.advance(13 * DAY)
        (result,) = await home.submit(federation.letter())
        assert result.reason == "ROSTER_TOO_OLD"
        assert registry.database.store.statements_to_log() == []
        assert federation.clock.at - federation.view.composed_at > timedelta(days=28)
