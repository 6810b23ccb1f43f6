"""Letters before they are issued: written, handed to another person, approved and sealed."""

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from gateway.answers import answer, versioned
from gateway.auth import CurrentActor, CurrentStation
from gateway.conditions import IdempotencyKey, IfMatch, version_of
from gateway.incoming import JsonBody, filled_in
from gateway.page_tokens import PageTokens
from gateway.routes.parameters import DraftId, PageSize, PageToken
from gateway.schemas.answers import DraftPage
from gateway.schemas.cases import DelegationOut, DraftOut
from gateway.schemas.drafts import Draft, Note

router = APIRouter(tags=["drafts"])
DraftForm = Annotated[Draft, Depends(JsonBody(Draft))]


@router.get("/drafts", operation_id="listDrafts", response_model=DraftPage)
async def list_drafts(
    request: Request,
    station: CurrentStation,
    actor: CurrentActor,
    page_size: PageSize = 50,
    page_token: PageToken = "",
) -> Response:
    """Drafts of the unit, newest change first."""
    tokens: PageTokens = request.app.state.page_tokens
    of = f"drafts {actor.unit}"
    page = await station.desk.list_drafts(actor, page_size=page_size, page_token=tokens.open(page_token, of=of))
    return answer(DraftPage, replace(page, next_page_token=tokens.seal(page.next_page_token, of=of)))


@router.post("/drafts", operation_id="createDraft", response_model=DraftOut, status_code=HTTPStatus.CREATED)
async def create_draft(
    station: CurrentStation, actor: CurrentActor, form: DraftForm, idempotency_key: IdempotencyKey = ""
) -> Response:
    """Begin a letter. It may be incomplete; `problems` says what is missing."""
    draft = await station.desk.create_draft(actor, filled_in(form), once=idempotency_key)
    location = f"/api/v1/drafts/{draft.draft_id}"
    return versioned(DraftOut, draft, draft.version, status=HTTPStatus.CREATED, location=location)


@router.get("/drafts/{draft_id}", operation_id="readDraft", response_model=DraftOut)
async def read_draft(draft_id: DraftId, station: CurrentStation, actor: CurrentActor) -> Response:
    """One draft."""
    draft = await station.desk.get_draft(actor, draft_id)
    return versioned(DraftOut, draft, draft.version)


@router.put("/drafts/{draft_id}", operation_id="updateDraft", response_model=DraftOut)
async def update_draft(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, form: DraftForm, if_match: IfMatch = None
) -> Response:
    """Replace a draft's content; one that waits for approval goes back to its writer."""
    draft = await station.desk.update_draft(actor, draft_id, version_of(if_match), filled_in(form))
    return versioned(DraftOut, draft, draft.version)


@router.delete("/drafts/{draft_id}", operation_id="cancelDraft", response_model=DraftOut)
async def cancel_draft(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Drop a draft that was never issued."""
    draft = await station.desk.cancel_draft(actor, draft_id, version_of(if_match))
    return versioned(DraftOut, draft, draft.version)


@router.post("/drafts/{draft_id}/submit", operation_id="submitDraft", response_model=DraftOut)
async def submit_draft(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Hand a complete draft to an approver."""
    draft = await station.desk.submit_for_approval(actor, draft_id, version_of(if_match))
    return versioned(DraftOut, draft, draft.version)


@router.post("/drafts/{draft_id}/send-back", operation_id="sendBackDraft", response_model=DraftOut)
async def send_back_draft(
    draft_id: DraftId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[Note, Depends(JsonBody(Note))],
    if_match: IfMatch = None,
) -> Response:
    """Give a draft back to its writer with a note."""
    draft = await station.desk.send_back(actor, draft_id, version_of(if_match), form.note)
    return versioned(DraftOut, draft, draft.version)


@router.post("/drafts/{draft_id}/review", operation_id="reviewDraft", response_model=DraftOut)
async def review_draft(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Approve a letter that somebody else wrote and leave the seal to whoever holds it; approving it seals it too."""
    draft = await station.desk.review_draft(actor, draft_id, version_of(if_match))
    return versioned(DraftOut, draft, draft.version)


@router.post("/drafts/{draft_id}/approve", operation_id="approveDraft", response_model=DelegationOut)
async def approve_draft(
    draft_id: DraftId, station: CurrentStation, actor: CurrentActor, if_match: IfMatch = None
) -> Response:
    """Approve a letter that somebody else wrote: it is sealed, signed and queued. What was reviewed is sealed alone."""
    view = await station.desk.approve_and_issue(actor, draft_id, version_of(if_match))
    return versioned(DelegationOut, view, view.version)
