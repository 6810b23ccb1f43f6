"""Trial 7: every bureau tries to act as every other, over real mutual TLS, with its own good keys and certificates.

What a bureau does not have is another's keys; everything else it may know (numbers, ids, digests, cursors, public
certificates, even an envelope that another has signed and not yet sent) it is given here. `play` gives what each try
was told, and whether the tries left a trace in a thread or a mailbox.
"""

import io
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import grpc

from certs.acknowledge import sign_batch
from certs.chunks import ChunkSealer, new_key
from certs.envelope import SealedEnvelope, reseal, seal_and_sign
from delegation.codec_entry import acknowledgement_bytes, parse_entry
from delegation.codes import Adoption, Kind
from delegation.deadlines import day_of
from delegation.digits import delegation_number
from delegation.model import (
    Acknowledgement,
    AcknowledgementStatus,
    AdoptionDeclared,
    AssignmentDeclared,
    Entry,
    EnvelopeAnswer,
    EnvelopeRef,
    Header,
    MaterialRef,
    QuestionDeclared,
    ResultDeclared,
)
from registry.server import Registry
from registry.settings import Quotas
from tests import builders
from tests.builders import CHENGDU_RD, DEYANG_RD, FEDERATION, HANGZHOU_RD
from tests.registry.federation import BureauKeys, Client, Federation, reason_of
from xieban.delegation.v1 import body_pb2, codes_pb2
from xieban.federation.v1 import exchange_pb2, monitor_pb2

BUREAUS: Final = ("330100", "510100", "510600", "330000", "510000", "110000")
STRANGER: Final = "440100"  # enrolled, not in the roster
_CASES: Final = ((HANGZHOU_RD, CHENGDU_RD), (CHENGDU_RD, DEYANG_RD), (DEYANG_RD, HANGZHOU_RD))
_STEPS: Final = ((Kind.SIGNED_FOR, None), (Kind.ACCEPTED, None), (Kind.ASSIGNED, AssignmentDeclared(2)))  # of the host
_RESULT: Final = ResultDeclared(3, 0, 0, 0, 2, checks_met=1, evidence=1)
_KINDS: Final[dict[Kind, Any]] = {
    Kind.SIGNED_FOR: None,
    Kind.ACCEPTED: None,
    Kind.REPORTED: _RESULT,
    Kind.PROGRESS: None,
    Kind.QUESTION: QuestionDeclared(blocking=False),
    Kind.COMPLETED: None,
    Kind.CANCELLED: None,
    Kind.ADOPTION: AdoptionDeclared(Adoption.ADOPTED),
}
_HOME_MAY: Final = frozenset({Kind.QUESTION, Kind.PROGRESS, Kind.COMPLETED, Kind.CANCELLED, Kind.ADOPTION})
_HOST_MAY: Final = frozenset({Kind.SIGNED_FOR, Kind.ACCEPTED, Kind.REPORTED, Kind.PROGRESS, Kind.QUESTION})


@dataclass(frozen=True, slots=True)
class Told:
    """What one try was told: a typed reason, or what went wrong with the refusal."""

    what: str
    bureau: str
    against: str
    reason: str

    @property
    def is_refusal(self) -> bool:
        """A typed reason of the catalogue that is no excuse of the server."""
        return (
            bool(self.reason)
            and self.reason not in ("ACCEPTED", "INTERNAL", "UNAVAILABLE", "DIFFERS")
            and (" " not in self.reason)
        )


@dataclass(slots=True)
class Case:
    """One delegation in progress, with a material and a delivery that is not acknowledged."""

    letter: SealedEnvelope
    material: MaterialRef
    base: Entry
    last: EnvelopeRef
    deliveries: dict[str, exchange_pb2.Delivery] = field(default_factory=dict)

    @property
    def header(self) -> Header:
        return self.letter.header

    @property
    def name(self) -> str:
        return f"{self.header.sender_unit} to {self.header.counterpart_unit}"

    @property
    def parties(self) -> tuple[str, str]:
        return self.header.sender_unit, self.header.counterpart_unit


@dataclass(slots=True)
class Outcome:
    """Everything that was told, and the traces that were left (none may be)."""

    told: list[Told] = field(default_factory=list)
    traces: list[str] = field(default_factory=list)

    @property
    def succeeded(self) -> list[Told]:
        """What should have been refused with a type and was not."""
        return [each for each in self.told if not each.is_refusal]


