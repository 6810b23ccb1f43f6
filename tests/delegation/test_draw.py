"""The draw: exact by its golden vectors, fair by counting everything that can happen, bound to each of its parts."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.draw import (
    MOST_ELIGIBLE,
    DrawCode,
    DrawError,
    Picks,
    Stratum,
    below,
    draw_commitment,
    draw_seed,
    next_reserve,
    opening_index,
    picks,
    strata_problem,
    words,
)
from delegation.payloads import length_prefixed
from scripts import make_vectors_draw

VECTORS: dict[str, Any] = json.loads(make_vectors_draw.PATH.read_text(encoding="utf-8"))
DRAWS = VECTORS["draws"]
SEEDS = st.binary(min_size=32, max_size=32)


def test_the_file_is_what_its_generator_makes() -> None:
    assert make_vectors_draw.PATH.read_text(encoding="utf-8") == make_vectors_draw.text()


@pytest.mark.parametrize("vector", DRAWS, ids=lambda vector: vector["name"])
def test_golden_draws(vector: dict[str, Any]) -> None:
    common = {name: vector[name] for name in ("federation_id", "thread_id", "leg", "draw")}
    for side in ("home", "host"):
        secret = bytes.fromhex(vector[f"{side}_secret"])
        commitment = draw_commitment(**common, unit=vector[f"{side}_unit"], secret=secret)
        assert commitment.hex() == vector[f"{side}_commitment"]
    seed = draw_seed(
        **common,
        home_unit=vector["home_unit"],
        home_secret=bytes.fromhex(vector["home_secret"]),
        host_unit=vector["host_unit"],
        host_secret=bytes.fromhex(vector["host_secret"]),
        eligible_root=bytes.fromhex(vector["eligible_root"]),
        log_size=vector["log_size"],
        log_root=bytes.fromhex(vector["log_root"]),
    )
    assert seed.hex() == vector["seed"]
    strata = [Stratum(**each) for each in vector["strata"]]
    drawn = picks(seed, strata)
    assert [{"seats": list(each.seats), "reserves": list(each.reserves)} for each in drawn] == vector["picks"]


def test_a_golden_draw_passes_a_word_over() -> None:
    """Without one an implementation that never rejects would pass all of them."""
    assert any(vector["words_passed_over"] for vector in DRAWS)


# every word that there can be


@pytest.mark.parametrize("bits", [1, 2, 3, 4, 7])
def test_below_is_exactly_fair(bits: int) -> None:
    """Over all words of a width each number comes up equally often; what would tip the scale is passed over."""
    for bound in range(1, 2**bits + 1):
        counts = Counter[int]()
        for word in range(2**bits):
            source = iter([word])
            try:
                counts[below(bound, source.__next__, bits=bits)] += 1
            except StopIteration:
                counts[-1] += 1
        passed = counts.pop(-1, 0)
        assert passed == 2**bits % bound
        assert counts == dict.fromkeys(range(bound), 2**bits // bound)


@pytest.mark.parametrize(("eligible", "wanted"), [(1, 1), (3, 3), (4, 2), (5, 3), (6, 2)])
def test_every_panel_comes_up_equally_often(eligible: int, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shuffle itself: fed with every sequence of exact choices it gives every ordered panel exactly once."""
    found = Counter[tuple[int, ...]]()
    for choices in product(*(range(eligible - i) for i in range(wanted))):
        monkeypatch.setattr("delegation.draw.words", lambda _seed, _stratum, given=choices: iter(given))
        # words below the bound are taken as they are
        drawn = _drawn()(bytes(32), 0, Stratum(seats=wanted, reserves=0, eligible=eligible))
        found[drawn.seats] += 1
    assert found == dict.fromkeys(permutations(range(eligible), wanted), 1)


def _drawn() -> Callable[[bytes, int, Stratum], Picks]:
    from delegation import draw

    return draw._drawn


# what a draw hangs on

