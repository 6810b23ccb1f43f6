"""Every kind that staff can make has a form, and what the form makes the API's schema and the node take."""

import json
from base64 import b64decode
from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from delegation.codec_json import body_and_facts_from_json
from delegation.codec_roster import parse_agreement
from delegation.codes import AppraisalMode, Kind, Matter
from delegation.lifecycle import CaseFacts
from delegation.roster_records import AgreedTime, Agreement
from delegation.table import Party
from delegation.tables import TABLES
from gateway.bureau.cases.asking import Asking, Json
from gateway.bureau.cases.book import MAKINGS, NO_FORM
from gateway.bureau.cases.filling import filled_with, typed_in
from gateway.bureau.cases.forms_talk import fen_of
from gateway.bureau.cases.reading import readable
from gateway.bureau.cases.sending import data_of
from gateway.bureau.forms.filled import Filled
from gateway.bureau.forms.spec import Ask, Field
from gateway.schemas.moves import MoveData
from node.declaring import declared_of
from node.desk.business import parse_business
from node.desk.views import QueuedMoveView
from node.move_input import parse_move
from tests.gateway.bureau.case_views import SENT, UNSENT, a_case, an_act, an_envelope, asking
from tests.gateway.fake_accounts import HOME, NOW, OTHER
from tests.gateway.fake_views import a_row

_NODES = {Party.HOME_NODE, Party.HOST_NODE, Party.SENDER_NODE, Party.RECIPIENT_NODE}
BY_STAFF = sorted(
    {row.kind for table in TABLES for row in table.rows if row.kind is not None and set(row.movers) - _NODES}
    | set(MAKINGS)
)
WITH_FORM = [kind for kind in BY_STAFF if kind not in NO_FORM]
_AT_HOME = {
    Kind.ISSUED, Kind.LETTER_CORRECTED, Kind.EXTENDED, Kind.CLOCK_SUSPENDED, Kind.CLOCK_RESUMED, Kind.ADOPTION,
    Kind.COMPLETED, Kind.SUPPLEMENT_REQUESTED, Kind.AMENDED, Kind.WITHDRAWN, Kind.CANCELLED, Kind.PRIORITY_CHANGED,
}  # fmt: skip
_SAID = {
    "staff_id": "i1", "other_staff_id": "", "credential_number": "C1", "yuan": "1,280.50", "evidence_id": "E1",
    "to": OTHER, "unit": HOME, "competent_unit": OTHER, "evidence_ids": "E1", "phone": "028-1", "id_number": "",
    "credit_code": "", "happened_at": "2026-07-30T09:40", "item_code": "A1", "post_number": "EMS1", "agreement_id": "",
    "host_unit": OTHER, "expert_id": "L1", "home_expert_id": "E0009", "clause": "5.9.2.13", "at": "2026-08-20T09:00",
    "clauses": "5.9.2.13",
}  # fmt: skip


def said(asked: Field, number: int) -> list[str]:
    """Something that fits the field."""
    last = asked.path.rpartition(".")[2]
    if asked.ask in {Ask.CHOICE, Ask.CHOICES}:
        codes = [code for code, _ in asked.choices]
        if last == "unable_code":
            return []
        if last in {"specialty_2", "specialty_3"}:
            return []
        if last == "grade":
            return ["9"]
        if asked.path == "terms.matters":
            return ["DISABILITY_GRADE"]  # modes are of an appraisal alone
        return codes[min(number, len(codes) - 1) :][:1]
    if asked.ask is Ask.PLACE:
        return ["510104"] if asked.path not in {"place_2", "place_3"} else []
    if asked.ask is Ask.DAY:
        return ["2026-07-30"]
    if asked.ask is Ask.NUMBER:
        return [str(asked.least or 1)]
    if asked.ask is Ask.CHECK:
        return [] if last in {"conflict", "is_copy"} else ["1"]
    found = _SAID.get(last, f"填写{number}")
    return [found] if found else []


def typed_whole(kind: Kind, of: Asking, data: Json) -> Filled:
    """The form with every field filled in, as a person would over its beginning."""
    form, of = filled_with(MAKINGS[kind], of, data)
    typed = {path: list(values) for path, values in form.typed.items()}
    for asked in form.spec.fields:
        typed.setdefault(asked.path, said(asked, 0))
    for rows in form.spec.rows:
        for number in range(max(rows.least, 1)):
            for asked in rows.fields:
                typed.setdefault(f"{rows.path}.{number}.{asked.path}", said(asked, number))
    if kind in {Kind.SPECIALTY_DETERMINED, Kind.PANEL_SHORT}:
        typed["plan.0.seats"] = ["3"]
    if kind is Kind.AMENDED:
        typed["declared.subject"] = ["clock"]
    return Filled(spec=form.spec, typed={path: values for path, values in typed.items() if values})


