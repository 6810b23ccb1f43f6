"""An agreement is proved by what both units signed, and by nothing else."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from certs.agreement_proof import AgreementProof, SignedHeader, proof_from_json, proof_to_json, proven_agreement
from certs.envelope import seal_and_sign
from delegation.codec_roster_write import agreement_bytes
from delegation.codes import Kind, Matter, ThreadType
from delegation.errors import Reason, Refusal
from delegation.model import NO_CLOCK, AgreementDeclared
from delegation.roster_records import AgreedTime, Agreement
from tests.certs.refusals import refused
from tests.certs.world import AT, HOME, HOST, PROVINCE, World, a_draft
from xieban.delegation.v1 import body_pb2, codes_pb2

THREAD = "0195e9a0-2222-7aaa-8bbb-0123456789ab"
FIRST, SECOND = sorted((HOME, HOST))
TERMS = Agreement(
    agreement_id=THREAD,
    units=(FIRST, SECOND),
    matters=(Matter.INVESTIGATION,),
    times=(AgreedTime("investigate", 12, 5),),
    valid_from=date(2026, 4, 1),
)


def signed(
    world: World, kind: Kind, sender: str, other: str, *, terms: Agreement = TERMS, thread: str = THREAD
) -> SignedHeader:
    record = agreement_bytes(terms)
    draft = replace(
        a_draft(),
        kind=kind,
        thread_id=thread,
        thread_type=ThreadType.AGREEMENT,
        sender_unit=sender,
        counterpart_unit=other,
        task_place=None,
        matter=Matter.UNSPECIFIED,
        legal_basis=type(a_draft().legal_basis).UNSPECIFIED,
        priority=type(a_draft().priority).UNSPECIFIED,
        clock=NO_CLOCK,
        case_id="",
        declared=AgreementDeclared(sha256(record).digest()),
        claimed_at=AT + timedelta(hours=int(kind) - 110),
    )
    body = body_pb2.Body(kind=codes_pb2.EventKind.ValueType(kind), thread_id=thread)
    body.agreement.record = record
    keys = world.keys[sender]
    sealed = seal_and_sign(
        draft,
        body.SerializeToString(deterministic=True),
        recipients=world.recipients(sender, other),
        signing_key=keys.signing,
        certificate=keys.certificate,
    )
    return SignedHeader(sealed.header_bytes, sealed.signatures)


def proof(world: World, terms: Agreement = TERMS) -> AgreementProof:
    return AgreementProof(
        agreement_bytes(terms),
        signed(world, Kind.AGREEMENT_PROPOSED, HOME, HOST, terms=terms),
        signed(world, Kind.AGREEMENT_COUNTERSIGNED, HOST, HOME, terms=terms),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("world"))


def test_what_both_signed_holds_and_names_its_proofs(world: World) -> None:
    given = proof_from_json(proof_to_json(proof(world)))
    found = proven_agreement(given, world.trust())
    assert replace(found, proofs=()) == TERMS
    assert found.proofs == (sha256(given.proposed.header).digest(), sha256(given.countersigned.header).digest())


def test_an_end_by_one_side_closes_it_on_that_day(world: World) -> None:
    terms = replace(TERMS, valid_from=date(2026, 1, 1))
    ended = signed(world, Kind.AGREEMENT_ENDED, HOST, HOME, terms=terms)
    found = proven_agreement(replace(proof(world, terms), ended=ended), world.trust())
    assert found.valid_to == date(2026, 3, 12)


def test_terms_against_the_law_are_not_taken_but_their_end_is(world: World) -> None:
    terms = replace(TERMS, times=(AgreedTime("investigate", 37),), valid_from=date(2026, 1, 1))
    unlawful = proof(world, terms)
    with pytest.raises(Refusal) as caught:
        proven_agreement(unlawful, world.trust())
    assert (caught.value.reason, caught.value.details["article"]) == (Reason.INVALID_INPUT, "regulation-20")
    ended = signed(world, Kind.AGREEMENT_ENDED, HOST, HOME, terms=terms)
    assert proven_agreement(replace(unlawful, ended=ended), world.trust()).valid_to == date(2026, 3, 12)


def test_the_provinces_speak_for_their_units(world: World) -> None:
    for_host = AgreementProof(
        agreement_bytes(TERMS),
        signed(world, Kind.AGREEMENT_PROPOSED, HOME, PROVINCE),
        signed(world, Kind.AGREEMENT_COUNTERSIGNED, PROVINCE, HOME),
    )
    assert proven_agreement(for_host, world.trust()).units == (FIRST, SECOND)


Change = Callable[[World, AgreementProof], AgreementProof]
BAD: dict[str, tuple[Change, Reason]] = {
    "other terms than signed": (
        lambda _w, p: replace(p, record=agreement_bytes(replace(TERMS, valid_from=date(2026, 5, 1)))),
        Reason.INVALID_INPUT,
    ),
    "one side alone": (lambda _w, p: replace(p, countersigned=p.proposed), Reason.INVALID_INPUT),
    "signed twice by one unit": (
        lambda w, p: replace(p, countersigned=signed(w, Kind.AGREEMENT_COUNTERSIGNED, HOME, HOST)),
        Reason.INVALID_INPUT,
    ),
    "a countersignature of another thread": (
        lambda w, p: replace(
            p, countersigned=signed(w, Kind.AGREEMENT_COUNTERSIGNED, HOST, HOME, thread=THREAD.replace("2222", "3333"))
        ),
        Reason.INVALID_INPUT,
    ),
    "a third unit's countersignature": (
        lambda w, p: replace(p, countersigned=signed(w, Kind.AGREEMENT_COUNTERSIGNED, PROVINCE, HOME)),
        Reason.INVALID_INPUT,
    ),
    "a forged signature": (
        lambda _w, p: replace(p, proposed=SignedHeader(p.proposed.header, p.countersigned.signatures)),
        Reason.BAD_SIGNATURE,
    ),
    "terms that are no record": (lambda _w, p: replace(p, record=b"\xff\xff"), Reason.MALFORMED),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_not_signed_by_both_is_refused(world: World, name: str) -> None:
    change, reason = BAD[name]
    assert refused(proven_agreement, change(world, proof(world)), world.trust()).reason is reason


def _tampered(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    value = json.loads(text)
    change(value)
    return json.dumps(value)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.pop("countersigned"),
        lambda v: v.update(format="xieban-agreement/2"),
        lambda v: v.update(more=1),
        lambda v: v["proposed"].update(signatures=[]),
        lambda v: v["proposed"].update(header="not base64"),
    ],
)
def test_another_file_is_refused(world: World, change: Callable[[dict[str, Any]], object]) -> None:
    text = _tampered(proof_to_json(proof(world)), change)
    assert refused(proof_from_json, text).reason is Reason.MALFORMED


def test_a_huge_or_broken_file_is_refused() -> None:
    assert refused(proof_from_json, " " * 300_000).reason is Reason.TOO_LARGE
    assert refused(proof_from_json, "{").reason is Reason.MALFORMED


def test_the_authority_takes_it_into_its_book_once(tmp_path: Path) -> None:
    from certs.roster_grants import take_agreement
    from tests.certs.test_roster_book import Office

    office = Office(tmp_path)
    office.enrol()
    office.book.publish(office.authority, AT)
    small = World.__new__(World)  # the same signing in the office's federation, with its keys
    small.keys = office_keys(office)
    given = proof(small)
    first = take_agreement(office.book, office.authority, given, AT)
    assert take_agreement(office.book, office.authority, given, AT) == first
    assert office.book.records.agreements == (first,)
    office.book.publish(office.authority, AT + timedelta(hours=1))
    assert office.read(office.book.current()).view.agreement(THREAD, date(2026, 4, 2)) == first


def office_keys(office: Any) -> Any:  # Any: the helper class of another test module, by its shape
    from tests.certs.world import UnitKeys

    found = {}
    for unit in (HOME, HOST):
        record = office.book.records.units[unit]
        keys = UnitKeys(unit, office.signing[unit], record.signing_certificates[-1])
        keys.newest = record.sealing_keys[-1].key_id
        keys.sealing[keys.newest] = office.sealing[unit]
        found[unit] = keys
    return found
