"""Accounts of staff and keys of business systems, for administrators."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from gateway.answers import answer, no_content
from gateway.auth import CurrentActor, CurrentStation
from gateway.incoming import JsonBody
from gateway.routes.parameters import KeyId, StaffPathId
from gateway.schemas.accounts import NewApiKey, NewStaff, StaffChange
from gateway.schemas.answers import ApiKeyList, ApiKeyOut, StaffList, StaffOut

router = APIRouter(tags=["accounts"])


@router.get("/staff", operation_id="listStaff", response_model=StaffList)
async def list_staff(station: CurrentStation, actor: CurrentActor) -> Response:
    """Every account of the bureau."""
    return answer(StaffList, {"items": await station.accounts.list_staff(actor)})


@router.post("/staff", operation_id="createStaff", response_model=StaffOut, status_code=HTTPStatus.CREATED)
async def create_staff(
    station: CurrentStation, actor: CurrentActor, form: Annotated[NewStaff, Depends(JsonBody(NewStaff))]
) -> Response:
    """Make an account."""
    staff = await station.accounts.create_staff(
        actor,
        staff_id=form.staff_id,
        name=form.name,
        password=form.password,
        units=form.units,
        roles=form.roles,
        phone=form.phone,
    )
    return answer(StaffOut, staff, status=HTTPStatus.CREATED)


@router.patch("/staff/{staff_id}", operation_id="updateStaff", response_model=StaffOut)
async def update_staff(
    staff_id: StaffPathId,
    station: CurrentStation,
    actor: CurrentActor,
    form: Annotated[StaffChange, Depends(JsonBody(StaffChange))],
) -> Response:
    """Change an account; its sessions end. The last administrator stays one."""
    staff = await station.accounts.update_staff(
        actor, staff_id, roles=form.roles, units=form.units, active=form.active, password=form.password
    )
    return answer(StaffOut, staff)


@router.get("/api-keys", operation_id="listApiKeys", response_model=ApiKeyList)
async def list_api_keys(station: CurrentStation, actor: CurrentActor) -> Response:
    """Every key, without its secret."""
    return answer(ApiKeyList, {"items": await station.accounts.list_api_keys(actor)})


@router.post("/api-keys", operation_id="createApiKey", response_model=ApiKeyOut, status_code=HTTPStatus.CREATED)
async def create_api_key(
    station: CurrentStation, actor: CurrentActor, form: Annotated[NewApiKey, Depends(JsonBody(NewApiKey))]
) -> Response:
    """Make a key for a business system. Its secret is in this answer and nowhere else."""
    key = await station.accounts.create_api_key(
        actor,
        label=form.label,
        staff_id=form.staff_id,
        unit=form.unit,
        role=form.role,
        expires_at=form.expires_at,
    )
    return answer(ApiKeyOut, key, status=HTTPStatus.CREATED)


@router.delete("/api-keys/{key_id}", operation_id="revokeApiKey", status_code=HTTPStatus.NO_CONTENT)
async def revoke_api_key(key_id: KeyId, station: CurrentStation, actor: CurrentActor) -> Response:
    """End a key at once."""
    await station.accounts.revoke_api_key(actor, key_id)
    return no_content()
