"""Whom to believe: a roster that the seal authority signed, and every certificate by it (protocol 9).

A `Trust` is one verified version of the roster with its certificates parsed. It answers at an instant, never at "now":
the registry judges a signer at acceptance, everyone later at the entry's accepted-at by the version that it names.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certs.enrolled import SealingVouchers, checked_sealing_keys, checked_signers, sealing_record_digest
from certs.identity import CertificateInfo, CertificateVerifier, Purpose
from certs.keys import certificate_digest
from certs.requests import checked_log_key
from certs.signing import verify_p256
from certs.vouching import unvouched_certificates
from delegation.codec_roster import (
    RosterStatement,
    SignedRosterParts,
    parse_roster,
    parse_roster_statement,
    parse_signed_roster,
)
from delegation.codes import SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_ROSTER_STATEMENT
from delegation.regions import RegionTable
from delegation.roster_view import RosterView, SealingKey

CLOCK_MARGIN: Final = timedelta(minutes=5)  # clocks off by less must work
MAX_STATEMENT_VALIDITY: Final = timedelta(days=15)  # the rule is 14 days; a day for rounding and leap seconds
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_MOST_REMEMBERED: Final = 4_096  # channel and node certificates: 450 bureaus with two each, over several renewals


class SignerKey(NamedTuple):
    """A signer that is valid at the instant asked for."""

    unit: str
    public_key: EllipticCurvePublicKey
    certificate: bytes


class Trust:
    """One verified version of the roster. Made by `verify_roster`; not changed after that, but for what it remembers.

    `statement` says when it was issued and expires; `unvouched` holds, by unit, the certificates to park for.
    """

    def __init__(
        self,
        view: RosterView,
        statement: RosterStatement,
        *,
        statement_digest: bytes,
        signers: Mapping[bytes, CertificateInfo],
        sealing: SealingVouchers,
        unvouched: Mapping[str, frozenset[bytes]],
    ) -> None:
        self.view = view
        self.statement = statement
        self.statement_digest = statement_digest
        self.log_key: Ed25519PublicKey = checked_log_key(view.registry.log_public_key)
        self.unvouched = unvouched
        self.signers = signers
        self.sealing = sealing
        authorities = view.registry.channel_authorities
        self._channel_verifier = CertificateVerifier(authorities) if authorities else None
        self._remembered: dict[tuple[bytes, Purpose], CertificateInfo] = {}
        # As many as the roster lists; those with a revocation, whenever it holds from, are looked at each time.
        self._signer_keys: dict[bytes, tuple[CertificateInfo, SignerKey]] = {}
        self._recipient_keys: dict[tuple[str, bytes], SealingKey] = {}
        self._vouchers: dict[tuple[str, bytes, bytes], tuple[bytes, ...]] = {}  # unit, statement, signature
        # from when until when a unit's newest key is what it is: at most one a unit of the roster and suite
        self._newest: dict[tuple[str, SealingSuite], tuple[datetime, datetime, SealingKey]] = {}

    def is_stale(self, at: datetime) -> bool:
        """Whether the statement has expired: nothing new is sealed by this roster any more (protocol 9.4)."""
        return at >= self.statement.expires_at

    def suite_allowed(self, signing: SigningSuite, sealing: SealingSuite, on: date) -> bool:
        """Whether the roster allows both suites on that day."""
        return self.view.suite_allowed(signing, sealing, on)

    def signer(self, certificate_digest: bytes, at: datetime) -> SignerKey:
        """The unit and key of a signing certificate, valid at `at`.

        Raises Refusal(SIGNER_NOT_VALID, why=unknown|dates|revoked). A certificate compromised since an earlier time
        is revoked from that time on. Not checked: that the unit is active, or may do what it signed.
        """
        known = self._signer_keys.get(certificate_digest)
        if known is not None:  # of this roster and never revoked in it: its dates alone are left
            if not known[0].holds_at(at):
                raise Refusal(Reason.SIGNER_NOT_VALID, why="dates")
            return known[1]
        info = self.signers.get(certificate_digest)
        found = self.view.signer_at(certificate_digest)
        if info is None or found is None:
            raise Refusal(Reason.SIGNER_NOT_VALID, why="unknown")
        if not info.holds_at(at):
            raise Refusal(Reason.SIGNER_NOT_VALID, why="dates")
        if self.view.is_revoked(certificate_digest, at) is not None:
            raise Refusal(Reason.SIGNER_NOT_VALID, why="revoked")
        key = SignerKey(found.unit, info.public_key, found.certificate)
        if certificate_digest not in self.view.revocations:
            self._signer_keys[certificate_digest] = (info, key)
        return key

    def compromised(self, certificate_digest: bytes, at: datetime) -> bool:
        """Whether this roster says that a certificate was in wrong hands at `at`: all that a newer one changes of old.

        A plain revocation after `at` changes nothing.
        """
        found = self.view.revocations.get(certificate_digest)
        return found is not None and found.compromised_since is not None and found.compromised_since <= at

    def check_unit_key(self, unit: str) -> None:
        """Raise Refusal(KEY_CHANGED_UNSIGNED, unit) while nobody vouches for a changed key of the unit."""
        if unit in self.unvouched:
            raise Refusal(Reason.KEY_CHANGED_UNSIGNED, unit=unit)

    def sealing_key(
        self, unit: str, at: datetime, *, suite: SealingSuite = SealingSuite.X25519_AES256GCM
    ) -> SealingKey:
        """The key to seal to a unit with.

        Raises Refusal: KEY_CHANGED_UNSIGNED (park it), RECIPIENT_KEY_NOT_VALID when it has none in date and unrevoked,
        NOT_FOUND for an unknown unit.
        """
        held = self._newest.get((unit, suite))
        if held is not None and held[0] <= at < held[1]:
            return held[2]
        self.check_unit_key(unit)
        key = self.view.newest_sealing_key(unit, at, suite)
        if key is None or self._signed_in_wrong_hands(unit, key):
            raise Refusal(Reason.RECIPIENT_KEY_NOT_VALID, unit=unit)
        self._newest[unit, suite] = (*self._unchanged(unit, at), key)
        return key

    def _unchanged(self, unit: str, at: datetime) -> tuple[datetime, datetime]:
        """Around `at`, the instants between which no key of the unit begins, ends or is revoked: from, and until."""
        changes: list[datetime] = []
        for key in self.view.unit(unit).sealing_keys:
            changes += (key.not_before, key.not_after)
            revoked = self.view.revocations.get(key.key_id)
            if revoked is not None:
                changes += [each for each in (revoked.revoked_at, revoked.compromised_since) if each is not None]
        return (
            max((each for each in changes if each <= at), default=_FIRST),
            min((each for each in changes if each > at), default=_LAST),
        )

    def check_recipient(self, unit: str, key_id: bytes, at: datetime) -> SealingKey:
        """The recipient's sealing key of a header, when it is in date and not revoked at `at`.

        Raises Refusal: RECIPIENT_KEY_NOT_VALID (unit), NOT_FOUND for an unknown unit.
        """
        known = self._recipient_keys.get((unit, key_id))
        if known is not None and known.not_before <= at < known.not_after:
            return known  # of this roster, vouched for and never revoked in it: its dates alone are left
        key = self.view.sealing_key(unit, key_id)
        if (
            key is None
            or not key.not_before <= at < key.not_after
            or self.view.is_revoked(key_id, at) is not None
            or self._signed_in_wrong_hands(unit, key)
        ):
            raise Refusal(Reason.RECIPIENT_KEY_NOT_VALID, unit=unit)
        if key_id not in self.view.revocations:
            self._recipient_keys[unit, key_id] = key
        return key

    def check_node_certificate(self, der: bytes, bureau: str, at: datetime) -> CertificateInfo:
        """A node certificate of the bureau, valid at `at`.

        Raises Refusal: CERTIFICATE_NOT_TRUSTED, CERTIFICATE_EXPIRED, CERTIFICATE_REVOKED, CERTIFICATE_PURPOSE (also for
        another bureau), WEAK_KEY.
        """
        return self._check(der, Purpose.NODE, bureau, at)

    def check_channel_certificate(self, der: bytes, bureau: str, at: datetime) -> CertificateInfo:
        """A channel certificate of the bureau, valid at `at`; asked for each message. Raises as the node's."""
        return self._check(der, Purpose.CHANNEL, bureau, at)

    def check_registry_certificate(self, der: bytes, at: datetime) -> CertificateInfo:
        """The registry's TLS certificate, valid at `at`. Raises as the node's."""
        return self._check(der, Purpose.REGISTRY, "", at)

    def _check(self, der: bytes, purpose: Purpose, name: str, at: datetime) -> CertificateInfo:
        digest = certificate_digest(der)
        info = self._remembered.get((digest, purpose))
        if info is None:
            if self._channel_verifier is None:
                raise Refusal(Reason.CERTIFICATE_NOT_TRUSTED, why="authority")
            info = self._channel_verifier.verify(der, purpose=purpose, at=at)
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()  # rare, and each is a matter of 150 microseconds
            self._remembered[digest, purpose] = info
        if info.name != name:
            raise Refusal(Reason.CERTIFICATE_PURPOSE, why="name")
        if not info.holds_at(at):
            raise Refusal(Reason.CERTIFICATE_EXPIRED)
        if self.view.is_revoked(digest, at) is not None:
            raise Refusal(Reason.CERTIFICATE_REVOKED)
        return info

    def _signed_in_wrong_hands(self, unit: str, key: SealingKey) -> bool:
        record = (unit, key.statement, key.signature)
        vouchers = self._vouchers.get(record)
        if vouchers is None:
            vouchers = self._vouchers[record] = self.sealing.get(sealing_record_digest(unit, key), ())
        return not vouchers or any(self.view.is_revoked(digest, key.not_before) is not None for digest in vouchers)


