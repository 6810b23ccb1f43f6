"""The desk's main entries, by role."""

from collections.abc import Callable, Sequence
from typing import Final

from gateway.bureau.context import PageContext
from gateway.bureau.texts import Translate

# name, address under /desk, label, roles of which one opens it (none: everybody)
_ENTRIES: Final[Sequence[tuple[str, str, str, tuple[str, ...]]]] = (
    ("todo", "/todo", "待办", ()),
    ("intake", "/intake", "拟稿", ("clerk", "approver", "seal_holder")),
    ("seal", "/seal", "用印设置", ("administrator",)),
    ("threads", "/threads/new", "通报与协议", ("clerk", "supervisor")),
)


def navigation(translate: Translate) -> Callable[[PageContext], list[tuple[str, str, str]]]:
    """The entries that the person may open: name, address, label."""

    def entries(page: PageContext) -> list[tuple[str, str, str]]:
        return [
            (name, address, translate(label))
            for name, address, label, roles in _ENTRIES
            if not roles or page.has(*roles)
        ]

    return entries
