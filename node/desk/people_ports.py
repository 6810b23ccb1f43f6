"""Use cases about people as a face sees them; as `node.desk.ports`, each judged by the actor's unit and roles."""

from datetime import date
from typing import Protocol

from node.desk.people_views import Colleague, DeputyView, LookPage, OpenTask
from node.desk.ports import Actor


class PeoplePort(Protocol):
    """Deputies, and who has what in hand."""

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
