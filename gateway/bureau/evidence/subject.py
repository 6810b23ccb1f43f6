"""What files belong to: a delegation or a draft, with what a page about them shows."""

from dataclasses import dataclass

from delegation.errors import Reason, Refusal
from gateway.access import PREPARERS
from gateway.auth import Caller
from gateway.bureau.evidence.facts import FileRow
from gateway.bureau.render import BASE
from node.desk.ports import DeskPort
from node.desk.views import MaterialView

IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})  # what a browser draws and a region is hidden of


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A delegation or draft. `moved_to`: the delegation that the draft became."""

    subject_id: str
    is_draft: bool
    back: str  # address of its own page
    materials: tuple[MaterialView, ...]
    fast: bool = False  # before its approver: nothing may be changed
    moved_to: str = ""
    worker: str = ""


async def subject_of(desk: DeskPort, caller: Caller, subject_id: str) -> Subject:
    """Whose files these are. Refusal NOT_FOUND."""
    try:
        draft = await desk.get_draft(caller.actor, subject_id)
    except Refusal as refusal:
        if refusal.reason is not Reason.NOT_FOUND:
            raise
    else:
        return Subject(
            subject_id=subject_id,
            is_draft=True,
            back=f"{BASE}/intake/{subject_id}",
            materials=await desk.list_materials(caller.actor, subject_id),
            fast=draft.state in {"pending_approval", "cancelled"},
            moved_to=draft.delegation_id,
        )
    view = await desk.get_delegation(caller.actor, subject_id)
    return Subject(
        subject_id=subject_id,
        is_draft=False,
        back=f"{BASE}/cases/{subject_id}",
        materials=view.materials,
        worker=view.row.worker_name,
    )


def may_change(caller: Caller, subject: Subject, view: MaterialView) -> bool:
    """Whether the page offers to change a file; the node judges again."""
    return (
        caller.actor.has(*PREPARERS)
        and not subject.fast
        and not view.attached_to
        and view.from_unit == caller.actor.unit
        and view.state in {"held", "uploading"}
    )


def rows_of(caller: Caller, subject: Subject) -> tuple[list[FileRow], list[FileRow]]:
    """Files that may still be changed, and the others."""
    open_ones = [each for each in subject.materials if may_change(caller, subject, each)]
    closed = [each for each in subject.materials if not may_change(caller, subject, each)]
    return [FileRow(each) for each in open_ones], [FileRow(each) for each in closed]
