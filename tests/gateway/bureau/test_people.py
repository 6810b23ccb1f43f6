"""Pages about people: accounts and passwords, deputies, handing over and on, looks, requests about own data."""

import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest

from gateway.bureau.people.package import name_in_package
from node.desk.people_views import HeaderRow, OpenTask
from node.desk.ports import Role
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, a_delegation, a_material

_ADMINISTRATOR, _CLERK = Role.ADMINISTRATOR, Role.CLERK


async def test_each_page_opens_for_its_roles_alone(house: House) -> None:
    opens: dict[str, set[Role]] = {
        "/desk/people/staff": {_ADMINISTRATOR},
        "/desk/people/staff/new": {_ADMINISTRATOR},
        "/desk/people/staff/clerk": {_ADMINISTRATOR},
        "/desk/people/keys": {_ADMINISTRATOR},
        "/desk/people/dispatch": {Role.DISPATCHER},
        "/desk/people/looks": {Role.READER, _ADMINISTRATOR},
        "/desk/people/deputies": set(Role),
        "/desk/people/password": set(Role),
        f"/desk/cases/{DELEGATION}/requests": set(Role) - {_ADMINISTRATOR, Role.DISPATCHER},
    }
    for role in Role:
        async with signed_in(house, role) as client:
            for address, roles in opens.items():
                page = await client.get(address)
                assert page.status_code == (200 if role in roles else 403), (role, address)
                assert page.text.count("<h1") == 1


async def test_an_account_is_made_with_a_one_time_password_that_has_to_be_changed(house: House) -> None:
    async with signed_in(house, _ADMINISTRATOR) as boss:
        form = form_to(await boss.get("/desk/people/staff/new"), "/people/staff/new")
        bad = await boss.post("/desk/people/staff/new", data={**form, "staff_id": "clerk", "name": "王"})
        assert bad.status_code == 422
        assert "必填" in words(bad)
        bad = await boss.post(
            "/desk/people/staff/new", data={**form, "staff_id": "clerk", "name": "王", "roles": "clerk"}
        )
        assert form_to(bad, "/people/staff/new")["name"] == ["王"]
        good = {**form, "staff_id": "wang", "name": "王", "roles": ["clerk", "approver"]}
        made = await boss.post("/desk/people/staff/new", data=good)
        assert made.status_code == 200
        secret = house.station.accounts.accounts["wang"].password
        assert secret in words(made)
        assert secret not in (await boss.get("/desk/people/staff")).text
    async with house.anonymous(origin="http://desk.test") as client:
        await client.post("/desk/sign-in", data={"staff_id": "wang", "password": secret})
        for address in ("/desk/todo", f"/desk/cases/{DELEGATION}", "/desk/people/deputies"):
            led = await client.get(address)
            assert (led.status_code, led.headers["location"]) == (303, "/desk/people/password")
        form = form_to(await client.get("/desk/people/password"), "/people/password")
        wrong = {**form, "old": secret, "new": "a new long one", "again": "another long one"}
        assert (await client.post("/desk/people/password", data=wrong)).status_code == 422
        wrong = {**form, "old": "not this", "new": "a new long one", "again": "a new long one"}
        page = await client.post("/desk/people/password", data=wrong)
        assert (page.status_code, "原口令不对" in words(page)) == (401, True)
        right = {**form, "old": secret, "new": "a new long one", "again": "a new long one"}
        changed = await client.post("/desk/people/password", data=right)
        assert changed.status_code == 303
        assert (await client.get("/desk/people/deputies")).status_code == 200
    async with house.anonymous() as client:
        api = await client.post("/api/v1/session", json={"staff_id": "wang", "password": "a new long one"})
        assert api.json()["must_change"] is False


