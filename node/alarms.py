"""Alarms: one open alarm for one cause, with its proof; never case text."""

import json
from collections.abc import Mapping
from datetime import datetime

import structlog

from delegation.errors import Reason
from node.records import AlarmRecord, to_us
from node.store import Where
from node.writer import Tx

_log = structlog.get_logger("node.alarms")


def raise_alarm(
    tx: Tx,
    reason: Reason,
    *,
    at: datetime,
    number: int,
    thread_id: str = "",
    unit: str = "",
    details: Mapping[str, str] | None = None,
    proof: bytes = b"",
) -> bool:
    """Note an alarm unless the same one is open. `number` is its id if it is new. True when it is."""
    text = json.dumps(dict(details or {}), sort_keys=True)
    for open_alarm in tx.select(
        AlarmRecord, (Where("thread_id", thread_id), Where("reason", reason.value), Where("acknowledged_by", ""))
    ):
        if open_alarm.unit == unit and open_alarm.details == text:
            return False
    tx.put(
        AlarmRecord(
            alarm_id=number,
            reason=reason.value,
            thread_id=thread_id,
            unit=unit,
            details=text,
            proof=proof,
            raised_at=to_us(at),
            acknowledged_by="",
        )
    )
    tx.after.append(lambda: _log.warning("alarm", reason=reason.value, thread=thread_id, unit=unit))
    return True
