"""A paper of an own act with the bureau's e-seal: asked for by who may press the seal, kept, offered beside the other.

The order: the node says that the actor may and that there is none yet, the paper is pressed, the e-seal program adds
its signature, the node keeps what came back. Nothing is kept of a paper that came back otherwise than it should.
"""

from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.errors import Reason, Refusal
from gateway.auth import station_of
from gateway.bureau.documents.papers import Basis, offer
from gateway.bureau.documents.press import PressError
from gateway.bureau.documents.routes import Code, Sequence, case_of, pdf_answer, press_of
from gateway.bureau.documents.writing import write
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import BASE, render, see_other
from gateway.routes.parameters import DelegationId
from gateway.sealing import PaperSeal, SealError, SealFault
from node.desk.views import DelegationView

router = APIRouter()
_AWAY: Final = frozenset({SealFault.CANNOT_START, SealFault.TOO_SLOW})


@router.post("/cases/{delegation_id}/paper/seal", operation_id="takePaperSeal")
async def take_paper_seal(
    request: Request, delegation_id: DelegationId, caller: PageCaller, code: Code, sequence: Sequence
) -> Response:
    """Have the e-seal set on the paper of one act. Asked for twice, it is set once."""
    system: PaperSeal | None = request.app.state.paper_seal
    papers, actor = station_of(request).papers, caller.actor
    view = await case_of(request, caller, delegation_id)
    chosen = offer(view, code, sequence)
    if system is None or chosen is None or chosen.entry is None or chosen.paper.basis is not Basis.ACT:
        raise Refusal(Reason.NOT_FOUND)
    if await papers.may_seal_paper(actor, delegation_id, code=code, sequence=sequence) is None:
        html = write(chosen, view, at=request.app.state.clock(), practice=request.app.state.practice, values={})
        try:
            pdf = await press_of().pdf(html)
            sealed = await system.seal(pdf, unit=actor.unit)
        except PressError as error:
            return _fault(request, view, error.text)
        except SealError as error:
            return _fault(request, view, error.text, away=error.fault in _AWAY)
        await papers.keep_sealed_paper(
            actor, delegation_id, code=code, sequence=sequence, pdf=sealed, unsealed_size=len(pdf)
        )
    return see_other(f"{BASE}/cases/{delegation_id}/papers?sealed=1")


@router.get("/cases/{delegation_id}/paper/sealed", operation_id="readSealedPaper")
async def read_sealed_paper(
    request: Request, delegation_id: DelegationId, caller: PageCaller, code: Code, sequence: Sequence
) -> Response:
    """The PDF as the e-seal program gave it back, byte for byte."""
    paper, pdf = await station_of(request).papers.read_sealed_paper(
        caller.actor, delegation_id, code=code, sequence=sequence
    )
    return pdf_answer(pdf, f"{paper.code}-{paper.delegation_id}-sealed.pdf")


def _fault(request: Request, view: DelegationView, text: str, *, away: bool = False) -> Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if away else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "documents_seal_fault.html", active="cases", status=status, text=text, view=view)
