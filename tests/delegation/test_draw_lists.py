"""The salted lists: golden leaves and roots, openings that hold, and every change of one told."""

import json
from dataclasses import replace
from typing import Any

import pytest

from delegation.draw import DrawError, Stratum
from delegation.draw_lists import (
    EligibleExpert,
    PoolExpert,
    eligible_leaf,
    eligible_stands_in,
    hash_stands_in,
    list_tree,
    pool_leaf,
    pool_stands_in,
)
from delegation.merkle import leaf_hash
from scripts import make_vectors_draw

LISTS: dict[str, Any] = json.loads(make_vectors_draw.PATH.read_text(encoding="utf-8"))["lists"]
TEXTS = ("expert_id", "name", "title", "employer")


def a_pool_expert(row: dict[str, Any]) -> PoolExpert:
    return PoolExpert(
        **{name: row[name] for name in (*TEXTS, "appointed_from", "appointed_until", "active")},
        specialties=tuple(row["specialties"]),
    )


def an_eligible(row: dict[str, Any]) -> EligibleExpert:
    return EligibleExpert(**{name: row[name] for name in (*TEXTS, "specialty")})


POOL = [(bytes.fromhex(row["salt"]), a_pool_expert(row)) for row in LISTS["pool"]]
ELIGIBLE = [
    (bytes.fromhex(row["salt"]), row["stratum"], row["position"], an_eligible(row)) for row in LISTS["eligible"]
]
STRATA = (Stratum(1, 0, 2), Stratum(2, 0, 2))


def test_golden_leaves_and_roots() -> None:
    leaves = [pool_leaf(salt, expert) for salt, expert in POOL]
    assert [leaf.hex() for leaf in leaves] == [row["leaf"] for row in LISTS["pool"]]
    assert list_tree(leaves).root.hex() == LISTS["pool_root"]
    leaves = [
        eligible_leaf(salt, stratum=stratum, position=position, expert=expert)
        for salt, stratum, position, expert in ELIGIBLE
    ]
    assert [leaf.hex() for leaf in leaves] == [row["leaf"] for row in LISTS["eligible"]]
    assert list_tree(leaves).root.hex() == LISTS["eligible_root"]


def test_every_eligible_expert_can_be_shown_alone() -> None:
    leaves = [eligible_leaf(s, stratum=k, position=p, expert=e) for s, k, p, e in ELIGIBLE]
    tree = list_tree(leaves)
    for index, (salt, stratum, position, expert) in enumerate(ELIGIBLE):
        shown: dict[str, Any] = {
            "salt": salt,
            "expert": expert,
            "strata": STRATA,
            "stratum": stratum,
            "position": position,
            "path": tree.paths[index],
            "root": tree.root,
        }
        assert eligible_stands_in(**shown)
        without_name: dict[str, Any] = {"index": index, "size": 4, "path": tree.paths[index], "root": tree.root}
        assert hash_stands_in(leaf_digest=leaf_hash(leaves[index]), **without_name)
        assert not hash_stands_in(leaf_digest=leaf_hash(leaves[index - 1]), **without_name)
        for name in (*TEXTS, "specialty"):
            changed = replace(expert, **{name: getattr(expert, name) + "x"})
            assert not eligible_stands_in(**(shown | {"expert": changed}))
        for other in (
            {"salt": bytes(32)},
            {"salt": salt[:-1]},
            {"stratum": 1 - stratum},
            {"position": 1 - position},
            {"position": 2},
            {"stratum": -1},
            {"path": tree.paths[index - 1]},
            {"path": ()},
            {"root": bytes(32)},
            {"strata": (Stratum(1, 0, 1), Stratum(2, 0, 3))} if index != 0 else {"root": b""},
        ):
            assert not eligible_stands_in(**(shown | other)), other


def test_every_expert_of_the_pool_can_be_shown_alone() -> None:
    tree = list_tree([pool_leaf(salt, expert) for salt, expert in POOL])
    for index, (salt, expert) in enumerate(POOL):
        shown: dict[str, Any] = {
            "salt": salt, "expert": expert, "index": index, "size": 5, "path": tree.paths[index], "root": tree.root
        }  # fmt: skip
        assert pool_stands_in(**shown)
        for name in (*TEXTS, "appointed_from", "appointed_until"):
            changes: dict[str, Any] = {name: "1900-01-01"}
            assert not pool_stands_in(**(shown | {"expert": replace(expert, **changes)}))
        assert not pool_stands_in(**(shown | {"expert": replace(expert, active=not expert.active)}))
        assert not pool_stands_in(**(shown | {"expert": replace(expert, specialties=())}))
        for other in ({"index": index - 1}, {"index": 5}, {"size": 4}, {"salt": bytes(31)}, {"root": bytes(32)}):
            assert not pool_stands_in(**(shown | other)), other


def test_two_salts_hide_that_it_is_one_person() -> None:
    (_, expert), *_ = POOL
    assert pool_leaf(bytes(32), expert) != pool_leaf(bytes([1]) * 32, expert)


def test_a_place_is_part_of_the_leaf() -> None:
    salt, _, _, expert = ELIGIBLE[0]
    leaves = {eligible_leaf(salt, stratum=k, position=p, expert=expert) for k in range(3) for p in range(3)}
    assert len(leaves) == 9
    with pytest.raises(DrawError):
        eligible_leaf(salt, stratum=-1, position=0, expert=expert)
    with pytest.raises(DrawError):
        eligible_leaf(salt[:5], stratum=0, position=0, expert=expert)
