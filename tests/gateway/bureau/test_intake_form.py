"""The form: filled in, saved, checked as typed, handed over; nothing that was typed is lost."""

import re
from dataclasses import replace

import pytest

from node.desk.ports import Role
from node.desk.views import Problem
from tests.gateway.bureau.intake import AT, FILLED, ID_NUMBER, a_draft_of, chengdu, filled
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD
from tests.gateway.fake_views import a_unit

_JSON = {"accept": "application/json"}


async def test_a_form_becomes_a_draft_and_shows_again_what_was_typed(house: House) -> None:
    async with signed_in(house) as client:
        address = await a_draft_of(client)
        (draft,) = house.station.desk.drafts.values()
        assert draft.business["matter"] == "INVESTIGATION"
        assert draft.business["task_place"] == {"code": "510104", "role": "ACCIDENT", "certainty": "DEFINITE"}
        letter = draft.business["letter"]
        assert isinstance(letter, dict)
        assert letter["items"] == [{"text": "事发时间与地点", "mandatory": True, "code": "T1"}]
        assert (letter["worker"]["name"], letter["recusal_declared"]) == ("王小明", True)
        page = await client.get(address)
        again = form_to(page, address)
        assert again["task_place.code"] == ["510104 四川省成都市锦江区"]
        for path, value in FILLED.items():
            assert again[path][-1].startswith(value), path


