"""One version of the roster as values, and the questions that rules ask of it (protocol 9). No signatures here.

Who signed it and whether it still holds is `certs.trust`'s business; whether it makes sense is
`delegation.roster_rules.validate_roster`'s. A day is a day of Asia/Shanghai, an instant is aware.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple

from delegation.codes import Matter, SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.limits import DEFAULT_GREEN, DEFAULT_NORMAL, AgreedTimes, Step
from delegation.model import TaskPlace, Versions
from delegation.regions import RegionError, RegionTable
from delegation.roster_records import (
    AgreedTime,
    Agreement,
    Bureau,
    Competence,
    RegistryInfo,
    Revocation,
    RuleVersion,
    SealingKey,
    Succession,
    SuiteRule,
    Unit,
    UnitLife,
    UnitType,
    Witness,
)
from delegation.workdays import Calendar, RegionalCalendar

__all__ = [
    "STEP_OF_CLOCK",
    "AgreedTime",
    "Agreement",
    "Bureau",
    "Competence",
    "RegistryInfo",
    "Revocation",
    "RosterView",
    "RuleVersion",
    "SealingKey",
    "Signer",
    "Succession",
    "SuiteRule",
    "Unit",
    "UnitLife",
    "UnitType",
    "Witness",
]

_MOST_STEPS: Final = 8  # superiors above a unit, or units that succeeded one another
_MOST_SUITE_ANSWERS: Final = 1024  # a handful of suites on as many days as are judged in one go

# Names of clocks (protocol 6.2) whose agreed time has another name; the rest is called alike.
_STEP_OF_OTHER_NAME: Final = {
    "correction": Step.CORRECT,
    "designation": Step.DESIGNATE,
    "extension-answer": Step.ANSWER_EXTENSION,
    "question-answer": Step.ANSWER_QUESTION,
    "hand-over": Step.HAND_OVER,
    "supervise": Step.ANSWER_SUPERVISION,
    "opinion": Step.GIVE_OPINION,
    "correction-acknowledge": Step.ACKNOWLEDGE_CORRECTION,
    "close-refused": Step.SILENCE,
    "draw-commit": Step.COMMIT_DRAW,
    "draw-reveal": Step.REVEAL_DRAW,
    "draw-panel": Step.DRAW_PANEL,
    "notify": Step.TELL_WORKER,
    "opinion-form": Step.FORM_OPINION,
    "opinion-report": Step.REPORT_OPINION,
    "recusal": Step.ANSWER_RECUSAL,
    "experts-propose": Step.PROPOSE_EXPERTS,
    "experts-admit": Step.ADMIT_EXPERTS,
    "experts-confirm": Step.CONFIRM_EXPERTS,
    "panel-short": Step.MEND_PANEL,
    "void-demand": Step.ANSWER_VOID_DEMAND,
}
STEP_OF_CLOCK: Final[Mapping[str, Step]] = {step.value: step for step in Step} | _STEP_OF_OTHER_NAME


class Signer(NamedTuple):
    """Whose signing certificate a digest names, and the certificate (DER)."""

    unit: str
    certificate: bytes


@dataclass(frozen=True, kw_only=True)
class RosterView:
    """One version of the roster. `digest` is SHA-256 of its bytes, set by the codec; look-ups are built once."""

    federation_id: str
    version: int
    composed_at: datetime
    calendar_version: int
    agreement_version: int
    calendar: Calendar
    regions: RegionTable = field(repr=False, compare=False)
    registry: RegistryInfo
    bureaus: Mapping[str, Bureau]
    units: Mapping[str, Unit]
    competences: tuple[Competence, ...] = ()
    revocations: Mapping[bytes, Revocation] = field(default_factory=dict)
    agreements: tuple[Agreement, ...] = ()
    suites: tuple[SuiteRule, ...] = ()
    rules: tuple[RuleVersion, ...] = ()
    witnesses: tuple[Witness, ...] = ()
    digest: bytes = b""

    def __hash__(self) -> int:
        """By name and digest; equality compares everything."""
        return hash((self.federation_id, self.version, self.digest))

    # units and bureaus

    def unit(self, code: str) -> Unit:
        """The unit of a code.

        Raises:
            Refusal: NOT_FOUND. The code is not repeated: it may be anything.
        """
        found = self.units.get(code)
        if found is None:
            raise Refusal(Reason.NOT_FOUND, field="unit")
        return found

    def bureau_of(self, unit: str) -> str:
        """The bureau whose node serves the unit, empty for one that is no member. Raises as :meth:`unit`."""
        return self.unit(unit).bureau

    def units_of(self, bureau: str) -> tuple[Unit, ...]:
        """The bureau's units in the order of their codes; none for an unknown bureau."""
        return self._units_by_bureau.get(bureau, ())

    def provincial_office(self, unit_code: str) -> Unit | None:
        """The office of the province: the unit itself when it is one, else the first above it. None without one.

        Raises:
            Refusal: NOT_FOUND for an unknown unit.
        """
        if unit_code not in self._offices:
            self._offices[unit_code] = self._office_above(unit_code)
        return self._offices[unit_code]

    def _office_above(self, unit_code: str) -> Unit | None:
        unit: Unit | None = self.unit(unit_code)
        for _ in range(_MOST_STEPS):
            if unit is None or unit.type is UnitType.PROVINCIAL:
                return unit
            unit = self.units.get(unit.parent)
        return None

    def national_office(self) -> Unit | None:
        """The member with the role national; None when none is enrolled."""
        return self._national_office

    def superiors(self, home: str, host: str) -> tuple[str, ...]:
        """Provincial offices of both that are members: one when it is common, the home's first, none when none is.

        The national office, which is asked after them, is :meth:`national_office`. Raises as :meth:`unit`.
        """
        offices = (self.provincial_office(home), self.provincial_office(host))
        return tuple(dict.fromkeys(office.code for office in offices if office is not None and office.is_member))

    # competence

    def competent_unit(self, place: str, matter: Matter, on: date) -> Unit | None:
        """Who is competent for a matter at a place on the day the registry takes the envelope (protocol 9.3).

        A region code that is no longer in force is carried to its successor; then the place itself counts before those
        above it. A place with an organisation code (development zone, XPCC division) is looked up as it stands, and
        what surrounds it is never taken for it. A unit that was succeeded gives way to its successor. None when nobody
        is, when a divided area has no single heir, or when the code is not yet in force: a person chooses then.
        NOT checked: that the unit is a member.
        """
        places = self._places_from(place, on)
        for code in places:
            for record in self._competences.get((code, matter), ()):
                if record.holds_on(on):
                    return self._successor_of(record.unit, places=places, on=on)
        return None

    def competent_units(self, task_place: TaskPlace, matter: Matter, on: date) -> tuple[Unit, ...]:
        """The competent unit of each candidate place, each unit once, in the order of the candidates."""
        found = (self.competent_unit(place, matter, on) for place in task_place.candidates)
        return tuple({unit.code: unit for unit in found if unit is not None}.values())

    def successor(self, unit_code: str, *, place: str, on: date) -> Unit | None:
        """Who stands for the unit at that place on that day: itself unless it was succeeded. None when unknown."""
        unit = self.units.get(unit_code)
        if unit is None or not unit.successions:  # nearly every unit: no places need be looked up
            return unit
        return self._successor_of(unit_code, places=self._places_from(place, on), on=on)

    def _places_from(self, place: str, on: date) -> tuple[str, ...]:
        if place not in self.regions:
            return (place,)
        try:
            today = self.regions.carry_forward(place, on)
        except RegionError:
            return ()
        return (today, *(region.code for region in self.regions.ancestors(today)))

    def _successor_of(self, code: str, *, places: Sequence[str], on: date) -> Unit | None:
        """Follow successions that hold on that day, for all places or for one of these (a place and those above it)."""
        for _ in range(_MOST_STEPS):
            unit = self.units.get(code)
            if unit is None:
                return None
            heirs = [s for s in unit.successions if s.on <= on and (not s.places or set(s.places) & set(places))]
            if not heirs:
                return unit
            code = max(heirs, key=lambda heir: (bool(heir.places), heir.on)).unit  # listed places before all
        return None

    # versions, times and suites

    def versions(self, on: date) -> Versions:
        """By what an event of that day is judged, for ever. Raises as :meth:`rule_version`."""
        return Versions(self.version, self.rule_version(on), self.calendar_version, self.agreement_version)

    def rule_version(self, on: date) -> int:
        """The newest version of the rules that holds on that day.

        Raises:
            Refusal: ROSTER_NOT_READY when none does; no version is guessed.
        """
        holding = [rule for rule in self.rules if rule.valid_from <= on]
        if not holding:
            raise Refusal(Reason.ROSTER_NOT_READY, field="rules")
        return max(holding, key=lambda rule: (rule.valid_from, rule.version)).version

    def suite_allowed(self, signing: SigningSuite, sealing: SealingSuite, on: date) -> bool:
        """Whether both suites are allowed on that day and no other is demanded in place of one of them."""
        allowed = self._allowed_suites.get((signing, sealing, on))
        if allowed is None:
            if len(self._allowed_suites) >= _MOST_SUITE_ANSWERS:
                self._allowed_suites.clear()
            allowed = self._allowed_suites[signing, sealing, on] = self._suite_allowed(signing, sealing, on)
        return allowed

    def _suite_allowed(self, signing: SigningSuite, sealing: SealingSuite, on: date) -> bool:
        holding = [s for s in self.suites if s.allowed_from <= on and (s.allowed_to is None or on <= s.allowed_to)]
        demanded = [s for s in holding if s.demanded_from is not None and s.demanded_from <= on]
        return _suffices(signing, {s.signing for s in holding}, {s.signing for s in demanded}) and _suffices(
            sealing, {s.sealing for s in holding}, {s.sealing for s in demanded}
        )

    def agreement(self, agreement_id: str, on: date) -> Agreement | None:
        """The agreement of that id when it holds on that day."""
        return next((a for a in self._agreements.get(agreement_id, ()) if a.holds_on(on)), None)

    def agreement_covers(self, agreement: Agreement, *, home: str, host: str, matter: Matter) -> bool:
        """Whether an agreement is about these two units, or made by their provinces for them, and about the matter."""
        if matter not in agreement.matters:
            return False
        first, second = agreement.units
        return any(
            a in self._speaking_for(home) and b in self._speaking_for(host)
            for a, b in ((first, second), (second, first))
        )

    def times_for(self, home: str, host: str, matter: Matter, on: date, agreement_id: str) -> AgreedTimes:
        """The agreed times between two units: the defaults, with those of the named agreement in their place.

        An agreement that is unknown, does not hold on that day or does not cover units and matter changes nothing here;
        whether one is needed is a guard's question. Green times are never longer than normal ones.
        """
        agreement = self.agreement(agreement_id, on) if agreement_id else None
        if agreement is None or not self.agreement_covers(agreement, home=home, host=host, matter=matter):
            return self._default_times
        normal, green = dict(DEFAULT_NORMAL), dict(DEFAULT_GREEN)
        for time in agreement.times:
            step = STEP_OF_CLOCK[time.clock]
            normal[step] = time.working_days
            if time.green_working_days:
                green[step] = time.green_working_days
        return AgreedTimes(normal, {step: min(days, normal[step]) for step, days in green.items()})

    def calendar_of(self, unit_code: str) -> RegionalCalendar:
        """The calendar of a unit: its calendar region where it names one, else its region. Raises as :meth:`unit`."""
        unit = self.unit(unit_code)
        region = unit.calendar_region or unit.region
        found = self._calendars.get(region)
        if found is None:
            found = self._calendars[region] = self.calendar.at(region)
        return found

    # keys

    def newest_sealing_key(
        self, unit_code: str, at: datetime, suite: SealingSuite = SealingSuite.X25519_AES256GCM
    ) -> SealingKey | None:
        """The unit's newest sealing key of a suite that is valid at that instant and not revoked.

        NOT checked: the signature over its statement. Raises as :meth:`unit`.
        """
        usable = [
            key
            for key in self.unit(unit_code).sealing_keys
            if key.suite is suite and key.not_before <= at < key.not_after and not self.is_revoked(key.key_id, at)
        ]
        return max(reversed(usable), key=lambda key: key.not_before, default=None)  # of one instant, the last listed

    def sealing_key(self, unit_code: str, key_id: bytes) -> SealingKey | None:
        """The unit's sealing key of that id, valid or not. Raises as :meth:`unit`."""
        return next((key for key in self.unit(unit_code).sealing_keys if key.key_id == key_id), None)

    def is_revoked(self, digest: bytes, at: datetime) -> Revocation | None:
        """The revocation of a certificate digest or key id that holds at that instant; None while it is good.

        Compromised since an earlier time, it is revoked from then on.
        """
        found = self.revocations.get(digest)
        if found is None:
            return None
        since = found.revoked_at if found.compromised_since is None else found.compromised_since
        return found if min(since, found.revoked_at) <= at else None

    def signer_at(self, certificate_digest: bytes) -> Signer | None:
        """Whose signing certificate that is. NOT checked: that it is valid or not revoked."""
        return self._signers.get(certificate_digest)

    # what is built once

    @cached_property
    def members(self) -> frozenset[str]:
        """The codes of all units that a node serves (`Unit.is_member`)."""
        return frozenset(code for code, unit in self.units.items() if unit.is_member)

    @cached_property
    def standing(self) -> frozenset[str]:
        """The codes of members that no other unit succeeds anywhere, whatever the day."""
        return frozenset(code for code in self.members if not self.units[code].successions)

    @cached_property
    def _units_by_bureau(self) -> Mapping[str, tuple[Unit, ...]]:
        found: dict[str, list[Unit]] = {}
        for unit in sorted(self.units.values(), key=lambda unit: unit.code):
            if unit.bureau:
                found.setdefault(unit.bureau, []).append(unit)
        return {bureau: tuple(units) for bureau, units in found.items()}

    @cached_property
    def _national_office(self) -> Unit | None:
        offices = (unit for unit in self.units.values() if unit.type is UnitType.NATIONAL and unit.is_member)
        return min(offices, key=lambda unit: unit.code, default=None)

    @cached_property
    def _competences(self) -> Mapping[tuple[str, Matter], tuple[Competence, ...]]:
        found: dict[tuple[str, Matter], list[Competence]] = {}
        for record in self.competences:
            found.setdefault((record.place, record.matter), []).append(record)
        return {key: tuple(records) for key, records in found.items()}

    @cached_property
    def _agreements(self) -> Mapping[str, tuple[Agreement, ...]]:
        found: dict[str, list[Agreement]] = {}
        for agreement in self.agreements:
            found.setdefault(agreement.agreement_id, []).append(agreement)
        return {key: tuple(records) for key, records in found.items()}

    @cached_property
    def _signers(self) -> Mapping[bytes, Signer]:
        return {
            sha256(der).digest(): Signer(unit.code, der)
            for unit in self.units.values()
            for der in unit.signing_certificates
        }

    @cached_property
    def _calendars(self) -> dict[str, RegionalCalendar]:
        return {}

    @cached_property
    def _offices(self) -> dict[str, Unit | None]:
        return {}

    @cached_property
    def _allowed_suites(self) -> dict[tuple[SigningSuite, SealingSuite, date], bool]:
        return {}

    @cached_property
    def _default_times(self) -> AgreedTimes:
        return AgreedTimes()

    def _speaking_for(self, unit_code: str) -> tuple[str, ...]:
        office = self.provincial_office(unit_code) if unit_code in self.units else None
        return (unit_code,) if office is None else (unit_code, office.code)


def _suffices(wanted: IntEnum, allowed: set[IntEnum], demanded: set[IntEnum]) -> bool:
    """Whether a suite is allowed and, where any is demanded, one of those; 0 in a record speaks of the other half."""
    demanded.discard(wanted.__class__(0))
    return wanted != 0 and wanted in allowed and (not demanded or wanted in demanded)
