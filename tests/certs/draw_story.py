"""A draw lived through with real keys and a real log, offline: what its file is made of, honest or not.

Hangzhou is the home, Chengdu the host, which draws. Every step can be left out, doubled or bent by a test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from certs.authority import SealAuthority
from certs.draw_file import DrawFile, LoggedEnvelope, NamedExpert, Opening, PoolOpening, draw_file
from certs.draw_proof import verify_draw
from certs.draw_report import DrawReport
from certs.keys import certificate_digest, new_csr, new_ed25519, new_p256
from certs.notes import Checkpoint, sign_checkpoint
from certs.signing import sign_p256
from delegation.codec_entry import entry_bytes, parse_entry
from delegation.codec_header import parse_header
from delegation.codes import (
    AppraisalKind,
    AppraisalMode,
    Kind,
    LegalBasis,
    Matter,
    Priority,
    ThreadType,
)
from delegation.declared_appraisal import (
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    PanelDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.draw import Picks, Stratum, draw_commitment, draw_seed, next_reserve, opening_index, picks
from delegation.draw_lists import EligibleExpert, PoolExpert, eligible_leaf, list_tree, pool_leaf
from delegation.merkle import Batch, Frontier, consistency_proof, inclusion_proof, leaf_hash
from delegation.model import (
    ClockFacts,
    DeclaredDetail,
    Entry,
    EntryKind,
    EnvelopeAnswer,
    LetterDeclared,
    PoolDeclared,
    Versions,
)
from delegation.payloads import PAYLOAD_TYPE_ENVELOPE, signatures_digest
from tests import builders as b

HOME, HOST, PROVINCE = b.HANGZHOU_AC, b.CHENGDU_AC, b.SICHUAN_PO
ORIGIN = "log.xieban.test"
STRATA = (Stratum(2, 2, 12), Stratum(1, 1, 7))
POOL_THREAD = b.a_uuid7(4242)


def secret_of(unit: str, draw: int = 1) -> bytes:
    return sha256(f"secret {unit} {draw}".encode()).digest()


def salt(text: str) -> bytes:
    return sha256(f"salt {text}".encode()).digest()


def a_pool(size: int = 40, *, name: str = "医师") -> tuple[PoolExpert, ...]:
    return tuple(
        PoolExpert(
            expert_id=f"E{i:04d}",
            name=f"{name}{i}",
            title="主任医师",
            employer=f"第{i % 7}医院",
            specialties=("M101", "M201") if i % 3 else ("M201",),
            appointed_from="2025-01-01",
            appointed_until="2027-12-31",
            active=True,
        )
        for i in range(size)
    )


def eligible_of(pool: Sequence[PoolExpert], strata: Sequence[Stratum]) -> tuple[tuple[int, int, int], ...]:
    """(index in the pool, stratum, position): whoever comes first."""
    found, at = [], 0
    for stratum, each in enumerate(strata):
        for position in range(each.eligible):
            found.append((at, stratum, position))
            at += 1
    assert at <= len(pool)
    return tuple(found)


@dataclass
class Kept:
    """An envelope in the log."""

    header: bytes
    signatures: tuple[bytes, ...]
    entry: bytes
    parsed: Entry


@dataclass
class Story:
    """One federation of three units and one log."""

    folder: Path
    strata: tuple[Stratum, ...] = STRATA
    experts: tuple[PoolExpert, ...] = ()
    thread: list[Kept] = field(default_factory=list)
    pool_event: Kept | None = None
    first_size: int = 0

    def __post_init__(self) -> None:
        self.experts = self.experts or a_pool(max(40, sum(each.eligible for each in self.strata)))
        self.seal = SealAuthority.create(self.folder / "seal", b.FEDERATION, b.NOW - timedelta(days=100))
        self.log_key = new_ed25519()
        self.keys: dict[str, EllipticCurvePrivateKey] = {}
        self.certificates: dict[str, bytes] = {}
        for unit in (HOME, HOST, PROVINCE):
            key = self.keys[unit] = new_p256()
            self.certificates[unit] = self.seal.issue_unit(new_csr(key), unit, b.NOW - timedelta(days=10))
        self.frontier = Frontier()
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.at = b.NOW
        self.serial = 100
        self.eligible = eligible_of(self.experts, self.strata)
        self.pool_tree: Batch = list_tree([pool_leaf(salt(f"pool {i}"), each) for i, each in enumerate(self.experts)])
        self.list_tree: Batch = list_tree([self._leaf(*place) for place in self.eligible])

    def _leaf(self, index: int, stratum: int, position: int) -> bytes:
        return eligible_leaf(
            salt(f"list {index}"), stratum=stratum, position=position, expert=self.listed_expert(index)
        )

    def listed_expert(self, index: int) -> EligibleExpert:
        person = self.experts[index]
        return EligibleExpert(
            expert_id=person.expert_id,
            name=person.name,
            title=person.title,
            employer=person.employer,
            specialty="M201",
        )

    # the log

    @property
    def size(self) -> int:
        return self.frontier.size

    def _append(self, digest: bytes) -> None:
        self.frontier, nodes = self.frontier.grow([leaf_hash(digest)])
        self.nodes |= {(level, index): value for level, index, value in nodes}

    def others(self, count: int = 3) -> None:
        """Entries of other threads."""
        for _ in range(count):
            self._append(sha256(b"other %d" % self.size).digest())

    def get(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return Frontier.load(size=size, get_hash=self.get).root()

    def note(self, size: int) -> bytes:
        return sign_checkpoint(Checkpoint(ORIGIN, size, self.root(size)), ORIGIN, self.log_key)

    # envelopes

    def send(self, kind: Kind, unit: str, declared: DeclaredDetail | None, **changes: Any) -> Kept:
        """Sign, log and keep an envelope of the thread."""
        kept = self._logged(kind, unit, declared, len(self.thread) + 1, **changes)
        self.thread.append(kept)
        return kept

    def _logged(self, kind: Kind, unit: str, declared: DeclaredDetail | None, sequence: int, **changes: Any) -> Kept:
        self.serial += 1
        self.at += timedelta(minutes=7)
        base: dict[str, Any] = {
            "envelope_id": b.a_uuid7(self.serial),
            "kind": kind,
            "sender_unit": unit,
            "counterpart_unit": HOST if unit == HOME else HOME,
            "recipients": tuple(b.a_recipient(each) for each in dict.fromkeys((unit, HOME, HOST))),
            "signer_certificates": (certificate_digest(self.certificates[unit]),),
            "claimed_at": self.at,
            "declared": declared,
        }
        if kind is not Kind.ISSUED:
            base |= {
                "clock": ClockFacts(),
                "task_place": None,
                "matter": Matter.UNSPECIFIED,
                "legal_basis": LegalBasis.UNSPECIFIED,
                "priority": Priority.UNSPECIFIED,
            }
        header = b.wire(b.a_header(**(base | changes)))
        signatures = (sign_p256(self.keys[unit], PAYLOAD_TYPE_ENVELOPE, header),)
        read = parse_header(header)
        previous = self.thread[-1].parsed.digest if sequence > 1 else b""
        entry = entry_bytes(
            Entry(
                kind=EntryKind.ENVELOPE,
                federation_id=b.FEDERATION,
                leaf_index=self.size,
                accepted_at=self.at,
                versions=Versions(1, 1, 1, 1),
                thread_id=read.thread_id,
                thread_sequence=sequence,
                previous_entry_digest=previous,
                state_version=sequence,
                due_dates=(),
                detail=EnvelopeAnswer(read.ref, signatures_digest(signatures), accepted=True),
            )
        )
        parsed = parse_entry(entry)
        self._append(parsed.digest)
        self.others(2)
        return Kept(header, signatures, entry, parsed)

    # the steps of a draw

    def letter(self, **changes: Any) -> None:
        given: dict[str, Any] = {
            "matter": Matter.DISABILITY_GRADE,
            "appraisal_kind": AppraisalKind.FIRST,
            "appraisal_mode": AppraisalMode.ONSITE_ASSIST,
            "legal_basis": LegalBasis.REGULATION_25,
            "clock": ClockFacts(application_received_on=b.TODAY),
        }
        self.send(Kind.ISSUED, HOME, LetterDeclared(items=1, mandatory_items=1), **(given | changes))

    def commit_pool(self, *, version: int = 1, unit: str = HOST, root: bytes = b"") -> None:
        declared = PoolDeclared(root or self.pool_tree.root, len(self.experts), version)
        self.pool_event = self._logged(
            Kind.POOL_COMMITTED,
            unit,
            declared,
            1,
            thread_id=POOL_THREAD,
            thread_type=ThreadType.UNIT,
            counterpart_unit=unit,
            recipients=(b.a_recipient(unit),),
        )

    def fix_list(
        self, *, draw: int = 1, unit: str = HOST, root: bytes = b"", pool_version: int = 1, **changes: Any
    ) -> None:
        declared = StrataDeclared(draw, self.strata, pool_version, root or self.list_tree.root)
        self.send(Kind.SPECIALTY_DETERMINED, unit, declared, **changes)

    def commit(self, unit: str, *, draw: int = 1, secret: bytes = b"", **changes: Any) -> None:
        commitment = draw_commitment(
            federation_id=b.FEDERATION,
            thread_id=b.DELEGATION_NUMBER,
            leg=changes.get("leg", 1),
            draw=draw,
            unit=unit,
            secret=secret or secret_of(unit, draw),
        )
        self.send(Kind.DRAW_COMMITTED, unit, DrawCommittedDeclared(draw, commitment), **changes)
        self.first_size = self.size  # the checkpoint of the transaction's end

    def reveal(self, unit: str, *, draw: int = 1, secret: bytes = b"", by: str = "") -> None:
        declared = DrawRevealedDeclared(draw, unit, secret or secret_of(unit, draw))
        self.send(Kind.DRAW_REVEALED_FOR if by else Kind.DRAW_REVEALED, by or unit, declared)

    def void(self, draw: int, unit: str, **changes: Any) -> None:
        self.send(Kind.DRAW_VOIDED, HOST, DrawVoidedDeclared(draw, unit), reasons=("D01",), **changes)

    def lot(self, *, draw: int = 1, leg: int = 1, size: int = 0, root: bytes = b"") -> tuple[Picks, ...]:
        """What the secrets and the log give."""
        seed = draw_seed(
            federation_id=b.FEDERATION,
            thread_id=b.DELEGATION_NUMBER,
            leg=leg,
            draw=draw,
            home_unit=HOME,
            home_secret=secret_of(HOME, draw),
            host_unit=HOST,
            host_secret=secret_of(HOST, draw),
            eligible_root=root or self.list_tree.root,
            log_size=size or self.first_size,
            log_root=self.root(size or self.first_size),
        )
        return picks(seed, self.strata)

    def panel(
        self, *, draw: int = 1, unit: str = HOST, size: int = 0, drawn: tuple[Picks, ...] = (), **changes: Any
    ) -> tuple[Picks, ...]:
        at = size or self.first_size
        found = drawn or self.lot(draw=draw, size=at, leg=changes.get("leg", 1))
        self.send(Kind.PANEL_DRAWN, unit, PanelDeclared(draw, at, self.root(at), found), **changes)
        return found

    def replace(self, drawn: Sequence[Picks], stratum: int = 0, *, seat: int = 0, **changes: Any) -> None:
        enters = next_reserve(drawn[stratum], ())
        assert enters is not None
        declared = ReplacementDeclared(1, stratum, drawn[stratum].seats[seat], enters)
        self.send(Kind.PANEL_REPLACED, HOST, replace(declared, **changes), reasons=("K00",))

    def honest(self) -> tuple[Picks, ...]:
        """From the pool to a panel, one seat replaced."""
        self.others(5)
        self.commit_pool()
        self.letter()
        self.fix_list()
        self.commit(HOST)
        self.commit(HOME)
        self.reveal(HOME)
        self.reveal(HOST)
        drawn = self.panel()
        self.replace(drawn)
        return drawn

    # the file

    def opening(self, stratum: int, position: int) -> Opening:
        index = opening_index(self.strata, stratum, position)
        person = self.experts[index]
        return Opening(
            stratum=stratum,
            position=position,
            path=self.list_tree.paths[index],
            named=NamedExpert(
                salt=salt(f"list {index}"),
                expert=self.listed_expert(index),
                pool=PoolOpening(
                    salt=salt(f"pool {index}"),
                    index=index,
                    path=self.pool_tree.paths[index],
                    specialties=person.specialties,
                    appointed_from=person.appointed_from,
                    appointed_until=person.appointed_until,
                ),
            ),
        )

    def logged(self, kept: Kept, size: int) -> LoggedEnvelope:
        path = inclusion_proof(kept.parsed.leaf_index, size, self.get)
        return LoggedEnvelope(
            header=kept.header, signatures=kept.signatures, entry=kept.entry, checkpoint=1, path=tuple(path)
        )

    def file(
        self, drawn: Sequence[Picks], *, draw: int = 1, leg: int = 1, first: int = 0, reserves: bool = True
    ) -> DrawFile:
        first, size = first or self.first_size, self.size
        committed = {
            kept.parsed.detail.envelope.sender_unit: kept
            for kept in reversed(self.thread)
            if isinstance(kept.parsed.detail, EnvelopeAnswer)
            and (declared := self.declared(kept)) is not None
            and isinstance(declared, DrawCommittedDeclared)
            and declared.draw == draw
        }
        places = [
            (stratum, position)
            for stratum, each in enumerate(drawn)
            for position in (each.seats + (each.reserves if reserves else ()))
        ]
        return draw_file(
            leg=leg,
            draw=draw,
            seal_authorities=self.seal.certificates,
            log_origin=ORIGIN,
            log_public_key=self.log_key.public_key().public_bytes_raw(),
            certificates=list(self.certificates.values()),
            checkpoints=[self.note(first), self.note(size)],
            consistency=[consistency_proof(first, size, self.get)],
            draw_checkpoint=self.note(first),
            draw_paths=[
                inclusion_proof(committed[unit].parsed.leaf_index, first, self.get)
                if unit in committed and committed[unit].parsed.leaf_index < first
                else []
                for unit in (HOME, HOST)
            ],
            thread=[self.logged(kept, size) for kept in self.thread],
            pool=None if self.pool_event is None else self.logged(self.pool_event, size),
            experts=[self.opening(*place) for place in places],
        )

    @staticmethod
    def declared(kept: Kept) -> DeclaredDetail | None:
        return parse_header(kept.header).declared


def key_of(story: Story) -> bytes:
    return story.log_key.public_key().public_bytes_raw()


def checked(story: Story, file: DrawFile) -> DrawReport:
    return verify_draw(file, seal_authorities=story.seal.certificates, log_key=key_of(story))


def begun(story: Story) -> None:
    story.others(5)
    story.commit_pool()
    story.letter()
    story.fix_list()


def committed(story: Story) -> None:
    begun(story)
    story.commit(HOME)
    story.commit(HOST)


def revealed(story: Story) -> None:
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST)
