"""Files of the bureau's own system: every bad row told, nothing stored before the clerk says so, nothing twice."""

import csv
import io
import json
import zipfile
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from gateway.bureau.intake import tables
from gateway.bureau.intake.choices import INSURANCE_MODES
from gateway.bureau.intake.import_rows import Judged, heads
from gateway.bureau.intake.waiting import Imports
from gateway.bureau.intake.workbook import DATA, EXPLAINED, MEDIA_TYPE
from gateway.scanning import Scanner
from node.desk.ports import Actor, Role
from tests.gateway.bureau.intake import AT, FILLED, ID_NUMBER
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW

HEADS = ["职工姓名", "证件号码", "用人单位", "受理日期", "申请条款（工伤保险条例）", "参保方式", "事项1"]
GOOD = ["王小明", ID_NUMBER, "某公司", "2026年7月30日", "14-5、14-6", "单位参保", "事发经过"]
_SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def a_csv(*rows: list[str], heads: list[str] = HEADS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode(encoding)


def an_xlsx(*rows: list[str | int], cell: str = "") -> bytes:
    """The smallest workbook that spreadsheet programs take; numbers are numbers."""

    def one(value: str | int) -> str:
        if isinstance(value, int):
            return f"<c><v>{value}</v></c>"
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'

    lines = "".join(f"<row>{''.join(map(one, row))}</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r0" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_SPACE} xmlns:r="{_REL}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {_SPACE}><sheetData>{lines}{cell}</sheetData></worksheet>",
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return file.getvalue()


async def upload(client: httpx.AsyncClient, data: bytes, at: str = f"{AT}/import") -> httpx.Response:
    """As a browser sends a form with a file: the token first."""
    token = form_to(await client.get(at), "/import")["_csrf"][0]
    return await client.post(at, files={"_csrf": (None, token), "file": ("rows.xlsx", data)})


async def test_good_rows_become_drafts_after_the_clerk_says_so_and_bad_ones_are_told(house: House) -> None:
    desk = house.station.desk
    rows = (
        GOOD,
        ["李四", ID_NUMBER[:-1] + "1", *GOOD[2:]],
        ["", *GOOD[1:]],
        [*GOOD[:3], "昨天", "14-9", "随便", ""],
        ["", "", "", "", "", "", ""],
        GOOD,
    )
    async with signed_in(house) as client:
        sent = await upload(client, a_csv(*rows))
        assert sent.status_code == 303
        page = await client.get(sent.headers["location"])
        text = words(page)
        for told in (
            "3 证件号码 校验位不对",
            "4 职工姓名 请填写此项",
            "5 受理日期 不是有效的日期",
            "5 参保方式 请从列表中选择",
        ):
            assert told in text
        assert "5 申请条款（工伤保险条例） 请从列表中选择" in text
        assert "2 调查地点（区划） 请填写此项" in text  # may be kept, to be completed
        assert desk.drafts == {}
        form = form_to(page, sent.headers["location"].rpartition("/")[2])
        done = await client.post(sent.headers["location"], data=form)
        assert done.headers["location"] == f"{AT}?imported=2"
        assert [draft.business["letter"]["worker"]["name"] for draft in desk.drafts.values()] == ["王小明"] * 2  # type: ignore[index]
        (first, _) = desk.drafts.values()
        assert first.business["clock"] == {"accepted_on": "2026-07-30", "procedure": "ORDINARY"}
        assert first.business["letter"]["claimed_grounds"] == ["14-5", "14-6"]  # type: ignore[index]
        assert first.business["letter"]["items"] == [{"text": "事发经过", "mandatory": True, "code": "T1"}]  # type: ignore[index]
        again = await client.post(sent.headers["location"], data=form)
        assert again.status_code == 404
        assert len(desk.drafts) == 2


async def test_a_number_that_a_spreadsheet_spoilt_is_told(house: House) -> None:
    spoilt: list[str | int] = ["王小明", 110105194912310000, "某公司"]
    async with signed_in(house) as client:
        heads: list[str | int] = ["职工姓名", "证件号码", "用人单位"]
        sent = await upload(client, an_xlsx(heads, spoilt, ["李四", ID_NUMBER, "某公司"]))
        text = words(await client.get(sent.headers["location"]))
        assert "2 证件号码 被存成了数字" in text
        assert "可存为拟稿 1" in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
async def test_csv_is_read_as_offices_here_save_it(encoding: str) -> None:
    rows = await tables.rows_of(a_csv(GOOD, encoding=encoding))
    assert [text for _, text in rows[1]] == GOOD


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "文件是空的"),
        (b"PK\x03\x04 no archive", "表格无法读取"),
        (b"\xff\xfe\x00\x00", "只支持"),
        (b"\xff\xff\xff", "文字编码"),
        (a_csv(*[GOOD] * 1001), "超过1000行"),
        (a_csv(GOOD, heads=["姓名", *HEADS[1:]]), "第1列"),
        (a_csv(GOOD, heads=["职工姓名", "职工姓名", *HEADS[2:]]), "重复"),
        (b"[not json", "不是有效的 JSON"),
        (b"{}", "列表"),
        (b"[" * 100_000, "JSON"),
        (an_xlsx(["a"], cell='<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "表格无法读取"),
    ],
)
async def test_a_file_that_is_none_of_ours_is_told_and_nothing_waits(house: House, data: bytes, text: str) -> None:
    house.app.state.intake_imports = Imports()
    async with signed_in(house) as client:
        answer = await upload(client, data)
        assert answer.status_code == 422
        assert text in words(answer)
        assert house.app.state.intake_imports.waiting == {}


