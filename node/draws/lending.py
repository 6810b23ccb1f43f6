"""Experts whom a host lends: once their appointment is sealed, they stand in the home's pool (条例 Art 24, 25)."""

from collections.abc import Mapping
from datetime import datetime

from delegation.codes import Kind
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from node.desk.ports import Actor
from node.draws.filling import part
from node.pool.experts import add
from node.state import State
from node.writer import Tx


def enacted_by(tx: Tx, state: State, at: datetime, *, actor: Actor, kind: Kind, data: Mapping[str, object]) -> None:
    """Write admitted experts into the pool of the actor's unit, in the transaction that seals EXPERTS_ADMITTED.

    One whose number is there already stays as the pool has them. Raises Refusal as `experts.add`.
    """
    if kind is not Kind.EXPERTS_ADMITTED or "paper" in data:
        return
    listed = part(data, "body", "experts").get("experts", [])
    for each in listed if isinstance(listed, list | tuple) else ():
        try:
            add(tx, state, at, actor=actor, row=_row(each, at))
        except Refusal as refusal:
            if (refusal.reason, refusal.details.get("state")) != (Reason.INVALID_INPUT, "number_taken"):
                raise


def _row(expert: Mapping[str, object], at: datetime) -> Mapping[str, object]:
    specialties = expert.get("specialties", ())
    named = specialties if isinstance(specialties, list | tuple) else ()
    return {
        "number": expert.get("home_expert_id", ""),
        "name": expert.get("name", ""),
        "title": expert.get("title", ""),
        "specialties": ",".join(str(each) for each in named),
        "employer": expert.get("employer", ""),
        "appointed_from": day_of(at).isoformat(),
        "appointed_until": expert.get("appointed_until", ""),
        "active": "yes",
        "note": str(expert.get("appointment_number", "")),
    }
