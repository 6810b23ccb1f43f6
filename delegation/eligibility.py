"""Which experts of a pool may be drawn in a case, and why each of the others may not (protocol 13.1, 13.2).

Pure: the same pool, case and plan give the same list, whoever computes. An expert stands in exactly one stratum: that
of the first of the plan's specialities that the expert has. Within a stratum experts stand in the order of the pool.

Names are compared as they are written, apart from width, case, blanks and punctuation; a unit's name that contains the
other (of six signs at least) counts as the same, so that a branch or an abbreviation leaves an expert out rather than
in. NOT checked: kinship that nobody declared, and whether what a pool says of its experts is so.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from delegation.draw import MOST_STRATA, PANEL_SIZES, Stratum
from delegation.draw_lists import PoolExpert
from delegation.specialties import INELIGIBLE, Ineligibility, is_senior, is_specialty

_LEAST_CONTAINED: Final = 6


class DeclaredOf(StrEnum):
    """What an expert declared a conflict with."""

    PERSON = "person"  # 亲属或其他利害关系人
    UNIT = "unit"  # 兼职、投资或其他利害关系单位


@dataclass(frozen=True, slots=True)
class Declaration:
    """A conflict that an expert declared. `number`: identity number or 统一社会信用代码, empty where not known."""

    of: DeclaredOf
    name: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """An expert of a pool with what they declared."""

    expert: PoolExpert
    declarations: tuple[Declaration, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Whom a case is about, as far as conflicts go. `close`: names of others with a part in it, such as relatives."""

    worker_name: str
    worker_number: str = ""
    employer_name: str = ""
    employer_number: str = ""
    treating_hospitals: tuple[str, ...] = ()
    close: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One stratum of a plan."""

    specialty: str
    seats: int
    reserves: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A stratum with too few. `eligible` is enough for the seats alone where it is not less than `seats`."""

    stratum: int
    specialty: str
    seats: int
    reserves: int
    eligible: int


class WayOut(StrEnum):
    """What can be done where too few are eligible (PANEL_SHORT; agreed between bureaus)."""

    FEWER_RESERVES = "fewer_reserves"
    WIDEN = "widen"
    SECONDMENT = "secondment"
    OTHER_COMMITTEE = "other_committee"


@dataclass(frozen=True, slots=True)
class Spare:
    """A speciality that was not asked for, and how many are eligible but for that."""

    specialty: str
    experts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """What came out. `strata`: places in the pool of the eligible; `reasons`: for each expert of the pool, or None."""

    plan: tuple[Asked, ...]
    strata: tuple[tuple[int, ...], ...]
    reasons: tuple[Ineligibility | None, ...]
    shortages: tuple[Shortage, ...]
    spare: tuple[Spare, ...]

    @property
    def is_short(self) -> bool:
        """Whether no draw can be held with this plan."""
        return bool(self.shortages)

    @property
    def figures(self) -> tuple[Stratum, ...]:
        """The strata as a header declares them."""
        return tuple(
            Stratum(asked.seats, asked.reserves, len(experts))
            for asked, experts in zip(self.plan, self.strata, strict=True)
        )

    @property
    def counts(self) -> tuple[tuple[Ineligibility, int], ...]:
        """How many were left out for each reason, in the order of `INELIGIBLE`."""
        counted = Counter(reason for reason in self.reasons if reason is not None)
        return tuple((each.code, counted[each.code]) for each in INELIGIBLE if counted[each.code])

    @property
    def ways_out(self) -> tuple[WayOut, ...]:
        """What can be done, the least first; none where nobody is short."""
        if not self.shortages:
            return ()
        found = []
        if all(each.eligible >= each.seats for each in self.shortages):
            found.append(WayOut.FEWER_RESERVES)
        if self.spare:
            found.append(WayOut.WIDEN)
        return (*found, WayOut.SECONDMENT, WayOut.OTHER_COMMITTEE)


class PlanFault(StrEnum):
    """What is wrong with a plan, whatever the pool."""

    STRATA_COUNT = "strata_count"
    SPECIALTY_UNKNOWN = "specialty_unknown"
    SPECIALTY_TWICE = "specialty_twice"
    NO_SEAT = "no_seat"
    PANEL_SIZE = "panel_size"


def plan_fault(plan: Sequence[Asked]) -> PlanFault | None:
    """Why a plan is none; None when it is good. Seats sum to 3 or 5 (条例 Art 25)."""
    if not 1 <= len(plan) <= MOST_STRATA:
        return PlanFault.STRATA_COUNT
    if not all(is_specialty(asked.specialty) for asked in plan):
        return PlanFault.SPECIALTY_UNKNOWN
    if len({asked.specialty for asked in plan}) != len(plan):
        return PlanFault.SPECIALTY_TWICE
    if any(asked.seats < 1 or asked.reserves < 0 for asked in plan):
        return PlanFault.NO_SEAT
    return None if sum(asked.seats for asked in plan) in PANEL_SIZES else PlanFault.PANEL_SIZE


