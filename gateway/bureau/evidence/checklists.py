"""The form checks of a case's evidence, as they stand in the result that is being prepared.

For other rooms: `checks_of_kind` gives a kind's checks with labels and articles, `checklists_of` the state of a result;
the template `evidence/checks.html` shows one. An open check keeps the result from being sealed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.evidence_checks import (
    EVIDENCE_CHECKS,
    EVIDENCE_LABELS,
    EvidenceCheck,
    EvidenceChecklist,
    checklist,
    checks_for,
)
from gateway.auth import station_of
from gateway.bureau.evidence.facts import FileRow
from gateway.bureau.guard import PageCaller
from gateway.bureau.render import BASE, render
from gateway.routes.parameters import DelegationId
from node.desk.views import DelegationView, MaterialView, PreparedMoveView

router = APIRouter()
RESULTS: Final = frozenset({"REPORTED", "UNABLE"})
_STATES: Final = {
    "prepared": "等待审批",
    "reviewed": "待用印",
    "awaiting_seal": "待用印",
    "draft": "退回修改",
    "queued": "正在发出",
    "sent": "已发出",
}


def checks_of_kind(kind: str) -> tuple[EvidenceCheck, ...]:
    """Checks of a kind of evidence (`EVIDENCE_KIND_WITNESS`): code, label, article. None for an unknown kind."""
    return checks_for(kind)


def checklists_of(result: Mapping[str, object]) -> Sequence[EvidenceChecklist]:
    """Each piece of a result's evidence with its checks as answered so far; what is not mentioned is open."""
    return checklist(_listed(result, "evidence"), _listed(result, "checks"))


def _listed(values: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    found = values.get(name)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list | tuple) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence on the page."""

    checks: EvidenceChecklist
    label: str
    description: str
    is_copy: bool
    compared_by: str
    original_at: str
    files: tuple[FileRow, ...]

    @property
    def copy_uncompared(self) -> bool:
        """A copy that nobody is said to have compared."""
        return self.is_copy and not self.compared_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A result with its evidence."""

    title: str
    state: str
    address: str  # where it is changed, empty when it cannot be
    pieces: tuple[Piece, ...]

    @property
    def open(self) -> int:
        """Checks that are neither met nor explained."""
        return sum(each.checks.open for each in self.pieces)


def _result_of(data: Mapping[str, object] | None) -> Mapping[str, object] | None:
    body = (data or {}).get("body", data)
    result = body.get("result") if isinstance(body, Mapping) else None
    return result if isinstance(result, Mapping) else None


def _pieces(result: Mapping[str, object], materials: Mapping[str, MaterialView]) -> tuple[Piece, ...]:
    found = []
    for told, piece in zip(checklists_of(result), _listed(result, "evidence"), strict=True):
        named = piece.get("material_ids")
        ids = [str(each) for each in named] if isinstance(named, list | tuple) else []
        found.append(
            Piece(
                checks=told,
                label=EVIDENCE_LABELS[told.kind] if told.kind is not None else "种类未选",
                description=str(piece.get("description", "")),
                is_copy=piece.get("is_copy") is True,
                compared_by=str(piece.get("compared_by", "")),
                original_at=str(piece.get("original_at", "")),
                files=tuple(FileRow(materials[each]) for each in ids if each in materials),
            )
        )
    return tuple(found)


def _prepared(view: DelegationView) -> list[tuple[PreparedMoveView, Mapping[str, object]]]:
    found = []
    for move in view.prepared:
        result = _result_of(move.data) if move.kind in RESULTS else None
        if result is not None:
            found.append((move, result))
    return found


def shown_of(view: DelegationView) -> tuple[Shown, ...]:
    """Results of the case that have evidence: being prepared, queued, and the last one that was sent."""
    materials = {each.material_id: each for each in view.materials}
    found = [
        Shown(
            title=move.label,
            state=_STATES.get(move.state, move.state),
            address=f"{BASE}/moves/{move.move_id}" + ("/edit" if move.state == "draft" else ""),
            pieces=_pieces(result, materials),
        )
        for move, result in _prepared(view)
    ]
    for queued in view.queued:
        result = _result_of(queued.data) if queued.kind in RESULTS else None
        if result is not None:
            found.append(
                Shown(title=queued.label, state=_STATES["queued"], address="", pieces=_pieces(result, materials))
            )
    sent = next((each for each in reversed(view.entries) if each.kind in RESULTS and _result_of(each.body)), None)
    if sent is not None:
        pieces = _pieces(_result_of(sent.body) or {}, materials)
        found.append(Shown(title=sent.label, state=_STATES["sent"], address="", pieces=pieces))
    return tuple(found)


@router.get("/cases/{delegation_id}/checklist", operation_id="pageChecklist")
async def page_checklist(request: Request, caller: PageCaller, delegation_id: DelegationId) -> Response:
    """The checks of the evidence in the result that is being prepared, and what each kind asks for."""
    view = await station_of(request).desk.get_delegation(caller.actor, delegation_id)
    report = next((move for move in view.moves if move.kind == "REPORTED" and move.allowed), None)
    return render(
        request,
        "evidence/checklist.html",
        active="todo",
        row=view.row,
        results=shown_of(view),
        report=f"{BASE}/cases/{delegation_id}/moves/reported" if report is not None else "",
        catalogue=[(kind, EVIDENCE_LABELS[kind], EVIDENCE_CHECKS[kind]) for kind in EVIDENCE_CHECKS],
    )
