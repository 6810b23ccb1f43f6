"""The case under the element names of the ministry's systems, for the agency that pays benefits (认定→鉴定→待遇).

Names as they are met in systems in use (社会保险管理信息系统指标集与代码 is the standard behind them). What this node
does not hold, such as the decision, which stays with the home's own system, is listed by name and never made up.
"""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from node.desk.views import DelegationView, Json

# element: Chinese name, where it stands: letter.… or header.…; empty: not held here
ELEMENTS: Final[Sequence[tuple[str, str, str]]] = (
    ("AAZ127", "工伤认定信息ID", "row.delegation_id"),
    ("AAC001", "个人编号", ""),
    ("AAC002", "社会保障号", "letter.worker.id_number"),
    ("AAC003", "姓名", "letter.worker.name"),
    ("AAC004", "性别", "letter.worker.sex"),
    ("AAB001", "单位编号", "letter.employer.credit_code"),
    ("AAB004", "单位名称", "letter.employer.name"),
    ("AAB301", "行政区划", "letter.accident.region_code"),
    ("ALC020", "工伤发生时间", "letter.accident.happened_at"),
    ("ALC021", "伤害程度", ""),
    ("ALC022", "伤害部位", "letter.accident.injured_part"),
    ("ALC011", "认定书编号", ""),
    ("ALC017", "受理日期", "header.clock.accepted_on"),
    ("ALC026", "申报日期", "letter.applicant.applied_on"),
    ("ALC027", "工亡类别", ""),
    ("ALC029", "工伤认定结论", ""),
    ("ALC034", "鉴定时间", ""),
    ("ALC040", "死亡日期", "letter.accident.died_on"),
    ("ALA017", "职业病", "letter.occupational_disease"),
    ("ALA023", "与受伤害人关系", "letter.applicant.relation"),
    ("ALA040", "伤残等级", ""),
    ("ALC060", "护理等级", ""),
)


def _at(view: DelegationView, path: str) -> str:
    first, *rest = path.split(".")
    found: object = {"delegation_id": view.row.delegation_id} if first == "row" else getattr(view, first)
    for name in rest:
        found = cast("Json", found).get(name) if isinstance(found, Mapping) else None
    return "" if found is None else str(found)


def exported(view: DelegationView) -> dict[str, object]:
    """Elements with a value, and the names of those without one (left empty in the letter, or not held here)."""
    values = {name: _at(view, path) if path else "" for name, _, path in ELEMENTS}
    return {
        "delegation_id": view.row.delegation_id,
        "elements": {name: value for name, value in values.items() if value},
        "names": {name: label for name, label, _ in ELEMENTS},
        "missing": tuple(name for name, value in values.items() if not value),
    }
