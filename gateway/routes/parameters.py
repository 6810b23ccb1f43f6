"""Parameters that several routes take."""

from typing import Annotated, Literal

from fastapi import Path, Query

from gateway.schemas.base import VERBS

DelegationId = Annotated[
    str,
    Path(
        pattern=r"^[A-Za-z0-9-]{8,64}$",
        description="委托编号, or the id of a thread of another type.",
        examples=["WT-330100-20260803-000017-Y"],
    ),
]
DraftId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a draft.")]
MoveId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a prepared move.")]
MaterialId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a material.")]
EnvelopeId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of an own envelope.")]
StaffPathId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", description="工号.")]
DeputyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a deputy's appointment.")]
RequestId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of a request about own data.")]
SortQuery = Annotated[
    Literal["due"] | None, Query(description="By due day, 绿色通道 5 and 优先 2 working days before theirs.")
]
UnitQuery = Annotated[str, Query(pattern=r"^([0-9]{6}[A-Z]{2}[0-9]{2}[0-9A-Z])?$", description="A unit of the bureau.")]
KeyId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="Id of a key.")]
AlarmId = Annotated[int, Path(ge=0, le=2**53, description="Id of an alarm.")]
Verb = Annotated[
    str,
    Path(
        pattern=r"^[a-z-]{1,40}$",
        description="The kind of the rule table, in kebab-case: SIGNED_FOR is signed-for.",
        json_schema_extra={"enum": sorted(VERBS)},
    ),
]
PageSize = Annotated[int, Query(ge=1, le=200, description="At most so many.")]
PageToken = Annotated[
    str, Query(max_length=512, pattern=r"^[A-Za-z0-9_=.~-]*$", description="`next_page_token` of the page before.")
]
