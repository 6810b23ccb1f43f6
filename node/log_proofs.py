"""Inclusion proofs that a node keeps of the entries of its threads, so that it can show them without the registry.

One row of the meta table a leaf: the signed checkpoint, length-prefixed, and the path. A later proof may replace it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from delegation.errors import Reason, Refusal
from delegation.merkle import HASH_SIZE
from delegation.payloads import length_prefixed
from node.records import MetaRecord
from node.state import State
from node.writer import Tx

_PREFIX = "log.proof/"


def name_of(leaf_index: int) -> str:
    """The row that holds a leaf's proof."""
    return f"{_PREFIX}{leaf_index}"


def keep_proofs(tx: Tx, state: State, at: datetime, *, note: bytes, paths: Mapping[int, Sequence[bytes]]) -> None:
    """Write down the paths of leaves in the tree of one checkpoint. They were verified before."""
    del state, at
    for leaf_index, path in paths.items():
        tx.put(MetaRecord(name_of(leaf_index), length_prefixed(note) + b"".join(path)))


def read_proof(value: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """Checkpoint and path of a row. Refusal MALFORMED for anything else; nothing is verified here."""
    end = 4 + int.from_bytes(value[:4], "big")
    note, rest = value[4:end], value[end:]
    if len(value) < end or not note or len(rest) % HASH_SIZE:
        raise Refusal(Reason.MALFORMED, field="proof")
    return note, tuple(rest[start : start + HASH_SIZE] for start in range(0, len(rest), HASH_SIZE))
