"""Every page of the room in one router."""

from fastapi import APIRouter

from gateway.bureau.documents import routes, sealed

router = APIRouter()
for _room in (routes, sealed):
    router.routes.extend(_room.router.routes)
