"""Reminders before keys run out: an alarm 30 days before, once for each key, however often it is looked at."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from certs.identity import describe
from delegation.errors import Reason
from node.alarms import raise_alarm
from node.records import AlarmRecord
from node.state import State
from node.store import Where
from node.writer import Tx

REMIND_BEFORE: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a key of ours holds: `what` is channel, node, signing or sealing; `unit` is empty for the bureau's."""

    what: str
    unit: str
    not_after: datetime


def of_units(state: State, at: datetime) -> Iterator[Expiry]:
    """Of each of our units the certificate that it signs with, and the key that others seal to."""
    if not state.rosters.ready:
        return
    trust = state.rosters.current
    for unit in sorted(state.units & trust.view.units.keys()):
        certificate = state.keyring.certificate(unit)
        if certificate:
            yield Expiry("signing", unit, describe(certificate).not_after)
        key = trust.view.newest_sealing_key(unit, at)
        if key is not None:
            yield Expiry("sealing", unit, key.not_after)


def remind(tx: Tx, state: State, at: datetime, *, of_bureau: Sequence[Expiry] = ()) -> int:
    """Raise an alarm for each key that runs out within 30 days, or has; the number of new alarms.

    One that a person has seen is not raised again for the same key.
    """
    new = 0
    for expiry in (*of_bureau, *of_units(state, at)):
        if at < expiry.not_after - REMIND_BEFORE:
            continue
        details = {"why": "expires", "what": expiry.what, "not_after": expiry.not_after.date().isoformat()}
        text = json.dumps(details, sort_keys=True)
        where = (Where("reason", Reason.CERTIFICATE_EXPIRED.value), Where("unit", expiry.unit), Where("details", text))
        if tx.select(AlarmRecord, where, limit=1):
            continue
        number = state.number("alarms")
        new += raise_alarm(tx, Reason.CERTIFICATE_EXPIRED, at=at, number=number, unit=expiry.unit, details=details)
    return new
