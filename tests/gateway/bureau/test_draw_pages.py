"""Pages of the draw and the calendar, and a second delegation that says nothing of the first."""

import ast
import json
import re
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest

from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from gateway.bureau.draws import routes
from gateway.bureau.draws.linked import second
from gateway.bureau.intake import form_appraisal
from gateway.bureau.render import HERE
from gateway.bureau.texts import english
from node.desk.business import parse_business
from node.desk.ports import Role
from node.desk.views import DueDateView, MoveView
from node.draws.views import AppointmentLine
from tests.gateway.bureau.an_appraisal import a_seat, an_appraisal
from tests.gateway.bureau.case_views import LETTER
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_views import DELEGATION, a_delegation, a_row

CASE = f"/desk/cases/{DELEGATION}"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def appraised(house: House, **changes: object) -> None:
    """The desk's delegation is an appraisal."""
    house.station.desk.other = {
        "row": a_row(matter="DISABILITY_GRADE", state="scheduled"), "appraisal": an_appraisal(**changes),
    }  # fmt: skip


async def test_the_draw_is_told_step_by_step_with_its_digests(house: House) -> None:
    appraised(house)
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"{CASE}/draw")
        text = words(page)
        assert page.status_code == HTTPStatus.OK
        assert "名单的摘要" in text
        assert "44" * 32 in text
        assert "ab" * 32 in text
        assert "专家1" in text
        assert "曾为主治医师" in text
        assert "等待答复" in text
        assert "聘期已满 4" in text
        assert f"{CASE}/draw" in (await client.get(CASE)).text


async def test_a_province_sees_places_and_no_names(house: House) -> None:
    appraised(house, panel=(a_seat(1, status="sits", named=False),), recusals=())
    async with signed_in(house, Role.SUPERVISOR) as client:
        page = await client.get(f"{CASE}/draw")
        text = words(page)
    assert f'href="{CASE}/draw-file"' not in page.text
    assert f'href="{CASE}/draw-file?names=0"' in page.text
    assert "姓名不对本单位公开" in text
    assert "专家1" not in text


async def test_each_check_is_a_line_once_it_is_asked_for(house: House) -> None:
    appraised(house)
    async with signed_in(house, Role.CLERK) as client:
        assert "核验项" not in words(await client.get(f"{CASE}/draw"))
        text = words(await client.get(f"{CASE}/draw?check=1"))
        report = await house.station.draws.check_draw(None, DELEGATION)  # type: ignore[arg-type] # not looked at
        assert all(" ".join(check.text_zh.split()) in text for check in report.checks)
        file = await client.get(f"{CASE}/draw-file")
        assert file.headers["content-disposition"].startswith("attachment")
        assert json.loads(file.content)
        bare = await client.get(f"{CASE}/draw-file?names=0")
        assert len(bare.content) < len(file.content)


@pytest.mark.parametrize(("reason", "said"), [(Reason.NOT_ALLOWED, routes.NO_DRAW), (Reason.UNAVAILABLE, "连不上")])
async def test_what_cannot_be_checked_says_why(
    house: House, monkeypatch: pytest.MonkeyPatch, reason: Reason, said: str
) -> None:
    appraised(house)

    async def refuse(*_args: object) -> None:
        raise Refusal(reason, state="no_panel")

    monkeypatch.setattr(house.station.draws, "check_draw", refuse)
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"{CASE}/draw?check=1")
        assert page.status_code == HTTPStatus.OK
        assert said in words(page)


def moves(*kinds: tuple[str, tuple[str, ...]]) -> tuple[MoveView, ...]:
    """What the unit may do now."""
    return tuple(MoveView(kind, "", 1, True, reasons) for kind, reasons in kinds)


def awaiting(house: House, *allowed: tuple[str, tuple[str, ...]], last: date) -> None:
    """The draw waits for the other side's secret."""
    row = a_row(matter="DISABILITY_GRADE", state="specialty_set", thread_type="delegation")
    due = DueDateView("draw-reveal", "抽取揭示", OTHER, last, last, False, "", 0)
    house.station.desk.other = {
        "row": row, "appraisal": an_appraisal(draw_over=False), "due_dates": (due,),
    }  # fmt: skip
    house.station.desk.moves = moves(*allowed)


async def test_an_office_shows_a_late_secret_with_one_click(house: House) -> None:
    awaiting(house, ("DRAW_REVEALED_FOR", ()), last=NOW.date() - timedelta(days=1))
    async with signed_in(house, Role.READER) as client:
        assert "/moves/draw-revealed-for" not in (await client.get(f"{CASE}/draw")).text
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"{CASE}/draw")
        assert "逾期未揭示" in words(page)
        sent = form_to(page, "/moves/draw-revealed-for")
        assert {"_csrf", "_version", "_mark"} <= set(sent)
        done = await client.post(f"{CASE}/moves/draw-revealed-for", data=sent)
        assert (done.status_code, done.headers["location"]) == (HTTPStatus.SEE_OTHER, f"{CASE}?made=sent")
        assert house.station.desk.made == [("DRAW_REVEALED_FOR", {})]


async def test_a_secret_that_is_not_late_offers_nothing(house: House) -> None:
    awaiting(house, last=NOW.date() + timedelta(days=1))
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"{CASE}/draw")
    assert "等待揭示" in words(page)
    assert "逾期未揭示" not in words(page)
    assert "draw-revealed-for" not in page.text
    assert "draw-voided" not in page.text


