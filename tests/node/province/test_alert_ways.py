"""Alerts on their ways out, before a real receiver and a real, small mail server; and settings refused at the start."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from delegation.errors import Reason, Refusal
from node.examination.alerts import check_alerts
from node.examination.findings import Status
from node.notices.signing import is_signed
from node.notices.webhooks import NotTakenError
from node.province.alert_settings import AlertSettings, Rule
from node.province.alert_ways import MailWay, WebhookWay, ways_of
from node.settings import NodeSettings
from node.store_memory import MemoryStore
from node.store_sql import SqlStore, make_engine
from tests.builders import HANGZHOU_RD, ZHEJIANG_PO
from tests.node.province.alerted import a_desk, late
from tests.node.province.office import overseer
from tests.node.test_mail import a_server, post_office

SECRET = b"0123456789abcdef0123456789abcdef"
_KEYS = {"event", "alert_id", "rule", "office", "number", "raised_at", "delegation_id", "unit", "due", "ended_at"}


class Receiver:
    """The office's own system: keeps headers and bodies, answers with `status`."""

    def __init__(self) -> None:
        self.port, self.status = 0, 204
        self.calls: list[tuple[dict[str, str], bytes]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection."""
        try:
            while await reader.readline():
                headers: dict[str, str] = {}
                while (head := (await reader.readline()).decode().strip()) != "":
                    name, _, value = head.partition(":")
                    headers[name.lower()] = value.strip()
                self.calls.append((headers, await reader.readexactly(int(headers["content-length"]))))
                writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def receiving() -> AsyncIterator[tuple[Receiver, WebhookWay]]:
    """A receiver that listens, and the way there."""
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{receiver.port}/hook"
    way = WebhookWay(address, bureau="330000", secret=SECRET, verify=ssl.create_default_context())
    try:
        yield receiver, way
    finally:
        await way.close()
        server.close()


async def test_a_webhook_is_signed_repeated_as_it_was_and_names_threads_and_units_alone() -> None:
    async with receiving() as (receiver, way), a_desk(MemoryStore(), way=way) as desk:
        await desk.office.keep([late(1), late(2)])
        await desk.look()
        receiver.status = 503
        for _ in range(2):
            with pytest.raises(NotTakenError):
                await desk.alerts.tell(way)
            desk.restart()
        [route] = (await desk.alerts.alerts(overseer())).ways
        assert (route.target, route.waiting, route.failing, route.fault) == ("127.0.0.1", 2, 2, "503")
        receiver.status = 200
        assert await desk.alerts.tell(way) == 2
        assert await desk.alerts.tell(way) == 0
        assert len(receiver.calls) == 3
        assert len({(headers["xieban-delivery"], body) for headers, body in receiver.calls}) == 1
        for headers, body in receiver.calls:
            stamp, shown = int(headers["xieban-timestamp"]), headers["xieban-signature"]
            assert is_signed(SECRET, timestamp=stamp, body=body, shown=shown)
            told: dict[str, Any] = json.loads(body)
            assert told["bureau"] == "330000"
            assert {each["delegation_id"] for each in told["alerts"]} == {late(1).thread_id, late(2).thread_id}
            assert all(each.keys() <= _KEYS for each in told["alerts"])
            assert {(each["event"], each["rule"], each["unit"]) for each in told["alerts"]} == {
                ("alert.raised", "late", HANGZHOU_RD)
            }


async def test_a_mail_is_one_digest_with_counts_and_lines() -> None:
    async with post_office() as (port, mails):
        way = MailWay(a_server(port), ZHEJIANG_PO, ("jg@zj.example",))
        async with a_desk(MemoryStore(), way=way) as desk:
            desk.clock[0] = datetime(2026, 11, 20, 13, tzinfo=UTC)  # 21:00 in Beijing
            await desk.office.keep([late(number) for number in range(1, 61)])
            await desk.look()
            assert await desk.alerts.tell(way) == 0
            assert mails == []
            desk.clock[0] = datetime(2026, 11, 23, 0, tzinfo=UTC)  # Monday at eight
            assert await desk.alerts.tell(way) == 60
        [raw] = mails
        found = message_from_bytes(raw, policy=default)
        text = found.get_body().get_content()  # type: ignore[union-attr]  # plain text has one
        assert (found["to"], found["subject"]) == ("jg@zj.example", "协办：监管预警 60 条")
        assert found["message-id"].endswith("@hz.example>")
        assert "新增：委托超期 60 条。" in text
        assert text.count("WT-330100-") == 50
        assert "其余 10 条请登录查看" in text


async def test_a_mail_that_is_not_taken_says_why_and_keeps_its_number() -> None:
    async with post_office(takes=False) as (port, _):
        way = MailWay(a_server(port), ZHEJIANG_PO, ("jg@zj.example",))
        async with a_desk(MemoryStore(), way=way) as desk:
            await desk.office.keep([late(1)])
            await desk.look()
            with pytest.raises(NotTakenError):
                await desk.alerts.tell(way)
            [route] = (await desk.alerts.alerts(overseer())).ways
            assert (route.kind, route.failing, route.fault) == ("mail", 1, "SMTPRecipientsRefused")


async def test_a_running_node_tells_by_itself_and_again_until_it_is_taken() -> None:
    async with receiving() as (receiver, way), a_desk(MemoryStore(), way=way) as desk:
        receiver.status = 500
        await desk.office.keep([late(1)])
        await desk.look()
        running = asyncio.create_task(desk.alerts.run())
        try:
            async with asyncio.timeout(10):
                while len(receiver.calls) < 3:
                    await asyncio.sleep(0.01)
                receiver.status = 204
                while (await desk.alerts.alerts(overseer())).ways[0].waiting:
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        assert len({headers["xieban-delivery"] for headers, _ in receiver.calls}) == 1


@pytest.mark.parametrize(
    ("alerts", "more", "field"),
    [
        ({"webhook_urls": ("http://oa.example/x",)}, {}, "alerts.webhook_urls"),
        ({"webhook_urls": ("https://oa.example/x",)}, {}, "webhook_secret_file"),
        ({"mail_to": {ZHEJIANG_PO: ("jg@zj.example",)}}, {}, "alerts.mail_to"),
        ({"mail_to": {HANGZHOU_RD: ("jg@zj.example",)}}, {"mail_host": "mail.zj.example"}, "alerts.mail_to"),
        ({"mail_to": {ZHEJIANG_PO: ("nobody",)}}, {"mail_host": "mail.zj.example"}, "alerts.mail_to"),
        ({"mail_to": {ZHEJIANG_PO: ("jg@zj.example",)}}, {"mail_host": "mail.zj.example"}, "mail_from"),
    ],
)
def test_ways_that_cannot_be_used_are_refused(
    tmp_path: Path, alerts: dict[str, object], more: dict[str, Any], field: str
) -> None:
    settings = NodeSettings(data_dir=tmp_path, alerts=AlertSettings.model_validate(alerts), **more)
    with pytest.raises(Refusal) as caught:
        ways_of(settings, {ZHEJIANG_PO})
    assert (caught.value.reason, caught.value.refused.details["field"]) == (Reason.INVALID_INPUT, field)
    assert ways_of(NodeSettings(data_dir=tmp_path), {ZHEJIANG_PO}) == ()


def test_settings_are_read_from_the_nodes_file_and_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = NodeSettings(data_dir=tmp_path, alerts=AlertSettings.model_validate({"late": {"days": 9}, "urgent": []}))
    given.save()
    assert NodeSettings.load(tmp_path).alerts == given.alerts
    monkeypatch.setenv("XIEBAN_NODE_ALERTS", '{"offline": {"hours": 12}}')
    read = NodeSettings.load(tmp_path).alerts
    assert (read.offline.hours, read.late.days, read.urgent) == (12, 5, (Rule.COPY,))


async def test_the_doctor_says_which_way_out_fails_and_that_settings_cannot_be_used(tmp_path: Path) -> None:
    store = SqlStore(make_engine(f"sqlite:///{tmp_path / 'node.db'}"))
    async with receiving() as (receiver, _):
        secret = tmp_path / "webhook.secret"
        secret.write_bytes(SECRET)
        secret.chmod(0o600)
        settings = NodeSettings(
            data_dir=tmp_path,
            webhook_secret_file=secret,
            alerts=AlertSettings(webhook_urls=(f"http://127.0.0.1:{receiver.port}/hook",)),
        )
        [way] = ways_of(settings, ())

        def said(at: datetime) -> list[tuple[Status, str]]:
            with store_engine.connect() as connection:
                return [(each.status, each.cause) for each in check_alerts(connection, settings, at)]

        store_engine = make_engine(settings.database)
        async with a_desk(store, way=way) as desk:
            await desk.office.keep([late(1)])
            await desk.look()
            assert said(desk.clock[0]) == [(Status.OK, "")]
            receiver.status = 502
            for _ in range(2):
                with pytest.raises(NotTakenError):
                    await desk.alerts.tell(way)
            [(status, cause)] = said(desk.clock[0])
            assert (status, cause) == (Status.WARNING, "1 alerts wait: webhook to 127.0.0.1 failed 2 times (502)")
            assert said(desk.clock[0] + timedelta(days=2))[0][0] is Status.FAILED
            secret.chmod(0o644)
            assert said(desk.clock[0])[0][0] is Status.FAILED
            secret.chmod(0o600)
            receiver.status = 200
            await desk.alerts.tell(way)
            assert said(desk.clock[0]) == [(Status.OK, "")]
        await way.close()
        store_engine.dispose()
    store.close()
