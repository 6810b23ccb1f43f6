"""The simulated year behind the province of a demonstration."""

import time
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cli.common import now
from cli.demo.people import desk_of
from cli.demo.story import Tell
from cli.local_federation import CHENGDU, HANGZHOU, SICHUAN, LocalFederation
from cli.simulate.plan import DAYS, FULL_YEAR, Plan, Summary
from cli.simulate.run import found, into
from cli.simulate.world import Progress
from delegation.deadlines import day_of

# delegations of each size; the small one takes some five seconds, the full one half an hour
YEARS: Final[Mapping[str, int]] = MappingProxyType({"none": 0, "small": 300, "full": FULL_YEAR})
_TOLD_APART: Final = 15.0  # seconds between two lines of a year that is played, and of a copy that is made
_LOOKED_APART: Final = 1.0
_PATIENCE: Final = 120.0  # seconds without one more delegation in the copy
_OVERSEER: Final = "sc-jg-01"


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
    tell(f"模拟一年的 {delegations} 件委托，{plan.start} 至 {plan.end}")
    found(folder, plan, at=at)
    played = into(folder, plan, progress=_told_of(plan, tell))
    tell(f"模拟的一年：{played.delegations} 件委托，{played.envelopes} 封信函，每秒 {played.envelopes_a_second:.0f} 封")
    return plan


def until_copied(federation: LocalFederation, plan: Plan, tell: Tell) -> None:
    """Wait until the provincial office's node has checked and taken over its share of the year; tell how far it is.

    After `_PATIENCE` without one more delegation it says so and returns: the node goes on by itself. Raises DeskError
    where the office's API refuses.
    """
    desk = desk_of(federation, _OVERSEER)
    try:
        known, told = -1, time.monotonic()
        grown = told
        while True:
            count, is_current = desk.overseen(plan.start, day_of(now()))
            if is_current:
                tell(f"{SICHUAN.name}的副本已逐条核验完毕：一年 {count} 件委托")
                return
            at = time.monotonic()
            if count > known:
                known, grown = count, at
            if at - grown > _PATIENCE:
                tell(f"{SICHUAN.name}的副本还没有核验完（{count} 件），页面会注明；节点会继续")
                return
            if at - told > _TOLD_APART:
                told = at
                tell(f"{SICHUAN.name}正在逐条核验它的副本：已有 {count} 件委托")
            time.sleep(_LOOKED_APART)
    finally:
        desk.close()


def _told_of(plan: Plan, tell: Tell) -> Progress:
    """A line now and then: which day is played, and about how long the rest will take."""
    began = told = time.monotonic()

    def progress(day: date, summary: Summary) -> None:
        nonlocal told
        at = time.monotonic()
        if at - told < _TOLD_APART:
            return
        told = at
        days = (day - plan.start).days + 1
        minutes = (at - began) * max(DAYS - days, 0) / max(days, 1) / 60
        tell(f"模拟到 {day}：{summary.delegations} 件委托，{summary.envelopes} 封信函；大约还要 {minutes:.0f} 分钟")

    return progress