async def test_an_account_is_changed_unlocked_closed_and_opened(house: House) -> None:
    accounts = house.station.accounts
    account = accounts.accounts["clerk"]
    account.view = replace(account.view, locked_until=NOW.replace(hour=3))
    async with signed_in(house, _ADMINISTRATOR) as boss:
        page = await boss.get("/desk/people/staff/clerk")
        assert "锁定至" in words(page)
        token = form_to(page, "/staff/clerk/unlock")
        await boss.post("/desk/people/staff/clerk/unlock", data=token)
        assert account.view.locked_until is None
        form = form_to(page, "/people/staff/clerk")
        assert form["roles"] == ["clerk"]
        sent = await boss.post("/desk/people/staff/clerk", data={**form, "roles": ["clerk", "investigator"]})
        assert sent.status_code == 303
        assert set(account.view.roles) == {"clerk", "investigator"}
        none = {name: value for name, value in form.items() if name != "roles"}
        assert (await boss.post("/desk/people/staff/clerk", data=none)).status_code == 422
        reset = await boss.post("/desk/people/staff/clerk/password", data=token)
        assert account.password in words(reset)
        await boss.post("/desk/people/staff/clerk/close", data=token)
        assert "已停用" in words(await boss.get("/desk/people/staff/clerk"))
        await boss.post("/desk/people/staff/clerk/open", data=token)
        assert account.view.active
        assert (await boss.get("/desk/people/staff/nobody")).status_code == 404


async def test_work_is_handed_over(house: House) -> None:
    people = house.station.people
    people.tasks["clerk"] = [
        OpenTask(kind="move", unit=HOME, subject_id="m", delegation_id=DELEGATION, label="不予受托", state="prepared")
    ]
    async with signed_in(house, _ADMINISTRATOR) as boss:
        page = await boss.get("/desk/people/staff/clerk")
        assert DELEGATION in words(page)
        form = form_to(page, "/staff/clerk/tasks")
        bad = await boss.post("/desk/people/staff/clerk/tasks", data={**form, "to": ""})
        assert bad.status_code == 422
        assert "请选择" in words(bad)
        await boss.post("/desk/people/staff/clerk/tasks", data={**form, "to": "approver"})
        assert people.tasks["clerk"] == []
        assert len(people.tasks["approver"]) == 1


async def test_a_key_is_shown_once_and_ended(house: House) -> None:
    async with signed_in(house, _ADMINISTRATOR) as boss:
        form = form_to(await boss.get("/desk/people/keys"), "/people/keys")
        assert (await boss.post("/desk/people/keys", data=form)).status_code == 422
        asked = {**form, "label": "工伤系统", "staff_id": "clerk", "unit": HOME, "role": "clerk"}
        made = await boss.post("/desk/people/keys", data={**asked, "expires_at": "2026-12-31"})
        [key] = house.station.accounts.keys.values()
        assert made.status_code == 200
        assert key.secret in words(made)
        assert key.expires_at is not None
        assert key.expires_at.isoformat()[:19] == "2026-12-31T15:59:59"
        page = await boss.get("/desk/people/keys")
        assert key.secret not in page.text
        await boss.post(f"/desk/people/keys/{key.key_id}/end", data=form_to(page, "/end"))
        assert not next(iter(house.station.accounts.keys.values())).active


async def test_a_deputy_is_named_for_oneself_and_ended(house: House) -> None:
    people = house.station.people
    async with signed_in(house, Role.APPROVER) as client:
        page = await client.get("/desk/people/deputies")
        form = form_to(page, "/people/deputies")
        assert "staff_id" not in page.text.split('action="/desk/people/deputies"')[1]
        asked = {**form, "deputy": "clerk", "role": "approver", "first": "2026-08-03", "last": "2026-08-09"}
        bad = await client.post("/desk/people/deputies", data={**asked, "last": "2026-08-01"})
        assert bad.status_code == 422
        assert "截止日不能早于开始日" in words(bad)
        assert form_to(bad, "/people/deputies")["first"] == ["2026-08-03"]
        await client.post("/desk/people/deputies", data=asked)
        [made] = people.deputies.values()
        assert (made.staff_id, made.deputy, made.first, made.last) == (
            "approver", "clerk", date(2026, 8, 3), date(2026, 8, 9),
        )  # fmt: skip
        page = await client.get("/desk/people/deputies")
        assert "生效中" in words(page)
        await client.post(f"/desk/people/deputies/{made.deputy_id}/end", data=form_to(page, "/end"))
        assert people.deputies[made.deputy_id].ended


