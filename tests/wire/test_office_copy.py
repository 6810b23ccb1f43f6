"""Each office's copy over real mutual TLS: every delegation as far as the office sees it, leg by leg."""

from contextlib import aclosing
from typing import cast

from certs.tls import channel_credentials
from delegation.codes import Kind
from delegation.course import Course, advanced
from node.link import Link
from node.log_keeper import LogKeeper
from node.province.course_bytes import read_course
from node.province.mirror import Mirror
from node.province.standing import read_standing
from node.records import AlarmRecord
from node.records_province import CourseRecord, WatchedRecord
from node.roster_cache import RosterCache
from node.store_memory import MemoryStore
from registry.server import Registry
from tests.builders import regions
from tests.node.province.office import OfficeState, an_office
from tests.registry.federation import CHENGDU, DEYANG, HANGZHOU, SICHUAN, Client, Federation
from tests.wire.oversight import Story, stories

ZHEJIANG, NATIONAL = "330000", "110000"
_OFFICES = {ZHEJIANG: "33", SICHUAN: "51", NATIONAL: ""}


class Rosters:
    """Fetches versions as the node's keeper does, into its cache."""

    def __init__(self, cache: RosterCache, link: Link, federation: Federation) -> None:
        self._cache, self._link, self._federation = cache, link, federation

    async def fetch(self, version: int) -> None:
        """Get and verify one."""
        answer = await self._link.roster(version=version)
        signed = answer.roster.SerializeToString()
        self._cache.keep(self._cache.verify(signed, at=self._federation.clock.at, old=bool(version)))


async def test_an_office_keeps_what_it_sees_leg_by_leg(federation: Federation) -> None:
    bureaus = (HANGZHOU, CHENGDU, DEYANG, *_OFFICES)
    async with federation.exchange(*bureaus) as (registry, *clients):
        by_code = dict(zip(bureaus, clients, strict=True))
        told = await stories(federation, by_code)
        for most in (1, 256):
            for code, province in _OFFICES.items():
                await _copied(federation, registry, by_code[code], province, told, most)


async def _copied(
    federation: Federation, registry: Registry, client: Client, province: str, told: list[Story], most: int
) -> None:
    keys = client.keys
    credentials = channel_credentials(
        keys.channel_key, keys.channel_certificate, channel_authorities=registry.keys.channel_authorities
    )

    link = Link(
        address=f"127.0.0.1:{registry.ports['exchange']}",
        credentials=lambda: credentials,
        clock=lambda: federation.clock.at,
    )
    store = MemoryStore()
    cache = RosterCache(seal_authority=federation.seal.certificate, regions=regions())
    rosters = Rosters(cache, link, federation)
    async with an_office(store, lambda: federation.clock.at) as office:
        cast("OfficeState", office.state).rosters = cache  # type: ignore[assignment]  # the real one
        await rosters.fetch(0)
        log = LogKeeper(writer=office.writer, state=office.state, clock=lambda: federation.clock.at)
        mirror = Mirror(
            writer=office.writer, state=office.state, link=link, log=log, rosters=rosters,
            clock=lambda: federation.clock.at,
        )  # fmt: skip
        position = 0
        for _ in range(40):  # broken off after each message, and gone on from where the copy stood
            async with aclosing(link.watch_entries(from_leaf=position, most=most)) as stream:
                message = await anext(stream)
                if message.next_leaf == position and message.items and not message.complete:
                    await mirror.take(message, position)  # a past that is still being told: it needs the same stream
                    async for message in stream:
                        await mirror.take(message, position)
                        if message.next_leaf > position:
                            break
                else:
                    await mirror.take(message, position)
            position = message.next_leaf
            if message.complete:
                break
        standing = read_standing(store)
        assert standing is not None
        assert standing.complete
        assert not store.select(AlarmRecord)
        assert mirror.parked == 0
    await link.close()
    for story in told:
        _is_told(store, story, province)


def _is_told(store: MemoryStore, story: Story, province: str) -> None:
    seen = story.seen_by(province)
    rows = store.select_columns(WatchedRecord, ("thread_id", "leaf"), order=("leaf",))
    assert [leaf for thread_id, leaf in rows if thread_id == story.thread_id] == seen
    row = store.get(CourseRecord, (story.thread_id,))
    if not seen:
        assert row is None
        return
    course: Course | None = None
    for header, entry in zip(story.headers, story.entries, strict=True):
        if entry.leaf_index in seen:
            course = advanced(course, header, entry)
    assert row is not None
    assert course is not None
    assert read_course(row.course) == course
    # what another province's home delegated was refused at last, as far as a former host's province saw it
    assert course.left(province) is not course.home_unit.startswith(province)
    legs = [each for each, entry in zip(story.headers, story.entries, strict=True) if entry.leaf_index in seen]
    units = {unit for each in legs if each.kind is Kind.ISSUED for unit in (each.sender_unit, each.counterpart_unit)}
    assert row.provinces.split() == sorted({unit[:2] for unit in units})
