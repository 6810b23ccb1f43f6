"""Whose hands a move goes through: who handles and who approves it, each in the own right or for somebody else."""

from collections.abc import Mapping
from typing import Final

from delegation.errors import Reason, Refusal
from delegation.values import maker
from node.bodies import Person
from node.desk.guard import APPROVES, acting_as, must_be_apart, shown_name
from node.desk.ports import Acting, Actor, Role
from node.records import MoveRecord

_a_person: Final = maker(Person)


def _person(actor: Actor, role: str, acting: Acting | None) -> Person:
    return _a_person(staff_id=actor.staff_id, name=shown_name(actor, acting), phone=actor.phone, role=role)


def handler_of(actor: Actor, *, among: tuple[Role, ...]) -> Person:
    """Who handles it: by an own role before one that is held for somebody else."""
    acting = acting_as(actor, *among)
    own_roles = actor.roles - {each.role for each in actor.acting}
    role = acting.role if acting is not None else next((each for each in among if each in own_roles), "reader")
    return _person(actor, role, acting)


def makers_of(record: MoveRecord, content: Mapping[str, object]) -> frozenset[str]:
    """Whose work it is: who prepared it, and for whom; neither of them approves it."""
    return frozenset({record.prepared_by, str(content.get("prepared_for", ""))} - {""})


def approver_of(actor: Actor, record: MoveRecord, content: Mapping[str, object]) -> Person:
    """Who approves. Refusal FOUR_EYES for whoever had a part in it, also through a deputy."""
    makers = makers_of(record, content)
    investigators = _investigators(content)
    acting = acting_as(actor, *APPROVES, apart_from=makers | investigators)
    must_be_apart(actor, acting, makers)
    if acting is not None and acting.staff_id in investigators:  # his own report; of the actor the rule book judges
        raise Refusal(Reason.FOUR_EYES, missing="another_person")
    return _person(actor, "approver", acting)


def _investigators(content: Mapping[str, object]) -> frozenset[str]:
    found: object = content.get("data")
    for name in ("body", "result", "investigators"):
        found = found.get(name) if isinstance(found, Mapping) else None
    each_id = [each.get("staff_id") for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
    return frozenset(each for each in each_id if isinstance(each, str))
