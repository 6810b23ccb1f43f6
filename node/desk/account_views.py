"""What the desk shows of accounts, sessions and keys: frozen values, as `node.desk.views`."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffView:
    """An account. The password is never shown, nor its hash."""

    staff_id: str
    name: str
    phone: str
    units: tuple[str, ...]
    roles: tuple[str, ...]
    active: bool
    locked_until: datetime | None
    once_until: datetime | None = None  # a one-time password was given out and not changed yet


@dataclass(frozen=True, slots=True)
class SessionView:
    """A signed-in session; `token` is shown once and kept as a hash."""

    token: str
    staff_id: str
    unit: str
    expires_at: datetime
    csrf: str
    must_change: bool = False  # signed in with a one-time password: nothing opens but choosing another


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyView:
    """A key of a business system: one named staff identity with one role. `secret` only when made."""

    key_id: str
    label: str
    staff_id: str
    unit: str
    role: str
    expires_at: datetime | None
    active: bool
    secret: str = ""
