"""The federation's health as JSON and as a page: rendered here, with nothing from outside and without script."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from html import escape
from types import MappingProxyType
from typing import Final

from registry.health import FederationHealth, MemberHealth

_SHANGHAI: Final = timezone(timedelta(hours=8))
_SOON: Final = timedelta(days=30)
_OLD: Final = timedelta(days=2)
STYLE: Final = """\
:root{color-scheme:light}
body{font:16px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:90rem;padding:1rem;
color:#1a1a1a;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
caption{text-align:left;padding:.5rem 0}
th,td{border:1px solid #8a8a8a;padding:.3rem .5rem;text-align:left;vertical-align:top}
thead th{background:#eef2f7}
td.number{text-align:right;font-variant-numeric:tabular-nums}
.bad{font-weight:700;color:#8f1010}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem}dt{font-weight:600}
dd{margin:0;overflow-wrap:anywhere}
time{white-space:nowrap}
a{color:#0b4f9e}a:focus-visible,.wide:focus-visible{outline:3px solid #0b4f9e}
"""
# Chinese is the key; the English stands beside it.
_ENGLISH: Final[Mapping[str, str]] = MappingProxyType(
    {
        "协办联盟运行状况": "Health of the federation",
        "注册中心": "Registry",
        "各机构": "Bureaus",
        "截至": "As of",
        "注册中心自此刻起在线": "Registry up since",
        "状态": "State",
        "正常": "ready",
        "不正常": "not ready",
        "日志条数": "Leaves of the log",
        "名册版本": "Roster version",
        "名册签发": "Roster issued",
        "名册到期": "Roster expires",
        "到期检查": "Sweeps of deadlines",
        "进行": "running",
        "暂缓（注册中心曾离线）": "quiet, after an absence of the registry",
        "停止（时钟跳变）": "halted, the clock jumped",
        "使用的密码套件（单位数）": "Suites in use (units)",
        "各机构的连接、证书与待收信件；时间为北京时间": "Lines, certificates and mail of each bureau; Beijing time",
        "机构": "Bureau",
        "名称": "Name",
        "单位": "Units",
        "连接": "Line",
        "在线": "open",
        "离线": "none",
        "最近联系": "Last seen",
        "软件版本": "Software",
        "通道证书到期": "Channel certificate until",
        "签章证书到期": "Signing certificate until",
        "加密密钥到期": "Sealing key until",
        "待收": "Waiting",
        "最早待收": "Oldest waiting",
        "搁置": "Parked",
        "未知": "unknown",
        "注意": "look",
        "名册未发布": "No roster yet",
        "最近联系与软件版本自注册中心启动起记": "Last seen and software are known since the registry began",
    }
)


def as_json(health: FederationHealth) -> bytes:
    """Everything, with instants in ISO 8601 and UTC."""
    members = [
        {
            "bureau": member.bureau,
            "name": member.name,
            "units": member.units,
            "connected": member.connected,
            "last_seen": _iso(member.last_seen),
            "software": member.software,
            "channel_certificate_expires": _iso(member.channel_expires),
            "signing_certificate_expires": _iso(member.signing_expires),
            "sealing_key_expires": _iso(member.sealing_expires),
            "waiting": member.waiting,
            "oldest_waiting": _iso(member.oldest_waiting),
            "parked": member.parked,
        }
        for member in health.members
    ]
    whole = {
        "at": _iso(health.at),
        "began_at": _iso(health.began_at),
        "federation": health.federation,
        "ready": health.ready,
        "parts": dict(health.parts),
        "log_size": health.log_size,
        "sweeps": {"quiet": health.quiet, "halted": health.halted},
        "roster": {
            "version": health.roster_version,
            "issued": _iso(health.roster_issued),
            "expires": _iso(health.roster_expires),
        },
        "suites": dict(health.suites),
        "members": members,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def as_page(health: FederationHealth, language: str) -> bytes:
    """A page in `zh` or `en`."""
    return _Page(health, english=language == "en").whole().encode()


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")


class _Page:
    def __init__(self, health: FederationHealth, *, english: bool) -> None:
        self._health = health
        self._english = english

    def _say(self, text: str) -> str:
        return escape(_ENGLISH[text] if self._english else text)

    def whole(self) -> str:
        title = self._say("协办联盟运行状况")
        here, there = ("en", "zh") if self._english else ("zh", "en")
        other = '<a href="?lang=zh" lang="zh" hreflang="zh">中文</a>'
        if there == "en":
            other = '<a href="?lang=en" lang="en" hreflang="en">English</a>'
        return (
            f'<!doctype html>\n<html lang="{here}"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="stylesheet" href="/federation.css"></head><body>'
            f"<header><nav>{other}</nav></header><main><h1>{title}</h1>{self._registry()}{self._members()}</main>"
            "</body></html>\n"
        )

    def _registry(self) -> str:
        health, say = self._health, self._say
        broken = ", ".join(name for name, fine in sorted(health.parts.items()) if not fine)
        state = say("正常") if health.ready else f'<span class="bad">{say("不正常")}: {escape(broken)}</span>'
        sweeps = say("进行")
        if health.halted or health.quiet:
            why = "停止（时钟跳变）" if health.halted else "暂缓（注册中心曾离线）"
            sweeps = f'<span class="bad">{say(why)}</span>'
        suites = ", ".join(f"{escape(name)}: {units}" for name, units in health.suites.items()) or say("未知")
        version = str(health.roster_version) if health.roster_version else say("名册未发布")
        facts = (
            ("截至", self._instant(health.at)),
            ("注册中心自此刻起在线", self._instant(health.began_at)),
            ("状态", state),
            ("到期检查", sweeps),
            ("日志条数", str(health.log_size)),
            ("名册版本", version),
            ("名册签发", self._instant(health.roster_issued)),
            ("名册到期", self._until(health.roster_expires, timedelta(days=7))),
            ("使用的密码套件（单位数）", suites),
        )
        rows = "".join(f"<dt>{say(name)}</dt><dd>{value}</dd>" for name, value in facts)
        return f"<section><h2>{say('注册中心')}</h2><dl>{rows}</dl></section>"

    def _members(self) -> str:
        say = self._say
        names = (
            "机构", "名称", "单位", "连接", "最近联系", "软件版本", "通道证书到期", "签章证书到期", "加密密钥到期",
            "待收", "最早待收", "搁置",
        )  # fmt: skip
        head = "".join(f'<th scope="col">{say(name)}</th>' for name in names)
        rows = "".join(map(self._member, self._health.members))
        caption = say("各机构的连接、证书与待收信件；时间为北京时间")
        note = say("最近联系与软件版本自注册中心启动起记")
        return (
            f'<section><h2 id="members">{say("各机构")}</h2>'
            '<div class="wide" role="region" aria-labelledby="members" tabindex="0">'
            f"<table><caption>{caption}</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div><p>{note}</p></section>"
        )

    def _member(self, member: MemberHealth) -> str:
        say, at = self._say, self._health.at
        line = say("在线") if member.connected else f'<span class="bad">{say("离线")}</span>'
        oldest = self._instant(member.oldest_waiting) if member.waiting else ""
        if member.oldest_waiting is not None and at - member.oldest_waiting > _OLD:
            oldest = self._look(oldest)
        parked = self._look(str(member.parked)) if member.parked else "0"
        cells = (
            ("", escape(member.name)),
            ("number", str(member.units)),
            ("", line),
            ("", self._instant(member.last_seen)),
            ("", escape(member.software) or say("未知")),
            ("", self._until(member.channel_expires, _SOON)),
            ("", self._until(member.signing_expires, _SOON)),
            ("", self._until(member.sealing_expires, _SOON)),
            ("number", str(member.waiting)),
            ("", oldest),
            ("number", parked),
        )
        row = "".join(f'<td class="{kind}">{value}</td>' if kind else f"<td>{value}</td>" for kind, value in cells)
        return f'<tr><th scope="row">{escape(member.bureau)}</th>{row}</tr>'

    def _instant(self, at: datetime | None) -> str:
        if at is None:
            return self._say("未知")
        return f'<time datetime="{at.isoformat(timespec="seconds")}">{at.astimezone(_SHANGHAI):%Y-%m-%d %H:%M}</time>'

    def _until(self, at: datetime | None, margin: timedelta) -> str:
        told = self._instant(at)
        return told if at is None or at - self._health.at > margin else self._look(told)

    def _look(self, text: str) -> str:
        """Marked by a word, not by its colour alone."""
        return f'<span class="bad">{text} ({self._say("注意")})</span>'
