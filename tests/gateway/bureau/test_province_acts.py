"""Acts on the province's pages: a form each, refused beside the field, kept as typed; nobody acts who only looks."""

# ruff: noqa: ARG002 - arguments are the ports'

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date

import httpx
import pytest

from delegation.agreed_law import unlawful
from delegation.codes import Kind, Matter, Priority
from delegation.errors import Reason, Refusal
from delegation.roster_records import AgreedTime, Agreement
from delegation.table import BusinessStatus, State
from gateway.bureau.access import PAGES
from gateway.bureau.province.acts_words import ACTS, WAITS
from node.desk.ports import Actor, Role
from node.province.acts_ports import Done, Possible, Terms
from node.province.ports import USUAL, Behind, Line, Lines, Sorting, Step, Timeline, Wanted
from tests.builders import DEYANG_RD, ZHEJIANG_PO
from tests.gateway.bureau.office_work import EVERYTHING, an_agreement, prepared
from tests.gateway.bureau.pages import form_to, forms, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW, OTHER, PASSWORD
from tests.gateway.fake_acts import OTHER_OFFICE, SEEN, THREAD, FakeActs
from tests.gateway.fake_oversight import AS_OF, FakeOversight
from tests.gateway.fake_views import a_row

HERE = f"/desk/province/threads/{THREAD}"
LINE = Line(
    thread_id=THREAD, matter=Matter.INVESTIGATION, priority=Priority.NORMAL, home_unit=HOME, host_unit=OTHER, leg=1,
    on_paper=False, state=State.AWAITING_DESIGNATION, status=BusinessStatus.AWAITING_DESIGNATION, issued_at=NOW,
    changed_at=NOW, due=None, late_days=0, reminders=0, supervisions=0, supervision_open=False,
)  # fmt: skip


def a_step(sequence: int, kind: Kind, label: str) -> Step:
    return Step(
        sequence=sequence, leaf=sequence, kind=kind, label=label, sender=OTHER, leg=1, claimed_at=NOW, accepted_at=NOW,
        due=(),
    )  # fmt: skip


class _Sees(FakeOversight):
    """One delegation, and one that ended, in each list."""

    async def timeline(self, actor: Actor, thread_id: str) -> Timeline:
        if thread_id != THREAD:
            raise Refusal(Reason.NOT_FOUND)
        steps = (a_step(1, Kind.ISSUED, "发出委托函"), a_step(SEEN, Kind.COMPETENCE_DISPUTED, "提请指定管辖"))
        return Timeline(AS_OF, LINE, steps)

    async def lines(
        self,
        actor: Actor,
        wanted: Wanted,
        behind: Behind,
        *,
        sorting: Sorting = USUAL,
        page_token: str = "",
        limit: int = 50,
    ) -> Lines:
        ended = replace(LINE, thread_id=THREAD.replace("17-Y", "18-E"), state=State.COMPLETED)
        return Lines(AS_OF, (LINE, ended), 2)


class _Lawful(FakeActs):
    """Judges terms as the rule book does."""

    async def propose_agreement(self, actor: Actor, office: str, terms: Terms) -> Done:
        wrong = unlawful(
            Agreement(
                agreement_id="a", units=(actor.unit, office), matters=terms.matters, modes=terms.modes,
                times=terms.times, valid_from=terms.valid_from, valid_to=terms.valid_to,
            )
        )  # fmt: skip
        if wrong is not None:
            raise Refusal(Reason.BODY_GUARD_FAILED, guard="terms_lawful", **wrong)
        return await super().propose_agreement(actor, office, terms)


@asynccontextmanager
async def office(
    house: House, *roles: Role, unit: str = ZHEJIANG_PO, may: Possible = EVERYTHING
) -> AsyncIterator[httpx.AsyncClient]:
    house.station.accounts.add("jg", *(roles or (Role.SUPERVISOR,)), unit=unit)
    house.station.oversight = _Sees()
    house.station.acts = acts = _Lawful()
    acts.may = may
    async with house.anonymous(origin="http://desk.test") as client:
        sent = await client.post("/desk/sign-in", data={"staff_id": "jg", "password": PASSWORD})
        assert sent.status_code == 303, sent.text
        yield client


