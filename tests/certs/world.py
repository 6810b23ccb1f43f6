"""A small real federation for tests: both authorities, two bureaus, three units with keys, a signed roster."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from certs.authority import ChannelAuthority, SealAuthority
from certs.keys import certificate_digest, new_csr, new_ed25519, new_p256, new_x25519
from certs.trust import Trust, verify_roster
from certs.unit_request import sealing_statement
from delegation.codec_roster import parse_sealing_key_statement
from delegation.codec_roster_write import roster_bytes
from delegation.codes import (
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    SealingSuite,
    SigningSuite,
    ThreadType,
)
from delegation.digits import UnitType as UnitTypeCode
from delegation.digits import delegation_number, unit_code
from delegation.model import Base, ClockFacts, Header, LetterDeclared, TaskPlace
from delegation.payloads import sealing_key_id
from delegation.regions import RegionTable
from delegation.roster_view import (
    Bureau,
    RegistryInfo,
    Revocation,
    RosterView,
    RuleVersion,
    SealingKey,
    SuiteRule,
    Unit,
    UnitType,
)
from delegation.workdays import Calendar
from xieban.delegation.v1 import body_pb2, codes_pb2

AT = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FEDERATION = "xieban-test"
HOME = unit_code(region6="330100", unit_type=UnitTypeCode("RD"), serial=1)
HOST = unit_code(region6="510100", unit_type=UnitTypeCode("RD"), serial=1)
PROVINCE = unit_code(region6="510000", unit_type=UnitTypeCode("PO"), serial=1)
THREAD = delegation_number(date(2026, 3, 12), "330100", 17)
NO_REGIONS = RegionTable.of(())


@dataclass
class UnitKeys:
    """A unit's private keys."""

    code: str
    signing: EllipticCurvePrivateKey
    certificate: bytes
    sealing: dict[bytes, X25519PrivateKey] = field(default_factory=dict)
    newest: bytes = b""

    @property
    def seal_to(self) -> tuple[str, bytes, bytes]:
        """What a sender seals to."""
        return self.code, self.newest, self.sealing[self.newest].public_key().public_bytes_raw()


class World:
    """Authorities and keys; `view` may be replaced, and `trust` verifies it freshly signed."""

    def __init__(self, folder: Path) -> None:
        self.channel = ChannelAuthority.create(folder / "channel", FEDERATION, AT - 400 * DAY)
        self.seal = SealAuthority.create(folder / "seal", FEDERATION, AT - 400 * DAY)
        self.log_key = new_ed25519()
        self.keys: dict[str, UnitKeys] = {}
        units = (
            self._unit(HOME, "330100", UnitType.RECOGNITION, ""),
            self._unit(HOST, "510100", UnitType.RECOGNITION, PROVINCE),
            self._unit(PROVINCE, "510000", UnitType.PROVINCIAL, ""),
        )
        self.view = RosterView(
            federation_id=FEDERATION,
            version=1,
            composed_at=AT - DAY,
            calendar_version=1,
            agreement_version=1,
            calendar=Calendar(1, {}),
            regions=NO_REGIONS,
            registry=RegistryInfo(
                log_origin="log.xieban.test",
                log_public_key=self.log_key.public_key().public_bytes_raw(),
                channel_authorities=(self.channel.certificate,),
                spiffe_id=f"spiffe://{FEDERATION}/registry",
            ),
            bureaus={code: Bureau(code, code, code) for code in ("330100", "510100", "510000")},
            units={unit.code: unit for unit in units},
            suites=(SuiteRule(SigningSuite.ECDSA_P256_SHA256, SealingSuite.X25519_AES256GCM, date(2020, 1, 1)),),
            rules=(RuleVersion(1, date(2020, 1, 1)),),
        )

    def _unit(self, code: str, bureau: str, kind: UnitType, parent: str) -> Unit:
        signing = new_p256()
        certificate = self.seal.issue_unit(new_csr(signing), code, AT - 30 * DAY)
        keys = self.keys[code] = UnitKeys(code, signing, certificate)
        return Unit(
            code=code,
            name=code,
            type=kind,
            bureau=bureau,
            region=bureau,
            parent=parent,
            signing_certificates=(certificate,),
            sealing_keys=(self.new_sealing_key(keys, AT - 20 * DAY),),
        )

    def new_sealing_key(self, keys: UnitKeys, at: datetime) -> SealingKey:
        """Draw another sealing key for a unit and make the roster's record of it."""
        key = new_x25519()
        raw = key.public_key().public_bytes_raw()
        keys.newest = sealing_key_id(raw)
        keys.sealing[keys.newest] = key
        return sealing_record(keys, key, at)

    def signed(self, view: RosterView | None = None, at: datetime = AT) -> bytes:
        """The roster, signed at `at`."""
        return self.seal.sign_roster(roster_bytes(view or self.view), at)

    def trust(self, view: RosterView | None = None, *, held: Trust | None = None) -> Trust:
        """The roster as a node believes it."""
        return verify_roster(
            self.signed(view), seal_authority=self.seal.certificate, regions=NO_REGIONS, at=AT, held=held
        )

    def next_view(self, **changes: object) -> RosterView:
        """The roster's next version with some units or records replaced."""
        return replace(self.view, version=self.view.version + 1, **changes)  # type: ignore[arg-type] # test helper

    def with_unit(self, unit: Unit) -> RosterView:
        """The next version with one unit replaced."""
        return self.next_view(units={**self.view.units, unit.code: unit})

    def revoking(self, digest: bytes, revoked_at: datetime, compromised_since: datetime | None = None) -> RosterView:
        """The next version with one revocation."""
        return self.next_view(revocations={digest: Revocation(digest, revoked_at, compromised_since)})

    def recipients(self, *codes: str) -> Sequence[tuple[str, bytes, bytes]]:
        """What to seal to, the newest key of each unit."""
        return [self.keys[code].seal_to for code in codes]

    def certificates(self) -> Mapping[str, bytes]:
        """Digest of each unit's signing certificate."""
        return {code: certificate_digest(keys.certificate) for code, keys in self.keys.items()}


