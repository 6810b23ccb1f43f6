"""Forms agree with the contract, answers with the node's views, examples with their forms."""

import json
from dataclasses import fields, is_dataclass
from datetime import date
from enum import EnumMeta
from typing import cast, get_args

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from pydantic import BaseModel, ValidationError

from delegation import codes
from delegation.codec_body import body_facts
from delegation.codec_json import body_from_json
from delegation.required_materials import DOCUMENTS
from gateway.examples import EXAMPLES
from gateway.incoming import filled_in
from gateway.schemas import (
    answers,
    appraisal,
    bodies,
    cases,
    drafts,
    events,
    letter,
    moves,
    old_cases,
    people,
    result,
    taking,
)
from gateway.schemas.base import Answer, Form
from node import move_input
from node.desk import account_views, business, old_case_rows, paper_views, people_views, taking_ports, views
from tests.gateway.fake_views import DELEGATION, MATERIAL
from xieban.delegation.v1 import appraisal_pb2, body_pb2, letter_pb2, result_pb2

FILES = (letter_pb2, result_pb2, body_pb2, appraisal_pb2)
MESSAGES: dict[type[BaseModel], Descriptor] = {
    getattr(module, name): descriptor
    for module, file in (
        (letter, letter_pb2),
        (result, result_pb2),
        (bodies, body_pb2),
        (appraisal, appraisal_pb2),
    )
    for name, descriptor in file.DESCRIPTOR.message_types_by_name.items()
    if hasattr(module, name)
}
# What the node fills in by itself, so that nobody else can.
FILLED_IN = {
    "Body": {"kind", "thread_id", "attestation", "materials", "reused_material_ids", "sealed_reasons", "paper"}
    | {"draw_escrow", "panel"},
    "SpecialtyPlan": {"ineligible"},
    "PanelChange": {"enters"},
}
NOT_FORMS = {"Attestation", "MaterialInfo", "PaperRecord"} | {
    "DrawEscrow", "Ineligible", "PanelExpert", "PanelRecord", "PoolCommitment", "SealedSecret",
}  # fmt: skip
LITERALS = [
    (letter.IdDocumentCode, letter_pb2.IdDocument, True),
    (letter.InsuranceModeCode, letter_pb2.InsuranceMode, True),
    (letter.ApplicantRoleCode, letter_pb2.ApplicantRole, True),
    (letter.OccupationalDiseaseCode, letter_pb2.OccupationalDisease, False),
    (result.FindingCode, result_pb2.Finding, True),
    (result.EvidenceKindCode, result_pb2.EvidenceKind, True),
    (bodies.MaterialFaultCode, body_pb2.MaterialFault, True),
    (appraisal.ObjectionByCode, appraisal_pb2.ObjectionBy, True),
    (appraisal.ExaminationFormCode, appraisal_pb2.ExaminationForm, True),
]
CODES = [
    (drafts.MatterCode, codes.Matter),
    (drafts.PlaceRoleCode, codes.PlaceRole),
    (drafts.PlaceCertaintyCode, codes.PlaceCertainty),
    (drafts.LegalBasisCode, codes.LegalBasis),
    (drafts.AppraisalKindCode, codes.AppraisalKind),
    (drafts.AppraisalModeCode, codes.AppraisalMode),
    (drafts.PriorityCode, codes.Priority),
    (drafts.ProcedureCode, codes.Procedure),
    (drafts.RelationCode, codes.Relation),
    (moves.AdoptionName, codes.Adoption),
    (moves.OutcomeName, codes.NoticeOutcome),
]


def test_every_message_of_a_body_has_a_form() -> None:
    known = {name for file in FILES for name in file.DESCRIPTOR.message_types_by_name}
    assert known - NOT_FORMS == {form.__name__ for form in MESSAGES}


