"""Files in, piece by piece, and out, whole or in ranges, under names that tell nothing."""

import asyncio
import hashlib
import json
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ranges import ByteRange, RangeNotSatisfiableError, requested_range
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_desk import FakeFile
from tests.gateway.fake_views import DELEGATION, MATERIAL, a_material

MATERIALS = f"/api/v1/delegations/{DELEGATION}/materials"
CONTENT = f"/api/v1/materials/{MATERIAL}/content"
MIB = 1024 * 1024
BOUNDARY = "a-boundary"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def a_part(name: str, content: bytes, *, file_name: str = "") -> bytes:
    """One part of a form."""
    extra = f'; filename="{file_name}"' if file_name else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'
    return head.encode() + content + b"\r\n"


END = f"--{BOUNDARY}--\r\n".encode()


def keep(house: House, content: bytes, **changes: object) -> None:
    """Let the node hold a file."""
    view = replace(a_material(size=len(content)), **changes)  # type: ignore[arg-type] # checked by the dataclass
    house.station.desk.files[MATERIAL] = FakeFile(view, content)


async def test_a_file_is_added_with_its_facts_and_read_back(house: House) -> None:
    content = bytes(range(256)) * 3000
    facts = {"name": "现场照片.jpg", "document_kind": "photo", "pages": 1}
    async with house.caller() as client:
        form = a_part("facts", json.dumps(facts).encode()) + a_part("file", content, file_name="ignored.bin") + END
        added = await client.post(MATERIALS, content=form, headers=FORM)
        assert added.status_code == 201
        assert {name: added.json()[name] for name in facts} == facts
        read = await client.get(added.headers["location"])
        assert read.content == content
        assert len((await client.get(MATERIALS)).json()["items"]) == 1
        assert (await client.delete(f"/api/v1/materials/{added.json()['material_id']}")).status_code == 204
        assert (await client.get(MATERIALS)).json()["items"] == []


async def test_the_name_of_the_form_counts_without_facts_and_its_path_is_cut_off(house: House) -> None:
    async with house.caller() as client:
        form = a_part("file", b"x", file_name="C:\\\\Users\\\\me\\\\scan.pdf") + END
        added = await client.post(MATERIALS, content=form, headers=FORM)
    assert (added.status_code, added.json()["name"]) == (201, "scan.pdf")


async def test_a_form_of_an_ordinary_library_is_taken(house: House) -> None:
    async with house.caller() as client:
        draft = (await client.post("/api/v1/drafts", json={})).json()["draft_id"]
        added = await client.post(
            f"/api/v1/drafts/{draft}/materials", data={"facts": '{"pages": 3}'}, files={"file": ("笔录.pdf", b"%PDF")}
        )
    assert (added.status_code, added.json()["name"], added.json()["pages"]) == (201, "笔录.pdf", 3)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        (END, 422),
        (a_part("facts", b"{}") + END, 422),
        (a_part("file", b"x") + END, 422),
        (a_part("file", b"x", file_name="..") + a_part("facts", b"{}") + END, 422),
        (a_part("facts", b"{}") + a_part("facts", b"{}") + a_part("file", b"x", file_name="a") + END, 422),
        (a_part("other", b"x") + a_part("file", b"x", file_name="a") + END, 422),
        (a_part("facts", b"{") + a_part("file", b"x", file_name="a") + END, 400),
        (a_part("facts", b'{"name": 3}') + a_part("file", b"x", file_name="a") + END, 422),
        (a_part("facts", b" " * 20_000) + a_part("file", b"x", file_name="a") + END, 422),
        (a_part("file", b"x", file_name="a"), 400),
        (b"not a form", 400),
        (b"", 400),
        (a_part("file", b"x", file_name="a" * 4000) + END, 400),
        (f"--{BOUNDARY}\r\n".encode() + b"X: y\r\n" * 50 + b"\r\n" + END, 400),
    ],
)
async def test_another_form_is_refused(house: House, form: bytes, status: int) -> None:
    async with house.caller() as client:
        answer = await client.post(MATERIALS, content=form, headers=FORM)
    assert answer.status_code == status
    assert not house.station.desk.files


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "", "multipart/form-data"])
async def test_only_forms_are_taken(house: House, kind: str) -> None:
    async with house.caller() as client:
        answer = await client.post(MATERIALS, content=b"x", headers={"content-type": kind})
    assert answer.status_code == (400 if kind == "multipart/form-data" else 415)


async def test_a_file_over_the_limit_is_refused_with_and_without_a_length() -> None:
    house = a_house(upload_limit=100_000)
    form = a_part("file", b"x" * 200_000, file_name="a") + END

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(form), 1000):
            yield form[start : start + 1000]

    async with house.caller() as client:
        for content in (form, in_pieces()):
            answer = await client.post(MATERIALS, content=content, headers=FORM)
            assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
    assert not house.station.desk.files


