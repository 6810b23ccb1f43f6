"""The case page, forms that became stale, and four eyes, on a desk in memory."""

import re
from dataclasses import replace
from datetime import date

import httpx
import pytest

from delegation.codes import Kind
from delegation.tables import TABLES
from gateway.bureau.cases.words import GUARD_WORDS
from node.desk.ports import Role
from node.desk.views import DueDateView, MoveView, QueuedMoveView, UnitView
from tests.gateway.bureau.case_views import a_case, an_act, an_envelope
from tests.gateway.bureau.pages import form_to, forms, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW, OTHER, PASSWORD
from tests.gateway.fake_desk import FakeDesk
from tests.gateway.fake_views import DELEGATION, a_row, a_unit

CASE = f"/desk/cases/{DELEGATION}"
MOVES = (
    MoveView("ACCEPTED", "受托受理", 1, True, ()),
    MoveView("REFUSED", "不予受托", 2, True, tuple(f"R{number:02d}" for number in range(1, 11))),
    MoveView("REMIND", "催办", 1, True, ()),
    MoveView("REPORTED", "提交结果", 2, False, (), "NOT_ALLOWED", {"kind": "REPORTED", "state": "signed_for"}),
    MoveView("EXTENSION_REQUESTED", "申请延期", 1, False, ("E01",), "GUARD_FAILED", {"guard": "before_expiry"}),
)


def as_host(house: House, **changes: object) -> FakeDesk:
    """A delegation to us, signed for, with its usual moves."""
    desk = house.station.desk
    desk.moves = MOVES
    row = a_row(our_role="host", home_unit=OTHER, host_unit=HOME, turn=HOME, our_turn=True)
    case = a_case(Kind.ACCEPTED)
    desk.other = {"row": row, "entries": case.entries, "letter": case.letter, "queued": (), **changes}
    return desk


async def fill_in(client: httpx.AsyncClient, verb: str, values: dict[str, str | list[str]]) -> httpx.Response:
    """Open a form and send it with these values."""
    page = await client.get(f"{CASE}/moves/{verb}")
    assert page.status_code == 200, page.text
    return await client.post(f"{CASE}/moves/{verb}", data={**form_to(page, f"/{verb}"), **values})


def test_every_guard_of_the_rule_book_has_words() -> None:
    named = set()
    for table in TABLES:
        named |= {*table.common_header_guards, *table.common_body_guards, *table.common_local_guards}
        for row in table.rows:
            named |= {*row.header_guards, *row.body_guards, *row.local_guards}
    assert named <= set(GUARD_WORDS)


async def test_the_case_page_says_whose_turn_it_is_and_until_when(house: House) -> None:
    due = DueDateView("decide", "受托决定", HOME, date(2026, 8, 5), date(2026, 8, 6), True, "约定时限", 3)
    as_host(house, due_dates=(due,))
    async with signed_in(house) as client:
        page = await client.get(CASE)
    text = words(page)
    assert page.status_code == 200
    assert "轮到本单位 — 下一步：受理、退回补正、转办或不予受托" in text
    assert "剩 3 天" in text
    assert "暂定" in text
    source = re.search(
        r'aria-describedby="(due-1)"[^>]*>[^<]*</button><span[^>]*role="tooltip" id="\1">([^<]+)', page.text
    )
    assert source is not None
    assert source[2] == "约定时限"
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page.text)
    assert DELEGATION not in re.findall(r"<title>(.*?)</title>", page.text, re.DOTALL)[0]


async def test_what_is_forbidden_stands_there_with_its_reason(house: House) -> None:
    as_host(house)
    async with signed_in(house) as client:
        page = await client.get(CASE)
    text = words(page)
    assert "期限已过，不能再申请延期" in text
    assert "现为“已签收”；须为：办理中、撤回中" in text
    assert page.text.count('aria-disabled="true"') == 2
    assert f'href="{CASE}/moves/accepted"' in page.text
    assert "/moves/reported" not in page.text
    assert re.search(r"不予受托\s+须审批", text)


async def test_three_kinds_of_proof_and_negative_evidence_stand_apart(house: House) -> None:
    as_host(house)
    async with signed_in(house) as client:
        text = words(await client.get(CASE))
    assert re.search(r"业务行为\s+委托", text)
    assert re.search(r"回执\s+注册中心第 1 号", text)
    assert re.search(r"送达证据\s+成都市人社局：节点收存", text)
    assert "日志长度为 12 时未载有该行为" in text


