"""The answer to a move: the line, the version and what is queued, without reading every body of the case again.

Most who make a move look at the version alone, and all the moves of a node are made in one thread. So the answer is
made when somebody looks at more of it, in the thread that looks; what it is made of does not change any more.
"""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from functools import partial
from typing import Final

from delegation.errors import Refusal
from node.desk.labels import kind_label
from node.desk.ports import Actor
from node.desk.rows import Names, due_views, names_of, row_of, secret_row
from node.desk.views import DelegationView, PreparedMoveView, QueuedMoveView
from node.state import Held, State
from node.writer import Tx

_FIELDS: Final = frozenset(each.name for each in fields(DelegationView))


class LightView(DelegationView):
    """A view whose parts are made together when the first of them is read; `version` is there at once."""

    __slots__ = ("_make",)
    _make: Callable[[], DelegationView]

    def __init__(self, version: int, make: Callable[[], DelegationView]) -> None:
        object.__setattr__(self, "version", version)
        object.__setattr__(self, "_make", make)

    def __getattr__(self, name: str) -> object:
        """Called for a part that is not there yet."""
        if name not in _FIELDS:
            raise AttributeError(name)
        made = self._make()
        for field in _FIELDS:
            object.__setattr__(self, field, getattr(made, field))
        found: object = getattr(made, name)
        return found


def light_view(
    tx: Tx, state: State, held: Held, actor: Actor, at: datetime, *, prepared: tuple[PreparedMoveView, ...] = ()
) -> DelegationView:
    """The answer to a move: the line, versions and what is queued, without reading every body again."""
    record = held.record
    secret: Callable[[], bytes] | None = None
    if record.secret:
        try:
            secret = state.vault.opener(tx, record.thread_id, secret_row(record.thread_id), record.secret)
        except Refusal:  # purged
            secret = None
    return LightView(record.version, partial(_made, held, actor.unit, at, names_of(state), secret, prepared))


def _made(
    held: Held,
    unit: str,
    at: datetime,
    names: Names,
    secret: Callable[[], bytes] | None,
    prepared: tuple[PreparedMoveView, ...],
) -> DelegationView:
    shown: dict[str, str] = {}
    if secret is not None:
        try:
            shown = json.loads(secret())
        except Refusal:  # damaged
            shown = {}
    role = held.roles.get(unit, "")
    return DelegationView(
        row=row_of(held.record, held.thread, shown, role=role, unit=unit, at=at, names=names),
        version=held.record.version,
        letter=None,
        header={},
        due_dates=due_views(held.thread, at),
        moves=(),
        queued=tuple(
            QueuedMoveView(
                envelope_id=item.header.envelope_id,
                kind=item.header.kind.name,
                label=kind_label(item.header.kind),
                state="queued",
                queued_at=item.header.claimed_at,
                claimed_at=item.header.claimed_at,
            )
            for item in held.pending
        ),
        queued_state="",
        prepared=prepared,
        materials=(),
        entries=(),
        negatives=(),
        alarms=(),
        provinces=held.thread.provinces if held.thread is not None else (),
        purged=held.record.purged,
    )
