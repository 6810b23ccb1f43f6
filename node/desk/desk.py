"""The desk itself: each use case of `ports.DeskPort` handed to the node's writer."""

import base64
from collections.abc import AsyncIterable, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from datetime import datetime
from functools import partial

from delegation.errors import Reason, Refusal
from node.desk import (
    agreements,
    beginnings,
    draft_check,
    drafts,
    files,
    lists,
    moves,
    noticed,
    saved_filters,
    seals,
    todo,
)
from node.desk.building import delegation_view, material_view, materials_of, thread_view
from node.desk.changes import Changes
from node.desk.guard import PREPARES, READS, need, own
from node.desk.line_looks import LineLooks
from node.desk.linked_view import Linked
from node.desk.looking import look
from node.desk.once import Once, digest_of
from node.desk.ports import Actor, FileFacts, Filters, OpenedFile, Role
from node.desk.views import (
    AlarmView,
    Change,
    DelegationRow,
    DelegationView,
    DraftCheck,
    DraftView,
    EventPage,
    Json,
    MaterialView,
    NoticeRoute,
    Page,
    PreparedMoveView,
    SavedFilter,
    StatusView,
    ThreadView,
    TodoView,
    UnitView,
)
from node.link import Link
from node.looks import What
from node.material_mover import facts_of
from node.materials import MaterialFolder
from node.notices import feed
from node.notices.routes import Notices
from node.purging import purge_content
from node.records import MaterialRecord, OutboxRecord, PartyRecord
from node.state import State
from node.store import Where
from node.threads import load
from node.writer import Staged, Tx, Writer