def verify_roster(
    signed: bytes,
    *,
    seal_authority: bytes | Sequence[bytes],
    regions: RegionTable,
    at: datetime,
    held: RosterView | Trust | None = None,
    distrusted: frozenset[bytes] = frozenset(),
) -> Trust:
    """Verify a SignedRoster under the pinned certificate(s) of the seal authority.

    `held` is the newest roster believed so far: none older, and none of the same version with other content, is taken;
    keys that changed since are looked into (see `certs.vouching`; `distrusted` are certificates parked before). Give no
    `held` to verify an old version for old evidence. An expired statement is no refusal: ask `Trust.is_stale`.
    Raises Refusal: ROSTER_NOT_TRUSTED (why), UNKNOWN_FEDERATION, WEAK_KEY, CERTIFICATE_*; and as `parse_roster`.
    Not checked: that the roster makes sense (`delegation.roster_rules`).
    """
    parts = parse_signed_roster(signed)
    stated = parse_roster_statement(parts.statement)
    if stated.issued_at > at + CLOCK_MARGIN:
        raise _distrust("future")
    if stated.expires_at > stated.issued_at + MAX_STATEMENT_VALIDITY:
        raise _distrust("validity")
    authorities = [seal_authority] if isinstance(seal_authority, bytes) else list(seal_authority)
    verifier = CertificateVerifier(authorities)
    _check_authority(verifier, authorities, parts, stated)
    before = held.view if isinstance(held, Trust) else held
    view = _view_of(parts.roster, stated, regions, before)
    earlier = held if isinstance(held, Trust) else None
    signers = checked_signers(view, verifier, earlier.signers if earlier is not None else {})
    carried = distrusted | (frozenset().union(*earlier.unvouched.values()) if earlier is not None else frozenset())
    return Trust(
        view,
        stated,
        statement_digest=sha256(parts.statement).digest(),
        signers=signers,
        sealing=checked_sealing_keys(view, signers, earlier.sealing if earlier is not None else {}),
        unvouched=unvouched_certificates(view, before, distrusted=carried),
    )


