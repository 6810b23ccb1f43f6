"""The draw of an appraisal's experts: the file by which anybody checks it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from gateway.auth import CurrentActor, CurrentStation
from gateway.routes.parameters import DelegationId
from gateway.schemas.appraisal_view import DrawFileOut

router = APIRouter(tags=["delegations"])
_TYPE: Final = "application/json"


@router.get("/delegations/{delegation_id}/draw-file", operation_id="readDrawFile", response_model=DrawFileOut)
async def read_draw_file(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    names: Annotated[bool, Query(description="With the names of those drawn; without them it proves the same.")] = True,
) -> Response:
    """The file of the last panel's draw, checked without network or database by `xieban draw verify`."""
    data = await station.draws.draw_file(actor, delegation_id, names=names)
    return draw_download(data, delegation_id)


def draw_download(data: bytes, delegation_id: str) -> Response:
    """The file of a draw, byte for byte as the node made it, to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="draw-{delegation_id}.json"'}
    return Response(data, media_type=_TYPE, headers=headers)
