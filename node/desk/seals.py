"""Who presses a unit's seal (用印): the approver, unless the unit keeps the seal for its seal holder.

The seal holder is a third pair of hands and adds nothing to what is attested: handler and approver stay the two who are
named, and the one who presses is neither the handler nor asked to judge anew.
When a deputy pressed it, it is kept for whom; so is who pressed it where that is another than the approver.
"""

from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.guard import READS, acting_as, must_be_apart, need, shown_name
from node.desk.ports import Actor, Role
from node.records import MetaRecord
from node.state import State
from node.writer import Tx

_APART: Final = b"apart"


def _name(unit: str) -> str:
    return f"seal/{unit}"


def approver_seals(tx: Tx, unit: str) -> bool:
    """Whether the unit's approvers press the seal themselves; so they do until the unit says otherwise."""
    record = tx.get(MetaRecord, (_name(unit),))
    return record is None or record.value != _APART


def sealing_roles(tx: Tx, unit: str) -> tuple[Role, ...]:
    """Whoever holds one of these presses the unit's seal."""
    return (Role.SEAL_HOLDER, Role.APPROVER) if approver_seals(tx, unit) else (Role.SEAL_HOLDER,)


def need_seal(tx: Tx, actor: Actor) -> None:
    """The actor may press the seal. Refusal ROLE_MISSING."""
    if not actor.has(*sealing_roles(tx, actor.unit)):
        raise Refusal(Reason.ROLE_MISSING, role=Role.SEAL_HOLDER.value)


def pressed(tx: Tx, actor: Actor, makers: AbstractSet[str], at: datetime) -> dict[str, str]:
    """Who presses the seal now, by which right and when, as it is kept with the act.

    Refusal ROLE_MISSING; FOUR_EYES for whoever made the act, also through a deputy.
    """
    need_seal(tx, actor)
    acting = acting_as(actor, *sealing_roles(tx, actor.unit), apart_from=makers)
    must_be_apart(actor, acting, makers)
    return {
        "sealed_by": actor.staff_id,
        "sealed_by_name": shown_name(actor, acting),
        "sealed_for": acting.staff_id if acting is not None else "",
        "sealed_at": at.isoformat(),
    }


def read(tx: Tx, state: State, at: datetime, *, actor: Actor) -> bool:
    """The setting of the actor's unit."""
    del at
    need(actor, state, *READS, Role.ADMINISTRATOR)
    return approver_seals(tx, actor.unit)


def keep(tx: Tx, state: State, at: datetime, *, actor: Actor, approver: bool) -> bool:
    """Set it (ADMINISTRATOR): with `approver` False only a seal holder of the unit presses its seal from now on."""
    del at
    need(actor, state, Role.ADMINISTRATOR)
    tx.put(MetaRecord(_name(actor.unit), b"" if approver else _APART))
    return approver
