"""Draws that behave: one that was held, with a file that proves it."""

# ruff: noqa: ARG002 - arguments are the port's

import tempfile
from functools import lru_cache
from pathlib import Path

from certs.draw_file import DrawFile
from certs.draw_file_json import draw_file_bytes
from certs.draw_proof import verify_draw
from certs.draw_report import DrawReport
from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.draws.views import AppointmentLine, RevealFigure
from tests.certs.draw_story import Story
from tests.gateway.fake_accounts import NOW, OTHER
from tests.gateway.fake_views import DELEGATION


@lru_cache(maxsize=1)
def a_file() -> DrawFile:
    """An honest draw."""
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder))
        return story.file(story.honest())


class FakeDraws:
    """Implements DrawsPort. `drawn` False: no panel yet."""

    def __init__(self) -> None:
        self.drawn = True
        self.lines: tuple[AppointmentLine, ...] = ()

    def _file(self, delegation_id: str) -> DrawFile:
        if delegation_id != DELEGATION:
            raise Refusal(Reason.NOT_FOUND)
        if not self.drawn:
            raise Refusal(Reason.NOT_ALLOWED, state="no_panel")
        return a_file()

    async def draw_file(self, actor: Actor, delegation_id: str, *, names: bool = True) -> bytes:
        file = self._file(delegation_id)
        return draw_file_bytes(file if names else file.without_names())

    async def check_draw(self, actor: Actor, delegation_id: str) -> DrawReport:
        return verify_draw(self._file(delegation_id))

    async def reveal_figures(self, actor: Actor) -> tuple[RevealFigure, ...]:
        return (
            RevealFigure(
                unit=OTHER, unit_name="乙委员会", committed=3, revealed=1, shown_for=1, void=1,
                delegations=(DELEGATION,), since=NOW,
            ),
        )  # fmt: skip

    async def appointments(self, actor: Actor) -> tuple[AppointmentLine, ...]:
        return self.lines
