"""The monitor over real mutual TLS: every call by every role over a matrix of provinces (ADR 0100)."""

import asyncio
import hashlib
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest

from certs.keys import certificate_digest
from certs.notes import parse_and_verify
from delegation.codec_entry import parse_entry
from delegation.codec_header import parse_header
from delegation.deadlines import day_of
from delegation.merkle import leaf_hash, verify_inclusion
from delegation.model import NegativeEvidence
from registry.policy import EXCHANGE_PORT, SIGHTS, Role, Rows, Who
from registry.store_memory import MemoryStore
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD
from tests.registry.federation import (
    CHENGDU,
    DAY,
    DEYANG,
    HANGZHOU,
    SICHUAN,
    Client,
    Federation,
    end_of,
    reason_of,
)
from tests.wire.oversight import Story, every_call, stories, watched
from xieban.federation.v1 import log_pb2
from xieban.federation.v1 import monitor_pb2 as pb

ZHEJIANG, NATIONAL = "330000", "110000"


async def refused(call: Awaitable[Any]) -> str:
    """The reason of a call that has to fail."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return reason_of(caught.value)


OFFICES = {ZHEJIANG: "33", SICHUAN: "51", NATIONAL: ""}


def test_the_table_has_a_line_for_every_call_and_role() -> None:
    monitor = {name.rpartition("/")[2]: who for name, who in EXCHANGE_PORT.items() if ".MonitorService/" in name}
    assert set(monitor) == set(SIGHTS)
    for method, roles in SIGHTS.items():
        assert set(roles) == set(Role)
        assert monitor[method] is Who.SUPERVISOR  # the door keeps out whom the table shows nothing
        assert {role for role, rows in roles.items() if rows is not Rows.NONE} == {Role.PROVINCIAL, Role.NATIONAL}


async def test_every_call_by_every_role_over_the_provinces(federation: Federation) -> None:
    bureaus = (HANGZHOU, CHENGDU, DEYANG, *OFFICES, "999999")
    async with federation.exchange(*bureaus) as (registry, *clients):
        by_code = dict(zip(bureaus, clients, strict=True))
        told = await stories(federation, by_code)
        today = day_of(federation.clock.at).isoformat()
        for code in (HANGZHOU, CHENGDU, DEYANG, "999999"):  # bureaus, committees, and who is on no roster
            for method, call in every_call(by_code[code], told[0].thread_id, today).items():
                assert await refused(call()) == "UNAUTHENTICATED", (code, method)
        stranger = grpc.aio.secure_channel(f"127.0.0.1:{registry.ports['exchange']}", grpc.ssl_channel_credentials())
        async with stranger:
            ask: Any = stranger.unary_unary("/xieban.federation.v1.MonitorService/ListThreads")
            with pytest.raises(grpc.aio.AioRpcError):  # without a certificate there is no connection at all
                await ask(b"", timeout=5)
        for code, province in OFFICES.items():
            await _sees_its_own(by_code[code], province, told, today)


async def _sees_its_own(client: Client, province: str, told: list[Story], today: str) -> None:
    own = {story.thread_id for story in told if story.seen_by(province)}
    for story in told:
        for method, call in every_call(client, story.thread_id, today).items():
            if method == "GetThread":
                if story.thread_id in own:
                    assert await call() == {story.thread_id}
                else:
                    assert await refused(call()) == "NOT_FOUND"
            elif method == "GetFlows":
                flows = await call()
                assert all(province in (flow[:2], flow[7:9]) for flow in flows) or not province
                assert len(flows) == len({_flow(story, province) for story in told if story.thread_id in own})
            else:
                assert await call() == own, method
    # item for item, in each thread's order, whatever the size of the messages
    for most in (0, 1, 2):
        items = await watched(client, most=most)
        for story in told:
            mine = [item for item in items if item.thread_id == story.thread_id]
            assert [item.leaf for item in mine] == story.seen_by(province)
            for item, (header, entry) in zip(mine, story.bytes_, strict=False):
                assert (item.header, item.entry) == (header, entry)
                assert len(item.signatures) == 1
    for story in told:
        if story.thread_id in own:
            found = await client.monitor.GetThread(pb.GetThreadRequest(thread_id=story.thread_id))
            leaves = [parse_entry(data).leaf_index for data in found.entries]
            assert leaves == story.seen_by(province)
            assert found.summary.left == (leaves != story.seen_by(""))
            rest = pb.GetThreadRequest(thread_id=story.thread_id, from_sequence=2)
            assert list((await client.monitor.GetThread(rest)).entries) == list(found.entries)[1:]


def _flow(story: Story, province: str) -> tuple[str, str]:
    last = next(
        header
        for header, entry in zip(reversed(story.headers), reversed(story.entries), strict=True)
        if entry.leaf_index in story.seen_by(province) and header.leg and header.kind.name == "ISSUED"
    )
    return last.sender_unit[:6], last.counterpart_unit[:6]


async def test_who_lost_sight_is_told_of_nothing_later(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, DEYANG, ZHEJIANG, SICHUAN) as (registry, *clients):
        told = await stories(federation, dict(zip((HANGZHOU, CHENGDU, DEYANG), clients[:3], strict=True)))
        zhejiang, sichuan, wandering = clients[3], clients[4], told[2]
        answer = await zhejiang.monitor.ListThreads(pb.ListThreadsRequest(host_unit=HANGZHOU_RD))
        (summary,) = answer.threads
        assert (summary.thread_id, summary.state, summary.left) == (wandering.thread_id, "refused", True)
        assert (summary.host_unit, summary.turn) == (HANGZHOU_RD, "")
        assert summary.changed_at.ToDatetime(tzinfo=federation.clock.at.tzinfo) == wandering.entries[5].accepted_at
        assert parse_header(wandering.bytes_[5][0]).sender_unit == HANGZHOU_RD
        # nor is the evidence that nobody closed it in the last leg
        deyang = clients[2]
        mail = await deyang.deliveries(sum(header.counterpart_unit == DEYANG_RD for header in wandering.headers))
        await deyang.acknowledge(*(deyang.acknowledgement(each) for each in mail))
        federation.clock.advance(40 * DAY)
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        assert await registry.duties.sweep_deadlines() > 0
        asked = pb.GetThreadRequest(thread_id=wandering.thread_id)
        certified = (await sichuan.monitor.GetThread(asked)).negative_entries
        assert [parse_entry(each).thread_id for each in certified] == [wandering.thread_id]
        assert len((await zhejiang.monitor.GetThread(asked)).negative_entries) == 0
        leaves = {item.leaf for item in await watched(zhejiang)}
        assert parse_entry(certified[0]).leaf_index not in leaves


async def test_a_filter_outside_the_scope_says_why(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, SICHUAN, ZHEJIANG, NATIONAL, store=MemoryStore()) as (
        _registry,
        home,
        sichuan,
        zhejiang,
        national,
    ):
        await home.accepted(federation.letter())
        outside = pb.ListThreadsRequest(home_unit=DEYANG_RD, host_region="51")
        answer = await zhejiang.monitor.ListThreads(outside)
        assert (len(answer.threads), answer.outside.name, answer.outside.value) == (0, "home_unit", DEYANG_RD)
        assert not (await sichuan.monitor.ListThreads(outside)).HasField("outside")
        assert not (await national.monitor.ListThreads(outside)).HasField("outside")
        today = day_of(federation.clock.at).isoformat()
        flows = {"from": today, "to": today, "home_region": "5106", "host_region": "510100"}
        figures = await zhejiang.monitor.GetFlows(pb.GetFlowsRequest(**flows))
        assert (len(figures.flows), figures.outside.name, figures.outside.value) == (0, "home_region", "5106")
        # one end elsewhere is a flow over the border, and asked for
        answer = await zhejiang.monitor.ListThreads(pb.ListThreadsRequest(host_region="5101"))
        assert ([each.host_unit for each in answer.threads], answer.HasField("outside")) == ([CHENGDU_RD], False)
        for wrong in ({"home_region": "5"}, {"host_region": "51%"}, {"state": "nonsense"}, {"route": 9}):
            assert await refused(zhejiang.monitor.ListThreads(pb.ListThreadsRequest(**wrong))) == "MALFORMED"
        paper = pb.ListThreadsRequest(route=pb.ROUTE_FILTER_PAPER)
        assert len((await zhejiang.monitor.ListThreads(paper)).threads) == 0
        late = pb.ListThreadsRequest(state="issued", route=pb.ROUTE_FILTER_WIRE)
        late.changed_since.FromDatetime(federation.clock.at + DAY)
        assert len((await zhejiang.monitor.ListThreads(late)).threads) == 0


async def test_streams_are_told_when_the_registry_stops(federation: Federation) -> None:
    async with federation.exchange(SICHUAN, store=MemoryStore()) as (registry, sichuan):
        entries = sichuan.monitor.WatchEntries(pb.WatchEntriesRequest())
        await entries.read()
        stopping = asyncio.create_task(registry.stop())
        assert await end_of(entries) == "STOPPING"
        await stopping
        registry.stop = _stopped  # the federation stops it as well


async def _stopped() -> None:
    """It is."""


async def test_the_stream_is_pushed_proved_and_resumed(federation: Federation) -> None:
    async with federation.exchange(HANGZHOU, CHENGDU, SICHUAN) as (registry, home, host, sichuan):
        letter = federation.letter()
        stream = sichuan.monitor.WatchEntries(pb.WatchEntriesRequest())
        async with asyncio.timeout(10):
            first = await stream.read()  # the roster's statement lies in the log, and is not theirs
            assert (len(first.items), first.complete) == (0, True)
            issued = await home.accepted(letter)
            second = await stream.read()
            (item,) = second.items
            assert (item.leaf, item.thread_id) == (issued.leaf_index, letter.header.thread_id)
            assert (item.header, list(item.signatures)) == (letter.header_bytes, list(letter.signatures))
            key = registry.keys.log_key.public_key()
            checkpoint = parse_and_verify(second.checkpoint, registry.settings.origin, key)
            proof = await sichuan.log.GetInclusionProof(
                log_pb2.GetInclusionProofRequest(leaf_index=item.leaf, tree_size=checkpoint.size)
            )
            verify_inclusion(
                index=item.leaf,
                size=checkpoint.size,
                leaf=leaf_hash(hashlib.sha256(item.entry).digest()),
                proof=list(proof.path),
                root=checkpoint.root,
            )
            # nobody signs for it: evidence of that is in its place, without header and signature
            (delivery,) = await host.deliveries(1)
            await host.acknowledge(host.acknowledgement(delivery))
            federation.clock.advance(13 * DAY)
            federation.publish(registry.database.store)
            await registry.duties.look_for_roster()
            assert await registry.duties.sweep_deadlines() > 0
            message = await stream.read()
            while not message.items:
                message = await stream.read()
            evidence = message.items[0]
            assert isinstance(parse_entry(evidence.entry).detail, NegativeEvidence)
            assert (evidence.header, len(evidence.signatures)) == (b"", 0)
            assert [each.leaf for each in await watched(sichuan, second.next_leaf)] == [evidence.leaf]
            assert await watched(sichuan, message.next_leaf) == []
        beyond = sichuan.monitor.WatchEntries(pb.WatchEntriesRequest(from_leaf=10_000))
        assert await end_of(beyond) == "NOT_FOUND"
        more = [sichuan.monitor.WatchEntries(pb.WatchEntriesRequest()) for _ in range(4)]
        for each in more:
            await each.read()
        assert await end_of(stream) == "STREAM_REPLACED"
        federation.revoke(certificate_digest(sichuan.keys.channel_certificate))
        federation.publish(registry.database.store)
        await registry.duties.look_for_roster()
        await home.accepted(federation.letter())
        assert await end_of(more[0]) == "CERTIFICATE_REVOKED"  # at the next message, not at the next call


async def test_an_office_learns_when_the_members_of_its_province_were_heard(federation: Federation) -> None:
    bureaus = (HANGZHOU, CHENGDU, *OFFICES)
    async with federation.exchange(*bureaus) as (_, *clients):
        by_code = dict(zip(bureaus, clients, strict=True))
        assert await refused(by_code[HANGZHOU].monitor.ListMembers(pb.ListMembersRequest())) == "UNAUTHENTICATED"
        for code, province in OFFICES.items():
            found = await by_code[code].monitor.ListMembers(pb.ListMembersRequest())
            members = {each.bureau: each for each in found.members}
            assert list(members) == sorted(members)
            assert {HANGZHOU, ZHEJIANG} <= members.keys() if province in ("", "33") else HANGZHOU not in members
            assert all(bureau.startswith(province) for bureau in members)
            heard = members[code]  # by this very call
            assert found.listening_since.ToDatetime() <= heard.heard_at.ToDatetime() <= found.at.ToDatetime()
        everyone = (await by_code[NATIONAL].monitor.ListMembers(pb.ListMembersRequest())).members
        silent = {each.bureau: each for each in everyone}[CHENGDU]
        assert not silent.connected
        assert not silent.HasField("heard_at")
