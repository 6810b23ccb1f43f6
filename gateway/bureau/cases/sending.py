"""From a filled-in form to a move: checked by the API's own form, sent on the version that was seen, stale or not.

Pressing twice, going back and sending again are harmless: an act that is the same and on its way is not made again.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from delegation.codes import Kind
from delegation.errors import Reason, Refusal
from gateway.bureau.cases.asking import Asking, Json, Making
from gateway.bureau.cases.forms_asked import pointer_of
from gateway.bureau.cases.model import mark, sequence_of
from gateway.bureau.cases.rules import table_of, why_not
from gateway.bureau.forms.filled import MISSING, Filled, missing, to_json
from gateway.incoming import filled_in, parse_form
from gateway.problems import FieldError, InvalidInputError
from gateway.schemas.moves import MoveData
from node.desk.ports import Actor, DeskPort
from node.desk.views import DelegationView

_TRIES: Final = 3
NO_FIELD: Final = "_"  # where a fault stands that is about no field of the form
_SAID: Final = frozenset({Kind.QUESTION, Kind.ANSWER, Kind.PROGRESS})  # saying the same twice in a row is a slip
_STALE: Final = frozenset({Reason.EDITED_MEANWHILE, Reason.STALE})
# What pydantic's rules mean for a person.
_RULES: Final[Mapping[str, str]] = {
    "string_too_long": "太长了，请缩短", "too_long": "项数太多", "string_pattern_mismatch": "格式不对",
    "missing": "请填写此项", "control_character": "含有不能使用的字符", "day_out_of_bounds": "日期超出范围",
}  # fmt: skip
# Which field a guard is about, where it is about one.
_GUARD_FIELDS: Final[Mapping[str, str]] = {
    "reason_told": "body.text", "question_told": "body.question.text", "extension_length": "declared.working_days",
    "extension_first": "declared.working_days", "days_as_asked": "declared.working_days",
    "unit_named": "declared.unit", "hop_counts": "declared.unit", "unit_named_or_none": "declared.unit",
    "unit_of_own_province": "declared.unit", "investigators_fit": "body.assignment.investigators",
    "investigators_two": "body.assignment.investigators", "defects_only_new": "body.return_notice.defects",
    "defects_listed": "body.return_notice.defects", "supplement_matches": "body.supplement.items",
    "reviewer_apart": "body.result.reviewer_staff_id", "result_reviewed": "body.result.reviewer_staff_id",
    "evidence_named": "body.result.evidence", "suspension_new": "declared.effective_on",
    "suspension_ends": "declared.effective_on", "priority_new": "priority", "amendable": "declared.subject",
    "amendment_counts": "declared.subject",
    "clock_amended": "clock.accepted_on", "letter_counts": "declared.changed_subjects",
    "corrected_items_same": "declared.changed_subjects", "material_not_sent_again": "materials",
    "paper_kept": "paper.second_recorder", "paper_recorded": "paper.paper_on",
    "accepted_before": "clock.accepted_on", "home_is_right": "letter.insurance.mode",
    "letter_recusal": "letter.recusal_declared", "numbers_hold": "letter.worker.id_number",
    "time_left_confirmed": "short_time_confirmed", "legal_basis_right": "legal_basis",
    # an appraisal
    "strata_fit": "plan", "plan_matches": "plan", "too_few": "plan", "strata_current": "plan",
    "remedy_told": "body.specialties.remedy", "none_of_a_void_panel": "body.panel_change.leaves",
    "next_reserve_enters": "body.panel_change.leaves", "recusal_reasoned": "body.recusal.reason",
    "proposed_enough": "body.experts.experts", "twice_the_panel": "body.experts.experts",
    "admitted_of_proposed": "body.experts.experts", "appointments_stated": "body.experts.experts",
    "no_conflict_declared": "body.experts.experts", "experts_as_panel": "body.experts.experts",
    "appointment_not_past": "body.appointment.at", "instead_of_the_last": "body.appointment.at",
    "move_reasoned": "body.appointment.reason", "served_before": "declared.served_on",
    "notice_proven": "body.worker_notice.proof_material_id", "absence_counts": "reasons",
    "absence_reason_right": "reasons", "day_appointed": "body.examination.at",
    "examination_fits": "body.examination.experts", "tests_ahead": "declared.expected_on",
    "majority_holds": "body.opinion.dissent", "finding_fits_matter": "body.opinion.majority.grade",
    "opinion_reviewed": "body.appraisal_result.reviewer_staff_id", "clauses_named": "clauses",
    "concluded_once": "body.conclusion.on", "served_once": "body.conclusion.on",
    "dated_until_today": "body.conclusion.on", "remedy_stated": "body.conclusion.remedy_told",
    "conclusion_by_mode": "body.appraisal_result.conclusion.number",
    "priority_told": "letter.priority_reason",
}  # fmt: skip


@dataclass  # not frozen: an exception is written to while it is passed on
class StaleError(Exception):
    """Something happened since the form was opened; `view` is what there is now."""

    view: DelegationView


@dataclass  # as above
class SentAlreadyError(Exception):
    """The same act is already on its way, or waits for approval as `move_id`."""

    move_id: str = ""


def data_of(form: Filled, making: Making, asking: Asking, *, hidden: Json) -> Json:
    """The move's data; what is wrong is noted in the form."""
    made = to_json(form)
    missing(form)
    for path in [path for path in form.faults if not making.needed(path)]:
        if form.faults[path] in MISSING:
            del form.faults[path]
    making.check(form, asking)
    data = making.finish(made, asking)
    _with_paper(data, asking)
    for name, value in hidden.items():
        if value:
            data.setdefault(name, value)
    if form.faults:
        return data
    try:
        checked = parse_form(MoveData, json.dumps(data, ensure_ascii=False).encode())
    except InvalidInputError as error:
        _note(form, error.errors)
        return data
    return filled_in(checked)


