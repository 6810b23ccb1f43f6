"""Accounts that a sign-in service vouches for: bound by an administrator, never made by signing in.

The service's name and its subject are kept as a keyed hash: a subject may be a telephone or an ID number.
"""

from datetime import datetime
from hashlib import sha256
from typing import Final

from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.records import StaffRecord, to_us
from node.records_people import IdentityRecord
from node.store import Where
from node.writer import Tx

_LONGEST: Final = 255  # OpenID Connect Core 2: a subject has at most 255 ASCII characters
_FIELD: Final = "identity"
_MOST: Final = 100


def _digest(vault: Vault, issuer: str, subject: str) -> bytes:
    if not issuer or not 0 < len(subject) <= _LONGEST or not subject.isprintable():
        raise Refusal(Reason.INVALID_INPUT, field="subject")
    plain = len(issuer).to_bytes(4) + issuer.encode() + subject.encode()
    return vault.lookup(sha256(plain).hexdigest(), field=_FIELD)


def bind(tx: Tx, vault: Vault, at: datetime, *, staff_id: str, issuer: str, subject: str) -> None:
    """Let the service's subject sign in as this account. Refusal NOT_FOUND; INVALID_INPUT (subject, `why=exists`)."""
    if tx.get(StaffRecord, (staff_id,)) is None:
        raise Refusal(Reason.NOT_FOUND)
    digest = _digest(vault, issuer, subject)
    held = tx.get(IdentityRecord, (digest,))
    if held is not None and held.staff_id != staff_id:
        raise Refusal(Reason.INVALID_INPUT, field="subject", why="exists")
    tx.put(IdentityRecord(digest=digest, staff_id=staff_id, bound_at=to_us(at)))


def unbind(tx: Tx, staff_id: str) -> None:
    """Let no service sign in as this account any more."""
    for row in tx.select(IdentityRecord, (Where("staff_id", staff_id),), limit=_MOST):
        tx.delete(IdentityRecord, (row.digest,))


def count(tx: Tx, staff_id: str) -> int:
    """How many subjects may sign in as the account."""
    return len(tx.select(IdentityRecord, (Where("staff_id", staff_id),), limit=_MOST))


def account_of(tx: Tx, vault: Vault, *, issuer: str, subject: str) -> StaffRecord:
    """The account that is bound to the subject. Refusal SIGN_IN_REQUIRED for none."""
    try:
        held = tx.get(IdentityRecord, (_digest(vault, issuer, subject),))
    except Refusal:
        held = None
    record = tx.get(StaffRecord, (held.staff_id,)) if held is not None else None
    if record is None:
        raise Refusal(Reason.SIGN_IN_REQUIRED)
    return record
