"""Who may do what at the desk, checked where the use case runs; a delegation of somebody else is NOT_FOUND."""

from collections.abc import Set as AbstractSet

from delegation.errors import Reason, Refusal
from node.desk.ports import Acting, Actor, Role
from node.state import Held, State
from node.threads import must_load
from node.writer import Tx

READS = (Role.CLERK, Role.APPROVER, Role.INVESTIGATOR, Role.SUPERVISOR, Role.READER, Role.SEAL_HOLDER)
HEADERS = (*READS, Role.ADMINISTRATOR, Role.DISPATCHER)  # what tells of no case: units, how the node is
PREPARES = (Role.CLERK, Role.INVESTIGATOR, Role.SUPERVISOR)
ACTS = (Role.CLERK, Role.SUPERVISOR)
APPROVES = (Role.APPROVER,)


def need(actor: Actor, state: State, *roles: Role) -> None:
    """The actor belongs to a unit of this node and holds one of the roles. Refusal NOT_FOUND, ROLE_MISSING."""
    if actor.unit not in state.units:
        raise Refusal(Reason.NOT_FOUND)
    if not actor.has(*roles):
        raise Refusal(Reason.ROLE_MISSING, role=roles[0].value)


def own(tx: Tx, state: State, actor: Actor, delegation_id: str) -> Held:
    """A delegation that the actor's unit is a party of. Refusal NOT_FOUND."""
    return must_load(tx, state, delegation_id, unit=actor.unit)


def acting_as(actor: Actor, *roles: Role, apart_from: AbstractSet[str] = frozenset()) -> Acting | None:
    """For whom the actor uses one of these roles; None by an own right, which goes first.

    Of several whom he stands in for, the first who has no part in the matter (`apart_from`, staff ids).
    """
    borrowed = {each.role for each in actor.acting}
    if any(role in actor.roles and role not in borrowed for role in roles):
        return None
    usable = [each for each in actor.acting if each.role in roles]
    return next((each for each in usable if each.staff_id not in apart_from), usable[0] if usable else None)


def shown_name(actor: Actor, acting: Acting | None) -> str:
    """The name that an act is recorded under: 乙, or 乙（代甲）."""
    return f"{actor.name}（代{acting.name}）" if acting is not None and acting.name else actor.name


def must_be_apart(actor: Actor, acting: Acting | None, makers: AbstractSet[str]) -> None:
    """Neither the person nor the one he stands in for has made it. Refusal FOUR_EYES."""
    if actor.staff_id in makers or (acting is not None and acting.staff_id in makers):
        raise Refusal(Reason.FOUR_EYES, missing="another_person")


def same_version(seen: int | None, now: int, *, needed: bool = True) -> None:
    """What the actor saw is what is there. Refusal IF_MATCH_MISSING, EDITED_MEANWHILE with the version now."""
    if seen is None:
        if needed:
            raise Refusal(Reason.IF_MATCH_MISSING)
        return
    if seen != now:
        raise Refusal(Reason.EDITED_MEANWHILE, version=str(now))