async def test_a_draw_is_made_void_for_a_default_alone(house: House) -> None:
    last = NOW.date() - timedelta(days=4)
    async with signed_in(house, Role.CLERK) as client:
        awaiting(house, ("DRAW_VOIDED", ("D02",)), last=last)
        assert "/moves/draw-voided" not in (await client.get(f"{CASE}/draw")).text
        awaiting(house, ("DRAW_VOIDED", ("D01",)), last=last)
        assert f"{CASE}/moves/draw-voided" in (await client.get(f"{CASE}/draw")).text


async def test_defaults_are_told_on_the_draw_and_counted_by_unit(house: House) -> None:
    appraised(house, defaults=((OTHER, 2),))
    async with signed_in(house, Role.CLERK) as client:
        assert "2 次" in words(await client.get(f"{CASE}/draw"))
        page = await client.get("/desk/draw-figures")
        assert page.status_code == HTTPStatus.OK
        assert "乙委员会 3 1 1 1" in words(page)
        assert f"{CASE}/draw" in page.text


async def test_a_case_without_an_appraisal_has_no_draw(house: House) -> None:
    async with signed_in(house, Role.CLERK) as client:
        assert (await client.get(f"{CASE}/draw")).status_code == HTTPStatus.NOT_FOUND
        assert "/draw" not in (await client.get(CASE)).text


async def test_the_live_part_comes_only_when_the_draw_went_on(house: House) -> None:
    appraised(house)
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"{CASE}/draw")
        seen = re.search(r"seen=([0-9a-f]{16})", page.text)
        assert seen is not None
        same = await client.get(f"{CASE}/draw?seen={seen[1]}", headers={"HX-Request": "true"})
        assert same.status_code == HTTPStatus.NO_CONTENT
        appraised(house, draw=2)
        other = await client.get(f"{CASE}/draw?seen={seen[1]}", headers={"HX-Request": "true"})
        assert other.status_code == HTTPStatus.OK


async def test_appointments_stand_on_their_day(house: House) -> None:
    house.station.draws.lines = tuple(
        AppointmentLine(delegation_id=DELEGATION, worker_name="王小明", appointment=each, notified=False)
        for each in an_appraisal().appointments
    )
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get("/desk/appointments?month=2026-09")
        text = words(page)
        assert "09:30" in text
        assert "示例路1号" in text
        assert "未通知职工" in text
        assert 'scope="col"' in page.text
        assert "month=2026-08" in page.text
        assert "month=2026-10" in page.text
        assert "以后的排期" in words(await client.get("/desk/appointments?month=2026-08"))
        for month in ("2000-01", "2100-12", "1999-12", "9999-12", "0000-01"):
            assert (await client.get(f"/desk/appointments?month={month}")).status_code == HTTPStatus.OK
        assert (await client.get("/desk/appointments?month=2026-13")).status_code == HTTPStatus.BAD_REQUEST


def test_a_second_delegation_says_nothing_of_the_first() -> None:
    letter = {**LETTER, "accident": {"injured_part": "腰椎", "diagnosis": "骨折", "first_hospital": "示例医院"}}
    row = a_row(our_role="home", home_unit=HOME, host_unit=OTHER, matter="INVESTIGATION")
    view = a_delegation(1, (), ())
    made = second(type(view)(**{**{n: getattr(view, n) for n in view.__slots__}, "row": row, "letter": letter}))
    business = parse_business(made)
    assert business.matter is Matter.DISABILITY_GRADE
    sent = json.dumps({name: value for name, value in made.items() if name != "case_key"}, ensure_ascii=False)
    assert row.delegation_id not in sent
    assert OTHER not in sent
    assert not {"related_thread_id", "relation", "materials", "reused_materials", "task_place", "host_unit"} & set(made)
    assert business.case_key == row.delegation_id
    assert "腰椎" in sent
    assert "示例医院" in sent
    assert "示例公司" in sent


async def test_the_button_prepares_the_draft_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = house.station.desk
    desk.other = {"row": a_row(our_role="home", matter="INVESTIGATION"), "letter": LETTER}
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(CASE)
        sent = form_to(page, "/second")
        nobody = await client.post(f"{CASE}/second", data=sent)
        assert nobody.headers["location"] == f"{CASE}?made=no-committee"

        async def committee(*_args: object) -> str:
            return HOME

        monkeypatch.setattr("gateway.bureau.draws.linked.committee_of", committee)
        first = await client.post(f"{CASE}/second", data=sent)
        again = await client.post(f"{CASE}/second", data=sent)
        assert first.status_code == HTTPStatus.SEE_OTHER
        assert first.headers["location"] == again.headers["location"]
        assert "/desk/intake/" in first.headers["location"]
        draft_id = first.headers["location"].rpartition("/")[2].partition("?")[0]
        assert house.station.taking.begun[0] == (DELEGATION, HOME, draft_id), "so that its files may be taken over"


def test_every_text_of_the_room_has_its_english() -> None:
    found: set[str] = set()
    for path in (HERE / "templates" / "draws").glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        found |= set(re.findall(r"_\('([^']+)'\)", text))
        assert not _CHINESE.search(re.sub(r"_\('[^']+'\)", "", text)), path.name
    for path in Path(routes.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text())
        docs = {
            ast.get_docstring(node, clean=False)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        }
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value not in docs
            and _CHINESE.search(node.value)
        }
    found |= {label for listed in (form_appraisal.MATTERS, form_appraisal.MODES) for _, label in listed}
    assert sorted(text for text in found if _CHINESE.search(text) and text not in english()) == []