def acts_of(house: House) -> _Lawful:
    found = house.station.acts
    assert isinstance(found, _Lawful)
    return found


def with_values(page: httpx.Response, address: str, **values: str | list[str]) -> dict[str, list[str]]:
    """The form's own values, changed."""
    found = form_to(page, address)
    return {**found, **{name: value if isinstance(value, list) else [value] for name, value in values.items()}}


async def test_those_ticked_are_reminded_and_each_that_is_not_says_why(house: House) -> None:
    async with office(house) as client:
        listed = await client.get("/desk/province/list?count=late")
        assert listed.text.count('name="thread"') == 1  # nobody is reminded of what ended
        none = form_to(listed, "/province/reminders")
        assert "thread" not in none
        assert none["text"] == [ACTS["remind"].offered]
        every = await client.get(re.search(r'href="([^"]*every=1)"', listed.text)[1].replace("&amp;", "&"))  # type: ignore[index] # is there
        ticked = form_to(every, "/province/reminders")
        assert ticked["thread"] == [THREAD]
        told = await client.post(
            "/desk/province/reminders", data={**ticked, "thread": [THREAD, "WT-330100-20260101-999999-Z"]}
        )
        assert told.status_code == 200
        assert "已办理 1 件" in words(told)
        assert "未办理 1 件" in words(told)
        assert "不在监管范围内" in words(told)
        assert ticked["back"] == ["/desk/province/list?count=late"]
        assert 'href="/desk/province/list?count=late"' in told.text
        assert acts_of(house).said == [("remind", THREAD, ACTS["remind"].offered)]
        again = await client.post("/desk/province/reminders", data=ticked)
        assert "今日已催办过" in words(again)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"thread": []}, "请先勾选"),
        ({"text": "  "}, "请填写催办内容"),
        ({"text": "催" * 4001}, "太长"),
        ({"thread": [f"WT-330100-20260101-{number:06d}-X" for number in range(201)]}, "最多催办二百件"),
    ],
)
async def test_a_reminder_that_cannot_go_reminds_nobody(house: House, changed: dict[str, object], said: str) -> None:
    async with office(house) as client:
        form = form_to(await client.get("/desk/province/list?every=1"), "/province/reminders")
        page = await client.post("/desk/province/reminders", data={**form, **changed})
        assert page.status_code == 422
        assert said in words(page)
        assert acts_of(house).said == []


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example", "/desk/sign-in", "javascript:1"])
async def test_the_way_back_is_a_list_of_ours_or_none(house: House, back: str) -> None:
    async with office(house) as client:
        form = form_to(await client.get("/desk/province/list?every=1"), "/province/reminders")
        page = await client.post("/desk/province/reminders", data={**form, "back": back})
        assert page.status_code == 200
        assert back not in page.text.replace('action="/desk/sign-', "")


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("remind", {}, ("remind", ACTS["remind"].offered)),
        ("supervise", {"working_days": "3"}, ("supervise", ACTS["supervise"].offered)),
        ("coordinate", {}, ("coordinate", ACTS["coordinate"].offered)),
        ("designate", {"unit": DEYANG_RD, "text": "事故地在德阳"}, ("designate", "事故地在德阳")),
        ("designate", {"place": OTHER, "text": "由其办理"}, ("designate", "由其办理")),
        ("designate", {"place": "四川省成都市", "text": "由其办理"}, ("designate", "由其办理")),
        ("opinion", {"text": "请按原委托办理"}, ("give_opinion", "请按原委托办理")),
    ],
)
async def test_each_act_is_one_click_and_a_short_form(
    house: House, act: str, typed: dict[str, str], said: tuple[str, str]
) -> None:
    async with office(house) as client:
        thread = await client.get(HERE)
        assert f'href="{HERE}/acts/{act}"' in thread.text
        form = await client.get(f"{HERE}/acts/{act}")
        assert "请勿填写个人信息" in words(form)
        assert "加密" in words(form)  # who can read it
        sent = await client.post(f"{HERE}/acts/{act}", data=with_values(form, f"/acts/{act}", **typed))
        assert sent.status_code == 303, words(sent)
        assert acts_of(house).said == [(said[0], THREAD, said[1])]
        made = words(await client.get(sent.headers["location"]))
        assert ("已发出" if act == "remind" else "已提交审批") in made


