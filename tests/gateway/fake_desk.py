"""A desk in memory that behaves: versions, four eyes, two persons for some moves, files with bytes."""

# ruff: noqa: ARG002 - arguments are the port's

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from itertools import count

from delegation.errors import Reason, Refusal
from node.desk.linked_view import Linked
from node.desk.ports import Actor, FileFacts, Filters, OpenedFile, Role
from node.desk.views import (
    AlarmView,
    Change,
    DelegationRow,
    DelegationView,
    DraftCheck,
    DraftView,
    EventPage,
    EventView,
    Json,
    MaterialView,
    MoveView,
    NoticeRoute,
    Page,
    PreparedMoveView,
    Problem,
    SavedFilter,
    StatusView,
    ThreadView,
    TodoItem,
    TodoView,
    UnitView,
)
from node.media import media_type
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_views import (
    DELEGATION,
    TODO_CATEGORIES,
    a_delegation,
    a_draft,
    a_material,
    a_move,
    a_row,
    a_status,
    a_todo,
    a_unit,
    an_alarm,
    an_entry,
)

_PIECE = 256 * 1024
_ENDS = {"completed", "withdrawn", "cancelled", "archived"}


class FakeFile:
    """A file that is open."""

    def __init__(self, view: MaterialView, content: bytes, *, damaged_from: int | None = None) -> None:
        self.view = view
        self._content = content
        self._damaged_from = damaged_from

    async def read(self, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes, None]:
        last = len(self._content) if end is None else end
        for position in range(start, last, _PIECE):
            if self._damaged_from is not None and position >= self._damaged_from:
                raise Refusal(Reason.MATERIAL_DAMAGED)
            yield self._content[position : min(position + _PIECE, last)]
            await asyncio.sleep(0)


