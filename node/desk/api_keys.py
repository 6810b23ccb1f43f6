"""Keys of business systems: one named staff identity with one role each. Of a secret only its SHA-256 is kept."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.account_rules import api_key_view, roles_of, secret_hash, units_of
from node.desk.account_views import ApiKeyView
from node.ids import uuid4
from node.records import ApiKeyRecord, StaffRecord, to_us
from node.store import Where
from node.writer import Tx

MOST: Final = 10_000
_BYTES: Final = 32


def create(
    tx: Tx, at: datetime, *, label: str, staff_id: str, unit: str, role: str, expires_at: datetime | None
) -> ApiKeyView:
    """A new key, with its secret. Refusal INVALID_INPUT (staff_id, role, unit, expires_at)."""
    staff = tx.get(StaffRecord, (staff_id,))
    if staff is None or not staff.active:
        raise Refusal(Reason.INVALID_INPUT, field="staff_id")
    if role not in roles_of(staff) or unit not in units_of(staff):
        raise Refusal(Reason.INVALID_INPUT, field="unit" if role in roles_of(staff) else "role")
    if expires_at is not None and expires_at <= at:
        raise Refusal(Reason.INVALID_INPUT, field="expires_at")
    secret = f"xbk_{secrets.token_urlsafe(_BYTES)}"
    record = ApiKeyRecord(
        key_id=uuid4(),
        secret_hash=secret_hash(secret),
        label=label,
        staff_id=staff_id,
        unit=unit,
        role=role,
        expires_at=to_us(expires_at) if expires_at is not None else 0,
        active=True,
    )
    tx.put(record)
    return api_key_view(record, at, secret=secret)


def list_all(tx: Tx, at: datetime) -> tuple[ApiKeyView, ...]:
    """Every key, without its secret."""
    return tuple(api_key_view(item, at) for item in tx.select(ApiKeyRecord, limit=MOST))


def revoke(tx: Tx, key_id: str) -> None:
    """End a key. Refusal NOT_FOUND."""
    record = tx.get(ApiKeyRecord, (key_id,))
    if record is None:
        raise Refusal(Reason.NOT_FOUND)
    tx.put(replace(record, active=False))


def end_all(tx: Tx, staff_id: str) -> None:
    """End every key of a closed account: it would open nothing, and shall not open again with the account."""
    for record in tx.select(ApiKeyRecord, (Where("staff_id", staff_id),), limit=MOST):
        if record.active:
            tx.put(replace(record, active=False))