@pytest.mark.parametrize("form", MESSAGES, ids=lambda form: form.__name__)
def test_a_form_has_the_fields_of_its_message(form: type[BaseModel]) -> None:
    expected = set(MESSAGES[form].fields_by_name) - FILLED_IN.get(form.__name__, set())
    assert set(form.model_fields) == expected


@pytest.mark.parametrize(("literal", "enum", "unset_is_refused"), LITERALS)
def test_codes_of_the_body_are_the_contracts(literal: object, enum: EnumMeta, unset_is_refused: bool) -> None:
    names = set(enum.keys())  # type: ignore[attr-defined] # protobuf's enum wrapper
    assert set(get_args(literal)) == {name for name in names if not (unset_is_refused and name.endswith("UNSPECIFIED"))}


@pytest.mark.parametrize(("literal", "enum"), CODES)
def test_codes_of_the_header_are_the_contracts(literal: object, enum: EnumMeta) -> None:
    assert set(get_args(literal)) == set(enum.__members__) - {"UNSPECIFIED"}


def test_adoption_of_a_body_is_the_contracts() -> None:
    field: FieldDescriptor = MESSAGES[bodies.AdoptionDetail].fields_by_name["adoption"]
    assert field.enum_type is not None
    assert set(get_args(bodies.AdoptionCode)) == set(field.enum_type.values_by_name) - {"ADOPTION_UNSPECIFIED"}


def test_materials_are_asked_for_by_the_codes_of_the_rule_book() -> None:
    assert set(get_args(bodies.DocumentCode)) == set(DOCUMENTS)


@pytest.mark.parametrize("form", EXAMPLES, ids=lambda form: form.__name__)
def test_an_example_fills_its_form_and_comes_back_as_it_was(form: type[BaseModel]) -> None:
    filled = form.model_validate_json(json.dumps(EXAMPLES[form]))
    assert filled_in(filled) == EXAMPLES[form]


def test_a_letter_of_a_form_is_a_body_of_the_contract() -> None:
    example = EXAMPLES[drafts.Draft]["letter"]
    body = body_from_json(codes.Kind.ISSUED, {"thread_id": DELEGATION, "letter": example})
    assert body_facts(body).items == (("A-1", True),)


def test_a_move_of_a_form_is_taken_by_the_node() -> None:
    assert set(moves.MoveData.model_fields) - {"business"} == move_input._FIELDS  # a letter is parsed by itself
    taken = move_input.parse_move(EXAMPLES[moves.MoveData])
    assert (taken.reasons, taken.body) == (("R01",), EXAMPLES[moves.MoveData]["body"])
    paper = {
        "paper_on": "2026-08-03",
        "second_recorder": "hz-2",
        "scan_material_id": MATERIAL,
    }
    clock = {"accepted_on": "2026-08-03", "suspensions": [{"ground": "S01", "effective_on": "2026-08-10"}]}
    form = moves.MoveData.model_validate_json(json.dumps({"paper": paper, "clock": clock}))
    again = move_input.parse_move(filled_in(form))
    assert again.paper is not None
    assert again.clock is not None
    assert again.clock.suspensions[0].ground == "S01"


def test_a_draft_of_a_form_is_taken_by_the_node() -> None:
    assert set(drafts.Draft.model_fields) == business._FIELDS
    taken = business.parse_business(EXAMPLES[drafts.Draft])
    assert (taken.matter, taken.case_key) == (codes.Matter.INVESTIGATION, "HZ-2026-0017")
    assert taken.place is not None


