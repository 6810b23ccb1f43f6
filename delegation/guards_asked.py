"""The guard of class B of promise 11: what the delegation holds is not asked for again (protocol 5.10).

A material is asked for by its code (`required_materials.DOCUMENTS`). It is held when an envelope between home and host,
of the same leg and not after the entry that the asking side had read (`base`), listed a file said to be of its kinds.
It may be asked for all the same when every such file is said not to do, each by its id and what is wrong with it.

NOT checked: whether a file is what was said of it, and whether it really does not do; words alone (protocol 11.3).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.body_asked import Answer, BodyAsked
from delegation.errors import Reason, Refused
from delegation.facts import BodyFacts
from delegation.required_materials import ACCEPTANCE, is_document

_MOST_NAMED: Final = 8  # ids in one refusal
_NO_ACCEPTANCE: Final = "B07"
_NOTHING: Final[Mapping[str, frozenset[str]]] = MappingProxyType({})


def asks_for(facts: BodyFacts) -> Mapping[str, frozenset[str]]:
    """Codes of what a body asks for, each with the held materials that it says do not do.

    B07 asks for the acceptance by itself. A defect that names a material says of it that it does not do.
    """
    if not facts.asked and not facts.defects:  # nearly every body
        return _NOTHING
    named = frozenset(defect.subject for defect in facts.defects)
    found = {each.material: named | frozenset(each.unfit_ids) for each in facts.asked}
    if any(defect.code == _NO_ACCEPTANCE for defect in facts.defects):
        found.setdefault(ACCEPTANCE, named)
    return found


def not_asked_again(asked: BodyAsked) -> Answer:
    """What is held is not asked for, unless it is told why it does not do; on paper what was asked was asked."""
    wanted = asks_for(asked.facts)
    if not wanted or asked.header.recorded_by_home:
        return True
    unfit = {material_id for each in asked.facts.asked for material_id in each.unfit_ids}
    if not unfit <= asked.history.held_material_ids:
        return False
    known = [
        held
        for held in asked.history.held_documents
        if held.leg == asked.header.leg and held.sequence <= asked.header.base.sequence
    ]
    for code, excused in wanted.items():
        held = {each.material_id for each in known if is_document(code, each.document_kind)} - excused
        if held:
            shown = ",".join(sorted(held)[:_MOST_NAMED])
            details = {"guard": "not_asked_again", "asked": code, "material_ids": shown}
            return Refused(Reason.MATERIAL_HELD_ALREADY, details)
    return True
