"""Channels that should not be: a stranger's authority, expired, of another purpose, revoked, of no member, none."""

from dataclasses import replace
from typing import Any

import grpc

from certs.authority import ChannelAuthority
from certs.envelope import SealedEnvelope
from certs.keys import new_csr, new_p256
from certs.tls import enrolment_channel_credentials
from tests.builders import HANGZHOU_RD
from tests.registry.federation import (
    DAY,
    HANGZHOU,
    TRUST_DOMAIN,
    BureauKeys,
    Client,
    Federation,
    reason_of,
    submit_request,
)
from tests.trials.support.forge_batches import Attempt
from tests.trials.support.forge_world import Loot, RegistryProcess
from xieban.federation.v1 import exchange_pb2, exchange_pb2_grpc

NO_HANDSHAKE = "(no handshake)"
_PATIENCE = 5.0  # seconds


async def knock(
    registry: RegistryProcess, loot: Loot, federation: Federation, letter: SealedEnvelope, *, rounds: int
) -> list[Attempt]:
    """Every stranger tries to send a true letter, to read, to upload and to acknowledge, so many times."""
    found: list[Attempt] = []
    for _ in range(rounds):
        for name, keys, expected in _strangers(registry, loot, federation):
            async with Client(federation, registry, keys) as client:  # type: ignore[arg-type]  # ports and keys
                found += [(f"stranger_{name}", *each) for each in await _tries(client, letter, expected)]
    credentials = enrolment_channel_credentials(registry.keys.channel_authorities)
    async with grpc.aio.secure_channel(f"127.0.0.1:{registry.ports['exchange']}", credentials) as channel:
        stub = exchange_pb2_grpc.ExchangeServiceStub(channel)
        request = submit_request([letter], federation.clock.at)
        answer = await _answer(stub.SubmitEnvelopes(request, timeout=_PATIENCE))
        found.append(("stranger_without_certificate", answer, answer == NO_HANDSHAKE))
    return found


def _strangers(
    registry: RegistryProcess, loot: Loot, federation: Federation
) -> list[tuple[str, BureauKeys, frozenset[str]]]:
    at = federation.clock.at
    good = federation.bureau(registry, HANGZHOU)  # type: ignore[arg-type]  # has the keys that are asked for
    folder = federation.folder / f"stranger-{federation.number()}"
    stranger = ChannelAuthority.create(folder, TRUST_DOMAIN, at - 9 * DAY)
    key = new_p256()
    expired = registry.keys.authority.issue_channel(new_csr(key), HANGZHOU, at - 120 * DAY)
    unit = federation.keys[HANGZHOU_RD]
    outside = federation.bureau(registry, "440100")  # type: ignore[arg-type]  # as above
    refused = frozenset({NO_HANDSHAKE, "CERTIFICATE_PURPOSE", "CERTIFICATE_NOT_TRUSTED", "UNAUTHENTICATED"})
    handshake = frozenset({NO_HANDSHAKE})

    def shown(key: Any, certificate: bytes) -> BureauKeys:
        return replace(good, channel_key=key, channel_certificate=certificate)

    return [
        ("authority", shown(key, stranger.issue_channel(new_csr(key), HANGZHOU, at)), handshake),
        ("expired", shown(key, expired), handshake),
        ("node_certificate", shown(good.node_key, good.node_certificate), refused),
        ("unit_certificate", shown(unit.signing, unit.certificate), refused),
        ("revoked_unit", shown(*loot.revoked), refused),
        ("registry_certificate", shown(registry.keys.server_key, registry.keys.server_certificate), refused),
        ("no_member", outside, frozenset({"UNAUTHENTICATED"})),
    ]


async def _tries(client: Client, letter: SealedEnvelope, expected: frozenset[str]) -> list[tuple[str, bool]]:
    exchange, at = client.exchange, client.federation.clock.at
    upload = exchange_pb2.UploadMaterialRequest(unit=HANGZHOU_RD, thread_id=letter.header.thread_id)
    read = exchange_pb2.ReadThreadRequest(thread_id=letter.header.thread_id)
    calls = [
        exchange.SubmitEnvelopes(submit_request([letter], at), timeout=_PATIENCE),
        exchange.AcknowledgeDeliveries(client.batch(b"leaf"), timeout=_PATIENCE),
        exchange.UploadMaterial(upload, timeout=_PATIENCE),
        exchange.ReadThread(read, timeout=_PATIENCE),
    ]
    answers = [await _answer(call) for call in calls]
    return [(answer, answer in expected) for answer in answers]


async def _answer(call: Any) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.UNAVAILABLE and "without a reason" in reason_of(error):
            return NO_HANDSHAKE
        return reason_of(error)
    return "ACCEPTED"
