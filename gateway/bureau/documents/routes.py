"""Papers of a case: the list of those that it can give, each as PDF or as a page to print.

What a person adds for one print (an addressee, a place) comes in a form and is kept nowhere.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import station_of
from gateway.bureau.documents.papers import Basis, Offer, offer, offers
from gateway.bureau.documents.press import Press, PressError, PressFault
from gateway.bureau.documents.writing import write
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.render import render
from gateway.downloads import SANDBOXED
from gateway.routes.parameters import DelegationId
from node.desk.ports import Role
from node.desk.views import DelegationView

router = APIRouter()
_GIVEN: Final = ("addressee", "place", "when", "document")
_LONGEST: Final = 200
_STYLE: Final = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_press: Final = Press()  # its bound is the machine's, not an application's
Code = Annotated[str, Query(pattern=r"^[a-z-]{1,30}$")]
Sequence = Annotated[int, Query(ge=0, le=2**53)]
Form = Annotated[str, Query(pattern="^(pdf|html)$")]


def _policy(html: str) -> str:
    """The paper's own style and its QR code, nothing else; and it may stand in a frame of ours."""
    digests = " ".join(
        f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" for style in _STYLE.findall(html)
    )
    return (
        f"default-src 'none'; style-src {digests}; img-src data:; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'none'; sandbox"
    )


def press_of() -> Press:
    """The machine's press."""
    return _press


async def case_of(request: Request, caller: PageCaller, delegation_id: str) -> DelegationView:
    """The case, as the actor may see it. Refusal NOT_FOUND."""
    found: DelegationView = await request.app.state.station.desk.get_delegation(caller.actor, delegation_id)
    return found


def _chosen(view: DelegationView, code: str, sequence: int) -> Offer:
    found = offer(view, code, sequence)
    if found is None:
        raise Refusal(Reason.NOT_FOUND)
    return found


async def _answer(
    request: Request, caller: PageCaller, view: DelegationView, chosen: Offer, form: str, values: Mapping[str, object]
) -> Response:
    await request.app.state.station.people.note_paper(caller.actor, view.row.delegation_id, chosen.paper.code)
    html = write(chosen, view, at=request.app.state.clock(), practice=request.app.state.practice, values=values)
    if form == "html":
        headers = {"Content-Security-Policy": _policy(html), "X-Frame-Options": "SAMEORIGIN"}
        return Response(html, media_type="text/html", headers=headers)
    try:
        made = await _press.pdf(html)
    except PressError as error:
        status = 503 if error.fault in (PressFault.NO_LIBRARY, PressFault.NO_FONT, PressFault.TOO_SLOW) else 422
        return render(
            request, "documents_fault.html", active="cases", status=status, error=error, view=view, chosen=chosen
        )
    name = f"{chosen.paper.code}-{view.row.delegation_id}.pdf"
    return pdf_answer(made, name)


def pdf_answer(pdf: bytes, name: str) -> Response:
    """A PDF to stand in the browser's viewer. Nothing in it loads or runs; `name` tells of nobody."""
    return Response(
        pdf,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f'inline; filename="{name}"',
            "Content-Security-Policy": SANDBOXED,
            "X-Frame-Options": "SAMEORIGIN",
        },
    )


@router.get("/cases/{delegation_id}/papers", operation_id="pagePapers")
async def page_papers(
    request: Request,
    delegation_id: DelegationId,
    caller: PageCaller,
    sealed: Annotated[str, Query(pattern="^1?$")] = "",
) -> Response:
    """Which papers the case can give now, and those of own acts that have an e-seal."""
    view = await case_of(request, caller, delegation_id)
    station, actor = station_of(request), caller.actor
    found = offers(view)
    acts = [each for each in found if each.paper.basis is Basis.ACT]
    rest = [each for each in found if each.paper.basis is not Basis.ACT]
    held = await station.papers.sealed_papers(actor, delegation_id)
    presses = actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and await station.desk.approver_seals(actor))
    return render(
        request,
        "documents_list.html",
        active="cases",
        view=view,
        acts=acts,
        rest=rest,
        sealed={(each.code, each.sequence): each for each in held},
        may_seal=presses and request.app.state.paper_seal is not None,
        unit=actor.unit,
        done=bool(sealed),
    )


@router.get("/cases/{delegation_id}/paper", operation_id="readPaper")
async def read_paper(
    request: Request,
    delegation_id: DelegationId,
    caller: PageCaller,
    code: Code,
    sequence: Sequence = 0,
    form: Form = "pdf",
) -> Response:
    """One paper."""
    view = await case_of(request, caller, delegation_id)
    return await _answer(request, caller, view, _chosen(view, code, sequence), form, {})


@router.post("/cases/{delegation_id}/paper", operation_id="makePaper")
async def make_paper(
    request: Request, delegation_id: DelegationId, caller: PageCaller, typed: PageForm, code: Code, form: Form = "pdf"
) -> Response:
    """A form with what the person added for this print."""
    view = await case_of(request, caller, delegation_id)
    values = {name: typed.get(name, [""])[-1][:_LONGEST] for name in _GIVEN}
    return await _answer(request, caller, view, _chosen(view, code, 0), form, values)