class Desk:
    """Case work of one node (DeskPort)."""

    def __init__(
        self,
        *,
        writer: Writer[State],
        state: State,
        folder: MaterialFolder,
        changes: Changes,
        link: Link,
        clock: Callable[[], datetime],
        notices: Notices,
    ) -> None:
        self._run = writer.run
        self._state = state
        self._folder = folder
        self._changes = changes
        self._link = link
        self._clock = clock
        self._notices = notices
        self._lines = LineLooks(writer.run, clock)

    async def close(self) -> None:
        """Write what lists have shown; before the writer stops."""
        await self._lines.close()

    async def shown(self, actor: Actor, subjects: Sequence[str]) -> None:
        """Note that a list of another room showed these cases to the actor. Refusal: the store's, when it is full."""
        await self._lines.note(actor, subjects)

    # drafts

    async def create_draft(self, actor: Actor, business: Json, *, once: str = "") -> DraftView:
        """See DeskPort."""
        request = Once(once, "draft", digest_of(business) if once else "")

        def use(tx: Tx, state: State, at: datetime) -> DraftView:
            made = request.first(tx, actor, at=at)
            if made:
                return drafts.get(tx, state, at, actor=actor, draft_id=made)
            draft = drafts.create(tx, state, at, actor=actor, business=business)
            request.note(tx, actor, draft.draft_id, at=at)
            return draft

        return await self._run(use)

    async def update_draft(self, actor: Actor, draft_id: str, version: int, business: Json) -> DraftView:
        """See DeskPort."""
        return await self._run(
            partial(drafts.update, actor=actor, draft_id=draft_id, version=version, business=business)
        )

    async def get_draft(self, actor: Actor, draft_id: str) -> DraftView:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> DraftView:
            found = drafts.get(tx, state, at, actor=actor, draft_id=draft_id)
            look(tx, state, actor, at, What.DRAFT, draft_id)
            return found

        return await self._run(use)

    async def check_draft(self, actor: Actor, draft_id: str) -> DraftCheck:
        """See DeskPort."""
        return await self._run(partial(draft_check.check, actor=actor, draft_id=draft_id))

    async def drafts_of_case(self, actor: Actor, case_key: str) -> tuple[DraftView, ...]:
        """See DeskPort."""
        found = await self._run(partial(draft_check.of_case, actor=actor, case_key=case_key))
        await self._lines.note(actor, [draft.draft_id for draft in found])
        return found

    async def list_drafts(self, actor: Actor, *, page_size: int = 50, page_token: str = "") -> Page[DraftView]:
        """See DeskPort."""
        page = await self._run(partial(drafts.list_all, actor=actor, page_size=page_size, page_token=page_token))
        await self._lines.note(actor, [draft.draft_id for draft in page.items])
        return page

    async def submit_for_approval(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """See DeskPort."""
        return await self._run(partial(drafts.submit, actor=actor, draft_id=draft_id, version=version))

    async def send_back(self, actor: Actor, draft_id: str, version: int, note: str) -> DraftView:
        """See DeskPort."""
        return await self._run(partial(drafts.send_back, actor=actor, draft_id=draft_id, version=version, note=note))

    async def cancel_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """See DeskPort."""
        return await self._run(partial(drafts.cancel, actor=actor, draft_id=draft_id, version=version))

    async def review_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        """See DeskPort."""
        return await self._run(partial(drafts.review, actor=actor, draft_id=draft_id, version=version))

    async def approve_and_issue(self, actor: Actor, draft_id: str, version: int) -> DelegationView:
        """See DeskPort."""
        return await self._run(partial(drafts.issue, actor=actor, draft_id=draft_id, version=version))

    # moves

    async def act(self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None) -> DelegationView:
        """See DeskPort."""
        steps = partial(moves.act, actor=actor, delegation_id=delegation_id, kind=kind, data=data, version=version)
        return await self._run(Staged(delegation_id, steps))

    async def prepare_move(
        self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None
    ) -> PreparedMoveView:
        """See DeskPort."""
        return await self._run(
            partial(moves.prepare, actor=actor, delegation_id=delegation_id, kind=kind, data=data, version=version)
        )

    async def update_move(self, actor: Actor, move_id: str, version: int, data: Json) -> PreparedMoveView:
        """See DeskPort."""
        return await self._run(partial(moves.update, actor=actor, move_id=move_id, version=version, data=data))

    async def get_move(self, actor: Actor, move_id: str) -> PreparedMoveView:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> PreparedMoveView:
            found = moves.get(tx, state, at, actor=actor, move_id=move_id)
            look(tx, state, actor, at, What.MOVE, found.delegation_id, move_id)
            return found

        return await self._run(use)

    async def drop_move(self, actor: Actor, move_id: str, version: int, note: str = "") -> PreparedMoveView:
        """See DeskPort."""
        return await self._run(partial(moves.drop, actor=actor, move_id=move_id, version=version, note=note))

    async def review_move(self, actor: Actor, move_id: str, version: int) -> PreparedMoveView:
        """See DeskPort."""
        return await self._run(partial(moves.review, actor=actor, move_id=move_id, version=version))

    async def press_seal(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        """See DeskPort."""
        return await self._run(partial(moves.press_seal, actor=actor, move_id=move_id, version=version))

    async def approver_seals(self, actor: Actor) -> bool:
        """See DeskPort."""
        return await self._run(partial(seals.read, actor=actor))

    async def keep_seal(self, actor: Actor, *, approver: bool) -> bool:
        """See DeskPort."""
        return await self._run(partial(seals.keep, actor=actor, approver=approver))

    async def approve_move(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        """See DeskPort."""
        return await self._run(partial(moves.approve, actor=actor, move_id=move_id, version=version))

    async def start_thread(self, actor: Actor, kind: str, recipients: Sequence[str], data: Json) -> DelegationView:
        """See DeskPort."""
        return await self._run(
            partial(beginnings.start_thread, actor=actor, kind=kind, recipients=tuple(recipients), data=data)
        )

    async def drop_queued(self, actor: Actor, delegation_id: str, envelope_id: str) -> DelegationView:
        """See DeskPort."""
        return await self._run(
            partial(moves.drop_queued, actor=actor, delegation_id=delegation_id, envelope_id=envelope_id)
        )

    # views

    async def get_delegation(self, actor: Actor, delegation_id: str) -> DelegationView:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> DelegationView:
            need(actor, state, *READS)
            found = delegation_view(tx, state, own(tx, state, actor, delegation_id), actor, at)
            look(tx, state, actor, at, What.CASE, delegation_id)
            return found

        return await self._run(use)

    async def get_thread(
        self, actor: Actor, delegation_id: str, *, from_sequence: int = 1, page_size: int = 100
    ) -> ThreadView:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> ThreadView:
            need(actor, state, *READS)
            held = own(tx, state, actor, delegation_id)
            look(tx, state, actor, at, What.THREAD, delegation_id)
            return thread_view(tx, state, held, from_sequence=from_sequence, page_size=page_size)

        return await self._run(use)

    async def open_case(self, actor: Actor, notice_id: str, version: int | None) -> DraftView:
        """See DeskPort."""
        return await self._run(partial(noticed.open_case, actor=actor, notice_id=notice_id, version=version))

    async def linked(self, actor: Actor, delegation_id: str) -> Linked | None:
        """See DeskPort."""
        return await self._run(partial(noticed.linked, actor=actor, thread_id=delegation_id))

    async def agreement_file(self, actor: Actor, delegation_id: str) -> str:
        """See DeskPort."""
        return await self._run(partial(agreements.agreement_file, actor=actor, thread_id=delegation_id))

    async def list_delegations(
        self, actor: Actor, filters: Filters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[DelegationRow]:
        """See DeskPort."""
        page = await self._run(
            partial(lists.list_delegations, actor=actor, filters=filters, page_size=page_size, page_token=page_token)
        )
        await self._lines.note(actor, [row.delegation_id for row in page.items if row.worker_name])
        return page

    async def todo(
        self,
        actor: Actor,
        category: str = "",
        *,
        sort: str = "due",
        page_size: int = 500,
        page_token: str = "",
        mine: bool = False,
    ) -> TodoView:
        """See DeskPort."""
        found = await self._run(
            partial(
                todo.todo,
                actor=actor,
                category=category,
                sort=sort,
                page_size=page_size,
                page_token=page_token,
                mine=mine,
            )
        )
        await self._lines.note(actor, [item.delegation_id for item in found.items if item.worker_name])
        return found

    async def search(self, actor: Actor, *, name: str = "", id_number: str = "") -> tuple[DelegationRow, ...]:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> tuple[DelegationRow, ...]:
            found = lists.search(tx, state, at, actor=actor, name=name, id_number=id_number)
            for row in found:
                look(tx, state, actor, at, What.SEARCH, row.delegation_id)
            return found

        return await self._run(use)

    async def list_alarms(self, actor: Actor) -> tuple[AlarmView, ...]:
        """See DeskPort."""
        return await self._run(partial(lists.list_alarms, actor=actor))

    async def acknowledge_alarm(self, actor: Actor, alarm_id: int) -> None:
        """See DeskPort."""
        await self._run(partial(lists.acknowledge_alarm, actor=actor, alarm_id=alarm_id))

    async def status(self, actor: Actor | None) -> StatusView:
        """See DeskPort; `actor` None for the machine's own checks."""
        return await self._run(partial(lists.status, actor=actor, link=self._link))

    async def list_units(self, actor: Actor, text: str = "") -> tuple[UnitView, ...]:
        """See DeskPort."""
        return await self._run(partial(lists.list_units, actor=actor, text=text))

    async def competent_units(self, actor: Actor, *, place: str, matter: str) -> tuple[UnitView, ...]:
        """See DeskPort."""
        return await self._run(partial(lists.competent_units, actor=actor, place=place, matter=matter))

    async def purge(self, actor: Actor, delegation_id: str) -> None:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> list[str]:
            need(actor, state, Role.ADMINISTRATOR)
            return _purge(tx, state, actor, delegation_id, at)

        for material_id in await self._run(use):
            self._folder.drop(material_id)

    async def events(self, actor: Actor, *, after: int = 0, limit: int = 100) -> EventPage:
        """See DeskPort."""
        return await self._run(partial(feed.events, actor=actor, after=after, limit=limit))

    async def notice_routes(self, actor: Actor) -> tuple[NoticeRoute, ...]:
        """See DeskPort."""
        need(actor, self._state, Role.ADMINISTRATOR)
        return await self._notices.routes()

    async def saved_filters(self, actor: Actor) -> tuple[SavedFilter, ...]:
        """See DeskPort."""
        return await self._run(partial(saved_filters.saved_filters, actor=actor))

    async def save_filter(self, actor: Actor, chosen: SavedFilter) -> tuple[SavedFilter, ...]:
        """See DeskPort."""
        return await self._run(partial(saved_filters.save_filter, actor=actor, chosen=chosen))

    async def drop_filter(self, actor: Actor, name: str) -> tuple[SavedFilter, ...]:
        """See DeskPort."""
        return await self._run(partial(saved_filters.drop_filter, actor=actor, name=name))

    def changes(self) -> AbstractAsyncContextManager[AsyncIterator[Change]]:
        """See DeskPort."""
        return self._changes.watch()

    # materials

    async def add_file(
        self, actor: Actor, subject_id: str, stream: AsyncIterable[bytes], facts: FileFacts, *, once: str = ""
    ) -> MaterialView:
        """See DeskPort."""
        await self._run(partial(files.may_add, actor=actor, subject_id=subject_id))
        copied = await self._folder.copy_in(stream, name=facts.name)
        request = Once(once, "material", digest_of([subject_id, asdict(facts), copied.sha256.hex()]))

        def use(tx: Tx, state: State, at: datetime) -> MaterialView:
            made = request.first(tx, actor, at=at)
            if made:
                return material_view(tx, state, files.material(tx, state, actor, made))
            request.note(tx, actor, copied.material_id, at=at)
            return files.note(tx, state, at, actor=actor, subject_id=subject_id, copied=copied, facts=facts)

        try:
            added = await self._run(use)
        except Refusal:
            self._folder.drop(copied.material_id)
            raise
        if added.material_id != copied.material_id:  # asked for before: the second copy is of no use
            self._folder.drop(copied.material_id)
        return added

    async def list_materials(self, actor: Actor, subject_id: str) -> tuple[MaterialView, ...]:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> tuple[MaterialView, ...]:
            need(actor, state, *READS)
            files.subject(tx, state, actor, subject_id)
            look(tx, state, actor, at, What.FILES, subject_id)
            return materials_of(tx, state, subject_id)

        return await self._run(use)

    async def open_file(self, actor: Actor, material_id: str) -> OpenedFile:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> files.Opened:
            need(actor, state, *READS)
            record = files.material(tx, state, actor, material_id)
            if record.state not in ("held", "uploaded"):
                raise Refusal(Reason.MATERIAL_MISSING, material_id=material_id)
            key = base64.b64decode(str(facts_of(tx, state, record)["key"]))
            look(tx, state, actor, at, What.FILE, record.subject_id, material_id)
            return files.Opened(self._folder, record, key, material_view(tx, state, record))

        return await self._run(use)

    async def describe_file(
        self, actor: Actor, material_id: str, facts: FileFacts, *, seen: FileFacts | None = None
    ) -> MaterialView:
        """See DeskPort."""
        return await self._run(partial(files.describe, actor=actor, material_id=material_id, facts=facts, seen=seen))

    async def drop_file(self, actor: Actor, material_id: str) -> None:
        """See DeskPort."""

        def use(tx: Tx, state: State, at: datetime) -> None:
            del at
            need(actor, state, *PREPARES)
            files.changeable(tx, state, actor, material_id)
            tx.delete(MaterialRecord, (material_id,))

        await self._run(use)
        self._folder.drop(material_id)


def _purge(tx: Tx, state: State, actor: Actor, delegation_id: str, at: datetime) -> list[str]:
    """Delete the data key; headers, entries and evidence stay. Gives the files that go with it."""
    held = load(tx, state, delegation_id)
    if held is None or tx.get(PartyRecord, (actor.unit, delegation_id)) is None:
        raise Refusal(Reason.NOT_FOUND)
    queued = tx.select(OutboxRecord, (Where("thread_id", delegation_id), Where("state", "queued")))
    if held.record.state != "archived" or queued:
        raise Refusal(Reason.NOT_ALLOWED, state=held.record.state)
    return purge_content(tx, state, held, at=at)
