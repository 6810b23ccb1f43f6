"""Priority where people see it: lists, to-do list, the dispatcher's desk, and the outbox of a node that was cut off."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from delegation.codes import Priority
from delegation.urgency import MOST_AHEAD, begun_on, rank_day, rank_of
from node.desk.lists import BY_DUE
from node.desk.ports import Actor, Filters, Role
from node.queued import Queued, in_order
from node.records import DraftRecord, TaskRecord, ThreadRecord, to_us
from node.service import Node
from node.state import State
from node.store import Where
from node.writer import Tx
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    NOTHING,
    UNITS_OF,
    an_investigation,
    approver,
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

UNIT = UNITS_OF[HANGZHOU]
DISPATCHER = Actor("fp", "分派人", UNIT, frozenset({Role.DISPATCHER}))
BEGIN = date(2026, 8, 3)
a_queue = st.lists(
    st.tuples(st.sampled_from("abcde"), st.sampled_from(Priority), st.integers(0, 20)), max_size=25
)  # thread, priority, days since the one before


def queue_of(drawn: list[tuple[str, Priority, int]]) -> tuple[dict[int, Queued], dict[int, date], dict[int, Priority]]:
    """Envelopes as they were queued one after another, with their days and priorities."""
    queued, days, priorities, day = {}, {}, {}, BEGIN
    for number, (thread, priority, later) in zip(count(1), drawn, strict=False):
        day += timedelta(days=later)
        rank, urgent = rank_day(day, priority), priority in {Priority.GREEN, Priority.PREFERRED}
        queued[number] = Queued(number, UNIT, f"e{number}", thread, 100, (), rank, urgent)
        days[number], priorities[number] = day, priority
    return queued, days, priorities


@given(a_queue)
def test_the_order_of_the_outbox_keeps_threads_and_starves_nobody(drawn: list[tuple[str, Priority, int]]) -> None:
    queued, days, _ = queue_of(drawn)
    numbers = [item.number for item in in_order(queued)]
    assert sorted(numbers) == sorted(queued)
    assert numbers == [item.number for item in in_order(dict(reversed(queued.items())))]  # one order, however read
    for thread in "abcde":
        own = [number for number in numbers if queued[number].thread_id == thread]
        assert own == sorted(own)
    first = {thread: min(days[n] for n in queued if queued[n].thread_id == thread) for thread, *_ in drawn}
    place = {number: at for at, number in enumerate(numbers)}
    for one in queued:
        for other in queued:
            if days[one] < first[queued[other].thread_id] - MOST_AHEAD:
                assert place[one] < place[other]  # older than any bonus


@given(a_queue)
def test_without_priority_the_outbox_goes_as_it_was_queued(drawn: list[tuple[str, Priority, int]]) -> None:
    queued, _, _ = queue_of([(thread, Priority.NORMAL, later) for thread, _, later in drawn])
    assert [item.number for item in in_order(queued)] == sorted(queued)


def green(key: str, **changes: object) -> dict[str, object]:
    letter = an_investigation()["letter"]
    assert isinstance(letter, Mapping)
    return an_investigation(
        priority="GREEN", case_key=key, letter={**letter, "priority_reason": "伤者病重，须先行核实"}, **changes
    )


async def all_pages(node: Node) -> list[str]:
    """The list by due day, a line a page."""
    found: list[str] = []
    token = ""
    while True:
        page = await node.desk.list_delegations(clerk(HANGZHOU), Filters(sort=BY_DUE), page_size=1, page_token=token)
        found += [row.delegation_id for row in page.items]
        token = page.next_page_token
        if not token:
            return found


def to_the_left(node: Node) -> list[str]:
    """Threads of the store by what their columns say."""
    rows = node.store.select(ThreadRecord, limit=100)
    return [row.thread_id for row in sorted(rows, key=lambda row: (row.rank_day or "9999", row.thread_id))]


async def test_a_green_case_stands_before_what_is_due_a_little_earlier(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        plain = (await issued(home, HANGZHOU, an_investigation(case_key="案一"))).row.delegation_id
        urgent = (await issued(home, HANGZHOU, an_investigation(case_key="案二"))).row.delegation_id
        for ref in (plain, urgent):
            await reach(host, CHENGDU, ref, "issued")
            await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
            await reach(home, HANGZHOU, ref, "signed_for")
            await make(home, HANGZHOU, ref, "QUESTION", {"body": {"question": {"text": "何时受理"}}})
            await until(partial(view, host, CHENGDU, ref), lambda v: v.entries[-1].kind == "QUESTION")
        assert await all_pages(home) == sorted([plain, urgent])
        changed = {"priority": "GREEN", "body": {"text": "伤者病重"}}
        await make_two(home, HANGZHOU, urgent, "PRIORITY_CHANGED", changed)
        for node, bureau in ((home, HANGZHOU), (host, CHENGDU)):
            await until(
                partial(view, node, bureau, urgent),
                lambda seen: seen.row.priority == "GREEN",
            )
        assert await all_pages(home) == [urgent, plain] == to_the_left(home)
        for node in (home, host):
            rows = {row.thread_id: row for row in node.store.select(ThreadRecord)}
            for row in node.store.select(TaskRecord, limit=1000):
                priority = Priority.GREEN if row.thread_id == urgent else Priority.NORMAL
                due_on = date.fromisoformat(row.due) if row.due else None
                expected = rank_of(due_on, priority, since=begun_on(row.thread_id))
                assert row.rank_day == expected, row.code
            due = date.fromisoformat(rows[urgent].next_due)
            assert rows[urgent].rank_day == rank_day(due, Priority.GREEN).isoformat()
            assert rows[plain].rank_day == rows[plain].next_due
        listed = [item.delegation_id for item in (await host.desk.todo(clerk(CHENGDU), "to_decide")).items]
        assert listed == [urgent, plain]
        seen = await home.people.list_headers(DISPATCHER, sort=BY_DUE)
        assert [row.delegation_id for row in seen.items] == [urgent, plain]


async def test_a_node_that_was_cut_off_sends_its_green_threads_first(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        first = (await issued(home, HANGZHOU, an_investigation(case_key="先行"))).row.delegation_id
        await reach(home, HANGZHOU, first, "issued")
        await world.stop_registry()
        plain = [
            (await issued(home, HANGZHOU, an_investigation(case_key=f"普通{number}"))).row.delegation_id
            for number in range(2)
        ]
        urgent = (await issued(home, HANGZHOU, green("绿色"))).row.delegation_id
        await make_two(home, HANGZHOU, first, "PRIORITY_CHANGED", {"priority": "GREEN", "body": {"text": "病重"}})
        held = home.state.outbox.queued
        assert [item.thread_id for item in in_order(held)] == [urgent, first, *plain]
        await world.stop_node(HANGZHOU)  # what is read again stands in the same order
        home = await world.start_node(HANGZHOU, carry=False)
        assert [item.thread_id for item in in_order(home.state.outbox.queued)] == [urgent, first, *plain]
        await world.stop_node(HANGZHOU)
        await world.start_registry()
        home, host = await world.start_node(HANGZHOU), world.nodes[CHENGDU]
        for ref in (*plain, urgent):
            await reach(host, CHENGDU, ref, "issued")
        seen = [await view(home, HANGZHOU, ref) for ref in (urgent, first, *plain)]
        assert [each.entries[-1].accepted_at for each in seen] == sorted(e.entries[-1].accepted_at for e in seen)


async def test_a_green_letter_without_a_reason_is_not_sealed(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        draft = await home.desk.create_draft(clerk(HANGZHOU), an_investigation(priority="GREEN"))
        found = await home.desk.check_draft(clerk(HANGZHOU), draft.draft_id)
        assert "priority_told" in {problem.details.get("guard") for problem in found.problems}
        told = await home.desk.create_draft(clerk(HANGZHOU), green("有理由"))
        again = await home.desk.check_draft(clerk(HANGZHOU), told.draft_id)
        assert "priority_told" not in {problem.details.get("guard") for problem in again.problems}


async def test_of_what_has_no_due_day_the_green_goes_first_and_the_old_before_any_green(tmp_path: Path) -> None:
    """Letters that wait for their approver: nothing runs for them yet."""
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]

        async def waits(business: dict[str, object]) -> str:
            draft = await home.desk.create_draft(clerk(HANGZHOU), business)
            return (await home.desk.submit_for_approval(clerk(HANGZHOU), draft.draft_id, draft.version)).draft_id

        old = await waits(an_investigation(case_key="旧"))
        plain = await waits(an_investigation(case_key="普通"))
        urgent = await waits(green("绿色"))
        changed = await waits(an_investigation(case_key="后改"))
        weeks_ago = to_us(now() - timedelta(days=14))

        def aged(tx: Tx, state: State, at: datetime) -> None:
            del state, at
            tx.put(replace(tx.select(DraftRecord, (Where("draft_id", old),))[0], created_at=weeks_ago))

        await home.writer.run(aged)

        async def order() -> list[str]:
            return [item.subject_id for item in (await home.desk.todo(approver(HANGZHOU), "to_approve")).items]

        assert await order() == [old, urgent, plain, changed]
        seen = await home.desk.send_back(approver(HANGZHOU), changed, 2, "改为绿色通道")
        seen = await home.desk.update_draft(clerk(HANGZHOU), changed, seen.version, green("后改"))
        await home.desk.submit_for_approval(clerk(HANGZHOU), changed, seen.version)
        assert await order() == [old, urgent, changed, plain]
        pages = [(await home.desk.todo(approver(HANGZHOU), "to_approve", page_size=1))]
        while pages[-1].next_page_token:
            pages.append(
                await home.desk.todo(
                    approver(HANGZHOU), "to_approve", page_size=1, page_token=pages[-1].next_page_token
                )
            )
        assert [page.items[0].subject_id for page in pages] == [old, urgent, changed, plain]
