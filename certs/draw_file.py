"""The file of a draw, by which anyone checks it without network or database (protocol 13.8), as values.

`certs.draw_file_json` writes and reads it, `certs.draw_proof` checks it; nothing here is believed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from certs.keys import certificate_digest
from delegation.codec_header import parse_header
from delegation.draw_lists import EligibleExpert, PoolExpert, eligible_leaf
from delegation.errors import Reason, Refusal
from delegation.merkle import leaf_hash
from xieban.delegation.v1 import appraisal_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEnvelope:
    """An accepted envelope without its body: header bytes as signed, entry, and the entry's path in a checkpoint."""

    header: bytes
    signatures: tuple[bytes, ...]
    entry: bytes
    checkpoint: int  # which of the file's
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolOpening:
    """Where an expert stands in the pool's version."""

    salt: bytes
    index: int
    path: tuple[bytes, ...]
    specialties: tuple[str, ...]
    appointed_from: str
    appointed_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedExpert:
    """An expert as the list of the draw has them. Personal data; left out of a province's file."""

    salt: bytes
    expert: EligibleExpert
    pool: PoolOpening | None

    @property
    def in_pool(self) -> PoolExpert | None:
        """The same person as the pool has them; who is drawn is active."""
        if self.pool is None:
            return None
        return PoolExpert(
            expert_id=self.expert.expert_id,
            name=self.expert.name,
            title=self.expert.title,
            employer=self.expert.employer,
            specialties=self.pool.specialties,
            appointed_from=self.pool.appointed_from,
            appointed_until=self.pool.appointed_until,
            active=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A place of the list, with the path of its leaf. Without a name the leaf is given by its hash."""

    stratum: int
    position: int
    path: tuple[bytes, ...]
    leaf: bytes = b""
    named: NamedExpert | None = None

    def without_name(self) -> "Opening":
        """The same place by its leaf's hash, which tells nobody's name."""
        if self.named is None:
            return self
        named = self.named
        data = eligible_leaf(named.salt, stratum=self.stratum, position=self.position, expert=named.expert)
        return replace(self, leaf=leaf_hash(data), named=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawFile:
    """Everything that a draw's proof is made of; see protocol 13.8 for each field."""

    leg: int
    draw: int
    seal_authorities: tuple[bytes, ...]
    log_origin: str
    log_public_key: bytes
    certificates: tuple[bytes, ...]
    checkpoints: tuple[bytes, ...]
    consistency: tuple[tuple[bytes, ...], ...]
    draw_checkpoint: int
    draw_paths: tuple[tuple[bytes, ...], ...]
    thread: tuple[LoggedEnvelope, ...]
    pool: LoggedEnvelope | None
    experts: tuple[Opening, ...]

    def without_names(self) -> "DrawFile":
        """The province's version: the same proof of the draw, nobody's name, number or employer in it."""
        return replace(self, experts=tuple(opening.without_name() for opening in self.experts))


def draw_file(
    *,
    leg: int,
    draw: int,
    seal_authorities: Sequence[bytes],
    log_origin: str,
    log_public_key: bytes,
    certificates: Sequence[bytes],
    checkpoints: Sequence[bytes],
    consistency: Sequence[Sequence[bytes]],
    draw_checkpoint: bytes,
    draw_paths: Sequence[Sequence[bytes]],
    thread: Sequence[LoggedEnvelope],
    pool: LoggedEnvelope | None,
    experts: Sequence[Opening],
) -> DrawFile:
    """Put a draw's file together (`draw_file_json` writes it). Pure: whoever calls has fetched the proofs.

    `thread` holds every accepted envelope of the thread from the first to the last that the file is to tell of, in
    order. `checkpoints` are signed notes by ascending size, `consistency` the proof from each to the next;
    `draw_checkpoint` is one of them; `draw_paths` are the inclusion proofs in its tree of the home's commitment and
    of the host's. `certificates` may hold more than is needed, and repeat: what no header names is left out. Experts
    are sorted by place. Not checked: that the proof holds, which `certs.draw_proof.verify_draw` says.

    Raises:
        Refusal: INVALID_INPUT (field=draw_checkpoint) when it is not one of the checkpoints; MALFORMED as parse_header.
    """
    notes = tuple(checkpoints)
    if draw_checkpoint not in notes:
        raise Refusal(Reason.INVALID_INPUT, field="draw_checkpoint")
    named = signers_of([*thread, *([pool] if pool is not None else [])])
    return DrawFile(
        leg=leg,
        draw=draw,
        seal_authorities=_in_order(seal_authorities),
        log_origin=log_origin,
        log_public_key=log_public_key,
        certificates=_in_order([der for der in certificates if certificate_digest(der) in named]),
        checkpoints=notes,
        consistency=tuple(tuple(path) for path in consistency),
        draw_checkpoint=notes.index(draw_checkpoint),
        draw_paths=tuple(tuple(path) for path in draw_paths),
        thread=tuple(thread),
        pool=pool,
        experts=tuple(sorted(experts, key=lambda each: (each.stratum, each.position))),
    )


def _in_order(certificates: Sequence[bytes]) -> tuple[bytes, ...]:
    """Once each, by digest: one file for one proof."""
    return tuple(sorted(set(certificates), key=certificate_digest))


def signers_of(envelopes: Sequence[LoggedEnvelope]) -> frozenset[bytes]:
    """Digests of the certificates that headers name. Raises Refusal as parse_header."""
    return frozenset(digest for each in envelopes for digest in parse_header(each.header).signer_certificates)


def opening_of(expert: appraisal_pb2.PanelExpert) -> Opening:
    """The opening that a sealed body holds of a drawn expert, for a file."""
    return Opening(
        stratum=expert.stratum,
        position=expert.position,
        path=tuple(expert.path),
        named=NamedExpert(
            salt=expert.salt,
            expert=EligibleExpert(
                expert_id=expert.expert_id,
                name=expert.name,
                title=expert.title,
                employer=expert.employer,
                specialty=expert.specialty,
            ),
            pool=PoolOpening(
                salt=expert.pool_salt,
                index=expert.pool_index,
                path=tuple(expert.pool_path),
                specialties=tuple(expert.pool_specialties),
                appointed_from=expert.appointed_from,
                appointed_until=expert.appointed_until,
            )
            if expert.pool_salt
            else None,
        ),
    )
