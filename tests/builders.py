"""Small real values that many tests begin with: six units of four places, a roster, a letter, a question.

Keys and certificates here are bytes of the right length and nothing more; tests that sign put real ones in with
`with_unit`.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from delegation import digits
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codec_roster import SealingKeyStatement, sealing_key_statement_bytes
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
from delegation.deadlines import day_of
from delegation.model import (
    Base,
    ClockFacts,
    Header,
    LetterDeclared,
    QuestionDeclared,
    Recipient,
    TaskPlace,
)
from delegation.payloads import sealing_key_id
from delegation.regions import RegionTable, load_regions
from delegation.roster_view import (
    Bureau,
    Competence,
    RegistryInfo,
    RosterView,
    RuleVersion,
    SealingKey,
    SuiteRule,
    Unit,
    UnitType,
)
from delegation.workdays import Calendar, load_seed_years

FEDERATION = "xieban-test"
NOW = datetime(2026, 3, 12, 2, 0, 0, tzinfo=UTC)  # 10:00 in Asia/Shanghai, a Thursday
TODAY = day_of(NOW)


def code_of(region: str, unit_type: UnitType, serial: int = 1) -> str:
    """The unit code with its check character."""
    return digits.unit_code(region6=region, unit_type=digits.UnitType(unit_type.value), serial=serial)


HANGZHOU_RD = code_of("330100", UnitType.RECOGNITION)
HANGZHOU_AC = code_of("330100", UnitType.APPRAISAL)
CHENGDU_RD = code_of("510100", UnitType.RECOGNITION)
CHENGDU_AC = code_of("510100", UnitType.APPRAISAL)
DEYANG_RD = code_of("510600", UnitType.RECOGNITION)
DEYANG_AC = code_of("510600", UnitType.APPRAISAL)
ZHEJIANG_PO = code_of("330000", UnitType.PROVINCIAL)
SICHUAN_PO = code_of("510000", UnitType.PROVINCIAL)
NATIONAL_NO = code_of("110000", UnitType.NATIONAL)

DELEGATION_NUMBER = digits.delegation_number(TODAY, "330100", 17)

_NAMES = {
    HANGZHOU_RD: ("杭州市人力资源和社会保障局", UnitType.RECOGNITION, "330100", ZHEJIANG_PO),
    HANGZHOU_AC: ("杭州市劳动能力鉴定委员会", UnitType.APPRAISAL, "330100", ZHEJIANG_PO),
    CHENGDU_RD: ("成都市人力资源和社会保障局", UnitType.RECOGNITION, "510100", SICHUAN_PO),
    CHENGDU_AC: ("成都市劳动能力鉴定委员会", UnitType.APPRAISAL, "510100", SICHUAN_PO),
    DEYANG_RD: ("德阳市人力资源和社会保障局", UnitType.RECOGNITION, "510600", SICHUAN_PO),
    ZHEJIANG_PO: ("浙江省人力资源和社会保障厅", UnitType.PROVINCIAL, "330000", NATIONAL_NO),
    SICHUAN_PO: ("四川省人力资源和社会保障厅", UnitType.PROVINCIAL, "510000", NATIONAL_NO),
    NATIONAL_NO: ("人力资源和社会保障部", UnitType.NATIONAL, "110000", ""),
}
APPRAISAL_MATTERS = tuple(matter for matter in Matter if matter >= Matter.DISABILITY_GRADE)


@lru_cache(maxsize=1)
def regions() -> RegionTable:
    """The region table, read once."""
    return load_regions()


def a_uuid7(number: int = 1) -> str:
    """A UUIDv7 told apart by `number`."""
    return f"0195f3a0-0000-7000-8000-{number:012x}"


def a_uuid4(number: int = 1) -> str:
    """A UUIDv4 told apart by `number`."""
    return f"0195f3a0-0000-4000-8000-{number:012x}"


def a_digest(text: str) -> bytes:
    """Thirty-two bytes told apart by `text`."""
    return sha256(text.encode()).digest()


def a_certificate(unit: str) -> bytes:
    """Stands for the signing certificate of a unit."""
    return b"certificate of " + unit.encode()


def a_sealing_key(unit: str, *, number: int = 1, not_before: datetime = NOW - timedelta(days=30)) -> SealingKey:
    """A sealing key that nobody has the private half of."""
    public_key = sha256(f"{unit} {number}".encode()).digest()
    not_after = not_before + timedelta(days=365)
    signer = sha256(a_certificate(unit)).digest()
    statement = SealingKeyStatement(
        unit=unit, public_key=public_key, not_before=not_before, not_after=not_after, signer_certificate=signer
    )
    return SealingKey(
        key_id=sealing_key_id(public_key),
        public_key=public_key,
        not_before=not_before,
        not_after=not_after,
        statement=sealing_key_statement_bytes(statement),
        signature=b"signature",
        signer_certificate=signer,
    )


def a_unit(code: str, **changes: Any) -> Unit:
    """One of the units above."""
    name, unit_type, region, parent = _NAMES[code]
    unit = Unit(
        code=code,
        name=name,
        type=unit_type,
        region=region,
        bureau=region,
        pooling_area=region,
        parent=parent,
        signing_certificates=(a_certificate(code),),
        sealing_keys=(a_sealing_key(code),),
    )
    return replace(unit, **changes)


def _competences() -> tuple[Competence, ...]:
    since = date(2020, 1, 1)
    investigations = [Competence(u[:6], Matter.INVESTIGATION, u, since) for u in (HANGZHOU_RD, CHENGDU_RD, DEYANG_RD)]
    appraisals = [Competence(u[:6], m, u, since) for u in (HANGZHOU_AC, CHENGDU_AC) for m in APPRAISAL_MATTERS]
    return (*investigations, *appraisals)


def a_roster(**changes: Any) -> RosterView:
    """Hangzhou (RD, AC), Chengdu (RD, AC), Deyang (RD), both provincial offices and the national one, all active."""
    view = RosterView(
        federation_id=FEDERATION,
        version=1,
        composed_at=NOW - timedelta(days=1),
        calendar_version=1,
        agreement_version=1,
        calendar=Calendar(1, load_seed_years()),
        regions=regions(),
        registry=RegistryInfo(
            log_origin="xieban-test/log",
            log_public_key=a_digest("log"),
            channel_authorities=(b"channel authority",),
            spiffe_id="spiffe://xieban.test/registry",
        ),
        bureaus={region: Bureau(region, name, region) for name, _, region, _ in _NAMES.values()},
        units={code: a_unit(code) for code in _NAMES},
        competences=_competences(),
        suites=(SuiteRule(SigningSuite.ECDSA_P256_SHA256, SealingSuite.X25519_AES256GCM, date(2020, 1, 1)),),
        rules=(RuleVersion(1, date(2020, 1, 1)),),
    )
    return replace(view, **changes)


def with_unit(roster: RosterView, code: str, **changes: Any) -> RosterView:
    """The same roster with one unit changed."""
    return replace(roster, units={**roster.units, code: replace(roster.units[code], **changes)})


def a_recipient(unit: str) -> Recipient:
    """The unit with the key of `a_roster`."""
    return Recipient(unit, a_sealing_key(unit).key_id)


def a_header(**changes: Any) -> Header:
    """A letter of Hangzhou to Chengdu that asks for an investigation; parses when it is made into bytes."""
    header = Header(
        envelope_id=a_uuid7(1),
        federation_id=FEDERATION,
        thread_id=DELEGATION_NUMBER,
        thread_type=ThreadType.DELEGATION,
        kind=Kind.ISSUED,
        sender_unit=HANGZHOU_RD,
        counterpart_unit=CHENGDU_RD,
        recipients=(a_recipient(HANGZHOU_RD), a_recipient(CHENGDU_RD)),
        case_id=a_uuid4(7),
        signer_certificates=(a_digest("signer"),),
        task_place=TaskPlace("510100", PlaceRole.ACCIDENT, PlaceCertainty.DEFINITE),
        matter=Matter.INVESTIGATION,
        legal_basis=LegalBasis.RECOGNITION_RULES_14,
        priority=Priority.NORMAL,
        clock=ClockFacts(accepted_on=date(2026, 3, 6), procedure=Procedure.ORDINARY),
        claimed_at=NOW,
        base=Base(0, b""),
        roster_version=1,
        declared=LetterDeclared(items=3, mandatory_items=2),
        content_commitment=a_digest("commitment"),
    )
    return replace(header, **changes)


def a_question(**changes: Any) -> Header:
    """A question of Chengdu to Hangzhou in the same delegation."""
    asked = {
        "envelope_id": a_uuid7(2),
        "kind": Kind.QUESTION,
        "sender_unit": CHENGDU_RD,
        "counterpart_unit": HANGZHOU_RD,
        "recipients": (a_recipient(CHENGDU_RD), a_recipient(HANGZHOU_RD)),
        "base": Base(3, a_digest("entry 3")),
        "declared": QuestionDeclared(blocking=False),
        "clock": ClockFacts(),
        "task_place": None,
        "matter": Matter.UNSPECIFIED,
        "legal_basis": LegalBasis.UNSPECIFIED,
        "priority": Priority.UNSPECIFIED,
    }
    return a_header(**{**asked, **changes})


def wire(header: Header, *, sealed_body: bytes = b"sealed body") -> bytes:
    """The header's bytes with the digest and size of a sealed body."""
    return header_bytes(context_bytes(header), sha256(sealed_body).digest(), len(sealed_body))


def parsed(header: Header) -> Header:
    """The same header as it comes out of its bytes, with digests."""
    return parse_header(wire(header))