async def test_the_side_that_has_to_act_is_chosen_beforehand(house: House) -> None:
    async with office(house) as client:
        assert form_to(await client.get(f"{HERE}/acts/remind"), "/acts/remind")["unit"] == [OTHER]
        assert form_to(await client.get(f"{HERE}/acts/supervise"), "/acts/supervise")["unit"] == [HOME]


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("supervise", {"working_days": "0"}, "超出允许的范围"),
        ("supervise", {"working_days": "61"}, "超出允许的范围"),
        ("supervise", {"text": ""}, "请填写此项"),
        ("supervise", {"unit": OTHER}, "请从列表中选择"),
        ("designate", {"text": "由其办理"}, "请选择或填写由哪个单位办理"),
        ("designate", {"unit": DEYANG_RD, "place": "510100", "text": "由其办理"}, "请将上一栏留空"),
        ("designate", {"place": "没有的地方", "text": "由其办理"}, "查不到这个地名"),
        ("opinion", {}, "请填写此项"),
        ("remind", {"text": "字" * 4001}, "太长了"),
    ],
)
async def test_what_is_wrong_is_told_at_its_field_and_nothing_typed_is_lost(
    house: House, act: str, typed: dict[str, str], said: str
) -> None:
    async with office(house) as client:
        sent = with_values(await client.get(f"{HERE}/acts/{act}"), f"/acts/{act}", **typed)
        page = await client.post(f"{HERE}/acts/{act}", data=sent)
        assert page.status_code == 422
        assert said in words(page)
        assert "请改正下列各项" in words(page)
        assert page.text.count(" autofocus") == 1
        kept = form_to(page, f"/acts/{act}")
        for name in typed.keys() - {"unit"}:
            assert kept.get(name, [""]) == sent[name], name
        assert acts_of(house).said == []


async def test_a_place_with_several_units_or_none_is_asked_again(house: House) -> None:
    async with office(house) as client:
        page = await client.get(f"{HERE}/acts/designate")
        typed = with_values(page, "/acts/designate", place="510100", text="由其办理")
        house.station.desk.competent = {"510100": ()}
        assert "没有在该地办理此事项的单位" in words(await client.post(f"{HERE}/acts/designate", data=typed))
        [unit] = await house.station.desk.competent_units(None, place="", matter="")  # type: ignore[arg-type] # not looked at
        house.station.desk.competent = {"510100": (unit, replace(unit, code=DEYANG_RD))}
        told = await client.post(f"{HERE}/acts/designate", data=typed)
        assert f"该地有几个单位，请填写单位代码：{unit.name} {unit.code}、{unit.name} {DEYANG_RD}" in words(told)
        assert acts_of(house).said == []


async def test_a_thread_that_moved_on_says_since_what_and_shows_the_form_again(house: House) -> None:
    async with office(house) as client:
        page = await client.get(f"{HERE}/acts/designate")
        typed = with_values(page, "/acts/designate", unit=DEYANG_RD, text="由德阳办理", seen="1")
        moved = await client.post(f"{HERE}/acts/designate", data=typed)
        assert moved.status_code == 409
        assert "打开此表后委托有了变化" in words(moved)
        assert "第 3 号，提请指定管辖" in words(moved)
        assert "待指定管辖" in words(moved)
        again = form_to(moved, "/acts/designate")
        assert (again["text"], again["unit"], again["seen"]) == (["由德阳办理"], [DEYANG_RD], [str(SEEN)])
        assert (await client.post(f"{HERE}/acts/designate", data=again)).status_code == 303
        assert acts_of(house).said == [("designate", THREAD, "由德阳办理")]


