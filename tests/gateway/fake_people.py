"""People in memory that behave: deputies by day, tasks that are handed over."""

# ruff: noqa: ARG002 - arguments are the port's

from dataclasses import replace
from datetime import date

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.people_views import Colleague, DeputyView, LookPage, LookView, OpenTask
from node.desk.ports import Actor, Role
from tests.gateway.fake_accounts import FakeAccounts


class FakePeople:
    """Implements PeoplePort."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.deputies: dict[str, DeputyView] = {}
        self.tasks: dict[str, list[OpenTask]] = {}
        self.seen: list[LookView] = []

    async def colleagues(self, actor: Actor, unit: str = "") -> tuple[Colleague, ...]:
        wanted = unit or actor.unit
        views = (account.view for account in self.accounts.accounts.values())
        return tuple(
            Colleague(staff_id=view.staff_id, name=view.name, unit=wanted, roles=view.roles)
            for view in views
            if wanted in view.units and view.active
        )

    async def list_deputies(self, actor: Actor) -> tuple[DeputyView, ...]:
        every = actor.has(Role.ADMINISTRATOR, Role.READER)
        return tuple(each for each in self.deputies.values() if every or actor.staff_id in (each.staff_id, each.deputy))

    async def name_deputy(
        self, actor: Actor, *, staff_id: str, deputy: str, unit: str, role: str, first: date, last: date
    ) -> DeputyView:
        if actor.staff_id != staff_id and not actor.has(Role.ADMINISTRATOR):
            raise Refusal(Reason.ROLE_MISSING, role=Role.ADMINISTRATOR.value)
        accounts = self.accounts.accounts
        if staff_id not in accounts or role not in accounts[staff_id].view.roles:
            raise Refusal(Reason.INVALID_INPUT, field="role")
        if deputy not in accounts or deputy == staff_id:
            raise Refusal(Reason.INVALID_INPUT, field="deputy")
        if last < first:
            raise Refusal(Reason.INVALID_INPUT, field="last")
        made = DeputyView(
            deputy_id=f"01986f2a-0000-4000-8000-{len(self.deputies):012}",
            staff_id=staff_id,
            name=accounts[staff_id].view.name,
            deputy=deputy,
            deputy_name=accounts[deputy].view.name,
            unit=unit,
            role=role,
            first=first,
            last=last,
            set_by=actor.staff_id,
            ended=False,
            holds=first <= day_of(self.accounts.now) <= last,
        )
        self.deputies[made.deputy_id] = made
        return made

    async def end_deputy(self, actor: Actor, deputy_id: str) -> None:
        if deputy_id not in self.deputies:
            raise Refusal(Reason.NOT_FOUND)
        self.deputies[deputy_id] = replace(self.deputies[deputy_id], ended=True, holds=False)

    async def open_tasks(self, actor: Actor, staff_id: str) -> tuple[OpenTask, ...]:
        if staff_id not in self.accounts.accounts:
            raise Refusal(Reason.NOT_FOUND)
        return tuple(self.tasks.get(staff_id, ()))

    async def hand_over(self, actor: Actor, staff_id: str, *, unit: str, to: str) -> int:
        if to not in self.accounts.accounts or to == staff_id:
            raise Refusal(Reason.INVALID_INPUT, field="to")
        mine = self.tasks.get(staff_id, [])
        given = [task for task in mine if task.unit == unit]
        self.tasks[staff_id] = [task for task in mine if task.unit != unit]
        self.tasks.setdefault(to, []).extend(given)
        return len(given)

    async def note_paper(self, actor: Actor, delegation_id: str, paper: str) -> None:
        self.seen.append(
            LookView(
                number=len(self.seen) + 1,
                at=self.accounts.now,
                staff_id=actor.staff_id,
                name=actor.name,
                on_behalf="",
                unit=actor.unit,
                what="paper",
                subject_id=delegation_id,
                part=paper,
            )
        )

    async def looks(
        self, actor: Actor, *, delegation_id: str = "", staff_id: str = "", before: int = 0, page_size: int = 100
    ) -> LookPage:
        if not actor.has(Role.READER, Role.ADMINISTRATOR):
            raise Refusal(Reason.ROLE_MISSING, role=Role.READER.value)
        found = [
            each
            for each in reversed(self.seen)
            if (each.subject_id == delegation_id or each.staff_id == staff_id) and (not before or each.number < before)
        ]
        more = found[page_size - 1].number if len(found) > page_size else 0
        return LookPage(items=tuple(found[:page_size]), next_number=more, broken_at=0)
