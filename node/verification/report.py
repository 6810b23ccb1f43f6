"""What a verification found: one line a check, with a reason code and never case text."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from google.protobuf.message import DecodeError

from certs.rest import RestError
from delegation.errors import Refusal
from delegation.merkle import MerkleError

T = TypeVar("T")


class Status(StrEnum):
    """How a check came out."""

    OK = "ok"
    FAILED = "failed"
    NOT_CHECKABLE = "not_checkable"


class Doubt(StrEnum):
    """Reasons of this room, beside `delegation.errors.Reason`."""

    DAMAGED = "DAMAGED"  # a stored value cannot even be read
    DIFFERS = "DIFFERS"  # a stored value is not what the signed bytes say
    GAP = "GAP"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    NOT_REPLAYED = "NOT_REPLAYED"  # something before it could not be read
    NOT_HELD = "NOT_HELD"
    PURGED = "PURGED"
    OFFLINE = "OFFLINE"
    BEYOND_CHECKPOINT = "BEYOND_CHECKPOINT"
    EVENTS_NOT_HELD = "EVENTS_NOT_HELD"  # the registry counted events of others that were not shown to this node
    NOT_IN_LOG = "NOT_IN_LOG"
    FORKED = "FORKED"
    BOOKKEEPING = "BOOKKEEPING"  # the node's own note, which nothing signed says anything about


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was checked, of which entry of the thread (0: of the whole), how it came out and why."""

    name: str
    status: Status
    reason: str = ""
    sequence: int = 0
    subject: str = ""  # a column, a leaf index, a material id: never content


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationReport:
    """All checks of one thread. `ok` when nothing failed; see `not_checkable` for what that leaves open."""

    thread_id: str
    at: datetime
    entries: int
    log_size: int
    online: bool
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """No check failed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """What is not as it was signed."""
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    @property
    def not_checkable(self) -> tuple[Check, ...]:
        """What could not be looked into, with why."""
        return tuple(check for check in self.checks if check.status is Status.NOT_CHECKABLE)


@dataclass(slots=True)
class Book:
    """Collects checks."""

    checks: list[Check] = field(default_factory=list)

    def ok(self, name: str, sequence: int = 0, subject: str = "") -> None:
        """It holds."""
        self.checks.append(Check(name, Status.OK, "", sequence, subject))

    def fail(self, name: str, reason: str, sequence: int = 0, subject: str = "") -> None:
        """It does not hold."""
        self.checks.append(Check(name, Status.FAILED, str(reason), sequence, subject))

    def open(self, name: str, reason: str, sequence: int = 0, subject: str = "") -> None:
        """It could not be checked."""
        self.checks.append(Check(name, Status.NOT_CHECKABLE, str(reason), sequence, subject))

    def equal(self, name: str, stored: object, derived: object, sequence: int = 0, subject: str = "") -> bool:
        """A stored value is the derived one."""
        if stored == derived:
            self.ok(name, sequence, subject)
            return True
        self.fail(name, Doubt.DIFFERS, sequence, subject)
        return False

    def attempt(self, name: str, work: Callable[[], T], sequence: int = 0, subject: str = "") -> T | None:
        """What the work gives, None when it fails; a line either way."""
        found: list[T] = []
        with self.checking(name, sequence, subject):
            found.append(work())
        return found[0] if found else None

    @contextmanager
    def checking(self, name: str, sequence: int = 0, subject: str = "") -> Iterator[None]:
        """The check in this block holds unless it raises; a refusal's reason is the line's."""
        try:
            yield
        except Refusal as refusal:
            self.fail(name, refusal.reason.value, sequence, subject)
        except (RestError, MerkleError, DecodeError, ValueError, OverflowError):
            self.fail(name, Doubt.DAMAGED, sequence, subject)
        else:
            self.ok(name, sequence, subject)
