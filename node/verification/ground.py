"""What a verification stands on: pinned authorities, rosters verified anew, the master key, the node's own units."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from certs.rest import MasterKey, RestError, decrypt
from certs.trust import Trust, verify_roster
from delegation.errors import Reason, Refusal
from delegation.regions import RegionTable
from node.records import DataKeyRecord, RosterRecord


class Rosters:
    """Rosters as they are kept, each verified under the pinned seal authority when it is first asked for."""

    def __init__(
        self,
        records: Mapping[int, RosterRecord],
        *,
        seal_authority: bytes | Sequence[bytes],
        regions: RegionTable,
        at: datetime,
    ) -> None:
        self._records = records
        self._seal_authority = seal_authority
        self._regions = regions
        self._at = at
        self._held: dict[int, Trust] = {}

    def version(self, version: int) -> Trust:
        """The roster of a version. Refusal ROSTER_NOT_READY when it is not kept, else as `verify_roster`."""
        found = self._held.get(version)
        if found is not None:
            return found
        record = self._records.get(version)
        if record is None:
            raise Refusal(Reason.ROSTER_NOT_READY, version=str(version))
        trust = verify_roster(record.signed, seal_authority=self._seal_authority, regions=self._regions, at=self._at)
        if trust.view.version != version:
            raise Refusal(Reason.ROSTER_NOT_TRUSTED, why="version")
        self._held[version] = trust
        return trust

    @property
    def newest(self) -> Trust:
        """The newest kept roster: what it says of keys in wrong hands holds for old entries too."""
        return self.version(max(self._records, default=0))


class Secrets:
    """Opens the thread's encrypted columns. Not thread-safe, keeps the data key for one verification."""

    def __init__(self, master: MasterKey, record: DataKeyRecord | None, thread_id: str) -> None:
        self.master = master
        self.held = record is not None
        self._key: bytes | None = None
        if record is not None:
            try:
                self._key = master.unwrap(record.wrapped, thread_id)
            except RestError:
                self._key = None

    def open(self, row: str, stored: bytes) -> bytes:
        """The plaintext. RestError when key, row or ciphertext are not what they were."""
        if self._key is None:
            raise RestError("no data key")
        return decrypt(self._key, row, stored)
