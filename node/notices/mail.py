"""Mail that says how much waits in a unit and nothing else: no name, no number of a case, no address of a page.

Sent when there is something to do and the figures are others than in the last mail, at most once in a while. A mail
that cannot be sent is tried again at the next look; nobody relies on it.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from ipaddress import ip_address
from re import ASCII
from re import compile as pattern
from typing import Final

import structlog

from certs.files import read_secret
from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Role
from node.desk.todo import todo
from node.desk.views import NoticeRoute, TodoView
from node.notices.webhooks import trusting
from node.records import MetaRecord
from node.settings import NodeSettings
from node.state import State
from node.writer import Tx, Writer

_log = structlog.get_logger("node.mail")
_CALL_SECONDS: Final = 20.0
_MOST_ADDRESSES: Final = 20  # of a unit
_ADDRESS: Final = pattern(r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}$", ASCII)
_NOBODY: Final = "notices"
_WAITING: Final = "协办：有待办事项"
_BESIDE: Final = frozenset({"sent_out", "due_soon", "overdue", "short_time"})  # warnings, beside what waits


@dataclass(frozen=True, slots=True)
class Figures:
    """How much waits in a unit."""

    waiting: int
    overdue: int
    due_soon: int

    def text(self, unit: str) -> str:
        """The mail's text."""
        return (
            f"单位 {unit}：待办 {self.waiting} 项，已超期 {self.overdue} 件，即将超期 {self.due_soon} 件。"
            "\r\n请登录协办系统查看。本邮件不含案件内容，请勿回复。\r\n"
        )


def figures_of(view: TodoView) -> Figures:
    """What the counter of the whole unit says."""
    counts = {each.code: each.in_unit for each in view.categories}
    waiting = sum(count for code, count in counts.items() if code not in _BESIDE)
    return Figures(waiting, counts.get("overdue", 0), counts.get("due_soon", 0))


def _look(tx: Tx, state: State, at: datetime, *, unit: str) -> tuple[Figures, str]:
    """The figures now, and those of the last mail."""
    actor = Actor(_NOBODY, "", unit, frozenset({Role.READER.value}))
    record = tx.get(MetaRecord, (f"mail/{unit}",))
    return figures_of(todo(tx, state, at, actor=actor)), record.value.decode() if record is not None else ""


def _note(tx: Tx, state: State, at: datetime, *, unit: str, told: str) -> None:
    del state, at
    tx.put(MetaRecord(f"mail/{unit}", told.encode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. STARTTLS always, but for a server on this machine that does not offer it."""

    host: str
    port: int
    sender: str
    user: str
    password: str
    verify: ssl.SSLContext
    local: bool

    def send(self, recipients: Sequence[str], text: str, *, subject: str = _WAITING, message_id: str = "") -> None:
        """Hand a mail in; blocks. `message_id` tells a repeat. Raises OSError, smtplib.SMTPException."""
        message = EmailMessage(policy=SMTP)
        message["Subject"], message["From"], message["To"] = subject, self.sender, ", ".join(recipients)
        if message_id:
            message["Message-ID"] = f"<{message_id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        with smtplib.SMTP(self.host, self.port, timeout=_CALL_SECONDS) as server:
            server.ehlo()
            if not self.local or server.has_extn("starttls"):
                server.starttls(context=self.verify)
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
            server.send_message(message)


class Mail:
    """Looks at the counter of each unit now and then, and mails its figures. `run` until it is cancelled."""

    def __init__(
        self,
        server: MailServer,
        *,
        recipients: dict[str, tuple[str, ...]],
        seconds: float,
        writer: Writer[State],
        clock: Callable[[], datetime],
    ) -> None:
        self._server, self._recipients, self._seconds = server, recipients, seconds
        self._writer, self._clock = writer, clock
        self._sent_at: datetime | None = None
        self._failing, self._fault = 0, ""

    async def state(self) -> NoticeRoute:
        """How far it got."""
        return NoticeRoute(
            kind="mail",
            target=self._server.host,
            delivered_at=self._sent_at,
            waiting=0,
            failing=self._failing,
            fault=self._fault,
        )

    async def run(self) -> None:
        """Mail until it is cancelled."""
        while True:
            for unit in self._recipients:
                try:
                    await self.look(unit)
                except Refusal as refusal:
                    if refusal.reason is Reason.STOPPING:
                        return
                    _log.info("mail waits", unit=unit, reason=refusal.reason.value)
            await asyncio.sleep(self._seconds)

    async def look(self, unit: str) -> bool:
        """Mail a unit's figures when there is something to do that the last mail did not say; True when one went."""
        figures, before = await self._writer.run(partial(_look, unit=unit))
        told = f"{figures.waiting}/{figures.overdue}/{figures.due_soon}"
        if told == before:
            return False
        if figures.waiting:
            try:
                await asyncio.to_thread(self._server.send, self._recipients[unit], figures.text(unit))
            except (OSError, smtplib.SMTPException) as error:  # its text may name a recipient
                self._failing, self._fault = self._failing + 1, type(error).__name__
                _log.warning("mail not sent", unit=unit, fault=self._fault)
                return False
            self._failing, self._fault, self._sent_at = 0, "", self._clock()
        await self._writer.run(partial(_note, unit=unit, told=told))
        return bool(figures.waiting)


def _local(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def mail_of(
    settings: NodeSettings, writer: Writer[State], state: State, *, clock: Callable[[], datetime]
) -> Mail | None:
    """The mail that the settings ask for; None when they name no server.

    Raises:
        Refusal: INVALID_INPUT naming the setting.
        KeyFileError: the password's file is missing, or others can read it.
    """
    if not settings.mail_host:
        return None
    check_recipients(settings.mail_to, state.units, field="mail_to")
    server = server_of(settings)
    return Mail(
        server,
        recipients=dict(settings.mail_to),
        seconds=settings.mail_minutes * 60.0,
        writer=writer,
        clock=clock,
    )


def check_recipients(mail_to: Mapping[str, Sequence[str]], units: Collection[str], *, field: str) -> None:
    """Units of this node, and addresses. Refusal INVALID_INPUT naming the setting."""
    for unit, addresses in mail_to.items():
        good = all(_ADDRESS.match(address) for address in addresses)
        if unit not in units or not good or not 0 < len(addresses) <= _MOST_ADDRESSES:
            raise Refusal(Reason.INVALID_INPUT, field=field)


def server_of(settings: NodeSettings) -> MailServer:
    """The server that the settings name. Raises as `mail_of`."""
    if not _ADDRESS.match(settings.mail_from):
        raise Refusal(Reason.INVALID_INPUT, field="mail_from")
    password = ""
    if settings.mail_user:
        if settings.mail_password_file is None:
            raise Refusal(Reason.INVALID_INPUT, field="mail_password_file", why="missing")
        password = read_secret(settings.mail_password_file).decode("utf-8").strip()
    return MailServer(
        host=settings.mail_host,
        port=settings.mail_port,
        sender=settings.mail_from,
        user=settings.mail_user,
        password=password,
        verify=trusting(settings.notice_authorities),
        local=_local(settings.mail_host),
    )
