"""What an account may be, and its records as faces see them. Pure: no store, no clock."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Role
from node.desk.views import ApiKeyView, StaffView
from node.records import ApiKeyRecord, StaffRecord, from_us, to_us

_STAFF_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._@-]{0,63}", re.ASCII)
_PHONE: Final = re.compile(r"[0-9+() -]{0,32}", re.ASCII)
_MOST_TEXT: Final = 100
_ROLES: Final = frozenset(role.value for role in Role)


def must_administer(actor: Actor) -> None:
    """Refusal ROLE_MISSING for anyone but an administrator."""
    if not actor.has(Role.ADMINISTRATOR):
        raise Refusal(Reason.ROLE_MISSING, role=Role.ADMINISTRATOR.value)


def checked_roles(roles: Sequence[str]) -> str:
    """Roles as they are kept. Refusal INVALID_INPUT for none or an unknown one."""
    found = {str(role) for role in roles}
    if not found or found - _ROLES:
        raise Refusal(Reason.INVALID_INPUT, field="roles")
    return ",".join(sorted(found))


def checked_units(units: Sequence[str], served: Collection[str]) -> str:
    """Units as they are kept, the first being the one signed in to. Refusal INVALID_INPUT for one not served here."""
    found = tuple(dict.fromkeys(units))
    if not found or any(unit not in served for unit in found):
        raise Refusal(Reason.INVALID_INPUT, field="units")
    return ",".join(found)


def checked_text(value: str, field: str) -> str:
    """A name or label: 1 to 100 characters that print. Refusal INVALID_INPUT."""
    text = value.strip()
    if not 0 < len(text) <= _MOST_TEXT or not text.isprintable():
        raise Refusal(Reason.INVALID_INPUT, field=field)
    return text


def new_staff(
    *,
    staff_id: str,
    name: str,
    password_hash: str,
    units: Sequence[str],
    roles: Sequence[str],
    phone: str,
    served: Collection[str],
) -> StaffRecord:
    """The record of a new account. Refusal INVALID_INPUT (field)."""
    if not _STAFF_ID.fullmatch(staff_id):
        raise Refusal(Reason.INVALID_INPUT, field="staff_id")
    if not _PHONE.fullmatch(phone):
        raise Refusal(Reason.INVALID_INPUT, field="phone")
    return StaffRecord(
        staff_id=staff_id,
        name=checked_text(name, "name"),
        phone=phone,
        units=checked_units(units, served),
        roles=checked_roles(roles),
        password=password_hash,
        active=True,
        failures=0,
        locked_until=0,
    )


def units_of(record: StaffRecord) -> tuple[str, ...]:
    """Units of an account, in order."""
    return tuple(record.units.split(","))


def roles_of(record: StaffRecord) -> frozenset[str]:
    """Roles of an account."""
    return frozenset(record.roles.split(","))


def staff_view(record: StaffRecord, at: datetime) -> StaffView:
    """An account as administrators see it."""
    locked = record.locked_until > to_us(at)
    return StaffView(
        staff_id=record.staff_id,
        name=record.name,
        phone=record.phone,
        units=units_of(record),
        roles=tuple(sorted(roles_of(record))),
        active=record.active,
        locked_until=from_us(record.locked_until) if locked else None,
    )


def api_key_view(record: ApiKeyRecord, at: datetime, *, secret: str = "") -> ApiKeyView:
    """A key as administrators see it; active while it opens anything."""
    over = bool(record.expires_at) and record.expires_at <= to_us(at)
    return ApiKeyView(
        key_id=record.key_id,
        label=record.label,
        staff_id=record.staff_id,
        unit=record.unit,
        role=record.role,
        expires_at=from_us(record.expires_at) if record.expires_at else None,
        active=record.active and not over,
        secret=secret,
    )


def secret_hash(secret: str) -> bytes:
    """What is kept of a token or key of 256 random bits: its SHA-256, for which no work need be added."""
    return sha256(secret.encode("utf-8", "replace")).digest()
