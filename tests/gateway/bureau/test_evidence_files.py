"""Files on the desk: brought in with and without a script, described, looked at, dropped."""

import re
from dataclasses import replace

import httpx
import pytest

from delegation.errors import Reason, Refusal
from gateway.bureau.evidence.spool import LEAST_PART
from gateway.downloads import SANDBOXED
from node.desk.ports import Role
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, MATERIAL, a_material

AT = f"/desk/materials/{DELEGATION}"
PDF = b"%PDF-1.7\n" + bytes(100)
BOUNDARY = "a-boundary"
MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def keep(house: House, content: bytes, **changes: object) -> None:
    """Let the node hold a file."""
    view = replace(a_material(size=len(content)), **changes)  # type: ignore[arg-type] # checked by the dataclass
    house.station.desk.files[MATERIAL] = FakeFile(view, content)


def a_form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """A form of parts: name, file name, content."""
    found = b""
    for name, file_name, content in parts:
        extra = f'; filename="{file_name}"' if file_name is not None else ""
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
        found += head.encode() + content + b"\r\n"
    return found + f"--{BOUNDARY}--\r\n".encode()


async def token(client: httpx.AsyncClient) -> str:
    """The page's token."""
    return form_to(await client.get(AT), DELEGATION)["_csrf"][0]


def names(house: House) -> list[str]:
    """What the node holds."""
    return [file.view.name for file in house.station.desk.files.values()]


async def begin(client: httpx.AsyncClient, csrf: str, name: str, size: int) -> httpx.Response:
    """Begin an upload as the page's script does."""
    return await client.post(f"{AT}/uploads", data={"name": name, "size": str(size), "mark": "7", "_csrf": csrf})


async def part(client: httpx.AsyncClient, csrf: str, upload: str, offset: int, data: bytes) -> httpx.Response:
    """Send a part."""
    headers = {"x-csrf-token": csrf, "content-type": "application/octet-stream"}
    return await client.post(f"/desk/uploads/{upload}/parts?offset={offset}", content=data, headers=headers)


async def test_a_file_comes_in_parts_with_what_is_said_of_it(house: House) -> None:
    content = PDF + bytes(LEAST_PART)
    async with signed_in(house) as client:
        csrf = await token(client)
        begun = await begin(client, csrf, "C:\\x\\笔录\u202e.pdf", len(content))
        assert (begun.status_code, begun.json()["received"], begun.json()["name"]) == (201, 0, "笔录.pdf")
        upload = begun.json()["id"]
        assert (await part(client, csrf, upload, 0, content[:LEAST_PART])).json() == {"received": LEAST_PART}
        early = await client.post(f"/desk/uploads/{upload}/finish", data={"_csrf": csrf})
        assert (early.status_code, early.json()["reason"], early.json()["received"]) == (409, "OUT_OF_STEP", LEAST_PART)
        shown = await client.get(AT)  # after a reload
        assert f'data-waiting="{upload}"' in shown.text
        assert (await client.get(f"/desk/uploads/{upload}")).json()["received"] == LEAST_PART
        again = await part(client, csrf, upload, 0, content[:LEAST_PART])
        assert (again.status_code, again.json()["received"]) == (409, LEAST_PART)
        await part(client, csrf, upload, LEAST_PART, content[LEAST_PART:])
        said = {"kind": "statement", "copy": "copy", "compared_by": "何经办", "original_at": "档案室", "_csrf": csrf}
        finished = await client.post(f"/desk/uploads/{upload}/finish", data=said)
        once_more = await client.post(f"/desk/uploads/{upload}/finish", data=said)
        assert finished.json() == once_more.json()
    (file,) = house.station.desk.files.values()
    assert b"".join([piece async for piece in file.read()]) == content
    view = file.view
    assert (view.name, view.document_kind, view.is_copy) == ("笔录.pdf", "statement", True)
    assert (view.compared_by, view.original_at) == ("何经办", "档案室")


