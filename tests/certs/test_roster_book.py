"""The seal authority's book: what is granted, refused, composed and signed."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from certs.authority import SealAuthority
from certs.files import KeyFileCode, KeyFileError
from certs.keys import certificate_digest, new_csr, new_ed25519, new_p256, new_x25519
from certs.roster_book import RosterBook, records_from_json, records_to_json
from certs.roster_grants import add_certificate, rotate_sealing_key
from certs.trust import Trust, verify_roster
from certs.unit_request import UnitRequest, new_unit_request, request_from_json, request_to_json, sealing_key_request
from certs.vouching import VouchingKind, read_vouching
from delegation.codes import Matter
from delegation.digits import UnitType as TypeCode
from delegation.digits import unit_code
from delegation.errors import Reason
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import Bureau, Competence, RegistryInfo, Unit, UnitLife, UnitType
from delegation.workdays import CalendarYear, Overlay
from tests.certs.refusals import refused
from tests.certs.world import AT, DAY, FEDERATION, HOME, HOST

REGIONS = load_regions()


class Office:
    """The seal authority's people with their book, and two units that ask."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = SealAuthority.create(folder / "authority", FEDERATION, AT - 100 * DAY)
        self.registry = RegistryInfo(
            log_origin="log.xieban.test", log_public_key=new_ed25519().public_key().public_bytes_raw()
        )
        self.book = RosterBook.create(
            folder / "book", federation_id=FEDERATION, registry=self.registry, regions=REGIONS, at=AT
        )
        for code in ("330100", "510100"):
            self.book.put_bureau(Bureau(code, f"{code} 局", code))
        for unit in (HOME, HOST):
            self.book.add_unit(a_unit(unit))
        self.signing = {unit: new_p256() for unit in (HOME, HOST)}
        self.sealing = {unit: new_x25519() for unit in (HOME, HOST)}

    def request(self, unit: str) -> UnitRequest:
        return new_unit_request(
            unit, signing_key=self.signing[unit], sealing_key=self.sealing[unit].public_key(), at=AT
        )

    def enrol(self) -> None:
        for unit in (HOME, HOST):
            add_certificate(self.book, self.authority, self.request(unit), AT)

    def read(self, signed: bytes, held: Trust | None = None) -> Trust:
        return verify_roster(
            signed, seal_authority=self.authority.certificates, regions=REGIONS, at=AT + 30 * DAY, held=held
        )


def a_unit(code: str) -> Unit:
    region = code[:6]
    return Unit(
        code=code,
        name=f"{region} 人力资源和社会保障局",
        type=UnitType.RECOGNITION,
        bureau=region,
        region=region,
        life=UnitLife.JOINING,
        since=date(2026, 1, 1),
    )


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def enrolled(office: Office) -> Office:
    office.enrol()
    return office


