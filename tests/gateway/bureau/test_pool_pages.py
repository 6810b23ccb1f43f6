"""Pages of the expert pool: rows told and kept, experts changed by who may, versions made by two."""

import ast
import csv
import io
import re
from http import HTTPStatus
from io import BytesIO

import httpx
from openpyxl import load_workbook

from delegation.specialties import DIVISIONS, SPECIALTIES
from gateway.bureau.intake.workbook import DATA, MEDIA_TYPE
from gateway.bureau.pool.example import EXAMPLE
from gateway.bureau.pool.form import BY_HEADING, COLUMNS, FAULTS, LABELS
from gateway.bureau.render import HERE
from gateway.bureau.texts import english
from node.desk.ports import Role
from node.pool.rows import FIELDS, REQUIRED, judge_row
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.bureau.test_intake_import import upload
from tests.gateway.conftest import House

AT = "/desk/pool"
IMPORT = f"{AT}/import"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
GOOD = {
    "专家编号": "CD-0017", "姓名": "苏砚清", "专业技术职称": "主任医师", "科别": "骨科、M202", "工作单位": "示例医院",
    "聘期起": "2024年1月1日",
    "聘期止": "2099-12-31", "状态": "启用", "利害关系申报": "单位:示例公司", "备注": "周三可到",
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
    assert set(LABELS) == set(FIELDS)
    assert {each.asked.path for each in COLUMNS if each.asked.required} == set(REQUIRED)
    assert judge_row(dict(EXAMPLE)).faults == ()
    assert set(GOOD) == set(BY_HEADING)


def test_every_text_has_its_english() -> None:
    wanted = {text for path in (HERE / "templates" / "pool").glob("*.html")
              for text in re.findall(r"_\('([^']+)'\)", path.read_text(encoding="utf-8"))}  # fmt: skip
    for path in (HERE / "pool").glob("*.py"):
        if path.name == "example.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
        texts = [each.value for each in ast.walk(tree) if isinstance(each, ast.Constant) and id(each) not in said]
        wanted |= {text for text in texts if isinstance(text, str) and _CHINESE.search(text)}
    wanted |= {each.label for each in SPECIALTIES.values()} | {each.label for each in DIVISIONS} | {"专家库"}
    typed = {"亲属", "单位"}  # as they are typed
    assert sorted(text for text in wanted - typed if text not in english()) == []


async def test_good_rows_are_kept_once_and_bad_ones_told(house: House) -> None:
    rows = (
        GOOD,
        {**GOOD, "专家编号": "2", "聘期止": "明年", "姓名": ""},
        {**GOOD, "专家编号": "3", "科别": "外星科", "利害关系申报": "表叔:某人"},
        {**GOOD, "工作单位": "另一医院"},
    )
    async with signed_in(house, Role.ADMINISTRATOR) as client:
        sent = await upload(client, a_csv(*rows), IMPORT)
        text = words(await client.get(sent.headers["location"]))
        for told in (
            "读到的行 4", "新入库 1", "更新 0", "有错，不存 3", "3 聘期止 不是有效的日期", "3 姓名 请填写此项",
            "4 科别 请从列表中选择", "4 利害关系申报 每条应为", "5 专家编号 这份文件里另有一行",
        ):  # fmt: skip
            assert told in text, told
        assert house.station.pool.experts == {}
        done = await imported(client, *rows)
        assert done.headers["location"] == f"{AT}?imported=1"
        again = words(await client.get((await upload(client, a_csv(GOOD), IMPORT)).headers["location"]))
        assert "已在库里，内容相同 1" in again
        assert "没有要存的" in again
        other = await imported(client, {**GOOD, "专业技术职称": "副主任医师"})
        assert other.headers["location"] == f"{AT}?imported=1"
        out = await client.get(f"{AT}/export.csv")
        table = list(csv.DictReader(io.StringIO(out.content.decode("utf-8-sig"))))
        assert [row["专业技术职称"] for row in table] == ["副主任医师"]
        back = words(await client.get((await upload(client, out.content, IMPORT)).headers["location"]))
        assert "已在库里，内容相同 1" in back
        many = a_csv(*({**GOOD, "专家编号": str(number)} for number in range(5_001)))
        told_many = await upload(client, many, IMPORT)
        assert (told_many.status_code, "超过5000行" in words(told_many)) == (422, True)
    async with signed_in(house) as clerk:
        assert (await clerk.get(IMPORT)).status_code == HTTPStatus.FORBIDDEN


async def test_the_workbook_and_the_example_are_taken_back(house: House) -> None:
    async with signed_in(house, Role.APPROVER) as client:
        answer = await client.get(f"{IMPORT}/template.xlsx")
        assert answer.headers["content-type"] == MEDIA_TYPE
        book = load_workbook(BytesIO(answer.content))
        sheet = book[DATA]
        for row in range(2, 1_203):  # more than a letter's import takes
            for number, cell in enumerate(sheet[1], start=1):
                heading = str(cell.value).removesuffix("*")
                sheet.cell(row, number, f"CD-{row}" if heading == "专家编号" else GOOD.get(heading))
        out = BytesIO()
        book.save(out)
        sent = await upload(client, out.getvalue(), IMPORT)
        assert "新入库 1201" in words(await client.get(sent.headers["location"]))
        example = (await client.get(f"{IMPORT}/template.json")).content
        token = form_to(await client.get(IMPORT), "/import")["_csrf"][0]
        pasted = await client.post(IMPORT, data={"_csrf": token, "rows": example.decode()})
        assert "新入库 1" in words(await client.get(pasted.headers["location"]))


async def test_an_expert_is_added_changed_and_taken_out(house: House) -> None:
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get(f"{AT}/experts/new")
        empty = await client.post(f"{AT}/experts/new", data=form_to(page, "/experts/new"))
        text = words(empty)
        assert empty.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "专家编号：请填写此项" in text
        assert "请至少选一个科别" in text
        typed = {
            **form_to(page, "/experts/new"), "number": ["CD-1"], "name": ["顾望舒"], "title": ["主任医师"],
            "employer": ["示例医院"], "appointed_from": ["2024-01-01"], "appointed_until": ["2099-12-31"],
            "specialties.M2": ["M201", "M202"], "specialties.M1": ["M101"], "conflicts": ["亲属:林知远"],
        }  # fmt: skip
        made = await client.post(f"{AT}/experts/new", data=typed)
        assert made.headers["location"] == f"{AT}?done=kept"
        (expert_id,) = house.station.pool.experts
        assert house.station.pool.experts[expert_id][1]["specialties"] == "M101,M201,M202"
        twice = await client.post(f"{AT}/experts/new", data=typed)
        assert "专家库里已有这个编号" in words(twice)
        at = f"{AT}/experts/{expert_id}"
        opened = await client.get(at)
        values = form_to(opened, at)
        assert (values["name"], values["specialties.M2"], values["conflicts"]) == (
            ["顾望舒"], ["M201", "M202"], ["亲属:林知远"],
        )  # fmt: skip
        kept = await client.post(at, data={**values, "active": ["no"]})
        assert kept.headers["location"] == f"{AT}?done=kept"
        stale = await client.post(at, data={**values, "name": ["别的名字"]})
        assert (stale.status_code, "刚被别人改过" in words(stale), "别的名字" in stale.text) == (412, True, True)
        assert "已停用" in words(await client.get(AT))
        gone = await client.post(f"{at}/drop", data=form_to(await client.get(at), f"{at}/drop"))
        assert gone.headers["location"] == f"{AT}?done=dropped"
        assert house.station.pool.experts == {}


async def test_the_list_is_narrowed_and_searched_without_a_name_in_an_address(house: House) -> None:
    async with signed_in(house, Role.ADMINISTRATOR) as keeper:
        await imported(keeper, GOOD, {**GOOD, "专家编号": "CD-2", "姓名": "顾望舒", "科别": "眼科", "状态": "停用"})
    async with signed_in(house) as client:
        page = await client.get(AT)
        assert "在库专家 2" in words(page)
        assert "还没有承诺过任何版次" in words(page)
        assert "/experts/new" not in page.text
        assert "顾望舒" not in words(await client.get(f"{AT}?specialty=M201"))
        assert "苏砚清" not in words(await client.get(f"{AT}?state=inactive"))
        assert "苏砚清" in words(await client.get(f"{AT}?specialty=nonsense"))
        found = await client.post(f"{AT}/search", data={**form_to(page, "/search"), "find": ["望舒"]})
        assert "顾望舒" in words(found)
        assert "苏砚清" not in words(found)
        expert_id = next(iter(house.station.pool.experts))
        read_only = await client.get(f"{AT}/experts/{expert_id}")
        assert "苏砚清" in words(read_only)
        assert "<textarea" not in read_only.text
        assert (await client.get(f"{AT}/experts/new")).status_code == HTTPStatus.FORBIDDEN
        for title in re.findall("<title>(.*?)</title>", page.text + read_only.text + found.text):
            assert "苏" not in title


async def test_a_version_is_made_by_two_and_shows_what_changed(house: House) -> None:
    house.station.accounts.add("both", Role.CLERK, Role.APPROVER)
    async with signed_in(house, Role.ADMINISTRATOR) as keeper:
        await imported(keeper, GOOD)
    async with signed_in(house, "both") as both:
        made = await both.post(f"{AT}/versions", data=form_to(await both.get(f"{AT}/versions"), "/versions"))
        at = made.headers["location"].partition("?")[0]
        page = await both.get(made.headers["location"])
        assert "/approve" not in page.text
        token = form_to(await both.get(f"{AT}"), "/search")["_csrf"]
        refused = await both.post(f"{at}/approve", data={"_csrf": token, "_version": ["1"]})
        assert (refused.status_code, "不能自己审批" in words(refused)) == (403, True)
        waiting = words(await both.get(f"{AT}/versions"))
        assert "待审批" in waiting
    async with signed_in(house, Role.APPROVER) as approver:
        page = await approver.get(at)
        stale = await approver.post(f"{at}/approve", data={**form_to(page, "/approve"), "_version": ["9"]})
        assert stale.status_code == HTTPStatus.PRECONDITION_FAILED
        done = await approver.post(f"{at}/approve", data=form_to(page, "/approve"))
        assert "已审批用印" in words(await approver.get(done.headers["location"]))
        assert "已入日志" in words(await approver.get(f"{AT}/versions"))
        assert "与已入日志的版次一致" in words(await approver.get(AT))
        same = await approver.post(
            f"{AT}/versions", data={"_csrf": form_to(await approver.get(AT), "/search")["_csrf"]}
        )
        assert (same.status_code, "不需要新版次" in words(same)) == (409, True)
    async with signed_in(house, Role.ADMINISTRATOR) as keeper:
        await imported(keeper, {**GOOD, "专业技术职称": "副主任医师"})
        assert "专家库在上一版次之后有变动" in words(await keeper.get(AT))
        assert "CD-0017 苏砚清 有变动：专业技术职称" in words(await keeper.get(at))


async def test_a_unit_that_does_not_appraise_is_told_so(house: House) -> None:
    house.station.pool.appraises = False
    async with signed_in(house) as client:
        for address in (AT, f"{AT}/versions"):
            page = await client.get(address)
            assert (page.status_code, "没有专家库" in words(page)) == (200, True)


def test_every_fault_has_its_words() -> None:
    assert FAULTS.keys() >= {
        "missing", "too_long", "not_printable", "no_text", "no_day", "no_code", "unknown_field", "order",
        "conflict_form", "number_twice", "pool_full",
    }  # fmt: skip
