"""Accounts, sessions and keys of business systems, kept by the node's writer.

Signing in tells nobody which accounts exist: an unknown name costs the same work, fails with the same word and is
locked after as many failures. An attempt is counted before the password is looked at, so that many at once are no more
than five. Of tokens and keys only a SHA-256 is kept.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

import structlog

from certs.rest import MasterKey
from delegation.errors import Reason, Refusal
from node.at_rest import Vault
from node.desk import api_keys, deputies, identities
from node.desk.account_rules import (
    api_key_view,
    checked_personal,
    checked_roles,
    checked_text,
    checked_units,
    must_administer,
    new_staff,
    open_personal,
    roles_of,
    seal_beside,
    seal_personal,
    secret_hash,
    staff_view,
    units_of,
)
from node.desk.account_views import ApiKeyView, SessionView, StaffView
from node.desk.deputies import acting_for
from node.desk.handing_over import open_tasks
from node.desk.passwords import Passwords, check_password, one_time_password
from node.desk.ports import Actor, Role
from node.records import ApiKeyRecord, DataKeyRecord, SessionRecord, StaffRecord, from_us, to_us
from node.settings import NodeSettings
from node.store import Op, Store, Where
from node.writer import Tx

T = TypeVar("T")
FAILURES: Final = 5
LOCKED: Final = timedelta(minutes=15)
NO_PASSWORD: Final = 1  # `once_until` of an account that no password opens: a one-time one that is over
ONE_TIME: Final = timedelta(days=3)  # a one-time password that nobody used is over then
_MOST_SESSIONS: Final = 20  # of one person; the one that ends first makes room
_MOST_STAFF: Final = 10_000
_MOST_STRANGERS: Final = 4_096
_TOKEN_BYTES: Final = 32
_log = structlog.get_logger("node.accounts")


class Runs(Protocol):
    """The node's writer, as far as accounts need it: use cases that look at nothing but the store."""

    async def run(self, use_case: Callable[[Tx, object, datetime], T]) -> T:
        """Run a use case; its effects are on disk when it returns."""
        ...


@dataclass(slots=True)
class _Stranger:
    """Failures of a name that no account has. Kept in memory alone: a restart forgets it."""

    failures: int = 0
    locked_until: int = 0