VIEWS = {
    cases.DueDateOut: views.DueDateView,
    cases.MoveOut: views.MoveView,
    cases.QueuedMoveOut: views.QueuedMoveView,
    cases.HandsOut: views.HandsView,
    cases.PreparedMoveOut: views.PreparedMoveView,
    cases.MaterialOut: views.MaterialView,
    cases.DeliveryOut: views.DeliveryView,
    cases.EntryOut: views.EntryView,
    cases.NegativeOut: views.NegativeView,
    cases.AlarmOut: views.AlarmView,
    cases.DelegationRowOut: views.DelegationRow,
    cases.DelegationOut: views.DelegationView,
    cases.ThreadOut: views.ThreadView,
    cases.ProblemOut: views.Problem,
    cases.DraftOut: views.DraftView,
    answers.PageOut: views.Page,
    answers.TodoItemOut: views.TodoItem,
    answers.TodoCategoryOut: views.TodoCategory,
    answers.TodoOut: views.TodoView,
    events.EventOut: views.EventView,
    events.EventPageOut: views.EventPage,
    answers.SessionOut: account_views.SessionView,
    answers.StaffOut: account_views.StaffView,
    answers.ApiKeyOut: account_views.ApiKeyView,
    answers.UnitOut: views.UnitView,
    answers.StatusOut: views.StatusView,
}
OF_PAPER = {
    taking.CaseFileOut: taking_ports.CaseFile,
    old_cases.OldCaseRowOut: paper_views.OldCaseRow,
    old_cases.OldCaseOut: paper_views.OldCaseView,
    old_cases.OldCaseOutcomeOut: paper_views.OldCaseOutcome,
}
PEOPLE: dict[type[Answer], type] = {
    people.ColleagueOut: people_views.Colleague,
    people.DeputyOut: people_views.DeputyView,
    people.OpenTaskOut: people_views.OpenTask,
    people.HeaderOut: people_views.HeaderRow,
    people.AssignmentOut: people_views.AssignmentView,
    people.LookOut: people_views.LookView,
    people.SubjectRequestOut: people_views.SubjectRequestView,
}
# What the desk's pages show and the interface does not.
ON_PAGES_ALONE = {views.Change, views.NoticeRoute, views.SavedFilter, views.DraftCheck}
COMPUTED = {"DueDateOut": {"overdue"}, "SubjectRequestOut": {"overdue"}}
PAGED = {people_views.LookPage}  # its numbers become page tokens


def test_every_view_that_is_shown_has_an_answer() -> None:
    shown = {
        view
        for module in (views, account_views)
        for view in vars(module).values()
        if is_dataclass(view) and view.__module__ == module.__name__
    }
    assert shown - ON_PAGES_ALONE == set(VIEWS.values())


def test_every_view_of_people_has_an_answer() -> None:
    views_there = {
        view for view in vars(people_views).values() if is_dataclass(view) and view.__module__ == people_views.__name__
    }
    assert views_there - PAGED == set(PEOPLE.values())


@pytest.mark.parametrize("answer", [*VIEWS, *PEOPLE], ids=lambda answer: answer.__name__)
def test_an_answer_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    expected = {field.name for field in fields(VIEWS.get(answer) or PEOPLE[answer])} | COMPUTED.get(
        answer.__name__, set()
    )
    assert set(answer.model_fields) == expected


@pytest.mark.parametrize("answer", OF_PAPER, ids=lambda answer: answer.__name__)
def test_an_answer_about_paper_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    assert set(answer.model_fields) == {field.name for field in fields(OF_PAPER[answer])}


def test_a_closed_paper_case_of_a_form_is_what_the_node_judges() -> None:
    assert set(old_cases.OldCase.model_fields) == set(old_case_rows.FIELDS)
    assert get_args(old_cases.OldCaseResult) == old_case_rows.RESULTS
    assert get_args(old_cases.OldCaseRole) == old_case_rows.ROLES
    for row in cast("list[object]", EXAMPLES[old_cases.OldCases]["items"]):
        assert old_case_rows.judge_row(row, date(2026, 8, 3)).faults == ()


class _Ward(Form):
    name: str


def test_an_error_of_a_form_does_not_show_what_was_typed() -> None:
    with pytest.raises(ValidationError) as error:
        _Ward.model_validate_json('{"name": 110101199003070009}')
    assert "110101199003070009" not in str(error.value)
