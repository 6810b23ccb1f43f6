"""What every page of the province shows around its own: the office's rooms, what waits, names of places and units."""

from typing import Final

from fastapi import Request

from gateway.auth import Caller, station_of
from gateway.bureau.province.asking import Addresses, kind_of, name_of
from gateway.bureau.province.words import BUSINESS, FLOWS, OUTSIDE, ROUTES
from node.desk.ports import Role
from node.province.acts_ports import OfficeWork
from node.province.ports import Wanted

LOOKS: Final = (Role.SUPERVISOR, Role.READER)
_ACTS: Final = (Role.SUPERVISOR,)
_WORKS: Final = (*LOOKS, Role.APPROVER)
# name, address under /desk/province, label, what is kept of the address, roles of which one opens it
_ROOMS: Final[tuple[tuple[str, str, str, dict[str, str], tuple[Role, ...]], ...]] = (
    ("overview", "", "总览", {}, LOOKS),
    ("flows", "/flows", "流向", {}, LOOKS),
    ("list", "/list", "名单", {"count": "late"}, LOOKS),
    ("waiting", "/waiting", "待办理", {}, _WORKS),
    ("announce", "/announce", "通知下发", {}, _ACTS),
    ("agreements", "/agreements", "协议", {}, _WORKS),
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
    return {
        "wanted": wanted,
        "to": to,
        "where": where,
        "rooms": [
            (name, to.to(address, **kept), label, waits_for(caller, work) if name == "waiting" else 0)
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
