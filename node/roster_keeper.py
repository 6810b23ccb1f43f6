"""Gets the roster, keeps it, watches its age: at the start, every quarter of an hour, when a newer one is named."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from functools import partial

import structlog

from certs.trust import Trust
from delegation.errors import Reason, Refusal
from delegation.roster_rules import validate_roster
from node.alarms import raise_alarm
from node.link import Link
from node.records import MetaRecord, RosterRecord, to_us
from node.resealing import reseal_what_is_parked
from node.retrying import reissue_what_waits
from node.roster_cache import Freshness
from node.state import State
from node.waiting import waiting_of, wake_roster
from node.writer import Tx, Writer

_log = structlog.get_logger("node.rosters")
_DISTRUSTED = "rosters.distrusted"


def _distrusted(tx: Tx) -> frozenset[bytes]:
    """Certificates that nobody vouched for, as the newest roster left them."""
    record = tx.get(MetaRecord, (_DISTRUSTED,))
    data = record.value if record is not None else b""
    return frozenset(data[start : start + 32] for start in range(0, len(data), 32))


class RosterKeeper:
    """Fetches rosters for the courier. `ready` once a trusted roster is held."""

    def __init__(self, *, writer: Writer[State], state: State, link: Link, clock: Callable[[], datetime]) -> None:
        self._writer = writer
        self._state = state
        self._link = link
        self._clock = clock
        self._wanted: set[int] = set()
        self.ready = asyncio.Event()
        if state.rosters.ready:
            self.ready.set()

    def seen(self, version: int) -> None:
        """An answer named a roster version: a newer one is fetched."""
        if version and self._state.rosters.ready and version > self._state.rosters.current.view.version:
            self._state.signal("rosters")

    async def refresh(self) -> None:
        """Fetch the roster in force. Cut off, the one held stays; its age is judged all the same."""
        held = self._state.rosters.current.view.version if self._state.rosters.ready else 0
        try:
            answer = await self._link.roster()
        except Refusal as refusal:
            _log.info("no roster from the registry", reason=refusal.reason.value, held=held)
            await self._writer.run(partial(_judge_age, connected=False))
            if not held:
                raise
            return
        signed = answer.roster.SerializeToString()
        await self._writer.run(partial(adopt, signed=signed))
        await self._writer.run(partial(_judge_age, connected=True))
        if self._state.rosters.ready:
            self.ready.set()

    async def fetch(self, version: int) -> None:
        """Fetch a version that an entry names."""
        if self._state.rosters.version(version) is None:
            answer = await self._link.persist(partial(self._link.roster, version=version), what="roster")
            signed = answer.roster.SerializeToString()
            await self._writer.run(partial(adopt, signed=signed, wanted=version))

    async def fetch_wanted(self) -> None:
        """Fetch every version that something waits for."""
        for version in await self._writer.run(_versions_wanted):
            await self.fetch(version)


def _versions_wanted(tx: Tx, state: State, at: datetime) -> list[int]:
    del at

    found = {item.cause for item in waiting_of(tx, ()) if item.cause.startswith("roster:")}
    versions = (int(cause.removeprefix("roster:")) for cause in found)
    return sorted(version for version in versions if state.rosters.version(version) is None)


def adopt(tx: Tx, state: State, at: datetime, *, signed: bytes, wanted: int = 0) -> int:
    """Verify a signed roster and keep it; what waited for it goes on. A roster that is not trusted raises an alarm.

    `wanted` names an old version that was asked for. Gives the version that is now in force.
    """
    try:
        current = state.rosters.current.view.version if state.rosters.ready else 0
        trust = state.rosters.verify(signed, at=at, old=bool(wanted) and wanted < current)
        if wanted and trust.view.version != wanted:
            raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="version")
        if trust.view.version > current:
            _check_whole(trust)
    except Refusal as refusal:
        raise_alarm(
            tx, refusal.reason, at=at, number=state.number("alarms"), details=dict(refusal.details), proof=signed
        )
        return state.rosters.current.view.version if state.rosters.ready else 0
    return _keep(tx, state, at, trust, signed, current)


def _check_whole(trust: Trust) -> None:
    """A new roster that contradicts itself or the law is not taken, whoever signed it; the one in force stays.

    The authority and the registry ask the same (protocol 9.3); a node does not lean on either.
    """
    try:
        validate_roster(trust.view)
    except Refusal as refusal:
        raise Refusal(Reason.ROSTER_NOT_TRUSTED, why=refusal.details.get("problem", "roster")) from refusal


def _keep(tx: Tx, state: State, at: datetime, trust: Trust, signed: bytes, current: int) -> int:
    version = trust.view.version
    state.rosters.keep(trust)  # verified: later use cases of this batch judge by it already
    tx.put(RosterRecord(version, signed, to_us(at)))
    if version >= current:
        state.keyring.match(trust.view, at)
        tx.put(MetaRecord(_DISTRUSTED, b"".join(sorted(frozenset().union(*trust.unvouched.values())))))
        for unit in trust.unvouched:
            raise_alarm(tx, Reason.KEY_CHANGED_UNSIGNED, at=at, number=state.number("alarms"), unit=unit, proof=signed)
    wake_roster(tx, state, at, version=version)
    if version > current:
        reissue_what_waits(tx, state, at)
        reseal_what_is_parked(tx, state, at)
        tx.after.append(lambda: state.signal("outbox"))
    return max(version, current)


def _judge_age(tx: Tx, state: State, at: datetime, *, connected: bool) -> Freshness | None:
    """Alarm for a roster that is frozen or too old; warn when cut off."""
    if not state.rosters.ready:
        return None
    found = state.rosters.freshness(at=at, connected=connected)
    if found is not Freshness.FRESH:
        details = {"why": found.value, "version": str(state.rosters.current.view.version)}
        raise_alarm(tx, Reason.ROSTER_TOO_OLD, at=at, number=state.number("alarms"), details=details)
    return found


def load_rosters(tx: Tx, state: State, at: datetime) -> None:
    """At a start: believe again what was verified and kept, newest last, by the pinned authority."""
    distrusted = _distrusted(tx)
    for record in tx.select(RosterRecord, order=("version",), limit=100_000)[-64:]:
        try:
            trust = state.rosters.verify(record.signed, at=at, distrusted=distrusted)
        except Refusal as refusal:
            _log.warning("kept roster not trusted", version=record.version, reason=refusal.reason.value)
            continue
        state.rosters.keep(trust)
    if state.rosters.ready:
        state.keyring.match(state.rosters.current.view, at)
