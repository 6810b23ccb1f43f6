"""What a person asks about the own data: recorded, answered by two people, by the unit's own day."""

from datetime import date
from pathlib import Path

from delegation.deadlines import day_of
from delegation.errors import Reason
from node.desk.ports import Acting, Actor
from node.desk.views import TodoItem
from node.service import Node
from tests.node.test_dispatch import refused
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, approver, clerk, issued, now, running

UNIT = UNITS_OF[HANGZHOU]
BOSS = Actor("boss", "管理员", UNIT, frozenset({"administrator"}))
WHO = {
    "asked_by": "agent", "name": "代理人", "checked": "id_card_and_authority", "asked_on": "2026-08-01",
    "text": "请提供本人工伤调查的复制件",
}  # fmt: skip


async def test_a_request_about_own_data_is_recorded_and_answered(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, li = world.nodes[HANGZHOU], clerk(HANGZHOU)
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        people = home.people
        made = await people.record_request(li, ref, asks="copy", content=WHO)
        assert (made.state, made.asks, made.content["name"]) == ("open", "copy", "代理人")
        for change, field in (
            ({"asked_by": "neighbour"}, "asked_by"),
            ({"asked_by": "worker"}, "checked"),
            ({"asked_by": "relative"}, "checked"),
            ({"name": ""}, "name"),
            ({"asked_on": "2999-01-01"}, "asked_on"),
            ({"asked_on": "soon"}, "asked_on"),
            ({"text": ""}, "text"),
            ({"extra": "x"}, "content"),
        ):
            wrong = await refused(people.record_request(li, ref, asks="copy", content={**WHO, **change}))
            assert (wrong.reason, wrong.details["field"]) == (Reason.INVALID_INPUT, field)
        assert (await refused(people.record_request(li, ref, asks="all", content=WHO))).details["field"] == "asks"
        reader = Actor("audit", "审计", li.unit, frozenset({"reader"}))
        assert (
            await refused(people.record_request(reader, ref, asks="copy", content=WHO))
        ).reason is Reason.ROLE_MISSING
        foreign = Actor("x", "别人", UNITS_OF[CHENGDU], li.roles)
        for call in (
            people.record_request(foreign, ref, asks="copy", content=WHO),
            people.get_request(foreign, made.request_id),
            people.requests_of(foreign, ref),
        ):
            assert (await refused(call)).reason is Reason.NOT_FOUND
        for answer, field in (
            ({"outcome": "not_deleted"}, "outcome"),
            ({"outcome": "partly"}, "text"),
            ({"outcome": "given", "materials": "m"}, "materials"),
        ):
            wrong = await refused(people.answer_request(li, made.request_id, 1, answer))
            assert wrong.details["field"] == field
        given = {"outcome": "given", "materials": ["m1"]}
        done = await people.answer_request(li, made.request_id, 1, given)
        assert (done.state, done.version, done.answer["materials"]) == ("prepared", 2, ["m1"])
        stale = await refused(people.answer_request(li, made.request_id, 1, {"outcome": "given"}))
        assert stale.reason is Reason.EDITED_MEANWHILE
        assert await people.requests_of(reader, ref) == (done,)
        looked = await people.looks(reader, delegation_id=ref)
        assert looked.items[0].what == "request"
        raw = Path(world.settings[HANGZHOU].database.removeprefix("sqlite:///")).read_bytes()
        assert "代理人".encode() not in raw


async def waiting(home: Node, who: Actor) -> list[TodoItem]:
    return [item for item in (await home.desk.todo(who)).items if item.kind == "request"]


async def test_two_people_answer_and_the_to_do_list_says_by_when(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, li, shi = world.nodes[HANGZHOU], clerk(HANGZHOU), approver(HANGZHOU)
        people = home.people
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        calendar = home.state.rosters.current.view.calendar_of(UNIT)
        assert await people.answer_days(li) == 15
        made = await people.record_request(li, ref, asks="copy", content=WHO, once="k1")
        assert made.due == calendar.add_workdays(date(2026, 8, 1), 15)
        assert made.days_left == (made.due - day_of(now())).days
        assert (await people.record_request(li, ref, asks="copy", content=WHO, once="k1")).request_id == made.request_id
        other = await refused(people.record_request(li, ref, asks="deletion", content=WHO, once="k1"))
        assert other.reason is Reason.ID_CONFLICT
        [item] = await waiting(home, li)
        assert (item.category, item.subject_id, item.due, item.mine) == ("to_answer", made.request_id, made.due, True)
        assert await waiting(home, shi) == []

        given = {"outcome": "given", "text": "请到窗口领取"}
        assert (await refused(people.approve_answer(shi, made.request_id, 1))).reason is Reason.NOT_ALLOWED
        ready = await people.answer_request(li, made.request_id, 1, given)
        [item] = await waiting(home, shi)
        assert (item.category, item.mine) == ("to_approve", True)
        assert await waiting(home, li) == []
        both = Actor(li.staff_id, li.name, UNIT, frozenset({"clerk", "approver"}))
        hers = Actor("yi", "乙", UNIT, frozenset({"approver"}), "", (Acting("approver", li.staff_id, "甲"),))
        for who in (both, hers):  # who prepared it, and who stands in for that one
            assert (await refused(people.approve_answer(who, made.request_id, 2))).reason is Reason.FOUR_EYES
        assert await waiting(home, both) == []
        assert (await refused(people.send_back_answer(shi, made.request_id, 2, " "))).details["field"] == "note"
        back = await people.send_back_answer(shi, made.request_id, ready.version, "请附材料目录")
        assert (back.state, back.answer["note"], back.answer["text"]) == ("open", "请附材料目录", "请到窗口领取")
        again = await people.answer_request(li, made.request_id, back.version, given)
        done = await people.approve_answer(shi, made.request_id, again.version)
        assert (done.state, done.answer["by"], done.answer["approved_by"]) == ("answered", li.staff_id, shi.staff_id)
        assert done.answer["on"] == day_of(now()).isoformat()
        assert await waiting(home, li) == await waiting(home, shi) == []
        assert (await refused(people.approve_answer(shi, made.request_id, done.version))).reason is Reason.NOT_ALLOWED
        more = await people.answer_request(li, made.request_id, done.version, {"outcome": "partly", "text": "余下的"})
        assert (more.state, more.earlier[0]["text"]) == ("prepared", "请到窗口领取")


async def test_the_period_is_the_units_own_and_a_late_answer_stays_late(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, li, shi = world.nodes[HANGZHOU], clerk(HANGZHOU), approver(HANGZHOU)
        people = home.people
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        for days in (0, 61):
            assert (await refused(people.keep_answer_days(BOSS, days))).details["field"] == "days"
        assert (await refused(people.keep_answer_days(li, 3))).reason is Reason.ROLE_MISSING
        assert await people.keep_answer_days(BOSS, 1) == await people.answer_days(shi) == 1
        made = await people.record_request(li, ref, asks="copy", content={**WHO, "asked_on": "2026-07-01"})
        assert made.due == date(2026, 7, 2)
        assert made.overdue
        [item] = await waiting(home, li)
        assert item.overdue
        ready = await people.answer_request(li, made.request_id, 1, {"outcome": "given"})
        done = await people.approve_answer(shi, made.request_id, ready.version)
        assert done.overdue  # the day of the answer counts, whenever it is looked at
        foreign = Actor("x", "别人", UNITS_OF[CHENGDU], frozenset({"approver"}))
        assert (await refused(people.approve_answer(foreign, made.request_id, 3))).reason is Reason.NOT_FOUND
