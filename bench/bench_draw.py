"""What a draw from a pool of 5,000 costs, made and verified from its file: milliseconds, and as a multiple of hashing.

`python -m bench.bench_draw` prints one JSON line a step, and ends with 1 when a draw with its verification takes 200 ms
or more. The yardstick is SHA-256, one call a leaf, over the leaves that the step hashes, in the same run: no design can
hash less, and it moves with the machine as everything else here does.
"""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Final

from certs.draw_file_json import draw_file_bytes
from certs.draw_proof import verify_draw_file
from delegation.draw import Picks, Stratum, draw_commitment, draw_seed, opening_index, picks
from delegation.draw_lists import eligible_leaf, eligible_stands_in, list_tree, pool_leaf, pool_stands_in
from tests import builders as b
from tests.certs.draw_story import HOME, HOST, Story, a_pool, salt, secret_of

POOL: Final = 5_000
STRATA: Final = (Stratum(3, 3, 2_500), Stratum(1, 3, 1_500), Stratum(1, 3, 1_000))
BOUND_MS: Final = 200.0
_ROUNDS: Final = 15


def _milliseconds(step: Callable[[], object]) -> float:
    """The quickest of some calls after a first one: what else runs on the machine only adds."""
    step()
    took: list[float] = []
    for _ in range(_ROUNDS):
        began = perf_counter()
        step()
        took.append((perf_counter() - began) * 1e3)
    return min(took)


def _hash(leaves: list[bytes]) -> None:
    for leaf in leaves:
        sha256(leaf).digest()


class Bench:
    """A story whose steps can be taken again and again."""

    def __init__(self, folder: Path) -> None:
        self.story = Story(folder, strata=STRATA, experts=a_pool(POOL))
        self.salts = [os.urandom(32) for _ in range(POOL)]
        self.drawn = self.story.honest()
        self.file = draw_file_bytes(self.story.file(self.drawn))

    def pool_leaves(self) -> list[bytes]:
        """Leaves of the pool's version."""
        return [pool_leaf(each, expert) for each, expert in zip(self.salts, self.story.experts, strict=True)]

    def list_leaves(self) -> list[bytes]:
        """Leaves of the list, every expert eligible."""
        story = self.story
        return [
            eligible_leaf(salt(f"list {i}"), stratum=stratum, position=position, expert=story.listed_expert(i))
            for i, stratum, position in story.eligible
        ]

    def draw(self) -> tuple[Picks, ...]:
        """List, root, commitments, seed, picks, and everybody drawn opened in list and pool, as both sides check it."""
        story = self.story
        tree = list_tree(self.list_leaves())
        for unit in (HOME, HOST):
            draw_commitment(federation_id=b.FEDERATION, thread_id="t", leg=1, draw=1, unit=unit, secret=secret_of(unit))
        seed = draw_seed(
            federation_id=b.FEDERATION,
            thread_id="t",
            leg=1,
            draw=1,
            home_unit=HOME,
            home_secret=secret_of(HOME),
            host_unit=HOST,
            host_secret=secret_of(HOST),
            eligible_root=tree.root,
            log_size=1,
            log_root=bytes(32),
        )
        drawn = picks(seed, STRATA)
        for stratum, each in enumerate(drawn):
            for position in (*each.seats, *each.reserves):
                index = opening_index(STRATA, stratum, position)
                opening = story.opening(stratum, position)
                assert opening.named is not None
                assert opening.named.pool is not None
                assert opening.named.in_pool is not None
                assert eligible_stands_in(
                    salt=opening.named.salt,
                    expert=opening.named.expert,
                    strata=STRATA,
                    stratum=stratum,
                    position=position,
                    path=tree.paths[index],
                    root=tree.root,
                )
                assert pool_stands_in(
                    salt=opening.named.pool.salt,
                    expert=opening.named.in_pool,
                    index=index,
                    size=POOL,
                    path=opening.named.pool.path,
                    root=story.pool_tree.root,
                )
        return drawn

    def verified(self) -> None:
        """The exported file, as the command checks it."""
        story = self.story
        report = verify_draw_file(
            self.file,
            seal_authorities=story.seal.certificates,
            log_key=story.log_key.public_key().public_bytes_raw(),
        )
        assert report.ok, report.failed


def main() -> int:
    """Measure and print; 1 when the bound is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        leaves = {"pool": bench.pool_leaves(), "list": bench.list_leaves()}
        hashing = {name: _milliseconds(partial(_hash, each)) for name, each in leaves.items()}
        draw, verify = _milliseconds(bench.draw), _milliseconds(bench.verified)
        version = _milliseconds(lambda: list_tree(bench.pool_leaves()))
        steps = (
            ("pool version of 5,000: leaves, root, paths", version, "pool"),
            ("draw from 5,000: list, root, picks, openings", draw, "list"),
            ("verification of the exported file", verify, "list"),
            ("draw with verification", draw + verify, "list"),
        )
        for name, took, yardstick in steps:
            ratio = took / hashing[yardstick]
            print(json.dumps({"bench": "draw", "step": name, "ms": round(took, 2), "times_sha256": round(ratio, 1)}))
        print(
            json.dumps(
                {
                    "bench": "draw",
                    "step": "yardstick: SHA-256 of 5,000 leaves of the list",
                    "ms": round(hashing["list"], 2),
                    "bytes": sum(map(len, leaves["list"])),
                    "file_bytes": len(bench.file),
                    "bound_ms": BOUND_MS,
                    "kept": draw + verify < BOUND_MS,
                }
            )
        )
    return 0 if draw + verify < BOUND_MS else 1


if __name__ == "__main__":
    sys.exit(main())
