"""A scanner before the store: a command or a daemon; what it does not call clean does not come in."""

import asyncio
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.problems import WireRefusalError
from gateway.scanning import Scanner
from gateway.settings import GatewaySettings
from gateway.wire_reasons import WireReason
from tests.gateway.conftest import a_house
from tests.gateway.fake_views import DELEGATION
from tests.gateway.test_materials import END, FORM, a_part

SIGNATURE = b"our own mark of something bad"
# reads all of it and ends as clamscan does
LOOKS = f"import sys; sys.exit(1 if {SIGNATURE!r} in sys.stdin.buffer.read() else 0)"
MATERIALS = f"/api/v1/delegations/{DELEGATION}/materials"


def a_command(code: str) -> tuple[str, ...]:
    """A scanner in one line."""
    return (sys.executable, "-c", code)


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def through(scanner: Scanner, *content: bytes) -> list[bytes]:
    """What comes out of the scanner's other side."""
    return [piece async for piece in scanner.checked(pieces(*content))]


async def refused(scanner: Scanner, *content: bytes) -> tuple[WireReason, list[bytes]]:
    """The refusal, and what had come out before it."""
    out: list[bytes] = []
    try:
        async for piece in scanner.checked(pieces(*content)):
            out.append(piece)
    except WireRefusalError as refusal:
        return refusal.reason, out
    raise AssertionError("it passed")


async def test_without_a_scanner_every_file_passes() -> None:
    assert await through(Scanner(), b"a", SIGNATURE) == [b"a", SIGNATURE]


async def test_a_clean_file_passes_a_command_whole() -> None:
    big = bytes(300_000)
    assert b"".join(await through(Scanner(command=a_command(LOOKS)), b"a", big, b"z")) == b"a" + big + b"z"


async def test_the_last_piece_of_an_infected_file_never_comes_out() -> None:
    reason, out = await refused(Scanner(command=a_command(LOOKS)), b"one", b"two", SIGNATURE)
    assert (reason, out) == (WireReason.FILE_INFECTED, [b"one", b"two"])


@pytest.mark.parametrize(
    "command",
    [
        a_command("import sys; sys.stdin.buffer.read(); sys.exit(2)"),  # could not look
        a_command("import os; os.close(0)"),  # says clean and has not read it
        ("/nowhere/scanner",),
        a_command("import time; time.sleep(60)"),
    ],
)
async def test_a_command_that_did_not_look_lets_nothing_in(command: tuple[str, ...]) -> None:
    reason, _ = await refused(Scanner(command=command, seconds=2.0), *[bytes(200_000)] * 4)
    assert reason is WireReason.SCANNER_AWAY


Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _instream(reader: asyncio.StreamReader) -> bytes:
    assert await reader.readexactly(10) == b"zINSTREAM\x00"
    found = b""
    while length := int.from_bytes(await reader.readexactly(4), "big"):
        found += await reader.readexactly(length)
    return found


async def _daemon(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    bad = SIGNATURE in await _instream(reader)
    writer.write(b"stream: Our-Test-Signature FOUND\x00" if bad else b"stream: OK\x00")
    writer.close()


async def _too_large(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(10)
    writer.write(b"INSTREAM size limit exceeded. ERROR\x00")
    writer.close()


async def _chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _instream(reader)
    writer.write(b"x" * 20_000)
    writer.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _instream(reader)
    await reader.read()  # until the other side gives up
    writer.close()


@asynccontextmanager
async def served(path: Path, answering: Answering) -> AsyncGenerator[str, None]:
    """A daemon on a unix socket; gives the setting's address."""
    ended = asyncio.Event()

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answering(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            ended.set()

    async with await asyncio.start_unix_server(once, path):
        yield f"unix:{path}"
        await ended.wait()


async def test_a_daemon_is_asked_as_clamd_is(tmp_path: Path) -> None:
    async with served(tmp_path / "s", _daemon) as address:
        scanner = Scanner(address=address)
        assert b"".join(await through(scanner, b"a" * 70_000, b"", b"b")) == b"a" * 70_000 + b"b"
        assert await refused(scanner, b"one", SIGNATURE) == (WireReason.FILE_INFECTED, [b"one"])


@pytest.mark.parametrize("answering", [_too_large, _chatty, _silent])
async def test_a_daemon_that_says_anything_else_lets_nothing_in(tmp_path: Path, answering: Answering) -> None:
    async with served(tmp_path / "s", answering) as address:
        reason, _ = await refused(Scanner(address=address, seconds=1.0), b"a" * 70_000, b"b")
    assert reason is WireReason.SCANNER_AWAY


async def test_a_daemon_that_is_away_refuses(tmp_path: Path) -> None:
    for address in (f"unix:{tmp_path}/none", "127.0.0.1:1"):
        assert (await refused(Scanner(address=address), b"a"))[0] is WireReason.SCANNER_AWAY


async def test_the_api_keeps_nothing_of_an_infected_file() -> None:
    house = a_house(scan_command=a_command(LOOKS))
    async with house.caller() as client:
        bad = await client.post(
            MATERIALS, content=a_part("file", b"x" + SIGNATURE, file_name="a.txt") + END, headers=FORM
        )
        assert (bad.status_code, bad.json()["reason"]) == (422, "FILE_INFECTED")
        assert house.station.desk.files == {}
        good = await client.post(MATERIALS, content=a_part("file", b"good", file_name="a.txt") + END, headers=FORM)
        assert good.status_code == 201


def test_two_scanners_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="one scanner"):
        GatewaySettings(scan_command=("x",), scan_address="unix:/run/x")