def made_by(kind: Kind, of: Asking, typed: dict[str, list[str]]) -> tuple[Json, Filled]:
    """The data that the form with these texts makes."""
    sent = Asking(
        view=of.view, kind=kind, unit=of.unit, staff=of.staff, today=of.today, typed=typed, on_paper=of.on_paper
    )
    form, grown, rows_alone = typed_in(MAKINGS[kind], sent)
    assert not rows_alone
    return data_of(form, MAKINGS[kind], grown, hidden={}), form


def test_every_kind_that_staff_can_make_has_a_form_or_a_reason_for_none() -> None:
    assert set(BY_STAFF) <= set(MAKINGS) | set(NO_FORM)
    assert not set(MAKINGS) & set(NO_FORM)
    assert all(NO_FORM.values())


@pytest.mark.parametrize("kind", WITH_FORM, ids=lambda kind: kind.name)
def test_what_a_form_makes_is_taken(kind: Kind) -> None:
    of = asking(kind, role="home" if kind in _AT_HOME else "host")
    typed = dict(typed_whole(kind, of, MAKINGS[kind].begin(of)).typed)
    if kind in {Kind.REPORTED, Kind.UNABLE}:  # the checks of the evidence come up once its kind is chosen
        _, form = made_by(kind, of, {path: list(values) for path, values in typed.items()})
        typed |= {asked.path: ["1"] for asked in form.spec.fields if asked.path.endswith(".met")}
    data, form = made_by(kind, of, {path: list(values) for path, values in typed.items()})
    assert form.faults == {}
    MoveData.model_validate_json(json.dumps(data, ensure_ascii=False))
    business = data.get("business")
    if isinstance(business, dict):
        assert parse_business(business).letter
        data = {name: value for name, value in data.items() if name != "business"}
        parse_move(data)
        return
    move = parse_move(data)
    if kind.name.startswith("AGREEMENT_") and kind is not Kind.AGREEMENT_PROPOSED:
        return  # the terms are those of the proposal, which this case has none of
    _, facts = body_and_facts_from_json(kind, {**move.body, "thread_id": "WT-330100-20260803-000017-Y"})
    extra = {"terms_digest": "00" * 32} if kind is Kind.AGREEMENT_PROPOSED else {}
    declared_of(facts, {**move.declared, **extra}, case=CaseFacts(), sender=HOME)
    if any(row.reasons_required for table in TABLES for row in table.rows_of(kind)) and kind is not Kind.REPORTED:
        assert move.reasons or kind is Kind.UNABLE


@pytest.mark.parametrize("kind", WITH_FORM, ids=lambda kind: kind.name)
def test_a_prepared_move_comes_back_into_its_form_as_it_was(kind: Kind) -> None:
    of = asking(kind, role="home" if kind in _AT_HOME else "host")
    typed = {path: list(values) for path, values in typed_whole(kind, of, MAKINGS[kind].begin(of)).typed.items()}
    data, _ = made_by(kind, of, typed)
    if kind is Kind.AGREEMENT_PROPOSED:
        return  # its terms are drawn anew: an agreement that comes back is proposed again
    form, _ = filled_with(MAKINGS[kind], of, MAKINGS[kind].back(json.loads(json.dumps(data)), of))
    again, _ = made_by(kind, of, {path: list(values) for path, values in form.typed.items()})
    assert again == data


@pytest.mark.parametrize("kind", WITH_FORM, ids=lambda kind: kind.name)
def test_whoever_signs_reads_everything_that_was_typed(kind: Kind) -> None:
    of = asking(kind, role="home" if kind in _AT_HOME else "host")
    typed = {path: list(values) for path, values in typed_whole(kind, of, MAKINGS[kind].begin(of)).typed.items()}
    data, _ = made_by(kind, of, typed)
    shown = repr(readable({name: value for name, value in data.items() if "materials" not in name}))
    for text in leaves(data):
        if text.startswith("填写"):
            assert text in shown


def leaves(value: object) -> list[str]:
    """Every text in it."""
    if isinstance(value, dict):
        return [text for each in value.values() for text in leaves(each)]
    if isinstance(value, list):
        return [text for each in value for text in leaves(each)]
    return [value] if isinstance(value, str) else []