def _view_of(roster: bytes, stated: RosterStatement, regions: RegionTable, before: RosterView | None) -> RosterView:
    """The roster that the statement names, not older than the one held, and one for one version."""
    if not roster and before is not None and before.digest == stated.roster_digest:
        view = before  # the daily restatement may come without the bytes that the asker holds
    elif sha256(roster).digest() != stated.roster_digest:
        raise _distrust("digest")
    else:
        same = before is not None and before.digest == stated.roster_digest
        view = before if before is not None and same else parse_roster(roster, regions)
    if view.federation_id != stated.federation_id or view.version != stated.version:
        raise _distrust("version")
    if before is not None:
        if view.federation_id != before.federation_id:
            raise Refusal(Reason.UNKNOWN_FEDERATION)
        if view.version < before.version:
            raise _distrust("rollback")
        if view.version == before.version and view.digest != before.digest:
            raise _distrust("two_of_one_version")
    return view


def _check_authority(
    verifier: CertificateVerifier, authorities: Sequence[bytes], parts: SignedRosterParts, stated: RosterStatement
) -> None:
    """One of the pinned authorities, in date when it signed, signed the statement for its own federation."""
    foreign = False
    for der in authorities:
        try:
            info = verifier.verify(der, purpose=Purpose.SEAL_AUTHORITY, at=stated.issued_at)
        except Refusal as refusal:
            if refusal.reason is not Reason.CERTIFICATE_EXPIRED:
                raise
            continue
        if verify_p256(info.public_key, parts.signature, PAYLOAD_TYPE_ROSTER_STATEMENT, parts.statement):
            if info.trust_domain == stated.federation_id:
                return
            foreign = True
    if foreign:
        raise Refusal(Reason.UNKNOWN_FEDERATION)
    raise _distrust("signature")


def _distrust(why: str) -> Refusal:
    return Refusal(Reason.ROSTER_NOT_TRUSTED, why=why)