async def test_another_province_s_unit_is_refused_at_the_field_with_its_office(house: House) -> None:
    async with office(house, may=replace(EVERYTHING, supervise=(HOME, OTHER))) as client:
        page = await client.get(f"{HERE}/acts/supervise")
        sent = await client.post(f"{HERE}/acts/supervise", data=with_values(page, "/acts/supervise", unit=OTHER))
        assert sent.status_code == 409
        assert OTHER_OFFICE in words(sent)
        assert 'aria-invalid="true"' in sent.text
        assert acts_of(house).said == []


async def test_what_is_not_possible_has_no_button_and_its_form_says_so(house: House) -> None:
    async with office(house, may=Possible(seen=SEEN, remind=(HOME,), turn=HOME, named=DEYANG_RD)) as client:
        thread = await client.get(HERE)
        assert re.findall(rf'href="{HERE}/acts/([a-z]+)"', thread.text) == ["remind"]
        assert DEYANG_RD in words(thread)
        assert "目前不能办理此事项" in words(await client.get(f"{HERE}/acts/designate"))
        late = await client.get(f"{HERE}/acts/supervise")  # the copy may lag: the form can be sent, and is judged
        assert "目前不能办理此事项" in words(late)
        sent = await client.post(f"{HERE}/acts/supervise", data=with_values(late, "/acts/supervise", unit=HOME))
        assert sent.status_code == 303
        assert (await client.get(f"{HERE}/acts/dissolve")).status_code in {400, 404, 422}


async def test_announcements_go_to_all_or_to_those_chosen(house: House) -> None:
    async with office(house) as client:
        page = await client.get("/desk/province/announce")
        nobody = with_values(page, "/announce", whom="chosen", text="请报送数据")
        assert "请至少选择一个单位" in words(await client.post("/desk/province/announce", data=nobody))
        both = {**nobody, "whom": "all", "units": [HOME]}
        assert "请不要再选" in words(await client.post("/desk/province/announce", data=both))
        assert acts_of(house).said == []
        told = await client.post("/desk/province/announce", data={**nobody, "units": [HOME]})
        assert "已提交审批 1 件" in words(told)
        told = await client.post("/desk/province/announce", data={**nobody, "whom": "all"})
        assert "已提交审批 1 件" in words(told)
        assert [text for _, _, text in acts_of(house).said] == ["请报送数据"] * 2


TERMS = {"office": OTHER_OFFICE, "matters": ["INVESTIGATION"], "valid_from": "2026-08-03"}


def times(clock: str, working_days: int) -> dict[str, str]:
    return {"times.0.clock": clock, "times.0.working_days": str(working_days)}


async def test_an_agreement_is_proposed_in_terms(house: House) -> None:
    async with office(house) as client:
        page = await client.get("/desk/province/agreements/new")
        more = await client.post(
            "/desk/province/agreements/new",
            data=with_values(page, "/agreements/new", **TERMS, _add="times"),  # type: ignore[arg-type] # a name of the form
        )
        assert 'name="times.0.clock"' in more.text
        typed = with_values(more, "/agreements/new", **TERMS, **times("investigate", 10))  # type: ignore[arg-type] # as above
        sent = await client.post("/desk/province/agreements/new", data=typed)
        assert sent.status_code == 303, words(sent)
        assert "已提交审批" in words(await client.get(sent.headers["location"]))
        [terms] = acts_of(house).terms
        assert terms == Terms(
            matters=(Matter.INVESTIGATION,), times=(AgreedTime("investigate", 10),), valid_from=date(2026, 8, 3)
        )


