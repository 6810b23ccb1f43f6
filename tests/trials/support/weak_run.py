"""Weak keys at every door: enrolment over the wire, a unit's request, the roster, a letter to seal or to open."""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from certs.envelope import seal_and_sign
from certs.keys import certificate_digest, new_csr, new_p256, new_x25519, spki_digest
from certs.requests import checked_request
from certs.roster_book import RosterBook
from certs.roster_grants import add_certificate, rotate_sealing_key
from certs.sealing import SEALED_KEY_SIZE, open_content
from certs.signing import sign_p256
from certs.tls import enrolment_channel_credentials
from certs.tokens import parse_token
from certs.trust import verify_roster
from certs.unit_request import UnitRequest
from delegation.codec_entry import pack_sealed
from delegation.codec_roster import SealingKeyStatement, sealing_key_statement_bytes
from delegation.codec_roster_write import roster_bytes
from delegation.errors import Reason, Refusal
from delegation.payloads import PAYLOAD_TYPE_SEALING_KEY, sealing_key_id
from delegation.roster_view import Bureau, SealingKey, Unit, UnitLife, UnitType
from registry.server import Registry
from registry.setup import new_token, publish
from tests.builders import CHENGDU_RD, HANGZHOU_RD, regions
from tests.certs.world import a_body
from tests.registry.federation import CHENGDU, DAY, Federation, reason_of
from tests.trials.support.weak_keys import request_with_point, requests, sealing_keys
from xieban.federation.v1 import enrolment_pb2, enrolment_pb2_grpc

_REFUSED = {Reason.WEAK_KEY, Reason.MALFORMED, Reason.BAD_SIGNATURE, Reason.TOO_LARGE}
_OF_A_KEY = {
    "rsa",
    "dsa",
    "ed25519",
    "ed448",
    "other curve",
    "infinity",
    "off the curve",
    "zero",
    "short",
    "hybrid",
    "compressed",
}


def check_control() -> None:
    """A request made by hand with a good point fails for its signature alone, so the bad points are what is judged."""
    point = new_p256().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    with pytest.raises(Refusal) as caught:
        checked_request(request_with_point(point))
    assert caught.value.reason is Reason.BAD_SIGNATURE


async def enrol_over_the_wire(folder: Path, *, seed: int, count: int) -> Counter[str]:
    """Each weak request as the channel's and as the node's, with a true token, which stays unused."""
    federation = Federation(folder)
    found: Counter[str] = Counter()
    async with federation.running() as registry, _enrolment(registry) as channel:
        stub: Any = enrolment_pb2_grpc.EnrolmentServiceStub(channel)
        token = parse_token(new_token(federation.settings, CHENGDU, federation.clock.at), at=federation.clock.at)
        good = new_csr(new_p256())
        for kind, weak in requests(seed, count=count):
            for channel_request, node_request in ((weak, good), (good, weak)):
                request = enrolment_pb2.EnrolRequest(
                    token=token.secret, channel_request=channel_request, node_request=node_request
                )
                reason = await _refusal(stub.Enrol(request))
                assert reason in _REFUSED, (kind, reason)
                assert kind not in _OF_A_KEY or reason == Reason.WEAK_KEY, (kind, reason)
                found[f"{kind}: {reason}"] += 1
        answer = await stub.Enrol(
            enrolment_pb2.EnrolRequest(token=token.secret, channel_request=good, node_request=new_csr(new_p256()))
        )
        assert answer.bureau == CHENGDU, "the token was not used up by any of them"
    return found


def _enrolment(registry: Registry) -> grpc.aio.Channel:
    credentials = enrolment_channel_credentials(registry.keys.channel_authorities)
    return grpc.aio.secure_channel(f"127.0.0.1:{registry.ports['enrolment']}", credentials)


async def _refusal(call: Awaitable[object]) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        return reason_of(error)
    return "ENROLLED"


def _statement(federation: Federation, raw: bytes, signer: bytes) -> bytes:
    at = federation.clock.at
    return sealing_key_statement_bytes(
        SealingKeyStatement(
            unit=CHENGDU_RD, public_key=raw, not_before=at - DAY, not_after=at + 300 * DAY, signer_certificate=signer
        )
    )


