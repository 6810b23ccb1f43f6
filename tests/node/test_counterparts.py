"""The roster changes who stands for home or host: the home's node issues the next leg, or its clerk must decide."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from certs.roster_book import RosterBook
from certs.roster_grants import add_certificate
from delegation.codes import Matter
from delegation.roster_view import Bureau, Competence, Succession, Unit, UnitLife, UnitType
from node import setup as node_setup
from node.service import Node
from tests.builders import code_of
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    DEYANG,
    HANGZHOU,
    NAMES,
    NOTHING,
    UNITS_OF,
    World,
    a_result,
    clerk,
    issued,
    make,
    make_two,
    now,
    reach,
    running,
    until,
    view,
)

HEIR_OF_HOME = code_of("330100", UnitType.RECOGNITION, 2)


async def published(world: World, change: Callable[[RosterBook], None], *nodes: Node) -> None:
    """A roster with that change, in force at the nodes."""
    book = world.book
    change(book)
    version = world.publish(book)
    for node in nodes:

        async def held(node: Node = node) -> int:
            node.courier.wake("rosters")
            return node.state.rosters.current.view.version

        await until(held, lambda found: found == version)


def succeeded_by(heir: str) -> Callable[[RosterBook], None]:
    """Chengdu's unit is succeeded from today on."""

    def change(book: RosterBook) -> None:
        unit = book.records.units[UNITS_OF[CHENGDU]]
        book.put_unit(replace(unit, successions=(Succession(heir, now().date()),)))
        kept = [each for each in book.records.competences if each.place != CHENGDU]
        book.put_competences([*kept, Competence(CHENGDU, Matter.INVESTIGATION, heir, now().date())])

    return change


async def test_a_host_that_was_succeeded_is_followed_with_the_unchanged_letter(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        home, host, heir = (world.nodes[bureau] for bureau in (HANGZHOU, CHENGDU, DEYANG))
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        before = await reach(home, HANGZHOU, ref, "signed_for")
        assert await home.sweeper.sweep() == 0  # nothing has changed
        await published(world, succeeded_by(UNITS_OF[DEYANG]), home, heir)
        assert await home.sweeper.sweep() == 1
        assert await home.sweeper.sweep() == 0  # once
        seen = await reach(heir, DEYANG, ref, "issued")
        assert seen.row.leg == 2
        assert seen.row.worker_name == "王小明"
        letters = [entry for entry in (await view(home, HANGZHOU, ref)).entries if entry.kind == "ISSUED"]
        assert [entry.reasons for entry in letters] == [(), ("T04",)]
        first, second = (node_header(home, ref, entry.envelope_id) for entry in letters)
        assert first.content_commitment == second.content_commitment  # no approval anew: the text is the same
        assert before.row.leg == 1
        await make(heir, DEYANG, ref, "SIGNED_FOR", NOTHING)
        await reach(home, HANGZHOU, ref, "signed_for")


def node_header(node: Node, ref: str, envelope_id: str):  # type: ignore[no-untyped-def]  # a Header
    from delegation.codec_header import parse_header
    from node.records import EntryRecord
    from node.store import Where

    [record] = node.store.select(EntryRecord, (Where("thread_id", ref), Where("envelope_id", envelope_id)))
    return parse_header(record.header)


async def test_what_a_new_leg_would_undo_is_the_clerks_to_decide(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        for kind, data in (("SIGNED_FOR", NOTHING), ("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        await make_two(host, CHENGDU, ref, "REPORTED", a_result())
        await reach(home, HANGZHOU, ref, "reported")
        assert "counterpart" not in {item.kind for item in (await home.desk.todo(clerk(HANGZHOU))).items}
        await published(world, succeeded_by(UNITS_OF[DEYANG]), home)
        assert await home.sweeper.sweep() == 0  # the report is not thrown away
        told = [item for item in (await home.desk.todo(clerk(HANGZHOU))).items if item.kind == "counterpart"]
        assert [(item.delegation_id, item.subject_id) for item in told] == [(ref, UNITS_OF[DEYANG])]


async def test_a_host_on_paper_that_joins_gets_the_letter(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        home = world.nodes[HANGZHOU]
        paper = Unit(
            code=UNITS_OF[CHENGDU],
            name=NAMES[CHENGDU],
            type=UnitType.RECOGNITION,
            region=CHENGDU,
            bureau="",
            pooling_area=CHENGDU,
            since=date(2020, 1, 1),
            life=UnitLife.NON_MEMBER,
        )

        def known(book: RosterBook) -> None:
            book.add_unit(paper)
            competence = Competence(CHENGDU, Matter.INVESTIGATION, paper.code, now().date())
            book.put_competences([*book.records.competences, competence])

        await published(world, known, home)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(home, HANGZHOU, ref, "issued")
        assert await home.sweeper.sweep() == 0
        await asyncio.to_thread(world._enrol, CHENGDU, now())

        def joined(book: RosterBook) -> None:
            book.put_bureau(Bureau(CHENGDU, NAMES[CHENGDU], CHENGDU))
            book.put_unit(replace(paper, bureau=CHENGDU, life=UnitLife.ACTIVE))
            add_certificate(book, world.authority, world.requests[-1], now())

        await published(world, joined, home)
        assert await home.sweeper.sweep() == 1
        host = await world.start_node(CHENGDU)
        seen = await reach(host, CHENGDU, ref, "issued")
        assert (seen.row.leg, seen.entries[-1].reasons) == (2, ("T05",))
        assert seen.row.worker_name == "王小明"


async def test_the_homes_successor_on_the_same_node_acts(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await home.settle()
        await world.stop_node(HANGZHOU)
        settings = world.settings[HANGZHOU]
        settings = settings.model_copy(update={"units": (*settings.units, HEIR_OF_HOME)})
        world.settings[HANGZHOU] = settings
        request = node_setup.unit_request(settings, HEIR_OF_HOME, now())
        home = await world.start_node(HANGZHOU)

        def change(book: RosterBook) -> None:
            unit = book.records.units[UNITS_OF[HANGZHOU]]
            plain = replace(unit, code=HEIR_OF_HOME, signing_certificates=(), sealing_keys=(), since=now().date())
            book.add_unit(plain)
            add_certificate(book, world.authority, request, now())
            book.put_unit(replace(unit, successions=(Succession(HEIR_OF_HOME, now().date()),)))
            kept = [each for each in book.records.competences if each.place != HANGZHOU]
            book.put_competences([*kept, Competence(HANGZHOU, Matter.INVESTIGATION, HEIR_OF_HOME, now().date())])

        await published(world, change, home, host)
        assert await home.sweeper.sweep() == 1
        seen = await until(lambda: view(host, CHENGDU, ref), lambda v: v.row.leg == 2)
        assert seen.row.home_unit == HEIR_OF_HOME
        assert seen.entries[-1].reasons == ("T04",)
        actor = replace(clerk(HANGZHOU), unit=HEIR_OF_HOME)
        mine = await until(lambda: home.desk.get_delegation(actor, ref), lambda v: v.row.leg == 2)
        assert mine.row.worker_name == "王小明"
