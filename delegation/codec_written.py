"""The header that was just written from a draft, as a reader would find it: never sign what others refuse to read."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256
from typing import Final

from delegation import codec_values as take
from delegation import patterns
from delegation.codec_declared import FIELD_OF_KIND
from delegation.codec_header import (
    FORMAT_VERSION,
    MOST_HEADER,
    MOST_LEGS,
    MOST_RECIPIENTS,
    MOST_ROUNDS,
    MOST_SEALED_BODY,
    PAYLOAD_VERSION,
    SIGNATURES_OF_SUITE,
    checked_recipients,
    parse_header,
)
from delegation.codes import Kind, SealingSuite, ThreadType
from delegation.errors import Refusal
from delegation.model import NO_CLOCK, EnvelopeRef, Header, QuestionDeclared, Recipient
from delegation.payloads import DIGEST_SIZE, PAYLOAD_TYPE_ENVELOPE
from delegation.values import changer

_digested: Final = changer(Header, "context_digest", "sealed_body_digest", "sealed_body_size", "digest")


def read_back(draft: Header, context: bytes, header: bytes, *, sealed_body: tuple[bytes, int]) -> Header:
    """What `parse_header` gives for the header that was just written from this draft, and by what it refuses.

    Most drafts state nothing but names, numbers and other envelopes. If these hold by the same patterns and caps, the
    draft is what a reader would find, and is not read again; any other draft is. `context` and `sealed_body` (digest,
    size) are those that the header was written with. NOT checked: that they are.
    """
    if len(header) <= MOST_HEADER and _states_little(draft) and _holds(draft, sealed_body[1]):
        return _digested(draft, sha256(context).digest(), *sealed_body, sha256(header).digest())
    return parse_header(header)


def _states_little(d: Header) -> bool:
    """Whether nothing stands in it that letters, results and other rare kinds have: all of that is read by its form."""
    declared, kind = d.declared, d.kind
    return (
        (declared is None or type(declared) is QuestionDeclared)
        and FIELD_OF_KIND.get(kind) == (None if declared is None else "question")
        and kind is not Kind.ISSUED
        and d.task_place is None
        and d.clock is NO_CLOCK
        and d.requested_due is None
        and d.valid_until is None
        and d.paper_on is None
        and not (d.matter or d.appraisal_kind or d.appraisal_mode or d.legal_basis or d.priority or d.relation)
        and not (d.agreement_id or d.related_thread_id or d.reasons or d.manifest or d.recorded_by_home)
    )


def _holds(d: Header, sealed_size: int) -> bool:
    """Whether what such a draft states is of the patterns and within the caps that `parse_header` asks for."""
    at, base, recipients, signers = d.claimed_at, d.base, d.recipients, d.signer_certificates
    counterpart, case_id, sender, thread_id = d.counterpart_unit, d.case_id, d.sender_unit, d.thread_id
    in_delegation = d.thread_type is ThreadType.DELEGATION
    return (
        d.format_version == FORMAT_VERSION
        and d.payload_version == PAYLOAD_VERSION
        and d.payload_type == PAYLOAD_TYPE_ENVELOPE
        and type(d.kind) is Kind
        and d.kind is not Kind.UNSPECIFIED
        and type(d.thread_type) is ThreadType
        and d.thread_type is not ThreadType.UNSPECIFIED
        and patterns.is_uuid7(d.envelope_id)
        and patterns.is_federation(d.federation_id)
        and (patterns.is_delegation_number if in_delegation else patterns.is_uuid7)(thread_id)
        and patterns.is_unit(sender)
        and patterns.is_unit(counterpart)
        and (not case_id or patterns.is_uuid4(case_id))
        and 0 < d.leg <= MOST_LEGS
        and 0 < d.round <= MOST_ROUNDS
        and 0 <= d.hop <= MOST_ROUNDS
        and 0 < d.roster_version <= take.MOST_NUMBER
        and 0 < sealed_size <= MOST_SEALED_BODY
        and len(d.content_commitment) == DIGEST_SIZE
        and at.tzinfo is UTC
        and take.FIRST_YEAR <= at.year <= take.LAST_YEAR
        and 0 <= base.sequence <= take.MOST_NUMBER
        and len(base.entry_digest) == (DIGEST_SIZE if base.sequence else 0)
        and _is_ref(d.predecessor)
        and _is_ref(d.in_reply_to)
        and _is_ref(d.replaces)
        and type(d.sealing_suite) is SealingSuite
        and d.sealing_suite is not SealingSuite.UNSPECIFIED
        and len(signers) == SIGNATURES_OF_SUITE.get(d.signing_suite)
        and {len(signer) for signer in signers} == {DIGEST_SIZE}
        and 0 < len(recipients) <= MOST_RECIPIENTS
        and _are_recipients(sender, recipients)
    )


def _is_ref(ref: EnvelopeRef | None) -> bool:
    return ref is None or (
        patterns.is_unit(ref.sender_unit)
        and patterns.is_uuid7(ref.envelope_id)
        and len(ref.header_digest) == DIGEST_SIZE
    )


def _are_recipients(sender: str, recipients: Sequence[Recipient]) -> bool:
    try:
        checked_recipients(sender, tuple([(each.unit, each.key_id) for each in recipients]))
    except Refusal:
        return False
    return True