async def test_a_file_that_is_too_large_is_told_and_one_without_end_is_cut(house: House) -> None:
    async with signed_in(house) as client:
        answer = await upload(client, b"x" * (8 * 1024 * 1024 + 1))
        assert (answer.status_code, "超过8兆字节" in words(answer)) == (422, True)
        assert (await upload(client, b"x" * (64 * 1024 * 1024 + 1))).status_code == 413


async def test_a_file_form_without_the_pages_token_is_refused(house: House) -> None:
    house.app.state.intake_imports = Imports()
    async with signed_in(house) as client:
        token = form_to(await client.get(f"{AT}/import"), "/import")["_csrf"][0]
        file, right, wrong = ("rows.csv", a_csv(GOOD)), (None, token.encode()), (None, b"wrong")
        for parts in ({"file": file}, {"_csrf": wrong, "file": file}, {"file": file, "_csrf": right}):  # too late
            answer = await client.post(f"{AT}/import", files=[*parts.items()])
            assert answer.status_code == 403
        assert house.app.state.intake_imports.waiting == {}


async def test_an_infected_file_is_told(house: House) -> None:
    house.app.state.scanner = Scanner(command=("sh", "-c", "exit 1"))
    try:
        async with signed_in(house) as client:
            answer = await upload(client, a_csv(GOOD))
    finally:
        house.app.state.scanner = Scanner()
    assert (answer.status_code, "病毒" in words(answer)) == (422, True)


async def test_json_members_are_judged_one_by_one(house: House) -> None:
    async with signed_in(house) as client:
        example = (await client.get(f"{AT}/import/template.json")).content
        good = json.loads(example)[0]
        worker = good["letter"]["worker"]
        bad = [
            {**good, "unknown": 1},
            {**good, "priority": "SOON"},
            {**good, "letter": {**good["letter"], "worker": {**worker, "id_number": ID_NUMBER[:-1] + "1"}}},
            7,
        ]
        token = form_to(await client.get(f"{AT}/import"), "/import")["_csrf"][0]
        rows = json.dumps([good, *bad])
        sent = await client.post(f"{AT}/import", data={"_csrf": token, "rows": rows})
        text = words(await client.get(sent.headers["location"]))
        for told in ("2 ? 没有这个字段", "3 priority 不是允许的代码", "4 证件号码 校验位不对", "5 不是一个委托稿"):
            assert told in text, text
        await client.post(sent.headers["location"], data={"_csrf": token})
        (draft,) = house.station.desk.drafts.values()
        assert draft.business == {"matter": "INVESTIGATION", **good}


