"""Pages and interface of an office's reports before its real room: files, verification, two for a seal."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from openpyxl import load_workbook

from delegation.figures import Period
from gateway.bureau.documents.worker import find_fonts
from gateway.bureau.texts import english
from gateway.bureau.todo.lines import alarm_line
from gateway.report_files import ReportFormat
from gateway.report_paper import title_of
from gateway.report_words import CHECK_STATES, KINDS, ONLINE_STATES, WHATS, figure_label
from gateway.schemas import province_reports as schemas
from gateway.schemas.base import Answer
from gateway.sealing import ProgramSeal
from node.desk.ports import Role
from node.desk.views import AlarmView
from node.province import report_online, report_ports, reports
from node.province.report_checking import Difference, Outcome
from node.province.standing import read_standing, write_standing
from node.records_province import ReportRecord
from node.store_memory import MemoryStore
from tests.builders import HANGZHOU_RD, ZHEJIANG_PO
from tests.gateway.bureau.pages import form_to, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW, PASSWORD
from tests.gateway.test_sealing import a_command, key, verify
from tests.node.province.test_report_room import Place, a_place

__all__ = ["key"]  # a fixture
AT = "/desk/province/reports"
API = "/api/v1/province/reports"
OCTOBER = "month-2026-10"
VIEWS: dict[type[Answer], type[Any]] = {
    schemas.DifferenceOut: Difference,
    schemas.OnlineOut: report_online.Online,
    schemas.ReportCheckOut: report_ports.ReportCheck,
    schemas.ReportSealOut: report_ports.ReportSeal,
    schemas.ReportOut: report_ports.ReportView,
    schemas.AwaitedReportOut: report_ports.AwaitedReport,
    schemas.ReportListOut: report_ports.ReportList,
}
PEOPLE = {
    "boss": Role.SUPERVISOR, "look": Role.READER, "approve": Role.APPROVER, "seal": Role.SEAL_HOLDER,
    "clerk": Role.CLERK,
}  # fmt: skip


@dataclass
class Desk:
    """An office's desk whose node has made October."""

    house: House
    place: Place

    @asynccontextmanager
    async def person(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        async with self.house.anonymous(origin="http://desk.test") as client:
            sent = await client.post("/desk/sign-in", data={"staff_id": name, "password": PASSWORD})
            assert sent.status_code == 303, sent.text
            yield client

    @asynccontextmanager
    async def system(self, name: str) -> AsyncIterator[httpx.AsyncClient]:
        session = await self.house.station.accounts.sign_in(name, PASSWORD)
        async with self.house.anonymous(authorization=f"Bearer {session.token}") as client:
            yield client


@asynccontextmanager
async def a_desk(house: House) -> AsyncIterator[Desk]:
    for name, role in PEOPLE.items():
        house.station.accounts.add(name, role, unit=ZHEJIANG_PO)
    house.station.accounts.add("city", Role.SUPERVISOR, unit=HANGZHOU_RD)
    async with a_place(MemoryStore()) as place:
        await place.heard()
        room = place.room()
        await room.look()
        await room.look()
        house.station.reports = room
        yield Desk(house, place)
        await room.close()


async def test_a_report_is_listed_and_had_in_every_form(house: House) -> None:
    async with a_desk(house) as desk, desk.person("look") as client:
        page = await client.get(AT)
        assert page.status_code == 200, page.text
        text = words(page)
        for part in ("2026-10-01 – 2026-10-31", "月报", "系统自动", "1000", "未核验", "未送签", "提请协调"):
            assert part in text, part
        assert "编制报表" not in text  # a reader makes none
        one = await client.get(f"{AT}/{OCTOBER}")
        assert one.status_code == 200
        report = reports.read((await client.get(f"{AT}/{OCTOBER}/file/json")).content)
        assert report.digest in words(one)
        issued = cast("Any", report.figures["whole"])["counts"]["issued"]
        book = await client.get(f"{AT}/{OCTOBER}/file/xlsx")
        assert book.headers["content-disposition"] == (
            f'attachment; filename="report-{ZHEJIANG_PO}-20261001-20261031.xlsx"'
        )
        head, whole, _ = load_workbook(io.BytesIO(book.content))["总体"].iter_rows(values_only=True)
        assert dict(zip(head, whole, strict=True))["发出"] == issued
        lines = (await client.get(f"{AT}/{OCTOBER}/file/csv")).content.decode("utf-8-sig")
        assert f"whole,,issued,,{issued}\r\n" in lines
        public = (await client.get(f"{AT}/{OCTOBER}/file/public")).json()
        assert (public["of"], "threads" in public) == (report.digest, False)
        assert (await client.get(f"{AT}/{OCTOBER}/file/sealed")).status_code == 404
        assert (await client.get(f"{AT}/{OCTOBER}/file/exe")).status_code in {400, 404, 422}


async def test_one_of_other_days_is_made_by_a_supervisor_and_wrong_days_are_told(house: House) -> None:
    async with a_desk(house) as desk, desk.person("boss") as client:
        form = form_to(await client.get(AT), AT)
        assert (form["from"], form["until"]) == (["2026-07-27"], ["2026-08-02"])  # the week before the house's day
        made = await client.post(AT, data={**form, "from": "2026-03-02", "until": "2026-03-08"})
        where = made.headers["location"]
        assert (made.status_code, where) == (303, f"{AT}/custom-20260302-20260308-1000-20261120")
        assert "boss" in words(await client.get(where))
        for first, last in (
            ("2026-03-08", "2026-03-02"),
            ("", ""),
            ("2027-01-01", "2027-01-02"),
            ("<b>", "2026-01-01"),
        ):
            refused = await client.post(AT, data={**form, "from": first, "until": last})
            assert (refused.status_code, "请填写正确的起止日期" in words(refused)) == (422, True), first
            assert "<b>&lt;" not in refused.text
            assert "&lt;b" not in refused.text
        store = cast("MemoryStore", desk.place.store)
        await desk.place.office.writer.run(lambda tx, _state, _at: write_incomplete(tx))
        away = await client.post(AT, data={**form, "from": "2026-03-02", "until": "2026-03-09"})
        assert (away.status_code, "本地副本尚不完整" in words(away)) == (503, True)
        assert len([row for row in store.select(ReportRecord) if row.unit == ZHEJIANG_PO]) == 2


def write_incomplete(tx: Any) -> None:
    """The copy is catching up."""
    standing = read_standing(tx.store)
    assert standing is not None
    write_standing(tx, replace(standing, complete=False))


async def test_a_verification_shows_what_differs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of this office were never signed, so nothing holds; a report changed in the store is told as such."""
    async with a_desk(house) as desk, desk.person("look") as client:
        room: Any = desk.house.station.reports

        async def away(*_given: object, **_named: object) -> report_online.Online:
            return report_online.Online(state=report_online.OnlineState.UNAVAILABLE)

        monkeypatch.setattr("node.province.report_room.check_online", away)
        monkeypatch.setattr(room, "_outcome", lambda *_given: _an_outcome())
        form = form_to(await client.get(f"{AT}/{OCTOBER}"), "/verify")
        done = await client.post(f"{AT}/{OCTOBER}/verify", data=form)
        text = words(await client.get(done.headers["location"]))
        for part in ("重新计算：不一致", "whole.counts.issued", "发出", "WT-1", "not_in_copy", "联机核验没有进行"):
            assert part in text, part
        assert "不一致" in words(await client.get(AT))
        store = cast("MemoryStore", desk.place.store)
        kept = store.get(ReportRecord, (ZHEJIANG_PO, OCTOBER))
        assert kept is not None
        row = {field.name: getattr(kept, field.name) for field in fields(kept)}
        store.commit({ReportRecord: {(ZHEJIANG_PO, OCTOBER): None}})
        store.commit({ReportRecord: {(ZHEJIANG_PO, OCTOBER): ReportRecord(**{**row, "content": b"\x00"})}})
        await client.post(f"{AT}/{OCTOBER}/verify", data=form)
        assert "报表文件" in words(await client.get(f"{AT}/{OCTOBER}"))
        assert (await client.get(f"{AT}/{OCTOBER}/file/json")).status_code >= 400


def _an_outcome() -> Any:
    figure = Difference(what="figure", where="whole.counts.issued", reported=7, found=6)
    thread = Difference(what="thread", where="", thread_id="WT-1", why="not_in_copy", reported=(1, "00"), found=None)
    return Outcome(differences=(figure, thread), threads=3, entries=9)


@pytest.fixture
def sealing(house: House, tmp_path: Path) -> Iterator[House]:
    """A desk with an e-seal program."""
    house.app.state.paper_seal = ProgramSeal(a_command(tmp_path))
    yield house
    house.app.state.paper_seal = None


@pytest.mark.skipif(not find_fonts(), reason="no Chinese font here")
async def test_one_submits_and_another_has_the_e_seal_set_once(sealing: House, key: ec.EllipticCurvePrivateKey) -> None:
    async with a_desk(sealing) as desk:
        async with desk.person("boss") as client:
            page = await client.get(f"{AT}/{OCTOBER}")
            await client.post(f"{AT}/{OCTOBER}/submit", data=form_to(page, "/submit"))
            assert "等待另一人用印" in words(await client.get(f"{AT}/{OCTOBER}"))
            token = form_to(page, "/verify")
            assert (await client.post(f"{AT}/{OCTOBER}/seal", data=token)).status_code == 403  # no role for it
        async with desk.person("seal") as client:
            assert f'href="{AT}"' in (await client.get("/desk/todo")).text.replace("&amp;", "&")
            page = await client.get(f"{AT}/{OCTOBER}")
            assert "待用印" in words(await client.get(AT))
            done = await client.post(f"{AT}/{OCTOBER}/seal", data=form_to(page, "/seal"))
            assert done.status_code == 303, words(done)
            sealed = (await client.get(f"{AT}/{OCTOBER}/file/sealed")).content
            assert sealed.startswith(b"%PDF-")
            verify(sealed, key.public_key())
            assert (await client.post(f"{AT}/{OCTOBER}/seal", data=form_to(page, "/seal"))).status_code == 303
            assert (await client.get(f"{AT}/{OCTOBER}/file/sealed")).content == sealed
            assert "已盖章" in words(await client.get(AT))


async def test_without_an_e_seal_the_page_says_where_the_wet_one_goes_and_nothing_is_submitted(house: House) -> None:
    async with a_desk(house) as desk, desk.person("boss") as client:
        page = await client.get(f"{AT}/{OCTOBER}")
        assert "没有接入电子印章系统" in words(page)
        assert (await client.post(f"{AT}/{OCTOBER}/submit", data=form_to(page, "/verify"))).status_code == 404


async def test_who_is_not_of_the_office_sees_none(house: House) -> None:
    async with a_desk(house) as desk:
        for name in ("clerk", "city"):
            async with desk.person(name) as client:
                for address in (AT, f"{AT}/{OCTOBER}", f"{AT}/{OCTOBER}/file/json"):
                    assert (await client.get(address)).status_code == 403, (name, address)
            async with desk.system(name) as client:
                assert (await client.get(API)).status_code == 403


async def test_the_interface_does_what_the_pages_do(house: House) -> None:
    async with a_desk(house) as desk, desk.system("boss") as client:
        listed = (await client.get(API)).json()
        assert [each["report_id"] for each in listed["reports"]] == [OCTOBER]
        assert (listed["office"] != "", listed["as_of"]["log_size"]) == (True, 1_000)
        made = await client.post(API, json={"first": "2026-03-02", "last": "2026-03-08"})
        assert made.status_code == 201, made.text
        view = (await client.get(made.headers["location"])).json()
        assert (view, view["kind_label"]) == (made.json(), "自定时段")
        for body in ({"first": "2026-03-08", "last": "2026-03-02"}, {"first": "2027-03-02", "last": "2027-03-08"}):
            assert (await client.post(API, json=body)).status_code == 422
        where = f"{API}/{OCTOBER}"
        assert (await client.get(f"{where}/verification")).status_code == 404
        file = (await client.get(f"{where}/files/json")).content
        assert reports.read(file).digest == listed["reports"][0]["digest"]
        for form in ReportFormat:
            if form not in {ReportFormat.PDF, ReportFormat.SEALED}:
                assert (await client.get(f"{where}/files/{form.value}")).status_code == 200, form
        submitted = (await client.post(f"{where}/submission")).json()
        assert (submitted["seal"]["submitted_by"], submitted["seal"]["sealed_at"]) == ("boss", None)
        assert (await client.get(f"{API}/month-1999-01")).status_code == 404


@pytest.mark.parametrize("answer", VIEWS, ids=lambda answer: answer.__name__)
def test_an_answer_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    assert set(answer.model_fields) == {field.name for field in fields(VIEWS[answer])}


def test_words_of_reports_are_translated_and_figures_named() -> None:
    for table in (KINDS, CHECK_STATES, ONLINE_STATES, WHATS):
        assert {text for text in cast("dict[Any, str]", table).values() if text not in english()} == set()
    assert (figure_label("whole.counts.issued"), figure_label("flows.3301>5101.days.result.p90")) == (
        "已发出", "发出至结果",
    )  # fmt: skip
    assert figure_label("log.size") == ""


@pytest.mark.parametrize(
    ("first", "last", "title"),
    [
        ("2026-10-01", "2026-10-31", "省级月报"), ("2026-10-01", "2026-12-31", "省级季报"),
        ("2026-01-01", "2026-12-31", "省级年报"), ("2026-02-01", "2026-04-30", "省级情况报表"),
        ("2026-10-01", "2026-10-30", "省级情况报表"), ("2026-10-02", "2026-10-31", "省级情况报表"),
    ],
)  # fmt: skip
def test_a_paper_is_named_by_the_length_of_its_period(first: str, last: str, title: str) -> None:
    @dataclass
    class Dated:
        period: Period
        province: str = "33"

    dated = Dated(Period(date.fromisoformat(first), date.fromisoformat(last)))
    assert title_of(cast("reports.Report", dated)).endswith(title)


def test_an_alarm_of_a_report_says_what_waits() -> None:
    details = {"what": "report", "report": OCTOBER}
    alarm = AlarmView(
        alarm_id=1, reason="UNAVAILABLE", delegation_id="", unit=ZHEJIANG_PO, details=details, raised_at=NOW,
        acknowledged_by="",
    )  # fmt: skip
    assert (alarm_line(alarm).cause, alarm_line(alarm).cause in english()) == ("监管报表到期未能编制", True)
    assert alarm_line(replace(alarm, details={})).cause != alarm_line(alarm).cause
