"""A draft's life: read whole, approved by another person, sent back, dropped; the pages of one case."""

from collections.abc import AsyncGenerator
from dataclasses import replace

import httpx

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, FileFacts, Role
from node.desk.views import Problem
from tests.gateway.bureau.intake import AT, ID_NUMBER, a_draft_of, filled
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, FakeAccounts
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, a_material, an_entry


async def handed_over(client: httpx.AsyncClient, **changes: str) -> str:
    """A draft that waits for approval; gives its address."""
    address = await a_draft_of(client, **changes)
    page = await client.get(address)
    sent = filled(page, address, **changes)
    sent["_do"] = ["submit"]
    answer = await client.post(address, data=sent)
    assert answer.headers["location"] == f"{address}/review"
    return address


async def test_the_approver_reads_everything_and_issues_it(house: House) -> None:
    async with signed_in(house) as clerk, signed_in(house, Role.APPROVER) as approver:
        address = await handed_over(clerk, letter__accident__diagnosis="左前臂骨折")
        (draft,) = house.station.desk.drafts.values()
        material = replace(a_material(size=2048), sha256=bytes(range(32)))
        house.station.desk.drafts[draft.draft_id] = replace(draft, materials=(material,))
        page = await approver.get(f"{address}/review")
        for text in (
            "王小明",
            ID_NUMBER,
            "左前臂骨折",
            "事发时间与地点",
            "14条5项",
            "扫描件.pdf",
            "2.0 KiB",
            "成都市人社局",
        ):
            assert text in words(page)
        assert bytes(range(32)).hex() in page.text
        assert "2026-08-06" in words(page)  # a due date of the node's judgement
        issued = await approver.post(f"{address}/approve", data=form_to(page, "/approve"))
        assert issued.headers["location"] == f"/desk/cases/{DELEGATION}"
        assert house.station.desk.drafts[draft.draft_id].state == "issued"


async def test_nobody_approves_what_he_wrote_and_it_is_said_in_words(house: House) -> None:
    accounts: FakeAccounts = house.station.accounts
    accounts.add("both", Role.CLERK, Role.APPROVER)
    async with signed_in(house, "both") as person:
        address = await handed_over(person)
        page = await person.get(f"{address}/review")
        assert "必须是两个人" in words(page)
        assert "/approve" not in page.text
        token = form_to(page, "/cancel")
        answer = await person.post(f"{address}/approve", data=token)
        assert answer.status_code == 403
        assert "必须是两个人" in words(answer)
        assert "issued" not in {draft.state for draft in house.station.desk.drafts.values()}


async def test_where_a_seal_holder_keeps_the_seal_the_approver_agrees_and_the_holder_seals(house: House) -> None:
    desk = house.station.desk
    desk.seal_apart = True
    async with (
        signed_in(house) as clerk,
        signed_in(house, Role.APPROVER) as approver,
        signed_in(house, Role.SEAL_HOLDER) as holder,
    ):
        address = await handed_over(clerk)
        page = await approver.get(f"{address}/review")
        assert "交用印人用印发出" in words(page)
        early = await holder.get(f"{address}/review")
        assert "/approve" not in early.text
        agreed = await approver.post(f"{address}/approve", data=form_to(page, "/approve"))
        assert agreed.headers["location"] == f"{address}/review"
        assert "待用印" in words(await clerk.get(AT))
        assert "data-autosave" not in (await clerk.get(address)).text
        page = await holder.get(f"{address}/review")
        sealed = await holder.post(f"{address}/approve", data=form_to(page, "/approve"))
        assert sealed.headers["location"] == f"/desk/cases/{DELEGATION}"
        assert {draft.state for draft in desk.drafts.values()} == {"issued"}


async def test_what_was_changed_after_it_was_read_is_not_approved(house: House) -> None:
    async with signed_in(house) as clerk, signed_in(house, Role.APPROVER) as approver:
        address = await handed_over(clerk)
        page = await approver.get(f"{address}/review")
        (draft,) = house.station.desk.drafts.values()
        house.station.desk.drafts[draft.draft_id] = replace(draft, version=draft.version + 1)
        answer = await approver.post(f"{address}/approve", data=form_to(page, "/approve"))
        assert answer.status_code == 412
        assert "请重新核对" in words(answer)
        assert house.station.desk.drafts[draft.draft_id].state == "pending_approval"
        again = await approver.post(f"{address}/approve", data=form_to(answer, "/approve"))
        assert again.status_code == 303


