"""Asking for materials by form: which, what is held with a way to look at it, and why a held one does not do."""

from dataclasses import replace

import pytest

from delegation.codec_body import body_facts
from delegation.codec_json import body_from_json
from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from delegation.facts import AskedFacts
from gateway.bureau.cases.asking import Asking, Json
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import filled_with, typed_in
from gateway.bureau.cases.forms_asked import held_lines
from gateway.bureau.cases.reading import Names, readable
from gateway.bureau.cases.sending import data_of, note_refusal
from gateway.bureau.forms.filled import Filled
from node.desk.ports import Role
from tests.gateway.bureau.case_views import SENT, asking
from tests.gateway.bureau.pages import signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION, a_delegation, a_material, a_move, a_row

TYPED = {
    "asked.0.material": ["diagnosis"], "asked.0.unfit": [SENT], "asked.0.fault": ["MATERIAL_FAULT_OUTDATED"],
    "asked.0.text": ["诊断日期在受伤之前"], "asked.1.material": ["records"],
}  # fmt: skip
QUESTION = {"body.question.text": ["请提供"]}


def made(typed: dict[str, list[str]], kind: Kind = Kind.QUESTION) -> tuple[Json, Filled, Asking]:
    of = asking(kind)
    sent = Asking(view=of.view, kind=kind, unit=of.unit, staff=of.staff, today=of.today, typed=typed)
    form, grown, _ = typed_in(MAKINGS[kind], sent)
    return data_of(form, MAKINGS[kind], grown, hidden={}), form, grown


def test_what_is_typed_becomes_one_entry_for_each_material() -> None:
    data, form, _ = made({**QUESTION, **TYPED})
    assert not form.faults
    body = data["body"]
    assert isinstance(body, dict)
    facts = body_facts(body_from_json(Kind.QUESTION, {"thread_id": DELEGATION, **body}))
    assert facts.asked == (AskedFacts("diagnosis", (SENT,)), AskedFacts("records"))


def test_what_was_typed_stands_in_the_form_again() -> None:
    data, _, of = made({**QUESTION, **TYPED})
    form, _ = filled_with(MAKINGS[Kind.QUESTION], of, MAKINGS[Kind.QUESTION].back(data, of))
    assert {path: form.text(path) for path in TYPED} == {path: values[0] for path, values in TYPED.items()}


@pytest.mark.parametrize("left_out", ["asked.0.unfit", "asked.0.fault", "asked.0.text", "asked.0.material"])
def test_a_held_file_that_does_not_do_is_told_whole(left_out: str) -> None:
    _, form, _ = made({**QUESTION, **{path: values for path, values in TYPED.items() if path != left_out}})
    assert set(form.faults) == {left_out}


def test_the_refusal_stands_beside_the_material_that_is_held() -> None:
    _, form, of = made({**QUESTION, "asked.0.material": ["records"], "asked.1.material": ["diagnosis"]})
    details = {"guard": "not_asked_again", "asked": "diagnosis", "material_ids": SENT}
    assert note_refusal(form, Refusal(Reason.MATERIAL_HELD_ALREADY, **details), of)
    assert set(form.faults) == {"asked.1.material"}
    assert "请先查看" in form.faults["asked.1.material"]


def test_a_defect_that_asks_for_the_held_acceptance_is_told_beside_what_is_asked_for() -> None:
    _, form, of = made({"body.return_notice.defects.0.code": ["B07"]}, Kind.RETURNED)
    form.faults.clear()
    details = {"guard": "not_asked_again", "asked": "acceptance", "material_ids": SENT}
    assert note_refusal(form, Refusal(Reason.MATERIAL_HELD_ALREADY, **details), of)
    assert set(form.faults) == {"asked"}


def test_what_is_asked_for_is_read_in_words() -> None:
    data, _, _ = made({**QUESTION, **TYPED})
    body = data["body"]
    assert isinstance(body, dict)
    names = Names(units={}, materials={SENT: "诊断.pdf"}, items={}, envelopes={})
    shown = str(readable(body, names=names))
    for text in ("诊断证明", "病历", "诊断.pdf", "已失效", "诊断日期在受伤之前"):
        assert text in shown
    assert SENT not in shown
    assert "MATERIAL_FAULT" not in shown


def a_held(house: House) -> None:
    """The case holds a diagnosis; a question may be asked."""
    file = replace(a_material(), attached_to="e", document_kind="diagnosis", name="诊断.pdf")
    other = replace(a_material("0b8f7a52-8f0a-4d5c-9d0d-1c6f8f6f2a12"), attached_to="e", document_kind="photo")
    view = a_delegation(1, (a_move("QUESTION", approval=1),), ())
    house.station.desk.shown = replace(view, materials=(file, other), row=a_row(state="in_progress"))


async def test_what_is_held_stands_beside_the_field_with_a_way_to_look_at_it(house: House) -> None:
    a_held(house)
    view = house.station.desk.shown
    assert view is not None
    assert [(line.code, [each.name for each in line.files]) for line in held_lines(view)] == [
        ("diagnosis", ["诊断.pdf"])
    ]
    async with signed_in(house, Role.CLERK) as client:
        page = await client.get(f"/desk/cases/{DELEGATION}/moves/question")
    assert "已在案，不再要求提供 诊断证明： 诊断.pdf" in words(page)
    assert f"/desk/files/{a_material().material_id}/view" in page.text


async def test_the_case_page_counts_what_was_not_asked_for_again(house: House) -> None:
    a_held(house)
    view = house.station.desk.shown
    assert view is not None
    [letter, *rest] = view.entries
    told = replace(letter, declared={**letter.declared, "reused_materials": 3})
    house.station.desk.shown = replace(view, entries=(told, *rest))
    async with signed_in(house, Role.CLERK) as client:
        assert "免于重复索取的材料：3" in words(await client.get(f"/desk/cases/{DELEGATION}"))
