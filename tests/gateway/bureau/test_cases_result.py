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
