"""The simulated year behind the province of a demonstration."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cli.common import now
from cli.demo.story import Tell
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN
from cli.simulate.plan import FULL_YEAR, Plan
from cli.simulate.run import found, into
from delegation.deadlines import day_of

# delegations of each size; the small one takes some five seconds, the full one half an hour
YEARS: Final[Mapping[str, int]] = MappingProxyType({"none": 0, "small": 300, "full": FULL_YEAR})


def played_year(folder: Path, delegations: int, tell: Tell) -> Plan | None:
    """A simulated year up to yesterday, before the registry starts, so that the provincial office has a history."""
    if not delegations:
        return None
    at = now()
    plan = Plan(
        end=day_of(at) - timedelta(days=1),
        delegations=delegations,
        without=frozenset(bureau.code for bureau in (HANGZHOU, CHENGDU, SICHUAN)),
        focus=SICHUAN.code,
    )
    found(folder, plan, at=at)
    played = into(folder, plan)
    tell(f"模拟的一年：{played.delegations} 件委托，{played.envelopes} 封信函，每秒 {played.envelopes_a_second:.0f} 封")
    return plan
