"""Whatever bytes come as envelopes: a typed answer each, nothing accepted, and the good one among them passes."""

import asyncio
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certs.envelope import SealedEnvelope
from delegation.codec_entry import EnvelopeParts, envelope_parts
from delegation.errors import Reason, Refusal
from registry.answers import Final, NotFinal
from registry.intake import Intake
from registry.server import Registry
from registry.store_memory import MemoryStore
from tests.registry.federation import HANGZHOU, Federation
from xieban.federation.v1 import exchange_pb2

_SURPRISES = {Reason.UNAVAILABLE, Reason.INTERNAL, Reason.STORAGE_UNAVAILABLE}


def changed(data: bytes, at: int, value: int, cut: int) -> bytes:
    """A byte changed, or the tail cut off."""
    at %= len(data)
    if cut:
        return data[: len(data) - cut % len(data)]
    return data[:at] + bytes([data[at] ^ (value or 1)]) + data[at + 1 :]


def taken_apart(envelope: exchange_pb2.SubmitEnvelopesRequest) -> list[EnvelopeParts | Refusal]:
    found: list[EnvelopeParts | Refusal] = []
    for each in envelope.envelopes:
        try:
            found.append(envelope_parts(each))
        except Refusal as refusal:
            found.append(refusal)
    return found


class Harness:
    """A registry in memory that is asked again and again."""

    def __init__(self, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.federation = Federation(folder)
        self.store = MemoryStore()
        self.federation.publish(self.store)
        clock = self.federation.clock
        self.registry = Registry(self.federation.settings, store=self.store, clock=clock.now, monotonic=clock.monotonic)
        self.loop.run_until_complete(self.registry.writer.start())
        self.loop.run_until_complete(self.registry.duties.prepare())

    def take(self, request: exchange_pb2.SubmitEnvelopesRequest) -> list[Final | NotFinal]:
        registry = self.registry
        intake = Intake(
            registry.database,
            registry.book,
            registry.writer,
            federation_id=registry.settings.federation_id,
            clock=registry.clock,
            watch=registry.watch,
            log=registry.log,
        )
        return self.loop.run_until_complete(intake.take(HANGZHOU, taken_apart(request)))

    def close(self) -> None:
        self.loop.run_until_complete(self.registry.writer.stop())
        self.registry.database.close()
        self.loop.close()


def added(request: exchange_pb2.SubmitEnvelopesRequest, letter: SealedEnvelope) -> None:
    request.envelopes.add(header=letter.header_bytes, sealed_body=letter.sealed_body, signatures=letter.signatures)


def test_any_change_of_an_envelope_is_refused_with_a_type(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    letter = harness.federation.letter()

    @settings(suppress_health_check=list(HealthCheck), max_examples=150)
    @given(
        part=st.integers(0, 2),
        at=st.integers(0, 4000),
        value=st.integers(0, 255),
        cut=st.integers(0, 60),
    )
    def attempt(part: int, at: int, value: int, cut: int) -> None:
        request = exchange_pb2.SubmitEnvelopesRequest()
        added(request, letter)
        envelope = request.envelopes[0]
        if part == 0:
            envelope.header = changed(letter.header_bytes, at, value, cut)
        elif part == 1:
            envelope.sealed_body = changed(letter.sealed_body, at, value, cut)
        else:
            envelope.signatures[0] = changed(letter.signatures[0], at, value, cut)
        (result,) = harness.take(request)
        assert isinstance(result, NotFinal), "nothing is stored under the id"
        assert result.reason not in _SURPRISES

    try:
        attempt()
        request = exchange_pb2.SubmitEnvelopesRequest()
        added(request, letter)
        (result,) = harness.take(request)
        assert isinstance(result, Final)
        assert not result.repeated
        assert result.accepted
    finally:
        harness.close()


def test_noise_between_good_envelopes_hurts_nobody(tmp_path: Path) -> None:
    harness = Harness(tmp_path)

    @settings(suppress_health_check=list(HealthCheck), max_examples=30)
    @given(st.lists(st.tuples(st.binary(max_size=80), st.binary(max_size=80), st.lists(st.binary(max_size=20)))))
    def attempt(noise: list[tuple[bytes, bytes, list[bytes]]]) -> None:
        request = exchange_pb2.SubmitEnvelopesRequest()
        added(request, harness.federation.letter())
        for header, body, signatures in noise:
            request.envelopes.add(header=header, sealed_body=body, signatures=signatures)
        added(request, harness.federation.letter())
        results = harness.take(request)
        assert len(results) == len(noise) + 2
        for result in (results[0], results[-1]):
            assert isinstance(result, Final)
            assert result.accepted
        for result in results[1:-1]:
            assert isinstance(result, NotFinal)
            assert result.untrusted

    try:
        attempt()
    finally:
        harness.close()
