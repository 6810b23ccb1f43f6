"""Why something is refused: one enum of reasons, each with its class (protocol 7).

The class says what the asking side does next. FINAL answers are stored and logged, the same bytes get the same answer
for ever. TRY_AGAIN stores nothing: the same envelope may be sent again. UNTRUSTED stores nothing under the id. LOCAL
reasons never travel as an answer of the registry: a node or its gateway gives them to staff, or parks a letter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class ReasonClass(StrEnum):
    """What a reason means for the one who asked (protocol 7.1)."""

    FINAL = "final"
    TRY_AGAIN = "try_again"
    UNTRUSTED = "untrusted"
    LOCAL = "local"


class Reason(StrEnum):
    """Every reason that anything in the house is refused or parked for."""

    # final: refused by rule, stored, logged
    STALE = "STALE"
    NOT_ALLOWED = "NOT_ALLOWED"
    GUARD_FAILED = "GUARD_FAILED"
    WRONG_PLACE = "WRONG_PLACE"
    UNIT_NOT_ACTIVE = "UNIT_NOT_ACTIVE"
    SIGNER_NOT_VALID = "SIGNER_NOT_VALID"
    RECIPIENT_KEY_NOT_VALID = "RECIPIENT_KEY_NOT_VALID"
    SUITE_NOT_ALLOWED = "SUITE_NOT_ALLOWED"
    PREDECESSOR_REFUSED = "PREDECESSOR_REFUSED"
    CLAIMED_TIME_REFUSED = "CLAIMED_TIME_REFUSED"
    NO_LONGER_VALID = "NO_LONGER_VALID"
    DRAW_ROOT_WRONG = "DRAW_ROOT_WRONG"
    # try again: nothing stored
    NOT_FOUND = "NOT_FOUND"
    PREDECESSOR_MISSING = "PREDECESSOR_MISSING"
    MATERIAL_MISSING = "MATERIAL_MISSING"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    CLOCK_OFF = "CLOCK_OFF"
    CLAIMED_TIME_AHEAD = "CLAIMED_TIME_AHEAD"
    STORAGE_UNAVAILABLE = "STORAGE_UNAVAILABLE"
    ROSTER_NOT_READY = "ROSTER_NOT_READY"
    ROSTER_TOO_OLD = "ROSTER_TOO_OLD"
    STREAM_REPLACED = "STREAM_REPLACED"
    STOPPING = "STOPPING"
    UNAVAILABLE = "UNAVAILABLE"
    # untrusted: nothing stored under the id
    MALFORMED = "MALFORMED"
    TOO_LARGE = "TOO_LARGE"
    UNKNOWN_VERSION = "UNKNOWN_VERSION"
    UNKNOWN_CODE = "UNKNOWN_CODE"
    UNKNOWN_FEDERATION = "UNKNOWN_FEDERATION"
    BAD_SIGNATURE = "BAD_SIGNATURE"
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    NOT_YOUR_UNIT = "NOT_YOUR_UNIT"
    ID_CONFLICT = "ID_CONFLICT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CERTIFICATE_NOT_TRUSTED = "CERTIFICATE_NOT_TRUSTED"
    CERTIFICATE_PURPOSE = "CERTIFICATE_PURPOSE"
    WEAK_KEY = "WEAK_KEY"
    TOKEN_NOT_VALID = "TOKEN_NOT_VALID"  # noqa: S105 - the name of a reason, not a secret
    ROSTER_NOT_TRUSTED = "ROSTER_NOT_TRUSTED"
    CHECKPOINT_NOT_TRUSTED = "CHECKPOINT_NOT_TRUSTED"
    # local: a node's or its gateway's own
    CANNOT_OPEN = "CANNOT_OPEN"
    COMMITMENT_MISMATCH = "COMMITMENT_MISMATCH"
    BODY_CONTRADICTS_HEADER = "BODY_CONTRADICTS_HEADER"
    BODY_GUARD_FAILED = "BODY_GUARD_FAILED"
    LOCAL_GUARD_FAILED = "LOCAL_GUARD_FAILED"
    SHOULD_HAVE_BEEN_REFUSED = "SHOULD_HAVE_BEEN_REFUSED"
    ENTRY_MISMATCH = "ENTRY_MISMATCH"
    LOG_FORKED = "LOG_FORKED"
    KEY_CHANGED_UNSIGNED = "KEY_CHANGED_UNSIGNED"
    MATERIAL_DAMAGED = "MATERIAL_DAMAGED"
    MATERIAL_TYPE_REFUSED = "MATERIAL_TYPE_REFUSED"
    MATERIAL_HELD_ALREADY = "MATERIAL_HELD_ALREADY"
    FOUR_EYES = "FOUR_EYES"
    ROLE_MISSING = "ROLE_MISSING"
    EDITED_MEANWHILE = "EDITED_MEANWHILE"
    IF_MATCH_MISSING = "IF_MATCH_MISSING"
    INVALID_INPUT = "INVALID_INPUT"
    SIGN_IN_REQUIRED = "SIGN_IN_REQUIRED"
    LOCKED_OUT = "LOCKED_OUT"
    SCHEMA_TOO_NEW = "SCHEMA_TOO_NEW"
    DISK_FULL = "DISK_FULL"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refusal as a value: the reason and its typed details (closed patterns only, never personal data)."""

    reason: Reason
    details: Mapping[str, str] = field(default_factory=dict)


class Refusal(Exception):  # noqa: N818 - the field's word; it is an answer more than an error
    """A refusal on its way out. Its text holds the reason and details alone, never what was submitted."""

    def __init__(self, reason: Reason, **details: str) -> None:
        """Keep `reason` and `details`; the caller vouches that no detail is personal data."""
        super().__init__(reason.value, *(f"{name}={value}" for name, value in sorted(details.items())))
        self.reason = reason
        self.details: Mapping[str, str] = dict(details)

    @property
    def refused(self) -> Refused:
        """The same as a value."""
        return Refused(self.reason, self.details)