class TestEnrolment:
    def test_one_file_there_and_one_roster_back(self, enrolled: Office) -> None:
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        unit = trust.view.unit(HOME)
        assert unit.life is UnitLife.ACTIVE
        assert unit.is_member
        key = trust.sealing_key(HOME, AT + DAY)
        assert key.public_key == enrolled.sealing[HOME].public_key().public_bytes_raw()
        digest = certificate_digest(unit.signing_certificates[0])
        assert trust.signer(digest, AT).public_key == enrolled.signing[HOME].public_key()

    def test_a_request_survives_its_file(self, office: Office) -> None:
        request = office.request(HOME)
        assert request_from_json(request_to_json(request)) == request
        earlier = (new_p256(), office.authority.certificate)
        with_word = new_unit_request(
            HOME, signing_key=new_p256(), sealing_key=new_x25519().public_key(), at=AT, earlier=earlier
        )
        assert request_from_json(request_to_json(with_word)) == with_word

    @pytest.mark.parametrize(
        "change",
        [
            ("csr", "%%%"),
            ("unit", "330100RD010"),
            ("format", "xieban-unit-request-2"),
            ("earlier_certificate", "AAAA"),
            ("csr", "汉"),
        ],
    )
    def test_a_damaged_file_is_refused(self, office: Office, change: tuple[str, str]) -> None:
        name, value = change
        data = json.loads(request_to_json(office.request(HOME))) | {name: value}
        assert refused(request_from_json, json.dumps(data)).reason in {Reason.MALFORMED, Reason.UNKNOWN_VERSION}
        for text in ("", "[]", "{", "null", json.dumps(data | {"more": "x"}), "[" * 9_000, "x" * 20_000):
            refused(request_from_json, text)

    def test_the_same_request_again_grants_the_same(self, enrolled: Office) -> None:
        before = enrolled.book.records
        granted = add_certificate(enrolled.book, enrolled.authority, enrolled.request(HOME), AT + DAY)
        assert not granted.is_new
        assert granted.certificate == before.unit(HOME).signing_certificates[0]
        # its sealing statement was made anew, a day later, for the same key: nothing to add
        assert len(enrolled.book.records.unit(HOME).sealing_keys) == 1

    def test_an_unknown_unit(self, office: Office) -> None:
        unknown = unit_code(region6="110101", unit_type=TypeCode("RD"), serial=1)
        request = new_unit_request(unknown, signing_key=new_p256(), sealing_key=new_x25519().public_key(), at=AT)
        assert refused(add_certificate, office.book, office.authority, request, AT).reason is Reason.NOT_FOUND

    def test_a_sealing_key_signed_by_another(self, office: Office) -> None:
        request = office.request(HOME)
        stranger = new_unit_request(HOME, signing_key=new_p256(), sealing_key=new_x25519().public_key(), at=AT)
        mixed = replace(
            request, sealing_statement=stranger.sealing_statement, sealing_signature=stranger.sealing_signature
        )
        assert refused(add_certificate, office.book, office.authority, mixed, AT).details["why"] == "sealing_key"
        assert not office.book.records.unit(HOME).signing_certificates

    @pytest.mark.parametrize("raw", [bytes(32), b"\x01" + bytes(31), b"\xff" * 32])
    def test_a_weak_sealing_key_is_not_enrolled(self, office: Office, raw: bytes) -> None:
        class Weak:
            def public_bytes_raw(self) -> bytes:
                return raw

        request = new_unit_request(
            HOME,
            signing_key=office.signing[HOME],
            sealing_key=Weak(),  # type: ignore[arg-type] # a key that no library makes
            at=AT,
        )
        assert refused(add_certificate, office.book, office.authority, request, AT).reason is Reason.WEAK_KEY
        assert not office.book.records.unit(HOME).sealing_keys

    def test_statement_made_days_before_the_certificate(self, office: Office) -> None:
        request = office.request(HOME)
        add_certificate(office.book, office.authority, request, AT + 20 * DAY)
        assert office.book.records.unit(HOME).life is UnitLife.ACTIVE