def test_a_result_has_no_field_for_the_decision() -> None:
    of = asking(Kind.REPORTED)
    form = typed_whole(Kind.REPORTED, of, MAKINGS[Kind.REPORTED].begin(of))
    labels = [each.label for each in form.spec.fields]
    assert not any(word in label for label in labels for word in ("认定结论", "予以认定", "不予认定"))


def test_a_result_asks_for_what_an_answer_lacks() -> None:
    of = asking(Kind.REPORTED)
    typed = {
        "answer.A1.finding": ["FINDING_NOT_FOUND"],
        "answer.A2.finding": ["FINDING_FOUND"],
        "answer.A2.unable_code": ["U01"],
        "body.result.evidence.0.kind": ["EVIDENCE_KIND_WITNESS"],
        "body.result.evidence.0.description": ["工友证言"],
        "check.E1.witness-signed.met": ["1"],
    }
    data, form = made_by(Kind.REPORTED, of, typed)
    assert "选择原因" in form.fault("answer.A1.unable_code")
    assert "不选原因" in form.fault("answer.A2.unable_code")
    assert form.fault("answer.A2.text")
    assert form.fault("check.E1.witness-identity.explanation")
    assert not form.fault("check.E1.witness-signed.explanation")
    body = data["body"]
    assert isinstance(body, dict)
    assert body["result"]["evidence"][0]["evidence_id"] == "E1"


def test_evidence_keeps_its_number_when_an_earlier_one_is_taken_away() -> None:
    of = asking(Kind.REPORTED)
    typed = {
        "body.result.evidence.0.evidence_id": ["E1"],
        "body.result.evidence.0.kind": ["EVIDENCE_KIND_OBJECT"],
        "body.result.evidence.1.evidence_id": ["E2"],
        "body.result.evidence.1.kind": ["EVIDENCE_KIND_STATEMENT"],
        "check.E2.statement-signed.met": ["1"],
        "_drop": ["body.result.evidence.0"],
    }
    sent = Asking(view=of.view, kind=Kind.REPORTED, unit=HOME, staff=of.staff, today=of.today, typed=typed)
    form, _, rows_alone = typed_in(MAKINGS[Kind.REPORTED], sent)
    assert rows_alone
    assert form.text("body.result.evidence.0.evidence_id") == "E2"
    assert form.text("check.E2.statement-signed.met") == "1"
    assert not any("object-original" in each.path for each in form.spec.fields)


def test_in_a_further_round_only_what_was_asked_again_is_answered() -> None:
    asked: Json = {"supplement": {"items": [{"item_code": "A2", "reason": "Q01"}]}}
    view = a_case(Kind.REPORTED)
    entries = (*view.entries, an_act(20, "SUPPLEMENT_REQUESTED", sender=OTHER, body=asked))
    of = asking(Kind.REPORTED, entries=entries)
    row = a_row(our_role="host", host_unit=HOME, round=2)
    later = Asking(
        view=a_case(Kind.REPORTED, entries=entries, row=row),
        kind=Kind.REPORTED,
        unit=HOME,
        staff=of.staff,
        today=of.today,
    )
    assert [code for code, _, _ in of.items_of_round] == ["A1", "A2"]
    assert [code for code, _, _ in later.items_of_round] == ["A2"]


def test_amendments_of_a_subject_are_numbered_by_the_page() -> None:
    of = asking(Kind.AMENDED)
    typed = {"declared.subject": ["contact"], "body.amendment.before": ["甲"], "body.amendment.after": ["乙"]}
    data, form = made_by(Kind.AMENDED, of, typed)
    assert form.faults == {}
    assert data["declared"] == {"subject": "contact", "version": 2}
    assert "clock" not in data


def test_a_paper_act_takes_its_scan_along_and_names_the_second_person() -> None:
    of = asking(Kind.ACCEPTED, role="home")
    of = Asking(view=of.view, kind=of.kind, unit=of.unit, staff=of.staff, today=of.today, on_paper=True)
    empty, form = made_by(Kind.ACCEPTED, of, {})
    assert form.fault("paper.paper_on")
    assert "paper" not in empty
    paper = {"paper.paper_on": ["2026-07-30"], "paper.second_recorder": ["i1"], "paper.scan_material_id": [UNSENT]}
    data, form = made_by(Kind.ACCEPTED, of, paper)
    assert form.faults == {}
    assert data["materials"] == [UNSENT]
    assert data["paper"] == {
        "paper_on": "2026-07-30", "second_recorder": "i1", "second_recorder_name": "名i1", "scan_material_id": UNSENT,
    }  # fmt: skip
    held, _ = made_by(Kind.ACCEPTED, of, {**paper, "paper.scan_material_id": [SENT]})
    assert held["reused_materials"] == [SENT]


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("1280.5", 128050), ("1,280.50", 128050), ("0", 0), ("1.005", None), ("-1", None), ("NaN", None), ("1e99", None)],
)
def test_yuan_become_whole_fen(typed: str, fen: int | None) -> None:
    assert fen_of(typed) == fen