class Accounts:
    """AccountsPort over the writer and the store."""

    def __init__(
        self, writer: Runs, settings: NodeSettings, *, vault: Vault, passwords: Passwords | None = None
    ) -> None:
        self._writer = writer
        self._vault = vault
        self._served = frozenset(settings.units)
        self._session = timedelta(hours=settings.session_hours)
        self._passwords = passwords or Passwords()
        self._strangers: OrderedDict[str, _Stranger] = OrderedDict()

    # signing in

    async def sign_in(self, staff_id: str, password: str, unit: str = "") -> SessionView:
        """See AccountsPort. Without `unit`, the first of the person's units."""
        record = await self._verified(staff_id, password)
        fresh = await self._passwords.hash(password) if self._passwords.is_outdated(record.password) else ""

        def use_case(tx: Tx, _state: object, at: datetime) -> SessionView:
            now = tx.get(StaffRecord, (staff_id,))
            if now is None or not now.active or now.password != record.password:  # changed while it was worked on
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            if now.once_until and now.once_until <= to_us(at):
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            tx.put(replace(now, failures=0, locked_until=0, password=fresh or now.password))
            return self._begin(tx, now, unit, at, must_change=bool(now.once_until))

        return await self._writer.run(use_case)

    def _begin(self, tx: Tx, record: StaffRecord, unit: str, at: datetime, *, must_change: bool) -> SessionView:
        """A new session of the account in one of its units. Refusal SIGN_IN_REQUIRED for another."""
        chosen = unit or units_of(record)[0]
        if chosen not in units_of(record) or chosen not in self._served:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        token, csrf = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES)
        _make_room(tx, record.staff_id, at)
        expires = at + self._session
        tx.put(
            SessionRecord(
                token_hash=secret_hash(token),
                staff_id=record.staff_id,
                unit=chosen,
                csrf=csrf,
                expires_at=to_us(expires),
            )
        )
        return SessionView(token, record.staff_id, chosen, expires, csrf, must_change=must_change)

    async def sign_in_by_identity(self, issuer: str, subject: str) -> SessionView:
        """See AccountsPort. The first of the person's units."""

        def use_case(tx: Tx, _state: object, at: datetime) -> SessionView:
            record = identities.account_of(tx, self._vault, issuer=issuer, subject=subject)
            if not record.active or record.locked_until > to_us(at):
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            if record.once_until > NO_PASSWORD:  # who comes this way needs no password that somebody else has read
                record = replace(record, once_until=NO_PASSWORD)
                tx.put(record)
            return self._begin(tx, record, "", at, must_change=False)

        return await self._writer.run(use_case)

    async def bind_identity(self, actor: Actor, staff_id: str, *, issuer: str, subject: str) -> None:
        """See AccountsPort. NOT_FOUND, INVALID_INPUT (subject)."""
        must_administer(actor)
        await self._writer.run(
            lambda tx, _state, at: identities.bind(
                tx, self._vault, at, staff_id=staff_id, issuer=issuer, subject=subject
            )
        )

    async def unbind_identities(self, actor: Actor, staff_id: str) -> None:
        """See AccountsPort."""
        must_administer(actor)

        def use_case(tx: Tx, _state: object, _at: datetime) -> None:
            identities.unbind(tx, staff_id)
            _end_sessions(tx, staff_id)

        await self._writer.run(use_case)

    async def identities_of(self, actor: Actor, staff_id: str) -> int:
        """See AccountsPort."""
        must_administer(actor)
        return await self._writer.run(lambda tx, _state, _at: identities.count(tx, staff_id))

    async def actor_of_session(self, token: str) -> tuple[Actor, SessionView]:
        """See AccountsPort."""
        digest = secret_hash(token)

        def use_case(tx: Tx, _state: object, at: datetime) -> tuple[Actor, SessionView]:
            session = tx.get(SessionRecord, (digest,))
            if session is None or session.expires_at <= to_us(at):
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            record, actor = self._actor(tx, session.staff_id, session.unit, at)
            once = record.once_until > NO_PASSWORD
            view = SessionView(
                "", session.staff_id, session.unit, from_us(session.expires_at), session.csrf, must_change=once
            )
            if once:  # nothing is done by this account before its person has chosen a password
                actor = replace(actor, roles=frozenset(), acting=())
            return actor, view

        return await self._writer.run(use_case)

    async def actor_of_api_key(self, secret: str) -> Actor:
        """See AccountsPort. The key opens no more than its person may do today."""
        digest = secret_hash(secret)

        def use_case(tx: Tx, _state: object, at: datetime) -> Actor:
            found = tx.select(ApiKeyRecord, (Where("secret_hash", digest),), limit=1)
            if not found or not api_key_view(found[0], at).active:
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            key = found[0]
            record, actor = self._actor(tx, key.staff_id, key.unit, at)
            if key.role not in roles_of(record):
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            return replace(actor, roles=frozenset({key.role}), acting=())

        return await self._writer.run(use_case)

    def _actor(self, tx: Tx, staff_id: str, unit: str, at: datetime) -> tuple[StaffRecord, Actor]:
        record = tx.get(StaffRecord, (staff_id,))
        if record is None or not record.active or unit not in units_of(record) or unit not in self._served:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        personal = open_personal(self._vault, tx, record)
        acting = acting_for(tx, self._vault, record, unit=unit, at=at)
        roles = roles_of(record) | {each.role for each in acting}
        return record, Actor(record.staff_id, personal.name, unit, roles, personal.phone, acting)

    def _view(self, tx: Tx, record: StaffRecord, at: datetime) -> StaffView:
        return staff_view(record, open_personal(self._vault, tx, record), at)

    async def sign_out(self, token: str) -> None:
        """See AccountsPort. An unknown token is signed out already."""
        digest = secret_hash(token)
        await self._writer.run(lambda tx, _state, _at: tx.delete(SessionRecord, (digest,)))

    async def change_password(self, actor: Actor, old: str, new: str) -> None:
        """See AccountsPort. Every session of the account ends; SIGN_IN_REQUIRED for a wrong old password."""
        check_password(new, staff_id=actor.staff_id)
        if new == old:
            raise Refusal(Reason.INVALID_INPUT, field="password", why="same")
        record = await self._verified(actor.staff_id, old)
        hashed = await self._passwords.hash(new)

        def use_case(tx: Tx, _state: object, at: datetime) -> None:
            now = tx.get(StaffRecord, (actor.staff_id,))
            if now is None or not now.active or now.password != record.password:
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            if now.once_until and now.once_until <= to_us(at):
                raise Refusal(Reason.SIGN_IN_REQUIRED)
            tx.put(replace(now, password=hashed, failures=0, locked_until=0, once_until=0))
            _end_sessions(tx, actor.staff_id)

        await self._writer.run(use_case)

    async def _verified(self, staff_id: str, password: str) -> StaffRecord:
        """The account whose password this is; the attempt was counted. SIGN_IN_REQUIRED, or LOCKED_OUT."""
        record = await self._writer.run(lambda tx, _state, at: self._attempt(tx, staff_id, at))
        if isinstance(record, datetime):
            raise Refusal(Reason.LOCKED_OUT, until=record.isoformat(timespec="seconds"))
        right = await self._passwords.verify(record.password if record is not None else None, password)
        if record is None or not right or not record.active:
            raise Refusal(Reason.SIGN_IN_REQUIRED)
        return record

    def _attempt(self, tx: Tx, staff_id: str, at: datetime) -> StaffRecord | datetime | None:
        """Count one attempt: the account, None when there is none, or the end of the lock that refuses it."""
        now = to_us(at)
        record = tx.get(StaffRecord, (staff_id,))
        held: StaffRecord | _Stranger = record if record is not None else self._stranger(staff_id)
        if held.locked_until > now:
            return from_us(held.locked_until)
        failures = (0 if held.locked_until else held.failures) + 1  # a lock that is over starts a new count
        until = to_us(at + LOCKED) if failures >= FAILURES else 0
        if record is None:
            self._strangers[_name_of(staff_id)] = _Stranger(failures, until)
            return None
        if until:
            _log.warning("account locked", staff=record.staff_id)
        counted = replace(record, failures=failures, locked_until=until)
        tx.put(counted)
        return counted

    def _stranger(self, staff_id: str) -> _Stranger:
        key = _name_of(staff_id)
        found = self._strangers.setdefault(key, _Stranger())
        self._strangers.move_to_end(key)
        while len(self._strangers) > _MOST_STRANGERS:
            self._strangers.popitem(last=False)
        return found

    # accounts

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
        """See AccountsPort. INVALID_INPUT (field) for what is wrong, `why=exists` for a taken staff id."""
        if actor is not None:
            must_administer(actor)
        check_password(password, staff_id=staff_id)
        draft = new_staff(staff_id=staff_id, units=units, roles=roles, served=self._served)
        personal = checked_personal(name, phone)
        hashed = await self._passwords.hash(password)

        def use_case(tx: Tx, _state: object, at: datetime) -> StaffView:
            if actor is None and tx.select(StaffRecord, limit=1):
                raise Refusal(Reason.ROLE_MISSING, role=Role.ADMINISTRATOR.value)
            if tx.get(StaffRecord, (staff_id,)) is not None:
                raise Refusal(Reason.INVALID_INPUT, field="staff_id", why="exists")
            until = to_us(at + ONE_TIME) if one_time else 0
            secret = seal_personal(self._vault, tx, staff_id, personal)
            record = replace(draft, secret=secret, password=hashed, once_until=until)
            tx.put(record)
            return staff_view(record, personal, at)

        return await self._writer.run(use_case)

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
        """See AccountsPort. NOT_ALLOWED (why=last_administrator, open_tasks); a new password ends a lock."""
        must_administer(actor)
        if password is not None:
            check_password(password, staff_id=staff_id)
        changes: dict[str, object] = {}
        if roles is not None:
            changes["roles"] = checked_roles(roles)
        if units is not None:
            changes["units"] = checked_units(units, self._served)
        if active is not None:
            changes["active"] = active
        if password is not None:
            hashed = await self._passwords.hash(password)
            changes |= {"password": hashed, "failures": 0, "locked_until": 0, "once_until": 0}

        def use_case(tx: Tx, _state: object, at: datetime) -> StaffView:
            before = tx.get(StaffRecord, (staff_id,))
            if before is None:
                raise Refusal(Reason.NOT_FOUND)
            after = replace(before, **changes)  # type: ignore[arg-type]  # columns, checked above
            if _administers(before) and not _administers(after) and not _others_administer(tx, staff_id):
                raise Refusal(Reason.NOT_ALLOWED, why="last_administrator")
            left = units_of(before) if not after.active else tuple(set(units_of(before)) - set(units_of(after)))
            waiting = open_tasks(tx, staff_id, left) if before.active and left else []
            if waiting:
                raise Refusal(Reason.NOT_ALLOWED, why="open_tasks", count=str(len(waiting)))
            if before.active and not after.active:
                api_keys.end_all(tx, staff_id)
                identities.unbind(tx, staff_id)
                deputies.end_all(tx, staff_id, at)
            if after != before:
                tx.put(after)
                _end_sessions(tx, staff_id)
            return self._view(tx, after, at)

        return await self._writer.run(use_case)

    async def reset_password(self, actor: Actor, staff_id: str) -> str:
        """See AccountsPort. NOT_FOUND."""
        must_administer(actor)
        password = one_time_password()
        hashed = await self._passwords.hash(password)

        def use_case(tx: Tx, _state: object, at: datetime) -> str:
            before = tx.get(StaffRecord, (staff_id,))
            if before is None:
                raise Refusal(Reason.NOT_FOUND)
            until = to_us(at + ONE_TIME)
            tx.put(replace(before, password=hashed, failures=0, locked_until=0, once_until=until))
            _end_sessions(tx, staff_id)
            return password

        return await self._writer.run(use_case)

    async def unlock(self, actor: Actor, staff_id: str) -> StaffView:
        """See AccountsPort. NOT_FOUND."""
        must_administer(actor)

        def use_case(tx: Tx, _state: object, at: datetime) -> StaffView:
            before = tx.get(StaffRecord, (staff_id,))
            if before is None:
                raise Refusal(Reason.NOT_FOUND)
            after = replace(before, failures=0, locked_until=0)
            tx.put(after)
            return self._view(tx, after, at)

        return await self._writer.run(use_case)

    async def list_staff(self, actor: Actor) -> tuple[StaffView, ...]:
        """See AccountsPort."""

        def use_case(tx: Tx, _state: object, at: datetime) -> tuple[StaffView, ...]:
            records = tx.select(StaffRecord, limit=_MOST_STAFF)
            seen = (each for each in records if actor.has(Role.ADMINISTRATOR) or actor.unit in units_of(each))
            return tuple(self._view(tx, record, at) for record in seen)

        return await self._writer.run(use_case)

    # keys of business systems

    async def create_api_key(
        self, actor: Actor, *, label: str, staff_id: str, unit: str, role: str, expires_at: datetime | None = None
    ) -> ApiKeyView:
        """See AccountsPort. The secret is in the answer and nowhere else. INVALID_INPUT (field) otherwise."""
        must_administer(actor)
        text = checked_text(label, "label")
        checked_roles((role,))
        checked_units((unit,), self._served)

        def use_case(tx: Tx, _state: object, at: datetime) -> ApiKeyView:
            return api_keys.create(tx, at, label=text, staff_id=staff_id, unit=unit, role=role, expires_at=expires_at)

        return await self._writer.run(use_case)

    async def list_api_keys(self, actor: Actor) -> tuple[ApiKeyView, ...]:
        """See AccountsPort."""
        must_administer(actor)
        return await self._writer.run(lambda tx, _state, at: api_keys.list_all(tx, at))

    async def revoke_api_key(self, actor: Actor, key_id: str) -> None:
        """See AccountsPort. NOT_FOUND for an unknown key."""
        must_administer(actor)
        await self._writer.run(lambda tx, _state, _at: api_keys.revoke(tx, key_id))


