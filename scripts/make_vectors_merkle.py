"""Write tests/vectors/merkle.json: roots, frontiers and proofs that every implementation of the contract must give.

python -m scripts.make_vectors_merkle
"""

import json
from pathlib import Path

from delegation.merkle import (
    EMPTY_ROOT,
    Frontier,
    batch_root_and_paths,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
)

PATH = Path(__file__).resolve().parent.parent / "tests" / "vectors" / "merkle.json"
SIZES = 17
PROOF_SIZES = 8


def leaf_data(index: int) -> bytes:
    """Leaf `index` is `index` bytes of that value; leaf 0 is empty."""
    return bytes((index,)) * index


def text() -> str:
    """The file's text, the same on every run."""
    leaves = [leaf_hash(leaf_data(index)) for index in range(SIZES)]
    _, nodes = Frontier().grow(leaves)
    stored = {(level, index): value for level, index, value in nodes}

    def get_hash(level: int, index: int) -> bytes:
        return stored[level, index]

    trees = []
    for size in range(SIZES + 1):
        frontier, _ = Frontier().grow(leaves[:size])
        trees.append(
            {"size": size, "root": frontier.root().hex(), "frontier": [peak.hex() for peak in frontier.serialise()]}
        )
    vectors = {
        "comment": "RFC 6962 tree, SHA-256, hex; leaf i is i bytes of value i. Proofs are listed leaf side first.",
        "empty_root": EMPTY_ROOT.hex(),
        "leaves": [
            {"data": leaf_data(index).hex(), "leaf_hash": leaf_hash(leaf_data(index)).hex()} for index in range(SIZES)
        ],
        "nodes": [[level, index, value.hex()] for level, index, value in nodes],
        "trees": trees,
        "inclusion": [
            {"index": index, "size": size, "proof": [part.hex() for part in inclusion_proof(index, size, get_hash)]}
            for size in range(1, PROOF_SIZES + 1)
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "proof": [part.hex() for part in consistency_proof(old, new, get_hash)]}
            for new in range(1, PROOF_SIZES + 1)
            for old in range(1, new + 1)
        ],
        "batch": {
            "leaves": [leaf_data(index).hex() for index in range(5)],
            "root": (batch := batch_root_and_paths([leaf_data(index) for index in range(5)])).root.hex(),
            "paths": [[part.hex() for part in path] for path in batch.paths],
        },
    }
    return json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
