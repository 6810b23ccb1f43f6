"""How values look on a page: days, instants of Asia/Shanghai, sizes, lights."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from jinja2 import Environment

from gateway.bureau.cases.labels import file_kind
from gateway.bureau.evidence.names import safe_name
from gateway.bureau.texts import Translate

ZONE: Final = ZoneInfo("Asia/Shanghai")
SOON_DAYS: Final = 3  # 即将超期: the day itself and the two before it
_KIB: Final = 1024


def day(value: date | None) -> str:
    """2026-07-30; empty for none."""
    return value.isoformat() if value else ""


def instant(value: datetime | None) -> str:
    """2026-07-30 09:40 in Asia/Shanghai; empty for none."""
    return value.astimezone(ZONE).strftime("%Y-%m-%d %H:%M") if value else ""


def size(value: int) -> str:
    """1.5 MiB."""
    number = float(value)
    for unit in ("B", "KiB", "MiB"):
        if number < _KIB:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= _KIB
    return f"{number:.1f} GiB"


def light(days_left: int | None) -> str:
    """red (over), yellow (soon), green, or none; the page says it in words too."""
    if days_left is None:
        return "none"
    if days_left < 0:
        return "red"
    return "yellow" if days_left < SOON_DAYS else "green"


def install(environment: Environment, translate: Translate) -> None:
    """Give the filters to an environment. `tr` translates a text that comes from the rule book's labels, `filename`
    makes a file's name harmless, `filekind` says what kind of document a code is.
    """

    def left(days_left: int | None) -> str:
        """In words: 剩 3 天, 今天到期, 超期 2 天."""
        if days_left is None:
            return ""
        if days_left < 0:
            return translate("超期 {n} 天").replace("{n}", str(-days_left))
        if days_left == 0:
            return translate("今天到期")
        return translate("剩 {n} 天").replace("{n}", str(days_left))

    environment.filters.update(
        day=day,
        instant=instant,
        size=size,
        light=light,
        left=left,
        tr=translate,
        filename=safe_name,
        filekind=lambda code: translate(file_kind(code)),
    )