async def test_a_file_that_stops_coming_is_given_up() -> None:
    house = a_house(body_stall_seconds=0.05)
    scope_app = house.app
    session = await house.station.accounts.sign_in("clerk", "correct horse battery")
    sent: list[dict[str, object]] = []
    begun = iter([{"type": "http.request", "body": a_part("file", b"x", file_name="a")[:-2], "more_body": True}])

    async def receive() -> dict[str, object]:
        for message in begun:
            return message
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    headers = [(b"content-type", FORM["content-type"].encode()), (b"authorization", f"Bearer {session.token}".encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": MATERIALS,
        "raw_path": MATERIALS.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("desk.test", 80),
    }
    await scope_app(scope, receive, send)  # type: ignore[arg-type] # ASGI's own types are wider
    assert sent[0]["status"] == 408


async def test_memory_holds_one_piece_of_a_large_file(house: House) -> None:
    pieces, size = 400, 64 * 1024
    digest = hashlib.sha256()

    async def drop(stream: AsyncIterator[bytes]) -> None:
        async for piece in stream:
            digest.update(piece)

    async def form() -> AsyncIterator[bytes]:
        yield a_part("file", b"", file_name="a")[:-2]
        for number in range(pieces):
            yield bytes([number % 256]) * size
        yield b"\r\n" + END

    async def add_file(
        actor: object, subject: str, stream: AsyncIterator[bytes], facts: object, *, once: str = ""
    ) -> object:
        await drop(stream)
        return a_material()

    house.station.desk.add_file = add_file  # type: ignore[method-assign,assignment] # a node that keeps nothing
    transport = httpx.ASGITransport(house.app)
    async with house.caller() as caller:
        token = caller.headers["authorization"]
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        tracemalloc.start()
        try:
            answer = await client.post(MATERIALS, content=form(), headers={**FORM, "authorization": token})
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert answer.status_code == 201
    assert digest.digest() == hashlib.sha256(b"".join(bytes([n % 256]) * size for n in range(pieces))).digest()
    assert peak < 4 * MIB  # 25 MiB went through


@pytest.mark.parametrize(
    ("header", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=10-", 206, 10, 999),
        ("bytes=-10", 206, 990, 999),
        ("bytes=990-5000", 206, 990, 999),
        ("bytes=-5000", 206, 0, 999),
        ("BYTES = 5-5", 206, 5, 5),
        ("bytes=999-999", 206, 999, 999),
        ("bytes=9-0", 200, 0, 999),
        ("bytes=0-1,5-6", 200, 0, 999),
        ("lines=0-1", 200, 0, 999),
        ("bytes=-", 200, 0, 999),
        ("bytes=a-b", 200, 0, 999),
        ("bytes=٠-٩", 200, 0, 999),
    ],
)
async def test_ranges(house: House, header: str, status: int, first: int, last: int) -> None:
    content = bytes(number % 251 for number in range(1000))
    keep(house, content)
    async with house.caller() as client:
        answer = await client.get(CONTENT, headers=[(b"range", header.encode("utf-8"))])
    assert answer.status_code == status
    assert answer.content == content[first : last + 1]
    assert answer.headers["content-length"] == str(last - first + 1)
    assert answer.headers.get("content-range") == (f"bytes {first}-{last}/1000" if status == 206 else None)
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0"])
async def test_a_range_outside_the_file(house: House, header: str) -> None:
    keep(house, bytes(1000))
    async with house.caller() as client:
        answer = await client.get(CONTENT, headers={"range": header})
    assert (answer.status_code, answer.json()["reason"]) == (416, "RANGE_NOT_SATISFIABLE")
    assert answer.headers["content-range"] == "bytes */1000"


@given(
    header=st.one_of(st.text(max_size=40), st.from_regex(r"bytes=[0-9]{0,20}-[0-9]{0,20}", fullmatch=True)),
    size=st.integers(0, 2000),
)
def test_whatever_is_asked_a_range_lies_in_the_file(header: str, size: int) -> None:
    try:
        part = requested_range(header, size)
    except RangeNotSatisfiableError:
        return
    assert part is None or 0 <= part.start < part.end <= size


def test_the_last_byte_stands_in_content_range() -> None:
    assert ByteRange(0, 1).content_range(5) == "bytes 0-0/5"


async def test_a_download_goes_on_only_with_the_same_file(house: House) -> None:
    keep(house, bytes(1000))
    async with house.caller() as client:
        tag = (await client.get(CONTENT)).headers["etag"]
        same = await client.get(CONTENT, headers={"range": "bytes=1-1", "if-range": tag})
        other = await client.get(CONTENT, headers={"range": "bytes=1-1", "if-range": '"else"'})
    assert (same.status_code, other.status_code) == (206, 200)


@pytest.mark.parametrize(
    ("media_type", "shown", "extension"),
    [
        ("application/pdf", "application/pdf", "pdf"),
        ("image/png", "image/png", "png"),
        ("text/plain", "text/plain", "txt"),
        ("text/html", "application/octet-stream", "bin"),
        ("image/svg+xml", "application/octet-stream", "bin"),
        ("text/plain\r\nx: y", "application/octet-stream", "bin"),
    ],
)
async def test_a_file_is_an_attachment_whose_name_tells_nothing(
    house: House, media_type: str, shown: str, extension: str
) -> None:
    keep(house, b"<script>", media_type=media_type, name="张三的诊断.html")
    async with house.caller() as client:
        answer = await client.get(CONTENT)
    assert answer.headers["content-type"] == shown
    assert answer.headers["content-disposition"] == f'attachment; filename="material-{MATERIAL[:8]}.{extension}"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_empty_file_is_a_file(house: House) -> None:
    keep(house, b"")
    async with house.caller() as client:
        answer = await client.get(CONTENT)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "0")


async def test_a_file_that_is_not_here_or_damaged_is_a_problem_not_half_an_answer(house: House) -> None:
    async with house.caller() as client:
        assert (await client.get(CONTENT)).json()["reason"] == "NOT_FOUND"
        house.station.desk.expected = {MATERIAL}
        assert (await client.get(CONTENT)).json()["reason"] == "MATERIAL_MISSING"
        house.station.desk.expected = set()
        house.station.desk.files[MATERIAL] = FakeFile(a_material(size=9), b"123456789", damaged_from=0)
        assert (await client.get(CONTENT)).json()["reason"] == "MATERIAL_DAMAGED"
