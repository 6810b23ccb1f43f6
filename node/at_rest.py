"""Case content at rest: one data key a delegation (or draft), wrapped by the master key that lies outside the database.

Keys that were unwrapped stay in memory, at most `_KEYS_IN_MEMORY`. A purged subject's key is deleted; its rows
never open again.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

from certs.rest import MasterKey, RestError, decrypt, encrypt, new_data_key
from delegation.errors import Reason, Refusal
from node.records import DataKeyRecord
from node.writer import Tx

_KEYS_IN_MEMORY = 20_000


class Vault:
    """Encrypts and opens the `secret` columns. Used by the writer's thread alone."""

    def __init__(self, master: MasterKey) -> None:
        self._master = master
        self._keys: OrderedDict[str, bytes] = OrderedDict()

    def _key(self, tx: Tx, subject_id: str, *, create: bool) -> bytes:
        held = self._keys.get(subject_id)
        if held is not None:
            return held
        fresh = tx.recall(self, subject_id)
        if fresh is not None:
            return cast("bytes", fresh)
        record = tx.get(DataKeyRecord, (subject_id,))
        if record is None:
            if not create:
                raise Refusal(Reason.NOT_FOUND, field="data_key")
            key = new_data_key()
            tx.put(DataKeyRecord(subject_id, self._master.wrap(key, subject_id)))
        else:
            try:
                key = self._master.unwrap(record.wrapped, subject_id)
            except RestError as error:
                raise Refusal(Reason.INTERNAL, field="master_key") from error
        tx.remember(self, subject_id, key)
        return key

    def seal(self, tx: Tx, subject_id: str, row_id: str, plaintext: bytes) -> bytes:
        """A column as it is stored; the subject's key is drawn on the first use. `row_id` names table, row, column."""
        return encrypt(self._key(tx, subject_id, create=True), row_id, plaintext)

    def open(self, tx: Tx, subject_id: str, row_id: str, stored: bytes) -> bytes:
        """The plaintext. Refusal NOT_FOUND (field data_key) once purged, INTERNAL when it was damaged or moved."""
        return _opened(self._key(tx, subject_id, create=False), row_id, stored)

    def opener(self, tx: Tx, subject_id: str, row_id: str, stored: bytes) -> Callable[[], bytes]:
        """As `open`, for later and in any thread: the key is looked up now (NOT_FOUND), the rest when it is called."""
        return partial(_opened, self._key(tx, subject_id, create=False), row_id, stored)

    def holds(self, tx: Tx, subject_id: str) -> bool:
        """Whether the subject has a key: False once purged."""
        return subject_id in self._keys or tx.get(DataKeyRecord, (subject_id,)) is not None

    def purge(self, tx: Tx, subject_id: str) -> None:
        """Delete the subject's key."""
        tx.delete(DataKeyRecord, (subject_id,))
        tx.remember(self, subject_id, b"")

    def lookup(self, value: str, *, field: str) -> bytes:
        """The keyed hash that a name or ID number is found by."""
        return self._master.lookup_hash(value, field=field)

    def settle(self, values: Mapping[object, object]) -> None:
        """Take over keys with the commit."""
        for subject_id, data_key in cast("Mapping[str, bytes]", values).items():
            if data_key:
                self._keys[subject_id] = data_key
            else:
                self._keys.pop(subject_id, None)
        while len(self._keys) > _KEYS_IN_MEMORY:
            self._keys.popitem(last=False)

    def forget(self) -> None:
        """Drop what is in memory."""
        self._keys.clear()


def _opened(key: bytes, row_id: str, stored: bytes) -> bytes:
    try:
        return decrypt(key, row_id, stored)
    except RestError as error:
        raise Refusal(Reason.INTERNAL, field="stored_content") from error
