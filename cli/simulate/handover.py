"""What was played gives way to real nodes: from the day after the year they are competent at the places left them."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from cli.simulate.plan import Plan
from delegation.roster_records import Competence, Unit, UnitLife, UnitType
from delegation.roster_view import RosterView

_OWN_BUREAU: Final = "XV"


def bureau_of(plan: Plan, region: str) -> str:
    """The bureau of a simulated member: where a real one will come, another one's code."""
    return f"{region}{_OWN_BUREAU}" if region in plan.without else region


def give_way(records: RosterView, plan: Plan) -> RosterView:
    """The records in which the predecessors take no new delegation, and the real units at their places do.

    What is open stays with the predecessors, who answer no more. The units of a province whose office is real are put
    under it.
    """
    gone = {
        code
        for code, unit in records.units.items()
        if unit.bureau.endswith(_OWN_BUREAU) and unit.bureau.removesuffix(_OWN_BUREAU) in plan.without
    }
    offices = {
        unit.region: code
        for code, unit in records.units.items()
        if unit.type is UnitType.PROVINCIAL and code not in gone and unit.region in plan.without
    }
    parents = {code: offices[records.units[code].region] for code in gone if records.units[code].region in offices}

    def placed(code: str, unit: Unit) -> Unit:
        unit = replace(unit, parent=parents.get(unit.parent, unit.parent))
        return replace(unit, life=UnitLife.LEAVING) if code in gone else unit

    def held(competence: Competence) -> Competence:
        if competence.place not in plan.without:
            return competence
        if competence.unit in gone:
            return replace(competence, valid_to=plan.end)
        return replace(competence, valid_from=plan.end + timedelta(days=1))

    return replace(
        records,
        units={code: placed(code, unit) for code, unit in records.units.items()},
        competences=tuple(held(competence) for competence in records.competences),
    )
