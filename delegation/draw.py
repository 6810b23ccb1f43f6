"""The draw of experts that anyone can compute again: commitments, seed, picks, replacements (protocol 13.3 to 13.6).

Pure arithmetic over SHA-256 and HMAC: nothing here knows who signed what, whether a commitment came before a secret was
shown, or whether a log root is the log's own. `certs.draw_proof` checks that over an exported file, the rule book and
the registry when the events come in. The lists that are drawn from stand in `delegation.draw_lists`.

Numbers are hashed as eight bytes, big-endian, and every part is length-prefixed (four bytes, big-endian), so that no
two inputs give the same bytes.
"""

import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from delegation.payloads import length_prefixed

LABEL_COMMITMENT: Final = b"xieban/draw-commitment/v1"
LABEL_SEED: Final = b"xieban/draw-seed/v1"
LABEL_STREAM: Final = b"xieban/draw-stream/v1"

SECRET_SIZE: Final = 32
DIGEST_SIZE: Final = 32
MOST_STRATA: Final = 5
PANEL_SIZES: Final = (3, 5)  # 条例 25: an odd number of experts, three or five
MOST_ELIGIBLE: Final = 65_536  # experts of a whole list; the largest list that `delegation.merkle` hashes in one piece
MOST_NUMBER: Final = 2**63 - 1
_WORD_BITS: Final = 32
_WORD_SIZE: Final = _WORD_BITS // 8


class DrawCode(StrEnum):
    """What is wrong with what a draw was asked for."""

    SECRET_SIZE = "SECRET_SIZE"  # noqa: S105 - the name of a code, not a secret
    DIGEST_SIZE = "DIGEST_SIZE"
    NUMBER = "NUMBER"
    SAME_UNIT = "SAME_UNIT"
    STRATA_COUNT = "STRATA_COUNT"
    PANEL_SIZE = "PANEL_SIZE"
    NO_SEAT = "NO_SEAT"
    TOO_FEW = "TOO_FEW"
    TOO_MANY = "TOO_MANY"


class DrawError(ValueError):
    """What was given is no draw; `code` says why. Nothing of a secret is repeated."""

    def __init__(self, code: DrawCode) -> None:
        super().__init__(code.value)
        self.code = code


@dataclass(frozen=True, slots=True)
class Stratum:
    """A speciality without its name: seats and reserves to draw, and how many experts are eligible (protocol 13.2)."""

    seats: int
    reserves: int
    eligible: int


@dataclass(frozen=True, slots=True)
class Picks:
    """Whom the lot fell on in one stratum: positions from 0, in the order drawn."""

    seats: tuple[int, ...]
    reserves: tuple[int, ...]


def _number(value: int) -> bytes:
    if not 0 <= value <= MOST_NUMBER:
        raise DrawError(DrawCode.NUMBER)
    return value.to_bytes(8, "big")


def _secret(value: bytes) -> bytes:
    if len(value) != SECRET_SIZE:
        raise DrawError(DrawCode.SECRET_SIZE)
    return value


def _digest(value: bytes) -> bytes:
    if len(value) != DIGEST_SIZE:
        raise DrawError(DrawCode.DIGEST_SIZE)
    return value


def draw_commitment(*, federation_id: str, thread_id: str, leg: int, draw: int, unit: str, secret: bytes) -> bytes:
    """What a side commits to before it knows the other's secret (protocol 13.3). 32 bytes.

    The secret is 32 random bytes, drawn for this draw alone; it hides itself, and the rest of the input keeps a
    commitment from being copied by the other side or used in another draw.

    Raises:
        DrawError: SECRET_SIZE, or NUMBER for a negative leg or draw.
    """
    return hashlib.sha256(
        length_prefixed(
            LABEL_COMMITMENT,
            federation_id.encode(),
            thread_id.encode(),
            _number(leg),
            _number(draw),
            unit.encode(),
            _secret(secret),
        )
    ).digest()


def draw_seed(
    *,
    federation_id: str,
    thread_id: str,
    leg: int,
    draw: int,
    home_unit: str,
    home_secret: bytes,
    host_unit: str,
    host_secret: bytes,
    eligible_root: bytes,
    log_size: int,
    log_root: bytes,
) -> bytes:
    """What the picks follow from (protocol 13.6). 32 bytes.

    `log_size` and `log_root` are those of the first checkpoint of the log that covers both commitments. Not checked:
    that they are, and that the secrets are those committed to.

    Raises:
        DrawError: SECRET_SIZE, DIGEST_SIZE, NUMBER, or SAME_UNIT when one unit stands on both sides.
    """
    if home_unit == host_unit:
        raise DrawError(DrawCode.SAME_UNIT)
    return hashlib.sha256(
        length_prefixed(
            LABEL_SEED,
            federation_id.encode(),
            thread_id.encode(),
            _number(leg),
            _number(draw),
            home_unit.encode(),
            _secret(home_secret),
            host_unit.encode(),
            _secret(host_secret),
            _digest(eligible_root),
            _number(log_size),
            _digest(log_root),
        )
    ).digest()


