"""Every page of the room; fixed addresses before those with an id."""

from fastapi import APIRouter

from gateway.bureau.old_cases import imports, routes

router = APIRouter()
for _room in (imports, routes):
    router.routes.extend(_room.router.routes)
