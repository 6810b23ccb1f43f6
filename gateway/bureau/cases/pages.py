"""Every page of the room in one router."""

from fastapi import APIRouter

from gateway.bureau.cases import approving, moves, routes, threads

router = APIRouter()
for _module in (routes, moves, approving, threads):
    router.routes.extend(_module.router.routes)
