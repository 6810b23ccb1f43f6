"""The ways out for alerts beside the pages: webhooks signed as those of notices, and mail. Threads and units alone."""

import asyncio
import json
import smtplib
import ssl
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime
from hashlib import sha256
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx

from delegation.errors import Reason, Refusal
from node.notices.mail import MailServer, check_recipients, server_of
from node.notices.webhooks import NotTakenError, checked_url, client_of, post_signed, secret_of, trusting
from node.province.alert_rows import ENDED, RAISED, REMINDED, Call, Told
from node.province.alert_settings import Rule
from node.records import from_us
from node.records_province import AlertRecord
from node.settings import NodeSettings

_MOST_URLS: Final = 8
_LINES: Final = 50  # of a mail; the rest is counted
RULE_WORDS: Final = {
    Rule.LATE: "委托超期", Rule.SUPERVISION: "督办逾期未答复", Rule.OFFLINE: "单位离线", Rule.REFUSALS: "不予受托突增",
    Rule.REGISTRY: "与注册中心失去联系", Rule.COPY: "数据副本存疑",
}  # fmt: skip
_WHAT_WORDS: Final = {RAISED: "新增", REMINDED: "仍未消除", ENDED: "已消除"}


class Way(Protocol):
    """One way out. `most` alerts go into one call; `office`: of that office alone, of every one where it is empty."""

    @property
    def name(self) -> str:
        """What its rows are kept under: the same after a restart, and no address."""
        ...

    @property
    def kind(self) -> str:
        """webhook | mail."""
        ...

    @property
    def target(self) -> str:
        """The host."""
        ...

    @property
    def most(self) -> int:
        """Of one call."""
        ...

    @property
    def office(self) -> str:
        """Unit, or empty."""
        ...

    async def send(self, call: Call, at: datetime) -> None:
        """Make the call. Raises NotTakenError."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def body_of(bureau: str, call: Call, at: datetime) -> bytes:
    """What a webhook is sent."""
    alerts = [_event(each) for each in call.told]
    return json.dumps({"bureau": bureau, "at": _iso(at), "alerts": alerts}, separators=(",", ":")).encode()


def _event(told: Told) -> dict[str, object]:
    alert = told.alert
    event: dict[str, object] = {
        "event": f"alert.{told.what}",
        "alert_id": alert.alert_id,
        "rule": alert.rule,
        "office": alert.unit,
        "number": alert.number,
        "raised_at": _iso(from_us(alert.raised_at)),
    }
    if alert.thread_id:
        event["delegation_id"] = alert.thread_id
    if alert.about:
        event["unit"] = alert.about
    if alert.due_day:
        event["due"] = date.fromordinal(alert.due_day).isoformat()
    if alert.ended_at:
        event["ended_at"] = _iso(from_us(alert.ended_at))
    return event


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def text_of(office: str, call: Call) -> str:
    """What a mail says: how many of each rule, then the first of them by thread or unit."""
    counts = Counter((told.what, Rule(told.alert.rule)) for told in call.told)
    lines = [f"单位 {office}：监管预警 {len(call.told)} 条。"]
    for what, word in _WHAT_WORDS.items():
        named = [f"{RULE_WORDS[rule]} {counts[what, rule]} 条" for rule in Rule if counts[what, rule]]
        if named:
            lines.append(f"{word}：{'，'.join(named)}。")
    lines.append("")
    lines += [f"{_WHAT_WORDS[told.what]}　{line_of(told.alert)}" for told in call.told[:_LINES]]
    if len(call.told) > _LINES:
        lines.append(f"其余 {len(call.told) - _LINES} 条请登录查看。")
    lines += ["", "请登录协办系统“监管—预警”查看。本邮件不含个人信息和案件内容，请勿回复。", ""]
    return "\r\n".join(lines)


def line_of(alert: AlertRecord) -> str:
    """One alert in a line."""
    words = RULE_WORDS[Rule(alert.rule)]
    due = f"，应于 {date.fromordinal(alert.due_day).isoformat()} 前办理" if alert.due_day else ""
    match Rule(alert.rule):
        case Rule.LATE | Rule.SUPERVISION:
            return f"{words}：{alert.thread_id}，{alert.about}{due}，已超 {alert.number} 天"
        case Rule.OFFLINE:
            return f"{words}：{alert.about}，已离线 {alert.number} 小时"
        case Rule.REFUSALS:
            return f"{words}：{alert.about}，近七日 {alert.number} 件，此前八周 {alert.before} 件"
        case Rule.REGISTRY:
            return f"{words}：已 {alert.number} 分钟"
        case Rule.COPY:
            return f"{words}：{alert.number} 条日志条目未通过核验"


class WebhookWay:
    """One address."""

    kind: str = "webhook"
    most: int = 100  # some 30 KiB
    office: str = ""

    def __init__(self, url: str, *, bureau: str, secret: bytes, verify: ssl.SSLContext) -> None:
        self._url, self._bureau, self._secret, self._verify = url, bureau, secret, verify
        self._client: httpx.AsyncClient | None = None
        self.name = f"webhook/{sha256(url.encode()).hexdigest()[:32]}"
        self.target = urlsplit(url).hostname or ""

    async def send(self, call: Call, at: datetime) -> None:
        """See `Way`."""
        if self._client is None:
            self._client = client_of(self._verify)
        body = body_of(self._bureau, call, at)
        await post_signed(self._client, self._url, secret=self._secret, body=body, delivery=call.number, at=at)

    async def close(self) -> None:
        """See `Way`."""
        if self._client is not None:
            with suppress(httpx.HTTPError, OSError):
                await self._client.aclose()
            self._client = None


class MailWay:
    """The addresses of one office."""

    kind: str = "mail"
    most: int = 1_000  # one digest

    def __init__(self, server: MailServer, office: str, recipients: Sequence[str]) -> None:
        self._server, self._recipients = server, tuple(recipients)
        self.office, self.name, self.target = office, f"mail/{office}", server.host

    async def send(self, call: Call, at: datetime) -> None:
        """See `Way`."""
        del at
        subject, text = f"协办：监管预警 {len(call.told)} 条", text_of(self.office, call)
        try:
            await asyncio.to_thread(
                self._server.send, self._recipients, text, subject=subject, message_id=f"alerts.{call.number}"
            )
        except (OSError, smtplib.SMTPException) as error:  # its text may name a recipient
            raise NotTakenError(type(error).__name__) from None

    async def close(self) -> None:
        """See `Way`: each mail has its own connection."""


def ways_of(settings: NodeSettings, units: Collection[str]) -> tuple[Way, ...]:
    """The ways that the settings ask for.

    Raises:
        Refusal: INVALID_INPUT naming the setting.
        KeyFileError: a secret's file is missing, too large, or others can read it.
    """
    alerts = settings.alerts
    urls = tuple(dict.fromkeys(alerts.webhook_urls))
    if len(urls) > _MOST_URLS:
        raise Refusal(Reason.INVALID_INPUT, field="alerts.webhook_urls", why="too_many")
    for url in urls:
        try:
            checked_url(url)
        except Refusal as refusal:
            why = str(refusal.refused.details.get("why", "malformed"))
            raise Refusal(Reason.INVALID_INPUT, field="alerts.webhook_urls", why=why) from None
    found: list[Way] = []
    if urls:
        secret, verify = secret_of(settings.webhook_secret_file), trusting(settings.notice_authorities)
        found += [WebhookWay(url, bureau=settings.bureau, secret=secret, verify=verify) for url in urls]
    if alerts.mail_to:
        if not settings.mail_host:
            raise Refusal(Reason.INVALID_INPUT, field="alerts.mail_to", why="mail_host_missing")
        check_recipients(alerts.mail_to, units, field="alerts.mail_to")
        server = server_of(settings)
        found += [MailWay(server, unit, addresses) for unit, addresses in alerts.mail_to.items()]
    return tuple(found)