def add_account(
    store: Store,
    at: datetime,
    *,
    master: MasterKey,
    served: Collection[str],
    staff_id: str,
    name: str,
    password: str,
    units: Sequence[str],
    roles: Sequence[str],
    phone: str = "",
    passwords: Passwords | None = None,
) -> StaffView:
    """Write an account from the machine itself while no node runs on this store; `served` are the node's units.

    Raises:
        Refusal: INVALID_INPUT (field; `why=exists` for a taken staff id), and what the store's commit raises.
    """
    check_password(password, staff_id=staff_id)
    draft = new_staff(staff_id=staff_id, units=units, roles=roles, served=served)
    personal = checked_personal(name, phone)
    if store.get(StaffRecord, (staff_id,)) is not None:
        raise Refusal(Reason.INVALID_INPUT, field="staff_id", why="exists")
    secret, key = seal_beside(master, store, staff_id, personal)
    record = replace(draft, secret=secret, password=(passwords or Passwords()).hash_now(password))
    store.commit({DataKeyRecord: {(key.subject_id,): key}, StaffRecord: {(staff_id,): record}})
    return staff_view(record, personal, at)


def _name_of(staff_id: str) -> str:
    """A bounded stand-in for whatever was typed as a name."""
    return secret_hash(staff_id).hex()


def _make_room(tx: Tx, staff_id: str, at: datetime) -> None:
    """Forget sessions that are over, and this person's oldest beyond the cap."""
    for over in tx.select(SessionRecord, (Where("expires_at", to_us(at), Op.LE),), limit=100):
        tx.delete(SessionRecord, (over.token_hash,))
    held = tx.select(SessionRecord, (Where("staff_id", staff_id),), order=("expires_at",), limit=1000)
    for record in held[: max(0, len(held) - _MOST_SESSIONS + 1)]:
        tx.delete(SessionRecord, (record.token_hash,))


def _end_sessions(tx: Tx, staff_id: str) -> None:
    for record in tx.select(SessionRecord, (Where("staff_id", staff_id),), limit=10_000):
        tx.delete(SessionRecord, (record.token_hash,))


def _administers(record: StaffRecord) -> bool:
    return record.active and Role.ADMINISTRATOR.value in roles_of(record)


def _others_administer(tx: Tx, staff_id: str) -> bool:
    others = tx.select(StaffRecord, (Where("active", True),), limit=_MOST_STAFF)
    return any(_administers(other) for other in others if other.staff_id != staff_id)
