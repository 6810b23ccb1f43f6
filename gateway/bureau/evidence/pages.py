"""Every page of the room in one router."""

from fastapi import APIRouter

from gateway.bureau.evidence import checklists, files, listing, redaction, uploads

router = APIRouter()
for _module in (uploads, listing, files, redaction, checklists):
    router.routes.extend(_module.router.routes)
