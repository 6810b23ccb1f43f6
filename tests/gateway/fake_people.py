"""People in memory that behave: deputies by day, tasks that are handed over."""

# ruff: noqa: ARG002 - arguments are the port's

from dataclasses import replace
from datetime import date, timedelta

from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.people_views import (
    AssignmentView,
    Colleague,
    DeputyView,
    HeaderRow,
    LookPage,
    LookView,
    OpenTask,
    SubjectRequestView,
)
from node.desk.ports import Actor, Role
from node.desk.views import Json, Page, PreparedMoveView
from tests.gateway.fake_accounts import FakeAccounts


class FakePeople:
    """Implements PeoplePort."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.deputies: dict[str, DeputyView] = {}
        self.tasks: dict[str, list[OpenTask]] = {}
        self.seen: list[LookView] = []
        self.headers: list[HeaderRow] = []
        self.hands: dict[str, str] = {}
        self.requests: dict[str, SubjectRequestView] = {}
        self.once: dict[str, str] = {}
        self.days = 15

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
                on_behalf_name="",
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

    async def list_headers(
        self,
        actor: Actor,
        *,
        unit: str = "",
        assigned: str | None = None,
        is_open: bool | None = True,
        page_size: int = 50,
        page_token: str = "",
        sort: str = "",
    ) -> Page[HeaderRow]:
        if not actor.has(Role.DISPATCHER):
            raise Refusal(Reason.ROLE_MISSING, role=Role.DISPATCHER.value)
        rows = [
            replace(
                row,
                assigned_to=self.hands.get(row.delegation_id, ""),
                assigned_name=self.hands.get(row.delegation_id, ""),
            )
            for row in self.headers
        ]
        return Page(tuple(row for row in rows if assigned is None or row.assigned_to == assigned))

    async def assigned(self, actor: Actor, delegation_id: str) -> AssignmentView | None:
        held = self.hands.get(delegation_id)
        return self._assignment(actor, delegation_id, held) if held else None

    def _assignment(self, actor: Actor, delegation_id: str, staff_id: str) -> AssignmentView:
        return AssignmentView(
            delegation_id=delegation_id,
            unit=actor.unit,
            staff_id=staff_id,
            name=f"名{staff_id}",
            set_by=actor.staff_id,
            set_at=self.accounts.now,
        )

    async def assign(self, actor: Actor, delegation_id: str, *, unit: str, staff_id: str) -> AssignmentView | None:
        if staff_id and staff_id not in self.accounts.accounts:
            raise Refusal(Reason.INVALID_INPUT, field="staff_id")
        self.hands[delegation_id] = staff_id
        return self._assignment(actor, delegation_id, staff_id) if staff_id else None

    async def hand_to_unit(
        self, actor: Actor, delegation_id: str, *, unit: str, to_unit: str, reason: str
    ) -> PreparedMoveView:
        if not to_unit:
            raise Refusal(Reason.GUARD_FAILED, guard="unit_named")
        return PreparedMoveView(
            move_id="01986f2a-0000-7000-8000-0000000000aa",
            delegation_id=delegation_id,
            kind="TRANSFERRED",
            label="转办",
            state="prepared",
            version=1,
            data={"reasons": [reason], "declared": {"unit": to_unit}},
            prepared_by=actor.staff_id,
            prepared_by_name=actor.name,
            prepared_at=self.accounts.now,
        )

    async def record_request(
        self, actor: Actor, delegation_id: str, *, asks: str, content: Json, once: str = ""
    ) -> SubjectRequestView:
        if once and once in self.once:
            return self.requests[self.once[once]]
        if not content.get("text"):
            raise Refusal(Reason.INVALID_INPUT, field="text")
        asked_on = date.fromisoformat(str(content["asked_on"]))
        due = asked_on + timedelta(days=self.days)
        made = SubjectRequestView(
            request_id=f"01986f2a-0000-7000-8000-{len(self.requests):012}",
            delegation_id=delegation_id,
            asks=asks,
            state="open",
            version=1,
            content=dict(content),
            answer={},
            recorded_by=actor.staff_id,
            recorded_by_name=actor.name,
            recorded_at=self.accounts.now,
            changed_at=self.accounts.now,
            due=due,
            days_left=(due - day_of(self.accounts.now)).days,
        )
        self.requests[made.request_id] = made
        if once:
            self.once[once] = made.request_id
        return made

    def _changed(self, request_id: str, version: int, **changes: object) -> SubjectRequestView:
        before = self.requests[request_id]
        if version != before.version:
            raise Refusal(Reason.EDITED_MEANWHILE, version=str(before.version))
        self.requests[request_id] = replace(before, version=version + 1, **changes)  # type: ignore[arg-type] # its fields
        return self.requests[request_id]

    async def answer_request(self, actor: Actor, request_id: str, version: int, answer: Json) -> SubjectRequestView:
        before = await self.get_request(actor, request_id)
        if before.state == "answered":
            before = replace(before, earlier=(*before.earlier, before.answer))
        given = {**answer, "by": actor.staff_id, "by_name": actor.name}
        return self._changed(request_id, version, state="prepared", answer=given, earlier=before.earlier)

    async def approve_answer(self, actor: Actor, request_id: str, version: int) -> SubjectRequestView:
        before = await self.get_request(actor, request_id)
        if before.state != "prepared":
            raise Refusal(Reason.NOT_ALLOWED, state=before.state)
        if before.answer["by"] == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES, missing="another_person")
        today = day_of(self.accounts.now).isoformat()
        given = {**before.answer, "approved_by": actor.staff_id, "approved_by_name": actor.name, "on": today}
        return self._changed(request_id, version, state="answered", answer=given)

    async def send_back_answer(self, actor: Actor, request_id: str, version: int, note: str) -> SubjectRequestView:
        before = await self.get_request(actor, request_id)
        if before.state != "prepared":
            raise Refusal(Reason.NOT_ALLOWED, state=before.state)
        if not note.strip():
            raise Refusal(Reason.INVALID_INPUT, field="note")
        back = {**before.answer, "note": note, "sent_back_by_name": actor.name}
        return self._changed(request_id, version, state="open", answer=back)

    async def answer_days(self, actor: Actor) -> int:
        return self.days

    async def keep_answer_days(self, actor: Actor, days: int) -> int:
        if not 1 <= days <= 60:
            raise Refusal(Reason.INVALID_INPUT, field="days")
        self.days = days
        return days

    async def get_request(self, actor: Actor, request_id: str) -> SubjectRequestView:
        if request_id not in self.requests:
            raise Refusal(Reason.NOT_FOUND)
        return self.requests[request_id]

    async def requests_of(self, actor: Actor, delegation_id: str) -> tuple[SubjectRequestView, ...]:
        return tuple(each for each in self.requests.values() if each.delegation_id == delegation_id)
