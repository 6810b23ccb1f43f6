"""Who is the home (委托方): 人社部发〔2016〕29号 §7, told while the clerk fills in the insurance.

Insured by the employer: the place of insurance. Insured by project: the project's place. Not insured: the place of
operation. As the node's guard `home_is_right`; the pooling area, which may be larger than a unit, the node alone knows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.bureau.forms.filled import Filled
from gateway.bureau.intake.form import MATTER
from gateway.bureau.intake.places import places
from gateway.ports import Station
from node.desk.ports import Actor
from node.desk.views import UnitView

ARTICLE: Final = "人社部发〔2016〕29号第七条"
_DECIDES: Final = {
    "INSURANCE_MODE_EMPLOYER": ("letter.insurance.insured_in", "单位参保，由参保地认定"),
    "INSURANCE_MODE_PROJECT": ("letter.insurance.project_in", "按项目参保，由项目所在地认定"),
    "INSURANCE_MODE_NONE": ("letter.employer.operates_in", "未参保，由生产经营地认定"),
}
NOT_HOME: Final = "按参保情况应由该地的单位认定，不应由本单位委托"


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeTold:
    """What is said of the home."""

    path: str  # of the field that decides
    rule: str
    place: str
    units: tuple[UnitView, ...]
    is_ours: bool
    is_certain: bool  # False where the pooling area may still make it ours

    @property
    def is_wrong(self) -> bool:
        """Another bureau is the home, for certain."""
        return self.is_certain and not self.is_ours


async def competent(station: Station, actor: Actor, code: str, matter: str = MATTER) -> tuple[UnitView, ...]:
    """Who recognises injuries there today, or appraises in the matter; nobody for no place."""
    return await station.desk.competent_units(actor, place=code, matter=matter) if code else ()


def code_at(form: Filled, path: str) -> str:
    """The code in a field of a place."""
    return form.text(path).split(maxsplit=1)[0] if form.text(path) and path not in form.faults else ""


async def home_told(station: Station, actor: Actor, form: Filled, ours: Sequence[UnitView]) -> HomeTold | None:
    """Who the home is by what stands in the form; None while that is not filled in."""
    decides = _DECIDES.get(form.text("letter.insurance.mode"))
    if decides is None:
        return None
    path, rule = decides
    code = code_at(form, path)
    if not code:
        return None
    units = await competent(station, actor, code)
    mine = next((unit for unit in ours if unit.code == actor.unit), None)
    if units:
        is_ours = any(unit.code == actor.unit or (mine is not None and unit.bureau == mine.bureau) for unit in units)
    else:
        is_ours = mine is not None and code.startswith(mine.region.rstrip("0"))
    return HomeTold(
        path=path,
        rule=rule,
        place=places().shown(code),
        units=units,
        is_ours=is_ours,
        is_certain=path != "letter.insurance.insured_in",
    )