async def play(folder: Path, *, taken: int = len(_STEPS), strangers: bool = True) -> Outcome:
    """Begin the cases and take them so many steps further, let everyone try everything, and look for traces."""
    quotas = Quotas(
        calls_a_second=1e6, refusals_a_day=1_000_000
    )  # what keeps a bureau from flooding is not the question
    federation = Federation(folder, quotas=quotas)
    async with federation.running() as registry, AsyncExitStack() as stack:
        clients = {
            code: await stack.enter_async_context(Client(federation, registry, federation.bureau(registry, code)))
            for code in (*BUREAUS, *((STRANGER,) if strangers else ()))
        }
        return await _play(Stage(federation, registry, clients, taken))


async def _play(stage: "Stage") -> Outcome:
    federation, clients = stage.federation, stage.clients
    for number, (home, host) in enumerate(_CASES):
        await stage.begin(home, host, number)
    outcome = Outcome()
    before = traces_of(federation.settings.data_dir / "registry.db")
    for bureau in clients:
        impostor = Impostor(stage, bureau, outcome.told)
        for case in stage.cases:
            await impostor.envelopes(case)
            await impostor.calls(case)
    after = traces_of(federation.settings.data_dir / "registry.db")
    outcome.traces = sorted(map(str, before ^ after))
    await stage.honest()
    return outcome


def traces_of(path: Path) -> set[tuple[str, ...]]:
    """Every thread as it stands, every mailbox item with its status, every envelope that was accepted."""
    statements = (
        "SELECT 'thread', thread_id, hex(data) FROM thread",
        "SELECT 'mailbox', unit, cursor, kind, item, status FROM mailbox",
        "SELECT 'accepted', key, leaf_index FROM envelope_answer WHERE accepted",
        "SELECT 'evidence', evidence_id, envelope_leaf FROM evidence",
    )
    with closing(sqlite3.connect(path)) as connection:
        return {tuple(map(str, row)) for statement in statements for row in connection.execute(statement)}


class Stage:
    """The cases, and everybody's keys."""

    def __init__(self, federation: Federation, registry: Registry, clients: dict[str, Client], taken: int) -> None:
        self.taken = taken
        self.federation = federation
        self.registry = registry
        self.clients = clients
        self.cases: list[Case] = []
        self.unknown = delegation_number(day_of(federation.clock.at), "330100", 999_999)

    def bureau_of(self, unit: str) -> str:
        return self.federation.view.units[unit].bureau

    def units_of(self, bureau: str) -> list[str]:
        return [unit.code for unit in self.federation.view.units.values() if unit.bureau == bureau]

    async def begin(self, home: str, host: str, number: int) -> None:
        """Upload, issue, and so many of: sign for, accept, assign."""
        federation, sender = self.federation, self.clients[self.bureau_of(home)]
        sealer = ChunkSealer(io.BytesIO(os.urandom(3000)), key=new_key(), material_id=builders.a_uuid4(700 + number))
        chunks = list(sealer)
        material = MaterialRef(
            builders.a_uuid4(700 + number), sealer.result.root, sealer.result.sealed_size, len(chunks)
        )
        letter = federation.letter(home, host, manifest=(material,))
        await sender.exchange.UploadMaterial(
            upload_request(home, letter.header.thread_id, material, chunks[0].data, list(sealer.result.leaf_hashes))
        )
        entry = await sender.accepted(letter)
        case = Case(letter, material, entry, letter.header.ref)
        for kind, declared in _STEPS[: self.taken]:
            await self._step(case, kind, declared)
        for unit in case.parties[0 if self.taken else 1 :]:
            found = await self.clients[self.bureau_of(unit)].deliveries(1, **{unit: 0})
            case.deliveries[unit] = found[0]
        self.cases.append(case)

    async def _step(self, case: Case, kind: Kind, declared: Any) -> None:
        host = case.header.counterpart_unit
        last = None if case.last.sender_unit != host else case.last
        move = self.federation.move(case.header, kind, host, base=case.base, predecessor=last, declared=declared)
        case.base = await self.clients[self.bureau_of(host)].accepted(move)
        case.last = move.header.ref

    async def honest(self) -> None:
        """The control: what was refused from others is accepted from whom it should come, and read by him."""
        for case in self.cases:
            _, host = case.parties
            client = self.clients[self.bureau_of(host)]
            await client.exchange.ReadThread(exchange_pb2.ReadThreadRequest(thread_id=case.header.thread_id))
            await client.acknowledge(client.acknowledgement(case.deliveries[host]))
            for kind, declared in (*_STEPS[self.taken :], (Kind.REPORTED, _RESULT)):
                await self._step(case, kind, declared)


