"""A roster as bytes: what the seal authority composes before it signs (protocol 9). `codec_roster` reads them."""

from delegation import codec_values as take
from delegation import roster_records as records
from delegation.codec_roster import LIFE_NUMBERS, TYPE_NUMBERS
from delegation.roster_view import RosterView
from delegation.workdays import CalendarYear, Overlay
from xieban.delegation.v1 import codes_pb2 as codes
from xieban.delegation.v1 import roster_pb2 as pb


def roster_bytes(view: RosterView) -> bytes:
    """The bytes of a roster, always the same for the same records; its digest is not part of them.

    NOT checked: what `parse_roster` and `validate_roster` check.
    """
    r = pb.Roster(
        federation_id=view.federation_id,
        version=view.version,
        calendar_version=view.calendar_version,
        agreement_version=view.agreement_version,
        registry=pb.RegistryRecord(
            log_origin=view.registry.log_origin,
            log_public_key=view.registry.log_public_key,
            channel_authorities=view.registry.channel_authorities,
            spiffe_id=view.registry.spiffe_id,
        ),
        bureaus=[
            pb.BureauRecord(code=b.code, name=b.name, region=b.region)
            for b in sorted(view.bureaus.values(), key=lambda b: b.code)
        ],
        units=[_unit(unit) for unit in sorted(view.units.values(), key=lambda unit: unit.code)],
        competences=[
            pb.CompetenceRecord(
                place=c.place,
                matter=codes.Matter.ValueType(c.matter),
                unit=c.unit,
                valid_from=take.iso(c.valid_from),
                valid_to=take.iso(c.valid_to),
            )
            for c in view.competences
        ],
        revocations=[_revocation(v) for v in sorted(view.revocations.values(), key=lambda v: v.digest)],
        calendars=[
            *(_calendar(view.calendar.years[year], "") for year in sorted(view.calendar.years)),
            *(_calendar(overlay, overlay.region_code) for overlay in view.calendar.overlays),
        ],
        agreements=[written_agreement(agreement) for agreement in view.agreements],
        suites=[
            pb.SuiteRecord(
                signing=codes.SigningSuite.ValueType(s.signing),
                sealing=codes.SealingSuite.ValueType(s.sealing),
                allowed_from=take.iso(s.allowed_from),
                allowed_to=take.iso(s.allowed_to),
                demanded_from=take.iso(s.demanded_from),
            )
            for s in view.suites
        ],
        rules=[pb.RuleRecord(version=rule.version, valid_from=take.iso(rule.valid_from)) for rule in view.rules],
        witnesses=[pb.WitnessRecord(name=w.name, public_key=w.public_key) for w in view.witnesses],
    )
    take.put_instant(r.composed_at, view.composed_at)
    return r.SerializeToString(deterministic=True)


def _unit(unit: records.Unit) -> pb.UnitRecord:
    return pb.UnitRecord(
        code=unit.code,
        name=unit.name,
        type=TYPE_NUMBERS[unit.type],
        bureau=unit.bureau,
        region=unit.region,
        pooling_area=unit.pooling_area,
        parent=unit.parent,
        phone=unit.phone,
        address=unit.address,
        life=LIFE_NUMBERS[unit.life],
        since=take.iso(unit.since),
        successions=[_succession(succession) for succession in unit.successions],
        signing_certificates=unit.signing_certificates,
        sealing_keys=[pb.SealingKeyRecord(statement=k.statement, signature=k.signature) for k in unit.sealing_keys],
        calendar_region=unit.calendar_region,
    )


def _succession(succession: records.Succession) -> pb.Succession:
    written = pb.Succession(unit=succession.unit, places=succession.places)
    setattr(written, "from", take.iso(succession.on))  # a word of Python, so it has no attribute syntax
    return written


def _revocation(revocation: records.Revocation) -> pb.RevocationRecord:
    written = pb.RevocationRecord(digest=revocation.digest)
    take.put_instant(written.revoked_at, revocation.revoked_at)
    if revocation.compromised_since is not None:
        take.put_instant(written.compromised_since, revocation.compromised_since)
    return written


def _calendar(year: CalendarYear | Overlay, region: str) -> pb.CalendarRecord:
    return pb.CalendarRecord(
        year=year.year,
        region=region,
        rest_days=[take.iso(day) for day in sorted(year.rest_days)],
        make_up_workdays=[take.iso(day) for day in sorted(year.make_up_workdays)],
        source=year.source,
    )


def written_agreement(agreement: records.Agreement) -> pb.AgreementRecord:
    """An agreement as the roster holds it; serialised, it is the terms that two units sign."""
    return pb.AgreementRecord(
        agreement_id=agreement.agreement_id,
        units=agreement.units,
        matters=[codes.Matter.ValueType(matter) for matter in agreement.matters],
        modes=[codes.AppraisalMode.ValueType(mode) for mode in agreement.modes],
        times=[
            pb.AgreedTime(clock=time.clock, working_days=time.working_days, green_working_days=time.green_working_days)
            for time in agreement.times
        ],
        valid_from=take.iso(agreement.valid_from),
        valid_to=take.iso(agreement.valid_to),
        proofs=agreement.proofs,
    )


def agreement_bytes(agreement: records.Agreement) -> bytes:
    """The terms of an agreement as its two units sign them; their SHA-256 stands in the header."""
    return written_agreement(agreement).SerializeToString(deterministic=True)
