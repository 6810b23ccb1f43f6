"""The roster, its statement and the statements on sealing keys, between bytes and values (protocol 9).

Whatever is signed here is kept as the bytes that were signed. Whether a roster makes sense as a whole is
`delegation.roster_rules.validate_roster`'s question, asked after its signature was checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final, TypeVar

from google.protobuf.message import DecodeError

from delegation import codec_values as take
from delegation import patterns
from delegation import roster_records as records
from delegation.codes import AppraisalMode, Matter, SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.payloads import DIGEST_SIZE, KEY_ID_SIZE, sealing_key_id
from delegation.regions import RegionTable
from delegation.roster_view import STEP_OF_CLOCK, RosterView
from delegation.workdays import Calendar, CalendarError, CalendarYear, Overlay
from xieban.delegation.v1 import codes_pb2 as codes
from xieban.delegation.v1 import roster_pb2 as pb

MOST_ROSTER: Final = 64 * 1024 * 1024  # 12,000 units with two certificates and two keys each are about 40 MB
_MOST_STATEMENT: Final = 4 * 1024
_MOST_SIGNED: Final = MOST_ROSTER + 64 * 1024
_MOST_SIGNATURE: Final = 8 * 1024
_MOST_CERTIFICATE: Final = 16 * 1024
_MOST_PUBLIC_KEY: Final = 4 * 1024
_X25519_SIZE: Final = 32
_ED25519_SIZE: Final = 32
_MOST_UNITS: Final = 30_000
_MOST_COMPETENCES: Final = 500_000
_MOST_REVOCATIONS: Final = 500_000
_MOST_RECORDS: Final = 20_000
_MOST_OF_A_UNIT: Final = 64
_MOST_PLACES: Final = 1_000
_MOST_NAME: Final = 200
_MOST_AGREED_DAYS: Final = 60  # what `limits.AgreedTimes` takes
_CLOCKS: Final = frozenset(STEP_OF_CLOCK)

_MATTERS: Final = take.table(Matter)
_MODES: Final = take.table(AppraisalMode)
_SIGNING: Final = take.table(SigningSuite)
_SEALING: Final = take.table(SealingSuite)
TYPE_NUMBERS: Final = {
    records.UnitType.RECOGNITION: pb.UNIT_TYPE_RECOGNITION,
    records.UnitType.APPRAISAL: pb.UNIT_TYPE_APPRAISAL,
    records.UnitType.PROVINCIAL: pb.UNIT_TYPE_PROVINCIAL,
    records.UnitType.NATIONAL: pb.UNIT_TYPE_NATIONAL,
}
_TYPES: Final = {int(number): kind for kind, number in TYPE_NUMBERS.items()}
LIFE_NUMBERS: Final = {
    records.UnitLife.NON_MEMBER: pb.UNIT_LIFE_NON_MEMBER,
    records.UnitLife.JOINING: pb.UNIT_LIFE_JOINING,
    records.UnitLife.ACTIVE: pb.UNIT_LIFE_ACTIVE,
    records.UnitLife.LEAVING: pb.UNIT_LIFE_LEAVING,
    records.UnitLife.LEFT: pb.UNIT_LIFE_LEFT,
}
_LIVES: Final = {int(number): life for life, number in LIFE_NUMBERS.items()}

Listed = TypeVar("Listed")


@dataclass(frozen=True, slots=True)
class SignedRosterParts:
    """A signed roster taken apart; the bytes as they came. `roster` is empty when the asker holds that version."""

    roster: bytes
    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterStatement:
    """What the seal authority says of a roster; nothing new is sealed after `expires_at`."""

    federation_id: str
    version: int
    roster_digest: bytes
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingKeyStatement:
    """What a unit says of its sealing key, signed by its signing key."""

    unit: str
    public_key: bytes
    not_before: datetime
    not_after: datetime
    signer_certificate: bytes
    suite: SealingSuite = SealingSuite.X25519_AES256GCM


# reading


def parse_roster(data: bytes, regions: RegionTable) -> RosterView:
    """The roster of these bytes, with their SHA-256.

    NOT checked: signatures, and what `validate_roster` checks.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE with the name of the `field`.
    """
    r = take.parsed(pb.Roster, data, most=MOST_ROSTER, field="roster")
    if not r.HasField("composed_at"):
        take.malformed("composed_at")
    bureaus = [_bureau(b) for b in _capped(r.bureaus, _MOST_RECORDS, "bureaus")]
    take.distinct([b.code for b in bureaus], "bureaus.code")
    units = [_unit(u) for u in _capped(r.units, _MOST_UNITS, "units")]
    take.distinct([u.code for u in units], "units.code")
    revocations = [_revocation(v) for v in _capped(r.revocations, _MOST_REVOCATIONS, "revocations")]
    take.distinct([v.digest for v in revocations], "revocations.digest")
    calendar_version = take.number(r.calendar_version, 1, take.MOST_NUMBER, "calendar_version")
    return RosterView(
        federation_id=take.text(r.federation_id, patterns.is_federation, "federation_id"),
        version=take.number(r.version, 1, take.MOST_NUMBER, "version"),
        composed_at=take.instant(r.composed_at, "composed_at"),
        calendar_version=calendar_version,
        agreement_version=take.number(r.agreement_version, 1, take.MOST_NUMBER, "agreement_version"),
        calendar=_calendar(_capped(r.calendars, _MOST_RECORDS, "calendars"), calendar_version),
        regions=regions,
        registry=_registry(r.registry),
        bureaus={b.code: b for b in bureaus},
        units={u.code: u for u in units},
        competences=tuple(_competence(c) for c in _capped(r.competences, _MOST_COMPETENCES, "competences")),
        revocations={v.digest: v for v in revocations},
        agreements=tuple(read_agreement(a) for a in _capped(r.agreements, _MOST_RECORDS, "agreements")),
        suites=tuple(_suite(s) for s in _capped(r.suites, _MOST_OF_A_UNIT, "suites")),
        rules=tuple(
            records.RuleVersion(
                take.number(rule.version, 1, take.MOST_COUNT, "rules.version"),
                take.day(rule.valid_from, "rules.valid_from"),
            )
            for rule in _capped(r.rules, _MOST_OF_A_UNIT, "rules")
        ),
        witnesses=tuple(
            records.Witness(
                _plain(w.name, "witnesses.name"), _sized(w.public_key, _ED25519_SIZE, "witnesses.public_key")
            )
            for w in _capped(r.witnesses, _MOST_OF_A_UNIT, "witnesses")
        ),
        digest=sha256(data).digest(),
    )


def _capped(values: Sequence[Listed], most: int, field: str) -> Sequence[Listed]:
    take.at_most(values, most, field)
    return values


def _plain(value: str, field: str, *, may_be_empty: bool = False) -> str:
    if not (value or may_be_empty) or not patterns.is_plain_text(value, _MOST_NAME):
        take.malformed(field)
    return value


def _sized(value: bytes, size: int, field: str) -> bytes:
    if len(value) != size:
        take.malformed(field)
    return value


def _certificates(values: Sequence[bytes], field: str) -> tuple[bytes, ...]:
    take.at_most(values, _MOST_OF_A_UNIT, field)
    if not all(1 <= len(der) <= _MOST_CERTIFICATE for der in values):
        take.malformed(field)
    return tuple(values)


def _registry(registry: pb.RegistryRecord) -> records.RegistryInfo:
    return records.RegistryInfo(
        log_origin=_plain(registry.log_origin, "registry.log_origin"),
        log_public_key=_sized(registry.log_public_key, _ED25519_SIZE, "registry.log_public_key"),
        channel_authorities=_certificates(registry.channel_authorities, "registry.channel_authorities"),
        spiffe_id=_plain(registry.spiffe_id, "registry.spiffe_id", may_be_empty=True),
    )


def _bureau(bureau: pb.BureauRecord) -> records.Bureau:
    return records.Bureau(
        take.text(bureau.code, patterns.is_bureau, "bureaus.code"),
        _plain(bureau.name, "bureaus.name"),
        take.text(bureau.region, patterns.is_region, "bureaus.region"),
    )


def _unit(unit: pb.UnitRecord) -> records.Unit:
    if unit.type == pb.UNIT_TYPE_UNSPECIFIED:
        take.malformed("units.type")
    if unit.type not in _TYPES:
        take.unknown("units.type")
    if unit.life == pb.UNIT_LIFE_UNSPECIFIED:
        take.malformed("units.life")
    if unit.life not in _LIVES:
        take.unknown("units.life")
    code = take.text(unit.code, patterns.is_unit, "units.code")
    keys = tuple(_sealing_key(k, code) for k in _capped(unit.sealing_keys, _MOST_OF_A_UNIT, "units.sealing_keys"))
    take.distinct([key.key_id for key in keys], "units.sealing_keys")
    return records.Unit(
        code=code,
        name=_plain(unit.name, "units.name"),
        type=_TYPES[unit.type],
        bureau=take.optional_text(unit.bureau, patterns.is_bureau, "units.bureau"),
        region=take.text(unit.region, patterns.is_region, "units.region"),
        pooling_area=take.optional_text(unit.pooling_area, patterns.is_region, "units.pooling_area"),
        parent=take.optional_text(unit.parent, patterns.is_unit, "units.parent"),
        phone=_plain(unit.phone, "units.phone", may_be_empty=True),
        address=_plain(unit.address, "units.address", may_be_empty=True),
        life=_LIVES[unit.life],
        since=take.day(unit.since, "units.since"),
        successions=tuple(_succession(s) for s in _capped(unit.successions, _MOST_OF_A_UNIT, "units.successions")),
        signing_certificates=_certificates(unit.signing_certificates, "units.signing_certificates"),
        sealing_keys=keys,
        calendar_region=take.optional_text(unit.calendar_region, patterns.is_region, "units.calendar_region"),
    )


def _succession(succession: pb.Succession) -> records.Succession:
    places = _capped(succession.places, _MOST_PLACES, "units.successions.places")
    return records.Succession(
        take.text(succession.unit, patterns.is_unit, "units.successions.unit"),
        take.day(getattr(succession, "from"), "units.successions.from"),
        tuple(take.text(place, patterns.is_place, "units.successions.places") for place in places),
    )


def _sealing_key(record: pb.SealingKeyRecord, unit: str) -> records.SealingKey:
    statement = parse_sealing_key_statement(record.statement)
    if statement.unit != unit:
        take.malformed("units.sealing_keys.statement.unit")
    if not 1 <= len(record.signature) <= _MOST_SIGNATURE:
        take.malformed("units.sealing_keys.signature")
    return records.SealingKey(
        key_id=sealing_key_id(statement.public_key),
        public_key=statement.public_key,
        not_before=statement.not_before,
        not_after=statement.not_after,
        statement=record.statement,
        signature=record.signature,
        signer_certificate=statement.signer_certificate,
        suite=statement.suite,
    )


def _competence(record: pb.CompetenceRecord) -> records.Competence:
    return records.Competence(
        take.text(record.place, patterns.is_place, "competences.place"),
        take.stated(_MATTERS, record.matter, "competences.matter"),
        take.text(record.unit, patterns.is_unit, "competences.unit"),
        take.day(record.valid_from, "competences.valid_from"),
        take.optional_day(record.valid_to, "competences.valid_to"),
    )


def _revocation(record: pb.RevocationRecord) -> records.Revocation:
    if len(record.digest) not in {DIGEST_SIZE, KEY_ID_SIZE}:
        take.malformed("revocations.digest")
    if not record.HasField("revoked_at"):
        take.malformed("revocations.revoked_at")
    since = record.compromised_since if record.HasField("compromised_since") else None
    return records.Revocation(
        record.digest,
        take.instant(record.revoked_at, "revocations.revoked_at"),
        None if since is None else take.instant(since, "revocations.compromised_since"),
    )


def _calendar(found: Sequence[pb.CalendarRecord], version: int) -> Calendar:
    years: dict[int, CalendarYear] = {}
    overlays: list[Overlay] = []
    for record in found:
        year = take.number(record.year, 2000, 2100, "calendars.year")
        rest = _days(record.rest_days, "calendars.rest_days")
        work = _days(record.make_up_workdays, "calendars.make_up_workdays")
        source = _plain(record.source, "calendars.source")
        if not record.region and year in years:
            take.malformed("calendars.year")
        try:
            if record.region:
                overlays.append(Overlay(record.region, year, rest, work, source))
            else:
                years[year] = CalendarYear(year, rest, work, source)
        except CalendarError:
            take.malformed("calendars")
    try:
        return Calendar(version, years, tuple(overlays))
    except CalendarError:
        take.malformed("calendars")


def _days(values: Sequence[str], field: str) -> frozenset[date]:
    take.at_most(values, _MOST_PLACES, field)
    take.distinct(values, field)
    return frozenset(take.day(value, field) for value in values)


def parse_agreement(data: bytes) -> records.Agreement:
    """An agreement out of its serialised record. Raises Refusal: MALFORMED, and as :func:`read_agreement`."""
    try:
        return read_agreement(pb.AgreementRecord.FromString(data))
    except DecodeError as error:
        raise Refusal(Reason.MALFORMED, field="agreement") from error


def read_agreement(record: pb.AgreementRecord) -> records.Agreement:
    """An agreement as the roster holds it.

    Raises:
        Refusal: MALFORMED or UNKNOWN_CODE with the name of the `field`.
    """
    if len(record.units) != 2:
        take.malformed("agreements.units")
    first, second = (take.text(unit, patterns.is_unit, "agreements.units") for unit in record.units)
    matters = tuple(take.stated(_MATTERS, m, "agreements.matters") for m in record.matters)
    modes = tuple(take.stated(_MODES, m, "agreements.modes") for m in record.modes)
    take.distinct(matters, "agreements.matters")
    take.distinct(modes, "agreements.modes")
    times = tuple(_agreed_time(time) for time in _capped(record.times, _MOST_OF_A_UNIT, "agreements.times"))
    take.distinct([time.clock for time in times], "agreements.times.clock")
    return records.Agreement(
        agreement_id=take.text(record.agreement_id, patterns.is_uuid7, "agreements.agreement_id"),
        units=(first, second),
        matters=matters,
        modes=modes,
        times=times,
        valid_from=take.day(record.valid_from, "agreements.valid_from"),
        valid_to=take.optional_day(record.valid_to, "agreements.valid_to"),
        proofs=tuple(
            take.digest(proof, "agreements.proofs") for proof in _capped(record.proofs, 2, "agreements.proofs")
        ),
    )


def _agreed_time(time: pb.AgreedTime) -> records.AgreedTime:
    days = take.number(time.working_days, 1, _MOST_AGREED_DAYS, "agreements.times.working_days")
    return records.AgreedTime(
        take.listed(time.clock, _CLOCKS, patterns.is_clock_name, "agreements.times.clock"),
        days,
        take.number(time.green_working_days, 0, days, "agreements.times.green_working_days"),
    )


def _suite(record: pb.SuiteRecord) -> records.SuiteRule:
    return records.SuiteRule(
        take.code(_SIGNING, record.signing, "suites.signing"),
        take.code(_SEALING, record.sealing, "suites.sealing"),
        take.day(record.allowed_from, "suites.allowed_from"),
        take.optional_day(record.allowed_to, "suites.allowed_to"),
        take.optional_day(record.demanded_from, "suites.demanded_from"),
    )


# statements


def parse_signed_roster(data: bytes) -> SignedRosterParts:
    """Take a signed roster apart. NOT checked: the signature, and that the statement is about this roster.

    Raises:
        Refusal: MALFORMED, TOO_LARGE.
    """
    signed = take.parsed(pb.SignedRoster, data, most=_MOST_SIGNED, field="signed_roster")
    if not 1 <= len(signed.signature) <= _MOST_SIGNATURE:
        take.malformed("signature")
    return SignedRosterParts(signed.roster, signed.statement, signed.signature)


def signed_roster_bytes(parts: SignedRosterParts) -> bytes:
    """A signed roster as it travels."""
    return pb.SignedRoster(roster=parts.roster, statement=parts.statement, signature=parts.signature).SerializeToString(
        deterministic=True
    )


def parse_roster_statement(data: bytes) -> RosterStatement:
    """What the seal authority said.

    Raises:
        Refusal: MALFORMED, TOO_LARGE.
    """
    s = take.parsed(pb.RosterStatement, data, most=_MOST_STATEMENT, field="statement")
    found = RosterStatement(
        federation_id=take.text(s.federation_id, patterns.is_federation, "federation_id"),
        version=take.number(s.version, 1, take.MOST_NUMBER, "version"),
        roster_digest=take.digest(s.roster_digest, "roster_digest"),
        issued_at=take.instant(s.issued_at, "issued_at"),
        expires_at=take.instant(s.expires_at, "expires_at"),
    )
    if found.expires_at <= found.issued_at:
        take.malformed("expires_at")
    return found


def roster_statement_bytes(statement: RosterStatement) -> bytes:
    """What the seal authority signs, under `PAYLOAD_TYPE_ROSTER_STATEMENT`."""
    s = pb.RosterStatement(
        federation_id=statement.federation_id, version=statement.version, roster_digest=statement.roster_digest
    )
    take.put_instant(s.issued_at, statement.issued_at)
    take.put_instant(s.expires_at, statement.expires_at)
    return s.SerializeToString(deterministic=True)


def parse_sealing_key_statement(data: bytes) -> SealingKeyStatement:
    """What a unit says of its sealing key. NOT checked: the signature; that the key is of high order.

    Raises:
        Refusal: MALFORMED, TOO_LARGE or UNKNOWN_CODE.
    """
    s = take.parsed(pb.SealingKeyStatement, data, most=2 * _MOST_PUBLIC_KEY, field="sealing_key")
    suite = take.stated(_SEALING, s.suite, "sealing_key.suite")
    if suite is SealingSuite.X25519_AES256GCM:
        _sized(s.public_key, _X25519_SIZE, "sealing_key.public_key")
    elif not 1 <= len(s.public_key) <= _MOST_PUBLIC_KEY:
        take.malformed("sealing_key.public_key")
    found = SealingKeyStatement(
        unit=take.text(s.unit, patterns.is_unit, "sealing_key.unit"),
        public_key=s.public_key,
        not_before=take.instant(s.not_before, "sealing_key.not_before"),
        not_after=take.instant(s.not_after, "sealing_key.not_after"),
        signer_certificate=take.digest(s.signer_certificate, "sealing_key.signer_certificate"),
        suite=suite,
    )
    if found.not_after <= found.not_before:
        take.malformed("sealing_key.not_after")
    return found


def sealing_key_statement_bytes(statement: SealingKeyStatement) -> bytes:
    """What a unit's signing key signs, under `PAYLOAD_TYPE_SEALING_KEY`."""
    s = pb.SealingKeyStatement(
        unit=statement.unit,
        public_key=statement.public_key,
        suite=codes.SealingSuite.ValueType(statement.suite),
        signer_certificate=statement.signer_certificate,
    )
    take.put_instant(s.not_before, statement.not_before)
    take.put_instant(s.not_after, statement.not_after)
    return s.SerializeToString(deterministic=True)
