"""One case, several delegations: all of them on one page, another one begun with one click, material taken over.

A case is told by the bureau's own case number, which never travels. What one of its delegations already holds need not
be uploaded again: the file is copied within the node, and sealed anew for the other host.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from delegation.codes import Matter
from delegation.errors import Reason, Refusal
from delegation.required_materials import held_of
from gateway.auth import Caller, station_of
from gateway.bureau.guard import PageCaller, PageForm
from gateway.bureau.intake.drafts import DraftLine, draft_line
from gateway.bureau.intake.form import SHORT_TIME
from gateway.bureau.intake.routes import AT, EDITABLE, last
from gateway.bureau.render import render, see_other
from gateway.routes.parameters import DraftId
from node.desk.taking_ports import CaseFile
from node.desk.views import DelegationView, DraftView, MaterialView

router = APIRouter()
_ANSWERED: Final = frozenset({"FINDING_FOUND", "FINDING_PARTLY", "FINDING_NOT_FOUND"})
_READABLE: Final = frozenset({"held", "uploaded"})
_LONGEST_KEY: Final = 80
_MOST_FILES: Final = 64  # taken over at once
_OF_ONE_HOST: Final = ("task_place", "host_unit", "reused_materials", "materials", "requested_due", SHORT_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemLine:
    """An item of one delegation, and what the result says of it."""

    code: str
    text: str
    mandatory: bool
    finding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A delegation or draft of the case."""

    line: DraftLine
    view: DelegationView | None
    items: tuple[ItemLine, ...]
    materials: tuple[MaterialView, ...]

    @property
    def is_ready(self) -> bool:
        """Every mandatory item is answered."""
        return self.view is not None and all(item.finding in _ANSWERED for item in self.items if item.mandatory)


@router.post("/intake/case", operation_id="findCase")
async def find_case(request: Request, caller: PageCaller, form: PageForm) -> Response:
    """Go to the case of a number."""
    key = last(form, "case_key")[:_LONGEST_KEY]
    found = await station_of(request).desk.drafts_of_case(caller.actor, key) if key else ()
    if not found:
        return render(request, "intake/no_case.html", active="intake", status=404)
    return see_other(f"{AT}/{found[0].draft_id}/case")


@router.get("/intake/{draft_id}/case", operation_id="pageCase")
async def page_case(request: Request, draft_id: DraftId, caller: PageCaller) -> Response:
    """All delegations of the case to which a draft belongs."""
    draft = await station_of(request).desk.get_draft(caller.actor, draft_id)
    members = [await _member(request, caller, each) for each in await _of_case(request, caller, draft)]
    target = draft if draft.state in EDITABLE else None
    matter = str(draft.business.get("matter", ""))
    in_case = {each.material_id: each for member in members for each in member.materials if each.state in _READABLE}
    asked = held_of(
        Matter[matter] if matter in Matter.__members__ else Matter.UNSPECIFIED,
        ((each.material_id, each.document_kind) for each in in_case.values()),
    )
    return render(
        request,
        "intake/case.html",
        active="intake",
        draft=draft,
        target=target,
        case_key=str(draft.business.get("case_key", "")),
        members=members,
        ready=bool(members) and all(member.is_ready for member in members),
        asked=[(each.required, [in_case[one] for one in each.material_ids]) for each in asked],
        offered=[each for each in await _case_files(request, caller, target) if not each.taken],
    )


@router.post("/intake/{draft_id}/another", operation_id="takeAnotherDelegation")
async def take_another(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Another delegation of the case: the case is copied, the chosen items come along, the place is asked anew."""
    desk = station_of(request).desk
    draft = await desk.get_draft(caller.actor, draft_id)
    business = another(draft.business, items=form.get("item", ()))
    if not business.get("case_key"):
        raise Refusal(Reason.INVALID_INPUT, field="case_key")
    once = last(form, "_once")[:36]
    made = await desk.create_draft(caller.actor, business, once=f"another-{once}" if once else "")
    return see_other(f"{AT}/{made.draft_id}")


@router.post("/intake/{draft_id}/reuse", operation_id="takeReuse")
async def take_reuse(request: Request, draft_id: DraftId, caller: PageCaller, form: PageForm) -> Response:
    """Take files of the case over into a draft, within the node; they count as not asked for again."""
    chosen = form.get("material", ())[:_MOST_FILES]
    if chosen:
        await station_of(request).taking.take_over(caller.actor, draft_id, chosen)
    return see_other(f"{AT}/{draft_id}/case")


async def _case_files(request: Request, caller: Caller, draft: DraftView | None) -> tuple[CaseFile, ...]:
    return await station_of(request).taking.case_files(caller.actor, draft.draft_id) if draft is not None else ()


async def _of_case(request: Request, caller: Caller, draft: DraftView) -> Sequence[DraftView]:
    key = str(draft.business.get("case_key", ""))
    found = await station_of(request).desk.drafts_of_case(caller.actor, key) if key else ()
    return found or (draft,)


async def _member(request: Request, caller: Caller, draft: DraftView) -> Member:
    desk = station_of(request).desk
    view = await desk.get_delegation(caller.actor, draft.delegation_id) if draft.delegation_id else None
    materials = view.materials if view is not None else await desk.list_materials(caller.actor, draft.draft_id)
    return Member(
        line=draft_line(draft, caller.actor.staff_id), view=view, items=_items(draft, view), materials=tuple(materials)
    )


def _items(draft: DraftView, view: DelegationView | None) -> tuple[ItemLine, ...]:
    letter = (view.letter if view is not None else None) or draft.business.get("letter")
    listed = letter.get("items", ()) if isinstance(letter, Mapping) else ()
    findings = findings_of(view) if view is not None else {}
    return tuple(
        ItemLine(
            code=str(item.get("code", "")),
            text=str(item.get("text", "")),
            mandatory=item.get("mandatory") is True,
            finding=findings.get(str(item.get("code", "")), ""),
        )
        for item in listed
        if isinstance(item, Mapping)
    )


def findings_of(view: DelegationView) -> dict[str, str]:
    """What the results say of each item, the latest word of each: code, finding."""
    found: dict[str, str] = {}
    for entry in view.entries:
        result = entry.body.get("result") if entry.body is not None else None
        answers = result.get("answers", ()) if isinstance(result, Mapping) else ()
        for answer in answers:
            if isinstance(answer, Mapping):
                found[str(answer.get("item_code", ""))] = str(answer.get("finding", ""))
    return found


def another(business: Mapping[str, object], *, items: Sequence[str]) -> dict[str, object]:
    """A draft of the same case for another place: what concerns the first host is left out, of the items the chosen."""
    made = {name: value for name, value in business.items() if name not in _OF_ONE_HOST}
    letter = business.get("letter")
    if isinstance(letter, Mapping):
        listed = letter.get("items", ())
        chosen = [item for item in listed if isinstance(item, Mapping) and item.get("code") in items]
        made["letter"] = {**{name: value for name, value in letter.items() if name != "items"}}
        if chosen:
            made["letter"] = {**letter, "items": chosen}
    return made
