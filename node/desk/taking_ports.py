"""What a draft may take over of its case: use cases and views. Judged by the actor's unit and roles, as everywhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from node.desk.ports import Actor
from node.desk.views import DraftView, Json, MaterialView


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A file that this node holds of the same case, beside the draft. Of another unit's no name is told."""

    material_id: str
    subject_id: str  # the delegation or draft that holds it
    unit: str  # whose store
    unit_name: str
    name: str  # empty for a file of another unit
    document_kind: str
    pages: int
    size: int
    is_copy: bool
    from_unit: str  # who added it
    from_name: str
    wanted_as: str  # code of the material that the draft's matter asks for and this is; empty for none
    suggested: bool  # wanted, and the draft has none of it yet
    taken: bool  # in the draft already


class TakingPort(Protocol):
    """Never asking twice, across the delegations of a case and the units of a bureau (protocol 5.10)."""

    async def begin_appraisal(
        self, actor: Actor, delegation_id: str, unit: str, business: Json, *, once: str = ""
    ) -> DraftView:
        """A draft of the bureau's committee `unit` that follows a delegation of which the actor's unit is the home.

        The actor works in both (CLERK). The committee may then see of what kinds the delegation holds files.

        Raises:
            Refusal: NOT_FOUND, ROLE_MISSING, NOT_ALLOWED for a delegation that another unit sent, or a `unit` that is
                no committee; ID_CONFLICT as `create_draft`.
        """
        ...

    async def case_files(self, actor: Actor, draft_id: str) -> tuple[CaseFile, ...]:
        """What of the case this node holds beside the draft; noted in the log of looks."""
        ...

    async def take_over(self, actor: Actor, draft_id: str, material_ids: Sequence[str]) -> tuple[MaterialView, ...]:
        """Copy files into the draft, sealed anew: other ids, keys and chunks. Twice is once. At most 64 (CLERK).

        Raises:
            Refusal: NOT_FOUND for what `case_files` does not give; NOT_ALLOWED while an approver has the draft;
                INVALID_INPUT for none or too many; MATERIAL_DAMAGED, DISK_FULL.
        """
        ...
