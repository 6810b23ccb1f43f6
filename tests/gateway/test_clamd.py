"""A scanner in a process of its own that speaks clamd's protocol, over a UNIX socket and over TCP."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from gateway.problems import WireRefusalError
from gateway.scanning import Scanner
from gateway.wire_reasons import WireReason
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.clamd_process import EICAR
from tests.gateway.conftest import House, a_house
from tests.gateway.fake_views import DELEGATION
from tests.gateway.test_materials import END, FORM, a_part

MOST = 1024 * 1024  # StreamMaxLength
PROGRAM = Path(__file__).with_name("clamd_process.py")
Started = Callable[[str], tuple[str, "subprocess.Popen[str]"]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Started]:
    """Starts one; gives the address for the settings and the process."""
    running: list[subprocess.Popen[str]] = []

    def start(kind: str) -> tuple[str, "subprocess.Popen[str]"]:
        where = "tcp" if kind == "tcp" else f"unix:{tmp_path / 'clamd.ctl'}"
        process = subprocess.Popen([sys.executable, str(PROGRAM), where, str(MOST)], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip(), process

    yield start
    for process in running:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


async def pieces(content: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for position in range(0, len(content), size):
        yield content[position : position + size]


async def verdict(scanner: Scanner, content: bytes, size: int = 64 * 1024) -> WireReason | bytes:
    """The refusal, or what came out."""
    try:
        return b"".join([piece async for piece in scanner.checked(pieces(content, size))])
    except WireRefusalError as refusal:
        return refusal.reason


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_clean_passes_and_infected_is_found_however_it_is_cut(start: Started, kind: str) -> None:
    scanner = Scanner(address=start(kind)[0], seconds=10.0)
    clean = bytes(range(256)) * 3000
    assert await verdict(scanner, clean) == clean
    bad = bytes(100_000) + EICAR + bytes(1000)
    for size in (7, 64 * 1024, len(bad)):
        assert await verdict(scanner, bad if size > 7 else EICAR, size) is WireReason.FILE_INFECTED
    found = await asyncio.gather(*(verdict(scanner, bad if number % 2 else clean) for number in range(12)))
    assert found == [WireReason.FILE_INFECTED if number % 2 else clean for number in range(12)]


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_a_file_over_its_limit_and_one_that_dies_let_nothing_in(start: Started, kind: str) -> None:
    address, process = start(kind)
    scanner = Scanner(address=address, seconds=10.0)
    assert await verdict(scanner, bytes(MOST + 1)) is WireReason.SCANNER_AWAY

    async def dies() -> AsyncIterator[bytes]:
        yield b"one"
        process.kill()
        process.wait()
        yield b"two"
        yield b"three"

    with pytest.raises(WireRefusalError) as refused:
        assert [piece async for piece in scanner.checked(dies())]
    assert refused.value.reason is WireReason.SCANNER_AWAY
    assert await verdict(scanner, b"later") is WireReason.SCANNER_AWAY


@pytest.mark.parametrize("kind", ["unix", "tcp"])
async def test_neither_interface_nor_page_keeps_an_infected_file(start: Started, kind: str) -> None:
    house: House = a_house(scan_address=start(kind)[0])
    at = f"/api/v1/delegations/{DELEGATION}/materials"
    async with house.caller() as client:
        bad = await client.post(at, content=a_part("file", EICAR, file_name="a.txt") + END, headers=FORM)
        assert (bad.status_code, bad.json()["reason"]) == (422, "FILE_INFECTED")
    async with signed_in(house) as client:
        page = await client.get(f"/desk/materials/{DELEGATION}")
        token = form_to(page, f"/materials/{DELEGATION}")["_csrf"][0]
        told = await client.post(
            f"/desk/materials/{DELEGATION}", files={"_csrf": (None, token), "file": ("现场.txt", EICAR)}
        )
        assert (told.status_code, "病毒" in words(told)) == (422, True)
        assert house.station.desk.files == {}
        taken = await client.post(
            f"/desk/materials/{DELEGATION}", files={"_csrf": (None, token), "file": ("现场.txt", b"clean")}
        )
        assert taken.status_code == 303
    assert len(house.station.desk.files) == 1
    house.app.state.spool.close()
