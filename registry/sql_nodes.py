"""The log's perfect subtrees in SQL: high ones are rows, low ones follow from the few entries below them.

Seven in eight subtrees above the leaves are of the lowest three levels. Proofs ask for them while they are in memory;
writing them down costs every envelope more than computing them costs the odd proof of something old.
"""

from collections.abc import Collection, Iterable
from typing import Final

from sqlalchemy import Connection, select, tuple_

from delegation.merkle import Node, leaf_hash, root_of
from registry.sql_engine import slices
from registry.tables import LogEntry, LogNode

LEAST_LEVEL: Final = 4  # of what is written down: subtrees of 16 leaves and more

_ENTRY, _NODE = LogEntry.__table__, LogNode.__table__


def rows_of(nodes: Iterable[Node]) -> list[Node]:
    """What of a batch's subtrees is written down."""
    return [node for node in nodes if node[0] >= LEAST_LEVEL]


def read_hashes(connection: Connection, wanted: Collection[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """The hashes of those of the subtrees (level, index) that are complete."""
    found: dict[tuple[int, int], bytes] = {}
    for names in slices([name for name in wanted if name[0] >= LEAST_LEVEL]):
        rows = connection.execute(
            select(_NODE.c.level, _NODE.c.position, _NODE.c.hash).where(
                tuple_(_NODE.c.level, _NODE.c.position).in_(names)
            )
        )
        found.update(((row.level, row.position), row.hash) for row in rows)
    low = {name: range(name[1] << name[0], (name[1] + 1) << name[0]) for name in wanted if name[0] < LEAST_LEVEL}
    leaves = _leaves(connection, {leaf for below in low.values() for leaf in below})
    for name, below in low.items():
        if all(leaf in leaves for leaf in below):
            found[name] = root_of([leaves[leaf] for leaf in below])
    return found


def _leaves(connection: Connection, wanted: Collection[int]) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for part in slices(wanted):
        rows = connection.execute(select(_ENTRY.c.leaf_index, _ENTRY.c.digest).where(_ENTRY.c.leaf_index.in_(part)))
        found.update((row.leaf_index, leaf_hash(row.digest)) for row in rows)
    return found
