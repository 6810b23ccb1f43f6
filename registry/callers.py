"""Who calls: judged anew for each call, delivery and download chunk (promise 8)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from certs.identity import CertificateVerifier, Purpose
from certs.tls import Peer, peer_certificate, peer_identity
from delegation.errors import Reason, Refusal
from delegation.roster_view import RosterView, Unit, UnitType
from registry.policy import SIGHTS, Role, Rows, Who
from registry.roster import RosterBook

_PEM: Final = "x509_pem_cert"
_MOST_REMEMBERED: Final = 4096
_OVERSIGHT: Final = frozenset({UnitType.PROVINCIAL, UnitType.NATIONAL})
_ROLES: Final = {
    UnitType.RECOGNITION: Role.BUREAU,
    UnitType.APPRAISAL: Role.COMMITTEE,
    UnitType.PROVINCIAL: Role.PROVINCIAL,
    UnitType.NATIONAL: Role.NATIONAL,
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose certificate held when the call began."""

    bureau: str
    certificate: bytes


CALLER: ContextVar[Caller] = ContextVar("caller")  # set by the interceptor, of this call's task alone


class Callers:
    """Judges callers by the roster in force; before the first roster by the channel authority alone."""

    def __init__(
        self, book: RosterBook, *, channel_authorities: Sequence[bytes], clock: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._clock = clock
        self._verifier = CertificateVerifier(channel_authorities)
        self._peers: dict[bytes, tuple[Peer, bytes]] = {}
        self._units: dict[str, dict[str, Unit]] = {}
        self._units_of: RosterView | None = None

    def identify(self, auth_context: Mapping[str, Iterable[bytes]], who: Who) -> Caller:
        """The caller, when it is who it has to be. Raises Refusal UNAUTHENTICATED, CERTIFICATE_*, ROSTER_NOT_READY."""
        shown = {_PEM: tuple(auth_context.get(_PEM) or ())}
        pem = b"".join(shown[_PEM])
        found = self._peers.get(pem)
        if found is None:
            found = (peer_identity(shown), peer_certificate(shown))
            if len(self._peers) >= _MOST_REMEMBERED:
                self._peers.clear()
            self._peers[pem] = found
        peer, certificate = found
        caller = Caller(peer.bureau, certificate)
        self.check(caller, who)
        return caller

    def check(self, caller: Caller, who: Who = Who.MEMBER) -> None:
        """The same again for a call that goes on. Raises as `identify`."""
        at, trust = self._clock(), self._book.held
        if trust is None:
            self._verifier.verify(caller.certificate, purpose=Purpose.CHANNEL, at=at)
        else:
            trust.check_channel_certificate(caller.certificate, caller.bureau, at)
        if who in (Who.ANYONE, Who.ENROLLED):
            return
        view = self._book.current().view
        if caller.bureau not in view.bureaus:
            raise Refusal(Reason.UNAUTHENTICATED)
        if who is Who.SUPERVISOR and not any(unit.type in _OVERSIGHT for unit in view.units_of(caller.bureau)):
            raise Refusal(Reason.UNAUTHENTICATED)

    def units(self, caller: Caller) -> Mapping[str, Unit]:
        """The caller's units by code, as the roster says now."""
        view = self._view()
        if view is not self._units_of:
            self._units_of, self._units = view, {}
        found = self._units.get(caller.bureau)
        if found is None:
            found = self._units[caller.bureau] = {unit.code: unit for unit in view.units_of(caller.bureau)}
        return found

    def own(self, caller: Caller, unit: str) -> None:
        """Raise Refusal NOT_YOUR_UNIT unless the unit is the caller's."""
        found = self._view().units.get(unit)
        if found is None or found.bureau != caller.bureau:
            raise Refusal(Reason.NOT_YOUR_UNIT)

    def regions(self, caller: Caller, method: str) -> tuple[str, ...]:
        """The provinces, by two digits, whose threads the caller sees by a method of the monitor; empty for all.

        Raises Refusal UNAUTHENTICATED for who sees none.
        """
        offices: set[str] = set()
        for unit in self._view().units_of(caller.bureau):
            rows = SIGHTS[method][_ROLES[unit.type]]
            if rows is Rows.ALL:
                return ()
            if rows is Rows.OWN_PROVINCES:
                offices.add(unit.region[:2])
        if not offices:
            raise Refusal(Reason.UNAUTHENTICATED)
        return tuple(sorted(offices))

    def _view(self) -> RosterView:
        return self._book.current().view
