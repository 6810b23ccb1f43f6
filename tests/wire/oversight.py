"""Delegations between two provinces, some with several legs, and what each province ought to see of them."""

from dataclasses import dataclass, field, replace
from typing import Any

import grpc

from certs.envelope import SealedEnvelope
from delegation.codec_entry import parse_entry
from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.model import ClockFacts, Entry, Header
from registry.server import Registry
from tests import builders
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD
from tests.registry.federation import DAY, Client, Federation
from xieban.federation.v1 import monitor_pb2 as pb

CODES = {HANGZHOU_RD: "330100", CHENGDU_RD: "510100", DEYANG_RD: "510600"}


@dataclass
class Story:
    """One delegation as it was sent: headers, entries, and the bytes of both."""

    federation: Federation
    clients: dict[str, Client]
    headers: list[Header] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    bytes_: list[tuple[bytes, bytes]] = field(default_factory=list)

    @property
    def thread_id(self) -> str:
        return self.headers[0].thread_id

    async def _send(self, envelope: SealedEnvelope) -> None:
        client = self.clients[CODES[envelope.header.sender_unit]]
        (result,) = await client.submit(envelope)
        assert not result.reason, result.reason
        entry = parse_entry(result.entry)
        assert entry.thread_sequence, entry.detail
        self.headers.append(envelope.header)
        self.entries.append(entry)
        self.bytes_.append((envelope.header_bytes, result.entry))

    def _last_of(self, sender: str) -> Any:
        return next((each.ref for each in reversed(self.headers) if each.sender_unit == sender), None)

    async def issue(self, home: str, host: str) -> None:
        """The first letter."""
        await self._send(self.federation.letter(home=home, host=host))

    async def refuse(self) -> None:
        """The host signs for it and refuses."""
        leg = [each for each in self.headers if each.kind is Kind.ISSUED][-1]
        host = leg.counterpart_unit
        common = {"leg": leg.leg, "counterpart_unit": leg.sender_unit}
        for kind, reasons in ((Kind.SIGNED_FOR, ()), (Kind.REFUSED, ("R01",))):
            envelope = self.federation.move(
                leg, kind, host, base=self.entries[-1], predecessor=self._last_of(host), reasons=reasons, **common
            )
            await self._send(envelope)

    async def issue_again(self, host: str) -> None:
        """The next leg, to another host."""
        first = self.headers[0]
        today = day_of(self.federation.clock.at)
        leg = max(each.leg for each in self.headers) + 1
        place = replace(first.task_place, code=CODES[host]) if first.task_place is not None else None
        changes: dict[str, Any] = {
            "thread_id": first.thread_id,
            "case_id": first.case_id,
            "leg": leg,
            "task_place": place,
            "base": builders.a_header().base.__class__(self.entries[-1].thread_sequence, self.entries[-1].digest),
            "predecessor": self._last_of(first.sender_unit),
            "reasons": ("T01",),
            "clock": ClockFacts(accepted_on=today - 2 * DAY, procedure=first.clock.procedure),
        }
        await self._send(self.federation.letter(home=first.sender_unit, host=host, **changes))

    def seen_by(self, province: str) -> list[int]:
        """The leaves that a province ought to see, by reading the headers one after the other; '' for the country."""
        until, seen = -1, False
        for number, header in enumerate(self.headers):
            if header.kind is Kind.ISSUED:
                seen = any(unit.startswith(province) for unit in (header.sender_unit, header.counterpart_unit))
            if seen:
                until = number
        return [entry.leaf_index for entry in self.entries[: until + 1]]


async def stories(federation: Federation, clients: dict[str, Client]) -> list[Story]:
    """Within 51; 33 to 51; 51 to 51, then to 33, then to 51 again, all interleaved with one that stays."""
    found = [Story(federation, clients) for _ in range(3)]
    inner, outer, wandering = found
    await inner.issue(DEYANG_RD, CHENGDU_RD)
    await wandering.issue(DEYANG_RD, CHENGDU_RD)
    await wandering.refuse()
    await outer.issue(HANGZHOU_RD, CHENGDU_RD)
    await wandering.issue_again(HANGZHOU_RD)
    await outer.refuse()
    await wandering.refuse()
    await wandering.issue_again(CHENGDU_RD)
    await wandering.refuse()
    return found


async def watched(client: Client, from_leaf: int = 0, *, most: int = 0) -> list[pb.WatchedEntry]:
    """Everything up to the first message that says that it is all."""
    found: list[pb.WatchedEntry] = []
    stream: Any = client.monitor.WatchEntries(pb.WatchEntriesRequest(from_leaf=from_leaf, max=most))
    while True:
        message = await stream.read()
        assert message is not grpc.aio.EOF
        assert len(message.items) <= (most or 256)
        found.extend(message.items)
        if message.complete:
            stream.cancel()
            return found


def every_call(client: Client, thread_id: str, day: str) -> dict[str, Any]:
    """A function for every call of the monitor, by its name; each gives the ids of the threads in the answer."""

    async def lists() -> set[str]:
        return {each.thread_id for each in (await client.monitor.ListThreads(pb.ListThreadsRequest())).threads}

    async def gets() -> set[str]:
        return {(await client.monitor.GetThread(pb.GetThreadRequest(thread_id=thread_id))).summary.thread_id}

    async def flows() -> set[str]:
        answer = await client.monitor.GetFlows(pb.GetFlowsRequest(**{"from": day, "to": day}))
        return {f"{flow.home_region}>{flow.host_region}" for flow in answer.flows}

    async def changes() -> set[str]:
        stream: Any = client.monitor.WatchThreads(pb.WatchThreadsRequest())
        message = await stream.read()
        stream.cancel()
        return {each.thread_id for each in message.threads}

    async def entries() -> set[str]:
        return {each.thread_id for each in await watched(client)}

    return {
        "ListThreads": lists, "GetThread": gets, "GetFlows": flows, "WatchThreads": changes, "WatchEntries": entries,
    }  # fmt: skip


def client_of(federation: Federation, registry: Registry, code: str) -> Client:
    """A client with fresh keys."""
    return Client(federation, registry, federation.bureau(registry, code))
