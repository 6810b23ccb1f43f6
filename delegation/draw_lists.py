"""The two lists that a draw rests on, as salted Merkle trees: the pool, and who of it is eligible (protocol 13.2).

A leaf's data is hashed as RFC 6962 says (`delegation.merkle`). Each leaf has its own salt, 32 random bytes that are
never used again, also not for the same expert in the next version: without it nobody can tell from a leaf's hash or a
path who stands there, nor that two leaves are the same person. Texts are UTF-8 as they stand, without normalisation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from delegation.draw import DrawCode, DrawError, Stratum, opening_index
from delegation.merkle import Batch, MerkleError, batch_root_and_paths, leaf_hash, verify_inclusion
from delegation.payloads import SALT_SIZE, length_prefixed

LABEL_POOL: Final = b"xieban/pool-expert/v1"
LABEL_ELIGIBLE: Final = b"xieban/draw-eligible/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolExpert:
    """An expert as a version of the pool has them. Personal: never leaves the node but in a sealed body.

    Days are ISO dates, `specialties` codes of protocol 13.1 in ascending order, once each.
    """

    expert_id: str
    name: str
    title: str
    employer: str
    specialties: tuple[str, ...]
    appointed_from: str
    appointed_until: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EligibleExpert:
    """An expert as the list of a draw has them: with the one speciality under which they are eligible."""

    expert_id: str
    name: str
    title: str
    employer: str
    specialty: str


def _salted(salt: bytes) -> bytes:
    if len(salt) != SALT_SIZE:
        raise DrawError(DrawCode.DIGEST_SIZE)
    return salt


def pool_leaf(salt: bytes, expert: PoolExpert) -> bytes:
    """The data of an expert's leaf in a version of the pool (protocol 13.2).

    LP(label, salt, number, name, title, employer, specialities joined by commas, from, until, "1" when active, else
    "0"). Raises DrawError DIGEST_SIZE for a salt that is not 32 bytes.
    """
    return length_prefixed(
        LABEL_POOL,
        _salted(salt),
        expert.expert_id.encode(),
        expert.name.encode(),
        expert.title.encode(),
        expert.employer.encode(),
        ",".join(expert.specialties).encode(),
        expert.appointed_from.encode(),
        expert.appointed_until.encode(),
        b"1" if expert.active else b"0",
    )


def eligible_leaf(salt: bytes, *, stratum: int, position: int, expert: EligibleExpert) -> bytes:
    """The data of an expert's leaf in the list of a draw (protocol 13.2).

    LP(label, salt, stratum, position, number, name, title, employer, speciality); numbers are eight bytes. The place is
    in the leaf, so that an opened leaf cannot be said to stand elsewhere. Raises DrawError: DIGEST_SIZE for the salt,
    NUMBER for a negative place.
    """
    if stratum < 0 or position < 0:
        raise DrawError(DrawCode.NUMBER)
    return length_prefixed(
        LABEL_ELIGIBLE,
        _salted(salt),
        stratum.to_bytes(8, "big"),
        position.to_bytes(8, "big"),
        expert.expert_id.encode(),
        expert.name.encode(),
        expert.title.encode(),
        expert.employer.encode(),
        expert.specialty.encode(),
    )


def list_tree(leaves: Sequence[bytes]) -> Batch:
    """Root over a whole list, and the path of each leaf, given the leaves' data in order.

    Raises delegation.merkle.MerkleError for an empty list or more than 65,536 leaves.
    """
    return batch_root_and_paths(leaves)


def stands_in(*, leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the leaf with this *data* stands at `index` of the list of `size` leaves with `root`."""
    return hash_stands_in(leaf_digest=leaf_hash(leaf), index=index, size=size, path=path, root=root)


def hash_stands_in(*, leaf_digest: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """The same of a leaf that is given by its hash alone, as where a name is not to be seen."""
    try:
        verify_inclusion(index=index, size=size, leaf=leaf_digest, proof=path, root=root)
    except MerkleError:
        return False
    return True


def eligible_stands_in(
    *,
    salt: bytes,
    expert: EligibleExpert,
    strata: Sequence[Stratum],
    stratum: int,
    position: int,
    path: Sequence[bytes],
    root: bytes,
) -> bool:
    """Whether this expert stands at this place of the list of a draw. False also for a place or salt that is none."""
    try:
        index = opening_index(strata, stratum, position)
        leaf = eligible_leaf(salt, stratum=stratum, position=position, expert=expert)
    except DrawError:
        return False
    return stands_in(leaf=leaf, index=index, size=sum(each.eligible for each in strata), path=path, root=root)


def pool_stands_in(
    *, salt: bytes, expert: PoolExpert, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether this expert stands at this index of a version of the pool. False also for a salt that is none."""
    try:
        leaf = pool_leaf(salt, expert)
    except DrawError:
        return False
    return stands_in(leaf=leaf, index=index, size=size, path=path, root=root)
