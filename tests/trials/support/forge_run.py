"""Forgeries thrown at a registry: what each was answered, and that nothing came of any of them."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from certs.envelope import SealedEnvelope
from delegation.codec_entry import parse_entry
from delegation.errors import Reason
from delegation.model import Entry, EnvelopeAnswer
from registry.settings import RegistrySettings
from registry.sql_engine import make_engine
from tests.registry.federation import Client, Federation, submit_request
from tests.trials.support.forge_batches import BatchForger
from tests.trials.support.forge_strangers import knock
from tests.trials.support.forge_world import forge_world
from tests.trials.support.forging import REPEATED, Forger, Forgery
from tests.trials.support.rule_breaking import RuleBreaker
from xieban.federation.v1 import exchange_pb2

SURPRISES = frozenset({Reason.INTERNAL, Reason.UNAVAILABLE, Reason.STORAGE_UNAVAILABLE, Reason.QUOTA_EXCEEDED})
_HONEST_EVERY = 10  # calls
_FRESH, _ACCEPTED = 60, 40


@dataclass(slots=True)
class Tally:
    """What was tried and what was answered."""

    tried: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, name: str, answer: str, *, right: bool) -> None:
        """One more."""
        self.tried[name] += 1
        self.answers[answer] += 1
        if not right or answer in SURPRISES:
            self.wrong.append(f"{name}: {answer}")

    @property
    def count(self) -> int:
        """How many were tried."""
        return self.tried.total()

    def __str__(self) -> str:
        """For the run's record."""
        return f"{self.count} forged: {dict(sorted(self.tried.items()))}\nanswers: {dict(sorted(self.answers.items()))}"


def _judge(forgery: Forgery, result: exchange_pb2.SubmitResult, first: dict[bytes, bytes], tally: Tally) -> None:
    if result.reason:
        right = result.reason in forgery.expected and not result.entry and result.reason in Reason.__members__
        tally.note(forgery.name, result.reason, right=right)
        return
    entry = parse_entry(result.entry)
    assert isinstance(entry.detail, EnvelopeAnswer)
    if forgery.expected == REPEATED:
        stored = first.get(forgery.envelope.header)
        right = result.repeated_answer and stored == result.entry
        tally.note(forgery.name, "the stored answer" if right else "ANOTHER ANSWER", right=right)
        return
    answer = "ACCEPTED" if entry.detail.accepted else entry.detail.reason
    tally.note(forgery.name, answer, right=not entry.detail.accepted and answer in forgery.expected)
    first[forgery.envelope.header] = result.entry


async def run(folder: Path, *, seed: int, envelopes: int, batches: int, strangers: int) -> Tally:
    """Throw so many of each; check after and meanwhile that honest callers are served. Raises AssertionError."""
    tally = Tally()
    async with forge_world(folder) as (registry, loot, home, host, other):
        federation = loot.federation
        accepted = [federation.letter() for _ in range(_ACCEPTED)]
        entries = [await home.accepted(each) for each in accepted]
        fresh = [federation.letter() for _ in range(_FRESH)]
        forger = Forger(loot, fresh=fresh, accepted=accepted, wrong_keys=loot.wrong_keys(home, registry), seed=seed)
        breaker = RuleBreaker(forger, thread=accepted[0], entry=entries[0])
        honest = await _submit_all(
            federation,
            {"home": home, "host": host, "other": other},
            forger,
            breaker,
            accepted,
            entries,
            envelopes,
            tally,
        )
        batch_forger = await BatchForger.prepare(home, host, other, seed=seed)
        for _ in range(batches):
            name, answer, right = await batch_forger.attempt()
            tally.note(name, answer, right=right)
        for name, answer, right in await knock(registry, loot, federation, fresh[0], rounds=strangers):
            tally.note(name, answer, right=right)
        # nothing that was forged stands in the way of what it was forged from
        for each in fresh:
            await home.accepted(each)
        everything = [*accepted, *honest, *fresh]
        found = await host.deliveries(len(everything))
        assert {each.envelope.envelope.header for each in found} == {each.header_bytes for each in everything}
        assert registry.process is not None
        assert registry.process.poll() is None
        assert registry.stop() == 0
        _check_effects(registry.federation.settings, threads=len(everything))
        log = registry.log.read_text(encoding="utf-8")
        assert not [line for line in log.splitlines() if "call_failed" in line or "intake_failed" in line]
        assert "Traceback" not in log
    return tally


async def _submit_all(
    federation: Federation,
    clients: dict[str, Client],
    forger: Forger,
    breaker: RuleBreaker,
    accepted: list[SealedEnvelope],
    entries: list[Entry],
    envelopes: int,
    tally: Tally,
) -> list[SealedEnvelope]:
    """Forgeries in calls of 1 to 40, some calls with an honest letter among them, which is accepted."""
    first: dict[bytes, bytes] = {}
    results = await clients["home"].submit(*accepted)
    for sent, result, entry in zip(accepted, results, entries, strict=True):
        assert parse_entry(result.entry) == entry
        first[sent.header_bytes] = result.entry
    honest: list[SealedEnvelope] = []
    done = calls = 0
    while done < envelopes:
        calls += 1
        count = min(forger.random.randint(1, 40), envelopes - done)
        drawn = [(breaker if forger.random.random() < 0.4 else forger).draw() for _ in range(count)]
        for name, client in clients.items():
            mine = [each for each in drawn if each.by == name]
            request = submit_request([], federation.clock.at)
            request.envelopes.extend(each.envelope for each in mine)
            letter = federation.letter() if name == "home" and calls % _HONEST_EVERY == 0 else None
            if letter is not None:
                request.envelopes.add(
                    header=letter.header_bytes, sealed_body=letter.sealed_body, signatures=letter.signatures
                )
            if not request.envelopes:
                continue
            response = await client.exchange.SubmitEnvelopes(request)
            found = list(response.results)
            if letter is not None:
                last = parse_entry(found.pop().entry)
                assert isinstance(last.detail, EnvelopeAnswer)
                assert last.detail.accepted, last.detail.reason
                honest.append(letter)
            for forgery, result in zip(mine, found, strict=True):
                _judge(forgery, result, first, tally)
        done += count
    return honest


def _check_effects(settings: RegistrySettings, *, threads: int) -> None:
    """What is on disk: as many accepted answers, threads and mailbox items as honest letters, and no more."""
    engine = make_engine(settings.database)
    try:
        with engine.connect() as connection:
            accepted = connection.execute(text("SELECT count(*) FROM envelope_answer WHERE accepted")).scalar_one()
            kept = connection.execute(text("SELECT count(*) FROM thread")).scalar_one()
    finally:
        engine.dispose()
    assert (accepted, kept) == (threads, threads)
