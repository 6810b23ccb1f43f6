"""Pages of a pool's versions: what was committed to, what a version brought, what has changed since, the approval."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason, Refusal
from gateway.access import POOL_PREPARERS
from gateway.auth import Caller, station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.routes import last
from gateway.bureau.pool.form import LABELS
from gateway.bureau.pool.imports import AT
from gateway.bureau.pool.routes import no_pool
from gateway.bureau.render import render, see_other
from gateway.routes.pool import PoolRoot
from node.desk.ports import Role

router = APIRouter()
STATES: Final = {
    "prepared": "待审批",
    "queued": "待入日志",
    "committed": "已入日志",
    "dropped": "已作废",
}
CHANGES: Final = {"added": "新入库", "removed": "移出", "changed": "有变动"}
_REFUSED: Final = {
    "empty": "专家库是空的，没有可以承诺的版次",
    "unchanged": "专家库与上一版次相同，不需要新版次",
    "queued": "上一次的承诺还没有入日志，请稍后再试",
}
_NOT_BY_HIM: Final = {
    Reason.FOUR_EYES: "准备的人不能自己审批，须由另一位审批人办理",
    Reason.ROLE_MISSING: "本单位由用印人用印；请在待办中审核后交用印人",
    Reason.EDITED_MEANWHILE: "这一版次刚被别人处理过，请核对现在的状态",
    Reason.NOT_ALLOWED: "这一版次已不在待审批状态",
}


@router.get("/pool/versions", operation_id="pagePoolVersions")
async def page_pool_versions(request: Request, caller: PageCaller) -> Response:
    """All versions, and whether the pool has changed since the last."""
    return await _list(request, caller)


async def _list(request: Request, caller: Caller, *, said: str = "", status: int = HTTPStatus.OK) -> Response:
    pool = station_of(request).pool
    try:
        whole = await pool.pool(caller.actor)
    except Refusal as refusal:
        if not no_pool(refusal):
            raise
        return render(request, "pool/none.html", active="pool")
    return render(
        request,
        "pool/versions.html",
        active="pool",
        status=status,
        whole=whole,
        versions=await pool.list_versions(caller.actor),
        state_words=STATES,
        may_prepare=caller.actor.has(*POOL_PREPARERS),
        said=said,
    )


@router.post("/pool/versions", operation_id="takePoolVersion")
async def take_pool_version(request: Request, caller: PageCaller) -> Response:
    """Freeze the pool and prepare the envelope that commits to it."""
    try:
        made = await station_of(request).pool.prepare_version(caller.actor)
    except Refusal as refusal:
        said = _REFUSED.get(refusal.details.get("state", ""), "")
        if refusal.reason is not Reason.NOT_ALLOWED or not said:
            raise
        return await _list(request, caller, said=said, status=HTTPStatus.CONFLICT)
    return see_other(f"{AT}/versions/{made.root}?done=prepared")


@router.get("/pool/versions/{root}", operation_id="pagePoolVersion")
async def page_pool_version(
    request: Request,
    root: PoolRoot,
    caller: PageCaller,
    done: Annotated[str, Query(pattern="^(prepared|approved)?$")] = "",
) -> Response:
    """One version with what it brought, and what has changed since."""
    return await _one(request, caller, root, done=done)


async def _one(
    request: Request, caller: Caller, root: str, *, done: str = "", said: str = "", status: int = HTTPStatus.OK
) -> Response:
    page = await station_of(request).pool.get_version(caller.actor, root)
    version = page.version
    return render(
        request,
        "pool/version.html",
        active="pool",
        status=status,
        page_of=page,
        version=version,
        state_words=STATES,
        change_words=CHANGES,
        labels=LABELS,
        may_approve=bool(version.move_version)
        and caller.actor.has(Role.APPROVER)
        and version.prepared_by != caller.actor.staff_id,
        done=done,
        said=said,
    )


@router.post("/pool/versions/{root}/approve", operation_id="takePoolApproval")
async def take_pool_approval(request: Request, root: PoolRoot, caller: PageCaller, form: PageForm) -> Response:
    """Approve, seal and queue the commitment: by another person than who prepared it."""
    station = station_of(request)
    page = await station.pool.get_version(caller.actor, root)
    seen = last(form, "_version")
    try:
        number = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= 9 else 0
        await station.desk.approve_move(caller.actor, page.version.move_id, number)
    except Refusal as refusal:
        if refusal.reason not in _NOT_BY_HIM:
            raise
        status = CATALOGUE[refusal.reason].http_status
        return await _one(request, caller, root, said=_NOT_BY_HIM[refusal.reason], status=status)
    return see_other(f"{AT}/versions/{root}?done=approved")