async def test_an_import_belongs_to_the_one_who_sent_it(house: House) -> None:
    house.station.accounts.add("second", Role.CLERK)
    async with signed_in(house) as client, signed_in(house, "second") as other:
        sent = await upload(client, a_csv(GOOD))
        assert (await other.get(sent.headers["location"])).status_code == 404
        token = form_to(await other.get(f"{AT}/import"), "/import")["_csrf"][0]
        assert (await other.post(sent.headers["location"], data={"_csrf": token})).status_code == 404
        assert (await client.get(sent.headers["location"])).status_code == 200


async def test_the_template_is_taken_back_as_it_was_given(house: House) -> None:
    async with signed_in(house) as client:
        template = (await client.get(f"{AT}/import/template.csv")).content
        assert template.decode("utf-8-sig").strip() == ",".join(heads())
        values = {
            "调查地点（区划）": FILLED["task_place.code"],
            "职工姓名": "王小明",
            "证件号码": ID_NUMBER,
            "用人单位": "某公司",
        }
        row = ",".join(values.get(head, "") for head in heads())
        sent = await upload(client, template + row.encode())
        assert "可存为拟稿 1" in words(await client.get(sent.headers["location"]))


async def test_the_workbook_is_typed_explains_itself_and_is_taken_back(house: House) -> None:
    async with signed_in(house) as client:
        answer = await client.get(f"{AT}/import/template.xlsx")
        assert answer.headers["content-type"] == MEDIA_TYPE
        assert answer.headers["content-disposition"] == 'attachment; filename="template.xlsx"'
        assert b"vbaProject" not in answer.content
        book = load_workbook(BytesIO(answer.content))
        sheet, explained = book[DATA], book[EXPLAINED]
        names = [str(cell.value).removesuffix("*") for cell in sheet[1]]
        assert names == heads()
        assert [row[0].value for row in explained.iter_rows(min_row=2)] == names
        assert all(row[2].value for row in explained.iter_rows(min_row=2))
        at = {name: number for number, name in enumerate(names, start=1)}
        letter = get_column_letter(at["证件号码"])
        assert sheet.column_dimensions[letter].number_format == "@"
        assert sheet.cell(1, at["职工姓名"]).value == "职工姓名*"
        lists = {next(iter(check.sqref.ranges)).min_col: check for check in sheet.data_validations.dataValidation}
        assert lists[at["受理日期"]].type == "date"
        chosen = lists[at["参保方式"]]
        codes, _, area = chosen.formula1.partition("!")
        assert [row[0].value for row in book[codes.strip("'")][area.replace("$", "")]] == [
            label for _, label in INSURANCE_MODES
        ]
        filled: dict[str, str | date] = {
            "职工姓名": "王小明", "证件号码": ID_NUMBER, "用人单位": "某公司", "参保方式": INSURANCE_MODES[0][1],
            "受理日期": date(2026, 7, 30), "事故时间": datetime.fromisoformat("2026-07-29T09:40"), "事项1": "事发经过",
        }  # fmt: skip
        for name, value in filled.items():
            sheet.cell(2, at[name], value)
        out = BytesIO()
        book.save(out)
        sent = await upload(client, out.getvalue())
        text = words(await client.get(sent.headers["location"]))
        assert "可存为拟稿 1" in text
        assert "有错，不存 0" in text
        await client.post(sent.headers["location"], data=form_to(await client.get(f"{AT}/import"), "/import"))
    (draft,) = house.station.desk.drafts.values()
    assert draft.business["clock"] == {"accepted_on": "2026-07-30", "procedure": "ORDINARY"}
    assert draft.business["letter"]["accident"] == {"happened_at": "2026-07-29T09:40"}  # type: ignore[index]


def test_what_waits_is_bounded() -> None:
    imports: Imports[Judged] = Imports()
    person = Actor("a", "甲", HOME, frozenset({"clerk"}))
    names = [imports.keep(person, Judged(good=(), faults=(), gaps=(), rows=0), NOW) for _ in range(40)]
    assert len(imports.waiting) == 16
    assert imports.get(person, names[0], NOW) is None
    assert imports.get(person, names[-1], NOW) is not None
    assert imports.get(person, names[-1], NOW + timedelta(hours=2)) is None


def test_the_worker_imports_little() -> None:
    """It starts for each upload; the whole gateway would take seconds."""
    text = Path(tables.__file__).with_name("sheet_worker.py").read_text(encoding="utf-8")
    assert "from gateway" not in text