def _with_paper(data: Json, asking: Asking) -> None:
    """A paper act takes its scan along; the second person has a name."""
    paper = data.get("paper")
    if not isinstance(paper, dict):
        return
    named = next((each.name for each in asking.staff if each.staff_id == paper.get("second_recorder")), "")
    if named:
        paper["second_recorder_name"] = named
    scan = paper.get("scan_material_id")
    name = "materials" if scan in {each.material_id for each in asking.unsent} else "reused_materials"
    listed = data.get(name, [])
    if scan and isinstance(listed, list) and scan not in listed:
        data[name] = [*listed, scan]


def _note(form: Filled, errors: tuple[FieldError, ...]) -> None:
    for error in errors:
        path = error.location.removeprefix("body.")
        form.faults.setdefault(_nearest(form, path), _RULES.get(error.rule, "填写内容有误"))


def _nearest(form: Filled, path: str) -> str:
    """The field of the form that a path of the data means: itself, with `body.` before, or the group that it is in."""
    paths = [each.path for each in form.spec.fields] + [rows.path for rows in form.spec.rows]
    plain = ".".join(part for part in path.split(".") if not part.isdigit())
    for wanted in (path, f"body.{path}", plain, f"body.{plain}", plain.removeprefix("business.")):
        if wanted in paths:
            return wanted
        for rows in form.spec.rows:
            for each in rows.fields:
                if wanted == f"{rows.path}.{each.path}":
                    empty = next(
                        (n for n in range(form.count(rows)) if not form.text(f"{rows.path}.{n}.{each.path}")), 0
                    )
                    return f"{rows.path}.{empty}.{each.path}"
                if wanted.startswith(f"{rows.path}."):
                    return wanted if form.text(wanted) else rows.path
    return path


def note_refusal(form: Filled, refusal: Refusal, asking: Asking) -> bool:
    """Put a refusal beside its field. False when no field of the form is meant."""
    details = refusal.details
    words = why_not(refusal.reason.value, details, table_of(asking.view).rows_of(asking.kind))
    pointer, told = pointer_of(refusal, form)
    if pointer:
        form.faults[pointer] = told
        return True
    guard = details.get("guard", "")
    path = _GUARD_FIELDS.get(guard, "")
    if refusal.reason is Reason.INVALID_INPUT:
        path = _nearest(form, details.get("field", ""))
    known = {each.path for each in form.spec.fields} | {rows.path for rows in form.spec.rows}
    form.faults[path or NO_FIELD] = words
    return path in known or any(path.startswith(f"{rows.path}.") for rows in form.spec.rows)


async def send(desk: DeskPort, actor: Actor, asking: Asking, data: Json, *, version: int, seen: str, two: bool) -> str:
    """Make the move, or prepare it for another person. The prepared move's id, empty for one that is made.

    What changed nothing that the person saw (evidence of a delivery, say) does not make the form stale, nor does
    anything a kind that moves nothing.

    Raises:
        StaleError: something happened since; SentAlreadyError: the same is on its way; Refusal otherwise.
    """
    view, kind = asking.view, asking.kind
    for _ in range(_TRIES):
        _look_for_twin(view, actor, kind, data, two=two)
        try:
            if two:
                return (await desk.prepare_move(actor, view.row.delegation_id, kind.name, data, version)).move_id
            await desk.act(actor, view.row.delegation_id, kind.name, data, version)
        except Refusal as refusal:
            if refusal.reason not in _STALE:
                raise
            view = await desk.get_delegation(actor, view.row.delegation_id)
            if _changed_for(view, seen, kind, actor):
                _look_for_twin(view, actor, kind, data, two=two)
                raise StaleError(view) from None
            version = view.version
        else:
            return ""
    raise StaleError(view)


def _changed_for(view: DelegationView, seen: str, kind: Kind, actor: Actor) -> bool:
    if mark(view) == seen:
        return False
    table, last = table_of(view), sequence_of(seen)
    new = [each for each in view.entries if each.sequence > last]
    mine = [each for each in new if each.sender_unit == actor.unit]
    if kind not in table.neutral_kinds:
        # Each side archives for itself: the other's archiving is no news to who archives.
        each_for_itself = kind is Kind.ARCHIVED and bool(new) and not mine
        return not (each_for_itself and all(each.kind == kind.name for each in new))
    return kind.name in {each.kind for each in mine} | {each.kind for each in view.queued}


def _look_for_twin(view: DelegationView, actor: Actor, kind: Kind, data: Json, *, two: bool) -> None:
    if two:
        for each in view.prepared:
            same = each.kind == kind.name and each.data == data and each.state == "prepared"
            if same and each.prepared_by == actor.staff_id:
                raise SentAlreadyError(each.move_id)
        return
    for queued in view.queued:
        if queued.kind == kind.name and queued.state == "queued" and queued.data == data:
            raise SentAlreadyError
    if kind in _SAID and _said_last(view, actor, kind, data):
        raise SentAlreadyError


def _said_last(view: DelegationView, actor: Actor, kind: Kind, data: Json) -> bool:
    """What the unit said last in this kind says the same: the browser's way back, then the button once more."""
    body = data.get("body")
    mine = [each for each in view.entries if each.sender_unit == actor.unit and each.kind == kind.name]
    if not isinstance(body, Mapping) or not body or not mine:
        return False
    last, said = mine[-1], mine[-1].body or {}
    same_answer = last.in_reply_to == str(data.get("in_reply_to") or "")
    return same_answer and not data.get("materials") and all(said.get(name) == value for name, value in body.items())