COMMON: dict[str, Any] = {"federation_id": "f", "thread_id": "t", "leg": 1, "draw": 1}
SEED: dict[str, Any] = COMMON | {
    "home_unit": "A",
    "home_secret": b"\1" * 32,
    "host_unit": "B",
    "host_secret": b"\2" * 32,
    "eligible_root": b"\3" * 32,
    "log_size": 7,
    "log_root": b"\4" * 32,
}


def _others(value: Any) -> Iterator[Any]:
    if isinstance(value, int):
        yield from (value + 1, value + 2**32)
    elif isinstance(value, bytes):
        for place in (0, len(value) - 1):
            yield value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
    else:
        yield from (value + "x", value[:-1])


@pytest.mark.parametrize("name", list(SEED))
def test_the_seed_hangs_on_each_part(name: str) -> None:
    for other in _others(SEED[name]):
        assert draw_seed(**(SEED | {name: other})) != draw_seed(**SEED)


@pytest.mark.parametrize("name", [*COMMON, "unit", "secret"])
def test_a_commitment_hangs_on_each_part(name: str) -> None:
    base = COMMON | {"unit": "A", "secret": b"\1" * 32}
    for other in _others(base[name]):
        assert draw_commitment(**(base | {name: other})) != draw_commitment(**base)


def test_sides_cannot_be_exchanged() -> None:
    turned = SEED | {"home_unit": "B", "host_unit": "A", "home_secret": b"\2" * 32, "host_secret": b"\1" * 32}
    assert draw_seed(**turned) != draw_seed(**SEED)


def test_no_text_runs_into_the_next() -> None:
    assert draw_seed(**(SEED | {"federation_id": "ft", "thread_id": ""})) != draw_seed(
        **(SEED | {"federation_id": "f", "thread_id": "t"})
    )


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"home_secret": b"\1" * 31}, DrawCode.SECRET_SIZE),
        ({"host_secret": b"\1" * 33}, DrawCode.SECRET_SIZE),
        ({"eligible_root": b""}, DrawCode.DIGEST_SIZE),
        ({"log_root": b"\1" * 20}, DrawCode.DIGEST_SIZE),
        ({"log_size": -1}, DrawCode.NUMBER),
        ({"leg": 2**63}, DrawCode.NUMBER),
        ({"host_unit": "A"}, DrawCode.SAME_UNIT),
    ],
)
def test_what_is_no_draw(changed: dict[str, Any], code: DrawCode) -> None:
    with pytest.raises(DrawError) as caught:
        draw_seed(**(SEED | changed))
    assert caught.value.code is code
    assert "01" not in str(caught.value)


@given(seed=SEEDS, stratum=st.integers(0, 5))
def test_streams_of_strata_are_apart(seed: bytes, stratum: int) -> None:
    first = [next(iterator) for iterator in [words(seed, stratum)] for _ in range(20)]
    other = [next(iterator) for iterator in [words(seed, stratum + 1)] for _ in range(20)]
    assert not set(first[:8]) & set(other[:8])
    assert all(0 <= word < 2**32 for word in first)


# the shape of what is drawn


@st.composite
def strata_of(draw: st.DrawFn) -> tuple[Stratum, ...]:
    """Strata that a panel can be drawn from."""
    seats = draw(st.sampled_from([(3,), (5,), (1, 2), (2, 1), (1, 1, 1), (2, 2, 1), (1, 1, 1, 1, 1), (4, 1)]))
    found = []
    for each in seats:
        reserves = draw(st.integers(0, 6))
        found.append(Stratum(each, reserves, each + reserves + draw(st.integers(0, 60))))
    return tuple(found)


@given(seed=SEEDS, strata=strata_of())
def test_nobody_is_drawn_twice_and_everybody_is_there(seed: bytes, strata: tuple[Stratum, ...]) -> None:
    drawn = picks(seed, strata)
    assert drawn == picks(seed, strata)
    for stratum, each in zip(strata, drawn, strict=True):
        assert (len(each.seats), len(each.reserves)) == (stratum.seats, stratum.reserves)
        everyone = each.seats + each.reserves
        assert len(set(everyone)) == len(everyone)
        assert set(everyone) <= set(range(stratum.eligible))


