"""Idempotency keys: what a business system asks for twice under one key is done once, and gives the first result again.

Kept 7 days for each member of staff: digests and the id of what was made, nothing of the content.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.records import MetaRecord, from_us, to_us
from node.state import State
from node.store import Op, Where
from node.writer import Tx

KEPT: Final = timedelta(days=7)
_FIRST, _LAST = "once/", "once0"  # "0" follows "/": all names that begin with once/
_PAGE: Final = 1000


def digest_of(value: object) -> str:
    """SHA-256 of what was asked for, as canonical JSON, in hexadecimal."""
    return sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Once:
    """One request under one key; `asked` is the digest of all that it says. An empty key asks for nothing."""

    key: str
    what: str
    asked: str

    def name(self, actor: Actor) -> str:
        """Under which it is kept; the key itself is not."""
        return _FIRST + digest_of([actor.unit, actor.staff_id, self.key])

    def first(self, tx: Tx, actor: Actor, *, at: datetime) -> str:
        """The id of what the key made before; empty when it is new.

        Raises:
            Refusal: ID_CONFLICT when the key was used for another request within 7 days.
        """
        record = tx.get(MetaRecord, (self.name(actor),)) if self.key else None
        held: Mapping[str, object] = json.loads(record.value) if record is not None else {}
        if not held or at >= from_us(int(str(held["at"]))) + KEPT:
            return ""
        if (held["what"], held["asked"]) != (self.what, self.asked):
            raise Refusal(Reason.ID_CONFLICT, field="idempotency_key")
        return str(held["made"])

    def note(self, tx: Tx, actor: Actor, made: str, *, at: datetime) -> None:
        """Keep what it made, in the same transaction."""
        if self.key:
            held = {"what": self.what, "asked": self.asked, "made": made, "at": to_us(at)}
            tx.put(MetaRecord(self.name(actor), json.dumps(held, sort_keys=True).encode()))


def forget_old(tx: Tx, state: State, at: datetime, *, after: str = _FIRST) -> str:
    """Forget a page of keys that are over; where to go on, empty at the end."""
    del state
    found = tx.select(MetaRecord, (Where("name", after, Op.GT), Where("name", _LAST, Op.LT)), limit=_PAGE)
    for record in found:
        if at >= from_us(int(json.loads(record.value)["at"])) + KEPT:
            tx.delete(MetaRecord, (record.name,))
    return found[-1].name if len(found) == _PAGE else ""