class TestChangeOfKeys:
    def test_a_new_key_needs_the_old_ones_word(self, enrolled: Office) -> None:
        held = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        certificate = enrolled.book.records.unit(HOME).signing_certificates[0]
        key = new_p256()
        silent = new_unit_request(HOME, signing_key=key, sealing_key=new_x25519().public_key(), at=AT)
        refusal = refused(add_certificate, enrolled.book, enrolled.authority, silent, AT + DAY)
        assert (refusal.reason, refusal.details) == (Reason.KEY_CHANGED_UNSIGNED, {"unit": HOME})
        assert len(enrolled.book.records.unit(HOME).signing_certificates) == 1

        word = new_unit_request(
            HOME,
            signing_key=key,
            sealing_key=new_x25519().public_key(),
            at=AT + DAY,
            earlier=(enrolled.signing[HOME], certificate),
        )
        granted = add_certificate(enrolled.book, enrolled.authority, word, AT + DAY)
        assert granted.is_new
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT + DAY), held)
        assert not trust.unvouched
        assert trust.sealing_key(HOME, AT + 2 * DAY).key_id == trust.view.unit(HOME).sealing_keys[-1].key_id

    def test_the_same_key_is_certified_again_without_a_word(self, enrolled: Office) -> None:
        held = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        later = AT + 800 * DAY
        granted = add_certificate(enrolled.book, enrolled.authority, enrolled.request(HOME), later)
        assert granted.is_new
        assert read_vouching(granted.certificate) is None
        signed = enrolled.book.publish(enrolled.authority, later)
        trust = verify_roster(
            signed, seal_authority=enrolled.authority.certificates, regions=REGIONS, at=later, held=held
        )
        assert not trust.unvouched

    def test_or_the_authoritys_statement(self, enrolled: Office) -> None:
        enrolled.book.publish(enrolled.authority, AT)
        lost = new_unit_request(HOME, signing_key=new_p256(), sealing_key=new_x25519().public_key(), at=AT)
        granted = add_certificate(enrolled.book, enrolled.authority, lost, AT + DAY, authority_statement=True)
        vouching = read_vouching(granted.certificate)
        assert vouching is not None
        assert vouching.kind is VouchingKind.AUTHORITY
        assert not enrolled.read(enrolled.book.publish(enrolled.authority, AT + DAY)).unvouched

    def test_a_revoked_key_gives_no_word(self, enrolled: Office) -> None:
        certificate = enrolled.book.records.unit(HOME).signing_certificates[0]
        enrolled.book.revoke(certificate_digest(certificate), at=AT)
        word = new_unit_request(
            HOME,
            signing_key=new_p256(),
            sealing_key=new_x25519().public_key(),
            at=AT,
            earlier=(enrolled.signing[HOME], certificate),
        )
        refusal = refused(add_certificate, enrolled.book, enrolled.authority, word, AT + DAY)
        assert refusal.reason is Reason.KEY_CHANGED_UNSIGNED

    def test_the_book_publishes_no_key_without_a_word(self, enrolled: Office) -> None:
        """Also when somebody wrote it into the records by hand."""
        enrolled.book.publish(enrolled.authority, AT)
        unit = enrolled.book.records.unit(HOME)
        slipped = enrolled.authority.issue_unit(new_csr(new_p256()), HOME, AT)
        enrolled.book.put_unit(replace(unit, signing_certificates=(*unit.signing_certificates, slipped)))
        refusal = refused(enrolled.book.publish, enrolled.authority, AT)
        assert refusal.reason is Reason.KEY_CHANGED_UNSIGNED
        assert enrolled.book.published_version == 1

    def test_a_sealing_key_is_rotated_by_the_signing_key(self, enrolled: Office) -> None:
        certificate = enrolled.book.records.unit(HOME).signing_certificates[0]
        new = new_x25519()
        request = sealing_key_request(
            HOME,
            signing_key=enrolled.signing[HOME],
            certificate=certificate,
            sealing_key=new.public_key(),
            at=AT + DAY,
        )
        rotate_sealing_key(enrolled.book, enrolled.authority, request_from_json(request_to_json(request)), AT + DAY)
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT + DAY))
        assert len(trust.view.unit(HOME).sealing_keys) == 2
        assert trust.sealing_key(HOME, AT + 2 * DAY).public_key == new.public_key().public_bytes_raw()
        forged = replace(request, sealing_signature=request.sealing_signature[:-1] + b"\0")
        other = replace(forged, sealing_statement=request.sealing_statement)
        assert refused(rotate_sealing_key, enrolled.book, enrolled.authority, other, AT).details["why"] == (
            "sealing_key"
        )


