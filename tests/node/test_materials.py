"""Files: sealed as they come in, carried in chunks, resumed, checked, read by range, never sent twice."""

import hashlib
from collections.abc import AsyncIterable
from pathlib import Path

import pytest

from certs.chunks import CHUNK
from delegation.errors import Reason, Refusal
from node.desk.ports import FileFacts
from node.materials import MaterialFolder
from node.media import media_type
from node.settings import NodeSettings
from tests.node.world import CHENGDU, HANGZHOU, clerk, issued, reach, running, stream, until, view

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 2600  # two and a half chunks


async def whole(pieces: AsyncIterable[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_a_file_travels_with_its_question(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        added = await home.desk.add_file(
            clerk(HANGZHOU), ref, stream(PDF[:1000], PDF[1000:]), FileFacts(name="病历.pdf", pages=3)
        )
        assert (added.media_type, added.size, added.chunks) == ("application/pdf", len(PDF), 3)
        assert added.sha256 == hashlib.sha256(PDF).digest()
        stored = home.materials.path(added.material_id).read_bytes()
        assert PDF[100:200] not in stored
        await home.desk.act(
            clerk(HANGZHOU),
            ref,
            "QUESTION",
            {"materials": [added.material_id], "body": {"question": {"text": "请看附件"}}},
            None,
        )
        got = await until(
            lambda: host.desk.list_materials(clerk(CHENGDU), ref), lambda m: [x.state for x in m] == ["held"]
        )
        assert (got[0].name, got[0].pages, got[0].sha256) == ("病历.pdf", 3, added.sha256)
        opened = await host.desk.open_file(clerk(CHENGDU), added.material_id)
        assert await whole(opened.read()) == PDF
        assert await whole(opened.read(CHUNK - 5, CHUNK + 7)) == PDF[CHUNK - 5 : CHUNK + 7]
        told = await until(
            lambda: view(home, HANGZHOU, ref),
            lambda v: bool(v.entries[-1].deliveries and v.entries[-1].deliveries[0].materials_held_at),
        )
        assert told.entries[-1].kind == "QUESTION"
        body = told.entries[-1].body
        assert body is not None
        assert "key" not in str(body["materials"])
        with pytest.raises(Refusal) as again:  # never ask twice, never send twice
            await home.desk.act(
                clerk(HANGZHOU),
                ref,
                "QUESTION",
                {"materials": [added.material_id], "body": {"question": {"text": "再发"}}},
                None,
            )
        assert again.value.reason is Reason.MATERIAL_HELD_ALREADY


async def test_an_interrupted_upload_goes_on_with_the_same_bytes(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(world.nodes[CHENGDU], CHENGDU, ref, "issued")
        added = await home.desk.add_file(clerk(HANGZHOU), ref, stream(PDF), FileFacts(name="a.pdf"))
        sent: list[tuple[int, bytes]] = []
        upload, failures = home.link.upload, 1

        async def flaky(request: object) -> object:
            nonlocal failures
            number, chunk = request.chunk_number, bytes(request.chunk)  # type: ignore[attr-defined]
            if chunk:
                sent.append((number, chunk))
            if chunk and number == 1 and failures:
                failures -= 1
                raise Refusal(Reason.UNAVAILABLE)
            return await upload(request)  # type: ignore[arg-type]

        home.link.upload = flaky  # type: ignore[method-assign, assignment]
        data = {"materials": [added.material_id], "body": {"question": {"text": "附件"}}}
        await home.desk.act(clerk(HANGZHOU), ref, "QUESTION", data, None)
        host = world.nodes[CHENGDU]
        await until(lambda: host.desk.list_materials(clerk(CHENGDU), ref), lambda m: [x.state for x in m] == ["held"])
        assert [number for number, _ in sent] == [0, 1, 1, 2]
        assert sent[1] == sent[2]


async def test_a_changed_file_is_another_copy_with_another_key(tmp_path: Path) -> None:
    folder = MaterialFolder(NodeSettings(data_dir=tmp_path, min_free_bytes=0))
    first = await folder.copy_in(stream(PDF), name="a.pdf")
    second = await folder.copy_in(stream(PDF + b"more"), name="a.pdf")
    third = await folder.copy_in(stream(PDF), name="a.pdf")
    assert len({copy.material_id for copy in (first, second, third)}) == 3
    assert len({copy.key for copy in (first, second, third)}) == 3
    assert len({copy.root for copy in (first, second, third)}) == 3


async def test_kinds_sizes_and_empty_files_are_judged(tmp_path: Path) -> None:
    folder = MaterialFolder(NodeSettings(data_dir=tmp_path, max_material_bytes=1000, min_free_bytes=0))
    for content, reason in (
        (b"MZ\x90\x00" + bytes(200), Reason.MATERIAL_TYPE_REFUSED),
        (b"", Reason.INVALID_INPUT),
        (b"%PDF-" + bytes(2000), Reason.TOO_LARGE),
    ):
        with pytest.raises(Refusal) as refused:
            await folder.copy_in(stream(content), name="x.pdf")
        assert refused.value.reason is reason
    assert not list(tmp_path.glob("materials/*/*"))


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"%PDF-1.4", "x", "application/pdf"),
        (bytes(128) + b"DICM" + bytes(10), "x.dcm", "application/dicom"),
        ("姓名,日期\n王,1".encode("gb18030"), "a.csv", "text/csv"),
        ("说明".encode(), "a.txt", "text/plain"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a.txt", "image/jpeg"),
        (b"PK\x03\x04....OFD.xml", "a.docx", "application/ofd"),
        (b"PK\x03\x04....nothing", "a.docx", "application/zip"),
    ],
)
def test_a_file_is_what_its_content_is(head: bytes, name: str, found: str) -> None:
    assert media_type(head, name=name) == found
