"""Who investigates: people of the list, and people without an account by a choice that stands there."""

from delegation.codes import Kind
from gateway.bureau.cases.asking import Asking
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import filled_with, typed_in
from gateway.bureau.cases.forms_people import OTHER, WITHOUT_ACCOUNT
from gateway.bureau.cases.sending import data_of
from tests.gateway.bureau.case_views import asking

_AT = "body.assignment.investigators"
_MAKING = MAKINGS[Kind.ASSIGNED]


def sent(**second: str) -> tuple[dict[str, object], dict[str, str], Asking]:
    """The assignment with one of the list and this second one: its data and faults."""
    of = asking(Kind.ASSIGNED)
    first = {"staff_id": of.staff[0].staff_id}
    usual = {"credential_kind": "行政执法证", "credential_number": "1", "recusal_declared": "1"}
    rows = ({**usual, **first}, {**usual, **second})
    typed = {f"{_AT}.{number}.{name}": [value] for number, row in enumerate(rows) for name, value in row.items()}
    asked = Asking(view=of.view, kind=Kind.ASSIGNED, unit=of.unit, staff=of.staff, today=of.today, typed=typed)
    form, grown, _ = typed_in(_MAKING, asked)
    data = data_of(form, _MAKING, grown, hidden={})
    return data, dict(form.faults), grown


def people(data: dict[str, object]) -> list[dict[str, object]]:
    body = data["body"]
    assert isinstance(body, dict)
    found = body["assignment"]["investigators"]
    assert isinstance(found, list)
    return found


def test_the_choice_stands_among_the_people() -> None:
    of = asking(Kind.ASSIGNED)
    form, _ = filled_with(_MAKING, of, _MAKING.begin(of))
    choices = next(each.choices for rows in form.spec.rows for each in rows.fields if each.path == "staff_id")
    assert choices[-1] == (WITHOUT_ACCOUNT, "没有账号的人员（在下面填姓名和工号）")


def test_somebody_without_an_account_goes_by_name_and_number_and_comes_back_so() -> None:
    data, faults, grown = sent(staff_id=WITHOUT_ACCOUNT, name="外某", **{OTHER: "cd-tc-2"})
    assert faults == {}
    assert (people(data)[1]["staff_id"], people(data)[1]["name"]) == ("cd-tc-2", "外某")
    form, _ = filled_with(_MAKING, grown, _MAKING.back(data, grown))
    assert form.text(f"{_AT}.1.staff_id") == WITHOUT_ACCOUNT
    assert form.text(f"{_AT}.1.{OTHER}") == "cd-tc-2"
    assert form.text(f"{_AT}.0.staff_id") == grown.staff[0].staff_id


def test_a_name_and_a_number_are_asked_for_beside_their_fields() -> None:
    assert set(sent(staff_id=WITHOUT_ACCOUNT)[1]) >= {f"{_AT}.1.name", f"{_AT}.1.{OTHER}"}
    assert f"{_AT}.1.name" in sent(**{OTHER: "cd-tc-2"})[1]
