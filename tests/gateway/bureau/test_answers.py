"""A request about own data on its pages: two people, a day of the unit's own, late ones in red; names for staff ids."""

from dataclasses import replace

from node.desk.people_views import LookView
from node.desk.ports import Role
from node.desk.views import HandsView, PreparedMoveView
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.bureau.test_people import ASKED
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW
from tests.gateway.fake_views import DELEGATION


async def asked(house: House, **changes: str) -> str:
    """One that was recorded; its address."""
    async with signed_in(house) as client:
        form = form_to(await client.get(f"/desk/cases/{DELEGATION}/requests"), "/requests")
        sent = await client.post(f"/desk/cases/{DELEGATION}/requests", data={**form, **ASKED, **changes})
        assert sent.status_code == 303, words(sent)
        return sent.headers["location"].split("?")[0]


async def test_one_prepares_and_another_approves(house: House) -> None:
    address = await asked(house)
    async with signed_in(house) as clerk, signed_in(house, Role.APPROVER) as approver:
        page = await clerk.get(address)
        assert "不是法定期限" in words(page)
        assert "/answer/approve" not in (await approver.get(address)).text
        form = {**form_to(page, "/answer"), "outcome": ["given"], "text": ["到窗口领取"]}
        sent = await clerk.post(f"{address}/answer", data=form)
        assert sent.headers["location"].endswith("done=prepared")
        page = await clerk.get(address)
        assert "等另一人审批" in words(page)
        assert "/answer/approve" not in page.text
        assert "答复待审批" in words(await clerk.get(f"/desk/cases/{DELEGATION}/requests"))

        page = await approver.get(address)
        assert "到窗口领取" in words(page)
        back = form_to(page, "/answer/send-back")
        empty = await approver.post(f"{address}/answer/send-back", data={**back, "note": " "})
        assert empty.status_code == 422
        assert 'aria-describedby="note-fault"' in empty.text
        await approver.post(f"{address}/answer/send-back", data={**back, "note": "写明地点"})
        stale = await approver.post(f"{address}/answer/approve", data=back)
        assert stale.status_code in (409, 412)

        page = await clerk.get(address)
        assert "写明地点" in words(page)
        form = form_to(page, "/answer")
        assert form["text"] == ["到窗口领取"]  # what was typed is still there
        await clerk.post(f"{address}/answer", data={**form, "text": ["到一楼窗口领取"]})
        assert (await clerk.post(f"{address}/answer/approve", data=form)).status_code == 403
        page = await approver.get(address)
        done = await approver.post(f"{address}/answer/approve", data=form_to(page, "/answer/approve"))
        assert done.headers["location"].endswith("done=answered")
        page = await clerk.get(address)
        assert "名approver" in words(page)
        await clerk.post(f"{address}/answer", data={**form_to(page, "/answer"), "text": "另附一份"})
        assert "到一楼窗口领取" in words(await clerk.get(address))  # what was answered before


async def test_a_person_of_both_roles_does_not_approve_the_own_answer(house: House) -> None:
    address = await asked(house)
    account = house.station.accounts.accounts["clerk"]
    account.view = replace(account.view, roles=("clerk", "approver"))
    async with signed_in(house) as client:
        await client.post(
            f"{address}/answer", data={**form_to(await client.get(address), "/answer"), "outcome": "given"}
        )
        page = await client.get(address)
        assert "须由另一人审批" in words(page)
        token = form_to(page, "/answer")
        refused = await client.post(f"{address}/answer/approve", data=token)
        assert refused.status_code == 403
        assert "须由另一人审批" in words(refused)


async def test_what_is_late_is_red_and_says_so(house: House) -> None:
    address = await asked(house, asked_on="2026-07-01")
    async with signed_in(house) as client:
        for page in (await client.get(address), await client.get(f"/desk/cases/{DELEGATION}/requests")):
            assert 'class="lamp red"' in page.text
            assert "超期" in words(page)


async def test_the_period_is_set_by_the_administrator_as_the_units_own(house: House) -> None:
    async with signed_in(house, Role.ADMINISTRATOR) as boss:
        page = await boss.get("/desk/people/periods")
        assert "不是法定期限" in words(page)
        form = form_to(page, "/people/periods")
        assert form["days"] == ["15"]
        for wrong in ("0", "61", "x", ""):
            bad = await boss.post("/desk/people/periods", data={**form, "days": wrong})
            assert bad.status_code == 422, wrong
        kept = await boss.post("/desk/people/periods", data={**form, "days": "10"})
        assert kept.status_code == 303
        assert house.station.people.days == 10
    async with signed_in(house) as clerk:
        assert (await clerk.get("/desk/people/periods")).status_code == 403
        assert "10 个工作日" in words(await clerk.get(f"/desk/cases/{DELEGATION}/requests"))


async def test_looks_show_names_and_lists_their_cases(house: House) -> None:
    row = LookView(
        number=1, at=NOW, staff_id="clerk", name="李某", on_behalf="jia", on_behalf_name="甲某", unit=HOME,
        what="lines", subject_id="", part=f"{DELEGATION} WT-330100-20260803-000018-X",
    )  # fmt: skip
    house.station.people.seen = [row]
    async with signed_in(house, Role.READER) as auditor:
        page = await auditor.get("/desk/people/looks?staff=clerk")
        assert "列表中的一行" in words(page)
        assert "共 2 件" in words(page)
        assert "WT-330100-20260803-000018-X" in words(page)
        assert "甲某" in words(page)
        house.station.people.seen = [replace(row, subject_id=DELEGATION, part="")]
        page = await auditor.get(f"/desk/people/looks?case={DELEGATION}")
        assert "列表中的一行" in words(page)
        assert "共" not in words(page)


async def test_a_sealed_act_says_who_approved_and_who_pressed_the_seal(house: House) -> None:
    hands = HandsView(
        reviewed_by="approver", reviewed_by_name="审某", reviewed_at=NOW, sealed_by="yi", sealed_by_name="乙（代印某）",
        sealed_for="yin", sealed_at=NOW,
    )  # fmt: skip
    desk = house.station.desk
    desk.prepared["m-1"] = PreparedMoveView(
        move_id="m-1", delegation_id=DELEGATION, kind="REFUSED", label="不予受托", state="approved", version=3, data={},
        prepared_by="clerk", prepared_by_name="李某", prepared_at=NOW, hands=hands,
    )  # fmt: skip
    async with signed_in(house) as client:
        page = await client.get("/desk/moves/m-1")
        for shown in ("李某", "审某", "乙（代印某）", "代理用印"):
            assert shown in words(page)
        assert 'class="person" tabindex="0"' in page.text  # the id, for who points at it or comes by keyboard
