"""Materials: files in and out, in bounded memory."""

from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IdempotencyKey
from gateway.downloads import download
from gateway.incoming import parse_form
from gateway.multipart import begin_upload
from gateway.ports import Station
from gateway.problems import FieldError, InvalidInputError
from gateway.routes.parameters import DelegationId, DraftId, MaterialId
from gateway.scanning import Scanner
from gateway.schemas.answers import MaterialList
from gateway.schemas.cases import MaterialOut
from gateway.schemas.materials import FileFactsForm
from node.desk.ports import Actor, FileFacts
from node.desk.views import MaterialView

router = APIRouter(tags=["materials"])


async def _add(request: Request, station: Station, actor: Actor, subject_id: str, once: str) -> MaterialView:
    upload = await begin_upload(request, request.app.state.settings)
    form = parse_form(FileFactsForm, upload.facts or b"{}")
    # the form's own name counts only without facts; a path of the sender's machine is cut off
    name = form.name or PurePosixPath(upload.file_name.replace("\\", "/")).name
    if name in {"", ".", ".."} or len(name) > 200 or not name.isprintable():
        raise InvalidInputError((FieldError("body.facts.name", "missing" if not name else "string_pattern_mismatch"),))
    facts = FileFacts(
        name=name,
        document_kind=form.document_kind,
        pages=form.pages,
        is_copy=form.is_copy,
        compared_by=form.compared_by,
        original_at=form.original_at,
    )
    scanner: Scanner = request.app.state.scanner
    return await station.desk.add_file(actor, subject_id, scanner.checked(upload.content), facts, once=once)


def _added(material: MaterialView) -> Response:
    location = f"/api/v1/materials/{material.material_id}/content"
    return answer(MaterialOut, material, status=HTTPStatus.CREATED, headers={"Location": location})


@router.get(
    "/delegations/{delegation_id}/materials", operation_id="listDelegationMaterials", response_model=MaterialList
)
async def list_delegation_materials(
    delegation_id: DelegationId, station: CurrentStation, actor: CurrentActor
) -> Response:
    """Files of a delegation: those that came, those that are coming, those added here."""
    return answer(MaterialList, {"items": await station.desk.list_materials(actor, delegation_id)})


@router.get("/drafts/{draft_id}/materials", operation_id="listDraftMaterials", response_model=MaterialList)
async def list_draft_materials(draft_id: DraftId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Files of a draft."""
    return answer(MaterialList, {"items": await station.desk.list_materials(actor, draft_id)})


@router.post(
    "/delegations/{delegation_id}/materials",
    operation_id="addDelegationMaterial",
    response_model=MaterialOut,
    status_code=HTTPStatus.CREATED,
)
async def add_delegation_material(
    delegation_id: DelegationId,
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Add a file to a delegation; a later move carries it. A form of `facts` (JSON) and then `file`."""
    return _added(await _add(request, station, actor, delegation_id, idempotency_key))


@router.post(
    "/drafts/{draft_id}/materials",
    operation_id="addDraftMaterial",
    response_model=MaterialOut,
    status_code=HTTPStatus.CREATED,
)
async def add_draft_material(
    draft_id: DraftId,
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Add a file to a draft. A form of `facts` (JSON) and then `file`."""
    return _added(await _add(request, station, actor, draft_id, idempotency_key))


@router.get("/materials/{material_id}/content", operation_id="readMaterial", response_class=Response)
async def read_material(
    material_id: MaterialId,
    station: CurrentStation,
    actor: CurrentActor,
    range_header: Annotated[
        str | None, Header(alias="Range", max_length=256, description="One range, such as `bytes=0-1023`.")
    ] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=256, description="The file's ETag.")] = None,
) -> Response:
    """The bytes of a file, always as an attachment; a download that broke off goes on with Range."""
    opened = await station.desk.open_file(actor, material_id)
    return await download(opened, range_header=range_header, if_range=if_range)


@router.delete("/materials/{material_id}", operation_id="dropMaterial", status_code=HTTPStatus.NO_CONTENT)
async def drop_material(material_id: MaterialId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Delete a file that no envelope lists."""
    await station.desk.drop_file(actor, material_id)
    return no_content()