async def test_an_upload_needs_the_token_and_its_own_person(house: House) -> None:
    house.station.accounts.add("second", Role.CLERK)
    async with signed_in(house) as client, signed_in(house, "second") as other:
        csrf, others = await token(client), await token(other)
        upload = (await begin(client, csrf, "a.pdf", 10)).json()["id"]
        assert (await part(client, "guessed", upload, 0, PDF[:10])).status_code == 403
        gone = await part(other, others, upload, 0, PDF[:10])
        assert (gone.status_code, gone.json()["reason"]) == (404, "UPLOAD_GONE")
        assert (await other.post(f"/desk/uploads/{upload}/cancel", data={"_csrf": others})).status_code == 204
        assert (await client.get(f"/desk/uploads/{upload}")).status_code == 200
        assert (await client.post(f"/desk/uploads/{upload}/cancel", data={"_csrf": csrf})).status_code == 204
        assert (await client.get(f"/desk/uploads/{upload}")).status_code == 404
    assert house.station.desk.files == {}


async def test_a_part_over_four_mib_is_refused_whole(house: House) -> None:
    async with signed_in(house) as client:
        csrf = await token(client)
        upload = (await begin(client, csrf, "a.pdf", 9 * 1024 * 1024)).json()["id"]
        large = await part(client, csrf, upload, 0, bytes(4 * 1024 * 1024 + 1))
        assert (large.status_code, large.json()["text"]) == (413, "文件超过大小上限")
        assert (await client.get(f"/desk/uploads/{upload}")).json()["received"] == 0
        await client.post(f"/desk/uploads/{upload}/cancel", data={"_csrf": csrf})


async def test_what_the_node_refuses_is_told_and_given_up_and_what_may_pass_is_kept(house: House) -> None:
    desk = house.station.desk
    async with signed_in(house) as client:
        csrf = await token(client)
        for reason, kept in ((Reason.MATERIAL_TYPE_REFUSED, False), (Reason.DISK_FULL, True)):
            upload = (await begin(client, csrf, "a.exe", 10)).json()["id"]
            await part(client, csrf, upload, 0, b"MZ" + bytes(8))
            desk.fail_with = Refusal(reason)
            refused = await client.post(f"/desk/uploads/{upload}/finish", data={"_csrf": csrf})
            assert refused.json()["reason"] == reason.value
            assert refused.json()["again"] is kept
            assert re.search(r"[\u4e00-\u9fff]", refused.json()["text"])
            desk.fail_with = None
            assert ((await client.get(f"/desk/uploads/{upload}")).status_code == 200) is kept
        finished = await client.post(f"/desk/uploads/{upload}/finish", data={"_csrf": csrf})
        assert finished.status_code == 200
    assert names(house) == ["a.exe"]


async def test_an_empty_or_too_large_file_is_told_before_anything_is_sent(house: House) -> None:
    async with signed_in(house) as client:
        csrf = await token(client)
        assert (await begin(client, csrf, "a.pdf", 0)).json()["text"] == "文件是空的"
        assert (await begin(client, csrf, "a.pdf", 2 * 1024**3)).json()["text"] == "文件超过大小上限"
        nobodys = await client.post("/desk/materials/nobody/uploads", data={"size": "1", "_csrf": csrf})
        assert (nobodys.status_code, nobodys.json()["reason"]) == (404, "NOT_FOUND")


async def test_a_form_without_a_script_takes_many_files_and_tells_each(house: House) -> None:
    async with signed_in(house) as client:
        csrf = await token(client)
        body = a_form(
            ("_csrf", None, csrf.encode()),
            ("kind", None, b"witness"),
            ("copy", None, b"copy"),
            ("compared_by", None, "何经办".encode()),
            ("file", "一.pdf", PDF),
            ("file", "空.pdf", b""),
            ("file", "../二\u202e.pdf", PDF),
            ("file", "", b""),  # a camera that took nothing
        )
        page = await client.post(AT, content=body, headers=MULTIPART)
        assert page.status_code == 422
        told = words(page)
        assert "空.pdf ： 未收 ，文件是空的" in told
        assert "一.pdf ：已收" in told
        assert "二.pdf ：已收（文件名中的路径、控制字符或不可见字符已去掉）" in told
        assert names(house) == ["一.pdf", "二.pdf"]
        assert {file.view.document_kind for file in house.station.desk.files.values()} == {"witness"}
        good = a_form(("_csrf", None, csrf.encode()), ("file", "三.pdf", PDF))
        sent = await client.post(AT, content=good, headers=MULTIPART)
        assert (sent.status_code, sent.headers["location"]) == (303, f"{AT}?made=added")