async def test_a_time_that_the_law_does_not_leave_is_refused_at_its_row_with_the_article(house: House) -> None:
    async with office(house) as client:
        page = await client.get("/desk/province/agreements/new")
        typed = with_values(page, "/agreements/new", **TERMS, **times("investigate", 37))  # type: ignore[arg-type] # as above
        told = await client.post("/desk/province/agreements/new", data=typed)
        assert told.status_code == 422
        assert "最多相当于 50 个自然日（《工伤保险条例》第二十条）" in words(told)
        assert 'href="#times-0-working_days"' in told.text
        assert form_to(told, "/agreements/new")["times.0.working_days"] == ["37"]
        assert acts_of(house).terms == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"valid_to": "2026-08-01"}, "截止日不能早于生效日"),
        ({"modes": ["DELEGATED"]}, "委托方式只用于劳动能力鉴定事项"),
        ({"matters": []}, "请选择此项"),
        ({"office": "000000XX000"}, "请从列表中选择"),
        (
            {**times("investigate", 9), "times.1.clock": "investigate", "times.1.working_days": "8"},
            "同一时限只能列一次",
        ),
    ],
)
async def test_terms_that_contradict_themselves_are_told_beside_their_field(
    house: House, changed: dict[str, object], said: str
) -> None:
    async with office(house) as client:
        page = await client.get("/desk/province/agreements/new")
        told = await client.post(
            "/desk/province/agreements/new", data={**form_to(page, "/agreements/new"), **TERMS, **changed}
        )
        assert told.status_code == 422
        assert said in words(told), words(told)
        assert acts_of(house).terms == []


async def test_what_another_office_asked_is_answered_on_its_own_form(house: House) -> None:
    async with office(house) as client:
        request: dict[str, object] = {
            "row": a_row(thread_type="coordination", home_unit=OTHER_OFFICE, host_unit=ZHEJIANG_PO)
        }
        house.station.desk.other = request
        here = f"/desk/province/threads/{THREAD}/acts/answer"
        page = await client.get(here)
        assert "只有请求协调的省级机构可以阅读" in words(page)
        assert (await client.post(here, data=form_to(page, "/acts/answer"))).status_code == 422  # nothing said
        sent = await client.post(here, data=with_values(page, "/acts/answer", text="已督促成都市办理"))
        assert sent.status_code == 303
        assert "已提交审批" in words(await client.get(sent.headers["location"]))
        assert acts_of(house).said == [("answer_coordination", THREAD, "已督促成都市办理")]
        house.station.desk.other = {"row": a_row(thread_type="coordination", home_unit=ZHEJIANG_PO)}
        assert (await client.get(here)).status_code == 409  # what it asked itself
        house.station.desk.other = {}
        assert (await client.get(here)).status_code == 409  # a delegation is no request


async def test_an_agreement_is_countersigned_once_however_often_it_is_pressed(house: House) -> None:
    async with office(house) as client:
        acts = acts_of(house)
        acts.agreed = (replace(an_agreement(1, State.PROPOSED, ours=False), thread_id=THREAD),)
        form = form_to(await client.get("/desk/province/agreements"), f"{THREAD}/countersign")
        for _ in range(2):
            sent = await client.post(f"/desk/province/agreements/{THREAD}/countersign", data=form)
            assert sent.headers["location"] == "/desk/province/agreements?made=approval"
            acts.awaiting = (replace(prepared(1, "jg"), kind=Kind.AGREEMENT_COUNTERSIGNED),)
        assert [act for act, _, _ in acts.said] == ["countersign"]
        page = await client.get("/desk/province/agreements")
        assert "待审批" in words(page)
        assert "/countersign" not in page.text


async def test_agreements_say_what_may_be_done_with_each(house: House) -> None:
    async with office(house) as client:
        acts_of(house).agreed = (
            an_agreement(1, State.PROPOSED, ours=False),
            an_agreement(2, State.PROPOSED, ours=True),
            an_agreement(3, State.IN_FORCE, ours=True),
            an_agreement(4, State.ENDED, ours=True),
        )
        page = await client.get("/desk/province/agreements")
        ways = [
            action.removeprefix("/desk/province/agreements/") for action, _ in forms(page) if "agreements/" in action
        ]
        assert ways == ["0190-00000001/countersign", "0190-00000001/end", "0190-00000002/end", "0190-00000003/end"]
        text = words(page)
        for part in (
            "会签，提交审批",
            "不予会签",
            "撤回提议",
            "终止，提交审批",
            "3 个工作日 ，绿色通道 2 个",
            "名册已载入",
        ):
            assert part.replace(" ", "") in text.replace(" ", ""), part
        form = form_to(page, "0190-00000001/countersign")
        unknown = await client.post("/desk/province/agreements/0190-00000001/countersign", data=form)
        assert unknown.status_code == 404  # of the fake, that knows one thread
        assert "不在监管范围内" in words(unknown)


