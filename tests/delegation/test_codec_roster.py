"""Rosters and the statements around them come back as they went; what is out of pattern is refused by its field."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation import codec_roster as codec
from delegation.codec_roster_write import agreement_bytes, roster_bytes
from delegation.codes import AppraisalMode, Matter, SealingSuite, SigningSuite
from delegation.errors import Reason, Refusal
from delegation.roster_view import (
    AgreedTime,
    Agreement,
    Revocation,
    RosterView,
    Succession,
    SuiteRule,
    UnitLife,
    Witness,
)
from delegation.workdays import Calendar, Overlay, load_seed_years
from tests import builders as b
from xieban.delegation.v1 import roster_pb2 as pb

DAY = date(2026, 4, 20)
AGREEMENT = Agreement(
    agreement_id=b.a_uuid7(50),
    units=(b.HANGZHOU_AC, b.CHENGDU_AC),
    matters=(Matter.SELF_CARE, Matter.RELAPSE),
    modes=(AppraisalMode.ONSITE_ASSIST,),
    times=(AgreedTime("examine", 10, 5),),
    valid_from=DAY,
    valid_to=date(2027, 1, 1),
    proofs=(b.a_digest("proposal"), b.a_digest("countersignature")),
)


def full() -> RosterView:
    """A roster in which every field is used."""
    roster = b.a_roster(
        version=12,
        calendar=Calendar(1, load_seed_years(), (Overlay("510000", 2026, frozenset({DAY}), frozenset(), "省通知"),)),
        revocations={
            key: Revocation(key, b.NOW, since)
            for key, since in ((b"k" * 16, None), (b"c" * 32, b.NOW - timedelta(days=3)))
        },
        agreements=(AGREEMENT,),
        suites=(
            SuiteRule(SigningSuite.ECDSA_P256_SHA256, SealingSuite.X25519_AES256GCM, date(2020, 1, 1)),
            SuiteRule(SigningSuite.SM2_SM3, SealingSuite.UNSPECIFIED, DAY, date(2040, 1, 1), date(2030, 1, 1)),
        ),
        witnesses=(Witness("见证方一", b.a_digest("witness")),),
    )
    return b.with_unit(
        roster,
        b.DEYANG_RD,
        life=UnitLife.LEAVING,
        phone="0838-0000000",
        address="德阳市某路1号",
        since=DAY,
        successions=(Succession(b.CHENGDU_RD, DAY, ("510600", "510600A1")),),
        calendar_region="510600",
        sealing_keys=(b.a_sealing_key(b.DEYANG_RD), b.a_sealing_key(b.DEYANG_RD, number=2)),
    )


def test_a_roster_comes_back_as_it_went_with_its_digest() -> None:
    data = roster_bytes(full())
    assert codec.parse_roster(data, b.regions()) == replace(full(), digest=sha256(data).digest())


def test_the_same_records_give_the_same_bytes_in_any_order_of_units() -> None:
    roster = full()
    turned = replace(roster, units=dict(sorted(roster.units.items(), reverse=True)), digest=b"of no account")
    assert roster_bytes(turned) == roster_bytes(roster)


def test_unknown_fields_of_a_roster_stay_in_its_digest() -> None:
    data = roster_bytes(full()) + b"\xfa\x3e\x05later"
    assert codec.parse_roster(data, b.regions()) == replace(full(), digest=sha256(data).digest())


def _broken(change: Callable[[pb.Roster], object]) -> bytes:
    roster = pb.Roster.FromString(roster_bytes(full()))
    change(roster)
    return roster.SerializeToString()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda r: r.ClearField("composed_at"), "composed_at"),
        (lambda r: setattr(r, "version", 0), "version"),
        (lambda r: setattr(r, "calendar_version", 0), "calendar_version"),
        (lambda r: setattr(r.registry, "log_public_key", b"short"), "registry.log_public_key"),
        (lambda r: setattr(r.registry, "log_origin", "log\norigin"), "registry.log_origin"),
        (lambda r: r.bureaus.append(r.bureaus[0]), "bureaus.code"),
        (lambda r: setattr(r.bureaus[0], "name", ""), "bureaus.name"),
        (lambda r: setattr(r.bureaus[0], "name", "局" * 201), "bureaus.name"),
        (lambda r: setattr(r.bureaus[0], "name", "杭州\u202e局"), "bureaus.name"),
        (lambda r: r.units.append(r.units[0]), "units.code"),
        (lambda r: setattr(r.units[0], "code", "330100RD019"), "units.code"),
        (lambda r: setattr(r.units[0], "type", 0), "units.type"),
        (lambda r: setattr(r.units[0], "life", 0), "units.life"),
        (lambda r: setattr(r.units[0], "since", "2026-02-30"), "units.since"),
        (lambda r: setattr(r.units[0], "region", "33010"), "units.region"),
        (lambda r: r.units[0].signing_certificates.append(b""), "units.signing_certificates"),
        (lambda r: r.units[0].sealing_keys.append(r.units[0].sealing_keys[0]), "units.sealing_keys"),
        (lambda r: r.units[0].sealing_keys.append(r.units[1].sealing_keys[0]), "units.sealing_keys.statement.unit"),
        (lambda r: setattr(r.units[0].sealing_keys[0], "signature", b""), "units.sealing_keys.signature"),
        (lambda r: setattr(r.units[0].sealing_keys[0], "statement", b"\xff"), "sealing_key"),
        (lambda r: setattr(r.competences[0], "matter", 0), "competences.matter"),
        (lambda r: setattr(r.competences[0], "valid_to", "never"), "competences.valid_to"),
        (lambda r: setattr(r.revocations[0], "digest", b"x" * 20), "revocations.digest"),
        (lambda r: r.revocations[0].ClearField("revoked_at"), "revocations.revoked_at"),
        (lambda r: r.calendars.append(r.calendars[0]), "calendars.year"),
        (lambda r: r.calendars.append(r.calendars[-1]), "calendars"),
        (lambda r: r.calendars[0].rest_days.append("2026-07-01"), "calendars"),
        (lambda r: r.calendars[0].rest_days.append(r.calendars[0].rest_days[0]), "calendars.rest_days"),
        (lambda r: r.agreements[0].units.append(b.CHENGDU_RD), "agreements.units"),
        (lambda r: setattr(r.agreements[0].times[0], "clock", "Lunch break"), "agreements.times.clock"),
        (lambda r: setattr(r.agreements[0].times[0], "working_days", 0), "agreements.times.working_days"),
        (lambda r: setattr(r.agreements[0].times[0], "working_days", 61), "agreements.times.working_days"),
        (lambda r: setattr(r.agreements[0].times[0], "green_working_days", 11), "agreements.times.green_working_days"),
        (lambda r: r.agreements[0].proofs.append(b"x"), "agreements.proofs"),
        (lambda r: setattr(r.suites[0], "allowed_from", ""), "suites.allowed_from"),
        (lambda r: setattr(r.rules[0], "version", 0), "rules.version"),
        (lambda r: setattr(r.witnesses[0], "public_key", b""), "witnesses.public_key"),
    ],
)
def test_a_roster_out_of_its_patterns_is_malformed(change: Callable[[pb.Roster], object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        codec.parse_roster(_broken(change), b.regions())
    assert (caught.value.reason, caught.value.details) == (Reason.MALFORMED, {"field": field})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda r: setattr(r.units[0], "type", 9), "units.type"),
        (lambda r: setattr(r.units[0], "life", 9), "units.life"),
        (lambda r: setattr(r.competences[0], "matter", 99), "competences.matter"),
        (lambda r: r.agreements[0].modes.append(99), "agreements.modes"),
        (lambda r: setattr(r.agreements[0].times[0], "clock", "lunch"), "agreements.times.clock"),
        (lambda r: setattr(r.suites[0], "signing", 99), "suites.signing"),
    ],
)
def test_a_roster_with_an_unknown_code_is_told_as_such(change: Callable[[pb.Roster], object], field: str) -> None:
    with pytest.raises(Refusal) as caught:
        codec.parse_roster(_broken(change), b.regions())
    assert (caught.value.reason, caught.value.details) == (Reason.UNKNOWN_CODE, {"field": field})


def test_statements_come_back_as_they_went() -> None:
    statement = codec.RosterStatement(
        federation_id=b.FEDERATION,
        version=3,
        roster_digest=b.a_digest("roster"),
        issued_at=b.NOW,
        expires_at=b.NOW + timedelta(days=14),
    )
    assert codec.parse_roster_statement(codec.roster_statement_bytes(statement)) == statement
    signed = codec.SignedRosterParts(b"", codec.roster_statement_bytes(statement), b"signature")
    assert codec.parse_signed_roster(codec.signed_roster_bytes(signed)) == signed
    ends_first = codec.roster_statement_bytes(replace(statement, expires_at=b.NOW))
    with pytest.raises(Refusal, match="expires_at"):
        codec.parse_roster_statement(ends_first)
    with pytest.raises(Refusal, match="signature"):
        codec.parse_signed_roster(codec.signed_roster_bytes(replace(signed, signature=b"")))


def test_a_sealing_key_statement_comes_back_as_it_went() -> None:
    key = b.a_sealing_key(b.CHENGDU_RD)
    found = codec.parse_sealing_key_statement(key.statement)
    assert codec.sealing_key_statement_bytes(found) == key.statement
    assert found.public_key == key.public_key
    for wrong, field in (
        (replace(found, public_key=b"x" * 31), "sealing_key.public_key"),
        (replace(found, unit="510100"), "sealing_key.unit"),
        (replace(found, not_after=found.not_before), "sealing_key.not_after"),
        (replace(found, signer_certificate=b""), "sealing_key.signer_certificate"),
        (replace(found, suite=SealingSuite.UNSPECIFIED), "sealing_key.suite"),
    ):
        with pytest.raises(Refusal) as caught:
            codec.parse_sealing_key_statement(codec.sealing_key_statement_bytes(wrong))
        assert caught.value.details == {"field": field}


def test_the_terms_of_an_agreement_are_the_rosters_record() -> None:
    assert codec.read_agreement(pb.AgreementRecord.FromString(agreement_bytes(AGREEMENT))) == AGREEMENT


GOOD = roster_bytes(full())


@given(st.binary(max_size=60), st.integers(0, len(GOOD)), st.integers(0, 60))
def test_no_bytes_break_the_reader(noise: bytes, at: int, cut: int) -> None:
    for data in (noise, GOOD[:at] + noise + GOOD[at + cut :]):
        try:
            codec.parse_roster(data, b.regions())
        except Refusal as refusal:
            fields = set(refusal.details)
        else:
            continue
        assert fields == {"field"}
