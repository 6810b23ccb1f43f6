"""Refusals that HTTP alone knows; everything else has a Reason of the house (delegation/catalogue.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class WireReason(StrEnum):
    """Why a request was refused before anybody looked at what it asks."""

    BAD_REQUEST = "BAD_REQUEST"
    ADDRESS_UNKNOWN = "ADDRESS_UNKNOWN"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    BODY_STALLED = "BODY_STALLED"
    BODY_TOO_LARGE = "BODY_TOO_LARGE"
    MEDIA_TYPE_NOT_SUPPORTED = "MEDIA_TYPE_NOT_SUPPORTED"
    RANGE_NOT_SATISFIABLE = "RANGE_NOT_SATISFIABLE"
    CSRF_TOKEN_MISSING = "CSRF_TOKEN_MISSING"  # noqa: S105 - the name of a reason, not a secret
    PASSWORD_CHANGE_REQUIRED = "PASSWORD_CHANGE_REQUIRED"  # noqa: S105 - as above
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    BUSY = "BUSY"
    FILE_INFECTED = "FILE_INFECTED"
    SCANNER_AWAY = "SCANNER_AWAY"


@dataclass(frozen=True, slots=True)
class WireText:
    """Status and texts of a reason."""

    status: int
    zh: str
    en: str


WIRE_TEXTS: Final[Mapping[WireReason, WireText]] = MappingProxyType(
    {
        WireReason.BAD_REQUEST: WireText(400, "请求格式有误，无法读取", "The request cannot be read"),
        WireReason.ADDRESS_UNKNOWN: WireText(404, "没有这个地址", "There is no such address"),
        WireReason.METHOD_NOT_ALLOWED: WireText(405, "该地址不支持此操作", "The address does not take this method"),
        WireReason.BODY_STALLED: WireText(408, "内容传输中断，请重新提交", "The body stopped coming; send it again"),
        WireReason.BODY_TOO_LARGE: WireText(413, "提交内容超过允许的大小", "The body is larger than allowed"),
        WireReason.MEDIA_TYPE_NOT_SUPPORTED: WireText(415, "内容类型不受支持", "The media type is not supported"),
        WireReason.RANGE_NOT_SATISFIABLE: WireText(416, "所请求的字节范围不存在", "The range lies outside the file"),
        WireReason.CSRF_TOKEN_MISSING: WireText(
            403, "页面令牌缺失或已失效，请刷新页面", "The page's token is missing or old; load the page again"
        ),
        WireReason.PASSWORD_CHANGE_REQUIRED: WireText(
            403, "当前口令是一次性口令，请先设置自己的口令", "The password is a one-time one: choose your own first"
        ),
        WireReason.TOO_MANY_REQUESTS: WireText(429, "请求过于频繁，请稍后再试", "Too many requests; try again later"),
        WireReason.BUSY: WireText(503, "服务繁忙，请稍后再试", "The service is busy; try again later"),
        WireReason.FILE_INFECTED: WireText(
            422, "查出病毒或恶意代码，文件没有保存", "The file is infected; it was not kept"
        ),
        WireReason.SCANNER_AWAY: WireText(
            503,
            "病毒扫描服务没有应答，文件没有保存，请稍后再试或联系管理员",
            "The virus scanner does not answer; the file was not kept. Try again later or tell the administrator",
        ),
    }
)
