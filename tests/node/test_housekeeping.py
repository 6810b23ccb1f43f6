"""What a node does by itself as time goes by: a former host deletes what it opened; keys that run out are told of."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from delegation.errors import Reason
from node.desk.lists import acknowledge_alarm
from node.desk.ports import FileFacts
from node.expiry import Expiry, remind
from node.purging import FORMER_HOST_KEEPS, purge_former
from node.records import AlarmRecord, EntryRecord
from node.service import Node
from node.store import Where
from tests.node.test_legs import SOMEWHERE
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    DEYANG,
    HANGZHOU,
    NOTHING,
    UNITS_OF,
    World,
    an_investigation,
    clerk,
    issued,
    make,
    make_two,
    now,
    reach,
    running,
    stream,
    until,
    view,
)

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
DAY = timedelta(days=1)


async def handed_on(world: World) -> str:
    """A delegation with a file that Chengdu had, and handed on to Deyang."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    business = an_investigation(task_place=SOMEWHERE, host_unit=UNITS_OF[CHENGDU])
    ref = (await issued(home, HANGZHOU, business)).row.delegation_id
    await reach(host, CHENGDU, ref, "issued")
    added = await home.desk.add_file(clerk(HANGZHOU), ref, stream(PDF), FileFacts(name="a.pdf"))
    data = {"materials": [added.material_id], "body": {"question": {"text": "附件"}}}
    await make(home, HANGZHOU, ref, "QUESTION", data)
    await until(lambda: host.desk.list_materials(clerk(CHENGDU), ref), lambda m: [x.state for x in m] == ["held"])
    await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
    moved = {"reasons": ["T01"], "declared": {"unit": UNITS_OF[DEYANG]}, "text": "事发地在德阳"}
    await make_two(host, CHENGDU, ref, "TRANSFERRED", moved)
    await until(lambda: view(host, CHENGDU, ref), lambda v: v.row.state == "transferred" and not v.queued)
    return ref


def later(node: Node, days: timedelta) -> Callable[[], datetime]:
    return lambda: node.clock() + days


async def test_a_former_host_deletes_what_it_opened_and_keeps_the_trace(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU, DEYANG) as world:
        ref = await handed_on(world)
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        await host.settle()
        early = partial(purge_at, ref, now() + FORMER_HOST_KEEPS - DAY)
        assert await host.writer.run(lambda tx, state, _: early(tx, state)) is None
        assert not (await view(host, CHENGDU, ref)).purged
        [file] = list(host.settings.materials_dir.glob("*/*.sealed"))
        host.writer._clock = later(host, FORMER_HOST_KEEPS + DAY)
        assert await host.sweeper.keep_house() == 1
        assert await host.sweeper.keep_house(force=True) == 0  # once
        seen = await view(host, CHENGDU, ref)
        assert seen.purged
        assert seen.row.worker_name == ""
        assert all(entry.body is None for entry in seen.entries)
        assert not file.exists()
        trace = host.store.select(EntryRecord, (Where("thread_id", ref),))
        assert len(trace) == len(seen.entries) >= 3
        assert all(entry.header and entry.signatures and entry.entry for entry in trace)
        assert not await host.desk.search(clerk(CHENGDU), name="王小明")
        home.writer._clock = later(home, FORMER_HOST_KEEPS + DAY)
        assert await home.sweeper.keep_house() == 0  # the home's own case
        assert (await view(home, HANGZHOU, ref)).row.worker_name == "王小明"


def purge_at(ref: str, at: datetime, tx: object, state: object) -> object:
    return purge_former(tx, state, at, thread_id=ref)  # type: ignore[arg-type]  # the writer's own


async def test_a_host_that_works_on_it_or_refused_it_keeps_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        host.writer._clock = later(host, 60 * DAY)
        assert await host.sweeper.keep_house() == 0
        host.writer._clock = host.clock
        for kind, data in (("ACCEPTED", NOTHING), ("ASSIGNED", ASSIGNMENT)):
            await make(host, CHENGDU, ref, kind, data)
        await reach(host, CHENGDU, ref, "in_progress")
        host.writer._clock = later(host, 60 * DAY)
        assert await host.sweeper.keep_house(force=True) == 0
        assert (await view(host, CHENGDU, ref)).row.worker_name == "王小明"


async def test_keys_that_run_out_are_told_of_once(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        home = world.nodes[HANGZHOU]
        bureau = (Expiry("node", "", now() + 40 * DAY), Expiry("channel", "", now() + 20 * DAY))
        assert await home.writer.run(partial(remind, of_bureau=bureau)) == 1
        assert told(home) == {("channel", "")}
        assert await home.writer.run(partial(remind, of_bureau=bureau)) == 0
        admin = clerk(HANGZHOU).__class__("adm", "管理员", UNITS_OF[HANGZHOU], frozenset({"administrator"}))
        [alarm] = await home.desk.list_alarms(admin)
        await home.writer.run(partial(acknowledge_alarm, actor=admin, alarm_id=alarm.alarm_id))
        assert await home.writer.run(partial(remind, of_bureau=bureau)) == 0  # seen by a person
        home.writer._clock = later(home, 3600 * DAY)  # past everything
        await home.sweeper.keep_house(force=True)
        assert {("node", ""), ("channel", ""), ("signing", UNITS_OF[HANGZHOU])} <= told(home)


@pytest.mark.parametrize(("days", "new"), [(31, 0), (29, 1)])
async def test_a_units_keys_are_told_of_thirty_days_before(tmp_path: Path, days: int, new: int) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        home = world.nodes[HANGZHOU]
        [key] = home.state.rosters.current.view.unit(UNITS_OF[HANGZHOU]).sealing_keys
        home.writer._clock = lambda: key.not_after - days * DAY
        await home.writer.run(remind)
        assert len([each for each in told(home) if each[0] == "sealing"]) == new


def told(node: Node) -> set[tuple[str, str]]:
    """What was said to run out."""
    import json

    where = (Where("reason", Reason.CERTIFICATE_EXPIRED.value),)
    return {(json.loads(alarm.details)["what"], alarm.unit) for alarm in node.store.select(AlarmRecord, where)}