@given(seed=SEEDS, strata=strata_of(), more=st.integers(1, 5))
def test_more_reserves_change_nothing_before_them(seed: bytes, strata: tuple[Stratum, ...], more: int) -> None:
    """The order drawn is one: who asks for more reserves gets the same seats and the same first reserves."""
    wider = [Stratum(each.seats, each.reserves + more, each.eligible + more) for each in strata]
    narrower = [Stratum(each.seats, each.reserves, each.eligible + more) for each in strata]
    for wide, narrow in zip(picks(seed, wider), picks(seed, narrower), strict=True):
        assert wide.seats == narrow.seats
        assert wide.reserves[: len(narrow.reserves)] == narrow.reserves


@given(seed=SEEDS, strata=strata_of())
def test_a_stratum_does_not_hang_on_the_others(seed: bytes, strata: tuple[Stratum, ...]) -> None:
    first = strata[0]
    if first.seats < 3:  # filled up to a panel by another stratum
        other = Stratum(3 - first.seats, 0, 50)
        assert picks(seed, [first, other])[0] == picks(seed, strata)[0]


@pytest.mark.parametrize(
    ("strata", "code"),
    [
        ([], DrawCode.STRATA_COUNT),
        ([Stratum(1, 0, 9)] * 6, DrawCode.STRATA_COUNT),
        ([Stratum(4, 0, 9)], DrawCode.PANEL_SIZE),
        ([Stratum(1, 0, 9)] * 4, DrawCode.PANEL_SIZE),
        ([Stratum(3, 0, 9), Stratum(0, 1, 9)], DrawCode.NO_SEAT),
        ([Stratum(3, -1, 9)], DrawCode.NO_SEAT),
        ([Stratum(-3, 0, 9), Stratum(6, 0, 9)], DrawCode.NO_SEAT),
        ([Stratum(3, 1, 3)], DrawCode.TOO_FEW),
        ([Stratum(1, 0, 9), Stratum(2, 0, 1)], DrawCode.TOO_FEW),
        ([Stratum(3, 0, MOST_ELIGIBLE + 1)], DrawCode.TOO_MANY),
    ],
)
def test_strata_that_give_no_panel(strata: list[Stratum], code: DrawCode) -> None:
    assert strata_problem(strata) is code
    with pytest.raises(DrawError) as caught:
        picks(bytes(32), strata)
    assert caught.value.code is code


def test_a_seed_is_32_bytes() -> None:
    with pytest.raises(DrawError):
        picks(bytes(31), [Stratum(3, 0, 3)])


# replacements


@given(seed=SEEDS, strata=strata_of())
def test_reserves_enter_in_the_order_drawn(seed: bytes, strata: tuple[Stratum, ...]) -> None:
    for each in picks(seed, strata):
        entered: list[int] = []
        while (enters := next_reserve(each, entered)) is not None:
            entered.append(enters)
        assert tuple(entered) == each.reserves


def test_nobody_is_passed_over() -> None:
    drawn = Picks((4, 1, 7), (0, 9, 3))
    assert next_reserve(drawn, []) == 0
    assert next_reserve(drawn, [0]) == 9
    assert next_reserve(drawn, [9]) == 0  # one that entered out of turn does not take the turn of the one before
    assert next_reserve(drawn, [0, 9, 3]) is None
    assert next_reserve(Picks((1,), ()), []) is None


# places in the whole list


@given(strata=strata_of())
def test_places_of_the_list_are_told_apart(strata: tuple[Stratum, ...]) -> None:
    indices = [opening_index(strata, k, p) for k, each in enumerate(strata) for p in range(each.eligible)]
    assert indices == list(range(sum(each.eligible for each in strata)))
    for k, p in [(-1, 0), (len(strata), 0), (0, -1), (0, strata[0].eligible)]:
        with pytest.raises(DrawError):
            opening_index(strata, k, p)


@given(parts=st.lists(st.binary(max_size=6), max_size=4), others=st.lists(st.binary(max_size=6), max_size=4))
def test_two_inputs_never_give_the_same_bytes(parts: list[bytes], others: list[bytes]) -> None:
    assert (length_prefixed(*parts) == length_prefixed(*others)) == (parts == others)
