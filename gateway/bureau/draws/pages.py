"""Every page of the room."""

from fastapi import APIRouter

from gateway.bureau.draws import calendar, linked, routes

router = APIRouter()
for _room in (calendar, linked, routes):
    router.routes.extend(_room.router.routes)
