"""The expert pool of an appraisal unit: kept by those who may, imported row by row, committed to by two people."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.draw_lists import pool_leaf, stands_in
from delegation.eligibility import Declaration, DeclaredOf
from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Role
from node.pool.frozen import frozen_of, version_by_root
from node.pool.ports import ExpertFilters, PoolPort
from node.pool.rows import COMPARED, FIELDS, REQUIRED, declarations_of, judge_row, member_of
from node.records import EntryRecord, LookupRecord
from node.records_pool import ExpertRecord, PoolVersionRecord
from node.service import Node
from node.state import State
from node.writer import Tx
from tests.node.world import CHENGDU, COMMITTEES, UNITS_OF, World, running, until

ROW: Final[dict[str, object]] = {
    "number": "CD-0017", "name": "苏砚清", "title": "主任医师", "specialties": "骨科、M202", "employer": "示例医院",
    "appointed_from": "2024-01-01", "appointed_until": "2099-12-31", "active": "是",
    "conflicts": "亲属：林知远:11010519491231002X；单位:示例建筑公司", "note": "周三可到",
}  # fmt: skip
UNIT: Final = COMMITTEES[CHENGDU]


def actor(role: Role = Role.ADMINISTRATOR, *, name: str = "", unit: str = UNIT) -> Actor:
    return Actor(name or f"{role.value}-1", "甲", unit, frozenset({role.value}))


def row(number: int, **changes: object) -> dict[str, object]:
    return {**ROW, "number": f"CD-{number:04}", "name": f"专家{number}", "conflicts": "", **changes}


def faults(**changes: object) -> set[tuple[str, str]]:
    given = {name: value for name, value in {**ROW, **changes}.items() if value is not None}
    return {(fault.field, fault.reason) for fault in judge_row(given).faults}


def test_every_fault_of_a_row_is_told_at_once() -> None:
    assert faults() == set()
    assert faults(number=None, title=" ", specialties="骨科 外星科", appointed_from="2024-02-30") == {
        ("number", "missing"), ("title", "missing"), ("specialties", "no_code"), ("appointed_from", "no_day"),
    }  # fmt: skip
    assert faults(appointed_until="2023-12-31") == {("appointed_until", "order")}
    assert faults(active="也许", conflicts="表叔:某人") == {("active", "no_code"), ("conflicts", "conflict_form")}
    assert faults(name="苏\x00", note="x" * 1001, employer=3, colour="red") == {
        ("name", "not_printable"), ("note", "too_long"), ("employer", "no_text"), ("", "unknown_field"),
    }  # fmt: skip
    assert [fault.reason for fault in judge_row(["a"]).faults] == ["no_text"]
    assert set(REQUIRED) < set(FIELDS) == set(ROW)


def test_a_row_is_written_in_one_way() -> None:
    content = judge_row(ROW).content
    assert content["specialties"] == "M201,M202"
    assert content["active"] == "yes"
    assert judge_row(content).content == content
    assert declarations_of(content) == (
        Declaration(DeclaredOf.PERSON, "林知远", "11010519491231002X"),
        Declaration(DeclaredOf.UNIT, "示例建筑公司"),
    )
    assert member_of(content).expert.expert_id == "CD-0017"


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.none() | st.integers() | st.text(max_size=30)))
def test_whatever_is_given_is_judged_and_what_passes_is_whole(more: dict[str, object]) -> None:
    judged = judge_row({**ROW, **more})
    if not judged.faults:
        assert set(REQUIRED) <= set(judged.content)
        assert judge_row(judged.content).content == judged.content
        member_of(judged.content)


async def test_an_import_is_kept_once_and_found_by_its_unit_alone(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        pool, keeper, clerk = node.pool, actor(), actor(Role.CLERK)
        rows = [ROW, row(1), {**row(2), "title": None}, {**ROW, "note": "别的"}, ROW]
        checked = await pool.import_experts(keeper, rows, only_check=True)
        assert [each.state for each in checked] == ["added", "added", "wrong", "wrong", "known"]
        assert (await pool.pool(clerk)).experts == 0
        taken = await pool.import_experts(keeper, rows)
        assert [each.state for each in taken] == ["added", "added", "wrong", "wrong", "known"]
        assert [fault.reason for fault in taken[3].faults] == ["number_twice"]
        before = node.store.select(ExpertRecord)
        assert {each.state for each in await pool.import_experts(keeper, rows[:2])} == {"known"}
        assert node.store.select(ExpertRecord) == before
        (changed,) = await pool.import_experts(keeper, [row(1, employer="另一医院")])
        assert (changed.state, changed.expert_id) == ("changed", taken[1].expert_id)

        (found,) = await pool.find_experts(clerk, name="苏 砚清")
        assert (found.number, found.specialties, found.senior) == ("CD-0017", ("M201", "M202"), True)
        assert await pool.find_experts(clerk, number="CD-0017") == (found,)
        assert await pool.find_experts(clerk, name="苏") == ()
        listed = await pool.list_experts(clerk, ExpertFilters(), page_size=1)
        assert [each.number for each in listed.items] == ["CD-0001"]
        rest = await pool.list_experts(clerk, ExpertFilters(), page_size=1, page_token=listed.next_page_token)
        assert ([each.number for each in rest.items], rest.next_page_token) == (["CD-0017"], "")
        for filters, numbers in (
            (ExpertFilters(specialty="M202"), 2), (ExpertFilters(specialty="M301"), 0),
            (ExpertFilters(division="M2"), 2), (ExpertFilters(state="available"), 2),
            (ExpertFilters(state="inactive"), 0), (ExpertFilters(text="另一"), 1),
        ):  # fmt: skip
            assert len((await pool.list_experts(clerk, filters)).items) == numbers, filters
        exported = await pool.export_experts(clerk)
        assert {each.state for each in await pool.import_experts(keeper, exported)} == {"known"}
        view = await pool.pool(clerk)
        assert (view.experts, view.available, view.version, view.changed) == (2, 2, 0, True)
        assert dict(view.by_specialty) == {"M201": 2, "M202": 2}

        with pytest.raises(Refusal) as none:
            await pool.pool(actor(unit=UNITS_OF[CHENGDU]))
        assert (none.value.reason, none.value.details["state"]) == (Reason.NOT_ALLOWED, "no_appraisal_unit")


async def test_one_expert_is_added_changed_and_taken_out(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        pool, keeper = world.nodes[CHENGDU].pool, actor(Role.APPROVER)
        made = await pool.add_expert(keeper, ROW)
        with pytest.raises(Refusal) as taken:
            await pool.add_expert(keeper, ROW)
        assert taken.value.details == {"field": "number", "state": "number_taken"}
        with pytest.raises(Refusal) as wrong:
            await pool.add_expert(keeper, {**row(1), "title": ""})
        assert wrong.value.details == {"field": "title", "state": "missing"}
        again = await pool.change_expert(keeper, made.expert_id, 1, ROW)
        assert again.version == 1
        renamed = await pool.change_expert(keeper, made.expert_id, 1, {**ROW, "name": "顾望舒", "active": "no"})
        assert (renamed.version, renamed.active, renamed.note) == (2, False, "周三可到")
        assert await pool.find_experts(keeper, name="苏砚清") == ()
        assert await pool.find_experts(keeper, name="顾望舒") == (renamed,)
        with pytest.raises(Refusal) as stale:
            await pool.change_expert(keeper, made.expert_id, 1, ROW)
        assert stale.value.reason is Reason.EDITED_MEANWHILE
        await pool.drop_expert(keeper, made.expert_id, 2)
        with pytest.raises(Refusal) as gone:
            await pool.get_expert(keeper, made.expert_id)
        assert gone.value.reason is Reason.NOT_FOUND
        assert world.nodes[CHENGDU].store.select(LookupRecord) == []


async def committed(node: Node, preparer: Actor) -> str:
    prepared = await node.pool.prepare_version(preparer)
    assert (prepared.state, prepared.move_version) == ("prepared", 1)
    with pytest.raises(Refusal) as alone:
        await node.desk.approve_move(actor(Role.APPROVER, name=preparer.staff_id), prepared.move_id, 1)
    assert alone.value.reason is Reason.FOUR_EYES
    await node.desk.approve_move(actor(Role.APPROVER, name="second"), prepared.move_id, prepared.move_version)

    await until(partial(node.pool.list_versions, preparer), lambda versions: versions[0].state == "committed")
    return prepared.root


async def test_versions_are_frozen_salted_and_committed_by_two(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        keeper, clerk = actor(), actor(Role.CLERK)
        with pytest.raises(Refusal) as empty:
            await node.pool.prepare_version(clerk)
        assert empty.value.details["state"] == "empty"
        await node.pool.import_experts(keeper, [ROW, row(1), row(2)])
        first = await committed(node, clerk)
        view = await node.pool.pool(clerk)
        assert (view.version, view.changed, view.waiting_version) == (1, False, 0)
        with pytest.raises(Refusal) as same:
            await node.pool.prepare_version(clerk)
        assert same.value.details["state"] == "unchanged"

        (one,) = await node.pool.find_experts(clerk, number="CD-0001")
        await node.pool.change_expert(keeper, one.expert_id, 1, row(1, note="只改备注"))
        assert not (await node.pool.pool(clerk)).changed  # a version has no notes
        await node.pool.change_expert(keeper, one.expert_id, 2, row(1, title="副主任医师"))
        await node.pool.import_experts(keeper, [row(3)])
        assert (await node.pool.pool(clerk)).changed
        page = await node.pool.get_version(clerk, first)
        assert [(each.what, each.number, each.fields) for each in page.since] == [
            ("changed", "CD-0001", ("title",)), ("added", "CD-0003", ()),
        ]  # fmt: skip
        assert [each.what for each in page.brought] == ["added"] * 3

        second = await committed(node, actor(Role.APPROVER, name="first"))
        versions = await node.pool.list_versions(clerk)
        assert [(each.version, each.state, each.size) for each in versions] == [
            (2, "committed", 4),
            (1, "committed", 3),
        ]
        page = await node.pool.get_version(clerk, second)
        assert (page.against, [each.what for each in page.brought], page.since) == (1, ["changed", "added"], ())

        def opened(tx: Tx, state: State, at: datetime) -> None:
            del at
            salts = set()
            for root, size in ((first, 3), (second, 4)):
                record = version_by_root(tx, UNIT, bytes.fromhex(root))
                state.pools.__init__()  # type: ignore[misc]  # read again from the store
                frozen = frozen_of(tx, state, record)
                salts |= set(frozen.salts)
                for index, (salt, each, path) in enumerate(
                    zip(frozen.salts, frozen.members, frozen.tree.paths, strict=True)
                ):
                    leaf = pool_leaf(salt, each.expert)
                    assert stands_in(leaf=leaf, index=index, size=size, path=path, root=record.root)
            assert len(salts) == 7  # none twice, also not for the same expert

        await node.writer.run(opened)


async def test_a_version_that_waited_is_dropped_by_the_next_and_one_sent_back_too(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node, clerk = world.nodes[CHENGDU], actor(Role.CLERK)
        await node.pool.import_experts(actor(), [row(1)])
        first = await node.pool.prepare_version(clerk)
        await node.pool.import_experts(actor(), [row(2)])
        second = await node.pool.prepare_version(clerk)
        assert first.root != second.root
        states = {each.root: (each.version, each.state) for each in await node.pool.list_versions(clerk)}
        assert states == {first.root: (1, "dropped"), second.root: (1, "prepared")}
        with pytest.raises(Refusal) as dropped:
            await node.desk.approve_move(actor(Role.APPROVER), first.move_id, 2)
        assert dropped.value.reason is Reason.NOT_ALLOWED
        await node.desk.drop_move(clerk, second.move_id, 1)
        assert {each.state for each in await node.pool.list_versions(clerk)} == {"dropped"}
        assert (await node.pool.pool(clerk)).waiting_version == 0
        await committed(node, clerk)


async def test_nobody_commits_to_a_pool_that_was_not_frozen(tmp_path: Path) -> None:
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node, clerk = world.nodes[CHENGDU], actor(Role.CLERK)
        await node.pool.import_experts(actor(), [row(1)])
        made = await node.pool.prepare_version(clerk)
        good = {"root": made.root, "size": made.size, "version": made.version}
        for declared in ({**good, "root": "00" * 32}, {**good, "size": 2}, {**good, "version": 7}, {"root": "x"}, {}):
            with pytest.raises(Refusal) as typed:
                await node.desk.update_move(clerk, made.move_id, 1, {"declared": declared})
            assert typed.value.reason is Reason.INVALID_INPUT
        with pytest.raises(Refusal) as second:  # a thread beside the unit's own
            await node.desk.start_thread(actor(Role.CLERK, name="x"), "POOL_COMMITTED", (), {"declared": good})
        assert second.value.details == {"field": "declared.root"}
        await node.desk.approve_move(actor(Role.APPROVER, name="second"), made.move_id, 1)


async def test_nothing_personal_stands_in_the_open_or_leaves_the_node(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    canaries = ["苏砚清", "林知远", "示例建筑公司", "示例医院", "CD-0017", "11010519491231002X", "周三可到"]
    world: World
    async with running(tmp_path, CHENGDU, committees=True) as world:
        node = world.nodes[CHENGDU]
        await node.pool.import_experts(actor(), [ROW, {**ROW, "number": "CD-0018", "title": "苏砚清" * 90}])
        for bad in ({**ROW, "title": "苏砚清" * 90}, {**ROW, "number": "CD-9", "specialties": "苏砚清"}):
            with pytest.raises(Refusal) as refused:
                await node.pool.add_expert(actor(), bad)
            assert not [each for each in canaries if each in str(refused.value)]
        await committed(node, actor(Role.CLERK))
        (entry,) = node.store.select(EntryRecord)
        rows: list[object] = [*node.store.select(ExpertRecord), *node.store.select(PoolVersionRecord), entry]
        for canary in canaries:
            assert canary.encode() not in entry.header + entry.entry + entry.secret
            assert canary not in repr(rows)
    printed = capfd.readouterr()
    stored = [each.read_bytes() for each in tmp_path.rglob("*") if each.is_file()]
    for canary in canaries:
        assert canary not in printed.out + printed.err
        assert not [1 for data in stored if canary.encode() in data]


READS: Final = set(Role) - {Role.DISPATCHER}
KEEPS: Final = {Role.APPROVER, Role.ADMINISTRATOR}
TABLE: Final[dict[str, tuple[set[Role], Callable[[PoolPort, Actor], Awaitable[object]]]]] = {
    "pool": (READS, lambda pool, who: pool.pool(who)),
    "list_experts": (READS, lambda pool, who: pool.list_experts(who, ExpertFilters())),
    "find_experts": (READS, lambda pool, who: pool.find_experts(who, name="x")),
    "get_expert": (READS, lambda pool, who: pool.get_expert(who, "x")),
    "export_experts": (READS, lambda pool, who: pool.export_experts(who)),
    "list_versions": (READS, lambda pool, who: pool.list_versions(who)),
    "get_version": (READS, lambda pool, who: pool.get_version(who, "00")),
    "add_expert": (KEEPS, lambda pool, who: pool.add_expert(who, {})),
    "change_expert": (KEEPS, lambda pool, who: pool.change_expert(who, "x", 1, {})),
    "drop_expert": (KEEPS, lambda pool, who: pool.drop_expert(who, "x", 1)),
    "import_experts": (KEEPS, lambda pool, who: pool.import_experts(who, [])),
    "prepare_version": ({Role.CLERK, Role.APPROVER}, lambda pool, who: pool.prepare_version(who)),
}


async def test_every_use_case_with_every_role(tmp_path: Path) -> None:
    assert set(TABLE) == {name for name in vars(PoolPort) if not name.startswith("_")}
    async with running(tmp_path, CHENGDU, committees=True) as world:
        pool = world.nodes[CHENGDU].pool
        for name, (roles, call) in TABLE.items():
            for role in Role:
                for unit in (UNIT, "510100RD01X"):
                    told = None
                    try:
                        await call(pool, actor(role, unit=unit))
                    except Refusal as refusal:
                        told = refusal.reason
                    expected = Reason.NOT_FOUND if unit != UNIT else Reason.ROLE_MISSING if role not in roles else None
                    assert expected in (None, told), (name, role)
                    assert unit != UNIT or (told is Reason.ROLE_MISSING) is (role not in roles), (name, role)


def test_what_a_version_holds() -> None:
    assert set(FIELDS) - set(COMPARED) == {"note"}
    assert date(2024, 1, 1).isoformat() == judge_row(ROW).content["appointed_from"]
