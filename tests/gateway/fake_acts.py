"""An office's acts in memory that behave: a reminder once a day, own units alone, two persons for what is prepared."""

# ruff: noqa: ARG002 - arguments are the port's

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.province.acts_ports import (
    AgreementLine,
    Answered,
    Done,
    NamedUnit,
    OfficeUnits,
    OfficeWork,
    Possible,
    Prepared,
    Terms,
    Waits,
)
from tests.builders import SICHUAN_PO
from tests.gateway.fake_accounts import HOME, NOW, OTHER

OTHER_OFFICE = SICHUAN_PO
THREAD = "WT-330100-20260803-000017-Y"
SEEN = 3  # the last entry of the thread


@dataclass
class FakeActs:
    """Implements ProvincialActs for an office of 33, over one thread between HOME and OTHER."""

    reminded: set[tuple[str, str]] = field(default_factory=set)
    prepared: dict[str, tuple[str, str]] = field(default_factory=dict)  # move: who prepared it, thread
    sealed: list[str] = field(default_factory=list)
    said: list[tuple[str, str, str]] = field(default_factory=list)  # act, thread, text
    terms: list[Terms] = field(default_factory=list)
    may: Possible = field(default_factory=lambda: Possible(seen=SEEN))  # what the office may do on any thread
    of_office: OfficeUnits = field(
        default_factory=lambda: OfficeUnits((NamedUnit(HOME, "杭州"),), (NamedUnit(OTHER_OFFICE, "四川"),))
    )
    agreed: tuple[AgreementLine, ...] = ()
    awaiting: tuple[Prepared, ...] = ()

    async def remind(self, actor: Actor, thread_ids: Sequence[str], text: str, *, unit: str = "") -> tuple[Done, ...]:
        return tuple(self._remind(thread_id, text, unit or OTHER) for thread_id in dict.fromkeys(thread_ids))

    def _remind(self, thread_id: str, text: str, unit: str) -> Done:
        if thread_id != THREAD:
            return Done(thread_id=thread_id, unit=unit, reason="NOT_FOUND")
        if (thread_id, unit) in self.reminded:
            details = {"kind": "REMIND", "why": "once_a_day"}
            return Done(thread_id=thread_id, unit=unit, reason="QUOTA_EXCEEDED", details=details)
        self.reminded.add((thread_id, unit))
        self.said.append(("remind", thread_id, text))
        return Done(thread_id=thread_id, unit=unit)

    async def supervise(self, actor: Actor, thread_id: str, *, unit: str, working_days: int, text: str) -> Done:
        if not unit.startswith("33"):
            raise Refusal(Reason.NOT_ALLOWED, kind="SUPERVISE", why="other_province", office=OTHER_OFFICE)
        return self._prepare(actor, "supervise", thread_id, text, unit)

    async def designate(self, actor: Actor, thread_id: str, *, unit: str, seen: int, text: str) -> Done:
        if seen < SEEN:
            raise Refusal(
                Reason.STALE, state="awaiting_designation", sequence=str(SEEN), since=str(SEEN),
                kind="COMPETENCE_DISPUTED",
            )  # fmt: skip
        return self._prepare(actor, "designate", thread_id, text, unit)

    async def give_opinion(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        return self._prepare(actor, "give_opinion", thread_id, text)

    async def coordinate(self, actor: Actor, thread_id: str, *, unit: str, text: str) -> Done:
        if unit not in (HOME, OTHER):
            raise Refusal(Reason.INVALID_INPUT, field="unit")
        return self._prepare(actor, "coordinate", thread_id, text, OTHER_OFFICE)

    async def answer_coordination(self, actor: Actor, thread_id: str, *, text: str) -> Done:
        return self._prepare(actor, "answer_coordination", thread_id, text)

    async def announce(self, actor: Actor, units: Sequence[str], text: str) -> tuple[Done, ...]:
        return tuple(
            self._prepare(actor, "announce", THREAD, text, unit)
            if unit.startswith("33")
            else Done(
                thread_id="", unit=unit, reason="NOT_ALLOWED",
                details={"kind": "ANNOUNCED", "why": "other_province", "office": OTHER_OFFICE},
            )
            for unit in units or (HOME,)
        )  # fmt: skip

    async def propose_agreement(self, actor: Actor, office: str, terms: Terms) -> Done:
        self.terms.append(terms)
        return self._prepare(actor, "propose_agreement", THREAD, "", office)

    async def countersign(self, actor: Actor, thread_id: str) -> Done:
        return self._prepare(actor, "countersign", thread_id, "")

    async def end_agreement(self, actor: Actor, thread_id: str) -> Done:
        return self._prepare(actor, "end_agreement", thread_id, "")

    async def approve(self, actor: Actor, moves: Sequence[tuple[str, int]]) -> tuple[Done, ...]:
        return tuple(self._approve(actor, move_id, version) for move_id, version in moves)

    def _approve(self, actor: Actor, move_id: str, version: int) -> Done:
        maker, thread_id = self.prepared.get(move_id, ("", ""))
        reason = ""
        if not maker:
            reason = "NOT_FOUND"
        elif version != 1:
            reason = "EDITED_MEANWHILE"
        elif maker == actor.staff_id:
            reason = "FOUR_EYES"
        else:
            self.sealed.append(move_id)
        return Done(thread_id=thread_id, move_id=move_id, reason=reason)

    async def waiting(self, actor: Actor) -> OfficeWork:
        waits = Waits(what="designation", thread_id=THREAD, other_unit=HOME, due=date(2026, 8, 10))
        answered = Answered(thread_id=THREAD, unit=HOME, sequence=SEEN, at=NOW)
        return OfficeWork(waits=(waits,), answers=(answered,), prepared=self.awaiting)

    async def possible(self, actor: Actor, thread_id: str) -> Possible:
        return self.may

    async def units(self, actor: Actor) -> OfficeUnits:
        return self.of_office

    async def agreements(self, actor: Actor) -> tuple[AgreementLine, ...]:
        return self.agreed

    def _prepare(self, actor: Actor, act: str, thread_id: str, text: str, unit: str = "") -> Done:
        if thread_id != THREAD:
            raise Refusal(Reason.NOT_FOUND)
        move_id = f"act-{len(self.prepared) + 1}"
        self.prepared[move_id] = (actor.staff_id, thread_id)
        self.said.append((act, thread_id, text))
        return Done(thread_id=thread_id, unit=unit, move_id=move_id, version=1)
