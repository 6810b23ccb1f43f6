"""Who investigates: two or more people with credentials, and their recusal (办法 Art 10, 16)."""

from typing import Final

from gateway.bureau.cases.asking import Asking, Json, check, choice, day, line, listed_in, main, medium, reasons
from gateway.bureau.cases.asking import as_list as to_list
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Field, Rows, Section

OTHER: Final = "other_staff_id"
WITHOUT_ACCOUNT: Final = "-"  # no staff id: the choice that opens the fields below it
_AT: Final = "body.assignment.investigators"


def investigators(asking: Asking, *, path: str = _AT, least: int = 2) -> Rows:
    """At least two, from the unit's accounts or by their number where they have none here."""
    known = sorted(asking.staff, key=lambda each: ("investigator" not in each.roles, each.staff_id))
    listed = [(each.staff_id, f"{each.name}（{each.staff_id}）") for each in known if each.active]
    earlier = {str(each.get("staff_id")): str(each.get("name", "")) for each in asking.investigators}
    listed += [(code, f"{name}（{code}）") for code, name in earlier.items() if code not in dict(listed)]
    view = asking.view
    units = [(view.row.host_unit, view.row.host_name), (view.row.home_unit, view.row.home_name)]
    return (
        Rows(
            path=path,
            label="调查员（至少两名，须持证并无应当回避的情形）",
            row_label="调查员",
            least=least,
            most=16,
            fields=(
                choice("staff_id", "人员", [*listed, (WITHOUT_ACCOUNT, "没有账号的人员（在下面填姓名和工号）")]),
                line("name", "姓名", hint="没有账号的人员须填；选了有账号的人员不用填"),
                line(OTHER, "工号（没有账号的人员）", hint="本单位其他人员、联合调查的外单位人员的工号", longest=64),
                line("credential_kind", "证件种类", required=True, hint="执行公务的证件"),
                line("credential_number", "证件号码", required=True),
                Field(path="unit", label="所属单位", hint="代码；默认受托单位", longest=11),
                check("recusal_declared", "已声明没有应当回避的情形"),
                check("conflict", "有利害关系"),
            ),
        )
        if units
        else Rows(path=path, label="", fields=(), most=0)
    )


def unnamed(rows: object, asking: Asking) -> list[Json]:
    """The other way round: who has no account here stands in the fields for that."""
    listed = {each.staff_id for each in asking.staff if each.active}
    listed |= {str(each.get("staff_id")) for each in asking.investigators}
    made = []
    for row in listed_in({"rows": rows}, "rows"):
        one, code = dict(row), str(row.get("staff_id", ""))
        if code and code not in listed:
            one |= {"staff_id": WITHOUT_ACCOUNT, OTHER: code}
        made.append(one)
    return made


def check_people(form: Filled, asking: Asking) -> None:
    """Whoever has no account is named, and by a staff id."""
    del asking
    for rows in form.spec.rows:
        if not rows.path.endswith(".investigators"):
            continue
        for number in range(form.count(rows)):
            at = f"{rows.path}.{number}"
            chosen, other, name = (form.text(f"{at}.{each}") for each in ("staff_id", OTHER, "name"))
            if chosen == WITHOUT_ACCOUNT or (other and not chosen):
                for field, value, words in (("name", name, "请填写姓名"), (OTHER, other, "请填写工号")):
                    if not value:
                        form.faults.setdefault(f"{at}.{field}", words)


def _back(data: Json, asking: Asking) -> Json:
    body = data.get("body")
    assignment = body.get("assignment") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(assignment, dict):
        return data
    people = unnamed(assignment.get("investigators"), asking)
    return {**data, "body": {**body, "assignment": {**assignment, "investigators": people}}}


def _sections(asking: Asking) -> tuple[Section, ...]:
    again = asking.kind.name == "REASSIGNED"
    first = (reasons(asking), medium("body.assignment.replacement_reason", "换人原因")) if again else ()
    return (
        Section(name="main", title="", parts=(*first, investigators(asking))),
        main(day("body.assignment.planned_on", "计划到场日"), name="plan"),
    )


def _begin(asking: Asking) -> Json:
    people: list[Json] = asking.investigators
    if not people:
        people = [{"credential_kind": "行政执法证", "unit": asking.view.row.host_unit} for _ in range(2)]
    return {"body": {"assignment": {"investigators": people}}}


def named(rows: object, asking: Asking) -> list[Json]:
    """Rows as the contract has them: one number each, the name of the account where none was typed."""
    names = {each.staff_id: each.name for each in asking.staff}
    made = []
    for row in listed_in({"rows": rows}, "rows"):
        one = dict(row)
        other = str(one.pop(OTHER, "") or "")
        if one.get("staff_id") == WITHOUT_ACCOUNT:
            del one["staff_id"]
        if other:
            one["staff_id"] = other
        code = str(one.get("staff_id", ""))
        if code and not one.get("name") and code in names:
            one["name"] = names[code]
        one.setdefault("unit", asking.view.row.host_unit)
        made.append(one)
    return made


def _finish(data: Json, asking: Asking) -> Json:
    to_list(data, "reasons")
    body = data.get("body")
    assignment = body.get("assignment") if isinstance(body, dict) else None
    if isinstance(assignment, dict):
        assignment["investigators"] = named(assignment.get("investigators"), asking)
    return data


SECTIONS, BEGIN, FINISH, BACK = _sections, _begin, _finish, _back
