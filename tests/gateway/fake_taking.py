"""Taking over in memory: files under the same case number, and of the case that an appraisal follows."""

from collections.abc import Sequence
from dataclasses import replace

from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from delegation.required_materials import REQUIRED
from node.desk.ports import Actor
from node.desk.taking_ports import CaseFile
from node.desk.views import DraftView, Json, MaterialView
from tests.gateway.fake_desk import FakeDesk, FakeFile


class FakeTaking:
    """Implements TakingPort over a FakeDesk. `elsewhere`: what another unit holds, by draft."""

    def __init__(self, desk: FakeDesk) -> None:
        self._desk = desk
        self.begun: list[tuple[str, str, str]] = []  # delegation, committee, draft
        self.elsewhere: dict[str, list[FakeFile]] = {}
        self._taken: dict[str, set[str]] = {}

    async def begin_appraisal(
        self, actor: Actor, delegation_id: str, unit: str, business: Json, *, once: str = ""
    ) -> DraftView:
        await self._desk.get_delegation(actor, delegation_id)
        draft = await self._desk.create_draft(actor, business, once=once)
        self.begun.append((delegation_id, unit, draft.draft_id))
        return draft

    async def case_files(self, actor: Actor, draft_id: str) -> tuple[CaseFile, ...]:
        draft = await self._desk.get_draft(actor, draft_id)
        taken = self._taken.get(draft_id, set())
        matter = Matter.__members__.get(str(draft.business.get("matter", "")), Matter.UNSPECIFIED)
        has = {file.view.document_kind for file in self._of(draft_id)}
        return tuple(
            _listed(file, matter, is_own=is_own, has=has, taken=taken)
            for is_own, files in ((True, self._own(draft)), (False, self.elsewhere.get(draft_id, [])))
            for file in files
        )

    async def take_over(self, actor: Actor, draft_id: str, material_ids: Sequence[str]) -> tuple[MaterialView, ...]:
        offered = {each.material_id: each for each in await self.case_files(actor, draft_id)}
        known = {
            each.view.material_id: each for each in [*self._desk.files.values(), *self.elsewhere.get(draft_id, [])]
        }
        made = []
        for material_id in dict.fromkeys(material_ids):
            if material_id not in offered:
                raise Refusal(Reason.NOT_FOUND)
            if offered[material_id].taken:
                continue
            new = f"0b8f7a52-8f0a-4d5c-9d0e-{len(self._desk.files):012d}"
            view = replace(known[material_id].view, material_id=new, delegation_id=draft_id, taken_over=True)
            content = b"".join([piece async for piece in known[material_id].read()])
            self._desk.files[new] = FakeFile(view, content)
            self._taken.setdefault(draft_id, set()).add(material_id)
            draft = self._desk.drafts[draft_id]
            self._desk.drafts[draft_id] = replace(draft, materials=(*draft.materials, view))
            made.append(view)
        return tuple(made)

    def _of(self, subject_id: str) -> list[FakeFile]:
        return [file for file in self._desk.files.values() if file.view.delegation_id == subject_id]

    def _own(self, draft: DraftView) -> list[FakeFile]:
        key = draft.business.get("case_key")
        others = [
            each
            for each in self._desk.drafts.values()
            if key and each.business.get("case_key") == key and each.draft_id != draft.draft_id
        ]
        return [file for each in others for file in self._of(each.delegation_id or each.draft_id)]


def _listed(file: FakeFile, matter: Matter, *, is_own: bool, has: set[str], taken: set[str]) -> CaseFile:
    view = file.view
    wanted = next((each.code for each in REQUIRED.get(matter, ()) if view.document_kind in each.kinds), "")
    return CaseFile(
        material_id=view.material_id,
        subject_id=view.delegation_id,
        unit=view.from_unit,
        unit_name="杭州市人社局",
        name=view.name if is_own else "",
        document_kind=view.document_kind,
        pages=view.pages,
        size=view.size,
        is_copy=view.is_copy,
        from_unit=view.from_unit,
        from_name="杭州市人社局",
        wanted_as=wanted,
        suggested=bool(wanted) and view.document_kind not in has and view.material_id not in taken,
        taken=view.material_id in taken,
    )
