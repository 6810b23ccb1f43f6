"""Taking over what the case has already (TakingPort): the files themselves, opened and sealed anew one by one."""

import base64
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk import drafts, files, taking_over
from node.desk.building import material_view
from node.desk.guard import need
from node.desk.once import Once, digest_of
from node.desk.ports import Actor, FileFacts, Role
from node.desk.taking_ports import CaseFile
from node.desk.views import DraftView, Json, MaterialView
from node.material_mover import facts_of
from node.materials import MaterialFolder
from node.state import State
from node.writer import Tx, Writer

_MOST: Final = 64  # files at once


class Taking:
    """Of one node."""

    def __init__(self, writer: Writer[State], folder: MaterialFolder) -> None:
        self._run = writer.run
        self._folder = folder

    async def begin_appraisal(
        self, actor: Actor, delegation_id: str, unit: str, business: Json, *, once: str = ""
    ) -> DraftView:
        """See TakingPort."""
        request = Once(once, "draft", digest_of(business) if once else "")

        def use(tx: Tx, state: State, at: datetime) -> DraftView:
            there = taking_over.committee_actor(tx, state, actor, delegation_id, unit)
            made = request.first(tx, there, at=at)
            if made:
                return drafts.get(tx, state, at, actor=there, draft_id=made)
            draft = taking_over.begin_appraisal(
                tx, state, at, actor=actor, delegation_id=delegation_id, unit=unit, business=business
            )
            request.note(tx, there, draft.draft_id, at=at)
            return draft

        return await self._run(use)

    async def case_files(self, actor: Actor, draft_id: str) -> tuple[CaseFile, ...]:
        """See TakingPort."""
        return await self._run(partial(taking_over.case_files, actor=actor, draft_id=draft_id))

    async def take_over(self, actor: Actor, draft_id: str, material_ids: Sequence[str]) -> tuple[MaterialView, ...]:
        """See TakingPort."""
        wanted = tuple(dict.fromkeys(material_ids))
        if not 0 < len(wanted) <= _MOST:
            raise Refusal(Reason.INVALID_INPUT, field="materials")
        await self._run(partial(_may_take, actor=actor, draft_id=draft_id))
        made = [await self._take(actor, draft_id, each) for each in wanted]
        return tuple(each for each in made if each is not None)

    async def _take(self, actor: Actor, draft_id: str, material_id: str) -> MaterialView | None:
        """One file; None where the draft has it."""

        def find(tx: Tx, state: State, at: datetime) -> files.Opened | None:
            record = taking_over.source_of(tx, state, at, actor=actor, draft_id=draft_id, material_id=material_id)
            if record is None:
                return None
            key = base64.b64decode(str(facts_of(tx, state, record)["key"]))
            return files.Opened(self._folder, record, key, material_view(tx, state, record))

        opened = await self._run(find)
        if opened is None:
            return None
        view = opened.view
        copied = await self._folder.copy_in(opened.read(), name=view.name)
        said = FileFacts(
            name=view.name,
            document_kind=view.document_kind,
            pages=view.pages,
            is_copy=view.is_copy,
            compared_by=view.compared_by,
            original_at=view.original_at,
        )

        def note(tx: Tx, state: State, at: datetime) -> MaterialView | None:
            if taking_over.already_taken(tx, state, draft_id, material_id):
                return None
            return files.note(
                tx, state, at, actor=actor, subject_id=draft_id, copied=copied, facts=said, taken_from=material_id
            )

        try:
            noted = await self._run(note)
        except Refusal:
            self._folder.drop(copied.material_id)
            raise
        if noted is None:
            self._folder.drop(copied.material_id)
        return noted


def _may_take(tx: Tx, state: State, at: datetime, *, actor: Actor, draft_id: str) -> None:
    need(actor, state, Role.CLERK)
    drafts.load_draft(tx, actor, draft_id)
    files.may_add(tx, state, at, actor=actor, subject_id=draft_id)