@pytest.mark.parametrize(
    "first",
    [
        (),
        (("_csrf", None, b"guessed"),),
        (("kind", None, b"witness"),),
        (("file", "a.pdf", PDF),),
    ],
)
async def test_a_form_whose_first_part_is_not_the_token_stores_nothing(
    house: House, first: tuple[tuple[str, str | None, bytes], ...]
) -> None:
    async with signed_in(house) as client:
        csrf = await token(client)
        late = (("_csrf", None, csrf.encode()), ("file", "b.pdf", PDF)) if first else ()
        page = await client.post(AT, content=a_form(*first, *late), headers=MULTIPART)
        assert page.status_code == 403
        other = await client.post(f"{AT}/facts", content=a_form(("_csrf", None, csrf.encode())), headers=MULTIPART)
        assert other.status_code == 403  # no other page takes a token from a part
    assert house.station.desk.files == {}


async def test_a_form_of_another_site_brings_no_file(house: House) -> None:
    async with signed_in(house) as client:
        body = a_form(("_csrf", None, (await token(client)).encode()), ("file", "a.pdf", PDF))
        page = await client.post(AT, content=body, headers={**MULTIPART, "origin": "http://elsewhere.test"})
        assert page.status_code == 403
    assert house.station.desk.files == {}


async def test_what_is_said_of_files_is_changed_together_and_faults_keep_what_was_typed(house: House) -> None:
    keep(house, PDF, name="a.pdf")
    at = f"f.{MATERIAL}."
    async with signed_in(house) as client:
        form = form_to(await client.get(AT), "/facts")
        typed = {**form, f"{at}pages": "many", f"{at}compared_by": "何经办", f"{at}name": ""}
        page = await client.post(f"{AT}/facts", data=typed)
        assert page.status_code == 422
        assert f'href="#f-{MATERIAL}-pages"' in page.text
        assert form_to(page, "/facts")[f"{at}compared_by"] == ["何经办"]
        assert form_to(page, "/facts")[f"{at}pages"] == ["many"]
        said = {**form, f"{at}pages": "3", f"{at}name": "笔录", f"{at}copy": "copy", f"{at}kind": "statement"}
        sent = await client.post(f"{AT}/facts", data={**said, f"{at}withheld": ["", "1"]})
        assert sent.status_code == 303
        view = house.station.desk.files[MATERIAL].view
        assert (view.name, view.pages, view.is_copy, view.document_kind, view.withheld) == (
            "笔录",
            3,
            True,
            "statement",
            True,
        )
        stale = await client.post(f"{AT}/facts", data={**said, f"{at}pages": "4"})  # from the page of before
        assert stale.status_code == 422
        assert "他人改过" in words(stale)
        assert form_to(stale, "/facts")[f"{at}pages"] == ["4"]
        assert house.station.desk.files[MATERIAL].view.pages == 3


async def test_a_file_is_shown_under_a_policy_that_runs_nothing(house: House) -> None:
    at = f"/desk/files/{MATERIAL}"
    async with signed_in(house, Role.READER) as client:
        for kind in ("image/png", "text/plain", "application/pdf"):
            keep(house, PDF, media_type=kind)
            shown = await client.get(f"{at}?show=1")
            assert shown.headers["content-type"].startswith(kind)
            assert shown.headers["content-disposition"] == "inline"
            policy = shown.headers["content-security-policy"]
            assert policy == SANDBOXED
            assert {"default-src 'none'", "sandbox"} <= set(policy.split("; "))
            assert shown.headers["x-frame-options"] == "SAMEORIGIN"
            assert shown.headers["x-content-type-options"] == "nosniff"
            assert (await client.get(f"{at}/view")).status_code == 200
        for kind in ("text/html", "image/svg+xml", "application/zip", "text/csv", "application/xhtml+xml"):
            keep(house, b"<script>alert(1)</script>", media_type=kind, name="a.html")
            for address in (at, f"{at}?show=1"):
                answer = await client.get(address)
                assert answer.headers["content-disposition"] == "attachment"
                assert answer.headers["content-type"] in {"application/octet-stream", "application/zip"}
                assert "sandbox" in answer.headers["content-security-policy"]