def a_header(**changes: object) -> HeaderRow:
    values: dict[str, object] = {
        "delegation_id": DELEGATION, "unit": HOME, "unit_name": "杭州市人社局", "our_role": "host",
        "other_unit": OTHER, "other_name": "成都市人社局", "state": "signed_for", "state_label": "已签收",
        "our_turn": True, "matter": "INVESTIGATION", "priority": "GREEN", "place": "510104",
        "next_due": date(2026, 8, 1), "overdue": True, "changed_at": NOW, "assigned_to": "", "assigned_name": "",
        "may_go_to_unit": True, **changes,
    }  # fmt: skip
    return HeaderRow(**values)  # type: ignore[arg-type] # as listed


async def test_the_dispatcher_hands_on(house: House) -> None:
    people = house.station.people
    people.headers = [a_header()]
    async with signed_in(house, Role.DISPATCHER) as client:
        home = await client.get("/desk/")
        assert home.headers["location"] == "/desk/people"
        page = await client.get("/desk/people/dispatch")
        assert "示例" not in page.text  # nobody's name
        assert "已超期" in words(page)
        form = form_to(page, "/assign")
        bad = await client.post(f"/desk/people/dispatch/{DELEGATION}/assign", data={**form, "staff_id": "nobody"})
        assert bad.status_code == 422
        await client.post(f"/desk/people/dispatch/{DELEGATION}/assign", data={**form, "staff_id": "clerk"})
        assert people.hands == {DELEGATION: "clerk"}
        assert DELEGATION not in (await client.get("/desk/people/dispatch")).text
        assert DELEGATION in (await client.get("/desk/people/dispatch?show=open")).text
        move = {**form_to(page, "/transfer"), "to_unit": OTHER, "reason": "T01"}
        assert (await client.post(f"/desk/people/dispatch/{DELEGATION}/transfer", data=move)).status_code == 303
        assert (await client.get(f"/desk/cases/{DELEGATION}")).status_code == 403


async def test_an_auditor_sees_who_looked(house: House) -> None:
    async with signed_in(house) as clerk:
        assert (await clerk.get(f"/desk/cases/{DELEGATION}/paper?code=cover&form=html")).status_code == 200
    async with signed_in(house, Role.READER) as auditor:
        page = await auditor.get(f"/desk/people/looks?case={DELEGATION}")
        assert "名clerk" in words(page)
        assert "出具文书" in words(page)
        assert (await auditor.get(f"/desk/people/looks?case={DELEGATION}&staff=clerk")).status_code == 422
        assert "没有" in words(await auditor.get("/desk/people/looks?staff=nobody"))


ASKED = {
    "asks": "copy", "asked_by": "worker", "checked": "id_card", "asked_on": "2026-08-01", "text": "复制本人材料",
}  # fmt: skip


async def _asked(house: House, **changes: str) -> str:
    async with signed_in(house) as client:
        form = form_to(await client.get(f"/desk/cases/{DELEGATION}/requests"), "/requests")
        assert form["asked_on"] == ["2026-08-03"]
        sent = await client.post(f"/desk/cases/{DELEGATION}/requests", data={**form, **ASKED, **changes})
        assert sent.status_code == 303, words(sent)
        return sent.headers["location"].split("?")[0]


