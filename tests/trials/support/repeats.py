"""Trial 8: the same bytes again, and other bytes under the same id, while calendar, keys and process change.

The registry's clock is moved on; what goes over the wire is bound to the machine's own clock by TLS, so the eras beyond
a channel certificate's life are asked of the intake itself, behind the wire.
"""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from certs.envelope import SealedEnvelope
from certs.keys import certificate_digest, new_csr, new_p256
from certs.vouching import sign_succession, vouching_bytes
from delegation.codec_entry import parse_entry
from delegation.codes import Kind
from delegation.errors import Reason
from registry.answers import Final as FinalAnswer
from registry.answers import NotFinal
from registry.server import Registry
from registry.settings import Quotas
from tests.builders import CHENGDU_RD, DEYANG_RD, HANGZHOU_RD
from tests.registry.federation import CHENGDU, DEYANG, HANGZHOU, BureauKeys, Client, Federation
from tests.registry.test_writer import take
from tests.trials.support.audit import query
from xieban.federation.v1 import exchange_pb2

_DAY: Final = timedelta(days=1)
_STEP: Final = timedelta(days=12)  # a roster statement holds 14 days
_UNTRUSTED: Final = 3


@dataclass(slots=True)
class Outcome:
    """How many repeats and conflicts were asked for, and what was wrong with any."""

    envelopes: int = 0
    repeats: int = 0
    conflicts: int = 0
    squatted: int = 0
    eras: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Sent:
    """An envelope with the answer that it got first, and others that would pass for it."""

    bureau: str
    envelope: SealedEnvelope
    answer: bytes
    others: list[SealedEnvelope]