def upload_request(
    unit: str, thread_id: str, material: MaterialRef, chunk: bytes, hashes: list[bytes]
) -> exchange_pb2.UploadMaterialRequest:
    """The first chunk of a small material."""
    request = exchange_pb2.UploadMaterialRequest(unit=unit, thread_id=thread_id, chunk=chunk, leaf_hashes=hashes)
    request.material.material_id = material.material_id
    request.material.root = material.root
    request.material.sealed_size = material.sealed_size
    request.material.chunk_count = material.chunk_count
    return request


class Impostor:
    """One bureau, which tries."""

    def __init__(self, stage: Stage, bureau: str, told: list[Told]) -> None:
        self.stage = stage
        self.federation = stage.federation
        self.bureau = bureau
        self.client = stage.clients[bureau]
        self.own = stage.units_of(bureau)
        self.told = told

    def note(self, what: str, against: str, reason: str) -> None:
        self.told.append(Told(what, self.bureau, against, reason))

    # envelopes

    async def envelopes(self, case: Case) -> None:
        """All forged envelopes against one case."""
        for what, envelope, twin in self._drafts(case):
            try:
                results = await self.client.submit(envelope, *([twin] if twin is not None else []))
            except grpc.aio.AioRpcError as error:
                self.note(what, case.name, reason_of(error))
                continue
            reason = reason_in(results[0])
            if twin is not None and results[0].SerializeToString() != results[1].SerializeToString():
                reason = "DIFFERS"  # a foreign thread shows that it is there
            self.note(what, case.name, reason)

    def _drafts(self, case: Case) -> Iterator[tuple[str, SealedEnvelope, SealedEnvelope | None]]:
        mine = self.own or [next(iter(self.federation.keys))]  # a stranger has no unit: it takes another's name
        others = [unit for unit in self.federation.keys if unit not in self.own]
        for unit in mine:
            yield from self._foreign(case, unit)
            yield from self._letters(case, unit)
        for victim in others:
            yield f"sender {victim}, own key", self._signed(self._move(case, Kind.PROGRESS, victim), by=mine[0]), None
            forged = self._signed(self._move(case, Kind.PROGRESS, victim), by=mine[0], certificate_of=victim)
            yield f"sender {victim}, own key, its certificate", forged, None
            stolen = self.federation.letter(victim, _another(victim))
            yield f"sender {victim}, an envelope of its own, stolen", stolen, None
            for unit in self.own:
                draft = self._move(case, Kind.PROGRESS, unit)
                yield f"signed as {victim}", self._signed(draft, by=unit, certificate_of=victim), None
                yield f"signed with the key of {victim}'s place", self._signed(draft, by=victim), None
        for unit in self.own:
            for sibling in self.own:
                if sibling != unit:
                    draft = self._move(case, Kind.PROGRESS, unit)
                    yield "signed by another unit of the bureau", self._signed(draft, by=sibling), None

    def _foreign(self, case: Case, unit: str) -> Iterator[tuple[str, SealedEnvelope, SealedEnvelope | None]]:
        """Acts in a thread that is another's, or of a role that is another's."""
        home, host = case.parties
        is_party = self.bureau in {self.stage.bureau_of(each) for each in case.parties}
        sees = is_party or self.bureau in ("110000", home[:2] + "0000", host[:2] + "0000")
        for kind, declared in _KINDS.items():
            if (unit == home and kind in _HOME_MAY) or (unit == host and kind in _HOST_MAY):
                continue
            draft = self._move(case, kind, unit, declared=declared)
            twin = None
            if not sees:
                twin = self._sealed(replace(draft, thread_id=self.stage.unknown, envelope_id=self._id()))
            yield f"{kind.name} as {_role(unit, case)}", self._sealed(draft), twin
        if unit != home:
            draft = replace(self._move(case, Kind.PROGRESS, unit, predecessor=case.header.ref), kind=Kind.RESEAL)
            yield f"RESEAL as {_role(unit, case)}", self._resealed(case, draft), None
        third = next(each for each in (DEYANG_RD, CHENGDU_RD, HANGZHOU_RD) if each not in case.parties)
        if is_party and unit in case.parties:
            leak = self._move(case, Kind.QUESTION, unit, declared=_KINDS[Kind.QUESTION])
            recipients = (*leak.recipients, builders.a_recipient(third))
            yield "addressee: one more", self._sealed(replace(leak, recipients=recipients)), None
            swapped = (builders.a_recipient(unit), builders.a_recipient(third))
            yield "addressee: another", self._sealed(replace(leak, recipients=swapped, envelope_id=self._id())), None
            other = replace(leak, counterpart_unit=third, recipients=swapped, envelope_id=self._id())
            yield "counterpart: another", self._sealed(other), None

    def _letters(self, case: Case, unit: str) -> Iterator[tuple[str, SealedEnvelope, SealedEnvelope | None]]:
        """Letters into another's thread, under another city's number, to a city that is not the host's."""
        home, host = case.parties
        to = host if host != unit else home
        letter = self.federation.letter
        if unit != home:
            yield "ISSUED into the thread", letter(unit, to, thread_id=case.header.thread_id), None
            number = delegation_number(day_of(self.federation.clock.at), home[:6], 500_000 + self.federation.number())
            yield "ISSUED under the city's number", letter(unit, to, thread_id=number), None
        elsewhere = next(each for each in (DEYANG_RD, CHENGDU_RD, HANGZHOU_RD) if each != to)
        place = replace(letter(home, host).header.task_place or _no_place(), code=elsewhere[:6])
        yield "ISSUED to a unit that is not competent", letter(unit, to, task_place=place), None

    def _id(self) -> str:
        return self.federation.letter().header.envelope_id

    def _move(self, case: Case, kind: Kind, sender: str, **changes: Any) -> Header:
        home, host = case.parties
        other = home if sender == host else host
        move = self.federation.move(case.header, Kind.PROGRESS, sender, base=case.base, counterpart_unit=other)
        return replace(
            move.header,
            **{
                "kind": kind,
                "predecessor": {home: case.header.ref, case.last.sender_unit: case.last}.get(sender),
                "recipients": tuple(builders.a_recipient(unit) for unit in (sender, other)),
                "declared": _KINDS.get(kind),
                **changes,
            },
        )

    def _resealed(self, case: Case, draft: Header) -> SealedEnvelope:
        """Another's letter, its content known, sealed again as if it were one's own."""
        keys = self.federation.keys[draft.sender_unit]
        return reseal(
            replace(case.header, sender_unit=draft.sender_unit),  # an honest program would not make it
            case.letter.content,
            _clean(draft),
            recipients=[self.federation.keys[each.unit].seal_to for each in draft.recipients],
            signing_key=keys.signing,
            certificate=keys.certificate,
        )

    def _sealed(self, draft: Header) -> SealedEnvelope:
        return self._signed(draft, by=draft.sender_unit)

    def _signed(self, draft: Header, *, by: str, certificate_of: str = "") -> SealedEnvelope:
        """Sealed, signed with the key of `by` (for another bureau's unit: with a key of one's own in its place)."""
        keys = self.federation.keys[by]
        key = keys.signing if by in self.own or not self.own else self.federation.keys[self.own[0]].signing
        body = body_pb2.Body(kind=codes_pb2.EventKind.ValueType(draft.kind), thread_id=draft.thread_id, text="内容")
        return seal_and_sign(
            _clean(draft),
            body.SerializeToString(deterministic=True),
            recipients=[self.federation.keys[each.unit].seal_to for each in draft.recipients],
            signing_key=key,
            certificate=self.federation.keys[certificate_of or by].certificate,
        )

    # other calls

    async def calls(self, case: Case) -> None:
        """Reading, downloading, uploading, receiving and acknowledging what is another's."""
        thread_id = case.header.thread_id
        inside = self.bureau in {self.stage.bureau_of(unit) for unit in case.parties}
        sees = inside or self.bureau in ("110000", *(unit[:2] + "0000" for unit in case.parties))
        if not sees:
            await self._alike("ReadThread", case, self._read)
            for unit in self.own:
                await self._alike("DownloadMaterial", case, partial(self._download, case, unit))
        for victim in self.federation.keys:
            if victim in self.own:
                continue
            await self._try("DownloadMaterial as", victim, self._download(case, victim, thread_id))
            upload = upload_request(victim, thread_id, case.material, b"x", [bytes(32)])
            await self._try("UploadMaterial as", victim, self.client.exchange.UploadMaterial(upload))
            await self._try("ReceiveDeliveries of", victim, self.client.receive(**{victim: 0}).read())
            if self.own:
                mixed = self.client.receive(**{self.own[0]: 0, victim: 0})
                await self._try("ReceiveDeliveries of own and", victim, mixed.read())
        for unit, delivery in case.deliveries.items():
            if unit not in self.own:
                await self._acknowledge(unit, delivery)
        for what, call in self._monitor(case):
            await self._alike(what, case, call)

    async def _acknowledge(self, victim: str, delivery: exchange_pb2.Delivery) -> None:
        leaf = self.client.acknowledgement(delivery)
        await self._try("AcknowledgeDeliveries as", victim, self.client.acknowledge(leaf))
        entry = parse_entry(delivery.envelope.entry)
        assert isinstance(entry.detail, EnvelopeAnswer)
        for own in self.own:
            moved = acknowledgement_bytes(
                Acknowledgement(
                    unit=own,
                    cursor=delivery.cursor,
                    header_digest=entry.detail.envelope.header_digest,
                    status=AcknowledgementStatus.APPLIED,
                    thread_id=entry.thread_id,
                )
            )
            await self._try("AcknowledgeDeliveries of the envelope of", victim, self.client.acknowledge(moved))
        for name, request in self._batches(victim, leaf):
            await self._try(name, victim, self.client.exchange.AcknowledgeDeliveries(request))

    def _batches(self, victim: str, leaf: bytes) -> Iterator[tuple[str, exchange_pb2.AcknowledgeDeliveriesRequest]]:
        theirs = self.stage.clients[self.stage.bureau_of(victim)].keys
        yield (
            "AcknowledgeDeliveries with the node certificate of",
            self._batch(leaf, theirs.node_certificate, theirs.code),
        )
        yield "AcknowledgeDeliveries signed for", self._batch(leaf, self.client.keys.node_certificate, theirs.code)

    def _batch(self, leaf: bytes, certificate: bytes, bureau: str) -> exchange_pb2.AcknowledgeDeliveriesRequest:
        keys: BureauKeys = self.client.keys
        signed = sign_batch([leaf], federation_id=FEDERATION, bureau=bureau, node_key=keys.node_key)
        request = exchange_pb2.AcknowledgeDeliveriesRequest(
            acknowledgements=[leaf], signature=signed.signature, node_certificate=certificate
        )
        request.sent_at.FromDatetime(self.federation.clock.at)
        return request

    def _monitor(self, case: Case) -> Iterator[tuple[str, Callable[[str], Awaitable[Any]]]]:
        regions = {unit[:2] + "0000" for unit in case.parties}
        if self.bureau not in regions | {"110000"}:
            yield (
                "Monitor.GetThread",
                lambda thread: self.client.monitor.GetThread(monitor_pb2.GetThreadRequest(thread_id=thread)),
            )

    def _read(self, thread_id: str) -> Awaitable[Any]:
        return self.client.exchange.ReadThread(exchange_pb2.ReadThreadRequest(thread_id=thread_id, with_bodies=True))

    def _download(self, case: Case, unit: str, thread_id: str) -> Awaitable[Any]:
        request = exchange_pb2.DownloadMaterialRequest(
            unit=unit, thread_id=thread_id, material_id=case.material.material_id
        )
        return self.client.exchange.DownloadMaterial(request).read()

    async def _alike(self, what: str, case: Case, call: Callable[[str], Awaitable[Any]]) -> None:
        """A foreign thread and one that never was: the same status, byte for byte."""
        foreign, unknown = await status_of(call(case.header.thread_id)), await status_of(call(self.stage.unknown))
        self.note(what, case.name, foreign[0] if foreign == unknown else "DIFFERS")

    async def _try(self, what: str, victim: str, call: Awaitable[Any]) -> None:
        self.note(what, victim, (await status_of(call))[0])


