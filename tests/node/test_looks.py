"""Who looked at which case: the first look is on disk before the answer, and what is altered is found."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.people_views import LookView
from node.desk.ports import Acting, Actor, FileFacts, Role
from node.doctor import Status, examine
from node.examination.looks import verify_looks
from node.looks import NOTHING, digest_of, first_broken, head_value
from node.records_people import LookRecord
from node.service import Node
from node.settings import NodeSettings
from tests.node.world import HANGZHOU, UNITS_OF, approver, clerk, issued, now, running, stream

UNIT = UNITS_OF[HANGZHOU]
BOSS = Actor("boss", "管理员", UNIT, frozenset({Role.ADMINISTRATOR.value}))
AUDITOR = Actor("audit", "审计", UNIT, frozenset({Role.READER.value}))


async def of_case(home: Node, ref: str) -> list[tuple[str, str, str]]:
    page = await home.people.looks(BOSS, delegation_id=ref)
    return [(each.staff_id, each.what, each.part) for each in reversed(page.items)]


def rows_of(settings: NodeSettings) -> int:
    with sqlite3.connect(settings.database.removeprefix("sqlite:///")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM looks").fetchone()[0])


async def test_every_reading_is_written_once_a_minute_with_its_first_look(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home, li = world.nodes[HANGZHOU], clerk(HANGZHOU)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        file = await home.desk.add_file(li, ref, stream(b"%PDF-1.7 x"), FileFacts(name="a.pdf"))
        before = rows_of(world.settings[HANGZHOU])
        await asyncio.gather(*(home.desk.get_delegation(li, ref) for _ in range(20)))
        assert rows_of(world.settings[HANGZHOU]) == before + 1  # on disk already
        await home.desk.get_thread(li, ref)
        await home.desk.list_materials(li, ref)
        await home.desk.open_file(li, file.material_id)
        await home.desk.search(li, name="王小明")
        await home.people.note_paper(li, ref, "letter")
        await home.desk.get_delegation(approver(HANGZHOU), ref)
        assert await of_case(home, ref) == [
            (li.staff_id, "case", ""),
            (li.staff_id, "thread", ""),
            (li.staff_id, "files", ""),
            (li.staff_id, "file", file.material_id),
            (li.staff_id, "search", ""),
            (li.staff_id, "paper", "letter"),
            (approver(HANGZHOU).staff_id, "case", ""),
        ]
        with pytest.raises(Refusal):  # who is refused has seen nothing
            await home.desk.get_delegation(Actor("x", "别人", UNITS_OF["510100"], li.roles), ref)
        deputy = Actor("yi", "乙", UNIT, frozenset({"clerk"}), "", (Acting("clerk", "jia", "甲"),))
        await home.desk.get_delegation(deputy, ref)
        last = (await home.people.looks(BOSS, delegation_id=ref)).items[0]
        assert (last.staff_id, last.on_behalf) == ("yi", "jia")
        seen = await home.people.looks(AUDITOR, staff_id=li.staff_id, page_size=2)
        assert [each.what for each in seen.items] == ["paper", "search"]
        rest = await home.people.looks(AUDITOR, staff_id=li.staff_id, before=seen.next_number)
        assert rest.items[0].what == "file"
        assert seen.broken_at == 0
        for who in (li, approver(HANGZHOU)):
            with pytest.raises(Refusal) as refused:
                await home.people.looks(who, delegation_id=ref)
            assert refused.value.reason is Reason.ROLE_MISSING
        foreign = Actor("audit", "审计", UNITS_OF["510100"], AUDITOR.roles)
        with pytest.raises(Refusal):
            await home.people.looks(foreign, delegation_id=ref)
        assert not any("王小明" in repr(each) for each in seen.items)


async def test_a_chain_goes_on_after_a_restart_and_an_altered_row_is_found(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, "510100") as world:
        home = world.nodes[HANGZHOU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await home.desk.get_delegation(clerk(HANGZHOU), ref)
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU)
        for who in (clerk(HANGZHOU), approver(HANGZHOU), AUDITOR):
            await home.desk.get_delegation(who, ref)
        await world.stop_node(HANGZHOU)
        settings = world.settings[HANGZHOU]
        number, broken = verify_looks(settings)
        assert (number, broken) == (rows_of(settings), 0)
        assert number >= 4
        for change, where in (
            ("UPDATE looks SET staff_id = 'somebody' WHERE number = 2", 2),
            ("UPDATE looks SET at = at + 1 WHERE number = 3", 3),
            ("DELETE FROM looks WHERE number = 2", 2),
            ("DELETE FROM looks WHERE number = (SELECT MAX(number) FROM looks)", number),
            ("DELETE FROM looks", 1),
            ("DELETE FROM meta WHERE name = 'looks/head'", number + 1),
        ):
            shutil.copytree(settings.data_dir, tmp_path / "copy")
            (tmp_path / "copy").chmod(0o700)
            copy = settings.model_copy(update={"data_dir": tmp_path / "copy"})
            with sqlite3.connect(copy.database.removeprefix("sqlite:///")) as connection:
                connection.execute(change)
            connection.close()
            assert verify_looks(copy)[1] == where, change
            if where == 2:
                [finding] = [each for each in await asyncio.to_thread(examine, copy, now()) if each.name == "looks"]
                assert finding.status is Status.FAILED
                assert "2" in finding.cause
            shutil.rmtree(tmp_path / "copy")


def test_rows_cannot_be_made_without_the_key() -> None:
    def keyed(text: str) -> bytes:
        return (text + "key").encode()

    def other(text: str) -> bytes:
        return (text + "another").encode()

    def chain(mac: object, count: int) -> list[LookRecord]:
        rows: list[LookRecord] = []
        for number in range(1, count + 1):
            row = LookRecord(
                number=number, previous=rows[-1].digest if rows else NOTHING, at=number, staff_id="a", on_behalf="",
                unit="u", what="case", subject="s", part="", digest=b"",
            )  # fmt: skip
            rows.append(LookRecord(**{**_fields(row), "digest": digest_of(mac, row)}))  # type: ignore[arg-type]
        return rows

    rows = chain(keyed, 5)
    head = head_value(keyed, 5, rows[-1].digest)
    assert first_broken(keyed, rows, head) == 0
    assert first_broken(keyed, rows[2:], head, after=2) == 0
    assert first_broken(keyed, chain(other, 5), head) == 1
    assert first_broken(keyed, rows[:4], head) == 5
    assert first_broken(keyed, rows[:4], head_value(other, 4, rows[3].digest)) == 5
    assert first_broken(keyed, [], b"") == 0


def _fields(row: LookRecord) -> dict[str, object]:
    return {name: getattr(row, name) for name in LookRecord.__slots__}


def test_a_look_tells_no_case() -> None:
    fields = {"number", "at", "staff_id", "name", "on_behalf", "on_behalf_name", "unit", "what", "subject_id", "part"}
    assert fields == set(LookView.__slots__)