async def test_a_form_that_is_sent_twice_makes_one_draft(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        sent = filled(page)
        for _ in range(2):
            assert (await client.post(f"{AT}/new", data=sent)).status_code == 303
        assert len(house.station.desk.drafts) == 1
        changed = await client.post(f"{AT}/new", data={**sent, "case_key": ["甲"]})  # gone back to, and changed
        assert changed.status_code == 303
        assert [draft.business.get("case_key") for draft in house.station.desk.drafts.values()] == [None, "甲"]


async def test_what_cannot_be_stored_is_shown_as_it_was_typed_and_the_rest_is_kept(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        sent = filled(page, clock__accepted_on="30.7.", task_place__code="没有这个地方")
        answer = await client.post(f"{AT}/new", data=sent)
        assert answer.status_code == 422
        (draft,) = house.station.desk.drafts.values()
        shown = form_to(answer, draft.draft_id)
        assert (shown["clock.accepted_on"], shown["task_place.code"]) == (["30.7."], ["没有这个地方"])
        assert "查不到这个地名" in answer.text
        assert "不是有效的日期" in answer.text
        assert 'id="task_place-code"' in answer.text.partition(" autofocus")[0].rpartition("<input")[2]
        assert "王小明" in str(draft.business)


async def test_a_place_is_taken_by_its_name_and_an_uncertain_one_has_candidates(house: House) -> None:
    async with signed_in(house) as client:
        await a_draft_of(client, task_place__code="锦江", place_2="510105 四川省成都市青羊区")
        (draft,) = house.station.desk.drafts.values()
        assert draft.business["task_place"] == {
            "code": "510104", "role": "ACCIDENT", "certainty": "UNCERTAIN", "other_candidates": ["510105"],
        }  # fmt: skip


async def test_with_the_host_alone_its_place_is_taken(house: House) -> None:
    async with signed_in(house) as client:
        house.station.desk.units = (a_unit(), chengdu())
        await a_draft_of(client, task_place__code="", host_unit="510100rd015")
        (draft,) = house.station.desk.drafts.values()
        assert draft.business["task_place"] == {"code": "510100", "role": "ACCIDENT", "certainty": "DEFINITE"}
        assert draft.business["host_unit"] == "510100RD015"


async def test_wrong_digits_and_days_are_told_while_typing_and_nothing_is_stored(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        wrong = {
            "letter__worker__id_number": ID_NUMBER[:-1] + "1",
            "letter__employer__credit_code": "91330100MA00000001",
            "clock__accepted_on": "2026-07-01",
            "letter__accident__died_on": "2027-01-01",
            "priority": "GREEN",
        }
        told = await client.post(f"{AT}/check", data=filled(page, **wrong))
        faults = told.json()["faults"]
        assert set(faults) == {
            "letter.worker.id_number", "letter.employer.credit_code", "clock.accepted_on", "letter.accident.died_on",
            "letter.priority_reason",
        }  # fmt: skip
        assert "校验位" in faults["letter.worker.id_number"]
        assert ID_NUMBER[:-1] not in told.text
        assert house.station.desk.drafts == {}


async def test_who_is_competent_and_who_is_the_home_is_told_with_the_article(house: House) -> None:
    desk = house.station.desk
    paper = chengdu(is_member=False, phone="028-1234")
    desk.competent = {"510104": (paper,), "510100": (chengdu(),), "330106": ()}
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        at_home = (await client.post(f"{AT}/check", data=filled(page))).json()
        assert "成都市人社局" in at_home["told"]
        assert "未入网" in at_home["told"]
        assert "028-1234" in at_home["told"]
        assert "委托方是本单位" in at_home["told"]
        project = filled(page, letter__insurance__mode="INSURANCE_MODE_PROJECT", letter__insurance__project_in="510100")
        told = (await client.post(f"{AT}/check", data=project)).json()
        assert "letter.insurance.project_in" in told["faults"]
        assert "人社部发〔2016〕29号第七条" in told["told"]
        # nobody competent there, but within our own region
        none = filled(page, letter__insurance__mode="INSURANCE_MODE_NONE", letter__employer__operates_in="330106")
        assert "letter.employer.operates_in" not in (await client.post(f"{AT}/check", data=none)).json()["faults"]


async def test_it_saves_itself_with_the_version_and_tells_a_conflict_without_losing_anything(house: House) -> None:
    async with signed_in(house) as client:
        address = await a_draft_of(client)
        page = await client.get(address)
        sent = filled(page, address, letter__case_summary="我写的")
        first = await client.post(address, data=sent, headers=_JSON)
        assert first.json()["version"] == 2
        assert first.json()["address"] == address
        stale = await client.post(address, data=sent, headers=_JSON)
        assert (stale.status_code, stale.json()) == (409, {"conflict": True})
        theirs = filled(page, address, letter__case_summary="别人写的", _version="2")
        assert (await client.post(address, data=theirs)).status_code == 303
        conflict = await client.post(address, data=sent)
        assert conflict.status_code == 412
        assert "我写的" in words(conflict)
        assert "别人写的" in words(conflict)
        again = form_to(conflict, address)
        assert again["letter.case_summary"] == ["我写的"]
        assert (await client.post(address, data=again)).status_code == 303
        (draft,) = house.station.desk.drafts.values()
        assert "我写的" in str(draft.business)


async def test_what_is_missing_is_told_when_it_is_handed_over(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        sent = filled(page, letter__acceptance_number="", letter__recusal_declared="", letter__insurance__insured_in="")
        sent["_do"] = ["submit"]
        answer = await client.post(f"{AT}/new", data=sent)
        back = await client.get(answer.headers["location"])
        assert answer.headers["location"].endswith("?check=1")
        for path in ("letter-acceptance_number", "letter-recusal_declared", "letter-insurance-insured_in"):
            assert f'href="#{path}"' in back.text
        assert 'href="#letter-worker-name"' not in back.text
        (draft,) = house.station.desk.drafts.values()
        assert draft.state == "draft"
        complete = filled(back, draft.draft_id)
        complete["_do"] = ["submit"]
        done = await client.post(f"{AT}/{draft.draft_id}", data=complete)
        assert done.headers["location"] == f"{AT}/{draft.draft_id}/review"
        assert house.station.desk.drafts[draft.draft_id].state == "pending_approval"


async def test_short_time_is_asked_for_when_the_node_needs_it(house: House) -> None:
    guard = {"guard": "time_left_confirmed"}
    house.station.desk.refused_at_check = (Problem("", "GUARD_FAILED", guard),)
    async with signed_in(house) as client:
        address = await a_draft_of(client)
        assert "short_time_confirmed" not in form_to(await client.get(address), address)
        page = await client.get(f"{address}?check=1")
        assert form_to(page, address)["short_time_confirmed"] == [""]
        house.station.desk.refused_at_check = ()
        sent = {**filled(page, address), "short_time_confirmed": ["", "1"], "_do": ["submit"]}
        await client.post(address, data=sent)
        (draft,) = house.station.desk.drafts.values()
        assert (draft.business["short_time_confirmed"], draft.state) == (True, "pending_approval")


async def test_outlines_are_added_by_group_and_rows_come_and_go_without_saving(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        page = await client.post(f"{AT}/new", data={**filled(page), "_outline": "commuting"})
        sent = form_to(page, "/new")
        questions = [path for path in sent if path.startswith("letter.outline") and path.endswith("text")]
        assert len(questions) == 3
        page = await client.post(f"{AT}/new", data={**sent, "_outline": "commuting"})
        assert len([path for path in form_to(page, "/new") if path.endswith(".text") and "outline" in path]) == 3
        page = await client.post(f"{AT}/new", data={**form_to(page, "/new"), "_drop": "letter.outline.0"})
        page = await client.post(f"{AT}/new", data={**form_to(page, "/new"), "_add": "letter.items"})
        sent = form_to(page, "/new")
        assert "letter.outline.2.text" not in sent
        assert sent["letter.items.1.text"] == [""]
        assert house.station.desk.drafts == {}
        await client.post(f"{AT}/new", data={**sent, "letter.items.1.text": ["经过"], "letter.items.1.code": ["T1"]})
        (draft,) = house.station.desk.drafts.values()
        assert [item["code"] for item in draft.business["letter"]["items"]] == ["T2", "T1"]  # type: ignore[index]


async def test_what_the_unit_knows_of_a_person_is_taken_over(house: House) -> None:
    desk = house.station.desk
    known = {"worker": {"name": "别名", "phone": "139"}, "employer": {"name": "旧单位", "credit_code": "X"}}
    desk.of_number = {ID_NUMBER: tuple(desk.rows)}
    async with signed_in(house) as client:
        view = await desk.get_delegation(None, desk.rows[0].delegation_id)  # type: ignore[arg-type]
        desk.shown = replace(view, letter=known)
        page = await client.get(f"{AT}/new")
        page = await client.post(f"{AT}/new", data={**filled(page, letter__employer__name=""), "_known": "1"})
        assert "本单位已有此人的案件" in words(page)
        sent = form_to(page, "/new")
        taken = await client.post(f"{AT}/new", data={**sent, "_take": desk.rows[0].delegation_id})
        found = form_to(taken, "/new")
        assert found["letter.worker.name"] == ["王小明"]  # what was typed stays
        assert found["letter.worker.phone"] == ["139"]
        assert found["letter.employer.name"] == ["旧单位"]


async def test_places_and_units_are_found_by_post(house: House) -> None:
    async with signed_in(house) as client:
        token = filled(await client.get(f"{AT}/new"))["_csrf"][0]
        found = await client.post(f"{AT}/places", data={"_csrf": token, "text": "锦江"})
        assert 'data-value="510104 四川省成都市锦江区"' in found.text
        by_code = await client.post(f"{AT}/places", data={"_csrf": token, "text": "5101"})
        assert "510104" in by_code.text
        assert (await client.post(f"{AT}/places", data={"_csrf": token, "text": "x" * 500})).status_code == 200
        units = await client.post(f"{AT}/units", data={"_csrf": token, "text": "杭州"})
        assert a_unit().code in units.text
        assert (await client.get(f"{AT}/places?text=a")).status_code in {404, 405, 303}


async def test_what_the_form_does_not_ask_stays_in_the_draft(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as client:
        address = await a_draft_of(client)
        (draft,) = desk.drafts.values()
        desk.drafts[draft.draft_id] = replace(draft, business={**draft.business, "relation": "SAME_CASE"})
        page = await client.get(address)
        await client.post(address, data=filled(page, address))
        assert desk.drafts[draft.draft_id].business["relation"] == "SAME_CASE"


async def test_only_clerks_write(house: House) -> None:
    async with signed_in(house, Role.READER) as client:
        assert (await client.get(f"{AT}/new")).status_code == 403
        assert (await client.get(AT)).status_code == 200


async def test_a_session_that_ended_costs_nothing_that_was_typed(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with signed_in(house) as client:
        address = await a_draft_of(client)
        sent = filled(await client.get(address), address, letter__case_summary="写到一半")
        client.cookies.clear()
        by_itself = await client.post(address, data=sent, headers=_JSON)
        assert by_itself.status_code == 401
        page = await client.post(address, data=sent)
        kept = form_to(page, "/sign-in")
        kept.update({"staff_id": ["clerk"], "password": [PASSWORD]})
        go_on = await client.post("/desk/sign-in", data=kept)
        saved = await client.post(address, data=form_to(go_on, address))
        assert saved.status_code == 303
        (draft,) = house.station.desk.drafts.values()
        assert "写到一半" in str(draft.business)
        assert "request failed" not in capsys.readouterr().out


async def test_the_form_with_its_files_is_small(house: House) -> None:
    async with signed_in(house) as client:
        page = await client.get(f"{AT}/new")
        files = [await client.get(address) for address in re.findall(r'(?:src|href)="(/desk/static/[^"]+)"', page.text)]
        assert len(files) == 7
        assert len(page.content) + sum(len(file.content) for file in files) < 150 * 1024