async def test_sound_and_film_are_read_in_ranges(house: House) -> None:
    keep(house, bytes(range(100)), media_type="video/mp4")
    async with signed_in(house) as client:
        part_of = await client.get(f"/desk/files/{MATERIAL}?show=1", headers={"range": "bytes=10-19"})
        assert (part_of.status_code, part_of.content) == (206, bytes(range(10, 20)))
        assert part_of.headers["content-range"] == "bytes 10-19/100"
        assert (await client.get(f"/desk/files/{MATERIAL}", headers={"range": "bytes=100-"})).status_code == 416


async def test_a_text_is_shown_in_its_own_writing(house: House) -> None:
    async with signed_in(house) as client:
        for charset in ("utf-8", "gb18030"):
            keep(house, "调查笔录".encode(charset), media_type="text/plain")
            shown = await client.get(f"/desk/files/{MATERIAL}?show=1")
            assert shown.headers["content-type"] == f"text/plain; charset={charset}"


async def test_names_stand_in_no_header_and_hostile_ones_are_shown_harmless(house: House) -> None:
    keep(house, PDF, name='张三\u202e"><img src=x>.exe')
    async with signed_in(house) as client:
        page = await client.get(f"/desk/files/{MATERIAL}/view")
        assert "\u202e" not in page.text
        assert "<img src=x>" not in page.text
        assert 'download="张三&#34;&gt;&lt;img src=x&gt;.pdf"' in page.text
        file = await client.get(f"/desk/files/{MATERIAL}")
        assert "张三" not in str(file.headers)


async def test_a_file_that_was_sent_is_not_changed_or_dropped(house: House) -> None:
    keep(house, PDF, attached_to="01986f2a-0000-7000-8000-000000000001")
    async with signed_in(house) as client:
        page = await client.get(AT)
        assert "已发出、收到和不可改动的材料" in words(page)
        csrf = await token(client)
        saved = await client.post(f"{AT}/facts", data={"_csrf": csrf, f"f.{MATERIAL}.seen": "x"})
        assert saved.status_code == 303
        assert (await client.get(f"/desk/files/{MATERIAL}/redact")).status_code == 409


async def test_a_file_is_dropped_and_its_page_is_gone(house: House) -> None:
    keep(house, PDF)
    async with signed_in(house) as client:
        form = form_to(await client.get(f"/desk/files/{MATERIAL}/view"), "/drop")
        assert (await client.post(f"/desk/files/{MATERIAL}/drop", data=form)).status_code == 303
        assert (await client.get(f"/desk/files/{MATERIAL}/view")).status_code == 404


async def test_a_reader_sees_files_and_changes_none(house: House) -> None:
    keep(house, PDF)
    async with signed_in(house, Role.READER) as client:
        page = await client.get(AT)
        assert page.status_code == 200
        assert 'type="file"' not in page.text
        assert (await client.get(f"/desk/files/{MATERIAL}/redact")).status_code == 403


async def test_a_draft_that_became_a_delegation_leads_to_its_files(house: House) -> None:
    async with signed_in(house) as client:
        desk = house.station.desk
        draft = await desk.create_draft(
            (await house.station.accounts.actor_of_session(client.cookies["xieban_session"]))[0], {}
        )
        assert (await client.get(f"/desk/materials/{draft.draft_id}")).status_code == 200
        desk.drafts[draft.draft_id] = replace(draft, state="pending_approval")
        page = await client.get(f"/desk/materials/{draft.draft_id}")
        assert "已提交审批" in words(page)
        assert 'type="file"' not in page.text
        desk.drafts[draft.draft_id] = replace(draft, state="issued", delegation_id=DELEGATION)
        moved = await client.get(f"/desk/materials/{draft.draft_id}")
        assert (moved.status_code, moved.headers["location"]) == (303, AT)
