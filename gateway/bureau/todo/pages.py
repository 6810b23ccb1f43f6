"""Every page of the room behind one router."""

from fastapi import APIRouter

from gateway.bureau.todo import filters, listing, notices, routes

router = APIRouter()
for _part in (routes, filters, listing, notices):
    router.routes.extend(_part.router.routes)