class TestPublishing:
    def test_versions_rise_by_one_and_every_one_is_kept(self, enrolled: Office) -> None:
        first = enrolled.book.publish(enrolled.authority, AT)
        enrolled.book.put_bureau(Bureau("330200", "宁波", "330200"))
        second = enrolled.book.publish(enrolled.authority, AT + DAY)
        held = enrolled.read(first)
        assert enrolled.read(second, held).view.version == 2
        assert enrolled.book.published(1) == first
        assert enrolled.book.current() == second

    def test_without_a_change_only_the_statement_is_new(self, enrolled: Office) -> None:
        first = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        again = enrolled.read(enrolled.book.publish(enrolled.authority, AT + DAY), first)
        daily = enrolled.read(enrolled.book.restate(enrolled.authority, AT + 2 * DAY), again)
        assert (again.view.version, daily.view.digest) == (1, first.view.digest)
        assert daily.statement.issued_at == AT + 2 * DAY
        assert daily.statement.expires_at == AT + 16 * DAY
        assert enrolled.book.current() != enrolled.book.published(1)

    def test_survives_a_restart(self, enrolled: Office) -> None:
        enrolled.book.publish(enrolled.authority, AT)
        again = RosterBook.load(enrolled.folder / "book", REGIONS)
        assert again.records == replace(enrolled.book.records, digest=again.records.digest)
        again.put_bureau(Bureau("330200", "宁波", "330200"))
        assert enrolled.read(again.publish(enrolled.authority, AT + DAY)).view.version == 2

    def test_signs_nothing_that_contradicts_itself(self, enrolled: Office) -> None:
        enrolled.book.put_competences([Competence("510100", Matter.DISABILITY_GRADE, HOST, date(2020, 1, 1))])
        refusal = refused(enrolled.book.publish, enrolled.authority, AT)
        assert (refusal.reason, refusal.details["problem"]) == (Reason.INVALID_INPUT, "competence_matter")
        assert enrolled.book.published_version == 0
        with pytest.raises(KeyFileError):
            enrolled.book.current()

    def test_seed_calendars_and_their_version(self, enrolled: Office) -> None:
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        calendar = trust.view.calendar.at("330100")
        assert not calendar.is_workday(date(2026, 10, 1))
        enrolled.book.put_calendar_year(
            CalendarYear(2027, frozenset({date(2027, 1, 1)}), frozenset(), "国办发明电〔2026〕号")
        )
        enrolled.book.put_calendar_year(Overlay("650000", 2027, frozenset({date(2027, 3, 1)}), frozenset(), "自治区"))
        after = enrolled.read(enrolled.book.publish(enrolled.authority, AT + DAY), trust)
        assert after.view.calendar_version == trust.view.calendar_version + 1
        assert after.view.agreement_version == trust.view.agreement_version
        assert not after.view.calendar.at("650100").is_workday(date(2027, 3, 1))

    def test_revocations_never_get_better(self, enrolled: Office) -> None:
        digest = certificate_digest(enrolled.book.records.unit(HOME).signing_certificates[0])
        enrolled.book.revoke(digest, at=AT, compromised_since=AT - DAY)
        enrolled.book.revoke(digest, at=AT + DAY)
        found = enrolled.book.records.revocations[digest]
        assert (found.revoked_at, found.compromised_since) == (AT, AT - DAY)
        enrolled.book.revoke(digest, at=AT + DAY, compromised_since=AT - 3 * DAY)
        assert enrolled.book.records.revocations[digest].compromised_since == AT - 3 * DAY
        enrolled.book.revoke(bytes(16), at=AT)
        assert refused(enrolled.book.revoke, b"short", at=AT).reason is Reason.INVALID_INPUT
        assert refused(enrolled.book.revoke, digest, at=AT, compromised_since=AT + DAY).reason is Reason.INVALID_INPUT
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        assert refused(trust.signer, digest, AT - DAY / 240).details == {"why": "revoked"}

    def test_a_weak_log_key_is_not_taken(self, office: Office) -> None:
        weak = replace(office.registry, log_public_key=b"\x01" + bytes(31))
        assert refused(office.book.put_registry, weak).reason is Reason.WEAK_KEY
        assert refused(
            RosterBook.create, office.folder / "b2", federation_id=FEDERATION, registry=weak, regions=REGIONS, at=AT
        ).reason is (Reason.WEAK_KEY)

    def test_no_book_over_a_book_and_none_where_none_is(self, office: Office) -> None:
        with pytest.raises(KeyFileError) as caught:
            RosterBook.create(
                office.folder / "book", federation_id=FEDERATION, registry=office.registry, regions=REGIONS, at=AT
            )
        assert caught.value.code is KeyFileCode.EXISTS
        with pytest.raises(KeyFileError) as caught:
            RosterBook.load(office.folder / "nowhere", REGIONS)
        assert caught.value.code is KeyFileCode.MISSING

    def test_records_are_read_strictly(self, office: Office) -> None:
        text = records_to_json(office.book.records)
        empty = RegionTable.of(())
        assert records_from_json(text, empty).federation_id == FEDERATION
        for damaged in ("", "[]", text.replace("federation_id", "federation"), text.replace(HOME, "330100RD010")):
            assert refused(records_from_json, damaged, empty).reason is Reason.MALFORMED

    def test_after_a_handover_the_book_goes_on(self, enrolled: Office) -> None:
        held = enrolled.read(enrolled.book.publish(enrolled.authority, AT))
        enrolled.authority, _ = enrolled.authority.rotate(AT + DAY)
        enrolled.book.put_bureau(Bureau("330200", "宁波", "330200"))
        trust = enrolled.read(enrolled.book.publish(enrolled.authority, AT + 2 * DAY), held)
        assert trust.view.version == 2
        assert not trust.unvouched

    def test_a_known_unit_is_not_added_again(self, office: Office) -> None:
        assert refused(office.book.add_unit, a_unit(HOME)).reason is Reason.INVALID_INPUT
