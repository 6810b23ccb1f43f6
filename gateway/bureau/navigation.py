"""The desk's main entries, by role."""

from collections.abc import Callable, Sequence
from typing import Final

from gateway.bureau.context import PageContext
from gateway.bureau.texts import Translate

_READERS: Final = ("clerk", "approver", "investigator", "supervisor", "reader", "seal_holder")
# name, address under /desk, label, roles of which one opens it (none: everybody)
_ENTRIES: Final[Sequence[tuple[str, str, str, tuple[str, ...]]]] = (
    ("todo", "/todo", "待办", ()),
    ("cases", "/cases", "案件", _READERS),
    ("intake", "/intake", "拟稿", ("clerk", "approver", "seal_holder")),
    ("appointments", "/appointments", "鉴定排期", _READERS),
    ("pool", "/pool", "专家库", (*_READERS, "administrator")),
    ("seal", "/seal", "用印设置", ("administrator",)),
    ("notices", "/notices", "通知", ()),
    ("alarms", "/alarms", "异常", (*_READERS, "administrator")),
    ("threads", "/threads/new", "通报与协议", ("clerk", "supervisor")),
    ("people", "/people", "人员", ()),
)


def navigation(translate: Translate) -> Callable[[PageContext], list[tuple[str, str, str]]]:
    """The entries that the person may open: name, address, label."""

    def entries(page: PageContext) -> list[tuple[str, str, str]]:
        office = [("province", "/province", translate("监管"))] if page.oversees else []
        if page.approves_for_province:
            office = [("province", "/province/waiting", translate("监管"))]
        if page.seals_for_province:
            office = [("province", "/province/reports", translate("监管"))]
        return office + [
            (name, address, translate(label))
            for name, address, label, roles in _ENTRIES
            if not roles or page.has(*roles)
        ]

    return entries
