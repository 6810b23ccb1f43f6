"""What a draft may take over of its case, and an appraisal that follows a recognition."""

from typing import Annotated

from pydantic import Field

from gateway.schemas.answers import ListOut
from gateway.schemas.base import Answer, Form, UnitCode, Uuid
from gateway.schemas.drafts import Draft


class CaseFileOut(Answer):
    """A file that this node holds of the same case. One of another unit of the bureau is told without its name."""

    material_id: str
    subject_id: str
    unit: str
    unit_name: str
    name: str
    document_kind: str
    pages: int
    size: int
    is_copy: bool
    from_unit: str
    from_name: str
    wanted_as: str
    suggested: bool
    taken: bool


class CaseFileList(ListOut[CaseFileOut]):
    """What may be taken over; `suggested` is what the draft's matter asks for and the draft does not have."""


class TakeOver(Form):
    """Files to take over; a file that the draft took already is left as it is."""

    materials: Annotated[tuple[Uuid, ...], Field(min_length=1, max_length=64)]
    """Ids as listed."""


class FollowingAppraisal(Form):
    """An appraisal's draft that follows a recognition in the same case."""

    unit: UnitCode
    """The bureau's own committee, in which the caller works too."""
    draft: Draft
    """The letter."""
