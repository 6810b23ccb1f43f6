"""The ways out for notices, each a task of its own: one that fails or hangs holds up neither the node nor another."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import structlog

from node.desk.changes import Changes
from node.desk.views import NoticeRoute
from node.notices.mail import Mail, mail_of
from node.notices.webhooks import Webhook, webhooks_of
from node.settings import NodeSettings
from node.state import State
from node.writer import Writer, place_of_error

_log = structlog.get_logger("node.notices")
_AGAIN_SECONDS: Final = 60.0


class Route(Protocol):
    """One way out."""

    async def run(self) -> None:
        """Tell, until it is cancelled."""
        ...

    async def state(self) -> NoticeRoute:
        """How far it got."""
        ...


async def _kept(route: Route) -> None:
    """Run a way out for good: an error that nobody foresaw ends neither it nor the others."""
    while True:
        try:
            return await route.run()
        except Exception as error:  # noqa: BLE001 - told, and begun anew from what is on disk
            _log.error("notices failed", error=type(error).__name__, where=place_of_error(error))
            await asyncio.sleep(_AGAIN_SECONDS)


class Notices:
    """Webhooks and mail as the settings ask for them; none when they ask for none."""

    def __init__(
        self,
        settings: NodeSettings,
        writer: Writer[State],
        state: State,
        changes: Changes,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Raises Refusal INVALID_INPUT for a setting that cannot be used, KeyFileError for a secret file."""
        self._hooks: Sequence[Webhook] = webhooks_of(settings, writer, clock=clock)
        self._mail: Mail | None = mail_of(settings, writer, state, clock=clock)
        self._changes = changes

    @property
    def _routes(self) -> list[Route]:
        return [*self._hooks, *([self._mail] if self._mail is not None else [])]

    async def routes(self) -> tuple[NoticeRoute, ...]:
        """Each with how far it got."""
        return tuple([await route.state() for route in self._routes])

    async def run(self) -> None:
        """Until it is cancelled. Ends at once where nothing is asked for."""
        if not self._routes:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._wake(), name="notices")
            for route in self._routes:
                group.create_task(_kept(route), name="notices")

    async def _wake(self) -> None:
        """Tell the webhooks that something changed; they look for themselves what."""
        async with self._changes.watch() as changes:
            async for _ in changes:
                for hook in self._hooks:
                    hook.wake()