async def test_a_copy_leaves_out_others_unless_a_file_is_ticked(house: House) -> None:
    letter = {
        "worker": {"name": "示例", "id_number": "11010519491231002X", "id_document": "ID_DOCUMENT_CITIZEN_ID"},
        "accident": {"course": "途中受伤", "witnesses": [{"name": "证人某", "phone": "1"}]},
        "outline": [{"group": "x", "text": "内部提纲"}], "case_summary": "内部案情", "contact_phone": "0571",
        "employer": {"name": "示例公司", "contact_name": "联系人某"},
    }  # fmt: skip
    kinds = ("document", "witness", "statement")
    names = [f"01986f2a-0000-7000-8000-00000000000{number}" for number in range(3)]
    files = [
        replace(a_material(), material_id=name, document_kind=kind, name=f"../{kind}.pdf", state="held", size=4)
        for name, kind in zip(names, kinds, strict=True)
    ]
    kept = replace(files[1], material_id="01986f2a-0000-7000-8000-000000000009", name="原件.pdf", withheld=True)
    desk = house.station.desk
    desk.shown = replace(a_delegation(1, desk.moves, ()), letter=letter, materials=(*files, kept))
    desk.files = {file.material_id: FakeFile(file, b"%PDF") for file in files}
    address = await _asked(house)
    async with signed_in(house) as client:
        page = await client.get(address)
        form = form_to(page, "/copy")
        assert form["materials"] == [names[0]]  # the witness's and the statement wait for a tick
        assert kept.material_id not in page.text
        made = await client.post(f"{address}/copy", data={**form, "as": "zip"})
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            assert archive.namelist() == ["index.html", "files/01-.._document.pdf"] or archive.namelist()[1].startswith(
                "files/01-"
            )
            text = archive.read("index.html").decode()
            assert archive.read(archive.namelist()[1]) == b"%PDF"
        assert "示例" in text
        assert "途中受伤" in text
        for left_out in ("证人某", "内部提纲", "内部案情", "联系人某", "0571", "witness"):
            assert left_out not in text
        ticked = {**form, "materials": [names[0], names[1], kept.material_id, "made-up"], "as": "zip"}
        made = await client.post(f"{address}/copy", data=ticked)
        with zipfile.ZipFile(io.BytesIO(made.content)) as archive:
            assert len(archive.namelist()) == 3
            assert not any("/" in name.removeprefix("files/") for name in archive.namelist())
        html = await client.post(f"{address}/copy", data={**form, "as": "html"})
        assert "script" not in html.headers["content-security-policy"]
        answer = {**form_to(page, "/answer"), "outcome": "given", "materials": [names[0]]}
        assert (await client.post(f"{address}/answer", data=answer)).status_code == 303
        stale = await client.post(f"{address}/answer", data={**answer, "text": "我写的"})
        assert stale.status_code == 412
        assert form_to(stale, "/answer")["text"] == ["我写的"]
    assert [each.part for each in house.station.people.seen] == ["copy", "copy", "copy"]


async def test_a_deletion_is_answered_with_the_fifty_years(house: House) -> None:
    address = await _asked(house, asks="deletion", asked_by="relative", name="近亲属", checked="id_card_and_kinship")
    async with signed_in(house) as client:
        page = await client.get(address)
        form = form_to(page, "/answer")
        assert form["outcome"] == ["not_deleted"]
        assert "五十年" in form["text"][0]
        assert (await client.post(f"{address}/copy", data=form_to(page, "/answer"))).status_code != 200
        assert (await client.post(f"{address}/answer", data=form)).status_code == 303


async def test_a_request_that_is_not_right_comes_back_with_what_was_typed(house: House) -> None:
    async with signed_in(house) as client:
        form = form_to(await client.get(f"/desk/cases/{DELEGATION}/requests"), "/requests")
        bad = await client.post(f"/desk/cases/{DELEGATION}/requests", data={**form, **ASKED, "asked_on": "昨天"})
        assert bad.status_code == 422
        assert form_to(bad, "/requests")["text"] == ["复制本人材料"]
    async with signed_in(house, Role.READER) as client:
        assert (await client.post(f"/desk/cases/{DELEGATION}/requests", data={})).status_code == 403


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("病历 一.pdf", "病历 一.pdf"),
        ("a\\b\x00c.pdf", "a_b_c.pdf"),
        ("", "file"),
    ],
)
def test_names_in_the_archive_are_no_paths(name: str, safe: str) -> None:
    made = name_in_package(1, replace(a_material(), name=name))
    assert made.startswith("01-")
    assert "/" not in made
    assert made.removeprefix("01-").strip("._") == safe.strip("._")
