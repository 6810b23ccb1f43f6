"""What the rule book and the envelope cost, each as a multiple of one P-256 signature made in the same run.

`python -m bench.bench_rules` prints one JSON line a step. A multiple says more than microseconds on somebody's machine:
signing is what no design can save, and it moves with the machine as everything else here does.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from statistics import median
from time import perf_counter
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from certs.envelope import open_body, seal_and_sign
from certs.keys import new_p256, new_x25519
from certs.signing import sign_p256, verify_p256
from delegation.codec_body import body_facts
from delegation.codec_entry import entry_bytes, parse_entry
from delegation.codec_header import context_bytes, header_bytes, parse_header
from delegation.codec_json import body_from_json
from delegation.codes import Kind
from delegation.deadlines import statutory_due, working_due
from delegation.lifecycle import Accepted, CaseFacts, entered, judge, judge_body
from delegation.merkle import Frontier, leaf_hash
from delegation.model import Base, Entry, EntryKind, EnvelopeAnswer, EnvelopeRef, Header, Versions
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE, sealing_key_id
from delegation.roster_view import RosterView
from delegation.thread_json import thread_bytes, thread_from_bytes
from delegation.thread_state import ThreadState
from tests import builders
from tests.builders import CHENGDU_RD, HANGZHOU_RD, NOW, TODAY

_ROUNDS: Final = 9
_ROUND_SECONDS: Final = 0.02
_TEXT: Final = "0123456789" * 380


def _accepted(_: EnvelopeRef) -> str:
    return "accepted"


def _microseconds(step: Callable[[], object]) -> float:
    """Median time of one call over rounds of at least `_ROUND_SECONDS`."""
    step()
    began, count = perf_counter(), 0
    while perf_counter() - began < _ROUND_SECONDS:
        step()
        count += 1
    took: list[float] = []
    for _ in range(_ROUNDS):
        began = perf_counter()
        for _ in range(count):
            step()
        took.append((perf_counter() - began) / count * 1e6)
    return median(took)


def _entry(header: Header, sequence: int, before: bytes) -> Entry:
    return Entry(
        kind=EntryKind.ENVELOPE,
        federation_id=builders.FEDERATION,
        leaf_index=sequence,
        accepted_at=NOW,
        versions=Versions(1, 1, 1, 1),
        thread_id=header.thread_id,
        thread_sequence=sequence,
        previous_entry_digest=before,
        state_version=sequence,
        detail=EnvelopeAnswer(header.ref, sha256(b"signatures").digest(), accepted=True),
    )


def a_thread(neutral: int = 8) -> ThreadState:
    """A delegation that was issued and asked about, with so many questions."""
    roster = builders.a_roster()
    letter = builders.parsed(builders.a_header())
    thread = _enter(None, letter, roster)
    for number in range(neutral):
        thread = _enter(thread, a_question(thread, number), roster)
    return thread


def a_question(thread: ThreadState, number: int) -> Header:
    """The host's next question."""
    base = Base(thread.sequence, thread.last_entry_digest)
    return builders.parsed(builders.a_question(envelope_id=builders.a_uuid7(number + 100), base=base))


def _enter(thread: ThreadState | None, header: Header, roster: RosterView) -> ThreadState:
    outcome = judge(thread, header, roster=roster, at=NOW, is_known=_accepted)
    assert isinstance(outcome, Accepted), outcome
    sequence = outcome.thread.sequence + 1
    data = entry_bytes(_entry(header, sequence, outcome.thread.last_entry_digest))
    return entered(outcome.thread, header, sequence=sequence, entry_digest=sha256(data).digest())


def steps() -> dict[str, Callable[[], object]]:
    """Every step by name."""
    roster = builders.a_roster()
    thread = a_thread()
    question = a_question(thread, 99)
    question_bytes = builders.wire(question)
    letter = builders.a_header()
    letter_bytes = builders.wire(letter)
    entry = _entry(question, 10, sha256(b"before").digest())
    data = entry_bytes(entry)
    kept = thread_bytes(thread)
    calendar = roster.calendar_of(HANGZHOU_RD)
    frontier, _ = Frontier.load(size=0, get_hash=lambda _level, _index: b"").grow(
        leaf_hash(bytes([n % 256]) * 32) for n in range(1000)
    )
    body = body_from_json(
        Kind.QUESTION,
        {"thread_id": question.thread_id, "question": {"text": _TEXT}},
    )
    signing, certificate = new_p256(), b"certificate"
    keys = {unit: new_x25519() for unit in (CHENGDU_RD, HANGZHOU_RD)}
    recipients = [
        (unit, sealing_key_id(key.public_key().public_bytes_raw()), key.public_key().public_bytes_raw())
        for unit, key in keys.items()
    ]
    draft = replace(question, recipients=(), signer_certificates=(), digest=b"", context_digest=b"")
    sealed = seal_and_sign(draft, body, recipients=recipients, signing_key=signing, certificate=certificate)
    facts, history = body_facts(body), CaseFacts()

    def seal() -> object:
        return seal_and_sign(draft, body, recipients=recipients, signing_key=signing, certificate=certificate)

    def open_it() -> object:
        return open_body(sealed.header, sealed.sealed_body, unit=HANGZHOU_RD, private_key=keys[HANGZHOU_RD])

    return {
        "verify": lambda: verify_p256(
            signing.public_key(), sealed.signatures[0], PAYLOAD_TYPE_ENVELOPE, sealed.header_bytes
        ),
        "sign envelope": lambda: sign_p256(signing, PAYLOAD_TYPE_ENVELOPE, sealed.header_bytes),
        "seal 4 KiB to two and sign": seal,
        "open 4 KiB": open_it,
        "parse header, question": lambda: parse_header(question_bytes),
        "parse header, letter": lambda: parse_header(letter_bytes),
        "write header, question": lambda: header_bytes(context_bytes(question), bytes(32), 4096),
        "parse entry": lambda: parse_entry(data),
        "write entry": lambda: entry_bytes(entry),
        "judge letter": lambda: judge(None, builders_letter, roster=roster, at=NOW, is_known=_accepted),
        "judge question": lambda: judge(thread, question, roster=roster, at=NOW, is_known=_accepted),
        "judge question's body": lambda: judge_body(thread, question, facts, roster=roster, history=history),
        "enter question": lambda: entered(thread, question, sequence=10, entry_digest=bytes(32)),
        "body from JSON": lambda: body_from_json(
            Kind.QUESTION, {"thread_id": question.thread_id, "question": {"text": _TEXT}}
        ),
        "body facts": lambda: body_facts(body),
        "thread to bytes": lambda: thread_bytes(thread),
        "thread from bytes": lambda: thread_from_bytes(kept),
        "statutory due date": lambda: statutory_due(TODAY, 60, (), calendar),
        "agreed due date": lambda: working_due(TODAY, 20, calendar),
        "Merkle append": lambda: frontier.append(bytes(32)),
    }


builders_letter = builders.parsed(builders.a_header())


def main() -> None:
    """Measure and print."""
    key = generate_private_key(SECP256R1())
    message, algorithm = bytes(600), ECDSA(SHA256())
    for name, step in steps().items():
        sign = _microseconds(lambda: key.sign(message, algorithm))
        took = _microseconds(step)
        print(json.dumps({"step": name, "us": round(took, 1), "signatures": round(took / sign, 2)}), flush=True)


if __name__ == "__main__":
    main()
