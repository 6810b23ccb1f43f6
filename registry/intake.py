"""What happens to envelopes before the writer, in the order of protocol 7.3: on the loop, in slices, with yields.

`cryptography` holds the interpreter's lock while it verifies, so that threads would gain nothing.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from certs.envelope import verify_sealed, verify_signatures
from certs.trust import Trust
from delegation.codec_entry import EnvelopeParts
from delegation.codec_header import parse_header
from delegation.errors import Reason, Refusal, Refused
from delegation.lifecycle import check_times
from delegation.model import Header
from registry.answers import Final, NotFinal, Result, is_final, not_final
from registry.authentic import is_signed
from registry.database import Database
from registry.judgement import EnvelopeJob, check_recipients
from registry.logs import Log
from registry.lookup import Lookup
from registry.overdue import ClockWatch
from registry.records import Answer, MaterialRow, envelope_key
from registry.roster import RosterBook
from registry.writer import Writer

SLICE = 32
_MaterialName = tuple[str, str, str]


@dataclass(slots=True)
class _Candidate:
    """An envelope on its way through the checks; `result` ends it."""

    parts: EnvelopeParts | None = None
    header: Header | None = None
    result: Result | None = None
    refused: Refused | None = None

    @property
    def open(self) -> bool:
        """Whether the next check is to be made."""
        return self.result is None and self.refused is None


class Intake:
    """Takes the envelopes of one call to their results."""

    def __init__(
        self,
        database: Database,
        book: RosterBook,
        writer: Writer,
        *,
        federation_id: str,
        clock: Callable[[], datetime],
        watch: ClockWatch,
        log: Log,
    ) -> None:
        store = database.store
        self._known: Lookup[str, Answer] = Lookup(database, store.answers)
        self._materials: Lookup[_MaterialName, MaterialRow] = Lookup(database, store.materials)
        self._book = book
        self._writer = writer
        self._federation_id = federation_id
        self._clock = clock
        self._watch = watch
        self._log = log

    async def take(self, bureau: str, envelopes: Sequence[EnvelopeParts | Refusal]) -> list[Result]:
        """A result for each envelope, in order. Raises Refusal only for what concerns the whole call.

        An envelope that could not be taken apart comes as the Refusal that says why.
        """
        if self._watch.lost:
            raise Refusal(Reason.CLOCK_OFF)
        trust = self._book.current()
        candidates = [_Candidate() for _ in envelopes]
        for number, (candidate, parts) in enumerate(zip(candidates, envelopes, strict=True)):
            if number and number % SLICE == 0:
                await asyncio.sleep(0)
            try:
                self._parse(candidate, parts, bureau, trust)
            except Exception as error:  # noqa: BLE001 - sorted out there
                self._failed(candidate, error)
        await self._check_new(candidates, trust)
        await self._answer_known([c for c in candidates if c.header is not None and c.result is not None])
        return await self._judge(bureau, candidates, trust)

    async def _check_new(self, candidates: Sequence[_Candidate], trust: Trust) -> None:
        """Judge what is new: all signatures first, then the rest, so that each step runs while it is at hand."""
        at = self._clock()
        stale = trust.is_stale(at)
        for number, candidate in enumerate(candidates):
            if number and number % SLICE == 0:
                await asyncio.sleep(0)
                at = self._clock()
            if candidate.result is not None:
                continue
            if stale:
                candidate.result = NotFinal(Reason.ROSTER_TOO_OLD)
                continue
            try:
                self._verify(candidate, trust, at)
            except Exception as error:  # noqa: BLE001 - sorted out there
                self._failed(candidate, error)
        for candidate in candidates:
            if candidate.open:
                try:
                    self._compare(candidate, trust, at)
                except Exception as error:  # noqa: BLE001 - sorted out there
                    self._failed(candidate, error)
        await self._check_materials([candidate for candidate in candidates if candidate.open])

    def _failed(self, candidate: _Candidate, error: Exception) -> None:
        """A refusal by rule goes on to the writer, to be stored; any other ends here, and so does whatever the bytes
        of strangers do to a check: others' envelopes pass."""
        if not isinstance(error, Refusal):
            self._log.alarm("intake_failed", error=type(error).__name__)
            candidate.result = NotFinal(Reason.UNAVAILABLE)
        elif is_final(error) and candidate.header is not None:
            candidate.refused = error.refused
        else:
            candidate.result = not_final(error)

    def _parse(self, candidate: _Candidate, parts: EnvelopeParts | Refusal, bureau: str, trust: Trust) -> None:
        if isinstance(parts, Refusal):
            raise parts
        candidate.parts = parts
        header = parse_header(parts.header)
        if header.federation_id != self._federation_id:
            raise Refusal(Reason.UNKNOWN_FEDERATION)
        unit = trust.view.units.get(header.sender_unit)
        if unit is None or unit.bureau != bureau:
            raise Refusal(Reason.NOT_YOUR_UNIT)
        candidate.header = header

    async def _answer_known(self, failed: Sequence[_Candidate]) -> None:
        """The stored first answer goes before whatever failed since: it outlives keys and certificates (promise 5).

        Those that passed, or are refused by rule, are looked up by the writer, before it judges anything: so an
        envelope that is new and good costs one question of the store, not two.
        """
        if not failed:
            return
        known = await self._known.find([_key(c.header) for c in failed if c.header is not None])
        for candidate in failed:
            answer = None if candidate.header is None else known.get(_key(candidate.header))
            if answer is None or candidate.header is None:
                continue
            if answer.header_digest == candidate.header.digest:
                candidate.result = Final(answer.entry, answer.accepted, repeated=True)
            else:
                candidate.result = NotFinal(Reason.ID_CONFLICT)

    @staticmethod
    def _verify(candidate: _Candidate, trust: Trust, at: datetime) -> None:
        """Its roster is held, and whoever signed it may: the costliest step by far."""
        header, parts = candidate.header, candidate.parts
        if header is None or parts is None:
            raise Refusal(Reason.MALFORMED)
        if header.roster_version > trust.view.version:
            raise Refusal(Reason.ROSTER_NOT_READY)
        try:
            verify_signatures(parts.header, parts.signatures, header, trust, at=at)
        except Refusal as refusal:
            if is_final(refusal) and not is_signed(header, parts.header, parts.signatures, trust):
                raise Refusal(Reason.BAD_SIGNATURE, why="signer") from refusal
            raise

    @staticmethod
    def _compare(candidate: _Candidate, trust: Trust, at: datetime) -> None:
        """Its sealed body, recipients' keys and instants are as the header says."""
        header, parts = candidate.header, candidate.parts
        if header is None or parts is None:
            raise Refusal(Reason.MALFORMED)
        verify_sealed(header, parts.sealed_body)
        check_recipients(header, trust, at)
        refused = check_times(header, at)
        if refused is not None:
            raise Refusal(refused.reason, **refused.details)

    async def _check_materials(self, candidates: Sequence[_Candidate]) -> None:
        wanted = {
            name for c in candidates if c.header is not None and c.header.manifest for name in _materials(c.header)
        }
        if not wanted:
            return
        held = await self._materials.find(wanted)
        for candidate in candidates:
            if candidate.header is not None and not _has_all(candidate.header, held):
                candidate.result = NotFinal(Reason.MATERIAL_MISSING)

    async def _judge(self, bureau: str, candidates: Sequence[_Candidate], trust: Trust) -> list[Result]:
        going: list[_Candidate] = []
        jobs: list[EnvelopeJob] = []
        for candidate in candidates:
            header, parts = candidate.header, candidate.parts
            if candidate.result is None and header is not None and parts is not None:
                going.append(candidate)
                jobs.append(
                    EnvelopeJob(
                        bureau=bureau,
                        header=header,
                        header_bytes=parts.header,
                        sealed_body=parts.sealed_body,
                        signatures=parts.signatures,
                        trust=trust,
                        refused=candidate.refused,
                    )
                )
        if jobs:
            try:
                waiting = self._writer.enqueue(bureau, jobs)
            except Refusal as refusal:
                for candidate in going:
                    candidate.result = not_final(refusal)
            else:
                for candidate, outcome in zip(going, await waiting, strict=True):
                    candidate.result = not_final(outcome) if isinstance(outcome, Refusal) else outcome
        return [c.result if c.result is not None else NotFinal(Reason.UNAVAILABLE) for c in candidates]


def _key(header: Header) -> str:
    return envelope_key(header.sender_unit, header.envelope_id)


def _materials(header: Header) -> list[_MaterialName]:
    return [(header.sender_unit, header.thread_id, material.material_id) for material in header.manifest]


def _has_all(header: Header, held: Mapping[_MaterialName, MaterialRow]) -> bool:
    for name, material in zip(_materials(header), header.manifest, strict=True):
        row = held.get(name)
        if row is None or not row.complete:
            return False
        if (row.root, row.sealed_size, row.chunk_count) != (
            material.root,
            material.sealed_size,
            material.chunk_count,
        ):
            return False
    return True
