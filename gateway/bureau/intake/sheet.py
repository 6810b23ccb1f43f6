"""What the form's page shows beside the form: who is competent, who is the home, what the unit already knows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from delegation.digits import DigitError, check_citizen_id
from delegation.errors import Refusal
from gateway.bureau.forms.filled import Filled, fill
from gateway.bureau.intake.business import Typed, joined
from gateway.bureau.intake.form import MATTER, SECOND_PLACE, THIRD_PLACE
from gateway.bureau.intake.home import ARTICLE, NOT_HOME, HomeTold, code_at, competent, home_told
from gateway.bureau.intake.outline import BY_CODE
from gateway.ports import Station
from node.desk.paper_views import OldCaseRow
from node.desk.ports import Actor
from node.desk.views import DelegationRow, DraftView, UnitView

_PLACES: Final = ("task_place.code", SECOND_PLACE, THIRD_PLACE)
_MOST_KNOWN: Final = 10
_OUTLINE: Final = "letter.outline"
_WORKER: Final = "letter.worker."
_TAKEN_OVER: Final = (_WORKER, "letter.employer.", "letter.insurance.")


SIMPLE_PROCEDURE: Final = "简易程序自受理起只有十五日（《工伤保险条例》第二十条），委托外地调查后所剩不多，请斟酌"
MODE_RULES: Final = {
    "ONSITE_ASSIST": "协助现场鉴定：一案一议即可，受托方受理就是同意；从受托方专家库抽取须写明依据；结论由本单位作出",
    "EXPERT_SECONDMENT": "聘请专家：一案一议即可；受托方推荐不少于两倍的专家，本单位入库后抽取；结论由本单位作出",
    "FULL_ENTRUST": "委托鉴定：须有覆盖本事项和方式的常设协议，并经双方当事人同意；受托方形成受托结论，办结时采用",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Said at once while the form is filled in."""

    places: tuple[tuple[str, tuple[UnitView, ...]], ...] = ()  # place as shown, its competent units
    home: HomeTold | None = None
    article: str = ARTICLE
    warning: str = ""  # legal and seldom wise, as the rule book warns (SIMPLE_PROCEDURE)
    rule: str = ""  # of an appraisal's mode: what it needs, and whose the conclusion is


@dataclass(slots=True, kw_only=True)
class Sheet:
    """The form's page."""

    form: Filled
    draft: DraftView | None = None
    told: Told = field(default_factory=Told)
    known: tuple[DelegationRow, ...] | None = None  # None: nobody asked
    old: tuple[OldCaseRow, ...] = ()  # closed paper cases of the same worker
    whole: Sequence[str] = ()  # what is wrong with the draft as a whole
    differences: Sequence[tuple[str, str, str]] = ()
    is_saved: bool = False
    is_conflict: bool = False
    once: str = ""


async def ours(station: Station, actor: Actor) -> tuple[UnitView, ...]:
    """The units of this node."""
    return (await station.desk.status(actor)).units


async def tell(station: Station, actor: Actor, form: Filled) -> Told:
    """What to say of what stands there; a place of the home that is wrong becomes a fault."""
    found = []
    for path in _PLACES:
        code = code_at(form, path)
        if not code:
            continue
        units = await competent(station, actor, code, form.text("matter") or MATTER)
        found.append((form.text(path), units))
        if not units:
            form.faults.setdefault(
                path,
                "名册中没有该地点的受托单位。知道由谁受托的，在“更多”中指定；否则请管理员列入名册（未入网的走纸质）",
            )
    home = await home_told(station, actor, form, await ours(station, actor))
    if home is not None and home.is_wrong:
        form.faults.setdefault(home.path, NOT_HOME)
    rule = MODE_RULES.get(form.text("appraisal_mode"), "")
    simple = SIMPLE_PROCEDURE if form.text("clock.procedure") == "SIMPLE" else ""
    return Told(places=tuple(found), home=home, rule=rule, warning=simple)


async def known(station: Station, actor: Actor, form: Filled, today: date) -> tuple[DelegationRow, ...]:
    """Cases of the unit with the ID number that stands there, once its check digit holds.

    Asked when somebody typed the number or pressed the button, not on every save: to look somebody up is an act.
    """
    number = form.text(f"{_WORKER}id_number")
    try:
        check_citizen_id(number, today)
        return (await station.desk.search(actor, id_number=number))[:_MOST_KNOWN]
    except (DigitError, Refusal):
        return ()


async def known_on_paper(station: Station, actor: Actor, form: Filled, today: date) -> tuple[OldCaseRow, ...]:
    """Closed paper cases (前案) of the unit with the ID number that stands there; as `known`."""
    number = form.text(f"{_WORKER}id_number")
    try:
        check_citizen_id(number, today)
        return (await station.papers.find_old_cases(actor, id_number=number))[:_MOST_KNOWN]
    except (DigitError, Refusal):
        return ()


async def take_over_paper(station: Station, actor: Actor, form: Filled, old_case_id: str) -> Filled:
    """Worker and employer of a closed paper case, into what is still empty.

    Raises:
        Refusal: NOT_FOUND for a case of somebody else.
    """
    view = await station.papers.get_old_case(actor, old_case_id)
    more = {
        f"{_WORKER}name": [view.row.worker_name],
        f"{_WORKER}id_number": [view.id_number],
        "letter.employer.name": [view.row.employer_name],
    }
    return replace(form, typed={**{path: texts for path, texts in more.items() if texts[0]}, **form.typed})


async def take_over(station: Station, actor: Actor, form: Filled, delegation_id: str) -> Filled:
    """Worker, employer and insurance of a case that the unit has, into what is still empty.

    Raises:
        Refusal: NOT_FOUND for a case of somebody else.
    """
    view = await station.desk.get_delegation(actor, delegation_id)
    theirs = fill(form.spec, joined({"letter": view.letter or {}}))
    more = {path: texts for path, texts in theirs.typed.items() if path.startswith(_TAKEN_OVER)}
    return replace(form, typed={**more, **form.typed})


def with_outline(typed: Typed) -> Typed:
    """The sent form with the questions of the groups that were asked for, after those that stand there."""
    wanted = [BY_CODE[code] for code in typed.get("_outline", ()) if code in BY_CODE]
    if not wanted:
        return typed
    parts = [path.split(".") for path in typed if path.startswith(f"{_OUTLINE}.")]
    numbers = [int(part[2]) for part in parts if part[2].isdecimal() and len(part[2]) <= 4]
    there = {text for path, texts in typed.items() if path.startswith(f"{_OUTLINE}.") for text in texts}
    found = dict(typed)
    number = max(numbers, default=-1) + 1
    for group in wanted:
        for question in group.questions:
            if question not in there:
                found[f"{_OUTLINE}.{number}.group"] = [group.code]
                found[f"{_OUTLINE}.{number}.text"] = [question]
                number += 1
    return found
