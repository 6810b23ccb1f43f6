"""What an account may be, what of it is encrypted, and its records as faces see them. No clock."""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from certs.rest import MasterKey, encrypt, new_data_key
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk.account_views import ApiKeyView, StaffView
from node.desk.ports import Actor, Role
from node.records import ApiKeyRecord, DataKeyRecord, StaffRecord, from_us, to_us
from node.store import Store
from node.writer import Tx

_STAFF_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._@-]{0,63}", re.ASCII)
# An ID number or a mobile telephone: a staff id stands in records, logs and addresses, so it may not tell who it is.
_TELLS_WHO: Final = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]|(?<![0-9])1[3-9][0-9]{9}(?![0-9])", re.ASCII)
_PHONE: Final = re.compile(r"[0-9+() -]{0,32}", re.ASCII)
_MOST_TEXT: Final = 100
_SUBJECT: Final = "staff"  # whose data key it is; no delegation has such a number
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


@dataclass(frozen=True, slots=True)
class Personal:
    """What an account holds of a person; encrypted where it is kept."""

    name: str
    phone: str


def checked_personal(name: str, phone: str) -> Personal:
    """Name and telephone as they are kept. Refusal INVALID_INPUT (field)."""
    if not _PHONE.fullmatch(phone):
        raise Refusal(Reason.INVALID_INPUT, field="phone")
    return Personal(checked_text(name, "name"), phone)


def seal_personal(vault: Vault, tx: Tx, staff_id: str, personal: Personal) -> bytes:
    """The `secret` of an account, under one data key for all accounts."""
    return vault.seal(tx, _SUBJECT, _row_id(staff_id), _plain(personal))


def seal_beside(master: MasterKey, store: Store, staff_id: str, personal: Personal) -> tuple[bytes, DataKeyRecord]:
    """As `seal_personal` where no writer runs on the store: the `secret`, and the data key to write with it."""
    held = store.get(DataKeyRecord, (_SUBJECT,))
    key = new_data_key() if held is None else master.unwrap(held.wrapped, _SUBJECT)
    sealed = encrypt(key, _row_id(staff_id), _plain(personal))
    return sealed, held or DataKeyRecord(_SUBJECT, master.wrap(key, _SUBJECT))


def open_personal(vault: Vault, tx: Tx, record: StaffRecord) -> Personal:
    """Name and telephone again. Refusal INTERNAL when they were damaged or moved from another account."""
    found = json.loads(vault.open(tx, _SUBJECT, _row_id(record.staff_id), record.secret))
    return Personal(found["name"], found["phone"])


def _plain(personal: Personal) -> bytes:
    return json.dumps({"name": personal.name, "phone": personal.phone}, ensure_ascii=False).encode()


def _row_id(staff_id: str) -> str:
    return f"staff/{staff_id}/secret"


def new_staff(*, staff_id: str, units: Sequence[str], roles: Sequence[str], served: Collection[str]) -> StaffRecord:
    """The record of a new account, still without password and secret. Refusal INVALID_INPUT (field)."""
    if not _STAFF_ID.fullmatch(staff_id):
        raise Refusal(Reason.INVALID_INPUT, field="staff_id")
    if _TELLS_WHO.search(staff_id):
        raise Refusal(Reason.INVALID_INPUT, field="staff_id", why="personal")
    return StaffRecord(
        staff_id=staff_id,
        secret=b"",
        units=checked_units(units, served),
        roles=checked_roles(roles),
        password="",
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


def staff_view(record: StaffRecord, personal: Personal, at: datetime) -> StaffView:
    """An account as administrators see it."""
    locked = record.locked_until > to_us(at)
    return StaffView(
        staff_id=record.staff_id,
        name=personal.name,
        phone=personal.phone,
        units=units_of(record),
        roles=tuple(sorted(roles_of(record))),
        active=record.active,
        locked_until=from_us(record.locked_until) if locked else None,
        once_until=from_us(record.once_until) if record.once_until > 1 else None,
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
