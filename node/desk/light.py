"""The answer to a move: the line, the version and what is queued, without reading every body of the case again."""

from datetime import datetime

from node.desk.building import due_views, row_view
from node.desk.labels import kind_label
from node.desk.ports import Actor
from node.desk.views import DelegationView, QueuedMoveView
from node.state import Held, State
from node.writer import Tx


def light_view(tx: Tx, state: State, held: Held, actor: Actor, at: datetime) -> DelegationView:
    """The answer to a move: the line, versions and what is queued, without reading every body again."""
    return DelegationView(
        row=row_view(tx, state, held.record, role=held.roles.get(actor.unit, ""), unit=actor.unit, at=at),
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
        prepared=(),
        materials=(),
        entries=(),
        negatives=(),
        alarms=(),
        provinces=held.thread.provinces if held.thread is not None else (),
        purged=held.record.purged,
    )