async def test_what_the_node_refuses_at_the_seal_is_said_in_words(house: House) -> None:
    house.station.desk.refused_at_seal = Refusal(Reason.BODY_GUARD_FAILED, guard="home_is_right")
    async with signed_in(house) as clerk, signed_in(house, Role.APPROVER) as approver:
        address = await handed_over(clerk)
        page = await approver.get(f"{address}/review")
        answer = await approver.post(f"{address}/approve", data=form_to(page, "/approve"))
        assert 400 <= answer.status_code < 500
        assert "委托方不是本单位" in words(answer)


async def test_it_is_sent_back_with_a_note_which_the_clerk_sees(house: House) -> None:
    async with signed_in(house) as clerk, signed_in(house, Role.APPROVER) as approver:
        address = await handed_over(clerk)
        page = await approver.get(f"{address}/review")
        assert '<details class="back">' in page.text, "the act stays in sight of a small screen"
        form = form_to(page, "/send-back")
        nothing = await approver.post(f"{address}/send-back", data=form)
        assert nothing.status_code == 422
        assert 'id="note-fault"' in nothing.text
        assert '<details class="back" open>' in nothing.text
        await approver.post(f"{address}/send-back", data={**form, "note": "请补充地点"})
        listed = await clerk.get(AT)
        assert "退回" in words(listed)
        assert "请补充地点" in words(await clerk.get(address))


async def test_a_draft_is_dropped_and_a_pending_one_does_not_save_itself(house: House) -> None:
    async with signed_in(house) as clerk:
        address = await handed_over(clerk)
        page = await clerk.get(address)
        assert "data-autosave" not in page.text
        assert "收回" in words(page)
        review = await clerk.get(f"{address}/review")
        dropped = await clerk.post(f"{address}/cancel", data=form_to(review, "/cancel"))
        assert dropped.headers["location"] == AT
        assert (await clerk.get(address)).headers["location"] == f"{address}/review"
        assert "已作废" in words(await clerk.get(f"{address}/review"))


async def test_the_review_hands_over_only_what_is_complete(house: House) -> None:
    async with signed_in(house) as clerk:
        address = await a_draft_of(clerk)
        house.station.desk.refused_at_check = (Problem("", "GUARD_FAILED", {"guard": "legal_basis_right"}),)
        page = await clerk.get(f"{address}/review")
        assert "依据不对" in words(page)
        answer = await clerk.post(f"{address}/submit", data=form_to(page, "/submit"))
        assert answer.headers["location"] == f"{address}?check=1"
        assert "draft" in {draft.state for draft in house.station.desk.drafts.values()}


