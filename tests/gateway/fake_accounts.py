"""Accounts in memory that behave: sessions end, keys have one role, five failures lock."""

# ruff: noqa: ARG002 - arguments are the port's

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from delegation.errors import Reason, Refusal
from node.desk.account_views import ApiKeyView, SessionView, StaffView
from node.desk.ports import Actor, Role

HOME, OTHER = "330100RD01T", "510100RD015"
PASSWORD = "correct horse battery"
NOW = datetime(2026, 8, 3, 2, 0, tzinfo=UTC)
_FAILURES = 5


@dataclass
class _Account:
    view: StaffView
    password: str
    failures: int = 0


class FakeAccounts:
    """Implements AccountsPort."""

    def __init__(self) -> None:
        self.now = NOW
        self.accounts: dict[str, _Account] = {}
        self.sessions: dict[str, SessionView] = {}
        self.keys: dict[str, ApiKeyView] = {}
        self.identities: dict[tuple[str, str], str] = {}
        for role in Role:
            self.add(role.value, role)

    def add(self, staff_id: str, *roles: Role, unit: str = HOME) -> None:
        """An account with these roles and the usual password."""
        view = StaffView(
            staff_id=staff_id,
            name=f"名{staff_id}",
            phone="",
            units=(unit,),
            roles=tuple(role.value for role in roles),
            active=True,
            locked_until=None,
        )
        self.accounts[staff_id] = _Account(view, PASSWORD)

    def key_of(self, role: Role) -> str:
        """The secret of a key with one role."""
        secret = secrets.token_urlsafe(16)
        key_id = f"key-{len(self.keys)}"
        self.keys[secret] = ApiKeyView(
            key_id=key_id,
            label="业务系统",
            staff_id=role.value,
            unit=HOME,
            role=role.value,
            expires_at=None,
            active=True,
            secret=secret,
        )
        return secret

    async def sign_in(self, staff_id: str, password: str, unit: str = "") -> SessionView:
        account = self.accounts.get(staff_id)
        if account is None:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        locked = account.view.locked_until
        if locked is not None and locked > self.now:
            raise Refusal(Reason.LOCKED_OUT)
        if password != account.password or not account.view.active or (unit and unit not in account.view.units):
            account.failures += 1
            if account.failures >= _FAILURES:
                account.view = replace(account.view, locked_until=self.now + timedelta(minutes=15))
                account.failures = 0
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        account.failures = 0
        token = secrets.token_urlsafe(32)
        session = SessionView(
            token,
            staff_id,
            unit or account.view.units[0],
            self.now + timedelta(hours=10),
            secrets.token_urlsafe(16),
            must_change=account.view.once_until is not None,
        )
        self.sessions[token] = session
        return session

    async def actor_of_session(self, token: str) -> tuple[Actor, SessionView]:
        session = self.sessions.get(token)
        if session is None or session.expires_at <= self.now:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        view = self.accounts[session.staff_id].view
        roles = frozenset() if session.must_change else frozenset(view.roles)
        actor = Actor(view.staff_id, view.name, session.unit, roles)
        return actor, replace(session, token="")

    async def actor_of_api_key(self, secret: str) -> Actor:
        key = self.keys.get(secret)
        if key is None or not key.active:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        return Actor(key.staff_id, key.label, key.unit, frozenset({key.role}))

    async def sign_out(self, token: str) -> None:
        self.sessions.pop(token, None)

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        account = self.accounts[actor.staff_id]
        if account.password != old:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        account.password = new
        account.view = replace(account.view, once_until=None)
        self.sessions = {
            token: session for token, session in self.sessions.items() if session.staff_id != actor.staff_id
        }

    async def create_staff(
        self,
        actor: Actor | None,
        *,
        staff_id: str,
        name: str,
        password: str,
        units: Sequence[str],
        roles: Sequence[str],
        phone: str = "",
        one_time: bool = False,
    ) -> StaffView:
        if staff_id in self.accounts:
            raise Refusal(Reason.INVALID_INPUT, field="staff_id")
        view = StaffView(
            staff_id=staff_id,
            name=name,
            phone=phone,
            units=tuple(units),
            roles=tuple(roles),
            active=True,
            locked_until=None,
            once_until=self.now + timedelta(days=3) if one_time else None,
        )
        self.accounts[staff_id] = _Account(view, password)
        return view

    async def reset_password(self, actor: Actor, staff_id: str) -> str:
        if staff_id not in self.accounts:
            raise Refusal(Reason.NOT_FOUND)
        account = self.accounts[staff_id]
        account.password = f"ONCE-{len(self.sessions):04}-TIME"
        account.view = replace(account.view, once_until=self.now + timedelta(days=3), locked_until=None)
        self.sessions = {token: session for token, session in self.sessions.items() if session.staff_id != staff_id}
        return account.password

    async def sign_in_by_identity(self, issuer: str, subject: str) -> SessionView:
        staff_id = self.identities.get((issuer, subject))
        if staff_id is None or not self.accounts[staff_id].view.active:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        return await self.sign_in(staff_id, self.accounts[staff_id].password)

    async def bind_identity(self, actor: Actor, staff_id: str, *, issuer: str, subject: str) -> None:
        if not subject:
            raise Refusal(Reason.INVALID_INPUT, field="subject")
        self.identities[issuer, subject] = staff_id

    async def unbind_identities(self, actor: Actor, staff_id: str) -> None:
        self.identities = {key: held for key, held in self.identities.items() if held != staff_id}

    async def identities_of(self, actor: Actor, staff_id: str) -> int:
        return sum(1 for held in self.identities.values() if held == staff_id)

    async def unlock(self, actor: Actor, staff_id: str) -> StaffView:
        if staff_id not in self.accounts:
            raise Refusal(Reason.NOT_FOUND)
        account = self.accounts[staff_id]
        account.failures, account.view = 0, replace(account.view, locked_until=None)
        return account.view

    async def update_staff(
        self,
        actor: Actor,
        staff_id: str,
        *,
        roles: Sequence[str] | None = None,
        units: Sequence[str] | None = None,
        active: bool | None = None,
        password: str | None = None,
    ) -> StaffView:
        account = self.accounts.get(staff_id)
        if account is None:
            raise Refusal(Reason.NOT_FOUND)
        account.view = replace(
            account.view,
            roles=tuple(roles) if roles is not None else account.view.roles,
            units=tuple(units) if units is not None else account.view.units,
            active=account.view.active if active is None else active,
        )
        account.password = password or account.password
        self.sessions = {token: session for token, session in self.sessions.items() if session.staff_id != staff_id}
        return account.view

    async def list_staff(self, actor: Actor) -> tuple[StaffView, ...]:
        return tuple(account.view for account in self.accounts.values())

    async def create_api_key(
        self, actor: Actor, *, label: str, staff_id: str, unit: str, role: str, expires_at: datetime | None = None
    ) -> ApiKeyView:
        account = self.accounts.get(staff_id)
        if account is None or role not in account.view.roles:
            raise Refusal(Reason.INVALID_INPUT, field="staff_id")
        secret = self.key_of(Role(role))
        self.keys[secret] = replace(self.keys[secret], label=label, unit=unit, expires_at=expires_at)
        return self.keys[secret]

    async def list_api_keys(self, actor: Actor) -> tuple[ApiKeyView, ...]:
        return tuple(replace(key, secret="") for key in self.keys.values())

    async def revoke_api_key(self, actor: Actor, key_id: str) -> None:
        for secret, key in self.keys.items():
            if key.key_id == key_id:
                self.keys[secret] = replace(key, active=False)
                return
        raise Refusal(Reason.NOT_FOUND)
