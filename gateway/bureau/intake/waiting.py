"""Files that were judged and wait for the word of the one who uploaded them: in memory alone, for an hour."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Annotated, Final, Generic, TypeVar

from fastapi import Path

from node.desk.ports import Actor

_KEPT_FOR: Final = timedelta(hours=1)
_MOST_KEPT: Final = 16
JudgedT = TypeVar("JudgedT")
ImportId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
OVER: Final = "这次导入已经完成或过期，请重新上传"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[JudgedT]):
    """A judged file and whose it is."""

    staff_id: str
    unit: str
    judged: JudgedT
    until: datetime


@dataclass(slots=True)
class Imports(Generic[JudgedT]):
    """Files that wait; bounded, the oldest go first."""

    waiting: dict[str, Kept[JudgedT]] = field(default_factory=dict)

    def keep(self, actor: Actor, judged: JudgedT, now: datetime) -> str:
        """Keep a file for an hour; gives its id."""
        self.waiting = {name: kept for name, kept in self.waiting.items() if kept.until > now}
        while len(self.waiting) >= _MOST_KEPT:
            self.waiting.pop(next(iter(self.waiting)))
        name = token_urlsafe(16)
        self.waiting[name] = Kept(staff_id=actor.staff_id, unit=actor.unit, judged=judged, until=now + _KEPT_FOR)
        return name

    def get(self, actor: Actor, name: str, now: datetime) -> Kept[JudgedT] | None:
        """A file of that person that still waits."""
        kept = self.waiting.get(name)
        is_own = kept is not None and (kept.staff_id, kept.unit) == (actor.staff_id, actor.unit)
        return kept if kept is not None and is_own and kept.until > now else None