async def test_another_delegation_of_the_case_copies_the_case_and_the_chosen_items(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as clerk:
        address = await a_draft_of(clerk, case_key="甲-1", host_unit="510100RD015")
        page = await clerk.get(f"{address}/case")
        made = await clerk.post(f"{address}/another", data={**form_to(page, "/another"), "item": ["T1"]})
        assert made.status_code == 303
        first, second = desk.drafts.values()
        assert second.business["case_key"] == "甲-1"
        assert "task_place" not in second.business
        assert "host_unit" not in second.business
        assert second.business["letter"] == first.business["letter"]
        without = await clerk.post(f"{address}/another", data=form_to(page, "/another"))
        third = desk.drafts[without.headers["location"].rpartition("/")[2]]
        assert "items" not in third.business["letter"]  # type: ignore[operator] # an object of JSON
        found = await clerk.post(f"{AT}/case", data={**form_to(page, "/another"), "case_key": "甲-1"})
        assert found.headers["location"] == f"{address}/case"
        assert (await clerk.post(f"{AT}/case", data={**form_to(page, "/another"), "case_key": "乙"})).status_code == 404


async def test_a_case_is_ready_when_every_mandatory_item_of_every_delegation_is_answered(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as clerk:
        address = await a_draft_of(clerk, case_key="甲-1")
        (draft,) = desk.drafts.values()
        desk.drafts[draft.draft_id] = replace(draft, state="issued", delegation_id=DELEGATION)
        view = await desk.get_delegation(None, DELEGATION)  # type: ignore[arg-type] # the fake asks nobody
        letter = draft.business["letter"]
        desk.shown = replace(view, letter=letter)  # type: ignore[arg-type] # an object of JSON
        assert "还有必答事项没有答复" in words(await clerk.get(f"{address}/case"))
        result = {"result": {"answers": [{"item_code": "T1", "finding": "FINDING_FOUND"}]}}
        desk.shown = replace(desk.shown, entries=(*view.entries, replace(an_entry(), kind="REPORTED", body=result)))
        page = await clerk.get(f"{address}/case")
        assert "全部必答事项都有答复" in words(page)
        assert "查明" in words(page)


async def test_material_of_the_case_is_taken_over_without_uploading_again(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as clerk:
        first = await a_draft_of(clerk, case_key="甲-1")
        second = await a_draft_of(clerk, case_key="甲-1")
        other = await a_draft_of(clerk, case_key="乙-2")
        held = [await _attach(house, address.rpartition("/")[2]) for address in (first, other)]
        page = await clerk.get(f"{second}/case")
        form = form_to(page, "/reuse")
        assert f'value="{held[0]}"' in page.text
        assert held[1] not in page.text
        assert "诊断证明 《工伤保险条例》第十八条 尚无" in words(page)
        desk.files[held[0]].view = replace(desk.files[held[0]].view, document_kind="diagnosis")
        page = await clerk.get(f"{second}/case")  # what is held stands with its id, so that nobody asks for it again
        assert f"诊断证明 《工伤保险条例》第十八条 笔录.pdf {held[0]}" in words(page)
        taken = await clerk.post(f"{second}/reuse", data={**form, "material": [held[0]]})
        assert taken.status_code == 303
        files = await desk.list_materials(None, second.rpartition("/")[2])  # type: ignore[arg-type] # as above
        assert [(file.name, file.size) for file in files] == [("笔录.pdf", 9)]
        assert [file.taken_over for file in files] == [True]
        strange = await clerk.post(f"{second}/reuse", data={**form, "material": [held[1]]})
        assert strange.status_code == 404


async def test_a_committees_draft_is_offered_what_the_recognition_holds_and_needs(house: House) -> None:
    async with signed_in(house) as clerk:
        business = {"case_key": "鉴-1", "matter": "DISABILITY_GRADE"}
        who = Actor("clerk", "甲", HOME, frozenset({"clerk"}))
        draft_id = (await house.station.desk.create_draft(who, business)).draft_id
        draft = f"{AT}/{draft_id}"
        house.station.taking.elsewhere[draft_id] = [
            FakeFile(replace(a_material(number), document_kind=kind, name="张三的诊断.pdf", size=4), b"%PDF")
            for number, kind in (("m-1", "diagnosis"), ("m-2", "witness"))
        ]
        told = words(await clerk.get(draft))
        assert "本案已有可附上的材料 2 份，其中本事项需要：诊断证明 附上，不必再要" in told
        page = await clerk.get(f"{draft}/case")
        assert "张三" not in page.text, "of another unit the kind is told, not the name"
        assert "诊断证明 《劳动能力鉴定管理办法》申请材料 杭州市人社局 存有，可附上" in words(page)
        form = form_to(page, "/reuse")
        assert form["material"] == ["m-1"], "what the matter asks for is ticked, the rest is not"
        assert (await clerk.post(f"{draft}/reuse", data=form)).status_code == 303
        [taken] = await house.station.desk.list_materials(None, draft_id)  # type: ignore[arg-type] # as above
        assert (taken.document_kind, taken.taken_over) == ("diagnosis", True)
        told = words(await clerk.get(draft))
        assert "免于重复索取 1 份" in told
        assert "本案已有可附上的材料 1 份" in told
        assert "其中本事项需要" not in told


async def _pieces() -> AsyncGenerator[bytes, None]:
    yield b"%PDF-1.7\n"


async def _attach(house: House, draft_id: str) -> str:
    facts = FileFacts(name="笔录.pdf")
    added = await house.station.desk.add_file(None, draft_id, _pieces(), facts)  # type: ignore[arg-type] # as above
    desk = house.station.desk
    desk.files[added.material_id].view = replace(added, size=9)
    return added.material_id
