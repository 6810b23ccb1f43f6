"""What the node says of a draft, at the field it concerns and in plain Chinese.

`Problem.field` is a path without row numbers; a guard's name stands in the details. What is not named here falls back
to the kind of the field, then to the house's catalogue, so that nothing stays untold (a test goes through all of it).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from delegation.catalogue import CATALOGUE
from delegation.errors import Reason
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field
from gateway.bureau.intake.form import SECOND_PLACE, SHORT_TIME, letter_form
from gateway.bureau.intake.form_appraisal import appraisal_form
from gateway.bureau.intake.home import ARTICLE
from node.desk.views import Problem

PLACE: Final = "task_place.code"
# guard of the letter (protocol 5.2, 5.3): path, text
GUARDS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "thread_begins": ("", "本单位在名册中的登记不完整，无法编号，请联系管理员"),
        "letter_counts": ("letter.items.0.mandatory", "至少有一项须勾选“必须答复”"),
        "accepted_before": ("clock.accepted_on", "受理、中止日期不能在今天之后，也不能互相矛盾（认定办法第十四条）"),
        "procedure_stated": ("clock.procedure", "请选择办理程序"),
        "place_stated": (PLACE, "请填写调查地点，并说明该地点是什么"),
        "priority_stated": ("priority", "请选择优先级"),
        "legal_basis_right": (
            "legal_basis", "依据不对：同一统筹地区内用“同一统筹地区内协查”，跨统筹地区用第十四条，有协议的填协议",
        ),
        "agreement_holds": ("agreement_id", "该协议今天不生效，或不包括这两个单位、这一事项"),
        "right_types": (PLACE, "委托双方都须是负责工伤认定的社会保险行政部门"),
        "time_left_confirmed": (SHORT_TIME, "距受托方截止日不足5个工作日，仍要委托的请确认"),
        "competent_unit": (PLACE, "该单位对这个地点没有管辖权"),
        "priority_told": ("letter.priority_reason", "优先或绿色通道须说明理由"),
        "letter_matches": ("letter.items", "委托事项有误：编号不能重复，且至少一项"),
        "home_is_right": ("letter.insurance.mode", f"按参保情况，委托方不是本单位（{ARTICLE}）"),
        "no_valid_certificate": (
            "letter.occupational_disease", "有合法诊断证明书或鉴定书的职业病不再调查核实（条例第十九条、办法第十三条）",
        ),
        "letter_recusal": ("letter.recusal_declared", "请作回避声明；有应当回避情形的，换人办理（认定办法第十六条）"),
        "numbers_hold": ("letter.worker.id_number", "证件号码或统一社会信用代码的校验位不对"),
        "appraisal_units": (PLACE, "委托双方都须是劳动能力鉴定委员会"),
        "again_by_provinces": (
            "appraisal_kind", "再次鉴定由省级委员会作出，不得委托设区的市（《工伤保险条例》第二十六条）",
        ),
        "application_received": ("clock.application_received_on", "请填写鉴定申请收到日，不能晚于今天"),
        "mode_stated": ("appraisal_mode", "请选择委托方式和鉴定类别；因病或非因工的没有复查"),
        "mode_agreed": ("agreement_id", "委托鉴定须有覆盖本事项和方式的常设协议；所填协议今天不生效或不覆盖"),
        "appraisal_basis_right": ("legal_basis", "委托依据不对：没有协议的选一案一议，有协议的填协议编号"),
        "appraisal_asked": ("letter.appraisal.diagnosis", "请填写鉴定申请内容"),
        "decision_recorded": (
            "letter.appraisal.decision_number",
            "请填写认定工伤决定书的文号和日期；填写之前只能存为拟稿（《工伤保险条例》第二十三条）",
        ),
        "pool_basis_told": ("letter.appraisal.pool_basis", "协助现场鉴定须写明从谁的专家库抽取及其依据"),
        "consents_given": ("letter.appraisal.consent_worker", "委托鉴定须职工和用人单位双方同意"),
        "review_not_early": (
            "letter.appraisal.earlier_concluded_on",
            "复查须自结论作出之日起满一年，并写明原结论（《工伤保险条例》第二十八条）",
        ),
        "people_enough": ("", "须由经办人和另一位审批人两人办理"),
        "people_as_recorded": ("", "函中记载的经办人、审批人与实际不符，请重新提交"),
    }
)  # fmt: skip
# field and reason of the node's own words
_EXACT: Final[Mapping[tuple[str, str], tuple[str, str]]] = MappingProxyType(
    {
        ("matter", "missing"): ("", "没有委托事项类型"),
        ("task_place", "missing"): (PLACE, "请填写调查地点"),
        ("task_place", "no_competent_unit"): (
            PLACE,
            "名册中没有该地点的受托单位。知道由谁受托的，在“更多”中指定；否则请管理员列入名册（未入网的走纸质）",
        ),
        ("host_unit", "WRONG_PLACE"): ("host_unit", "指定的单位对该地点没有管辖权"),
        ("legal_basis", "missing"): ("legal_basis", "请选择委托依据"),
        ("priority", "missing"): ("priority", "请选择优先级"),
        ("letter", "missing"): ("letter.worker.name", "委托函还没有内容"),
        ("body", "TOO_LARGE"): ("letter.case_summary", "全函文字过多，长的内容请作为材料附上"),
    }
)
_PATHS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "task_place": PLACE,
        "task_place.other_candidates": SECOND_PLACE,
        "task_place.certainty": SECOND_PLACE,
        "letter": "letter.worker.name",
        "body": "letter.case_summary",
        "clock": "clock.accepted_on",
        "letter.worker": "letter.worker.name",
        "letter.employer": "letter.employer.name",
        "letter.accident": "letter.accident.place_text",
        "letter.insurance": "letter.insurance.mode",
        "letter.applicant": "letter.applicant.role",
    }
)
_OF_ASK: Final[Mapping[Ask, str]] = MappingProxyType(
    {
        Ask.DAY: "不是有效的日期",
        Ask.MOMENT: "不是有效的日期和时间",
        Ask.PLACE: "不是有效的区划代码",
        Ask.UNIT: "不是有效的单位代码",
        Ask.CHOICE: "请从列表中选择",
        Ask.CHOICES: "请从列表中选择",
        Ask.CHECK: "请勾选或留空",
    }
)
_OF_NODE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "letter.items.code": "编号只用大写字母、数字和短横，最多16位，且不能重复",
        "letter.items": "委托事项有误：编号不能重复，最多64项",
    }
)
_UNREADABLE: Final = "内容不符合格式：太长，或含有不能显示的字符"


def _field(path: str) -> tuple[str, Field | None]:
    """The path of the form for a path of the node (first row of a group), and its field."""
    spec = letter_form(short_time=True)
    for each in (*spec.fields, *appraisal_form(short_time=True).fields):
        if each.path == path:
            return path, each
    for rows in spec.rows:
        if path == rows.path:
            return path, None
        if path.startswith(f"{rows.path}."):
            last = path[len(rows.path) + 1 :]
            return f"{rows.path}.0.{last}", next((each for each in rows.fields if each.path == last), None)
    return _PATHS.get(path, ""), None


def told(problem: Problem) -> tuple[str, str]:
    """Path in the form (empty: of the whole draft) and the Chinese text."""
    guard = problem.details.get("guard", "")
    if guard in GUARDS:
        return GUARDS[guard]
    exact = _EXACT.get((problem.field, problem.reason))
    if exact is not None:
        return exact
    if problem.reason == Reason.WRONG_PLACE:
        return PLACE, "指定的单位对该地点没有管辖权"
    path, field = _field(problem.field)
    if problem.field in _OF_NODE:
        return path, _OF_NODE[problem.field]
    if problem.reason in {Reason.INVALID_INPUT, "missing"} and path:
        if problem.reason == "missing":
            return path, "请填写此项"
        return path, _OF_ASK.get(field.ask, _UNREADABLE) if field is not None else _UNREADABLE
    if problem.reason in set(Reason):
        return path, CATALOGUE[Reason(problem.reason)].text_zh
    return path, "此稿还不能发出，请联系管理员"


def note(form: Filled, problems: tuple[Problem, ...]) -> list[str]:
    """Note the node's problems at the form's fields; what concerns no field is given back."""
    whole = []
    for problem in problems:
        path, text = told(problem)
        if path:
            form.faults.setdefault(path, text)
        else:
            whole.append(text)
    return whole