class FakeDesk:
    """Implements DeskPort over one delegation, `DELEGATION`."""

    def __init__(self) -> None:
        self.version = 1
        self.moves: tuple[MoveView, ...] = (
            a_move("ACCEPTED", approval=1),
            a_move("REFUSED", approval=2),
            a_move("REPORTED", approval=2, allowed=False),
            a_move("REMIND", approval=1),
        )
        self.made: list[tuple[str, Json]] = []
        self.drafts: dict[str, DraftView] = {}
        self.link: Linked | None = None  # what stands at the other end of the case
        self.prepared: dict[str, PreparedMoveView] = {}
        self.files: dict[str, FakeFile] = {}
        self.expected: set[str] = set()
        self.refused_at_check: tuple[Problem, ...] = ()
        self.competent: dict[str, tuple[UnitView, ...]] = {}  # by place; everywhere else our own unit
        self.refused_at_seal: Refusal | None = None
        self.units: tuple[UnitView, ...] = (a_unit(),)
        self.of_number: dict[str, tuple[DelegationRow, ...]] = {}  # cases by ID number
        self._once: dict[str, tuple[Json, str]] = {}
        self.rows: list[DelegationRow] = [a_row()]
        self.waits: list[TodoItem] = [a_todo()]
        self.in_hand: set[str] = set()  # delegations that whoever asks has in hand
        self.alarms: list[AlarmView] = [an_alarm()]
        self.feed: list[EventView] = []
        self.routes: tuple[NoticeRoute, ...] = ()
        self.filters: dict[str, SavedFilter] = {}
        self.asked: list[Filters] = []
        self.shown: DelegationView | None = None  # a case that a test brings along
        self.fail_with: Exception | None = None
        self.seal_apart = False
        self.other: dict[str, object] = {}  # fields of the delegation that are other than usual
        self.most_bytes_held = 0
        self.watchers: set[asyncio.Queue[Change]] = set()
        self._ids = count(1)

    def _look(self) -> None:
        if self.fail_with is not None:
            raise self.fail_with

    def _delegation(self, delegation_id: str) -> DelegationView:
        self._look()
        if delegation_id != DELEGATION:
            raise Refusal(Reason.NOT_FOUND)
        if self.shown is not None:
            return self.shown
        usual = a_delegation(self.version, self.moves, tuple(self.prepared.values()))
        added = tuple(file.view for file in self.files.values() if file.view.delegation_id == DELEGATION)
        usual = replace(usual, materials=added) if added else usual
        return replace(usual, **self.other)  # type: ignore[arg-type] # the names are checked by the dataclass

    def _draft(self, draft_id: str, version: int | None = None) -> DraftView:
        self._look()
        draft = self.drafts.get(draft_id)
        if draft is None:
            raise Refusal(Reason.NOT_FOUND)
        if version is not None and version != draft.version:
            raise Refusal(Reason.EDITED_MEANWHILE)
        return draft

    def _keep(self, draft: DraftView) -> DraftView:
        self.drafts[draft.draft_id] = replace(draft, version=draft.version + 1)
        return self.drafts[draft.draft_id]

    async def create_draft(self, actor: Actor, business: Json, *, once: str = "") -> DraftView:
        self._look()
        if once in self._once:
            first, made = self._once[once]
            if first != business:
                raise Refusal(Reason.ID_CONFLICT)
            return self.drafts[made]
        draft = a_draft(f"draft-{next(self._ids)}", dict(business), actor.staff_id)
        self.drafts[draft.draft_id] = draft
        if once:
            self._once[once] = (dict(business), draft.draft_id)
        return draft

    async def update_draft(self, actor: Actor, draft_id: str, version: int, business: Json) -> DraftView:
        return self._keep(replace(self._draft(draft_id, version), business=dict(business), state="draft"))

    async def get_draft(self, actor: Actor, draft_id: str) -> DraftView:
        return self._draft(draft_id)

    async def check_draft(self, actor: Actor, draft_id: str) -> DraftCheck:
        self._draft(draft_id)
        due = a_delegation(1, (), ()).due_dates
        return DraftCheck(problems=self.refused_at_check, due_dates=() if self.refused_at_check else due)

    async def drafts_of_case(self, actor: Actor, case_key: str) -> tuple[DraftView, ...]:
        found = [draft for draft in self.drafts.values() if draft.state != "cancelled"]
        return tuple(draft for draft in found if case_key and draft.business.get("case_key") == case_key)

    async def list_drafts(self, actor: Actor, *, page_size: int = 50, page_token: str = "") -> Page[DraftView]:
        return Page(tuple(self.drafts.values())[:page_size])

    async def submit_for_approval(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        return self._keep(replace(self._draft(draft_id, version), state="pending_approval"))

    async def send_back(self, actor: Actor, draft_id: str, version: int, note: str) -> DraftView:
        return self._keep(replace(self._draft(draft_id, version), state="sent_back", note=note))

    async def cancel_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        return self._keep(replace(self._draft(draft_id, version), state="cancelled"))

    async def review_draft(self, actor: Actor, draft_id: str, version: int) -> DraftView:
        draft = self._draft(draft_id, version)
        if draft.prepared_by == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES)
        return self._keep(replace(draft, state="reviewed"))

    async def approve_and_issue(self, actor: Actor, draft_id: str, version: int) -> DelegationView:
        draft = self._draft(draft_id, version)
        if draft.prepared_by == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES)
        if self.seal_apart and not actor.has(Role.SEAL_HOLDER):
            raise Refusal(Reason.ROLE_MISSING)
        if self.refused_at_seal is not None:
            raise self.refused_at_seal
        self._keep(replace(draft, state="issued", delegation_id=DELEGATION))
        return self._delegation(DELEGATION)

    def _judge(self, delegation_id: str, kind: str, version: int | None) -> None:
        self._delegation(delegation_id)
        if version is None and kind != "REMIND":
            raise Refusal(Reason.IF_MATCH_MISSING)
        if version is not None and version != self.version:
            raise Refusal(Reason.EDITED_MEANWHILE)
        if not any(move.kind == kind and move.allowed for move in self.moves):
            raise Refusal(Reason.NOT_ALLOWED)

    async def act(self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None) -> DelegationView:
        self._judge(delegation_id, kind, version)
        self.made.append((kind, data))
        self.version += 1
        return self._delegation(delegation_id)

    async def prepare_move(
        self, actor: Actor, delegation_id: str, kind: str, data: Json, version: int | None
    ) -> PreparedMoveView:
        self._judge(delegation_id, kind, version)
        move = PreparedMoveView(
            move_id=f"move-{next(self._ids)}",
            delegation_id=delegation_id,
            kind=kind,
            label=kind,
            state="prepared",
            version=1,
            data=data,
            prepared_by=actor.staff_id,
            prepared_by_name=actor.name,
            prepared_at=NOW,
        )
        self.prepared[move.move_id] = move
        return move

    def _move(self, move_id: str, version: int | None = None) -> PreparedMoveView:
        self._look()
        move = self.prepared.get(move_id)
        if move is None:
            raise Refusal(Reason.NOT_FOUND)
        if version is not None and version != move.version:
            raise Refusal(Reason.EDITED_MEANWHILE)
        return move

    async def update_move(self, actor: Actor, move_id: str, version: int, data: Json) -> PreparedMoveView:
        move = self._move(move_id, version)
        self.prepared[move_id] = replace(move, data=data, prepared_by=actor.staff_id, version=version + 1)
        return self.prepared[move_id]

    async def get_move(self, actor: Actor, move_id: str) -> PreparedMoveView:
        return self._move(move_id)

    async def drop_move(self, actor: Actor, move_id: str, version: int, note: str = "") -> PreparedMoveView:
        move = self._move(move_id, version)
        back = bool(note) and move.prepared_by != actor.staff_id
        self.prepared[move_id] = replace(move, state="draft" if back else "dropped", note=note, version=version + 1)
        return self.prepared[move_id]

    async def press_seal(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        move = self._move(move_id, version)
        if move.state != "reviewed":
            raise Refusal(Reason.NOT_ALLOWED, state=move.state)
        return await self.approve_move(actor, move_id, version)

    async def approver_seals(self, actor: Actor) -> bool:
        return not self.seal_apart

    async def keep_seal(self, actor: Actor, *, approver: bool) -> bool:
        self.seal_apart = not approver
        return approver

    async def review_move(self, actor: Actor, move_id: str, version: int) -> PreparedMoveView:
        move = self._move(move_id, version)
        if move.prepared_by == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES)
        self.prepared[move_id] = replace(move, state="reviewed", version=version + 1)
        return self.prepared[move_id]

    async def approve_move(self, actor: Actor, move_id: str, version: int) -> DelegationView:
        move = self._move(move_id, version)
        if move.prepared_by == actor.staff_id:
            raise Refusal(Reason.FOUR_EYES)
        self.prepared[move_id] = replace(move, state="approved", version=version + 1)
        self.made.append((move.kind, move.data))
        self.version += 1
        return self._delegation(move.delegation_id)

    async def start_thread(self, actor: Actor, kind: str, recipients: Sequence[str], data: Json) -> DelegationView:
        self.made.append((kind, data))
        return self._delegation(DELEGATION)

    async def drop_queued(self, actor: Actor, delegation_id: str, envelope_id: str) -> DelegationView:
        return self._delegation(delegation_id)

    async def get_delegation(self, actor: Actor, delegation_id: str) -> DelegationView:
        return self._delegation(delegation_id)

    async def get_thread(
        self, actor: Actor, delegation_id: str, *, from_sequence: int = 1, page_size: int = 100
    ) -> ThreadView:
        self._delegation(delegation_id)
        entries = (an_entry(),) if from_sequence <= 1 else ()
        return ThreadView(delegation_id=delegation_id, version=self.version, entries=entries, next_sequence=2)

    async def open_case(self, actor: Actor, notice_id: str, version: int | None) -> DraftView:
        self._delegation(notice_id)
        return await self.create_draft(actor, {"matter": "INVESTIGATION"})

    async def linked(self, actor: Actor, delegation_id: str) -> Linked | None:
        self._delegation(delegation_id)
        return self.link

    async def agreement_file(self, actor: Actor, delegation_id: str) -> str:
        self._delegation(delegation_id)
        signed = {"header": "AA==", "signatures": ["AA=="]}
        parts = {"record": "AA==", "proposed": signed, "countersigned": signed}
        return json.dumps({"format": "xieban-agreement/1", **parts})

    async def list_delegations(
        self, actor: Actor, filters: Filters, *, page_size: int = 50, page_token: str = ""
    ) -> Page[DelegationRow]:
        self._look()
        self.asked.append(filters)
        if page_token and not (page_token.isascii() and page_token.isdigit() and len(page_token) < 9):
            raise Refusal(Reason.INVALID_INPUT, field="page_token")
        first = int(page_token or 0)
        rows = [row for row in self.rows if not filters.state or row.state == filters.state]
        if filters.open is not None:
            rows = [row for row in rows if (row.state not in _ENDS) is filters.open]
        found = tuple(rows[first : first + page_size])
        return Page(found, str(first + page_size) if first + page_size < len(rows) else "")

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
        self._look()
        items = [item for item in self.waits if category in ("", item.category)]
        if mine:
            items = [item for item in items if item.delegation_id in self.in_hand]
        first = int(page_token or 0)
        more = str(first + page_size) if first + page_size < len(items) else ""
        page = tuple(items[first : first + page_size])
        return TodoView(categories=TODO_CATEGORIES, items=page, total=len(items), sort=sort, next_page_token=more)

    async def events(self, actor: Actor, *, after: int = 0, limit: int = 100) -> EventPage:
        self._look()
        found = [event for event in self.feed if event.cursor > after]
        items = tuple(found[:limit])
        return EventPage(items, items[-1].cursor if items else after, len(found) > limit)

    async def notice_routes(self, actor: Actor) -> tuple[NoticeRoute, ...]:
        return self.routes

    async def saved_filters(self, actor: Actor) -> tuple[SavedFilter, ...]:
        return tuple(self.filters.values())

    async def save_filter(self, actor: Actor, chosen: SavedFilter) -> tuple[SavedFilter, ...]:
        if not chosen.name.strip():
            raise Refusal(Reason.INVALID_INPUT, field="name")
        self.filters[chosen.name] = chosen
        return tuple(self.filters.values())

    async def drop_filter(self, actor: Actor, name: str) -> tuple[SavedFilter, ...]:
        if self.filters.pop(name, None) is None:
            raise Refusal(Reason.NOT_FOUND)
        return tuple(self.filters.values())

    async def search(self, actor: Actor, *, name: str = "", id_number: str = "") -> tuple[DelegationRow, ...]:
        self._look()
        return self.of_number.get(id_number, ()) or tuple(row for row in self.rows if name and row.worker_name == name)

    async def list_alarms(self, actor: Actor) -> tuple[AlarmView, ...]:
        return tuple(self.alarms)

    async def acknowledge_alarm(self, actor: Actor, alarm_id: int) -> None:
        if alarm_id != 1:
            raise Refusal(Reason.NOT_FOUND)

    async def status(self, actor: Actor) -> StatusView:
        return a_status()

    async def list_units(self, actor: Actor, text: str = "") -> tuple[UnitView, ...]:
        return self.units

    async def competent_units(self, actor: Actor, *, place: str, matter: str) -> tuple[UnitView, ...]:
        return self.competent.get(place, (a_unit(),))

    async def purge(self, actor: Actor, delegation_id: str) -> None:
        self._delegation(delegation_id)

    @asynccontextmanager
    async def changes(self) -> AsyncGenerator[AsyncIterator[Change], None]:
        queue: asyncio.Queue[Change] = asyncio.Queue()
        self.watchers.add(queue)

        async def hints() -> AsyncGenerator[Change, None]:
            while True:
                yield await queue.get()

        try:
            yield hints()
        finally:
            self.watchers.discard(queue)

    async def add_file(
        self, actor: Actor, subject_id: str, stream: AsyncIterable[bytes], facts: FileFacts, *, once: str = ""
    ) -> MaterialView:
        self._look()
        if subject_id != DELEGATION and subject_id not in self.drafts:
            raise Refusal(Reason.NOT_FOUND)
        content = bytearray()
        async for piece in stream:
            self.most_bytes_held = max(self.most_bytes_held, len(piece))
            content += piece
        view = replace(
            a_material(f"0b8f7a52-8f0a-4d5c-9d0d-{next(self._ids):012d}", subject=subject_id, size=len(content)),
            media_type=media_type(bytes(content), name=facts.name),
            **asdict(facts),
        )
        if facts.redacts:
            self._file(facts.redacts).view = replace(self._file(facts.redacts).view, withheld=True)
        self.files[view.material_id] = FakeFile(view, bytes(content))
        return view

    def _file(self, material_id: str) -> FakeFile:
        if material_id not in self.files:
            raise Refusal(Reason.NOT_FOUND)
        return self.files[material_id]

    async def describe_file(
        self, actor: Actor, material_id: str, facts: FileFacts, *, seen: FileFacts | None = None
    ) -> MaterialView:
        file = self._file(material_id)
        said = asdict(facts)
        said.pop("redacts")
        if file.view.attached_to:
            raise Refusal(Reason.NOT_ALLOWED)
        if seen is not None and any(getattr(file.view, name) != getattr(seen, name) for name in said):
            raise Refusal(Reason.EDITED_MEANWHILE)
        file.view = replace(file.view, **said)
        return file.view

    async def list_materials(self, actor: Actor, subject_id: str) -> tuple[MaterialView, ...]:
        if subject_id != DELEGATION and subject_id not in self.drafts:
            raise Refusal(Reason.NOT_FOUND)
        return tuple(file.view for file in self.files.values() if file.view.delegation_id == subject_id)

    async def open_file(self, actor: Actor, material_id: str) -> OpenedFile:
        if material_id in self.expected:
            raise Refusal(Reason.MATERIAL_MISSING)
        if material_id not in self.files:
            raise Refusal(Reason.NOT_FOUND)
        return self.files[material_id]

    async def drop_file(self, actor: Actor, material_id: str) -> None:
        if self.files.pop(material_id, None) is None:
            raise Refusal(Reason.NOT_FOUND)
