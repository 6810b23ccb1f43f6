"""The to-do list: what each person finds waiting, step by step, by whose turn it is; and what it costs to ask."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Reason, Refusal
from delegation.model import DueDate, EnvelopeRef
from delegation.table import State
from delegation.thread_state import OpenClock
from delegation.urgency import UNDATED
from node import tasks
from node.desk.ports import Actor
from node.desk.todo import CATEGORIES
from node.desk.views import TodoItem, TodoView
from node.records import MetaRecord, TaskRecord
from node.service import Node
from node.store import Where
from tests.builders import SICHUAN_PO, ZHEJIANG_PO
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    NOTHING,
    UNITS_OF,
    World,
    a_result,
    an_investigation,
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

LABELS = {
    "待签收", "待受理", "待分派", "调查中", "待审核", "待用印", "待核验", "待审批", "待补正", "待处理", "待答复",
    "待确认撤回", "待回复督办", "待揭示", "待归档", "我委托在外", "即将超期", "已超期", "法定时限不足",
}  # fmt: skip


def counts(seen: TodoView, *, unit: bool = False) -> dict[str, int]:
    """What is not nothing, by code; warnings of days apart."""
    found = {each.code: each.in_unit if unit else each.count for each in seen.categories}
    return {code: number for code, number in found.items() if number and code not in ("due_soon", "overdue")}


async def waits(node: Node, actor: Actor, **expected: int) -> TodoView:
    """Wait until the actor finds just that."""
    try:
        return await until(lambda: node.desk.todo(actor), lambda seen: counts(seen) == expected, seconds=10)
    except AssertionError:
        found = counts(await node.desk.todo(actor))
        raise AssertionError(f"expected {expected}, found {found}") from None


def item_of(seen: TodoView, category: str) -> TodoItem:
    """The one thing of a category."""
    [found] = [item for item in seen.items if item.category == category]
    return found


def rows(node: Node) -> set[tuple[object, ...]]:
    """What is kept."""
    return {
        (row.unit, row.thread_id, row.code, row.subject, row.due, row.other_unit, row.rank_day)
        for row in node.store.select(TaskRecord, limit=100_000)
    }


async def rebuilt(node: Node) -> None:
    """What was kept step by step is what a rebuild from the threads gives."""
    await node.settle()
    before = rows(node)

    def use_case(tx: Any, state: Any, _at: Any) -> int:
        tx.put(MetaRecord("tasks", b"other rules"))
        return tasks.rebuild(tx, state)

    await node.writer.run(use_case)
    assert rows(node) == before


async def two(world: World) -> tuple[Node, Node, str]:
    """A letter that arrived."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    ref = (await issued(home, HANGZHOU)).row.delegation_id
    await reach(host, CHENGDU, ref, "issued")
    return home, host, ref


