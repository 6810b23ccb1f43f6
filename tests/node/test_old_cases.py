"""The archive of closed paper cases: judged row by row, kept once, found by whole names and numbers, by unit."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.digits import check_citizen_id
from delegation.errors import Reason, Refusal
from node.desk.old_case_rows import FIELDS, REQUIRED, canonical_id, judge_row
from node.desk.paper_ports import PapersPort
from node.desk.ports import Actor, Role
from node.looks import What
from node.records import DataKeyRecord, LookupRecord
from node.records_archive import OldCaseRecord
from node.records_people import LookRecord
from tests.node.world import HANGZHOU, UNITS_OF, approver, clerk, running

TODAY = date(2026, 8, 3)
ID_NUMBER = "11010519491231002X"
OLD: dict[str, object] = {
    "number": "杭工协〔2019〕12号", "our_role": "home", "home_name": "杭州市人社局", "host_name": "成都市人社局",
    "worker_name": "王小明", "id_number": ID_NUMBER, "employer_name": "某建筑公司", "accident_on": "2019-03-01",
    "accident_place": "某工地", "asked": "事故经过", "delegated_on": "2019-04-02", "closed_on": "2019-06-30",
    "result": "FOUND", "result_text": "经过属实", "shelf_mark": "A-3-017", "note": "共38页",
}  # fmt: skip


def faults(**changes: object) -> set[tuple[str, str]]:
    given = {name: value for name, value in {**OLD, **changes}.items() if value is not None}
    return {(fault.field, fault.reason) for fault in judge_row(given, TODAY).faults}


def test_every_fault_of_a_row_is_told_at_once() -> None:
    assert faults() == set()
    assert faults(number=None, shelf_mark="  ", result="YES", closed_on="2019-02-30") == {
        ("number", "missing"), ("shelf_mark", "missing"), ("result", "no_code"), ("closed_on", "no_day"),
    }  # fmt: skip
    assert faults(closed_on="2026-08-04") == {("closed_on", "in_future")}
    assert faults(delegated_on="2019-02-28") == {("delegated_on", "order")}
    assert faults(accident_on="1950-12-31") == {("accident_on", "too_early")}
    assert faults(id_number="110105194912310021") == {("id_number", "id_check")}
    assert faults(id_number="1101051949123100") == {("id_number", "id_check")}
    assert faults(id_number="E12345678") == set()
    assert faults(worker_name="王\x00明", note="x" * 2001, asked=7, colour="red") == {
        ("worker_name", "not_printable"), ("note", "too_long"), ("asked", "no_text"), ("", "unknown_field"),
    }  # fmt: skip
    assert [fault.reason for fault in judge_row(["a"], TODAY).faults] == ["no_text"]
    assert set(REQUIRED) < set(FIELDS) == set(OLD)


def test_a_number_of_fifteen_digits_is_found_by_the_one_that_replaced_it() -> None:
    assert canonical_id("110105491231002") == ID_NUMBER
    assert canonical_id(" 11010519491231002x ") == ID_NUMBER
    check_citizen_id(canonical_id("110105491231002"), TODAY)


@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.none() | st.integers() | st.text(max_size=30)))
def test_whatever_is_given_is_judged_and_what_passes_is_whole(row: dict[str, object]) -> None:
    judged = judge_row({**OLD, **row}, TODAY)
    if not judged.faults:
        assert set(REQUIRED) <= set(judged.content)
        assert not judge_row(judged.content, TODAY).faults


async def test_an_import_is_kept_once_and_read_by_its_unit_alone(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        node = world.nodes[HANGZHOU]
        papers, li = node.papers, clerk(HANGZHOU)
        rows = [
            OLD,
            {**OLD, "number": "杭工协〔2020〕3号", "closed_on": "2020-05-01", "id_number": "110105491231002"},
            {**OLD, "closed_on": "yesterday"},
            {**OLD, "note": "另一份"},
            OLD,
        ]
        checked = await papers.take_old_cases(li, rows, only_check=True)
        assert [each.state for each in checked] == ["added", "added", "wrong", "wrong", "known"]
        assert (await papers.list_old_cases(li)).items == ()
        taken = await papers.take_old_cases(li, rows)
        assert [each.state for each in taken] == ["added", "added", "wrong", "wrong", "known"]
        assert [fault.reason for fault in taken[3].faults] == ["number_taken"]
        before = len(node.store.select(OldCaseRecord))
        assert {each.state for each in await papers.take_old_cases(li, rows[:2])} == {"known"}
        assert len(node.store.select(OldCaseRecord)) == before == 2

        listed = await papers.list_old_cases(li, page_size=1)
        assert [row.number for row in listed.items] == ["杭工协〔2020〕3号"]
        rest = await papers.list_old_cases(li, page_size=1, page_token=listed.next_page_token)
        assert ([row.number for row in rest.items], rest.next_page_token) == (["杭工协〔2019〕12号"], "")
        assert len((await papers.list_old_cases(li, year="2019", our_role="home")).items) == 1
        assert (await papers.list_old_cases(li, our_role="host")).items == ()

        found = await papers.find_old_cases(li, id_number=ID_NUMBER)
        assert [row.closed_on.year for row in found] == [2020, 2019]
        assert await papers.find_old_cases(li, name="王 小明") == found
        assert await papers.find_old_cases(li, name="王小") == ()
        assert await papers.find_old_cases(li, number="杭工协〔2019〕 12号") == (found[1],)
        seen = await papers.get_old_case(li, found[1].old_case_id)
        assert (seen.id_number, seen.accident_on, seen.note) == (ID_NUMBER, date(2019, 3, 1), "共38页")
        noted = {(row.what, row.subject) for row in node.store.select(LookRecord)}
        assert (What.OLD_CASE.value, found[1].old_case_id) in noted
        assert (What.SEARCH.value, found[0].old_case_id) in noted
        lines = [row.part for row in node.store.select(LookRecord) if row.what == What.LINES.value]
        assert sorted(" ".join(lines).split()) == sorted(row.old_case_id for row in found)  # each once

        node.state.units = frozenset({UNITS_OF[HANGZHOU], "330106RD018"})
        other = Actor("x", "乙", "330106RD018", frozenset({"clerk"}))
        assert (await papers.list_old_cases(other)).items == ()
        assert await papers.find_old_cases(other, id_number=ID_NUMBER) == ()
        with pytest.raises(Refusal) as unseen:
            await papers.get_old_case(other, found[0].old_case_id)
        assert unseen.value.reason is Reason.NOT_FOUND
        assert [each.state for each in await papers.take_old_cases(other, [OLD])] == ["added"]  # a unit's own numbers


async def test_nothing_of_it_stands_in_the_open_and_a_wrong_one_goes_by_four_eyes(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        node = world.nodes[HANGZHOU]
        (one,) = await node.papers.take_old_cases(clerk(HANGZHOU), [OLD])
        await node.writer.run(lambda *_: None)
        raw = b"".join(path.read_bytes() for path in world.settings[HANGZHOU].data_dir.glob("*.db*"))
        for said in ("王小明", ID_NUMBER, "某建筑公司", "杭工协", "A-3-017", "经过属实"):
            assert said.encode() not in raw
        importer = Actor(clerk(HANGZHOU).staff_id, "甲", UNITS_OF[HANGZHOU], frozenset({"approver"}))
        with pytest.raises(Refusal) as alone:
            await node.papers.drop_old_case(importer, one.old_case_id)
        assert alone.value.reason is Reason.FOUR_EYES
        await node.papers.drop_old_case(approver(HANGZHOU), one.old_case_id)
        assert await node.papers.find_old_cases(clerk(HANGZHOU), name="王小明") == ()
        assert node.store.select(OldCaseRecord) == []
        assert [row for row in node.store.select(LookupRecord) if row.thread_id == one.old_case_id] == []
        assert node.store.get(DataKeyRecord, (one.old_case_id,)) is None
        (again,) = await node.papers.take_old_cases(clerk(HANGZHOU), [{**OLD, "note": "更正"}])
        assert again.state == "added"
        with pytest.raises(Refusal) as large:
            await node.papers.take_old_cases(clerk(HANGZHOU), [OLD] * 1001)
        assert large.value.reason is Reason.TOO_LARGE


READS = {Role.CLERK, Role.APPROVER, Role.INVESTIGATOR, Role.SUPERVISOR, Role.READER, Role.SEAL_HOLDER}
Call = Callable[[PapersPort, Actor, str], Awaitable[object]]
TABLE: dict[str, tuple[set[Role], Call]] = {
    "take_old_cases": ({Role.CLERK}, lambda p, a, _id: p.take_old_cases(a, [OLD], only_check=True)),
    "list_old_cases": (READS, lambda p, a, _id: p.list_old_cases(a)),
    "find_old_cases": (READS, lambda p, a, _id: p.find_old_cases(a, name="王小明")),
    "get_old_case": (READS, lambda p, a, old_id: p.get_old_case(a, old_id)),
    "drop_old_case": ({Role.APPROVER}, lambda p, a, _id: p.drop_old_case(a, "no-such")),
    "may_seal_paper": (
        {Role.APPROVER, Role.SEAL_HOLDER}, lambda p, a, _id: p.may_seal_paper(a, "no-such", code="x", sequence=1),
    ),
    "keep_sealed_paper": (
        {Role.APPROVER, Role.SEAL_HOLDER},
        lambda p, a, _id: p.keep_sealed_paper(a, "no-such", code="x", sequence=1, pdf=b"", unsealed_size=0),
    ),
    "sealed_papers": (READS, lambda p, a, _id: p.sealed_papers(a, "no-such")),
    "read_sealed_paper": (READS, lambda p, a, _id: p.read_sealed_paper(a, "no-such", code="x", sequence=1)),
}  # fmt: skip


async def test_every_use_case_with_every_role(tmp_path: Path) -> None:
    assert {name for name in vars(PapersPort) if not name.startswith("_")} == set(TABLE)
    async with running(tmp_path, HANGZHOU) as world:
        papers = world.nodes[HANGZHOU].papers
        (one,) = await papers.take_old_cases(clerk(HANGZHOU), [OLD])
        wrong = []
        for name, (roles, call) in TABLE.items():
            for role in Role:
                told: Reason | None = None
                try:
                    await call(papers, Actor("x1", "甲", UNITS_OF[HANGZHOU], frozenset({role.value})), one.old_case_id)
                except Refusal as refusal:
                    told = refusal.reason
                if (told is Reason.ROLE_MISSING) is (role in roles):
                    wrong.append((name, role.value, told))
                if told not in (None, Reason.ROLE_MISSING, Reason.NOT_FOUND):
                    wrong.append((name, role.value, told))
        assert not wrong, wrong
