"""Who presses a unit's seal (用印): the approver, unless the unit keeps the seal for its seal holder.

The seal holder is a third pair of hands and adds nothing to what is attested: handler and approver stay the two who are
named, and the one who presses is neither the handler nor asked to judge anew.
"""

from datetime import datetime
from typing import Final

from delegation.errors import Reason, Refusal
from node.desk.guard import READS, need
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


def need_seal(tx: Tx, actor: Actor) -> None:
    """The actor may press the seal. Refusal ROLE_MISSING."""
    if actor.has(Role.SEAL_HOLDER) or (actor.has(Role.APPROVER) and approver_seals(tx, actor.unit)):
        return
    raise Refusal(Reason.ROLE_MISSING, role=Role.SEAL_HOLDER.value)


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
