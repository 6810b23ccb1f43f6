"""Forms that differ by an appraisal's mode and by who sits: adoption, a short panel, the chair."""

from dataclasses import replace

from delegation.codes import Kind
from gateway.bureau.cases.appraising import panel_of
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import filled_with
from node.desk.views import EntryView
from tests.gateway.bureau.a_case import OF_APPRAISAL
from tests.gateway.bureau.case_views import HEADER, a_case, an_act, asking
from tests.gateway.fake_accounts import OTHER


def fields_of(kind: Kind, **header: object) -> dict[str, tuple[bool, int, list[str]]]:
    """Fields of the form as it begins: needed, how many choices, what stands in it."""
    of = asking(kind, role="home", header={**HEADER, **header})
    form, _ = filled_with(MAKINGS[kind], of, MAKINGS[kind].begin(of))
    return {
        each.path: (each.required, len(each.choices), list(form.typed.get(each.path, ())))
        for each in form.spec.fields
    }  # fmt: skip


def acts(*kinds: str) -> tuple[EntryView, ...]:
    return tuple(
        an_act(number, kind, sender=OTHER, body=dict(OF_APPRAISAL.get(kind, {})))
        for number, kind in enumerate(kinds, 2)
    )


def test_an_entrusted_appraisal_is_completed_by_adopting_it_and_no_other_way() -> None:
    adoption = "body.adoption.adoption"
    assert fields_of(Kind.COMPLETED, appraisal_mode="FULL_ENTRUST")[adoption] == (True, 1, ["ADOPTION_ADOPTED"])
    assert fields_of(Kind.COMPLETED, appraisal_mode="ONSITE_ASSIST")[adoption] == (False, 3, [])


def test_a_short_panel_asks_for_its_plan_before_a_draw_and_for_the_way_out_alone_after_it() -> None:
    for entries, asks_plan in ((acts("ACCEPTED"), True), (acts("PANEL_DRAWN"), False)):
        of = asking(Kind.PANEL_SHORT, entries=entries)
        form, _ = filled_with(MAKINGS[Kind.PANEL_SHORT], of, MAKINGS[Kind.PANEL_SHORT].begin(of))
        assert bool(form.spec.rows) is asks_plan
        paths = {each.path for each in form.spec.fields}
        assert "body.specialties.remedy" in paths
        assert ("body.specialties.reason" in paths) is asks_plan


def test_the_chair_is_who_the_rule_names_and_passes_on_when_they_leave() -> None:
    view = replace(a_case(Kind.OPINION_FORMED), entries=acts("PANEL_DRAWN", "PANEL_REPLACED"))
    assert {each.expert_id: each.chair for each in panel_of(view, until=2)} == {
        "CD-0001": False, "CD-0002": True, "CD-0003": False,
    }  # fmt: skip
    now = {each.expert_id: each.chair for each in panel_of(view)}
    assert now == {"CD-0001": False, "CD-0003": True, "CD-0004": False}
    assert [each.shown for each in panel_of(view) if each.chair] == ["专家3（骨科，组长）"]
    gone = replace(view, entries=(*view.entries, an_act(9, "PANEL_VOIDED", sender=OTHER)))
    assert panel_of(gone) == ()