def strata_problem(strata: Sequence[Stratum]) -> DrawCode | None:
    """Why no panel can be drawn from these strata; None when one can (protocol 13.2).

    TOO_FEW is what PANEL_SHORT says; everything else is a mistake of the one who asks.
    """
    if not 1 <= len(strata) <= MOST_STRATA:
        return DrawCode.STRATA_COUNT
    if any(stratum.seats < 1 or stratum.reserves < 0 or stratum.eligible < 0 for stratum in strata):
        return DrawCode.NO_SEAT
    if sum(stratum.seats for stratum in strata) not in PANEL_SIZES:
        return DrawCode.PANEL_SIZE
    if sum(stratum.eligible for stratum in strata) > MOST_ELIGIBLE:
        return DrawCode.TOO_MANY
    if any(stratum.eligible < stratum.seats + stratum.reserves for stratum in strata):
        return DrawCode.TOO_FEW
    return None


def words(seed: bytes, stratum: int) -> Iterator[int]:
    """The endless stream of 32-bit numbers of one stratum (protocol 13.6).

    Block n is HMAC-SHA-256 with the seed as key over LP(label, stratum, n), n from 0; each block gives eight numbers of
    four bytes, big-endian, in their order.
    """
    block = 0
    while True:
        piece = hmac.digest(seed, length_prefixed(LABEL_STREAM, _number(stratum), _number(block)), "sha256")
        for start in range(0, len(piece), _WORD_SIZE):
            yield int.from_bytes(piece[start : start + _WORD_SIZE], "big")
        block += 1


def below(bound: int, next_word: Callable[[], int], *, bits: int = _WORD_BITS) -> int:
    """A number from 0 to `bound` - 1, each equally likely when the words are (protocol 13.6).

    A word at or above the largest multiple of `bound` that fits is passed over: with it the smaller remainders would
    come up more often. A bound of 1 takes a word too. `bits` is the words' width, other than 32 in tests alone.
    """
    span = 1 << bits
    limit = span - span % bound
    while (word := next_word()) >= limit:
        pass
    return word % bound


def _drawn(seed: bytes, index: int, stratum: Stratum) -> Picks:
    """The partial Fisher-Yates shuffle: step i exchanges place i with one of the places from i on."""
    stream = words(seed, index)
    moved: dict[int, int] = {}  # places that no longer hold their own number; a list of all would cost more
    drawn: list[int] = []
    for place in range(stratum.seats + stratum.reserves):
        other = place + below(stratum.eligible - place, stream.__next__)
        drawn.append(moved.get(other, other))
        moved[other] = moved.get(place, place)
    return Picks(tuple(drawn[: stratum.seats]), tuple(drawn[stratum.seats :]))


def picks(seed: bytes, strata: Sequence[Stratum]) -> tuple[Picks, ...]:
    """Whom the lot falls on: in each stratum first the seats, then the reserves (protocol 13.6).

    The same for everyone who has the seed and the strata. Raises DrawError: DIGEST_SIZE, or what `strata_problem` says.
    """
    _digest(seed)
    problem = strata_problem(strata)
    if problem is not None:
        raise DrawError(problem)
    return tuple(_drawn(seed, index, stratum) for index, stratum in enumerate(strata))


def next_reserve(drawn: Picks, entered: Collection[int]) -> int | None:
    """The reserve who takes the next seat that falls free in a stratum; None when none is left (protocol 13.6).

    `entered` are the positions of those reserves who took a seat already, whether or not they still hold it. The order
    drawn binds: nobody is passed over, who cannot come takes the seat and is replaced in turn, so that each is logged.
    """
    return next((position for position in drawn.reserves if position not in entered), None)


def opening_index(strata: Sequence[Stratum], stratum: int, position: int) -> int:
    """Where the expert at `position` of a stratum stands in the whole list, which goes stratum by stratum (13.2).

    Raises DrawError NUMBER when there is no such place.
    """
    if not 0 <= stratum < len(strata) or not 0 <= position < strata[stratum].eligible:
        raise DrawError(DrawCode.NUMBER)
    return sum(each.eligible for each in strata[:stratum]) + position
