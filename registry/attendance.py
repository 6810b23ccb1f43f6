"""Which members of a province were heard and when, for its office: the operator's own knowledge, scoped (ADR 0107)."""

from collections.abc import Callable
from datetime import datetime

from registry.callers import Caller, Callers
from registry.members import Members
from registry.roster import RosterBook
from registry.routing import Routes
from registry.sights import province_of
from xieban.federation.v1 import monitor_pb2 as pb


class Attendance:
    """Read from memory: it begins anew with this process, and says since when."""

    def __init__(
        self, book: RosterBook, callers: Callers, members: Members, routes: Routes, *, clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._callers = callers
        self._members = members
        self._routes = routes
        self._clock = clock
        self._since = clock()

    def members(self, caller: Caller) -> pb.ListMembersResponse:
        """The members of the caller's provinces by bureau code; Refusal UNAUTHENTICATED for who sees none."""
        regions = self._callers.regions(caller, "ListMembers")
        response = pb.ListMembersResponse()
        response.listening_since.FromDatetime(self._since)
        response.at.FromDatetime(self._clock())
        view = self._book.current().view
        for bureau in sorted(view.bureaus):
            if regions and not any(province_of(unit.code) in regions for unit in view.units_of(bureau)):
                continue
            heard = self._members.heard(bureau)
            found = response.members.add(bureau=bureau, connected=self._routes.is_open(bureau))
            if heard is not None:
                found.heard_at.FromDatetime(heard.at)
        return response
