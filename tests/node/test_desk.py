"""Lists, search, threads of other types, content at rest, purging."""

from functools import partial
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Filters
from node.desk.views import to_json
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    NOTHING,
    UNITS_OF,
    approver,
    clerk,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
    view,
)

ID_NUMBER = "11010519491231002X"


def administrator(bureau: str) -> Actor:
    return Actor("root", "管理员", UNITS_OF[bureau], frozenset({"administrator"}))


async def test_cases_are_found_and_nothing_of_them_is_readable_on_disk(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        refs = [(await issued(home, HANGZHOU)).row.delegation_id for _ in range(3)]
        for ref in refs:
            await reach(host, CHENGDU, ref, "issued")
            await until(
                partial(view, home, HANGZHOU, ref), lambda seen: bool(seen.entries and seen.entries[0].deliveries)
            )
        found = await host.desk.search(clerk(CHENGDU), id_number=ID_NUMBER.lower())
        assert {row.delegation_id for row in found} == set(refs)
        assert not await host.desk.search(clerk(CHENGDU), name="王小")  # whole names alone
        assert len(await host.desk.search(clerk(CHENGDU), name="王小明")) == 3

        first = await home.desk.list_delegations(clerk(HANGZHOU), Filters(role="home"), page_size=2)
        rest = await home.desk.list_delegations(
            clerk(HANGZHOU), Filters(role="home"), page_size=2, page_token=first.next_page_token
        )
        assert [row.delegation_id for row in (*first.items, *rest.items)] == [
            row.delegation_id for row in (await home.desk.list_delegations(clerk(HANGZHOU), Filters())).items
        ]
        assert not rest.next_page_token
        ours = await host.desk.list_delegations(clerk(CHENGDU), Filters(our_turn=True, state="issued"))
        assert len(ours.items) == 3
        assert [item.kind for item in (await host.desk.todo(clerk(CHENGDU))).items] == ["turn"] * 3
        shown = to_json(await view(host, CHENGDU, refs[0]))
        assert isinstance(shown, dict)

        for bureau in (HANGZHOU, CHENGDU):
            folder = world.settings[bureau].data_dir
            stored = b"".join(path.read_bytes() for path in folder.glob("node.db*"))
            assert refs[0].encode() in stored  # the control: it is this file
            for secret in (ID_NUMBER, "王小明", "职工出差途中受伤", "某某科技"):
                assert secret.encode() not in stored
                assert secret.encode("utf-16-le") not in stored


async def test_a_purged_case_is_gone_and_its_headers_stay(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        with pytest.raises(Refusal) as early:
            await home.desk.purge(administrator(HANGZHOU), ref)
        assert early.value.reason is Reason.NOT_ALLOWED
        await make_two(home, HANGZHOU, ref, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(host, CHENGDU, ref, "withdraw_requested")
        await make(host, CHENGDU, ref, "WITHDRAW_CONFIRMED", NOTHING)
        await reach(home, HANGZHOU, ref, "withdrawn")
        await make(home, HANGZHOU, ref, "ARCHIVED", NOTHING)
        await until(lambda: view(host, CHENGDU, ref), lambda v: v.entries[-1].kind == "ARCHIVED")
        await make(host, CHENGDU, ref, "ARCHIVED", NOTHING)
        await reach(home, HANGZHOU, ref, "archived")
        await home.settle()
        await home.desk.purge(administrator(HANGZHOU), ref)
        seen = await view(home, HANGZHOU, ref)
        assert seen.purged
        assert seen.entries[0].kind == "ISSUED"
        assert all(entry.body is None for entry in seen.entries)
        assert seen.row.worker_name == ""
        assert not await home.desk.search(clerk(HANGZHOU), name="王小明")


async def test_a_notice_waits_for_its_approver_and_is_answered(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        notice = {"body": {"notice": {"worker": {"name": "李四"}, "accident": {"place_text": "工地"}}}}
        started = await home.desk.start_thread(clerk(HANGZHOU), "NOTICE_SENT", [UNITS_OF[CHENGDU]], notice)
        [waiting] = started.prepared
        assert "approve_move" in [item.kind for item in (await home.desk.todo(approver(HANGZHOU))).items]
        ref = started.row.delegation_id
        await home.desk.approve_move(approver(HANGZHOU), waiting.move_id, waiting.version)
        seen = await reach(host, CHENGDU, ref, "notice_open")
        assert seen.row.worker_name == "李四"
        await make(host, CHENGDU, ref, "NOTICE_ANSWERED", {"declared": {"outcome": "KNOWN"}})
        await reach(home, HANGZHOU, ref, "answered")


async def test_who_watches_is_told(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        async with host.desk.changes() as changes:
            ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
            change = await anext(changes)
            assert change.delegation_id == ref
            await world.stop_node(CHENGDU)
            assert [item.delegation_id async for item in changes if item.delegation_id != ref] == []  # it ends
