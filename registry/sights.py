"""Which provinces see a thread, from which leaf to which (ADR 0100): two small rows a thread, none an envelope.

A province sees a thread while home or host lies in it, as far as the unit itself reads it: the province of a former
host sees up to the end of that leg, the province of a former home sees on.
"""

from typing import Final, NamedTuple

from delegation.digits import UnitType
from delegation.thread_state import ThreadState
from registry.records import SightEnd, SightRow
from registry.threads import Kept

PROVINCE_DIGITS: Final = 2
_TYPE_AT: Final = slice(6, 8)
_NATIONAL: Final = UnitType.NATIONAL.value


class SightChanges(NamedTuple):
    """What one entry changes in who sees a thread."""

    begun: tuple[SightRow, ...] = ()
    ended: tuple[SightEnd, ...] = ()


_NONE: Final = SightChanges()


def province_of(unit: str) -> str:
    """The first two digits of a unit's region; empty for the national office, which is of no province."""
    return "" if unit[_TYPE_AT] == _NATIONAL else unit[:PROVINCE_DIGITS]


def provinces_of(state: ThreadState) -> frozenset[str]:
    """The provinces that see the whole thread now."""
    units = (state.home_unit, state.host_unit, *state.provinces, *state.former_homes)
    return frozenset(map(province_of, units)) - {""}


def changed_sights(kept: Kept | None, after: ThreadState, leaf: int) -> SightChanges:
    """What the entry at `leaf` changes; compared by identity first, as most entries change nothing."""
    if kept is None:
        return SightChanges(
            tuple(SightRow(province, after.thread_id, leaf, False) for province in sorted(provinces_of(after)))
        )
    before = kept.state
    if (
        after.host_unit is before.host_unit
        and after.home_unit is before.home_unit
        and after.provinces is before.provinces
    ):
        return _NONE
    saw, sees = provinces_of(before), provinces_of(after)
    if saw == sees:
        return _NONE
    gained = tuple(SightRow(province, after.thread_id, leaf, True) for province in sorted(sees - saw))
    lost = sorted(saw - sees)
    row = kept.row() if lost else None
    ended = tuple(SightEnd(province, row._replace(turn="")) for province in lost if row is not None)
    return SightChanges(gained, ended)