def plain(name: str) -> str:
    """A name as it is compared: NFKC, letters and digits alone, without case."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", name).casefold() if sign.isalnum())


def same_unit(one: str, other: str) -> bool:
    """Whether two names of units may mean the same; empty names mean none."""
    return _same(plain(one), plain(other))


def _same(one: str, other: str) -> bool:
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    return bool(short) and (short == long or (len(short) >= _LEAST_CONTAINED and short in long))


def eligibility(
    pool: Sequence[Member],
    parties: Parties,
    plan: Sequence[Asked],
    *,
    on: date,
    void: Collection[str] = (),
    recused: Collection[str] = (),
    declared_since: Sequence[tuple[str, Declaration]] = (),
) -> Eligibility:
    """Judge every expert of a pool for one case on one day.

    `void` and `recused` are numbers of experts who sat on a void panel of the case, or were recused or replaced in it.
    `declared_since` are conflicts declared after this version of the pool: they leave out and never bring in.

    Raises:
        ValueError: the plan is none (`plan_fault`).
    """
    fault = plan_fault(plan)
    if fault is not None:
        raise ValueError(fault.value)
    since: dict[str, list[Declaration]] = {}
    for number, declaration in declared_since:
        since.setdefault(number, []).append(declaration)
    judge = _Judge(parties, on, frozenset(void), frozenset(recused), since)
    places = {asked.specialty: place for place, asked in enumerate(plan)}
    strata: list[list[int]] = [[] for _ in plan]
    reasons: list[Ineligibility | None] = []
    spare: Counter[str] = Counter()
    for index, member in enumerate(pool):
        reason = judge.reason(member)
        if reason is None:
            found = min((places[each] for each in member.expert.specialties if each in places), default=None)
            if found is None:
                reason = Ineligibility.SPECIALTY_NOT_ASKED
                spare.update(member.expert.specialties)
            else:
                strata[found].append(index)
        reasons.append(reason)
    short = tuple(
        Shortage(place, asked.specialty, asked.seats, asked.reserves, len(strata[place]))
        for place, asked in enumerate(plan)
        if len(strata[place]) < asked.seats + asked.reserves
    )
    near = {each.specialty[:2] for each in short}  # division
    ordered = sorted(spare.items(), key=lambda item: (item[0][:2] not in near, -item[1], item[0]))
    return Eligibility(
        plan=tuple(plan),
        strata=tuple(tuple(each) for each in strata),
        reasons=tuple(reasons),
        shortages=short,
        spare=tuple(Spare(specialty, experts) for specialty, experts in ordered) if short else (),
    )


class _Judge:
    """One case on one day. Employers repeat: what a name is compared as is remembered."""

    def __init__(
        self,
        parties: Parties,
        on: date,
        void: frozenset[str],
        recused: frozenset[str],
        since: dict[str, list[Declaration]],
    ) -> None:
        self._day = on.isoformat()
        self._void, self._recused, self._since = void, recused, since
        self._worker = plain(parties.worker_name), plain(parties.worker_number)
        self._persons = {plain(each) for each in (parties.worker_name, *parties.close)} - {""}
        self._employer = plain(parties.employer_name), plain(parties.employer_number)
        self._hospitals = [plain(each) for each in parties.treating_hospitals]
        self._plain: dict[str, str] = {}

    def reason(self, member: Member) -> Ineligibility | None:
        """The first reason that holds; the speciality is judged elsewhere."""
        expert, number = member.expert, member.expert.expert_id
        found = None
        if not expert.active:
            found = Ineligibility.NOT_ACTIVE
        elif self._day < expert.appointed_from:
            found = Ineligibility.TERM_NOT_BEGUN
        elif self._day > expert.appointed_until:
            found = Ineligibility.TERM_OVER
        elif not is_senior(expert.title):
            found = Ineligibility.NO_SENIOR_TITLE
        elif number in self._void:
            found = Ineligibility.VOID_PANEL
        elif number in self._recused:
            found = Ineligibility.RECUSED
        elif any(self._meets(each) for each in (*member.declarations, *self._since.get(number, ()))):
            found = Ineligibility.KINSHIP
        else:
            found = self._of_employer(expert.employer)
        return found

    def _of_employer(self, name: str) -> Ineligibility | None:
        employer = self._plain.get(name)
        if employer is None:
            employer = self._plain[name] = plain(name)
        if _same(employer, self._employer[0]):
            return Ineligibility.EMPLOYER
        met = any(_same(employer, each) for each in self._hospitals)
        return Ineligibility.TREATING_HOSPITAL if met else None

    def _meets(self, declared: Declaration) -> bool:
        name, number = plain(declared.name), plain(declared.number)
        if declared.of is DeclaredOf.PERSON:
            worker, known = self._worker
            if number and known and name == worker:
                return number == known  # namesakes are told apart where both numbers are known
            return name in self._persons or (bool(number) and number == known)
        employer, known = self._employer
        if number and number == known:
            return True
        return any(_same(name, each) for each in (employer, *self._hospitals))
