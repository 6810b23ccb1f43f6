"""The seal authority's book: the records that rosters are composed from, and the rosters that it signed (protocol 9.6).

A folder of the authority's own, never the registry's:

    roster.json             the records as they stand, in the contract's JSON form; may be edited by hand
    published/00000007.bin  every version as it was signed first
    current.bin             the newest version with its newest statement: what the registry's operator publishes

Nothing is signed that `validate_roster` or `verify_roster` would refuse: the authority is its own first reader.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final, Self

from google.protobuf import json_format

from certs.authority import SealAuthority
from certs.files import KeyFileCode, KeyFileError, make_folder, write_atomically
from certs.requests import checked_log_key
from certs.trust import Trust, verify_roster
from delegation.codec_roster import parse_roster, parse_signed_roster
from delegation.codec_roster_write import roster_bytes
from delegation.codes import SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.payloads import DIGEST_SIZE, KEY_ID_SIZE
from delegation.regions import RegionTable
from delegation.roster_rules import validate_roster
from delegation.roster_view import (
    Agreement,
    Bureau,
    Competence,
    RegistryInfo,
    Revocation,
    RosterView,
    RuleVersion,
    SuiteRule,
    Unit,
)
from delegation.workdays import Calendar, CalendarYear, Overlay, load_seed_years
from xieban.delegation.v1 import roster_pb2

RECORDS_FILE: Final = "roster.json"
CURRENT_FILE: Final = "current.bin"
PUBLISHED_FOLDER: Final = "published"
# Rules and suites of this program, from a day before any delegation that it will judge.
FIRST_DAY: Final = date(2011, 1, 1)
_PUBLIC: Final = 0o644  # nothing in a roster is secret


class RosterBook:
    """Records and published rosters of one authority. Each change is written before the call returns."""

    def __init__(self, folder: Path, records: RosterView, regions: RegionTable) -> None:
        """Use `create` or `load`."""
        self._folder = folder
        self._regions = regions
        self.records = records

    @classmethod
    def create(
        cls, folder: Path, *, federation_id: str, registry: RegistryInfo, regions: RegionTable, at: datetime
    ) -> Self:
        """A new book: seed calendars, first suites and rules, no bureau. Raises KeyFileError(EXISTS), WEAK_KEY."""
        make_folder(folder)
        make_folder(folder / PUBLISHED_FOLDER)
        if (folder / RECORDS_FILE).exists():
            raise KeyFileError(KeyFileCode.EXISTS, folder / RECORDS_FILE)
        checked_log_key(registry.log_public_key)
        records = RosterView(
            federation_id=federation_id,
            version=1,
            composed_at=at,
            calendar_version=1,
            agreement_version=1,
            calendar=Calendar(1, load_seed_years()),
            regions=regions,
            registry=registry,
            bureaus={},
            units={},
            suites=(SuiteRule(SigningSuite.ECDSA_P256_SHA256, SealingSuite.X25519_AES256GCM, FIRST_DAY),),
            rules=(RuleVersion(1, FIRST_DAY),),
        )
        book = cls(folder, records, regions)
        book._write()
        return book

    @classmethod
    def load(cls, folder: Path, regions: RegionTable) -> Self:
        """The book of a folder. Raises KeyFileError(MISSING), Refusal(MALFORMED, field) for records that are none."""
        path = folder / RECORDS_FILE
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise KeyFileError(KeyFileCode.MISSING, path) from error
        return cls(folder, records_from_json(text, regions), regions)

    # what stands in it

    @property
    def regions(self) -> RegionTable:
        """The table of regions that its rosters are judged by."""
        return self._regions

    @property
    def published_version(self) -> int:
        """The newest version that was signed; 0 before the first."""
        return max((int(path.stem) for path in (self._folder / PUBLISHED_FOLDER).glob("*.bin")), default=0)

    def current(self) -> bytes:
        """The newest SignedRoster with its newest statement. Raises KeyFileError(MISSING) before the first."""
        try:
            return (self._folder / CURRENT_FILE).read_bytes()
        except FileNotFoundError as error:
            raise KeyFileError(KeyFileCode.MISSING, self._folder / CURRENT_FILE) from error

    def published(self, version: int) -> bytes:
        """A SignedRoster as it was signed first. Raises KeyFileError(MISSING)."""
        path = self._path(version)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise KeyFileError(KeyFileCode.MISSING, path) from error

    # changes of the records

    def put_bureau(self, bureau: Bureau) -> None:
        """Add or replace a bureau."""
        self._change(replace(self.records, bureaus={**self.records.bureaus, bureau.code: bureau}))

    def add_unit(self, unit: Unit) -> None:
        """Add a unit, without keys: `certs.roster_grants` gives them. Raises Refusal(INVALID_INPUT) for a known one."""
        if unit.code in self.records.units or unit.signing_certificates or unit.sealing_keys:
            raise Refusal(Reason.INVALID_INPUT, field="unit", unit=unit.code)
        self.put_unit(unit)

    def put_unit(self, unit: Unit) -> None:
        """Add or replace a unit as it stands."""
        self._change(replace(self.records, units={**self.records.units, unit.code: unit}))

    def put_competences(self, competences: Iterable[Competence]) -> None:
        """Replace every record of competence."""
        self._change(replace(self.records, competences=tuple(competences)))

    def put_agreements(self, agreements: Iterable[Agreement]) -> None:
        """Replace every agreement; their version rises with the next roster."""
        self._change(replace(self.records, agreements=tuple(agreements)))

    def put_suites(self, suites: Iterable[SuiteRule]) -> None:
        """Replace the list of suites."""
        self._change(replace(self.records, suites=tuple(suites)))

    def put_records(self, records: RosterView) -> None:
        """Replace every record, as `certs.roster_input` merged them."""
        self._change(records)

    def put_registry(self, registry: RegistryInfo) -> None:
        """Replace what is said of the registry: its log key and the channel authorities. Raises Refusal(WEAK_KEY)."""
        checked_log_key(registry.log_public_key)
        self._change(replace(self.records, registry=registry))

    def put_calendar_year(self, year: CalendarYear | Overlay) -> None:
        """Add or replace a national year or a region's overlay; the calendars' version rises with the next roster."""
        old = self.records.calendar
        if isinstance(year, CalendarYear):
            calendar = Calendar(old.version, {**old.years, year.year: year}, old.overlays)
        else:
            others = [each for each in old.overlays if (each.region_code, each.year) != (year.region_code, year.year)]
            calendar = Calendar(old.version, old.years, (*others, year))
        self._change(replace(self.records, calendar=calendar))

    def revoke(self, digest: bytes, *, at: datetime, compromised_since: datetime | None = None) -> None:
        """Revoke a certificate of any kind (SHA-256) or a sealing key (16-byte id) from `at` on.

        Said again, the earlier instants stand: nothing becomes good again. Raises Refusal(INVALID_INPUT) for a digest
        of another length, or compromised after it was revoked.
        """
        if len(digest) not in (DIGEST_SIZE, KEY_ID_SIZE) or (compromised_since is not None and compromised_since > at):
            raise Refusal(Reason.INVALID_INPUT, field="revocation")
        before = self.records.revocations.get(digest)
        if before is not None:
            at = min(at, before.revoked_at)
            since = [each for each in (compromised_since, before.compromised_since) if each is not None]
            compromised_since = min(since, default=None)
        revocation = Revocation(digest, at, None if compromised_since is None else min(compromised_since, at))
        self._change(replace(self.records, revocations={**self.records.revocations, digest: revocation}))

    # publishing

    def publish(self, authority: SealAuthority, at: datetime) -> bytes:
        """Compose the records as the next version, validate, sign and keep it; without a change, `restate` it.

        Raises Refusal: INVALID_INPUT (problem) as `validate_roster`, KEY_CHANGED_UNSIGNED (unit), as `verify_roster`.
        """
        last = self._last(authority, at)
        if last is not None and self._same(last.view):
            return self.restate(authority, at)
        view = self._composed(last.view if last is not None else None, at)
        # What will be read is validated, not what was meant.
        validate_roster(parse_roster(roster_bytes(view), self._regions))
        signed = authority.sign_roster(roster_bytes(view), at)
        trust = verify_roster(signed, seal_authority=authority.certificates, regions=self._regions, at=at, held=last)
        for unit in trust.unvouched:
            trust.check_unit_key(unit)
        write_atomically(self._path(view.version), signed, mode=_PUBLIC, replace=False)
        write_atomically(self._folder / CURRENT_FILE, signed, mode=_PUBLIC)
        self._change(view)
        return signed

    def restate(self, authority: SealAuthority, at: datetime) -> bytes:
        """Sign the newest version's statement anew, for 14 days from `at`: the daily work. Raises as `current`."""
        version = self.published_version
        signed = authority.sign_roster(parse_signed_roster(self.published(version)).roster, at)
        write_atomically(self._folder / CURRENT_FILE, signed, mode=_PUBLIC)
        return signed

    def _last(self, authority: SealAuthority, at: datetime) -> Trust | None:
        version = self.published_version
        if version == 0:
            return None
        return verify_roster(
            self.published(version), seal_authority=authority.certificates, regions=self._regions, at=at
        )

    def _same(self, last: RosterView) -> bool:
        draft = replace(
            self.records,
            version=last.version,
            composed_at=last.composed_at,
            calendar_version=last.calendar_version,
            agreement_version=last.agreement_version,
        )
        return roster_bytes(draft) == roster_bytes(last)

    def _composed(self, last: RosterView | None, at: datetime) -> RosterView:
        if last is None:
            return replace(self.records, version=1, composed_at=at)
        records = self.records
        new_days = (records.calendar.years, records.calendar.overlays) != (last.calendar.years, last.calendar.overlays)
        calendar_version = last.calendar_version + new_days
        return replace(
            records,
            version=last.version + 1,
            composed_at=at,
            calendar_version=calendar_version,
            calendar=replace(records.calendar, version=calendar_version),
            agreement_version=last.agreement_version + (records.agreements != last.agreements),
        )

    def _path(self, version: int) -> Path:
        return self._folder / PUBLISHED_FOLDER / f"{version:08d}.bin"

    def _change(self, records: RosterView) -> None:
        parse_roster(roster_bytes(records), self._regions)  # what could not be read again is never written
        self.records = records
        self._write()

    def _write(self) -> None:
        write_atomically(self._folder / RECORDS_FILE, records_to_json(self.records).encode(), mode=_PUBLIC)


def records_to_json(records: RosterView) -> str:
    """A roster's records in the contract's JSON form, bytes as base64."""
    message = roster_pb2.Roster.FromString(roster_bytes(records))
    return (
        json_format.MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False, sort_keys=True) + "\n"
    )


def records_from_json(text: str, regions: RegionTable) -> RosterView:
    """Records again, with every pattern and cap of a roster. Raises Refusal(MALFORMED, field), UNKNOWN_CODE."""
    message = roster_pb2.Roster()
    try:
        json_format.Parse(text, message)
    except json_format.ParseError as error:
        raise Refusal(Reason.MALFORMED, field="roster.json") from error
    return parse_roster(message.SerializeToString(deterministic=True), regions)
