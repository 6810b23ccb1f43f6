"""Never asking twice: what of the case this node holds already, taken over into a draft (protocol 5.10)."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.answers import answer, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IdempotencyKey
from gateway.incoming import JsonBody, filled_in
from gateway.routes.parameters import DelegationId, DraftId
from gateway.schemas.answers import MaterialList
from gateway.schemas.cases import DraftOut
from gateway.schemas.taking import CaseFileList, FollowingAppraisal, TakeOver

router = APIRouter(tags=["drafts"])
TakeOverForm = Annotated[TakeOver, Depends(JsonBody(TakeOver))]
AppraisalForm = Annotated[FollowingAppraisal, Depends(JsonBody(FollowingAppraisal))]


@router.get("/drafts/{draft_id}/case-files", operation_id="listCaseFiles", response_model=CaseFileList)
async def list_case_files(draft_id: DraftId, station: CurrentStation, actor: CurrentActor) -> Response:
    """Files of the same case that the draft may take over. Looking is noted."""
    return answer(CaseFileList, {"items": await station.taking.case_files(actor, draft_id)})


@router.post("/drafts/{draft_id}/case-files", operation_id="takeOverFiles", response_model=MaterialList)
async def take_over_files(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, form: TakeOverForm
) -> Response:
    """Take files over, sealed anew: other ids, other keys. They count as not asked for again."""
    return answer(MaterialList, {"items": await station.taking.take_over(actor, draft_id, form.materials)})


@router.post(
    "/delegations/{delegation_id}/appraisal",
    operation_id="beginAppraisal",
    response_model=DraftOut,
    status_code=HTTPStatus.CREATED,
)
async def begin_appraisal(
    delegation_id: DelegationId,
    station: CurrentStation,
    actor: CurrentActor,
    form: AppraisalForm,
    idempotency_key: IdempotencyKey = "",
) -> Response:
    """Draft an appraisal of the bureau's committee that follows this recognition; it may take its files over."""
    draft = await station.taking.begin_appraisal(
        actor, delegation_id, form.unit, filled_in(form.draft), once=idempotency_key
    )
    location = f"/api/v1/drafts/{draft.draft_id}"
    return versioned(DraftOut, draft, draft.version, status=HTTPStatus.CREATED, location=location)