def ask_the_authority(folder: Path, *, seed: int, count: int) -> Counter[str]:
    """A unit's requests with weak signing and sealing keys, each truly signed: the book stays as it was."""
    federation = Federation(folder)
    at = federation.clock.at
    book = RosterBook.create(
        folder / "book",
        federation_id=federation.settings.federation_id,
        registry=federation.view.registry,
        regions=regions(),
        at=at,
    )
    book.put_bureau(Bureau(CHENGDU, CHENGDU, CHENGDU))
    unit = Unit(
        code=CHENGDU_RD,
        name=CHENGDU_RD,
        type=UnitType.RECOGNITION,
        bureau=CHENGDU,
        region=CHENGDU,
        pooling_area=CHENGDU,
        life=UnitLife.JOINING,
    )
    book.add_unit(unit)
    found: Counter[str] = Counter()
    for kind, weak in requests(seed, count=count):
        with pytest.raises(Refusal) as caught:
            add_certificate(book, federation.seal, UnitRequest(unit=CHENGDU_RD, csr=weak), at)
        assert caught.value.reason in _REFUSED, kind
        found[f"{kind}: {caught.value.reason}"] += 1
    signing = new_p256()
    for kind, raw in sealing_keys(seed, count=count):
        statement = _statement(federation, raw, spki_digest(signing.public_key()))
        signature = sign_p256(signing, PAYLOAD_TYPE_SEALING_KEY, statement)
        asked = UnitRequest(
            unit=CHENGDU_RD, csr=new_csr(signing), sealing_statement=statement, sealing_signature=signature
        )
        for ask in (
            lambda asked=asked: add_certificate(book, federation.seal, asked, at),
            lambda asked=asked: rotate_sealing_key(book, federation.seal, replace(asked, csr=b""), at),
        ):
            with pytest.raises(Refusal) as caught:
                ask()
            assert caught.value.reason in {Reason.WEAK_KEY, Reason.MALFORMED, Reason.ROSTER_NOT_TRUSTED}, kind
            found[f"sealing key {kind}: {caught.value.reason}"] += 1
    assert book.records.units[CHENGDU_RD] == unit, "nothing of it stands in the book"
    return found


def put_into_the_roster(folder: Path, *, seed: int, count: int) -> Counter[str]:
    """A seal authority gone wrong signs a weak sealing key or log key: registry and nodes refuse the whole roster."""
    federation = Federation(folder)
    at = federation.clock.at
    registry = Registry(federation.settings, clock=federation.clock.now, monotonic=federation.clock.monotonic)
    store = registry.database.store
    federation.publish(store)
    before = store.newest_statement()
    found: Counter[str] = Counter()
    keys = federation.keys[CHENGDU_RD]
    units = federation.view.units
    for kind, raw in sealing_keys(seed, count=count):
        signer = certificate_digest(keys.certificate)
        statement = _statement(federation, raw, signer)
        weak = SealingKey(
            key_id=sealing_key_id(raw),
            public_key=raw,
            not_before=at - DAY,
            not_after=at + 300 * DAY,
            statement=statement,
            signature=sign_p256(keys.signing, PAYLOAD_TYPE_SEALING_KEY, statement),
            signer_certificate=signer,
        )
        host = replace(units[CHENGDU_RD], sealing_keys=(*units[CHENGDU_RD].sealing_keys, weak))
        bad_log = replace(federation.view.registry, log_public_key=raw[:32].ljust(32, b"\xff"))
        versions = [replace(federation.view, version=2, units={**units, CHENGDU_RD: host})]
        if kind == "not canonical" and int.from_bytes(bad_log.log_public_key, "little") % 2**255 >= 2**255 - 19:
            versions.append(replace(federation.view, version=2, registry=bad_log))
        for view in versions:
            signed = federation.seal.sign_roster(roster_bytes(view), at)
            for believe in (
                lambda signed=signed: publish(
                    store, signed, seal_authority=federation.seal.certificate, regions=regions(), at=at
                ),
                lambda signed=signed: verify_roster(
                    signed, seal_authority=federation.seal.certificate, regions=regions(), at=at, held=None
                ),
            ):
                with pytest.raises(Refusal) as caught:
                    believe()
                found[f"roster {kind}: {caught.value.reason}"] += 1
    assert store.newest_statement() == before
    registry.database.close()
    return found


def seal_and_open(folder: Path, *, seed: int) -> Counter[str]:
    """Nobody seals to a weak key, and an encapsulated key of small order opens nothing."""
    federation = Federation(folder)
    found: Counter[str] = Counter()
    letter = federation.letter()
    for kind, raw in sealing_keys(seed, count=5):
        with pytest.raises(Refusal) as caught:
            _seal_to(federation, raw)
        assert caught.value.reason is Reason.WEAK_KEY, kind
        found[f"seal to {kind}: {caught.value.reason}"] += 1
        if len(raw) != 32:
            continue
        sealed = pack_sealed([raw + bytes(SEALED_KEY_SIZE - 32)], bytes(64))
        with pytest.raises(Refusal) as caught:
            open_content(
                sealed,
                context_digest=letter.header.context_digest,
                position=0,
                count=1,
                unit=CHENGDU_RD,
                key=new_x25519(),
                key_id=bytes(16),
            )
        assert caught.value.reason is Reason.CANNOT_OPEN
        found[f"open {kind}: {caught.value.reason}"] += 1
    return found


def _seal_to(federation: Federation, raw: bytes) -> None:
    letter = federation.letter()
    keys = federation.keys[HANGZHOU_RD]
    seal_and_sign(
        letter.header,
        a_body(letter.header.kind, letter.header.thread_id),
        recipients=[keys.seal_to, (CHENGDU_RD, sealing_key_id(raw), raw)],
        signing_key=keys.signing,
        certificate=keys.certificate,
    )
