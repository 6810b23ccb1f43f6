"""The roster in force and every older version: verified once, kept as signed."""

from collections.abc import Callable
from datetime import datetime

from certs.trust import Trust, verify_roster
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable
from registry.database import Database
from registry.records import SignedRosterRow
from registry.roster_check import check_roster
from registry.setup import rejoined


class RosterBook:
    """What is believed now. Only `refresh` changes it; readers take `current` once and keep to it."""

    def __init__(
        self, database: Database, *, seal_authority: bytes, regions: RegionTable, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._seal_authority = seal_authority
        self._regions = regions
        self._clock = clock
        self._held: Trust | None = None
        self._row: SignedRosterRow | None = None
        self._refused: tuple[int, bytes] | None = None  # told once; the same content is no better the next time

    @property
    def held(self) -> Trust | None:
        """The roster in force; None before the first one is published."""
        return self._held

    @property
    def version(self) -> int:
        """Version of the roster in force; 0 for none."""
        return self._held.view.version if self._held is not None else 0

    def current(self) -> Trust:
        """The roster in force. Raises Refusal ROSTER_NOT_READY before the first."""
        if self._held is None:
            raise Refusal(Reason.ROSTER_NOT_READY)
        return self._held

    def in_date(self) -> Trust:
        """As `current`, and Refusal ROSTER_TOO_OLD once its statement has expired."""
        trust = self.current()
        if trust.is_stale(self._clock()):
            raise Refusal(Reason.ROSTER_TOO_OLD)
        return trust

    async def refresh(self) -> bool:
        """Look for a newer roster or statement; True when there was one.

        One that must not come into force is refused once, with the reason; the one in force stays. Raises Refusal as
        `verify_roster` and `check_roster`.
        """
        store = self._database.store
        newest = await self._database.read(store.newest_statement)
        if newest is None or newest == self._refused:
            return False
        if self._row is not None and newest == (self._row.version, self._row.statement_digest):
            return False
        row = await self._database.read(lambda: store.roster(0))
        if row is None:
            return False
        held, at = self._held, self._clock()
        trust = await self._database.read(
            lambda: verify_roster(
                rejoined(row), seal_authority=self._seal_authority, regions=self._regions, at=at, held=held
            )
        )
        try:
            check_roster(trust)
        except Refusal:
            self._refused = row.version, row.statement_digest
            raise
        self._held, self._row = trust, row
        return True

    async def signed(self, version: int) -> SignedRosterRow:
        """A version as it was signed, with its newest statement; 0 for the one in force. Raises Refusal NOT_FOUND."""
        row = self._row
        if row is None or (version and version != row.version):
            store = self._database.store
            row = await self._database.read(lambda: store.roster(version))
        if row is None:
            raise Refusal(Reason.NOT_FOUND if version else Reason.ROSTER_NOT_READY)
        return row
