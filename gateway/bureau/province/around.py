"""What every page of the province shows around its own: the office's rooms, what waits, names of places and units."""

from typing import Final
from urllib.parse import urlencode

from fastapi import Request

from delegation.table_states import ENDED
from gateway.auth import Caller, station_of
from gateway.bureau.province.acts_words import ACTS, MADE, PERSONAL, Act
from gateway.bureau.province.asking import Addresses, kind_of, name_of
from gateway.bureau.province.words import BUSINESS, FLOWS, OUTSIDE, ROUTES
from gateway.bureau.render import BASE, language_for
from gateway.bureau.texts import Translate, translator
from node.desk.ports import Role
from node.province.acts_ports import OfficeWork, Possible
from node.province.ports import Wanted

LOOKS: Final = (Role.SUPERVISOR, Role.READER)
_ACTS: Final = (Role.SUPERVISOR,)
_WORKS: Final = (*LOOKS, Role.APPROVER)
# name, address under /desk/province, label, what is kept of the address, roles of which one opens it
_ROOMS: Final[tuple[tuple[str, str, str, dict[str, str], tuple[Role, ...]], ...]] = (
    ("overview", "", "总览", {}, LOOKS),
    ("flows", "/flows", "流向", {}, LOOKS),
    ("list", "/list", "名单", {"count": "late"}, LOOKS),
    ("alerts", "/alerts", "预警", {}, LOOKS),
    ("waiting", "/waiting", "待办理", {}, _WORKS),
    ("announce", "/announce", "通知下发", {}, _ACTS),
    ("agreements", "/agreements", "协议", {}, _WORKS),
    ("reports", "/reports", "报表", {}, (*_WORKS, Role.SEAL_HOLDER)),
)


def waits_for(caller: Caller, work: OfficeWork) -> int:
    """How many things wait for this person: what the office has to do, and what it has to approve."""
    approves = caller.actor.has(Role.APPROVER)
    prepared = [each for each in work.prepared if each.prepared_by != caller.actor.staff_id] if approves else []
    return len(prepared) + (len(work.waits) if caller.actor.has(*LOOKS) else 0)


async def around(
    request: Request, caller: Caller, wanted: Wanted, where: str, work: OfficeWork | None = None
) -> dict[str, object]:
    """The values; `work` where the page has asked for it already."""
    if work is None:
        work = await station_of(request).acts.waiting(caller.actor)
    to = Addresses(wanted)
    counts = {"waiting": waits_for(caller, work), "alerts": station_of(request).alerts.standing(caller.actor.unit)}
    return {
        "wanted": wanted,
        "to": to,
        "where": where,
        "rooms": [
            (name, to.to(address, **kept), label, counts.get(name, 0))
            for name, address, label, kept, roles in _ROOMS
            if caller.actor.has(*roles)
        ],
        "business": BUSINESS,
        "flows": FLOWS,
        "routes": ROUTES,
        "outside_words": OUTSIDE,
        "name_of": name_of,
        "kind_of": kind_of,
        "active": "province",
    }


def tr_of(request: Request) -> Translate:
    """What turns our texts into the reader's language."""
    return translator(language_for(request))


def offered(may: Possible) -> tuple[str, ...]:
    """The acts that a page offers, the lightest first."""
    there = {
        "remind": bool(may.remind),
        "supervise": bool(may.supervise),
        "coordinate": bool(may.coordinate),
        "designate": bool(may.designation),
        "opinion": may.opinion,
    }
    return tuple(act for act, is_there in there.items() if is_there)


def beside_list(request: Request, caller: Caller) -> dict[str, object]:
    """What a list needs so that those in it can be reminded of: by a supervisor of a province, not of the nation."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "every"]
    here = f"{BASE}/province/list?{urlencode(kept)}" if kept else f"{BASE}/province/list"
    return {
        "may_remind": caller.actor.has(*_ACTS) and caller.actor.unit[6:8] == "PO",
        "every": request.query_params.get("every") == "1",
        "here": here,
        "every_here": f"{here}{'&' if kept else '?'}every=1",
        "reminder": tr_of(request)(ACTS["remind"].offered),
        "readers": ACTS["remind"].readers,
        "personal": PERSONAL,
        "ended": ENDED,
    }


async def beside_thread(request: Request, caller: Caller, thread_id: str) -> dict[str, object]:
    """The acts that a supervisor may begin on a delegation, and what became of the last one."""
    may, acts = None, tuple[Act, ...]()
    if caller.actor.has(*_ACTS):
        may = await station_of(request).acts.possible(caller.actor, thread_id)
        acts = tuple(ACTS[name] for name in offered(may))
    return {"may": may, "acts": acts, "made": MADE.get(request.query_params.get("made", ""), "")}
