"""Pages of the archive: every bad row told, nothing twice, found by search, offered as an earlier case."""

import csv
import io
from io import BytesIO

import httpx
from openpyxl import load_workbook

from gateway.bureau.intake.workbook import DATA, MEDIA_TYPE
from gateway.bureau.old_cases.example import EXAMPLE
from gateway.bureau.old_cases.form import FAULTS, FIELDS, LABELS, RESULTS, ROLES
from node.desk import old_case_rows
from node.desk.old_case_rows import judge_row
from node.desk.ports import Role
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.bureau.test_intake_import import upload
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_views import DELEGATION

AT = "/desk/old-cases"
IMPORT = f"{AT}/import"
ID_NUMBER = "11010519491231002X"
GOOD = {
    "旧案卷号": "杭工协〔2019〕12号", "我方身份": "委托方", "委托单位": "杭州市人社局", "受托单位": "成都市人社局",
    "职工姓名": "王小明", "证件号码": ID_NUMBER, "用人单位": "某公司", "办结日期": "2019年6月30日", "办理结果": "查明",
    "纸质档案位置": "A-3-017",
}  # fmt: skip


def a_csv(*rows: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(GOOD), restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def imported(client: httpx.AsyncClient, *rows: dict[str, str]) -> httpx.Response:
    """Upload and confirm."""
    sent = await upload(client, a_csv(*rows), IMPORT)
    page = await client.get(sent.headers["location"])
    return await client.post(sent.headers["location"], data=form_to(page, sent.headers["location"]))


def test_the_rooms_fields_are_the_nodes() -> None:
    assert tuple(each.path for each in FIELDS) == old_case_rows.FIELDS
    assert tuple(each.path for each in FIELDS if each.required) == old_case_rows.REQUIRED
    assert {code for code, _ in ROLES} == set(old_case_rows.ROLES)
    assert tuple(code for code, _ in RESULTS) == old_case_rows.RESULTS
    assert {each.path: each.longest for each in FIELDS if each.ask in {"text", "long"}} == {
        name: length for name, length in old_case_rows._LENGTHS.items() if not name.endswith("_on") and
        name not in {"our_role", "result"}
    }  # fmt: skip
    assert judge_row(dict(EXAMPLE), NOW.date()).faults == ()
    assert set(LABELS.values()) == {each.label for each in FIELDS}


async def test_good_rows_are_kept_once_and_bad_ones_told(house: House) -> None:
    rows = (
        GOOD,
        {**GOOD, "旧案卷号": "2", "办结日期": "去年", "纸质档案位置": ""},
        {**GOOD, "旧案卷号": "3", "证件号码": ID_NUMBER[:-1] + "1", "办理结果": "好"},
        {**GOOD, "用人单位": "另一公司"},
    )
    async with signed_in(house) as client:
        sent = await upload(client, a_csv(*rows), IMPORT)
        page = await client.get(sent.headers["location"])
        text = words(page)
        for told in (
            "读到的行 4", "可存入档案 1", "有错，不存 3", "3 办结日期 不是有效的日期", "3 纸质档案位置 请填写此项",
            "4 证件号码 证件号码不对", "4 办理结果 请从列表中选择", "5 旧案卷号 档案里已有这个卷号",
        ):  # fmt: skip
            assert told in text, told
        assert house.station.papers.old == {}
        form = form_to(page, sent.headers["location"])
        done = await client.post(sent.headers["location"], data=form)
        assert done.headers["location"] == f"{AT}?imported=1"
        assert (await client.post(sent.headers["location"], data=form)).status_code == 404
        listed = await client.get(f"{AT}?imported=1")
        assert "杭工协〔2019〕12号" in words(listed)
        assert "已存入档案：1" in words(listed)
        again = await upload(client, a_csv(GOOD), IMPORT)
        told_again = words(await client.get(again.headers["location"]))
        assert "已在档案里，不再存 1" in told_again
        assert "都已在档案里" in told_again
    assert len(house.station.papers.old) == 1
    (content,) = house.station.papers.old.values()
    assert (content["closed_on"], content["our_role"], content["result"]) == ("2019-06-30", "home", "FOUND")


async def test_the_workbook_and_the_example_are_taken_back(house: House) -> None:
    async with signed_in(house) as client:
        answer = await client.get(f"{IMPORT}/template.xlsx")
        assert answer.headers["content-type"] == MEDIA_TYPE
        book = load_workbook(BytesIO(answer.content))
        sheet = book[DATA]
        for number, cell in enumerate(sheet[1], start=1):
            sheet.cell(2, number, GOOD.get(str(cell.value).removesuffix("*")))
        out = BytesIO()
        book.save(out)
        sent = await upload(client, out.getvalue(), IMPORT)
        assert "可存入档案 1" in words(await client.get(sent.headers["location"]))
        example = (await client.get(f"{IMPORT}/template.json")).content
        token = form_to(await client.get(IMPORT), "/import")["_csrf"][0]
        pasted = await client.post(IMPORT, data={"_csrf": token, "rows": example.decode()})
        assert "可存入档案 1" in words(await client.get(pasted.headers["location"]))
        table = (await client.get(f"{IMPORT}/template.csv")).content.decode("utf-8-sig")
        assert table.strip() == ",".join(each.label for each in FIELDS)
        wrong = await client.post(IMPORT, data={"_csrf": token, "rows": '[{"number": 1}, 7]'})
        text = words(await client.get(wrong.headers["location"]))
        assert "1 旧案卷号 不符合格式" in text
        assert "2 不符合格式" in text
        none = await upload(client, "职工,姓名\n".encode(), IMPORT)
        assert (none.status_code, "第1、2列" in words(none)) == (422, True)


async def test_it_is_listed_found_read_and_taken_out_by_another(house: House) -> None:
    house.station.accounts.add("both", Role.CLERK, Role.APPROVER)
    async with signed_in(house, "both") as client:
        await imported(client, GOOD, {**GOOD, "旧案卷号": "B", "我方身份": "受托方", "办结日期": "2020-01-02"})
        assert words(await client.get(f"{AT}?role=host")).count("纸质旧案 王小明") == 1
        assert "杭工协" in words(await client.get(f"{AT}?year=2019"))
        assert "杭工协" not in words(await client.get(f"{AT}?year=2020"))
        wrong = await client.get(f"{AT}?year=abcd")
        assert (wrong.status_code, "四位年份" in words(wrong)) == (422, True)
        token = form_to(await client.get(AT), "/search")["_csrf"][0]
        for typed in (ID_NUMBER, "王小明", "杭工协〔2019〕12号"):
            found = words(await client.post("/desk/search", data={"_csrf": token, "find": typed}))
            assert "杭工协〔2019〕12号 纸质旧案" in found, typed
        old_id = next(iter(house.station.papers.old))
        page = await client.get(f"{AT}/{old_id}")
        assert "A-3-017" in words(page)
        assert "/drop" not in page.text  # not by whoever imported it
        refused = await client.post(f"{AT}/{old_id}/drop", data={"_csrf": token})
        assert (refused.status_code, "不能自己移出" in words(refused)) == (403, True)
    async with signed_in(house, Role.APPROVER) as other:
        page = await other.get(f"{AT}/{old_id}")
        gone = await other.post(f"{AT}/{old_id}/drop", data=form_to(page, "/drop"))
        assert gone.headers["location"] == f"{AT}?dropped=1"
        assert (await other.get(f"{AT}/{old_id}")).status_code == 404
    async with signed_in(house, Role.APPROVER) as approver:
        assert (await approver.get(IMPORT)).status_code == 403


async def test_it_is_offered_when_a_case_of_the_same_worker_is_opened(house: House) -> None:
    async with signed_in(house) as client:
        await imported(client, GOOD)
        page = await client.get("/desk/intake/new")
        typed = {**form_to(page, "/intake/new"), "letter.worker.id_number": [ID_NUMBER]}
        told = await client.post("/desk/intake/check", data={**typed, "_changed": ["letter.worker.id_number"]})
        assert told.json()["known"] == 1
        asked = await client.post("/desk/intake/new", data={**typed, "_known": ["1"]})
        assert "A-3-017" in words(asked)
        (old_id,) = house.station.papers.old
        taken = await client.post("/desk/intake/new", data={**typed, "_take_old": [old_id]})
        values = form_to(taken, "/intake/new")
        assert values["letter.worker.name"] == ["王小明"]
        assert values["letter.employer.name"] == ["某公司"]
        case = await client.get(f"/desk/cases/{DELEGATION}")
        assert f"/desk/cases/{DELEGATION}/earlier" in case.text
        earlier = await client.get(f"/desk/cases/{DELEGATION}/earlier")
        assert earlier.status_code == 200


def test_every_fault_has_its_words() -> None:
    assert FAULTS.keys() >= {
        "missing", "too_long", "not_printable", "no_text", "no_day", "no_code", "unknown_field", "id_check",
        "in_future", "too_early", "order", "number_taken",
    }  # fmt: skip
