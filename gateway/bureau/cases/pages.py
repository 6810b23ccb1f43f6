"""Every page of the room in one router."""

from fastapi import APIRouter

from gateway.bureau.cases import approving, moves, noticing, routes, threads

router = APIRouter()
for _module in (routes, moves, approving, threads, noticing):
    router.routes.extend(_module.router.routes)