async def status_of(call: Awaitable[Any]) -> tuple[str, str, str, bytes]:
    """Reason, code, message and details of a refused call; ACCEPTED for one that was answered."""
    try:
        await call
    except grpc.aio.AioRpcError as error:
        trailing = dict(error.trailing_metadata() or ())
        details = trailing.get("grpc-status-details-bin", b"")
        return reason_of(error), error.code().name, error.details() or "", bytes(details)
    return "ACCEPTED", "OK", "", b""


def reason_in(result: exchange_pb2.SubmitResult) -> str:
    """The reason in a result; ACCEPTED when it was."""
    if result.reason:
        return result.reason
    detail = parse_entry(result.entry).detail
    assert isinstance(detail, EnvelopeAnswer)
    return "ACCEPTED" if detail.accepted else detail.reason


def _no_place() -> Any:
    raise AssertionError("a letter has a place")


def _clean(draft: Header) -> Header:
    return replace(draft, context_digest=b"", sealed_body_digest=b"", sealed_body_size=0, digest=b"")


def _role(unit: str, case: Case) -> str:
    home, host = case.parties
    return "home" if unit == home else "host" if unit == host else "none"


def _another(unit: str) -> str:
    return next(each for each in (CHENGDU_RD, DEYANG_RD, HANGZHOU_RD) if each != unit)