def sealing_record(keys: UnitKeys, key: X25519PrivateKey, at: datetime) -> SealingKey:
    """The roster's record of a sealing key that a unit's signing key vouches for."""
    statement, signature = sealing_statement(
        keys.code,
        signing_key=keys.signing,
        sealing_key=key.public_key(),
        signer=hashlib.sha256(keys.certificate).digest(),
        at=at,
    )
    stated = parse_sealing_key_statement(statement)
    return SealingKey(
        key_id=sealing_key_id(stated.public_key),
        public_key=stated.public_key,
        not_before=stated.not_before,
        not_after=stated.not_after,
        statement=statement,
        signature=signature,
        signer_certificate=stated.signer_certificate,
    )


def a_draft(kind: Kind = Kind.ISSUED) -> Header:
    """A letter of delegation before it is sealed."""
    return Header(
        envelope_id="0195e9a0-1111-7aaa-8bbb-0123456789ab",
        federation_id=FEDERATION,
        thread_id=THREAD,
        thread_type=ThreadType.DELEGATION,
        kind=kind,
        sender_unit=HOME,
        counterpart_unit=HOST,
        recipients=(),
        case_id="7f0c1e9e-5b1f-4e38-9d4e-1d3b0b6d6a11",
        task_place=TaskPlace("510107", PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE),
        matter=Matter.INVESTIGATION,
        legal_basis=LegalBasis.RECOGNITION_RULES_14,
        priority=Priority.NORMAL,
        clock=ClockFacts(accepted_on=date(2026, 3, 10), procedure=Procedure.ORDINARY),
        claimed_at=AT,
        base=Base(0, b""),
        roster_version=1,
        declared=LetterDeclared(items=3, mandatory_items=2) if kind is Kind.ISSUED else None,
    )


def a_body(kind: Kind = Kind.ISSUED, thread_id: str = THREAD, text: str = "请协助调查") -> bytes:
    """A serialised body that repeats kind and thread."""
    body = body_pb2.Body(kind=codes_pb2.EventKind.ValueType(kind), thread_id=thread_id, text=text)
    return body.SerializeToString(deterministic=True)
