"""Use cases about people as a face sees them; as `node.desk.ports`, each judged by the actor's unit and roles."""

from datetime import date
from typing import Protocol

from node.desk.people_views import (
    AssignmentView,
    Colleague,
    DeputyView,
    HeaderRow,
    LookPage,
    OpenTask,
    SubjectRequestView,
)
from node.desk.ports import Actor
from node.desk.views import Json, Page, PreparedMoveView


class PeoplePort(Protocol):
    """Deputies, who has what in hand, who looked at what, and what persons ask about their own data."""

    async def colleagues(self, actor: Actor, unit: str = "") -> tuple[Colleague, ...]:
        """Open accounts of a unit: the actor's own, any of the bureau for ADMINISTRATOR and DISPATCHER."""
        ...

    async def list_deputies(self, actor: Actor) -> tuple[DeputyView, ...]:
        """Those that the actor has a part in; all for ADMINISTRATOR and READER."""
        ...

    async def name_deputy(
        self, actor: Actor, *, staff_id: str, deputy: str, unit: str, role: str, first: date, last: date
    ) -> DeputyView:
        """Let `deputy` hold a role of `staff_id` in a unit for some days (that person, or ADMINISTRATOR).

        INVALID_INPUT (field): `deputy` (why=holds_it when he has the role anyway), `last` (before the first day, over
        a year later, or `why=past`).
        """
        ...

    async def end_deputy(self, actor: Actor, deputy_id: str) -> None:
        """End it before its last day (either of the two, or ADMINISTRATOR)."""
        ...

    async def open_tasks(self, actor: Actor, staff_id: str) -> tuple[OpenTask, ...]:
        """What a person has in hand (that person, or ADMINISTRATOR): kinds and numbers, no case text."""
        ...

    async def hand_over(self, actor: Actor, staff_id: str, *, unit: str, to: str) -> int:
        """Give everything of it in one unit to another; it comes to that one as a draft to look at. How much it was."""
        ...

    async def note_paper(self, actor: Actor, delegation_id: str, paper: str) -> None:
        """Note that a paper of a case was made to be printed."""
        ...

    async def looks(
        self, actor: Actor, *, delegation_id: str = "", staff_id: str = "", before: int = 0, page_size: int = 100
    ) -> LookPage:
        """Who looked at a case, or what a person looked at (READER in the own unit, ADMINISTRATOR everywhere).

        The latest first; `before` is `next_number` of the page before.
        """
        ...

    # the dispatcher (dispatch.py)
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
        """Headers of one unit, or of all of the bureau (DISPATCHER), latest change first; by `sort` "due" by due day.

        `assigned`: in the hands of this staff id, of nobody when empty.
        """
        ...

    async def assigned(self, actor: Actor, delegation_id: str) -> AssignmentView | None:
        """Who of the actor's unit has a case in hand."""
        ...

    async def assign(self, actor: Actor, delegation_id: str, *, unit: str, staff_id: str) -> AssignmentView | None:
        """Give a case of a unit to a person of it, or (empty) to nobody.

        DISPATCHER in every unit of the bureau; in the own unit APPROVER, and whoever has it in hand.
        """
        ...

    async def hand_to_unit(
        self, actor: Actor, delegation_id: str, *, unit: str, to_unit: str, reason: str
    ) -> PreparedMoveView:
        """Prepare the transfer (转办) of what `unit` signed for (DISPATCHER); the approver of `unit` decides."""
        ...

    # persons and their own data (subject_requests.py)
    async def record_request(
        self, actor: Actor, delegation_id: str, *, asks: str, content: Json, once: str = ""
    ) -> SubjectRequestView:
        """Write down a request (CLERK, INVESTIGATOR, SUPERVISOR): copy, correction or deletion.

        `content`: asked_by (worker, agent, relative), name, checked, asked_on, text. `once` as for a draft.
        """
        ...

    async def answer_request(self, actor: Actor, request_id: str, version: int, answer: Json) -> SubjectRequestView:
        """Prepare the answer: outcome, text, materials (ids in the copy), findings (in the copy)."""
        ...

    async def approve_answer(self, actor: Actor, request_id: str, version: int) -> SubjectRequestView:
        """Approve the prepared answer (APPROVER, another person than who prepared it)."""
        ...

    async def send_back_answer(self, actor: Actor, request_id: str, version: int, note: str) -> SubjectRequestView:
        """Give it back with a note (APPROVER)."""
        ...

    async def answer_days(self, actor: Actor) -> int:
        """Working days in which the actor's unit answers requests: its own rule."""
        ...

    async def keep_answer_days(self, actor: Actor, days: int) -> int:
        """Set that (ADMINISTRATOR): 1 to 60, for requests recorded from now on."""
        ...

    async def get_request(self, actor: Actor, request_id: str) -> SubjectRequestView:
        """One request of the actor's unit."""
        ...

    async def requests_of(self, actor: Actor, delegation_id: str) -> tuple[SubjectRequestView, ...]:
        """Those of a case."""
        ...
