"""Who may do what at the desk, checked where the use case runs; a delegation of somebody else is NOT_FOUND."""

from delegation.errors import Reason, Refusal
from node.desk.ports import Actor, Role
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


def same_version(seen: int | None, now: int, *, needed: bool = True) -> None:
    """What the actor saw is what is there. Refusal IF_MATCH_MISSING, EDITED_MEANWHILE with the version now."""
    if seen is None:
        if needed:
            raise Refusal(Reason.IF_MATCH_MISSING)
        return
    if seen != now:
        raise Refusal(Reason.EDITED_MEANWHILE, version=str(now))