class Repeats:
    """One federation through its eras. `count` letters are accepted, as many moves, and as many letters refused."""

    def __init__(self, folder: Path, count: int) -> None:
        quotas = Quotas(calls_a_second=1e6, refusals_a_day=1_000_000)
        self.federation = Federation(folder, quotas=quotas)
        self.count = count
        self.sent: list[_Sent] = []
        self.outcome = Outcome()

    async def play(self) -> Outcome:
        """First answers, then era after era."""
        async with self.federation.running() as registry:
            keys = {code: self.federation.bureau(registry, code) for code in (HANGZHOU, CHENGDU, DEYANG)}
            await self._begin(registry, keys)
            await self._era("at once", registry, keys)
            await self._squat(registry, keys)
            await self._era("after another bureau used the ids", registry, keys)
            await self._wait(registry, 31)
            await self._era("a month later", registry, keys)
            self._rotate()
            await self._publish(registry)
            await self._era("after rotation", registry, keys)
            self._revoke()
            await self._publish(registry)
            await self._era("after revocation", registry, keys)
        async with self.federation.running() as registry:
            await self._era("after a restart", registry, keys)
            await self._wait(registry, 800)
            await self._era("years later", registry, None)
        async with self.federation.running() as registry:
            await self._era("years later, after a restart", registry, None)
        return self.outcome

    # the first answers

    async def _begin(self, registry: Registry, keys: dict[str, BureauKeys]) -> None:
        federation = self.federation
        async with AsyncExitStack() as stack:
            home = await stack.enter_async_context(Client(federation, registry, keys[HANGZHOU]))
            host = await stack.enter_async_context(Client(federation, registry, keys[CHENGDU]))
            for _ in range(self.count):
                letter = federation.letter()
                issued = await self._first(home, HANGZHOU, letter)
                base = parse_entry(issued)
                await self._first(host, CHENGDU, federation.move(letter.header, Kind.SIGNED_FOR, CHENGDU_RD, base=base))
                place = federation.letter(HANGZHOU_RD, DEYANG_RD).header.task_place
                await self._first(home, HANGZHOU, federation.letter(task_place=place))  # refused for ever: WRONG_PLACE

    async def _first(self, client: Client, bureau: str, envelope: SealedEnvelope) -> bytes:
        (result,) = await client.submit(envelope)
        assert not result.reason, result.reason
        assert not result.repeated_answer
        self.sent.append(_Sent(bureau, envelope, result.entry, self._others(envelope)))
        self.outcome.envelopes += 1
        return result.entry

    def _others(self, envelope: SealedEnvelope) -> list[SealedEnvelope]:
        """Good envelopes under the same id: another text, another thread, another kind."""
        header, federation = envelope.header, self.federation
        blank = replace(header, context_digest=b"", sealed_body_digest=b"", sealed_body_size=0, digest=b"")
        found = [federation.seal_header(blank, text="别的内容")]
        if header.kind is Kind.ISSUED:
            found.append(federation.letter(envelope_id=header.envelope_id))
        else:
            found.append(federation.seal_header(replace(blank, kind=Kind.PROGRESS)))
        return found

    # what happens in between

    async def _wait(self, registry: Registry, days: int) -> None:
        """Days go by; the roster is stated anew as it would be."""
        left = days * _DAY
        while left > timedelta():
            step = min(left, _STEP)
            self.federation.clock.advance(step)
            await self._publish(registry)
            left -= step

    async def _publish(self, registry: Registry) -> None:
        self.federation.publish(registry.database.store)
        await registry.duties.look_for_roster()

    def _rotate(self) -> None:
        """New signing and sealing keys for both units; the old certificates stay beside the new."""
        federation, units = self.federation, dict(self.federation.view.units)
        for code in (HANGZHOU_RD, CHENGDU_RD):
            keys = federation.keys[code]
            fresh_key = new_p256()
            word = vouching_bytes(sign_succession(code, keys.signing, keys.certificate, fresh_key.public_key()))
            keys.signing = fresh_key
            at = federation.clock.at - _DAY
            keys.certificate = federation.seal.issue_unit(new_csr(fresh_key), code, at, vouching=word)
            fresh = federation.new_sealing_key(keys, federation.clock.at - timedelta(hours=1))
            units[code] = replace(
                units[code],
                signing_certificates=(*units[code].signing_certificates, keys.certificate),
                sealing_keys=(*units[code].sealing_keys, fresh),
            )
        federation.change(units=units)

    def _revoke(self) -> None:
        """The old certificates and the old sealing keys are revoked."""
        for code in (HANGZHOU_RD, CHENGDU_RD):
            unit = self.federation.view.units[code]
            self.federation.revoke(certificate_digest(unit.signing_certificates[0]))
            self.federation.revoke(unit.sealing_keys[0].key_id)

    async def _squat(self, registry: Registry, keys: dict[str, BureauKeys]) -> None:
        """Deyang sends under each id that Hangzhou used, and under ids that Hangzhou uses only then."""
        federation = self.federation
        async with AsyncExitStack() as stack:
            home = await stack.enter_async_context(Client(federation, registry, keys[HANGZHOU]))
            other = await stack.enter_async_context(Client(federation, registry, keys[DEYANG]))
            for sent in [each for each in self.sent if each.bureau == HANGZHOU]:
                await other.accepted(federation.letter(DEYANG_RD, envelope_id=sent.envelope.header.envelope_id))
                self.outcome.squatted += 1
            for _ in range(self.count):
                letter = federation.letter()
                await other.accepted(federation.letter(DEYANG_RD, envelope_id=letter.header.envelope_id))
                await self._first(home, HANGZHOU, letter)
                self.outcome.squatted += 1

    # asking again

    async def _era(self, name: str, registry: Registry, keys: dict[str, BureauKeys] | None) -> None:
        """Everything again, and everything that would pass for it; no answer more is kept (rosters may be logged)."""
        before = self._answers()
        for sent in self.sent:
            await self._again(name, registry, keys, sent)
        if (after := self._answers()) != before:
            self.outcome.wrong.append(f"{name}: {before} answers were kept, now {after}")
        self.outcome.eras.append(name)

    def _answers(self) -> list[tuple[int, int]]:
        path = self.federation.settings.data_dir / "registry.db"
        return query(path, "SELECT count(*), max(leaf_index) FROM envelope_answer")

    async def _again(self, name: str, registry: Registry, keys: dict[str, BureauKeys] | None, sent: _Sent) -> None:
        envelopes = [sent.envelope, *sent.others, sent.envelope]
        if keys is None:
            answers = [_behind(result) for result in await take(registry, *envelopes, bureau=sent.bureau)]
        else:
            async with Client(self.federation, registry, keys[sent.bureau]) as client:
                answers = [_on_the_wire(result) for result in await client.submit(*envelopes)]
        for index, (entry, repeated, reason) in enumerate(answers):
            if index in (0, len(answers) - 1):
                self.outcome.repeats += 1
                if (entry, repeated, reason) != (sent.answer, True, ""):
                    self.outcome.wrong.append(f"{name}: another answer to the same bytes ({reason})")
            else:
                self.outcome.conflicts += 1
                if (entry, reason) != (b"", Reason.ID_CONFLICT.value):
                    self.outcome.wrong.append(f"{name}: no conflict ({reason})")


def _behind(result: FinalAnswer | NotFinal) -> tuple[bytes, bool, str]:
    if isinstance(result, FinalAnswer):
        return result.entry, result.repeated, ""
    return b"", False, result.reason.value if result.untrusted else f"{result.reason.value}, and may be tried again"


def _on_the_wire(result: exchange_pb2.SubmitResult) -> tuple[bytes, bool, str]:
    untrusted = int(getattr(result, "class")) == _UNTRUSTED
    reason = result.reason if untrusted or not result.reason else f"{result.reason}, and may be tried again"
    return result.entry, result.repeated_answer, reason