async def test_every_word_of_the_counter_is_there_and_means_nothing_at_first(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        seen = await world.nodes[HANGZHOU].desk.todo(clerk(HANGZHOU))
        assert {each.label for each in seen.categories} == LABELS
        assert len({each.code for each in seen.categories}) == len(LABELS) == len(CATEGORIES)
        assert {each.label for each in seen.categories if each.level == "red"} == {"已超期", "法定时限不足"}
        assert {each.label for each in seen.categories if each.level == "yellow"} == {"即将超期"}
        assert not any(each.count or each.in_unit for each in seen.categories)
        assert (seen.items, seen.total) == ((), 0)
        with pytest.raises(Refusal) as caught:
            await world.nodes[HANGZHOU].desk.todo(clerk(HANGZHOU), "everything")
        assert caught.value.reason is Reason.INVALID_INPUT


async def test_a_delegation_goes_through_the_words_of_the_counter(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        jbr, spr = clerk(HANGZHOU), approver(HANGZHOU)
        host_jbr, host_spr = clerk(CHENGDU), approver(CHENGDU)

        draft = await home.desk.create_draft(jbr, an_investigation())
        draft = await home.desk.submit_for_approval(jbr, draft.draft_id, draft.version)
        seen = await waits(home, spr, to_approve=1)
        line = item_of(seen, "to_approve")
        assert (line.subject_id, line.worker_name, line.other_unit) == (draft.draft_id, "王小明", UNITS_OF[CHENGDU])
        assert line.changed_at == draft.changed_at
        assert counts(await home.desk.todo(jbr)) == {}, "nobody approves what he prepared"
        assert counts(await home.desk.todo(jbr), unit=True) == {"to_approve": 1}
        draft = await home.desk.send_back(spr, draft.draft_id, draft.version, "缺诊断")
        back = item_of(await waits(home, jbr, to_handle=1), "to_handle")
        assert (back.kind, back.subject_id) == ("sent_back", draft.draft_id)
        assert back.cure
        draft = await home.desk.submit_for_approval(jbr, draft.draft_id, draft.version)
        ref = (await home.desk.approve_and_issue(spr, draft.draft_id, draft.version)).row.delegation_id

        seen = await waits(host, host_jbr, to_sign=1)
        item = item_of(seen, "to_sign")
        assert (item.delegation_id, item.worker_name, item.other_unit) == (ref, "王小明", UNITS_OF[HANGZHOU])
        assert item.due is not None
        await waits(home, jbr, sent_out=1)
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await waits(host, host_jbr, to_decide=1)
        await reach(host, CHENGDU, ref, "signed_for")

        returned = {
            "reasons": ["B01"],
            "body": {"return_notice": {"defects": [{"code": "B01", "subject": "letter", "text": "缺事由"}]}},
        }
        version = (await view(host, CHENGDU, ref)).version
        move = await host.desk.prepare_move(host_jbr, ref, "RETURNED", returned, version)
        await waits(host, host_spr, to_review=1)
        await waits(host, host_jbr, to_decide=1)
        move = await host.desk.review_move(host_spr, move.move_id, move.version)
        assert move.state == "reviewed"
        assert item_of(await waits(host, host_spr, to_seal=1), "to_seal").subject_id == move.move_id
        with pytest.raises(Refusal) as caught:
            await host.desk.review_move(host_spr, move.move_id, move.version)
        assert caught.value.reason is Reason.NOT_ALLOWED
        await host.desk.approve_move(host_spr, move.move_id, move.version)
        await waits(host, host_spr)
        await waits(home, jbr, to_correct=1, sent_out=1)
        await reach(home, HANGZHOU, ref, "returned_for_correction")

        seen_home = await view(home, HANGZHOU, ref)
        business = {**an_investigation(), "host_unit": UNITS_OF[CHENGDU]}
        corrected = {"business": business, "declared": {"changed_subjects": ["letter"]}}
        move = await home.desk.prepare_move(jbr, ref, "LETTER_CORRECTED", corrected, seen_home.version)
        await waits(home, spr, to_approve=1, sent_out=1)
        await home.desk.approve_move(spr, move.move_id, move.version)
        await waits(host, host_jbr, to_sign=1)
        await reach(host, CHENGDU, ref, "issued")

        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await make(host, CHENGDU, ref, "ACCEPTED", NOTHING)
        await waits(host, host_jbr, to_assign=1)
        await make(host, CHENGDU, ref, "ASSIGNED", ASSIGNMENT)
        seen = await waits(host, host_jbr, investigating=1)
        inspector = Actor("i1", "调查员1", UNITS_OF[CHENGDU], frozenset({"investigator"}))
        assert counts(await host.desk.todo(inspector)) == {"investigating": 1}
        reader = Actor("r", "查阅", UNITS_OF[CHENGDU], frozenset({"reader"}))
        assert counts(await host.desk.todo(reader)) == {}
        assert counts(await host.desk.todo(reader), unit=True) == {"investigating": 1}
        for node in (home, host):
            await rebuilt(node)

        await make(host, CHENGDU, ref, "QUESTION", {"body": {"question": {"text": "伤者住哪家医院?"}}})
        asked = item_of(await waits(home, jbr, to_answer=1, sent_out=1), "to_answer")
        assert (asked.kind, asked.delegation_id, asked.due, asked.label) == ("question", ref, None, "提问待答复")
        await make(host, CHENGDU, ref, "EXTENSION_REQUESTED", {"reasons": ["E01"], "declared": {"working_days": 4}})
        await waits(home, jbr, to_answer=2, sent_out=1)
        shown = [each.label for each in (await home.desk.todo(jbr)).items if each.category == "to_answer"]
        assert sorted(shown) == ["延期申请待答复", "提问待答复"], "each line says what waits"
        await rebuilt(home)
        reply = {"in_reply_to": asked.subject_id, "body": {"question": {"text": "市一医院"}}}
        await make(home, HANGZHOU, ref, "ANSWER", reply)
        await waits(home, jbr, to_answer=1, sent_out=1)
        await until(lambda: view(home, HANGZHOU, ref), lambda v: not v.queued)
        await make_two(home, HANGZHOU, ref, "EXTENDED", {"declared": {"working_days": 4}})
        await waits(home, jbr, sent_out=1)
        await reach(host, CHENGDU, ref, "in_progress")

        await make(home, HANGZHOU, ref, "QUESTION", {"body": {"question": {"text": "何时到场?"}}})
        await waits(host, host_jbr, investigating=1, to_answer=1)
        await make_two(host, CHENGDU, ref, "REPORTED", a_result())
        await waits(home, jbr, to_check=1, sent_out=1)
        await reach(home, HANGZHOU, ref, "reported")
        await make_two(home, HANGZHOU, ref, "COMPLETED", {"body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}})
        await waits(home, jbr, to_archive=1)
        await waits(host, host_jbr, to_archive=1)  # what was asked and not answered is over
        await rebuilt(host)
        await make(home, HANGZHOU, ref, "ARCHIVED", NOTHING)
        await waits(home, jbr)  # done here, though the other side has not
        await waits(host, host_jbr, to_archive=1)
        await reach(host, CHENGDU, ref, "completed")
        await rebuilt(home)


async def test_a_withdrawal_waits_for_the_host(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host, ref = await two(world)
        await make_two(home, HANGZHOU, ref, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await waits(host, clerk(CHENGDU), to_confirm_withdrawal=1)
        await reach(host, CHENGDU, ref, "withdraw_requested")
        held = host.state.threads.get(ref)
        assert held is not None
        assert held.thread is not None
        asked = EnvelopeRef(SICHUAN_PO, "01986f2a-0000-7000-8000-000000000009", bytes(32))
        due = DueDate("supervise", UNITS_OF[CHENGDU], date(2026, 8, 10), date(2026, 8, 10), False)
        clock = OpenClock(
            clock="supervise", unit=UNITS_OF[CHENGDU], started_by=asked, starts_on=date(2026, 8, 3), days=5, due=due
        )
        supervised = replace(held.thread, open_clocks=(*held.thread.open_clocks, clock))
        found = {task.code: task for task in tasks.tasks_of(supervised, [UNITS_OF[CHENGDU]], None)}
        assert set(found) == {"to_confirm_withdrawal", "to_answer_supervision"}
        assert found["to_answer_supervision"].subject == asked.envelope_id
        assert found["to_answer_supervision"].due == "2026-08-10"
        await make(host, CHENGDU, ref, "WITHDRAW_CONFIRMED", NOTHING)
        await waits(host, clerk(CHENGDU), to_archive=1)
        await waits(home, clerk(HANGZHOU), to_archive=1)


async def test_a_host_that_is_no_member_is_written_to_on_paper(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        _, host, ref = await two(world)
        held = host.state.threads.get(ref)
        assert held is not None
        assert held.thread is not None
        assert held.thread.letter is not None
        paper = replace(held.thread, letter=replace(held.thread.letter, on_paper=True))
        home = [task.code for task in tasks.tasks_of(paper, [UNITS_OF[HANGZHOU]], None)]
        assert home == ["paper", "sent_out"]
        designating = replace(
            held.thread, state=State.AWAITING_DESIGNATION, turn="", provinces=(ZHEJIANG_PO, SICHUAN_PO)
        )
        both = [ZHEJIANG_PO, SICHUAN_PO]
        assert [task.code for task in tasks.tasks_of(designating, both, None)] == ["to_handle", "to_handle"]
        voted = replace(designating, work=replace(designating.work, votes=((SICHUAN_PO, UNITS_OF[CHENGDU]),)))
        assert [task.unit for task in tasks.tasks_of(voted, both, None)] == [ZHEJIANG_PO]


async def test_what_is_on_its_way_is_not_asked_for_again_and_what_came_back_is(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host, ref = await two(world)
        await host.settle()
        await world.stop_node(CHENGDU)
        away = await world.start_node(CHENGDU, carry=False)
        await make(away, CHENGDU, ref, "SIGNED_FOR", {})
        await waits(away, clerk(CHENGDU))  # signed for; the entry is not in
        await make_two(home, HANGZHOU, ref, "WITHDRAW_REQUESTED", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(home, HANGZHOU, ref, "withdraw_requested")
        away.carry()
        seen = await waits(away, clerk(CHENGDU), to_confirm_withdrawal=1, to_handle=1)
        refused = item_of(seen, "to_handle")
        assert (refused.kind, refused.reason) == ("refused", "STALE")
        assert "重新办理" in refused.cure
        await away.desk.drop_queued(clerk(CHENGDU), ref, refused.subject_id)
        await waits(away, clerk(CHENGDU), to_confirm_withdrawal=1)


async def test_warnings_count_each_delegation_once(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host, ref = await two(world)
        await waits(host, clerk(CHENGDU), to_sign=1)
        soon = {each.code: each.in_unit for each in (await host.desk.todo(clerk(CHENGDU))).categories}
        assert (soon["due_soon"], soon["overdue"]) in ((1, 0), (0, 0))  # a long holiday may lie before the day
        [row] = host.store.select(TaskRecord, (Where("code", "to_sign"),))
        late = (world.clock().date() - timedelta(days=1)).isoformat()

        def use_case(tx: Any, state: Any, _at: Any) -> None:
            tx.after.append(state.task_counts.forget)
            tx.put(TaskRecord(**{**_fields(row), "due": late, "rank_day": late}))
            tx.put(TaskRecord(**{**_fields(row), "due": late, "rank_day": late, "code": "question", "subject": "q"}))

        await host.writer.run(use_case)
        seen = await host.desk.todo(clerk(CHENGDU), "overdue")
        assert [item.delegation_id for item in seen.items] == [ref]
        assert {each.code: each.count for each in seen.categories}["overdue"] == 1
        assert seen.items[0].overdue
        assert [item.category for item in (await host.desk.todo(clerk(CHENGDU))).items] == ["to_answer", "to_sign"]
        assert (await home.desk.todo(clerk(HANGZHOU), "sent_out")).total == 1
        assert (await home.desk.todo(clerk(HANGZHOU))).total == 0, "what is out waits for nobody here"


def _fields(row: TaskRecord) -> dict[str, str]:
    return {
        name: getattr(row, name) for name in ("unit", "thread_id", "code", "subject", "due", "other_unit", "rank_day")
    }


async def test_too_little_statutory_time_is_red_on_both_sides(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        plenty = await issued(home, HANGZHOU)
        accepted = (world.clock() - timedelta(days=32)).date().isoformat()
        clock = {"accepted_on": accepted, "procedure": "ORDINARY"}
        scarce = await issued(home, HANGZHOU, an_investigation(clock=clock, case_key="杭人社工认2026-18"))
        for ref in (plenty, scarce):
            await reach(host, CHENGDU, ref.row.delegation_id, "issued")
        for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
            short = await until(
                lambda node=node, bureau=bureau: node.desk.todo(clerk(bureau), "short_time"),  # type: ignore[misc]
                lambda seen: seen.total == 1,
            )
            assert [item.delegation_id for item in short.items] == [scarce.row.delegation_id]


@contextmanager
def counted(node: Node) -> Iterator[dict[str, int]]:
    """How often the store is asked."""
    names = ("get", "select", "select_columns", "select_in", "tally", "count", "count_distinct", "list_threads")
    asked = dict.fromkeys(names, 0)
    store: Any = node.store

    def around(name: str, plain: Callable[..., Any]) -> Callable[..., Any]:
        def call(*words: Any, **named: Any) -> Any:
            asked[name] += 1
            return plain(*words, **named)

        return call

    for name in asked:
        setattr(store, name, around(name, getattr(store, name)))
    try:
        yield asked
    finally:
        for name in asked:
            delattr(store, name)


async def test_counting_reads_no_delegation(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        node, actor = world.nodes[HANGZHOU], clerk(HANGZHOU)

        def use_case(tx: Any, state: Any, _at: Any) -> None:
            tx.after.append(state.task_counts.forget)
            for number in range(1000):
                tx.put(
                    TaskRecord(
                        unit=actor.unit, thread_id=f"t{number:04}", code="sent_out", subject="", due="2099-01-01",
                        rank_day="2099-01-01", other_unit=UNITS_OF[CHENGDU],
                    )
                )  # fmt: skip

        await node.writer.run(use_case)
        look: Callable[[], Awaitable[TodoView]] = lambda: node.desk.todo(actor)  # noqa: E731
        await look()
        with counted(node) as asked:
            seen = await look()
        assert counts(seen) == {"sent_out": 1000}
        assert asked["list_threads"] == 0
        assert sum(asked.values()) <= 18, asked


async def test_rows_of_other_rules_are_written_anew_at_a_start(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        _, host, ref = await two(world)
        await waits(host, clerk(CHENGDU), to_sign=1)
        await host.settle()
        before = rows(host)

        def use_case(tx: Any, _state: Any, _at: Any) -> None:
            [row] = tx.select(TaskRecord, (Where("code", "to_sign"),))
            tx.delete(TaskRecord, TaskRecord.key_of(row))
            tx.put(TaskRecord(**{**_fields(row), "code": "a word of before"}))
            tx.delete(MetaRecord, ("tasks",))

        await host.writer.run(use_case)
        await world.stop_node(CHENGDU)
        host = await world.start_node(CHENGDU)
        assert rows(host) == before
        assert item_of(await waits(host, clerk(CHENGDU), to_sign=1), "to_sign").delegation_id == ref


async def test_a_long_list_is_read_page_by_page_whatever_is_left_out_of_it(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        node, actor = world.nodes[CHENGDU], clerk(CHENGDU)
        days = ("2030-01-02", "", "2030-01-01", "2030-01-02")

        def use_case(tx: Any, state: Any, _at: Any) -> None:
            tx.after.append(state.task_counts.forget)
            for number in range(40):
                for code, subject in (("to_sign", ""), ("question", f"q{number % 3}"), ("sent_out", "")):
                    tx.put(
                        TaskRecord(
                            unit=actor.unit, thread_id=f"t{number:04}", code=code, subject=subject,
                            due=days[number % 4], rank_day=days[number % 4] or UNDATED, other_unit=UNITS_OF[HANGZHOU],
                        )
                    )  # fmt: skip

        await node.writer.run(use_case)
        whole = await node.desk.todo(actor)
        assert (whole.total, len(whole.items), whole.next_page_token) == (80, 80, "")
        for sort in ("due", "changed", "other"):
            read: list[TodoItem] = []
            token = ""
            for _ in range(20):
                page = await node.desk.todo(actor, sort=sort, page_size=7, page_token=token)
                assert (page.sort, page.total) == (sort, 80)
                read += page.items
                token = page.next_page_token
                if not token:
                    break
            keys = [(item.delegation_id, item.subject_id, item.kind) for item in read]
            assert len(keys) == len(set(keys)) == 80
            if sort == "due":
                assert read == list(whole.items)
                dues = [item.due or date.max for item in read]
                assert dues == sorted(dues)
        for odd in ("x", "|", "2030-01-01|x|t|s"):
            with pytest.raises(Refusal):
                await node.desk.todo(actor, page_token=odd)


async def test_warnings_are_read_page_by_page_each_delegation_once(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        node, actor = world.nodes[CHENGDU], clerk(CHENGDU)
        today = world.clock().date()

        def use_case(tx: Any, state: Any, _at: Any) -> None:
            tx.after.append(state.task_counts.forget)
            for number in range(30):
                for code, late in (("to_sign", number % 5), ("sent_out", 1)):
                    tx.put(
                        TaskRecord(
                            unit=actor.unit, thread_id=f"t{number:04}", code=code, subject="",
                            due=(today - timedelta(days=late + 2)).isoformat(), other_unit=UNITS_OF[HANGZHOU],
                            rank_day=(today - timedelta(days=late + 2)).isoformat(),
                        )
                    )  # fmt: skip

        await node.writer.run(use_case)
        read: list[str] = []
        token = ""
        for _ in range(20):
            page = await node.desk.todo(actor, "overdue", page_size=4, page_token=token)
            read += [item.delegation_id for item in page.items]
            token = page.next_page_token
            if not token:
                break
        assert sorted(read) == [f"t{number:04}" for number in range(30)]
        assert page.total == 30
