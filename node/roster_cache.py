"""Rosters that this node believes: signed by the pinned seal authority, the newest in force, old ones for old entries.

Frozen or rolled back is noticed by the statement's date: a connected node that sees none newer for 26 h alarms, one cut
off warns after 24 h, and nothing new is sealed by a roster older than 14 days (protocol 9.4).
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum

from certs.trust import Trust, verify_roster
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable

WARN_CUT_OFF = timedelta(hours=24)
ALARM_FROZEN = timedelta(hours=26)
STOP_SEALING = timedelta(days=14)
_VERSIONS_IN_MEMORY = 64


class Freshness(StrEnum):
    """How the roster in force stands to the clock."""

    FRESH = "fresh"
    CUT_OFF = "cut_off"  # warn
    FROZEN = "frozen"  # alarm: the registry answers, and shows nothing newer
    TOO_OLD = "too_old"  # nothing new is sealed


class RosterCache:
    """Trust by roster version. Used by the writer's thread; what it holds is immutable."""

    def __init__(self, *, seal_authority: bytes, regions: RegionTable) -> None:
        self._seal_authority = seal_authority
        self._regions = regions
        self._held: OrderedDict[int, Trust] = OrderedDict()
        self._current: Trust | None = None

    @property
    def current(self) -> Trust:
        """The newest trusted roster. Refusal ROSTER_NOT_READY before the first."""
        if self._current is None:
            raise Refusal(Reason.ROSTER_NOT_READY)
        return self._current

    @property
    def seal_authority(self) -> bytes:
        """The pinned authority's certificate (DER)."""
        return self._seal_authority

    @property
    def ready(self) -> bool:
        """Whether there is one."""
        return self._current is not None

    def version(self, version: int) -> Trust | None:
        """The trusted roster of a version, None when it must be fetched first."""
        found = self._held.get(version)
        if found is not None:
            self._held.move_to_end(version)
        return found

    def verify(
        self, signed: bytes, *, at: datetime, old: bool = False, distrusted: frozenset[bytes] = frozenset()
    ) -> Trust:
        """Verify a signed roster. `old` for a version that is asked for by number: it may have run out.

        `distrusted` are signing certificates that nobody vouched for in an earlier roster; they stay so until somebody
        does, also over a restart.

        Raises:
            Refusal: ROSTER_NOT_TRUSTED (why): older than the one held, two contents of one version, a bad signature.
        """
        return verify_roster(
            signed,
            seal_authority=self._seal_authority,
            regions=self._regions,
            at=at,
            held=None if old else self._current,
            distrusted=distrusted,
        )

    def keep(self, trust: Trust) -> None:
        """Hold a verified roster; the newest by version and date is the one in force."""
        self._held[trust.view.version] = trust
        while len(self._held) > _VERSIONS_IN_MEMORY:
            self._held.popitem(last=False)
        newest = self._current
        if newest is None or (trust.view.version, trust.statement.issued_at) >= (
            newest.view.version,
            newest.statement.issued_at,
        ):
            self._current = trust

    def freshness(self, *, at: datetime, connected: bool) -> Freshness:
        """How old the statement in force is. Refusal ROSTER_NOT_READY without one."""
        age = at - self.current.statement.issued_at
        if age > STOP_SEALING:
            return Freshness.TOO_OLD
        if connected and age > ALARM_FROZEN:
            return Freshness.FROZEN
        if not connected and age > WARN_CUT_OFF:
            return Freshness.CUT_OFF
        return Freshness.FRESH


def _age(trust: Trust) -> tuple[int, datetime]:
    return trust.view.version, trust.statement.issued_at
