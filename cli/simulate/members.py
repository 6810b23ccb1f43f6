"""The members of a simulated federation: keys, certificates and records, and the roster that says so (protocol 9).

Made with the seal authority's own functions, all units in one change of the book: one by one, each of nine hundred
would write the whole book again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from itertools import combinations
from random import Random
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.authority import ChannelAuthority, SealAuthority
from certs.keys import certificate_digest, new_csr, new_p256, new_x25519
from certs.roster_book import RosterBook
from certs.unit_request import new_unit_request, sealing_key_of, sealing_key_request
from cli.simulate.handover import bureau_of
from cli.simulate.places import CORPS_OFFICE, REORGANISED, Country, Place, office_name
from cli.simulate.plan import Plan
from delegation.codes import AppraisalMode, Matter
from delegation.digits import UnitType as CodeType
from delegation.digits import unit_code
from delegation.roster_records import (
    AgreedTime,
    Agreement,
    Bureau,
    Competence,
    SealingKey,
    Succession,
    Unit,
    UnitLife,
    UnitType,
)

APPRAISAL_MATTERS: Final = (Matter.DISABILITY_GRADE, Matter.SELF_CARE)
MODES: Final = (AppraisalMode.ONSITE_ASSIST, AppraisalMode.FULL_ENTRUST, AppraisalMode.EXPERT_SECONDMENT)
_SINCE: Final = date(2020, 1, 1)
_AGREEING: Final = ("44", "33", "32", "37", "51", "41", "43", "34")  # provinces that agreed on every mode, pair by pair
_CORPS_BUREAU: Final = "650000XP"


@dataclass(frozen=True, slots=True)
class Seal:
    """What a unit signs with."""

    unit: str
    bureau: str
    key: EllipticCurvePrivateKey
    certificate: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class NodeKey:
    """What a node acknowledges with."""

    key: EllipticCurvePrivateKey
    certificate: bytes


class Members:
    """Every unit's seal and every bureau's node key, and the roster's changes in the year."""

    def __init__(
        self,
        plan: Plan,
        country: Country,
        offices: Mapping[str, str],
        *,
        book: RosterBook,
        authority: SealAuthority,
        channels: ChannelAuthority,
    ) -> None:
        self._plan = plan
        self._country = country
        self._offices = offices
        self._book = book
        self._authority = authority
        self._channels = channels
        self._nodes: dict[str, NodeKey] = {}
        self.seals: dict[str, Seal] = {}
        self.reorganised: Place | None = None

    # the records

    def enrol(self, at: datetime) -> bytes:
        """Everybody is there, with keys of a year; gives the signed roster."""
        units: dict[str, Unit] = {}
        bureaus: dict[str, Bureau] = {}
        competences: list[Competence] = []
        for name, code in self._offices.items():
            region = CORPS_OFFICE[0] if name == "XP" else f"{name}0000"
            bureau = _CORPS_BUREAU if name == "XP" else bureau_of(self._plan, region)
            label = "新疆生产建设兵团" if name == "XP" else self._book.regions.name(region)
            bureaus[bureau] = Bureau(bureau, f"{label}（模拟）", region)
            units[code] = self._unit(code, UnitType.PROVINCIAL, f"{label}工伤保险监管（模拟）", region, bureau, at)
        for place in self._country.places:
            parent = self._offices[office_name(place)]
            if place.recognises_online or place.appraises_online:
                served = bureau_of(self._plan, place.region)
                bureaus[served] = Bureau(served, f"{place.name}（模拟）", place.region)
            for code, kind, online in (
                (place.recognition, UnitType.RECOGNITION, place.recognises_online),
                (place.appraisal, UnitType.APPRAISAL, place.appraises_online),
            ):
                label = "工伤认定机构" if kind is UnitType.RECOGNITION else "劳动能力鉴定委员会"
                bureau = bureau_of(self._plan, place.region) if online else ""
                unit = self._unit(code, kind, f"{place.name}{label}（模拟）", place.region, bureau, at)
                units[code] = replace(unit, parent=parent, pooling_area=place.pooling)
            competences.append(Competence(place.region, Matter.INVESTIGATION, place.recognition, _SINCE))
            competences += [Competence(place.region, m, place.appraisal, _SINCE) for m in APPRAISAL_MATTERS]
        records = self._book.records
        self._book.records = replace(  # written by publish, once
            records,
            bureaus={**records.bureaus, **bureaus},
            units={**records.units, **units},
            competences=(*records.competences, *competences),
            agreements=(*records.agreements, *self._agreements()),
        )
        return self._book.publish(self._authority, at)

    def _unit(self, code: str, kind: UnitType, name: str, region: str, bureau: str, at: datetime) -> Unit:
        plain = Unit(
            code=code, name=name, type=kind, region=region, bureau=bureau, pooling_area=region, phone="模拟",
            address="模拟", life=UnitLife.ACTIVE if bureau else UnitLife.NON_MEMBER, since=_SINCE,
        )  # fmt: skip
        return self._with_keys(plain, at) if bureau else plain

    def _with_keys(self, unit: Unit, at: datetime) -> Unit:
        signing, sealing = new_p256(), new_x25519()
        request = new_unit_request(unit.code, signing_key=signing, sealing_key=sealing.public_key(), at=at)
        certificate = self._authority.issue_unit(request.csr, unit.code, at)
        self.seals[unit.code] = Seal(unit.code, unit.bureau, signing, certificate, certificate_digest(certificate))
        return replace(unit, signing_certificates=(certificate,), sealing_keys=_keys(sealing_key_of(request)))

    def _agreements(self) -> Iterable[Agreement]:
        for first, second in combinations(_AGREEING, 2):
            units = tuple(sorted((self._offices[first], self._offices[second])))
            yield Agreement(
                agreement_id=agreement_id(first, second), units=(units[0], units[1]), matters=APPRAISAL_MATTERS,
                modes=MODES, times=(AgreedTime("schedule", 5),), valid_from=_SINCE,
            )  # fmt: skip

    # changes in the year

    def restate(self, at: datetime) -> bytes:
        """The newest roster's statement, signed anew."""
        return self._book.restate(self._authority, at)

    def reorganise(self, place: Place, on: date, at: datetime) -> bytes:
        """A new unit takes over everything of a place's recognition unit, and every unit takes a new sealing key on the
        word of its signing key: the first ones end before the year does. Gives the next roster."""
        units = {**self._book.records.units, **dict(self._rotated(at))}
        old = units[place.recognition]
        heir = unit_code(region6=place.region, unit_type=CodeType.RECOGNITION, serial=REORGANISED)
        name = f"{place.name}工伤认定机构（机构改革后，模拟）"
        new = self._with_keys(replace(old, code=heir, name=name, successions=(), since=on), at)
        leaving = replace(old, life=UnitLife.LEAVING, successions=(Succession(heir, on),))
        units |= {old.code: leaving, heir: new}
        self._book.records = replace(self._book.records, units=units)  # written by publish
        self.reorganised = place
        return self._book.publish(self._authority, at)

    def _rotated(self, at: datetime) -> Iterable[tuple[str, Unit]]:
        for code, seal in self.seals.items():
            request = sealing_key_request(
                code, signing_key=seal.key, certificate=seal.certificate, sealing_key=new_x25519().public_key(), at=at
            )
            yield code, replace(self._book.records.units[code], sealing_keys=_keys(sealing_key_of(request)))

    # keys of nodes

    def node_key(self, bureau: str, at: datetime) -> NodeKey:
        """The node key of a bureau with its certificate of a year, made when it is first needed."""
        found = self._nodes.get(bureau)
        if found is None:
            key = new_p256()
            found = self._nodes[bureau] = NodeKey(key, self._channels.issue_node(new_csr(key), bureau, at))
        return found


def agreement_id(first: str, second: str) -> str:
    """The id of the two provinces' agreement, the same in every run (UUID version 7 in form)."""
    drawn = sha256(f"agreement {min(first, second)} {max(first, second)}".encode()).hexdigest()
    return f"018f0000-0000-7{drawn[:3]}-8{drawn[3:6]}-{drawn[6:18]}"


def agreed(home: Place, host: Place) -> str:
    """The id of the agreement of the two places' provinces; empty without one."""
    pair = {office_name(home), office_name(host)}
    return agreement_id(*sorted(pair)) if len(pair) == 2 and pair <= set(_AGREEING) else ""


def reorganised_place(country: Country, plan: Plan) -> Place:
    """Whose unit is succeeded in the year: a middling host with a node, that no real node will follow."""
    rng = Random(f"{plan.seed}/reorganised")  # noqa: S311 - a simulation, nothing secret
    fitting = [p for p in country.places[12:40] if p.recognises_online and p.region not in plan.without]
    return fitting[rng.randrange(len(fitting))]


def _keys(key: SealingKey | None) -> tuple[SealingKey, ...]:
    return () if key is None else (key,)
