"""Two committees' nodes, a registry and a clock that is set forward: what stories of whole appraisals share."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from certs.agreement_proof import proof_from_json
from certs.roster_grants import take_agreement
from delegation.codec_roster_write import agreement_bytes
from delegation.codes import AppraisalMode, Matter
from delegation.deadlines import day_of
from delegation.roster_records import Agreement
from node.desk.views import DelegationView
from node.ids import uuid7
from node.service import Node
from tests.node import appraisals as a
from tests.node.test_agreements import proposed, said, standing
from tests.node.test_appraisal import Clock
from tests.node.world import CHENGDU, COMMITTEES, HANGZHOU, World, until

PLAN_OF_ONE: dict[str, Any] = {
    "declared": {"strata": [{"seats": 3, "reserves": 1}]},
    "body": {"specialties": {"specialties": ["M201"], "reason": "伤在腰椎"}},
}
EIGHTH: dict[str, Any] = {
    "injuries": [{"injury": "腰椎骨折", "clause": "5.8.2.1", "grade": 8}],
    "grade": 8,
}
HELD: dict[str, Any] = {"form": "EXAMINATION_FORM_ON_SITE", "identity_check": "身份证", "identity_matches": True}


@dataclass
class Committees:
    """Hangzhou's is the home, Chengdu's the host."""

    world: World
    clock: Clock

    @property
    def home(self) -> Node:
        """The home's node."""
        return self.world.nodes[HANGZHOU]

    @property
    def host(self) -> Node:
        """The host's node."""
        return self.world.nodes[CHENGDU]

    @property
    def today(self) -> date:
        """The federation's day."""
        return day_of(self.clock())

    def day(self, days: int) -> str:
        """The day so many days from today."""
        return (self.today + timedelta(days=days)).isoformat()

    async def on(self, days: int) -> None:
        """So many days later: the registry is away while the clock is set, the authority states its roster anew."""
        await self.world.stop_registry()
        self.clock.ahead += timedelta(days=days)
        version = self.world.publish(self.world.book)
        await self.world.start_registry()
        await self._have(version)

    async def _have(self, version: int) -> None:
        """Every node has that roster, and a statement of it that is not too old."""
        for node in self.world.nodes.values():

            async def current(node: Node = node) -> bool:
                trust = node.state.rosters.current
                found = trust.view.version >= version and not trust.is_stale(self.clock())
                if not found:
                    node.courier.wake("rosters")
                    await asyncio.sleep(0.2)  # the registry looks for a new one once a second
                return found

            await until(current, bool)

    async def agreed(self) -> str:
        """A standing agreement of both on 委托鉴定, signed by both and in the roster; its id."""
        first, second = sorted((COMMITTEES[HANGZHOU], COMMITTEES[CHENGDU]))
        record = agreement_bytes(
            Agreement(
                agreement_id=uuid7(self.clock()),
                units=(first, second),
                matters=(Matter.DISABILITY_GRADE,),
                modes=(AppraisalMode.FULL_ENTRUST,),
                valid_from=self.today,
            )
        )
        ref = await proposed(self.home, record, unit=COMMITTEES[HANGZHOU], to=COMMITTEES[CHENGDU])
        await standing(self.host, COMMITTEES[CHENGDU], ref, "proposed")
        await said(self.host, COMMITTEES[CHENGDU], ref, "AGREEMENT_COUNTERSIGNED", record)
        await standing(self.home, COMMITTEES[HANGZHOU], ref, "in_force")
        proof = await self.home.desk.agreement_file(a.member(HANGZHOU), ref)
        book = self.world.book
        take_agreement(book, self.world.authority, proof_from_json(proof), self.clock())
        await self._have(self.world.publish(book))
        return ref

    def letter(self, **changes: object) -> dict[str, object]:
        """A letter of the federation's day; `appraisal` and other parts of the letter by `letter=`."""
        received = {"application_received_on": self.day(-1)}
        more = changes.pop("letter", {})
        whole = a.a_letter(clock=received, **changes)
        told = whole["letter"]
        assert isinstance(told, dict)
        assert isinstance(more, dict)
        asked = {**told["appraisal"], **more.pop("appraisal", {})}
        return {**whole, "letter": {**told, **more, "appraisal": asked}}

    async def accepted(self, **changes: object) -> str:
        """A letter that the host accepted."""
        return await a.until_accepted(self.home, self.host, self.letter(**changes))

    async def both(self, ref: str, state: str) -> DelegationView:
        """Both sides are there; what the home sees."""
        return await a.both_reach(self.home, self.host, ref, state)

    async def entry(self, ref: str, kind: str) -> DelegationView:
        """Both sides have an entry of that kind as the last; what the home sees."""
        await a.until_entry(self.host, CHENGDU, ref, kind)
        return await a.until_entry(self.home, HANGZHOU, ref, kind)

    async def homes(self, ref: str, kind: str, data: Mapping[str, object], state: str = "") -> DelegationView:
        """Two people of the home make a move."""
        await a.two(self.home, HANGZHOU, ref, kind, data)
        return await self.both(ref, state) if state else await self.entry(ref, kind)

    async def hosts(self, ref: str, kind: str, data: Mapping[str, object], state: str = "") -> DelegationView:
        """Two people of the host make a move."""
        await a.two(self.host, CHENGDU, ref, kind, data)
        return await self.both(ref, state) if state else await self.entry(ref, kind)

    async def drawn(self, ref: str, plan: Mapping[str, object] = PLAN_OF_ONE) -> list[str]:
        """The host's experts are drawn; who sits."""
        await a.two(self.host, CHENGDU, ref, "SPECIALTY_DETERMINED", plan)
        return a.panel_of(await self.both(ref, "panel_drawn"))

    async def scheduled(self, ref: str, day: str, kind: str = "SCHEDULED") -> None:
        """An appointment."""
        appointment = {"at": f"{day}T09:00", "place": "成都某医院", "form": "EXAMINATION_FORM_ON_SITE"}
        again = {"reason": "职工未到"} if kind == "RESCHEDULED" else {}
        await a.act(self.host, CHENGDU, ref, kind, {"body": {"appointment": {**appointment, **again}}})
        await self.both(ref, "scheduled")

    async def notified(self, ref: str, served: str = "") -> None:
        """The worker was told of it, with proof."""
        proof = await a.a_file(self.home, HANGZHOU, ref)
        notice = {
            "declared": {"served_on": served or self.today.isoformat()},
            "body": {"worker_notice": {"method": "直接送达", "proof_material_id": proof}},
            "materials": [proof],
        }
        await a.act(self.home, HANGZHOU, ref, "WORKER_NOTIFIED", notice)
        await self.both(ref, "notified")

    async def examined(self, ref: str) -> None:
        """The appointed day has come; the whole panel is there."""
        held = {"body": {"examination": {**HELD, "at": f"{self.today}T09:10", "findings": "活动受限"}}}
        await a.act(self.host, CHENGDU, ref, "EXAMINED", held)
        await self.both(ref, "examined")

    async def formed(self, ref: str, sitting: list[str], *, dissents: tuple[str, ...] = (), **changes: object) -> None:
        """Everybody signs; those of `dissents` hold something else."""
        await a.act(self.host, CHENGDU, ref, "OPINION_FORMED", self.opinion(sitting, dissents=dissents, **changes))
        await self.both(ref, "opinion_formed")

    def opinion(self, sitting: list[str], *, dissents: tuple[str, ...] = (), **changes: object) -> dict[str, object]:
        """The opinion of those who sit."""
        signed = self.today.isoformat()
        opinions = [
            {"expert_id": each, "finding": a.FINDING, "agrees": each not in dissents, "signed_on": signed,
             **({"text": "应为八级", "finding": EIGHTH} if each in dissents else {})}
            for each in sitting
        ]  # fmt: skip
        return {"body": {"opinion": {"opinions": opinions, "majority": a.FINDING, **changes}}}

    async def reported(self, ref: str, **result: object) -> DelegationView:
        """The result goes home."""
        told = {"report": "经鉴定，伤残九级", "reviewer_staff_id": f"{CHENGDU}-reviewer", **result}
        return await self.hosts(ref, "APPRAISAL_REPORTED", {"body": {"appraisal_result": told}}, "reported")

    async def to_the_opinion(
        self, ref: str, sitting: list[str], *, days: int = 2, dissents: tuple[str, ...] = ()
    ) -> None:
        """From the draw to the opinion, some days later."""
        await self.scheduled(ref, self.day(days))
        await self.notified(ref)
        await self.on(days)
        await self.examined(ref)
        await self.formed(ref, sitting, dissents=dissents, dissent="一名专家认为应为八级" if dissents else "")

    async def no_alarm(self, ref: str) -> None:
        """Neither side was told anything that does not hold."""
        for node, bureau in ((self.home, HANGZHOU), (self.host, CHENGDU)):
            seen = await a.see(node, bureau, ref)
            assert not seen.alarms
            assert {each.state for each in seen.entries} <= {"applied", "own"}


@asynccontextmanager
async def committees(folder: Path, *, experts: int = 12, others: tuple[str, ...] = ()) -> AsyncIterator[Committees]:
    """Both run, and others beside them; the pools of those who may draw are committed to."""
    clock = Clock()
    world = World(folder, clock=clock, committees=True)
    try:
        await world.begin((HANGZHOU, CHENGDU, *others))
        for bureau in (HANGZHOU, CHENGDU, *others):
            await world.start_node(bureau)
        for bureau in (CHENGDU, *others):
            await a.with_pool(world.nodes[bureau], bureau, experts=experts)
        yield Committees(world, clock)
    finally:
        await world.stop()