async def test_the_live_part_is_sent_only_when_something_changed(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        page = await client.get(CASE)
        address = re.search(r'id="case-live"[^>]*hx-get="([^"]+)"', page.text)
        assert address is not None
        same = await client.get(address[1], headers={"hx-request": "true"})
        assert same.status_code == 204
        desk.version += 1
        changed = await client.get(address[1], headers={"hx-request": "true"})
        assert changed.status_code == 200


async def test_what_was_refused_has_cause_and_cure_and_its_content_back(house: House) -> None:
    queued = QueuedMoveView(
        envelope_id=an_envelope(9), kind="REFUSED", label="不予受托", state="refused", queued_at=NOW, claimed_at=NOW,
        reason="STALE", details={}, data={"reasons": ["R06"], "body": {"text": "时间不够"}},
    )  # fmt: skip
    as_host(house, queued=(queued,))
    async with signed_in(house) as client:
        page = await client.get(CASE)
        assert "对方已有新的动作" in words(page)
        assert "所填内容仍在" in words(page)
        again = await client.get(f"{CASE}/moves/refused?again={an_envelope(9)}")
    form = form_to(again, "/moves/refused")
    assert form["reasons"] == ["R06"]
    assert form["body.text"] == ["时间不够"]


async def test_one_person_s_move_is_made_and_answered_with_another_page(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        sent = await fill_in(client, "accepted", {"body.acceptance.local_case_number": "成9"})
    assert (sent.status_code, sent.headers["location"]) == (303, f"{CASE}?made=sent")
    assert desk.made == [
        ("ACCEPTED", {"body": {"acceptance": {"local_case_number": "成9"}, "text": ""}})
    ] or desk.made == [("ACCEPTED", {"body": {"acceptance": {"local_case_number": "成9"}}})]


async def test_two_persons_move_is_prepared_once_however_often_it_is_sent(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        values: dict[str, str | list[str]] = {"reasons": ["R06"], "body.text": "时间不够"}
        first = await fill_in(client, "refused", values)
        again = await fill_in(client, "refused", values)
    assert first.status_code == again.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    assert len(desk.prepared) == 1


async def test_what_is_missing_stands_beside_its_field_with_everything_typed(house: House) -> None:
    as_host(house)
    async with signed_in(house) as client:
        sent = await fill_in(client, "refused", {"body.refusal.superior": "四川省人社厅"})
    assert sent.status_code == 422
    assert form_to(sent, "/refused")["body.refusal.superior"] == ["四川省人社厅"]
    assert re.search(r'id="body-text"[^>]*aria-invalid="true"', sent.text)
    assert "autofocus" in sent.text


async def test_a_stale_form_tells_what_changed_and_can_be_sent_on_the_new_state(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        page = await client.get(f"{CASE}/moves/refused")
        typed = {**form_to(page, "/refused"), "reasons": ["R06"], "body.text": "时间不够"}
        entries = desk.other["entries"]
        assert isinstance(entries, tuple)
        amended = an_act(30, "AMENDED", sender=OTHER, body={"amendment": {"subject": "contact", "after": "新电话"}})
        desk.other["entries"] = (*entries, amended)
        desk.version += 1
        stale = await client.post(f"{CASE}/moves/refused", data=typed)
        assert stale.status_code == 409
        assert "打开此表后案件有了变化" in words(stale)
        assert "新电话" in words(stale)
        assert form_to(stale, "/refused")["body.text"] == ["时间不够"]
        assert not desk.prepared
        sent = await client.post(f"{CASE}/moves/refused", data=form_to(stale, "/refused"))
    assert sent.status_code == 303
    assert len(desk.prepared) == 1


async def test_evidence_of_a_delivery_makes_no_form_stale(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        page = await client.get(f"{CASE}/moves/accepted")
        desk.version += 1
        sent = await client.post(f"{CASE}/moves/accepted", data=form_to(page, "/accepted"))
    assert sent.status_code == 303
    assert [kind for kind, _ in desk.made] == ["ACCEPTED"]


async def test_what_is_no_longer_allowed_is_kept_but_not_offered(house: House) -> None:
    desk = as_host(house)
    async with signed_in(house) as client:
        page = await client.get(f"{CASE}/moves/refused")
        typed = {**form_to(page, "/refused"), "reasons": ["R06"], "body.text": "时间不够"}
        entries = desk.other["entries"]
        assert isinstance(entries, tuple)
        desk.other["entries"] = (*entries, an_act(30, "WITHDRAW_REQUESTED", sender=OTHER))
        desk.moves = (
            MoveView("REFUSED", "不予受托", 2, False, (), "NOT_ALLOWED", {"state": "withdraw_requested"}),
        )  # fmt: skip
        desk.version += 1
        stale = await client.post(f"{CASE}/moves/refused", data=typed)
    assert stale.status_code == 409
    assert "现在不能再办理此事项" in words(stale)
    assert form_to(stale, "/refused")["body.text"] == ["时间不够"]
    assert 'class="main"' not in stale.text.split("<main", 1)[1]


async def test_a_row_is_added_and_taken_away_without_sending(house: House) -> None:
    desk = as_host(house)
    desk.moves = (MoveView("ASSIGNED", "分派", 1, True, ()),)
    async with signed_in(house) as client:
        page = await client.get(f"{CASE}/moves/assigned")
        typed = form_to(page, "/assigned")
        more = await client.post(f"{CASE}/moves/assigned", data={**typed, "_add": "body.assignment.investigators"})
    assert more.status_code == 200
    assert "body.assignment.investigators.2.name" in form_to(more, "/assigned")
    assert desk.made == []


async def test_a_unit_may_be_typed_by_its_name(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = as_host(house)
    desk.moves = (MoveView("TRANSFERRED", "转办", 2, True, ("T01", "T02", "T03")),)
    named = (replace(a_unit("510104RD01X"), name="锦江区人社局"), replace(a_unit("510107RD01X"), name="武侯区人社局"))

    async def list_units(_actor: object, text: str = "") -> tuple[UnitView, ...]:
        return tuple(unit for unit in named if text in unit.name or text == unit.code)

    monkeypatch.setattr(desk, "list_units", list_units)
    async with signed_in(house) as client:
        several = await fill_in(client, "transferred", {"reasons": "T01", "declared.unit": "区人社局"})
        sent = await fill_in(client, "transferred", {"reasons": "T01", "declared.unit": "锦江区人社局"})
    assert several.status_code == 422
    assert "锦江区人社局 510104RD01X、武侯区人社局" in words(several)
    assert sent.status_code == 303
    (move,) = desk.prepared.values()
    assert move.data["declared"] == {"unit": "510104RD01X"}


async def prepared(house: House) -> str:
    """A refusal that waits for an approver; its address."""
    as_host(house)
    async with signed_in(house) as client:
        sent = await fill_in(client, "refused", {"reasons": ["R06"], "body.text": "时间不够"})
    return sent.headers["location"].partition("?")[0]


async def test_the_approver_reads_what_will_be_signed_and_signs_it(house: House) -> None:
    address = await prepared(house)
    desk = house.station.desk
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get(address)
        text = words(page)
        assert "R06 剩余时限不足" in text
        assert "时间不够" in text
        assert "停止：受托决定" in text
        done = await client.post(f"{address}/approve", data=form_to(page, "/approve"))
        again = await client.post(f"{address}/approve", data=form_to(page, "/approve"))
    assert (done.status_code, done.headers["location"]) == (303, f"{CASE}?made=approved")
    assert again.status_code == 303
    assert len(desk.made) == 1


async def test_a_handler_is_told_that_another_person_approves(house: House) -> None:
    address = await prepared(house)
    house.station.accounts.add("clerk", Role.CLERK, Role.APPROVER)
    async with signed_in(house) as client:
        page = await client.get(address)
        assert "拟稿人不能审批自己的事项" in words(page)
        assert re.search(r"<button[^>]*disabled>审批通过", page.text)
        refused = await client.post(f"{address}/approve", data=form_to(page, "/approve"))
    assert refused.status_code == 403
    assert house.station.desk.made == []


async def test_a_move_is_sent_back_with_a_word_changed_and_approved_by_another(house: House) -> None:
    address = await prepared(house)
    desk = house.station.desk
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get(address)
        silent = await client.post(f"{address}/drop", data=form_to(page, "/drop"))
        assert silent.status_code == 422
        back = await client.post(f"{address}/drop", data={**form_to(page, "/drop"), "note": "写明剩余天数"})
        assert back.headers["location"] == f"{CASE}?made=back"
    async with signed_in(house) as client:
        form = await client.get(f"{address}/edit")
        typed = form_to(form, "/edit")
        assert typed["body.text"] == ["时间不够"]
        changed = await client.post(f"{address}/edit", data={**typed, "body.text": "只剩两个工作日"})
        assert changed.status_code == 303, words(changed)
    (move,) = desk.prepared.values()
    assert move.data["body"] == {"text": "只剩两个工作日"}
    assert move.data["reasons"] == ["R06"]


async def test_what_was_changed_meanwhile_is_read_again_before_it_is_signed(house: House) -> None:
    address = await prepared(house)
    desk = house.station.desk
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get(address)
        (move,) = desk.prepared.values()
        desk.prepared[move.move_id] = replace(move, version=2, data={"reasons": ["R04"], "body": {"text": "重复"}})
        refused = await client.post(f"{address}/approve", data=form_to(page, "/approve"))
    assert refused.status_code == 412
    assert "请重新阅读" in words(refused)
    assert "R04 与另案重复" in words(refused)
    assert desk.made == []


async def test_a_notice_is_begun_from_a_page(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as client:
        listed = await client.get("/desk/threads/new")
        assert "/desk/threads/new/notice-sent" in listed.text
        form = await client.get("/desk/threads/new/notice-sent")
        values = {
            "to": OTHER, "body.notice.worker.name": "示例", "body.notice.employer.name": "示例公司",
            "body.notice.accident.place_text": "某路口",
        }  # fmt: skip
        region = "body.notice.accident.region_code"
        for typed, told in (("", "请填写此项"), ("朝阳区", "有几处地方都符合"), ("无此地", "查不到这个地名")):
            wrong = {**form_to(form, "/notice-sent"), **values, region: typed}
            shown = await client.post("/desk/threads/new/notice-sent", data=wrong)
            assert shown.status_code == 422
            field = shown.text.partition(f'<input id="{region.replace(".", "-")}"')[2].partition("</div>")
            assert f'value="{typed}"' in field[0]
            assert "autofocus" in field[0]
            assert told in field[2].partition("</div>")[0]
        values[region] = "510114"
        shown = await client.post("/desk/threads/new/notice-sent", data={**wrong, **values, "to": "没有这个单位"})
        assert 'value="510114 四川省成都市新都区"' in shown.text  # kept, with its name, while another field is wrong
        sent = await client.post("/desk/threads/new/notice-sent", data={**form_to(form, "/notice-sent"), **values})
    assert sent.status_code == 303, words(sent)
    assert [kind for kind, _ in desk.made] == ["NOTICE_SENT"]


async def test_addresses_that_name_no_move_are_unknown(house: House) -> None:
    async with signed_in(house) as client:
        for verb in ("reseal", "no-such", "pool-committed"):
            assert (await client.get(f"{CASE}/moves/{verb}")).status_code == 404
        assert (await client.get("/desk/threads/new/accepted")).status_code == 404


async def test_a_reader_sees_and_makes_no_move(house: House) -> None:
    as_host(house)
    async with house.anonymous(origin="http://desk.test") as client:
        await client.post("/desk/sign-in", data={"staff_id": str(Role.READER), "password": PASSWORD})
        page = await client.get(CASE)
        assert page.status_code == 200
        assert not any("/moves/" in action for action, _ in forms(page))
        assert (await client.get(f"{CASE}/moves/accepted")).status_code == 403


async def test_where_the_seal_is_kept_apart_the_approver_leaves_it_to_its_holder(house: House) -> None:
    address = await prepared(house)
    desk = house.station.desk
    async with signed_in(house, Role.ADMINISTRATOR) as client:
        page = await client.get("/desk/seal")
        kept = await client.post("/desk/seal", data={**form_to(page, "/seal"), "who": "holder"})
        assert kept.status_code == 303
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get(address)
        assert "审批通过，交用印人用印" in words(page)
        assert not any(action.endswith("/approve") for action, _ in forms(page))
        done = await client.post(f"{address}/review", data=form_to(page, "/review"))
        assert done.headers["location"] == f"{CASE}?made=awaiting-seal"
        assert "由用印人用印" in words(await client.get(address))
    assert desk.made == []
    async with signed_in(house, Role.SEAL_HOLDER) as client:
        page = await client.get(address)
        assert "时间不够" in words(page)
        sealed = await client.post(f"{address}/seal", data=form_to(page, "/seal"))
        again = await client.post(f"{address}/seal", data=form_to(page, "/seal"))
    assert sealed.headers["location"] == again.headers["location"] == f"{CASE}?made=sealed"
    assert [kind for kind, _ in desk.made] == ["REFUSED"]


async def test_an_investigator_prepares_and_leaves_the_rest_to_the_handler(house: House) -> None:
    as_host(house)
    async with signed_in(house, Role.INVESTIGATOR) as client:
        page = await client.get(CASE)
    assert f'href="{CASE}/moves/refused"' in page.text
    assert f'href="{CASE}/moves/accepted"' not in page.text
    assert re.search(r"受托受理\s+由经办人办理", words(page))


async def test_a_case_in_english_has_no_chinese_of_ours(house: House) -> None:
    as_host(house)
    async with signed_in(house) as client:
        client.cookies.set("xieban_language", "en", path="/desk")
        page = await client.get(CASE)
    text = words(page)
    assert re.search(r"Your unit's turn — Next:\s+accept, return, transfer or refuse", text)
    assert "Negative evidence" in text
    for ours in ("业务行为", "回执", "可办理的事项", "轮到本单位"):
        assert ours not in text
