"""Mail before a real, small mail server: figures alone, once for the same figures, nothing when nothing waits."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from delegation.errors import Reason, Refusal
from node.desk.views import TodoCategory, TodoView
from node.notices.mail import Figures, Mail, MailServer, figures_of, mail_of
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, issued, reach, running


@asynccontextmanager
async def post_office(*, takes: bool = True) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Takes mail on loopback; port, and what came."""
    mails: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                writer.write(b"354 go\r\n")
                text = b""
                while (part := await reader.readline()) != b".\r\n":
                    text += part
                mails.append(text)
                writer.write(b"250 taken\r\n")
            elif word == b"RCPT" and not takes:
                writer.write(b"550 no\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 well\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], mails
    finally:
        server.close()


def a_server(port: int) -> MailServer:
    """The way there."""
    return MailServer(
        host="127.0.0.1", port=port, sender="xieban@hz.example", user="", password="",
        verify=ssl.create_default_context(), local=True,
    )  # fmt: skip


async def test_figures_go_out_once_and_name_nobody(tmp_path: Path) -> None:
    async with post_office() as (port, mails), running(tmp_path, HANGZHOU, CHENGDU) as world:
        host, unit = world.nodes[CHENGDU], UNITS_OF[CHENGDU]
        mail = Mail(
            a_server(port),
            recipients={unit: ("jb@cd.example",)},
            seconds=3600,
            writer=host.writer,
            clock=host.clock,
        )
        assert not await mail.look(unit)
        assert mails == []
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        assert await mail.look(unit)
        assert not await mail.look(unit), "the same figures are not told twice"
        [raw] = mails
        found = message_from_bytes(raw, policy=default)
        text = found.get_body().get_content()  # type: ignore[union-attr] # plain text has one
        assert (found["to"], found["subject"]) == ("jb@cd.example", "协办：有待办事项")
        assert "待办 1 项" in text
        for secret in (ref, "王小明", "某某科技"):
            assert secret not in text
            assert secret not in str(found["subject"])


async def test_a_mail_that_is_not_taken_is_tried_again(tmp_path: Path) -> None:
    async with post_office(takes=False) as (port, _), running(tmp_path, HANGZHOU, CHENGDU) as world:
        host, unit = world.nodes[CHENGDU], UNITS_OF[CHENGDU]
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        mail = Mail(
            a_server(port), recipients={unit: ("jb@cd.example",)}, seconds=3600, writer=host.writer, clock=host.clock
        )
        for failures in (1, 2):
            assert not await mail.look(unit)
            state = await mail.state()
            assert (state.failing, state.fault) == (failures, "SMTPRecipientsRefused")
        async with post_office() as (other, mails):
            again = Mail(
                a_server(other),
                recipients={unit: ("jb@cd.example",)},
                seconds=3600,
                writer=host.writer,
                clock=host.clock,
            )
            assert await again.look(unit)
            assert len(mails) == 1


def test_warnings_are_no_work_of_their_own() -> None:
    counts = {"to_sign": 2, "overdue": 1, "due_soon": 1, "sent_out": 9, "short_time": 1}
    view = TodoView(
        categories=tuple(
            TodoCategory(code=code, label=code, level="none", count=0, in_unit=number)
            for code, number in counts.items()
        ),
        items=(),
        total=0,
    )
    assert figures_of(view) == Figures(2, 1, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mail_from": "nobody"},
        {"mail_to": {"330100RD01T": ("not an address",)}},
        {"mail_to": {"999999RD01X": ("jb@hz.example",)}},
        {"mail_to": {"330100RD01T": ()}},
        {"mail_user": "xieban"},
    ],
)
async def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    async with running(tmp_path, HANGZHOU) as world:
        node = world.nodes[HANGZHOU]
        good: dict[str, object] = {"mail_host": "mail.hz.example", "mail_from": "xieban@hz.example"}
        settings = node.settings.model_copy(update={**good, **wrong})
        with pytest.raises(Refusal) as caught:
            mail_of(settings, node.writer, node.state, clock=node.clock)
        assert caught.value.reason is Reason.INVALID_INPUT
        assert mail_of(node.settings, node.writer, node.state, clock=node.clock) is None
