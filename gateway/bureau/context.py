"""What every page knows of who looks at it."""

from dataclasses import dataclass

from gateway.auth import Caller
from gateway.language import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PageContext:
    """Given to every template as `page`."""

    caller: Caller | None
    language: Language
    path: str
    active: str  # entry of the navigation
    practice: bool
    where: str  # whose desk it is: the region of its bureau, so that desks side by side are told apart
    csrf: str

    @property
    def signed_in(self) -> bool:
        """Somebody is signed in."""
        return self.caller is not None

    @property
    def oversees(self) -> bool:
        """A provincial or national office's unit (PO, NO), and a role that looks."""
        if self.caller is None or not self.has("supervisor", "reader"):
            return False
        return self.caller.actor.unit[6:8] in {"PO", "NO"}

    @property
    def approves_for_province(self) -> bool:
        """An approver of such an office, who does not look: what waits for him is all of it that opens."""
        of_office = self.caller is not None and self.caller.actor.unit[6:8] in {"PO", "NO"}
        return of_office and not self.oversees and self.has("approver")

    @property
    def seals_for_province(self) -> bool:
        """A seal holder of such an office, who neither looks nor approves: its reports are all of it that opens."""
        of_office = self.caller is not None and self.caller.actor.unit[6:8] in {"PO", "NO"}
        return of_office and not self.has("supervisor", "reader", "approver") and self.has("seal_holder")

    def has(self, *roles: str) -> bool:
        """One of these roles is held."""
        return self.caller is not None and any(role in self.caller.actor.roles for role in roles)
