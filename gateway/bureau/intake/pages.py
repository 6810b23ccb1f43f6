"""All pages of the room; fixed addresses before those with a draft's id."""

from fastapi import APIRouter

from gateway.bureau.intake import cases, drafts, imports, lookups, routes

router = APIRouter()
for _room in (lookups, imports, cases, drafts, routes):
    router.routes.extend(_room.router.routes)
