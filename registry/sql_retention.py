"""Which sealed bodies and materials may go (promise 3): the questions in SQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from registry.records import ItemKind
from registry.sql_engine import to_micros
from registry.tables import EnvelopeAnswer, Listing, Mailbox, Material, Negative, SealedBody

_ANSWER, _BODY, _MAILBOX = EnvelopeAnswer.__table__, SealedBody.__table__, Mailbox.__table__
_LISTING, _NEGATIVE, _MATERIAL = Listing.__table__, Negative.__table__, Material.__table__
_APPLIED, _HELD = 2, 4


def _may_go(bit: int, *, done_before: int, undone_before: int) -> ColumnElement[bool]:
    """Every addressee of the answer's envelope has said `bit` long enough ago, or the wait for it was long enough."""
    delivered = and_(_MAILBOX.c.item == _ANSWER.c.leaf_index, _MAILBOX.c.kind == int(ItemKind.ENVELOPE))
    open_ones = exists().where(delivered, _MAILBOX.c.status.op("&")(bit) == 0)
    recent = exists().where(delivered, _MAILBOX.c.status_at >= done_before)
    warned = exists().where(_NEGATIVE.c.envelope_key == _ANSWER.c.key, _NEGATIVE.c.at >= undone_before)
    unaddressed = ~exists().where(delivered)
    return or_(
        and_(~open_ones, ~recent, or_(~unaddressed, _ANSWER.c.at < done_before)),
        and_(open_ones, ~warned, _ANSWER.c.at < undone_before),
    )


def stale_bodies(
    connection: Connection, *, applied_before: datetime, undelivered_before: datetime, limit: int
) -> list[int]:
    """Leaves of bodies that may go."""
    statement = (
        select(_BODY.c.leaf_index)
        .join(_ANSWER, _ANSWER.c.leaf_index == _BODY.c.leaf_index)
        .where(_may_go(_APPLIED, done_before=to_micros(applied_before), undone_before=to_micros(undelivered_before)))
        .order_by(_BODY.c.leaf_index)
        .limit(limit)
    )
    return list(connection.execute(statement).scalars())


def stale_materials(
    connection: Connection,
    *,
    held_before: datetime,
    undelivered_before: datetime,
    orphans_before: datetime,
    limit: int,
) -> list[tuple[str, str, str]]:
    """(unit, thread, id) of materials that may go: of no envelope for long, or of envelopes that are all done."""
    listed = and_(
        _LISTING.c.unit == _MATERIAL.c.unit,
        _LISTING.c.thread_id == _MATERIAL.c.thread_id,
        _LISTING.c.material_id == _MATERIAL.c.material_id,
    )
    may_go = _may_go(_HELD, done_before=to_micros(held_before), undone_before=to_micros(undelivered_before))
    wanted = exists(
        select(_LISTING.c.leaf_index)
        .join(_ANSWER, _ANSWER.c.leaf_index == _LISTING.c.leaf_index)
        .where(listed, ~may_go)
        .correlate(_MATERIAL)
    )
    is_listed = exists().where(listed)
    statement = (
        select(_MATERIAL.c.unit, _MATERIAL.c.thread_id, _MATERIAL.c.material_id)
        .where(or_(and_(is_listed, ~wanted), and_(~is_listed, _MATERIAL.c.created_at < to_micros(orphans_before))))
        .order_by(_MATERIAL.c.unit, _MATERIAL.c.thread_id, _MATERIAL.c.material_id)
        .limit(limit)
    )
    return [(unit, thread, material) for unit, thread, material in connection.execute(statement)]
