"""Use cases about people (PeoplePort), handed to the node's writer."""

from datetime import date, datetime
from functools import partial

from delegation.errors import Reason, Refusal
from node.desk import answer_days, deputies, dispatch, handing_over, looking, subject_requests
from node.desk.account_rules import open_personal, roles_of, units_of
from node.desk.deputies import name_of_staff
from node.desk.once import Once, digest_of
from node.desk.people_views import (
    AssignmentView,
    Colleague,
    DeputyView,
    HeaderRow,
    LookPage,
    OpenTask,
    SubjectRequestView,
)
from node.desk.ports import Actor, Role
from node.desk.views import Json, Page, PreparedMoveView
from node.records import StaffRecord
from node.state import State
from node.store import Where
from node.writer import Tx, Writer

_MOST_STAFF = 10_000


class People:
    """Of one node."""

    def __init__(self, writer: Writer[State]) -> None:
        self._run = writer.run

    async def colleagues(self, actor: Actor, unit: str = "") -> tuple[Colleague, ...]:
        """See PeoplePort. NOT_FOUND for a unit that is not the actor's to see."""
        wanted = unit or actor.unit

        def use(tx: Tx, state: State, at: datetime) -> tuple[Colleague, ...]:
            del at
            if wanted not in state.units or (
                wanted != actor.unit and not actor.has(Role.ADMINISTRATOR, Role.DISPATCHER)
            ):
                raise Refusal(Reason.NOT_FOUND)
            records = tx.select(StaffRecord, (Where("active", True),), limit=_MOST_STAFF)
            return tuple(
                Colleague(
                    staff_id=record.staff_id,
                    name=open_personal(state.vault, tx, record).name,
                    unit=wanted,
                    roles=tuple(sorted(roles_of(record))),
                )
                for record in records
                if wanted in units_of(record)
            )

        return await self._run(use)

    async def list_deputies(self, actor: Actor) -> tuple[DeputyView, ...]:
        """See PeoplePort."""
        return await self._run(lambda tx, state, at: deputies.shown(tx, at, vault=state.vault, actor=actor))

    async def name_deputy(
        self, actor: Actor, *, staff_id: str, deputy: str, unit: str, role: str, first: date, last: date
    ) -> DeputyView:
        """See PeoplePort."""
        return await self._run(
            lambda tx, state, at: deputies.name(
                tx,
                at,
                vault=state.vault,
                actor=actor,
                staff_id=staff_id,
                deputy=deputy,
                unit=unit,
                role=role,
                first=first,
                last=last,
            )
        )

    async def end_deputy(self, actor: Actor, deputy_id: str) -> None:
        """See PeoplePort."""
        await self._run(lambda tx, _state, at: deputies.end(tx, at, actor=actor, deputy_id=deputy_id))

    async def open_tasks(self, actor: Actor, staff_id: str) -> tuple[OpenTask, ...]:
        """See PeoplePort. NOT_FOUND."""

        def use(tx: Tx, _state: State, _at: datetime) -> tuple[OpenTask, ...]:
            handing_over.may_hand_over(actor, staff_id)
            record = tx.get(StaffRecord, (staff_id,))
            if record is None:
                raise Refusal(Reason.NOT_FOUND)
            return tuple(handing_over.open_tasks(tx, staff_id, units_of(record)))

        return await self._run(use)

    async def hand_over(self, actor: Actor, staff_id: str, *, unit: str, to: str) -> int:
        """See PeoplePort."""

        def use(tx: Tx, state: State, at: datetime) -> int:
            return handing_over.hand_over(
                tx,
                at,
                vault=state.vault,
                signal=state.signal,
                actor=actor,
                staff_id=staff_id,
                to=to,
                to_name=name_of_staff(tx, state.vault, to),
                unit=unit,
            )

        return await self._run(use)

    async def note_paper(self, actor: Actor, delegation_id: str, paper: str) -> None:
        """See PeoplePort."""
        await self._run(partial(looking.note_paper, actor=actor, delegation_id=delegation_id, paper=paper))

    async def looks(
        self, actor: Actor, *, delegation_id: str = "", staff_id: str = "", before: int = 0, page_size: int = 100
    ) -> LookPage:
        """See PeoplePort."""
        return await self._run(
            partial(
                looking.looks,
                actor=actor,
                delegation_id=delegation_id,
                staff_id=staff_id,
                before=before,
                page_size=page_size,
            )
        )

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
        """See PeoplePort."""
        return await self._run(
            partial(
                dispatch.list_headers,
                actor=actor,
                unit=unit,
                assigned=assigned,
                is_open=is_open,
                page_size=page_size,
                page_token=page_token,
                sort=sort,
            )
        )

    async def assigned(self, actor: Actor, delegation_id: str) -> AssignmentView | None:
        """See PeoplePort."""
        return await self._run(partial(dispatch.assigned, actor=actor, delegation_id=delegation_id))

    async def assign(self, actor: Actor, delegation_id: str, *, unit: str, staff_id: str) -> AssignmentView | None:
        """See PeoplePort."""
        return await self._run(
            partial(dispatch.assign, actor=actor, delegation_id=delegation_id, unit=unit, staff_id=staff_id)
        )

    async def hand_to_unit(
        self, actor: Actor, delegation_id: str, *, unit: str, to_unit: str, reason: str
    ) -> PreparedMoveView:
        """See PeoplePort."""
        return await self._run(
            partial(
                dispatch.hand_to_unit,
                actor=actor,
                delegation_id=delegation_id,
                unit=unit,
                to_unit=to_unit,
                reason=reason,
            )
        )

    async def record_request(
        self, actor: Actor, delegation_id: str, *, asks: str, content: Json, once: str = ""
    ) -> SubjectRequestView:
        """See PeoplePort."""
        request = Once(once, "request", digest_of([delegation_id, asks, dict(content)])) if once else None
        return await self._run(
            partial(
                subject_requests.record,
                actor=actor,
                delegation_id=delegation_id,
                asks=asks,
                content=content,
                once=request,
            )
        )

    async def answer_request(self, actor: Actor, request_id: str, version: int, answer: Json) -> SubjectRequestView:
        """See PeoplePort."""
        return await self._run(
            partial(subject_requests.answer, actor=actor, request_id=request_id, version=version, answer=answer)
        )

    async def approve_answer(self, actor: Actor, request_id: str, version: int) -> SubjectRequestView:
        """See PeoplePort."""
        return await self._run(partial(subject_requests.approve, actor=actor, request_id=request_id, version=version))

    async def send_back_answer(self, actor: Actor, request_id: str, version: int, note: str) -> SubjectRequestView:
        """See PeoplePort."""
        return await self._run(
            partial(subject_requests.send_back, actor=actor, request_id=request_id, version=version, note=note)
        )

    async def answer_days(self, actor: Actor) -> int:
        """See PeoplePort."""
        return await self._run(partial(answer_days.read, actor=actor))

    async def keep_answer_days(self, actor: Actor, days: int) -> int:
        """See PeoplePort."""
        return await self._run(partial(answer_days.keep, actor=actor, days=days))

    async def get_request(self, actor: Actor, request_id: str) -> SubjectRequestView:
        """See PeoplePort."""
        return await self._run(partial(subject_requests.get, actor=actor, request_id=request_id))

    async def requests_of(self, actor: Actor, delegation_id: str) -> tuple[SubjectRequestView, ...]:
        """See PeoplePort."""
        return await self._run(partial(subject_requests.of_case, actor=actor, delegation_id=delegation_id))
