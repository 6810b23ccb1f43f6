"""How the federation is, for whoever runs the registry: counts, times and versions, never who or what (issue 5.7)."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from certs.trust import Trust
from delegation.codes import SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.roster_view import Unit
from registry.database import Database
from registry.duties import Duties
from registry.members import Members
from registry.records import MailWaiting
from registry.roster import RosterBook
from registry.routing import Routes
from registry.writer import Writer

_FRESH: Final = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberHealth:
    """One bureau of the roster. Instants that nobody knows are None; `software` is empty before its first call."""

    bureau: str
    name: str
    units: int
    connected: bool
    last_seen: datetime | None
    software: str
    channel_expires: datetime | None
    signing_expires: datetime | None  # the first unit's that runs out, by each unit's last certificate
    sealing_expires: datetime | None
    waiting: int
    oldest_waiting: datetime | None
    parked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FederationHealth:
    """The whole federation at an instant."""

    at: datetime
    began_at: datetime
    federation: str
    log_size: int
    parts: Mapping[str, bool]
    quiet: bool  # sweeps wait after an absence of the registry
    halted: bool  # sweeps wait since the clock jumped
    roster_version: int
    roster_issued: datetime | None
    roster_expires: datetime | None
    suites: Mapping[str, int]  # units with a key of that suite in force
    members: tuple[MemberHealth, ...]

    @property
    def ready(self) -> bool:
        """Whether every part is."""
        return all(self.parts.values())


class Health:
    """Looks, at most every five seconds however often it is asked."""

    def __init__(
        self,
        database: Database,
        book: RosterBook,
        writer: Writer,
        routes: Routes,
        duties: Duties,
        members: Members,
        *,
        federation: str,
        readiness: Callable[[], Mapping[str, bool]],
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._book = book
        self._writer = writer
        self._routes = routes
        self._duties = duties
        self._members = members
        self._federation = federation
        self._readiness = readiness
        self._clock = clock
        self._began_at = clock()
        self._lock = asyncio.Lock()
        self._last: FederationHealth | None = None
        self._expiries: tuple[Trust, dict[str, tuple[datetime | None, datetime | None]]] | None = None

    async def look(self) -> FederationHealth:
        """How it is. Raises Refusal STORAGE_UNAVAILABLE when the mailboxes cannot be counted."""
        async with self._lock:
            at, last = self._clock(), self._last
            if last is None or not timedelta(0) <= at - last.at < _FRESH:
                self._last = last = await self._look(at)
            return last

    async def _look(self, at: datetime) -> FederationHealth:
        waiting = {row.unit: row for row in await self._database.browse(self._database.store.mail_waiting)}
        trust = self._book.held
        statement = None if trust is None else trust.statement
        return FederationHealth(
            at=at,
            began_at=self._began_at,
            federation=self._federation,
            log_size=max(0, self._writer.signed[0]),
            parts=dict(self._readiness()),
            quiet=self._duties.is_quiet,
            halted=self._duties.is_halted,
            roster_version=self._book.version,
            roster_issued=None if statement is None else statement.issued_at,
            roster_expires=None if statement is None else statement.expires_at,
            suites={} if trust is None else _suites(trust, at),
            members=() if trust is None else tuple(self._member(trust, code, waiting) for code in trust.view.bureaus),
        )

    def _member(self, trust: Trust, code: str, waiting: Mapping[str, MailWaiting]) -> MemberHealth:
        units = trust.view.units_of(code)
        mail = [waiting[unit.code] for unit in units if unit.code in waiting]
        heard = self._members.heard(code)
        signing, sealing = self._expiries_of(trust)[code]
        connected = self._routes.is_open(code)
        return MemberHealth(
            bureau=code,
            name=trust.view.bureaus[code].name,
            units=len(units),
            connected=connected,
            last_seen=self._clock() if connected else None if heard is None else heard.at,
            software="" if heard is None else heard.software,
            channel_expires=None if heard is None else heard.certificate_expires,
            signing_expires=signing,
            sealing_expires=sealing,
            waiting=sum(each.waiting for each in mail),
            oldest_waiting=min((each.oldest_at for each in mail if each.oldest_at is not None), default=None),
            parked=sum(each.parked for each in mail),
        )

    def _expiries_of(self, trust: Trust) -> dict[str, tuple[datetime | None, datetime | None]]:
        """By bureau: until when all its units can sign and be sealed to. Once a roster."""
        if self._expiries is None or self._expiries[0] is not trust:
            found = {code: _expiries(trust, trust.view.units_of(code)) for code in trust.view.bureaus}
            self._expiries = trust, found
        return self._expiries[1]


def _expiries(trust: Trust, units: Iterable[Unit]) -> tuple[datetime | None, datetime | None]:
    signing: list[datetime] = []
    sealing: list[datetime] = []
    for unit in units:
        certificates = [trust.signers.get(sha256(each).digest()) for each in unit.signing_certificates]
        signing += [max(each.not_after for each in certificates if each is not None)] if any(certificates) else []
        sealing += [max(key.not_after for key in unit.sealing_keys)] if unit.sealing_keys else []
    return min(signing, default=None), min(sealing, default=None)


def _suites(trust: Trust, at: datetime) -> dict[str, int]:
    """How many units hold a key of each suite that is in force: every signing key of this version is P-256."""
    counts: dict[str, int] = {}
    for unit in trust.view.units.values():
        names = {SealingSuite(key.suite).name for key in unit.sealing_keys if key.not_before <= at < key.not_after}
        if any(
            info is not None and info.holds_at(at)
            for info in (trust.signers.get(sha256(each).digest()) for each in unit.signing_certificates)
        ):
            names.add(SigningSuite.ECDSA_P256_SHA256.name)
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


async def looked(health: Health) -> FederationHealth | None:
    """How it is, None while the store cannot be asked: the other figures are worth having then."""
    try:
        return await health.look()
    except Refusal as refusal:
        if refusal.reason is not Reason.STORAGE_UNAVAILABLE:
            raise
        return None
