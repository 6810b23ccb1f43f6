"""One delivery in its turn: taken, or parked before what is behind it is taken."""

from datetime import datetime

import structlog

from delegation.errors import Reason, Refusal
from node.checked import Checks
from node.inbox import park_raw, take
from node.state import State
from node.writer import Tx, place_of_error
from xieban.federation.v1 import exchange_pb2 as exchange

_log = structlog.get_logger("node.intake")
_NOT_ITS_FAULT = frozenset({Reason.DISK_FULL, Reason.STORAGE_UNAVAILABLE, Reason.STOPPING})


def take_or_park(
    tx: Tx, state: State, at: datetime, *, delivery: exchange.Delivery, checks: Checks | None = None, place: int = 0
) -> None:
    """Take one delivery; one that cannot be taken is parked in its turn, before the cursor goes on behind it.

    `checks` may say something of it already, by its `place` in the message.

    Raises:
        Refusal: what the disk refuses; the delivery is to be taken again.
    """
    try:
        take(tx, state, at, delivery=delivery, checked=checks.get(place) if checks is not None else None)
        return
    except Refusal as refusal:
        if refusal.reason in _NOT_ITS_FAULT:
            raise
        refused = refusal
    except Exception as error:  # noqa: BLE001 - one that breaks us is parked too: the stream must not stand for ever
        _log.error("delivery failed", error=type(error).__name__, where=place_of_error(error))
        refused = Refusal(Reason.INTERNAL)
    tx.undo()
    if refused.reason is not Reason.NOT_YOUR_UNIT:
        park_raw(tx, state, at, delivery=delivery, refusal=refused)
