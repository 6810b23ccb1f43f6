"""Forged batches of acknowledgements, and forged chunks of materials."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc

from certs.acknowledge import sign_batch
from delegation.codec_entry import acknowledgement_bytes, parse_acknowledgement
from delegation.model import AcknowledgementStatus
from tests.builders import CHENGDU_AC, CHENGDU_RD, DEYANG_RD, FEDERATION, HANGZHOU_RD, a_uuid4
from tests.registry.federation import Client, reason_of
from tests.trials.support.forging import UNREADABLE
from tests.wire.test_materials import Upload
from xieban.delegation.v1 import entry_pb2
from xieban.federation.v1 import exchange_pb2

Attempt = tuple[str, str, bool]
_LEAVES = 20


class BatchForger:
    """Spoils true batches of Chengdu's and true uploads of Hangzhou's."""

    def __init__(self, home: Client, host: Client, other: Client, *, seed: int) -> None:
        self.random = random.Random(seed + 1)  # noqa: S311 - a seed repeats the run
        self.home, self.host, self.other = home, host, other
        self.leaves: list[bytes] = []
        self.taken = exchange_pb2.AcknowledgeDeliveriesRequest()
        self.entry = b""
        self.upload = Upload(host.federation, number=4242)

    @classmethod
    async def prepare(cls, home: Client, host: Client, other: Client, *, seed: int) -> "BatchForger":
        """With deliveries to acknowledge, one batch that was taken, and a material half uploaded."""
        found = cls(home, host, other, seed=seed)
        deliveries = await host.deliveries(_LEAVES)
        found.leaves = [host.acknowledgement(each) for each in deliveries]
        found.taken = host.batch(*found.leaves[:3])
        found.entry = (await host.exchange.AcknowledgeDeliveries(found.taken)).entry
        await home.exchange.UploadMaterial(found.upload.request(0))
        return found

    async def attempt(self) -> Attempt:
        """One more; what it was, what was answered, and whether that is right."""
        makers: list[Callable[[], tuple[str, Any, frozenset[str]]]] = [
            self._wrongly_signed,
            self._wrongly_signed,
            self._changed_after_signing,
            self._wrong_leaf,
            self._wrong_leaf,
            self._noise,
            self._material,
            self._material,
        ]
        if self.random.random() < 0.1:
            answer = await self.host.exchange.AcknowledgeDeliveries(self.taken)
            return "batch_replayed", "the stored answer", answer.entry == self.entry
        name, call, expected = self.random.choice(makers)()
        try:
            answer = await call
        except grpc.aio.AioRpcError as error:
            reason = reason_of(error)
            return name, reason, reason in expected
        nothing_new = isinstance(answer, exchange_pb2.UploadMaterialResponse) and not answer.complete
        return (
            name,
            "nothing begun" if nothing_new else "ACCEPTED",
            nothing_new and "(not-begun)" in expected and answer.held_chunks == 0,
        )

    def _some(self) -> list[bytes]:
        return self.random.sample(self.leaves[3:], self.random.randint(2, 8))

    def _sent(self, request: exchange_pb2.AcknowledgeDeliveriesRequest) -> Any:
        request.sent_at.FromDatetime(self.host.federation.clock.at)
        return self.host.exchange.AcknowledgeDeliveries(request)

    # batches

    def _wrongly_signed(self) -> tuple[str, Any, frozenset[str]]:
        leaves = self._some()
        keys = self.host.keys
        unit = self.host.federation.keys[CHENGDU_RD]
        true: dict[str, Any] = {"federation_id": FEDERATION, "bureau": keys.code, "node_key": keys.node_key}
        cases: list[tuple[str, dict[str, Any], bytes, str]] = [
            ("channel_key", {"node_key": keys.channel_key}, keys.node_certificate, "BAD_SIGNATURE"),
            ("unit_key", {"node_key": unit.signing}, keys.node_certificate, "BAD_SIGNATURE"),
            ("another_node", {"node_key": self.other.keys.node_key}, keys.node_certificate, "BAD_SIGNATURE"),
            ("another_bureau", {"bureau": self.other.keys.code}, keys.node_certificate, "BAD_SIGNATURE"),
            ("another_federation", {"federation_id": "demo"}, keys.node_certificate, "BAD_SIGNATURE"),
            (
                "another_nodes_certificate",
                {"node_key": self.other.keys.node_key},
                self.other.keys.node_certificate,
                "CERTIFICATE_PURPOSE",
            ),
            (
                "channel_certificate",
                {"node_key": keys.channel_key},
                keys.channel_certificate,
                "CERTIFICATE_PURPOSE CERTIFICATE_NOT_TRUSTED",
            ),
            (
                "unit_certificate",
                {"node_key": unit.signing},
                unit.certificate,
                "CERTIFICATE_NOT_TRUSTED CERTIFICATE_PURPOSE",
            ),
            ("no_certificate", {}, b"", "CERTIFICATE_NOT_TRUSTED MALFORMED"),
            ("noise_certificate", {}, self.random.randbytes(300), "CERTIFICATE_NOT_TRUSTED MALFORMED"),
        ]
        name, changes, certificate, expected = self.random.choice(cases)
        signed = sign_batch(leaves, **{**true, **changes})
        request = exchange_pb2.AcknowledgeDeliveriesRequest(
            acknowledgements=leaves, signature=signed.signature, node_certificate=certificate
        )
        return f"batch_{name}", self._sent(request), frozenset(expected.split())

    def _changed_after_signing(self) -> tuple[str, Any, frozenset[str]]:
        request = self.host.batch(*self._some())
        leaves = list(request.acknowledgements)
        pick = self.random.randrange(6)
        if pick == 0:
            leaves.reverse()
        elif pick == 1:
            leaves.pop()
        elif pick == 2:
            leaves.append(leaves[0])
        elif pick == 3:
            other = parse_acknowledgement(leaves[0])
            leaves[0] = acknowledgement_bytes(replace(other, cursor=other.cursor + 1))
        elif pick == 4:
            leaves[0] = leaves[0][:-1]
        else:
            signature = bytearray(request.signature)
            signature[self.random.randrange(len(signature))] ^= 1 << self.random.randrange(8)
            request.signature = bytes(signature)
        del request.acknowledgements[:]
        request.acknowledgements.extend(leaves)
        return "batch_changed_after_signing", self._sent(request), frozenset({"BAD_SIGNATURE"}) | UNREADABLE

    def _wrong_leaf(self) -> tuple[str, Any, frozenset[str]]:
        """Truly signed; one leaf says what is not so."""
        leaves = self._some()
        true = parse_acknowledgement(leaves[0])
        name, leaf, expected = self.random.choice(
            [
                ("never_delivered", replace(true, cursor=10**6), "NOT_FOUND"),
                ("cursor_of_the_future", replace(true, cursor=2**60), "NOT_FOUND"),
                ("another_header", replace(true, header_digest=self.random.randbytes(32)), "NOT_FOUND"),
                (
                    "another_thread",
                    replace(true, thread_id=parse_acknowledgement(self.leaves[0]).thread_id),
                    "NOT_FOUND",
                ),
                ("another_bureaus_unit", replace(true, unit=DEYANG_RD), "NOT_YOUR_UNIT"),
                ("the_senders_unit", replace(true, unit=HANGZHOU_RD), "NOT_YOUR_UNIT"),
                ("own_other_unit", replace(true, unit=CHENGDU_AC), "NOT_FOUND"),
                ("parked_without_reason", replace(true, status=AcknowledgementStatus.PARKED), "MALFORMED"),
            ]
        )
        leaves[0] = acknowledgement_bytes(leaf)
        if self.random.random() < 0.3:
            name, expected = "unknown_status", "UNKNOWN_CODE MALFORMED"
            spoilt = entry_pb2.Acknowledgement.FromString(leaves[0])
            spoilt.status = self.random.choice((0, 4, 99, -1))  # type: ignore[assignment]  # no such status
            spoilt.unit = true.unit
            leaves[0] = spoilt.SerializeToString()
        return f"leaf_{name}", self._sent(self.host.batch(*leaves)), frozenset(expected.split())

    def _noise(self) -> tuple[str, Any, frozenset[str]]:
        pick = self.random.randrange(3)
        if pick == 0:
            leaves = [self.random.randbytes(self.random.choice((0, 1, 80, 5000))) for _ in range(3)]
        elif pick == 1:
            leaves = []
        else:
            leaves = [self.leaves[-1]] * 513
        request = exchange_pb2.AcknowledgeDeliveriesRequest(
            acknowledgements=leaves, signature=b"x", node_certificate=self.host.keys.node_certificate
        )
        return "batch_noise", self._sent(request), UNREADABLE

    # materials

    def _material(self) -> tuple[str, Any, frozenset[str]]:
        upload = self.upload
        request = upload.request(1)
        other = Upload(self.home.federation, size=10, number=self.random.randrange(10**6))
        fresh = other.request(0)
        name, spoilt, expected = self.random.choice(
            [
                ("chunk_altered", _with(request, chunk=self._flipped(request.chunk)), "DIGEST_MISMATCH"),
                ("chunk_cut", _with(request, chunk=request.chunk[:-1]), "DIGEST_MISMATCH"),
                ("chunk_of_another_place", _with(request, chunk=upload.chunks[2].data), "DIGEST_MISMATCH"),
                ("chunk_ahead", upload.request(2), "MALFORMED"),
                ("chunk_beyond", _with(request, chunk_number=99), "MALFORMED"),
                ("another_root", upload.request(1, root=bytes(32)), "DIGEST_MISMATCH"),
                ("another_size", upload.request(1, sealed_size=upload.ref.sealed_size + 1), "DIGEST_MISMATCH"),
                ("another_count", upload.request(1, chunk_count=2), "DIGEST_MISMATCH"),
                ("another_bureaus_unit", upload.request(1, unit=CHENGDU_RD), "NOT_YOUR_UNIT"),
                ("leaves_of_another", _with(fresh, leaf_hashes=upload.request(0).leaf_hashes), "DIGEST_MISMATCH"),
                ("short_leaf", _with(fresh, leaf_hashes=[bytes(31)]), "MALFORMED"),
                ("lying_root", other.request(0, root=self.random.randbytes(32)), "DIGEST_MISMATCH"),
                ("lying_size", other.request(0, sealed_size=2**39), "TOO_LARGE MALFORMED DIGEST_MISMATCH"),
                ("no_size", other.request(0, sealed_size=0), "MALFORMED"),
                ("no_leaves", _with(fresh, leaf_hashes=[]), "(not-begun)"),
                ("id_is_a_path", other.request(0, material_id="../../../../etc/passwd"), "MALFORMED"),
                ("id_in_capitals", other.request(0, material_id=a_uuid4(0xABCDEF).upper()), "MALFORMED"),
                ("thread_is_no_number", _with(fresh, thread_id="WT-1"), "MALFORMED NOT_FOUND"),
            ]
        )
        return f"material_{name}", self.home.exchange.UploadMaterial(spoilt), frozenset(expected.split())

    def _flipped(self, data: bytes) -> bytes:
        found = bytearray(data)
        found[self.random.randrange(len(found))] ^= 1 << self.random.randrange(8)
        return bytes(found)


def _with(request: exchange_pb2.UploadMaterialRequest, **changes: Any) -> exchange_pb2.UploadMaterialRequest:
    found = exchange_pb2.UploadMaterialRequest()
    found.CopyFrom(request)
    for name, value in changes.items():
        if isinstance(value, list) or name == "leaf_hashes":
            del found.leaf_hashes[:]
            found.leaf_hashes.extend(value)
        else:
            setattr(found, name, value)
    return found
