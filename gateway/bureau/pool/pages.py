"""Every page of the room; fixed addresses before those with an id."""

from fastapi import APIRouter

from gateway.bureau.pool import imports, routes, versions

router = APIRouter()
for _room in (imports, versions, routes):
    router.routes.extend(_room.router.routes)
