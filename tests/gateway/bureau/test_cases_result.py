"""The form of the result begins with what was brought in, and what its evidence names travels with it."""

from dataclasses import replace

from delegation.codes import Kind
from gateway.bureau.cases.asking import Asking
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import filled_with, typed_in
from gateway.bureau.cases.sending import data_of
from tests.gateway.bureau.case_views import SENT, UNSENT, asking

_AT = "body.result.evidence"


def test_the_evidence_begins_with_the_files_that_wait() -> None:
    of = asking(Kind.REPORTED)
    form, _ = filled_with(MAKINGS[Kind.REPORTED], of, MAKINGS[Kind.REPORTED].begin(of))
    assert form.text(f"{_AT}.0.material_ids") == UNSENT
    assert not form.text(f"{_AT}.1.material_ids")


def test_a_file_that_is_kept_back_is_never_offered() -> None:
    of = asking(Kind.REPORTED)
    kept = replace(of.view, materials=tuple(replace(each, withheld=True) for each in of.view.materials))
    assert replace(of, view=kept).unsent == ()


def test_what_the_evidence_names_travels_without_being_ticked_again() -> None:
    of = asking(Kind.REPORTED)
    typed = {f"{_AT}.0.material_ids": [UNSENT, SENT], f"{_AT}.0.kind": ["EVIDENCE_KIND_DOCUMENT"]}
    sent = Asking(view=of.view, kind=Kind.REPORTED, unit=of.unit, staff=of.staff, today=of.today, typed=typed)
    form, grown, _ = typed_in(MAKINGS[Kind.REPORTED], sent)
    data = data_of(form, MAKINGS[Kind.REPORTED], grown, hidden={})
    assert data["materials"] == [UNSENT]
    assert data["reused_materials"] == [SENT]


def test_numbers_and_checks_stand_there_as_soon_as_a_files_kind_is_known() -> None:
    of = asking(Kind.REPORTED)
    files = tuple(replace(each, document_kind="witness") for each in of.view.materials)
    seen = replace(of, view=replace(of.view, materials=files))
    form, _ = filled_with(MAKINGS[Kind.REPORTED], seen, MAKINGS[Kind.REPORTED].begin(seen))
    assert form.text(f"{_AT}.0.evidence_id") == "E1"
    assert form.text(f"{_AT}.0.kind") == "EVIDENCE_KIND_WITNESS"
    assert any(each.path.startswith("check.E1.") for each in form.spec.fields)
    unknown, _ = filled_with(MAKINGS[Kind.REPORTED], of, MAKINGS[Kind.REPORTED].begin(of))
    assert unknown.text(f"{_AT}.0.evidence_id") == "E1"  # a number it has anyway


def test_a_file_that_comes_in_meanwhile_gets_its_row_and_one_that_was_dropped_stays_away() -> None:
    of = asking(Kind.REPORTED)
    [first] = of.unsent
    late = replace(first, material_id="01986f2a-0000-7000-8000-0000000000cc", name="后到.pdf", document_kind="document")
    with_both = replace(of.view, materials=(*of.view.materials, late))
    typed = {
        f"{_AT}.0.material_ids": [UNSENT], f"{_AT}.0.kind": ["EVIDENCE_KIND_WITNESS"], f"{_AT}.0.evidence_id": ["E7"],
        "_again": ["1"], "_known": ["", UNSENT],
    }  # fmt: skip
    form, grown, shown_again = typed_in(MAKINGS[Kind.REPORTED], replace(of, view=with_both, typed=typed))
    assert shown_again
    assert form.text(f"{_AT}.0.evidence_id") == "E7"  # what was typed stays
    assert form.texts(f"{_AT}.1.material_ids") == (late.material_id,)
    assert form.text(f"{_AT}.1.description") == "后到.pdf"
    assert form.text(f"{_AT}.1.evidence_id") == "E1"
    assert any(each.path.startswith("check.E1.") for each in form.spec.fields)
    assert grown.typed[f"{_AT}.1.kind"] == ["EVIDENCE_KIND_DOCUMENT"]
    without = {name: value for name, value in typed.items() if not name.startswith(_AT)}
    form, _, _ = typed_in(MAKINGS[Kind.REPORTED], replace(of, typed={**without, "_known": ["", UNSENT]}))
    assert not form.text(f"{_AT}.0.description")  # it was there and somebody took it away
