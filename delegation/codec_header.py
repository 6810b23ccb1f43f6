"""The header between bytes and values (protocol 3). Bytes that were signed are read here and never written again.

`parse_header` refuses whatever is not exactly of this version's patterns and caps. It ignores unknown fields: they stay
in the caller's bytes, so digests and signatures hold. A draft becomes bytes in two steps, because HPKE binds the digest
of the context before the sealed body exists: `context_bytes`, then `header_bytes`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Final

from delegation import codec_values as take
from delegation import patterns
from delegation.codec_declared import read_declared, write_declared
from delegation.codes import (
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    PlaceCertainty,
    PlaceRole,
    Priority,
    Procedure,
    Relation,
    SealingSuite,
    SigningSuite,
    ThreadType,
)
from delegation.deadlines import Suspension
from delegation.errors import Reason, Refusal
from delegation.model import (
    NO_CLOCK,
    Base,
    ClockFacts,
    EnvelopeRef,
    Header,
    MaterialRef,
    Recipient,
    TaskPlace,
)
from delegation.payloads import DIGEST_SIZE, KEY_ID_SIZE, PAYLOAD_TYPE_ENVELOPE
from delegation.values import maker
from xieban.delegation.v1 import codes_pb2 as codes
from xieban.delegation.v1 import header_pb2 as pb

FORMAT_VERSION: Final = 1
PAYLOAD_VERSION: Final = 1
MOST_HEADER: Final = 24 * 1024
MOST_SEALED_BODY: Final = 128 * 1024
MOST_RECIPIENTS: Final = 6
MOST_MATERIALS: Final = 128
MOST_MATERIAL: Final = 2**40  # bytes of one material's sealed chunks; what a unit may upload is the quotas' business
_MOST_CHUNKS: Final = 2**22
_MOST_SUSPENSIONS: Final = 32
_MOST_OTHER_PLACES: Final = 2
_MOST_REASONS: Final = 16
MOST_LEGS: Final = 1_000
MOST_ROUNDS: Final = 100

SIGNATURES_OF_SUITE: Final[Mapping[SigningSuite, int]] = {
    SigningSuite.ECDSA_P256_SHA256: 1,
    SigningSuite.ECDSA_P256_ML_DSA_65: 2,
    SigningSuite.SM2_SM3: 1,
}

_THREAD_TYPES: Final = take.Codes(ThreadType, "thread_type", stated=True)
_KINDS: Final = take.Codes(Kind, "kind", stated=True)
_MATTERS: Final = take.Codes(Matter, "matter")
_APPRAISAL_KINDS: Final = take.Codes(AppraisalKind, "appraisal_kind")
_APPRAISAL_MODES: Final = take.Codes(AppraisalMode, "appraisal_mode")
_LEGAL_BASES: Final = take.Codes(LegalBasis, "legal_basis")
_PRIORITIES: Final = take.Codes(Priority, "priority")
_PROCEDURES: Final = take.Codes(Procedure, "clock.procedure")
_ROLES: Final = take.Codes(PlaceRole, "task_place.role", stated=True)
_CERTAINTIES: Final = take.Codes(PlaceCertainty, "task_place.certainty", stated=True)
_RELATIONS: Final = take.Codes(Relation, "relation")
_SIGNING: Final = take.Codes(SigningSuite, "signing_suite", stated=True)
_SEALING: Final = take.Codes(SealingSuite, "sealing_suite", stated=True)

_header_of: Final = maker(Header)
_ref_of: Final = maker(EnvelopeRef)
_base_of: Final = maker(Base)


def parse_header(header: bytes) -> Header:
    """The facts of a header, with the digests of the bytes given.

    Every string is of its closed pattern (protocol 3.4), every count within its cap (3.8), what the kind declares is
    its own, an opening letter states place, matter, basis and priority. NOT checked: signatures, the roster, the table
    of kinds, and how this envelope stands to its thread.

    Raises:
        Refusal: MALFORMED, TOO_LARGE, UNKNOWN_VERSION or UNKNOWN_CODE with the name of the `field`, never its value.
    """
    outer = take.parsed(pb.Header, header, most=MOST_HEADER, field="header")
    context = outer.context
    c = take.parsed(pb.Context, context, most=MOST_HEADER, field="context")
    _check_versions(c)
    kind = _KINDS[c.kind]
    thread_type = _THREAD_TYPES[c.thread_type]
    sender = c.sender_unit
    if not patterns.is_unit(sender):
        take.malformed("sender_unit")
    if not (c.HasField("claimed_at") and c.HasField("base")):
        take.malformed("base" if c.HasField("claimed_at") else "claimed_at")
    _check_names(c, kind, thread_type)
    leg, round_, hop = c.leg, c.round, c.hop
    if not (0 < leg <= MOST_LEGS and 0 < round_ <= MOST_ROUNDS and hop <= MOST_ROUNDS):  # none is below 0
        take.malformed("leg" if not 0 < leg <= MOST_LEGS else "round" if not 0 < round_ <= MOST_ROUNDS else "hop")
    roster_version, commitment = c.roster_version, c.content_commitment
    if not 0 < roster_version <= take.MOST_NUMBER:
        take.malformed("roster_version")
    sealed_digest, sealed_size = outer.sealed_body_digest, outer.sealed_body_size
    if not len(commitment) == len(sealed_digest) == DIGEST_SIZE:
        take.malformed("content_commitment" if len(commitment) != DIGEST_SIZE else "sealed_body_digest")
    if not 0 < sealed_size <= MOST_SEALED_BODY:
        take.malformed("sealed_body_size")
    related, relation = c.related_thread_id, _RELATIONS[c.relation]
    if related or relation:
        _check_related(related, relation)
    requested_due, declared, reasons, manifest = c.requested_due, c.declared, c.reasons, c.manifest
    paper_on = declared.paper_on
    found = _header_of(
        envelope_id=c.envelope_id,
        federation_id=c.federation_id,
        thread_id=c.thread_id,
        thread_type=thread_type,
        kind=kind,
        sender_unit=sender,
        counterpart_unit=c.counterpart_unit,
        recipients=_recipients(c, sender),
        case_id=c.case_id,
        payload_type=PAYLOAD_TYPE_ENVELOPE,
        payload_version=PAYLOAD_VERSION,
        format_version=FORMAT_VERSION,
        recorded_by_home=c.recorded_by_home,
        leg=leg,
        round=round_,
        hop=hop,
        signing_suite=(signing := _SIGNING[c.signing_suite]),
        sealing_suite=_SEALING[c.sealing_suite],
        signer_certificates=_signers(c, signing),
        task_place=_task_place(c.task_place) if c.HasField("task_place") else None,
        matter=_MATTERS[c.matter],
        appraisal_kind=_APPRAISAL_KINDS[c.appraisal_kind],
        appraisal_mode=_APPRAISAL_MODES[c.appraisal_mode],
        agreement_id=c.agreement_id,
        legal_basis=_LEGAL_BASES[c.legal_basis],
        priority=_PRIORITIES[c.priority],
        clock=_clock(c.clock) if c.HasField("clock") else NO_CLOCK,
        requested_due=take.day(requested_due, "requested_due") if requested_due else None,
        claimed_at=take.instant(c.claimed_at, "claimed_at"),
        valid_until=take.instant(c.valid_until, "valid_until") if c.HasField("valid_until") else None,
        base=_base(c.base),
        predecessor=read_ref(c.predecessor, "predecessor") if c.HasField("predecessor") else None,
        in_reply_to=read_ref(c.in_reply_to, "in_reply_to") if c.HasField("in_reply_to") else None,
        replaces=read_ref(c.replaces, "replaces") if c.HasField("replaces") else None,
        related_thread_id=related,
        relation=relation,
        roster_version=roster_version,
        reasons=_reasons(reasons) if reasons else (),
        declared=read_declared(declared, kind),
        paper_on=take.day(paper_on, "declared.paper_on") if paper_on else None,
        content_commitment=commitment,
        manifest=_manifest(manifest) if manifest else (),
        context_digest=sha256(context).digest(),
        sealed_body_digest=sealed_digest,
        sealed_body_size=sealed_size,
        digest=sha256(header).digest(),
    )
    if paper_on and not found.recorded_by_home:
        take.malformed("declared.paper_on")
    if kind is Kind.ISSUED:
        _check_opening(found)
    return found


def _check_versions(c: pb.Context) -> None:
    if c.format_version != FORMAT_VERSION:
        raise Refusal(Reason.UNKNOWN_VERSION, field="format_version")
    if c.payload_version != PAYLOAD_VERSION:
        raise Refusal(Reason.UNKNOWN_VERSION, field="payload_version")
    if c.payload_type != PAYLOAD_TYPE_ENVELOPE:
        take.malformed("payload_type")


def _check_names(c: pb.Context, kind: Kind, thread_type: ThreadType) -> None:
    """Who and what the envelope names: itself, federation, thread, case, agreement, the unit it is for."""
    if not patterns.is_uuid7(c.envelope_id):
        take.malformed("envelope_id")
    if not patterns.is_federation(c.federation_id):
        take.malformed("federation_id")
    in_delegation = thread_type is ThreadType.DELEGATION
    if not (patterns.is_delegation_number if in_delegation else patterns.is_uuid7)(c.thread_id):
        take.malformed("thread_id")
    counterpart = c.counterpart_unit
    # ANNOUNCED is to a province's units, as many as are recipients
    if not (patterns.is_unit(counterpart) or (kind is Kind.ANNOUNCED and not counterpart)):
        take.malformed("counterpart_unit")
    case_id, agreement_id = c.case_id, c.agreement_id
    if case_id and not patterns.is_uuid4(case_id):
        take.malformed("case_id")
    if agreement_id and not patterns.is_uuid7(agreement_id):
        take.malformed("agreement_id")


def _recipients(c: pb.Context, sender: str) -> tuple[Recipient, ...]:
    recipients = c.recipients
    take.number(len(recipients), 1, MOST_RECIPIENTS, "recipients")
    return checked_recipients(sender, tuple([(recipient.unit, recipient.key_id) for recipient in recipients]))


@lru_cache(maxsize=4096)  # the units of a thread are the same in each of its envelopes, for as long as their keys last
def checked_recipients(sender: str, stated: tuple[tuple[str, bytes], ...]) -> tuple[Recipient, ...]:
    """Who can open it, of the units and key ids stated, the sender among them. Refusal MALFORMED."""
    for unit, key_id in stated:
        if len(key_id) != KEY_ID_SIZE:
            take.malformed("recipients.key_id")
        if not patterns.is_unit(unit):
            take.malformed("recipients.unit")
    units = {unit for unit, _ in stated}
    if len(units) != len(stated) or sender not in units:
        take.malformed("recipients")
    return tuple([Recipient(unit, key_id) for unit, key_id in stated])


def _signers(c: pb.Context, suite: SigningSuite) -> tuple[bytes, ...]:
    certificates = tuple(c.signer_certificates)
    if len(certificates) != SIGNATURES_OF_SUITE[suite]:  # which has every suite that the header may state
        take.malformed("signer_certificates")
    for certificate in certificates:
        if len(certificate) != DIGEST_SIZE:
            take.malformed("signer_certificates")
    return certificates


def _task_place(place: pb.TaskPlace) -> TaskPlace:
    others = tuple(place.other_candidates)
    take.at_most(others, _MOST_OTHER_PLACES, "task_place.other_candidates")
    certainty = _CERTAINTIES[place.certainty]
    for other in others:
        take.text(other, patterns.is_place, "task_place.other_candidates")
    if others and certainty is not PlaceCertainty.UNCERTAIN:
        take.malformed("task_place.other_candidates")
    code = take.text(place.code, patterns.is_place, "task_place.code")
    take.distinct((code, *others), "task_place.other_candidates")
    return TaskPlace(code, _ROLES[place.role], certainty, others)


def _clock(clock: pb.ClockFacts) -> ClockFacts:
    take.at_most(clock.suspensions, _MOST_SUSPENSIONS, "clock.suspensions")
    return ClockFacts(
        accepted_on=take.optional_day(clock.accepted_on, "clock.accepted_on"),
        application_received_on=take.optional_day(clock.application_received_on, "clock.application_received_on"),
        procedure=_PROCEDURES[clock.procedure],
        suspensions=tuple(
            Suspension(
                effective_on=take.day(s.effective_on, "clock.suspensions.effective_on"),
                resumed_on=take.optional_day(s.resumed_on, "clock.suspensions.resumed_on"),
                ground=take.listed(
                    s.ground, patterns.SUSPENSION_GROUNDS, patterns.is_reason_form, "clock.suspensions.ground"
                ),
            )
            for s in clock.suspensions
        ),
    )


def _base(base: pb.Base) -> Base:
    sequence, entry_digest = base.sequence, base.entry_digest
    if sequence > take.MOST_NUMBER or (entry_digest and not sequence):
        take.malformed("base.sequence")
    if len(entry_digest) != (DIGEST_SIZE if sequence else 0):
        take.malformed("base.entry_digest")
    return _base_of(sequence, entry_digest)


def read_ref(ref: pb.EnvelopeRef, field: str) -> EnvelopeRef:
    """The name of an envelope.

    Raises:
        Refusal: MALFORMED with the path below `field`.
    """
    sender, envelope_id, digest = ref.sender_unit, ref.envelope_id, ref.header_digest
    if not patterns.is_unit(sender):
        take.malformed(f"{field}.sender_unit")
    if not patterns.is_uuid7(envelope_id):
        take.malformed(f"{field}.envelope_id")
    if len(digest) != DIGEST_SIZE:
        take.malformed(f"{field}.header_digest")
    return _ref_of(sender, envelope_id, digest)


def write_ref(into: pb.EnvelopeRef, ref: EnvelopeRef) -> None:
    """Fill the message with the name of an envelope."""
    into.sender_unit, into.envelope_id, into.header_digest = ref.sender_unit, ref.envelope_id, ref.header_digest


def _check_related(related: str, relation: Relation) -> None:
    if not (related and relation) or not (patterns.is_delegation_number(related) or patterns.is_uuid7(related)):
        take.malformed("related_thread_id")


def _reasons(reasons: Sequence[str]) -> tuple[str, ...]:
    take.at_most(reasons, _MOST_REASONS, "reasons")
    found = tuple(reasons)
    for reason in found:
        if reason not in patterns.HEADER_REASONS:
            if reason in patterns.EXACT_REASONS or not patterns.is_reason_form(reason):
                take.malformed("reasons")  # one that must travel sealed (protocol 5.8), or no code at all
            take.unknown("reasons")
    take.distinct(found, "reasons")
    return found


def _manifest(manifest: Sequence[pb.MaterialRef]) -> tuple[MaterialRef, ...]:
    take.at_most(manifest, MOST_MATERIALS, "manifest")
    found = tuple([read_material(material, "manifest") for material in manifest])
    take.distinct([material.material_id for material in found], "manifest.material_id")
    return found


def read_material(material: pb.MaterialRef, field: str) -> MaterialRef:
    """A line of a manifest, also as an upload names it.

    NOT checked: that the number of chunks fits the size.

    Raises:
        Refusal: MALFORMED with the path below `field`.
    """
    if not patterns.is_uuid4(material.material_id):
        take.malformed(f"{field}.material_id")
    return MaterialRef(
        material.material_id,
        take.digest(material.root, f"{field}.root"),
        take.number(material.sealed_size, 1, MOST_MATERIAL, f"{field}.sealed_size"),
        take.number(material.chunk_count, 1, _MOST_CHUNKS, f"{field}.chunk_count"),
    )


def _check_opening(header: Header) -> None:
    """What a letter of delegation must state; the contract says `refused on a delegation` of each when not set."""
    if header.thread_type is not ThreadType.DELEGATION:
        return  # the table refuses it, no pattern does
    if header.task_place is None:
        take.malformed("task_place")
    for name, stated in (
        ("matter", header.matter),
        ("legal_basis", header.legal_basis),
        ("priority", header.priority),
    ):
        if not stated:
            take.malformed(name)
    if header.matter is Matter.INVESTIGATION:
        if not header.clock.procedure:
            take.malformed("clock.procedure")
        if header.appraisal_kind or header.appraisal_mode:
            take.malformed("appraisal_kind" if header.appraisal_kind else "appraisal_mode")


def context_bytes(header: Header) -> bytes:
    """The serialised context of a draft; its SHA-256 goes into HPKE's info. An empty payload type becomes the usual.

    NOT checked: anything; `parse_header` of the finished header does. Digests of the draft are not part of it.
    """
    c = pb.Context(
        format_version=header.format_version,
        federation_id=header.federation_id,
        envelope_id=header.envelope_id,
        thread_id=header.thread_id,
        thread_type=codes.ThreadType.ValueType(header.thread_type),
        counterpart_unit=header.counterpart_unit,
        recorded_by_home=header.recorded_by_home,
        case_id=header.case_id,
        payload_type=header.payload_type or PAYLOAD_TYPE_ENVELOPE,
        payload_version=header.payload_version,
        kind=codes.EventKind.ValueType(header.kind),
        leg=header.leg,
        round=header.round,
        hop=header.hop,
        sender_unit=header.sender_unit,
        recipients=[pb.Recipient(unit=r.unit, key_id=r.key_id) for r in header.recipients],
        signing_suite=codes.SigningSuite.ValueType(header.signing_suite),
        sealing_suite=codes.SealingSuite.ValueType(header.sealing_suite),
        signer_certificates=header.signer_certificates,
        roster_version=header.roster_version,
        reasons=header.reasons,
        content_commitment=header.content_commitment,
    )
    take.put_instant(c.claimed_at, header.claimed_at)
    base = c.base
    base.SetInParent()  # stated also when nothing stands in it
    base.sequence, base.entry_digest = header.base.sequence, header.base.entry_digest
    if header.predecessor is not None:
        write_ref(c.predecessor, header.predecessor)
    if header.in_reply_to is not None:
        write_ref(c.in_reply_to, header.in_reply_to)
    if header.declared is not None:
        write_declared(c.declared, header.declared)
    if header.clock is not NO_CLOCK and header.clock != NO_CLOCK:
        c.clock.CopyFrom(_written_clock(header.clock))
    if header.manifest:
        c.manifest.extend([write_material(material) for material in header.manifest])
    _write_case(c, header)
    _write_rest(c, header)
    return c.SerializeToString(deterministic=True)


def _write_case(c: pb.Context, header: Header) -> None:
    """What a letter says of its case, and hardly any other kind."""
    place = header.task_place
    if place is not None:
        c.task_place.CopyFrom(
            pb.TaskPlace(
                code=place.code,
                role=codes.PlaceRole.ValueType(place.role),
                certainty=codes.PlaceCertainty.ValueType(place.certainty),
                other_candidates=place.other_candidates,
            )
        )
    if header.matter:
        c.matter = codes.Matter.ValueType(header.matter)
    if header.appraisal_kind:
        c.appraisal_kind = codes.AppraisalKind.ValueType(header.appraisal_kind)
    if header.appraisal_mode:
        c.appraisal_mode = codes.AppraisalMode.ValueType(header.appraisal_mode)
    if header.agreement_id:
        c.agreement_id = header.agreement_id
    if header.legal_basis:
        c.legal_basis = codes.LegalBasis.ValueType(header.legal_basis)
    if header.priority:
        c.priority = codes.Priority.ValueType(header.priority)


def _write_rest(c: pb.Context, header: Header) -> None:
    """What few headers say."""
    if header.requested_due is not None:
        c.requested_due = take.iso(header.requested_due)
    if header.valid_until is not None:
        take.put_instant(c.valid_until, header.valid_until)
    if header.replaces is not None:
        write_ref(c.replaces, header.replaces)
    if header.related_thread_id:
        c.related_thread_id = header.related_thread_id
    if header.relation:
        c.relation = codes.Relation.ValueType(header.relation)
    if header.paper_on is not None:
        c.declared.paper_on = take.iso(header.paper_on)


def _written_clock(clock: ClockFacts) -> pb.ClockFacts:
    return pb.ClockFacts(
        accepted_on=take.iso(clock.accepted_on),
        application_received_on=take.iso(clock.application_received_on),
        procedure=codes.Procedure.ValueType(clock.procedure),
        suspensions=[
            pb.Suspension(ground=s.ground, effective_on=take.iso(s.effective_on), resumed_on=take.iso(s.resumed_on))
            for s in clock.suspensions
        ],
    )


def write_material(material: MaterialRef) -> pb.MaterialRef:
    """A line of a manifest as a message."""
    return pb.MaterialRef(
        material_id=material.material_id,
        root=material.root,
        sealed_size=material.sealed_size,
        chunk_count=material.chunk_count,
    )


def header_bytes(context: bytes, sealed_body_digest: bytes, sealed_body_size: int) -> bytes:
    """The header that is signed: the context as it stands, and what binds the sealed body to it."""
    return pb.Header(
        context=context, sealed_body_digest=sealed_body_digest, sealed_body_size=sealed_body_size
    ).SerializeToString(deterministic=True)
