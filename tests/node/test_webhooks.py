"""Webhooks before a real receiver: signed, in order, at least once, over restarts; and what is refused at the start."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from certs.files import KeyFileError
from delegation.errors import Reason, Refusal
from node.notices import webhooks
from node.notices.signing import is_signed
from node.settings import NodeSettings
from tests.node.world import CHENGDU, HANGZHOU, World, clerk, issued, make, reach, running, until, view

SECRET = b"0123456789abcdef0123456789abcdef"


@dataclass
class Call:
    """One call as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[dict[str, Any]]:
        """Its hints."""
        found: list[dict[str, Any]] = json.loads(self.body)["events"]
        return found


@dataclass
class Receiver:
    """The bureau's own system: keeps every call, answers with `status`."""

    port: int = 0
    status: int = 204
    calls: list[Call] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            while line := await reader.readline():
                headers: dict[str, str] = {}
                while (head := (await reader.readline()).decode().strip()) != "":
                    name, _, value = head.partition(":")
                    headers[name.lower()] = value.strip()
                assert line.startswith(b"POST /hook")
                call = Call(headers, await reader.readexactly(int(headers["content-length"])))
                self.calls.append(call)
                if 200 <= self.status < 300:
                    self.taken += call.events
                more = "Location: http://127.0.0.1:1/\r\n" if self.status == 302 else ""
                writer.write(f"HTTP/1.1 {self.status} X\r\n{more}Content-Length: 0\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that listens."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


def with_hook(world: World, receiver: Receiver) -> None:
    """Set the webhook of Hangzhou's node, which starts later."""
    settings = world.settings[HANGZHOU]
    secret = settings.data_dir / "webhook.secret"
    secret.write_bytes(SECRET + b"\n")
    secret.chmod(0o600)
    world.settings[HANGZHOU] = settings.model_copy(
        update={"webhook_urls": (f"http://127.0.0.1:{receiver.port}/hook",), "webhook_secret_file": secret}
    )


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_GATHER_SECONDS", 0.01)


async def told(receiver: Receiver, delegation_id: str, version: int) -> None:
    """Wait until the receiver took that version."""

    async def look() -> bool:
        return any(each["delegation_id"] == delegation_id and each["version"] >= version for each in receiver.taken)

    await until(look, bool)


async def test_hints_are_signed_in_order_and_hold_nothing_of_the_case(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, HANGZHOU, CHENGDU) as world:
        await world.stop_node(HANGZHOU)
        with_hook(world, receiver)
        home, host = await world.start_node(HANGZHOU), world.nodes[CHENGDU]
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        await reach(home, HANGZHOU, ref, "signed_for")
        await told(receiver, ref, (await view(home, HANGZHOU, ref)).version)
        versions = [each["version"] for each in receiver.taken if each["delegation_id"] == ref]
        assert versions == sorted(versions)
        for call in receiver.calls:
            stamp = int(call.headers["xieban-timestamp"])
            assert is_signed(SECRET, timestamp=stamp, body=call.body, shown=call.headers["xieban-signature"])
            assert not is_signed(SECRET, timestamp=stamp + 1, body=call.body, shown=call.headers["xieban-signature"])
            assert all(set(each) == {"event", "delegation_id", "version", "at"} for each in call.events)
            assert "王小明" not in json.dumps(json.loads(call.body), ensure_ascii=False)


async def test_nothing_is_lost_while_the_receiver_is_away_and_over_a_restart(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, HANGZHOU, CHENGDU) as world:
        await world.stop_node(HANGZHOU)
        with_hook(world, receiver)
        home = await world.start_node(HANGZHOU)
        receiver.status = 503
        first = (await issued(home, HANGZHOU)).row.delegation_id
        await until(lambda: _count(receiver), lambda calls: calls >= 2)
        [route] = await home.notices.routes()
        assert (route.kind, route.target, route.fault) == ("webhook", "127.0.0.1", "503")
        assert route.waiting >= 1
        assert route.failing >= 1
        second = (await issued(home, HANGZHOU)).row.delegation_id  # the node is held up by nothing
        await world.stop_node(HANGZHOU)
        assert receiver.taken == []
        receiver.status = 200
        home = await world.start_node(HANGZHOU)
        for ref in (first, second):
            await told(receiver, ref, 1)
        await home.settle()
        await world.stop_node(HANGZHOU)
        before = len(receiver.taken)
        home = await world.start_node(HANGZHOU)
        third = (await issued(home, HANGZHOU)).row.delegation_id
        await told(receiver, third, 1)
        again = [each["delegation_id"] for each in receiver.taken[before:]]
        assert again.count(first) + again.count(second) <= 4, "what was taken is not told from the beginning again"


async def _count(receiver: Receiver) -> int:
    return len(receiver.calls)


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with receiving() as receiver, running(tmp_path, HANGZHOU, CHENGDU) as world:
        await world.stop_node(HANGZHOU)
        with_hook(world, receiver)
        home = await world.start_node(HANGZHOU)
        receiver.status = 302
        await issued(home, HANGZHOU)
        await until(lambda: _count(receiver), lambda calls: calls >= 2)
        [route] = await home.notices.routes()
        assert route.fault == "302"


async def test_the_feed_is_read_on_and_shows_each_units_own_cases(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        home = world.nodes[HANGZHOU]
        refs = [(await issued(home, HANGZHOU)).row.delegation_id for _ in range(3)]
        await home.settle()
        await asyncio.sleep(0.3)
        first = await home.desk.events(clerk(HANGZHOU), limit=2)
        rest = await home.desk.events(clerk(HANGZHOU), after=first.next_cursor, limit=50)
        assert first.more
        assert not rest.more
        assert {each.delegation_id for each in (*first.items, *rest.items)} == set(refs)
        end = rest.next_cursor
        assert (await home.desk.events(clerk(HANGZHOU), after=end)).items == ()
        await home.settle()
        await world.stop_node(HANGZHOU)
        home = await world.start_node(HANGZHOU)
        another = (await issued(home, HANGZHOU)).row.delegation_id
        seen = await home.desk.events(clerk(HANGZHOU), after=end)
        assert another in {each.delegation_id for each in seen.items}
        cursors = [each.cursor for each in seen.items]
        assert cursors == sorted(cursors)
        assert cursors[0] > end


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://oa.example/hook", "https_needed"),
        ("https://user:word@oa.example/hook", "credentials_in_address"),
        ("ftp://oa.example/", "malformed"),
        ("https:///hook", "malformed"),
        ("https://oa.example:99999/", "malformed"),
        ("https://oa.example/#part", "malformed"),
    ],
)
def test_an_address_that_hints_may_not_go_to_is_refused(url: str, why: str) -> None:
    with pytest.raises(Refusal) as caught:
        webhooks.checked_url(url)
    assert (caught.value.reason, caught.value.refused.details["why"]) == (Reason.INVALID_INPUT, why)


def test_a_secret_is_asked_for_and_looked_at(tmp_path: Path) -> None:
    writer: Any = None
    clock: Any = None

    def made(path: Path | None) -> None:
        settings = NodeSettings(data_dir=tmp_path, webhook_urls=("https://oa.example/hook",), webhook_secret_file=path)
        webhooks.webhooks_of(settings, writer, clock=clock)

    with pytest.raises(Refusal):
        made(None)
    short = tmp_path / "short"
    short.write_bytes(b"x" * 31)
    short.chmod(0o600)
    with pytest.raises(Refusal):
        made(short)
    open_to_all = tmp_path / "open"
    open_to_all.write_bytes(SECRET)
    open_to_all.chmod(0o644)
    with pytest.raises(KeyFileError):
        made(open_to_all)