async def test_an_approver_approves_several_but_not_the_own(house: House) -> None:
    async with office(house, Role.APPROVER) as client:
        acts = acts_of(house)
        acts.awaiting = (prepared(1, "other"), prepared(2, "other"), prepared(3, "jg"))
        acts.prepared = {"m-1": ("other", THREAD), "m-2": ("other", THREAD), "m-3": ("jg", THREAD)}
        page = await client.get("/desk/province/waiting?every=1")
        form = form_to(page, "/province/approvals")
        assert form["move"] == ["m-1.1", "m-2.1"]
        assert "本人拟稿" in words(page)
        told = await client.post(
            "/desk/province/approvals", data={**form, "move": ["m-1.1", "m-2.1", "m-3.1", "m-9.1"]}
        )
        assert acts.sealed == ["m-1", "m-2"]
        assert "已办理 2 件" in words(told)
        assert "未办理 2 件" in words(told)
        assert "须由另一人审批" in words(told)
        nothing = await client.post("/desk/province/approvals", data={**form, "move": []})
        assert nothing.status_code == 422
        # and that is all of the province that an approver opens
        assert 'href="/desk/province/waiting"' in (await client.get("/desk/todo")).text
        assert (await client.get("/desk/province")).status_code == 403


async def test_what_waits_is_counted_in_the_navigation_and_leads_to_its_act(house: House) -> None:
    async with office(house) as client:
        page = await client.get("/desk/province")
        assert re.search(r'href="/desk/province/waiting\?[^"]*">待办理 <b>1</b>', page.text) is not None
        waiting = await client.get("/desk/province/waiting")
        assert f'href="{HERE}/acts/designate"' in waiting.text
        assert "2026-08-10" in words(waiting)
        assert "近三十日收到的督办答复" in words(waiting)
        assert WAITS.keys() == {"designation", "opinion", "coordination", "agreement", "reveal"}


async def test_who_looks_alone_sees_no_act_and_reaches_none(house: House) -> None:
    async with office(house, Role.READER) as client:
        for page in ("/list?count=late", f"/threads/{THREAD}", "/waiting", "/agreements"):
            found = await client.get(f"/desk/province{page}")
            assert found.status_code == 200, page
            assert not [action for action, _ in forms(found) if "/province/" in action and 'method="post"' in action]
            assert "/acts/" not in found.text, page
            assert "/province/reminders" not in found.text
        token = form_to(await client.get("/desk/province"), "/sign-out")["_csrf"]
        for address in (f"/threads/{THREAD}/acts/remind", "/reminders", "/announce", "/agreements/new", "/approvals"):
            sent = await client.post(f"/desk/province{address}", data={"_csrf": token, "thread": THREAD, "text": "催"})
            assert sent.status_code == 403, address
        assert acts_of(house).said == []


async def test_a_form_without_the_page_s_token_does_nothing(house: House) -> None:
    async with office(house) as client:
        taken = sorted(
            name for name, access in PAGES.items() if name.startswith("take") and Role.SUPERVISOR in access.roles
        )
        assert {"takeReminders", "takeProvinceAct", "takeAnnounce", "takeNewAgreement"} <= set(taken)
        for address in (f"/threads/{THREAD}/acts/remind", "/reminders", "/announce", "/agreements/new"):
            sent = await client.post(f"/desk/province{address}", data={"thread": THREAD, "text": "催", "unit": OTHER})
            assert sent.status_code == 403, address
        assert acts_of(house).said == []


async def test_pages_of_acts_run_without_scripts_and_styles_of_their_own(house: House) -> None:
    async with office(house) as client:
        for page in ("/waiting", "/announce", "/agreements", "/agreements/new", f"/threads/{THREAD}/acts/designate"):
            found = await client.get(f"/desk/province{page}")
            assert found.status_code == 200, page
            assert not re.search(r" style=| on[a-z]+=|<style|<script(?! src)", found.text), page
            assert found.text.count("<h1>") == 1
