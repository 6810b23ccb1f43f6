"""Filters that staff keep, each under a name of their own: codes alone, bounded, encrypted (a name may say more)."""

import json
import re
from datetime import datetime
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.guard import READS, need
from node.desk.ports import Actor
from node.desk.views import SavedFilter
from node.records import PreferenceRecord
from node.state import State
from node.writer import Tx

MOST_FILTERS: Final = 20
LONGEST_NAME: Final = 40
_MOST_CODES: Final = 16
_CODE: Final = re.compile(r"^[A-Za-z0-9_:.+-]{1,40}$", re.ASCII)
_SUBJECT: Final = "staff"  # the data key of what is kept about staff


def _row(staff_id: str) -> str:
    return f"preferences/{staff_id}/secret"


def saved_filters(tx: Tx, state: State, at: datetime, *, actor: Actor) -> tuple[SavedFilter, ...]:
    """The actor's filters, in the order of their names; what cannot be read any more is none."""
    del at
    need(actor, state, *READS)
    record = tx.get(PreferenceRecord, (actor.staff_id,))
    if record is None:
        return ()
    held = json.loads(state.vault.open(tx, _SUBJECT, _row(actor.staff_id), record.secret))
    found = (SavedFilter(name, tuple((code, value) for code, value in codes)) for name, codes in held.items())
    return tuple(sorted(found, key=lambda each: each.name))


def save_filter(tx: Tx, state: State, at: datetime, *, actor: Actor, chosen: SavedFilter) -> tuple[SavedFilter, ...]:
    """Keep one under its name. Refusal INVALID_INPUT (name, filter), QUOTA_EXCEEDED when there are 20 others."""
    name = chosen.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refusal(Reason.INVALID_INPUT, field="name")
    if len(chosen.codes) > _MOST_CODES or not all(_CODE.match(text) for pair in chosen.codes for text in pair):
        raise Refusal(Reason.INVALID_INPUT, field="filter")
    kept = {each.name: each for each in saved_filters(tx, state, at, actor=actor)}
    kept[name] = SavedFilter(name, chosen.codes)
    if len(kept) > MOST_FILTERS:
        raise Refusal(Reason.QUOTA_EXCEEDED, limit=str(MOST_FILTERS))
    return _put(tx, state, actor, kept)


def drop_filter(tx: Tx, state: State, at: datetime, *, actor: Actor, name: str) -> tuple[SavedFilter, ...]:
    """Forget one. Refusal NOT_FOUND."""
    kept = {each.name: each for each in saved_filters(tx, state, at, actor=actor)}
    if kept.pop(name, None) is None:
        raise Refusal(Reason.NOT_FOUND)
    return _put(tx, state, actor, kept)


def _put(tx: Tx, state: State, actor: Actor, kept: dict[str, SavedFilter]) -> tuple[SavedFilter, ...]:
    text = json.dumps({each.name: each.codes for each in kept.values()}, ensure_ascii=False)
    secret = state.vault.seal(tx, _SUBJECT, _row(actor.staff_id), text.encode())
    tx.put(PreferenceRecord(actor.staff_id, secret))
    return tuple(sorted(kept.values(), key=lambda each: each.name))
