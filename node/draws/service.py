"""Use cases of draws that a face calls: the file that proves one, and its checks."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Protocol, TypeAlias

from certs.draw_file import DrawFile
from certs.draw_file_json import draw_file_bytes
from certs.draw_proof import verify_draw
from certs.draw_report import DrawReport
from node.desk.ports import Actor
from node.draws.calendar import appointments
from node.draws.exporting import prove, wanted
from node.draws.figures import reveal_figures
from node.draws.views import AppointmentLine, RevealFigure
from node.link import Link
from node.state import State
from node.verification.log import LinkProofs
from node.writer import Writer

Shown: TypeAlias = Callable[[Actor, Sequence[str]], Awaitable[None]]


class DrawsPort(Protocol):
    """The draws of the actor's unit."""

    async def draw_file(self, actor: Actor, delegation_id: str, *, names: bool = True) -> bytes:
        """The file of the last panel (protocol 13.8), with proofs from the registry as they are now.

        `names` False leaves out who the experts are; the arithmetic stays. A provincial office has the arithmetic
        alone: with names it is refused. NOT_ALLOWED (state no_panel,
        panel_sealed), UNAVAILABLE without the registry.
        """
        ...

    async def check_draw(self, actor: Actor, delegation_id: str) -> DrawReport:
        """The same file's checks, a line each, by the authority and the log key that this node has pinned.

        Where this node cannot open the panel those of the arithmetic alone.
        """
        ...

    async def reveal_figures(self, actor: Actor) -> tuple[RevealFigure, ...]:
        """How often each unit showed its secret in time, of the draws that the actor's unit may see."""
        ...

    async def appointments(self, actor: Actor) -> tuple[AppointmentLine, ...]:
        """The unit's examinations by time, of appraisals that are not over; a list, and noted as one."""
        ...


class Draws:
    """Of one node (DrawsPort)."""

    def __init__(self, writer: Writer[State], state: State, link: Link, *, shown: Shown) -> None:
        """`shown` notes which cases a list has shown to whom (`node.desk.line_looks`)."""
        self._run = writer.run
        self._shown = shown
        self._state = state
        self._link = link

    async def draw_file(self, actor: Actor, delegation_id: str, *, names: bool = True) -> bytes:
        """See DrawsPort."""
        file = await self._file(actor, delegation_id, sealed_too=not names)
        return draw_file_bytes(file if names else file.without_names())

    async def check_draw(self, actor: Actor, delegation_id: str) -> DrawReport:
        """See DrawsPort."""
        file = await self._file(actor, delegation_id, sealed_too=True)
        return verify_draw(
            file,
            arithmetic=not file.experts,
            seal_authorities=[self._state.rosters.seal_authority],
            log_key=self._state.rosters.current.view.registry.log_public_key,
        )

    async def reveal_figures(self, actor: Actor) -> tuple[RevealFigure, ...]:
        """See DrawsPort."""
        return await self._run(partial(reveal_figures, actor=actor))

    async def appointments(self, actor: Actor) -> tuple[AppointmentLine, ...]:
        """See DrawsPort."""
        found = await self._run(partial(appointments, actor=actor))
        await self._shown(actor, [line.delegation_id for line in found])
        return found

    async def _file(self, actor: Actor, delegation_id: str, *, sealed_too: bool) -> DrawFile:
        found = await self._run(partial(wanted, actor=actor, delegation_id=delegation_id, sealed_too=sealed_too))
        return await prove(found, LinkProofs(self._link), log_key=self._state.rosters.current.log_key)