def test_an_amendment_on_its_way_counts_for_the_next_one() -> None:
    queued = QueuedMoveView(
        envelope_id=an_envelope(40),
        kind="AMENDED",
        label="更正",
        state="queued",
        queued_at=NOW,
        claimed_at=NOW,
        data={"declared": {"subject": "contact", "version": 2}},
    )
    of = asking(Kind.AMENDED, queued=(queued,))
    typed = {"declared.subject": ["contact"], "body.amendment.before": ["乙"], "body.amendment.after": ["丙"]}
    data, _ = made_by(Kind.AMENDED, of, typed)
    assert data["declared"] == {"subject": "contact", "version": 3}


def test_the_terms_of_an_agreement_are_read_before_they_are_signed() -> None:
    of = asking(Kind.AGREEMENT_PROPOSED)
    typed = {
        "to": [OTHER],
        "terms.matters": ["INVESTIGATION"],
        "terms.valid_from": ["2026-09-01"],
        "terms.times.0.clock": ["investigate"],
        "terms.times.0.working_days": ["12"],
    }
    data, form = made_by(Kind.AGREEMENT_PROPOSED, of, typed)
    assert form.faults == {}
    shown = repr(readable(data))
    for text in ("工伤认定调查", "2026-09-01", "value='调查'", "12", OTHER, HOME):
        assert text in shown


AGREED: dict[str, list[str]] = {
    "to": [OTHER], "terms.matters": ["DISABILITY_GRADE", "SELF_CARE"], "terms.modes": ["FULL_ENTRUST"],
    "terms.valid_from": ["2026-09-01"], "terms.valid_to": ["2028-08-31"], "terms.times.0.clock": ["examine"],
    "terms.times.0.working_days": ["12"], "terms.times.0.green_working_days": ["6"],
}  # fmt: skip
AT_PROVINCE = {**AGREED, "to": ["510000PO01X"], "terms.ours": [HOME], "terms.theirs": [OTHER]}


def of_record(data: Json) -> Agreement:
    """The terms as they will be signed."""
    body = cast("dict[str, dict[str, str]]", data["body"])
    return parse_agreement(b64decode(body["agreement"]["record"]))


@pytest.mark.parametrize(("unit", "typed"), [(HOME, AGREED), ("330000PO01X", AT_PROVINCE)])
def test_the_terms_say_units_matters_modes_and_times_and_can_be_changed(unit: str, typed: dict[str, list[str]]) -> None:
    of = replace(asking(Kind.AGREEMENT_PROPOSED), unit=unit)
    data, form = made_by(Kind.AGREEMENT_PROPOSED, of, typed)
    assert form.faults == {}
    terms = of_record(data)
    assert set(terms.units) == {HOME, OTHER}
    assert (terms.matters, terms.modes) == ((Matter.DISABILITY_GRADE, Matter.SELF_CARE), (AppraisalMode.FULL_ENTRUST,))
    assert (terms.times, terms.valid_to) == ((AgreedTime("examine", 12, 6),), date(2028, 8, 31))
    row = replace(of.view.row, delegation_id=terms.agreement_id)  # as it waits for approval
    again = replace(of, view=replace(of.view, row=row))
    making = MAKINGS[Kind.AGREEMENT_PROPOSED]
    filled, _ = filled_with(making, again, making.back(dict(data), again))
    assert {path: values for path, values in filled.typed.items() if values != [""]} == typed
    changed, _ = made_by(Kind.AGREEMENT_PROPOSED, again, {**typed, "terms.valid_to": ["2027-08-31"]})
    assert of_record(changed) == replace(terms, valid_to=date(2027, 8, 31))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"terms.theirs": []}, "terms.theirs"),
        ({"terms.theirs": [HOME]}, "terms.theirs"),
        ({"terms.matters": ["INVESTIGATION"]}, "terms.modes"),
        ({"terms.valid_to": ["2026-08-31"]}, "terms.valid_to"),
    ],
)
def test_terms_that_contradict_themselves_are_told_at_the_field(change: dict[str, list[str]], fault: str) -> None:
    of = replace(asking(Kind.AGREEMENT_PROPOSED), unit="330000PO01X")
    _, form = made_by(Kind.AGREEMENT_PROPOSED, of, {**AT_PROVINCE, **change})
    assert list(form.faults) == [fault]
