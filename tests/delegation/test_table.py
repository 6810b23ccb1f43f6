"""The table is complete: every kind has a row, every guard named exists and is used, every list is closed."""

import pytest

from delegation.clock_specs import CLOCKS, legal_source
from delegation.codes import Kind
from delegation.guards_body import BODY_GUARDS
from delegation.guards_header import HEADER_GUARDS
from delegation.guards_local import LOCAL_GUARDS
from delegation.limits import Step
from delegation.model import DeclaredDetail
from delegation.patterns import HEADER_REASONS
from delegation.reasons_codes import REASON_LIST, SEALED_CLASSES, codes, in_header, label_of
from delegation.roster_view import STEP_OF_CLOCK
from delegation.table import BusinessStatus, ClockOp, Party, Row, State, Table, Turn
from delegation.table_appraisal import APPRAISAL
from delegation.table_investigation import INVESTIGATION
from delegation.table_states import APPRAISAL_MOVES, ENDED, OPEN, OPEN_APPRAISAL
from delegation.tables import TABLES
from delegation.thread_changes import CHANGES

ALL_ROWS = [pytest.param(table, row, id=f"{table.name}-{row.name}") for table in TABLES for row in table.rows]
DECLARED = {option.__name__ for option in DeclaredDetail.__args__} | {""}
DELEGATIONS = (INVESTIGATION, APPRAISAL)
WIRE_ROWS = [row for table in TABLES for row in table.rows if not row.local]


def test_every_kind_but_unspecified_has_a_row() -> None:
    assert {row.kind for row in WIRE_ROWS} == set(Kind) - {Kind.UNSPECIFIED}


def test_every_row_of_the_protocol_is_there() -> None:
    """The rows of the investigation by kind and number, as the protocol lists them."""
    expected = {
        Kind.ISSUED: 7, Kind.SIGNED_FOR: 1, Kind.RETURNED: 1, Kind.LETTER_CORRECTED: 1, Kind.TRANSFERRED: 2,
        Kind.COMPETENCE_DISPUTED: 2, Kind.DESIGNATED: 2, Kind.REFUSED: 2, Kind.ACCEPTED: 1, Kind.ASSIGNED: 1,
        Kind.REASSIGNED: 1, Kind.EXTENSION_REQUESTED: 1, Kind.EXTENDED: 1, Kind.EXTENSION_DECLINED: 1,
        Kind.EXTENSION_DEEMED: 1, Kind.PAUSED: 3, Kind.UNPAUSED: 1, Kind.WITHDRAW_REQUESTED: 1,
        Kind.WITHDRAW_CONFIRMED: 1, Kind.WITHDRAWN: 2, Kind.REPORTED: 1, Kind.UNABLE: 1,
        Kind.SUPPLEMENT_REQUESTED: 1, Kind.COMPLETED: 1, Kind.CLOSED: 2, Kind.CANCELLED: 1, Kind.ARCHIVED: 1,
    }  # fmt: skip
    moves = {kind: len(rows) for kind, rows in INVESTIGATION.by_kind.items() if not rows[0].neutral}
    assert moves == expected


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_row_names_are_unique(table: Table) -> None:
    names = [row.name for row in table.rows]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("table", "row"), ALL_ROWS)
def test_a_row_names_what_exists(table: Table, row: Row) -> None:
    assert {*table.common_header_guards, *row.header_guards} <= set(HEADER_GUARDS)
    assert {*table.common_body_guards, *row.body_guards} <= set(BODY_GUARDS)
    assert {*table.common_local_guards, *row.local_guards} <= set(LOCAL_GUARDS)
    assert row.declares in DECLARED
    assert row.change in {"", *CHANGES}
    assert set(row.reasons) <= set(REASON_LIST)
    assert row.silence in {"", *CLOCKS}
    assert row.approval in {0, 1, 2}
    assert row.seal is (row.approval == 2)
    assert row.label
    assert row.sources
    for effect in row.clocks:
        named = effect.op in {ClockOp.START, ClockOp.START_AT_DELIVERY, ClockOp.STOP}
        assert (effect.clock in CLOCKS) if named else not effect.clock


def test_every_guard_is_used() -> None:
    header = {name for table in TABLES for name in table.common_header_guards}
    body = {name for table in TABLES for name in table.common_body_guards}
    local = {name for table in TABLES for name in table.common_local_guards}
    for row in WIRE_ROWS:
        header.update(row.header_guards)
        body.update(row.body_guards)
        local.update(row.local_guards)
    assert (header, body, local) == (set(HEADER_GUARDS), set(BODY_GUARDS), set(LOCAL_GUARDS))


def test_the_registry_runs_guards_of_the_header_alone() -> None:
    """These need the body or the sender's own accounts; what they check, the registry cannot know (protocol 11.1)."""
    assert set(BODY_GUARDS) | set(LOCAL_GUARDS) == {
        "kind_and_thread", "sealed_reasons_match", "reused_match", "material_not_sent_again", "paper_kept",
        "letter_matches", "home_is_right", "no_valid_certificate", "letter_recusal", "numbers_hold", "priority_told",
        "corrected_items_same", "defects_match", "investigators_match", "investigators_fit", "result_matches",
        "answers_cover_round", "unable_codes_told", "evidence_named", "reviewer_apart", "supplement_matches",
        "amendment_matches", "reason_told", "question_told", "terms_lawful", "not_asked_again",
        "people_enough", "people_as_recorded", "approved_unless_same_text", "result_reviewed",
        "checks_complete",
        "appraisal_asked", "decision_recorded", "pool_basis_told", "consents_given", "review_not_early",
        "plan_matches", "remedy_told", "escrow_to_office", "panel_opened", "replacement_opened",
        "none_of_a_void_panel", "recusal_reasoned", "experts_match", "proposed_enough", "appointments_stated",
        "no_conflict_declared", "appointment_matches", "move_reasoned", "notice_proven", "absence_reason_right",
        "examination_fits", "opinion_matches", "majority_holds", "grades_computed", "own_finding_fits",
        "finding_fits_matter", "result_as_formed", "conclusion_by_mode", "opinion_reviewed", "clauses_named",
        "adopted_in_one_act", "conclusion_matches", "remedy_stated",
    }  # fmt: skip
    assert not set(HEADER_GUARDS) & (set(BODY_GUARDS) | set(LOCAL_GUARDS))


def test_every_change_and_every_clock_is_used() -> None:
    assert {row.change for row in WIRE_ROWS} - {""} == set(CHANGES)
    started = {effect.clock for row in WIRE_ROWS for effect in row.clocks} - {""}
    # by facts, by every delivery, by blocking questions; once both sides did their part of a draw; on the day declared
    by_hand = {
        "statutory", "cap", "delivery", "question-answer", "draw-reveal", "draw-panel", "serve-conclusion",
        "reappraisal",
    }  # fmt: skip
    assert started | by_hand == set(CLOCKS)


def test_reason_lists_are_closed_and_the_codec_knows_the_same() -> None:
    assert {found.in_header for found in REASON_LIST.values()} == set(HEADER_REASONS)
    assert {code for code, found in REASON_LIST.items() if found.sealed} == {
        "R05", "R07", "R09", *codes("U01", "U06"), "H02", "T03", "K01", "K05", *codes("N01", "N04"),
    }  # fmt: skip
    assert {found.in_header for found in REASON_LIST.values() if found.sealed} == set(SEALED_CLASSES)
    assert in_header(codes("R01", "R10")) == {"R00", "R01", "R02", "R03", "R04", "R06", "R08", "R10"}
    assert all(label_of(code) and label_of(code) != code for code in (*REASON_LIST, *SEALED_CLASSES))


def test_lack_of_staff_is_never_a_reason_to_refuse() -> None:
    refusing = {code for row in WIRE_ROWS if row.kind is Kind.REFUSED for code in row.reasons}
    assert refusing == set(codes("R01", "R11"))
    assert "E04" not in refusing


@pytest.mark.parametrize("table", DELEGATIONS, ids=lambda table: table.name)
def test_neutral_rows_move_nothing_and_are_never_stale(table: Table) -> None:
    for row in table.rows:
        if row.neutral:
            assert row.target is None, row.name
            assert row.turn in {Turn.SAME, Turn.PROTESTED}, row.name
            assert not row.stale_after, row.name
            assert not row.silence, row.name


@pytest.mark.parametrize("table", DELEGATIONS, ids=lambda table: table.name)
def test_after_an_end_nothing_but_archiving_and_closing_events(table: Table) -> None:
    for row in table.rows:
        if row.local or not set(row.sources) & table.ends:
            continue
        assert row.kind is Kind.ARCHIVED or row.closing or row.never_stale, row.name
        assert row.target is None, row.name


@pytest.mark.parametrize(("table", "states"), [(INVESTIGATION, OPEN), (APPRAISAL, OPEN_APPRAISAL)])
def test_in_every_open_state_both_sides_or_a_province_have_a_row(table: Table, states: frozenset[State]) -> None:
    for state in states:
        movers = {party for row in table.rows if state in row.sources and not row.local for party in row.movers}
        assert len(movers) > 2, state


def test_every_state_of_an_appraisal_is_open_or_an_end() -> None:
    wire = [row for row in APPRAISAL.rows if not row.local]
    states = {state for row in wire for state in (*row.sources, row.target)} - {None, State.NONE}
    assert states == OPEN_APPRAISAL | ENDED
    assert not OPEN_APPRAISAL & ENDED
    assert State.IN_PROGRESS not in states


def test_every_kind_of_an_appraisal_is_a_move_or_a_remark() -> None:
    kinds = {row.kind for row in APPRAISAL.rows if row.kind is not None and not row.neutral}
    assert kinds == APPRAISAL_MOVES
    assert all(row.stale_after <= APPRAISAL_MOVES | {Kind.AMENDED} for row in APPRAISAL.rows)


def test_an_appraisal_shares_the_rows_that_are_no_work() -> None:
    """Approval, parties, turn of what is not the work itself are the investigation's."""
    of = {row.name: row for row in APPRAISAL.rows}
    missing = {row.name for row in INVESTIGATION.rows} - set(of)
    assert missing == {"assigned", "reassigned", "reported", "unable"}
    for row in INVESTIGATION.rows:
        if row.name not in missing | {"accepted"}:
            mine = of[row.name]
            assert (mine.kind, mine.movers, mine.approval, mine.audience) == (
                row.kind, row.movers, row.approval, row.audience,
            ), row.name  # fmt: skip


def test_only_the_home_terminates_extends_and_concludes() -> None:
    """条例 Art 25, 26, 42: what is the home's by law is nobody else's, whatever the mode."""
    homes = {
        Kind.TERMINATED, Kind.APPRAISAL_EXTENDED, Kind.CONCLUSION_ISSUED, Kind.CONCLUSION_SERVED, Kind.COMPLETED,
        Kind.REAPPRAISAL_REQUESTED, Kind.REAPPRAISAL_RESULT, Kind.CLOCK_SUSPENDED, Kind.REJUDGE_REQUESTED,
        Kind.WORKER_NOTIFIED, Kind.RECUSAL_RAISED, Kind.PANEL_VOID_DEMANDED, Kind.EXPERTS_ADMITTED,
    }  # fmt: skip
    for row in APPRAISAL.rows:
        if row.kind in homes:
            assert row.movers == (Party.HOME,), row.name


@pytest.mark.parametrize("table", DELEGATIONS, ids=lambda table: table.name)
def test_local_rows_never_travel(table: Table) -> None:
    for row in table.rows:
        assert row.local is (row.kind is None), row.name
    locals_ = {state for row in table.rows if row.local for state in (*row.sources, row.target)}
    on_wire = {state for row in table.rows if not row.local for state in (*row.sources, row.target)}
    only_local = {
        State.DRAFT, State.PENDING_APPROVAL, State.ROUTE_FAILED, State.RESULT_DRAFT, State.RESULT_REVIEW,
    }  # fmt: skip
    assert only_local <= locals_
    assert not only_local & on_wire


def test_every_state_and_status_is_reached() -> None:
    reached = {row.target for table in TABLES for row in table.rows} | {State.NONE, State.ARCHIVED}
    assert reached - {None} == set(State)
    by_change = {
        BusinessStatus.DELIVERED, BusinessStatus.UNDER_CHECK, BusinessStatus.ARCHIVED, BusinessStatus.DRAW_COMMITTED,
        BusinessStatus.DRAW_REVEALED,
    }  # fmt: skip
    assert {row.status for table in TABLES for row in table.rows} | by_change >= set(BusinessStatus)
    assert all(status.label for status in BusinessStatus)


def test_approvals_follow_the_protocol() -> None:
    one = {
        "signed_for", "accepted", "assigned", "reassigned", "extension_requested", "paused_after_silence",
        "paused_by_host", "unpaused", "withdraw_confirmed", "archived",
    }  # fmt: skip
    none = {
        "issued_after_transfer", "issued_as_designated", "issued_to_successor", "issued_to_joined", "extension_deemed",
        "withdrawn_after_silence",
    }  # fmt: skip
    moves = [row for row in INVESTIGATION.rows if not row.neutral and not row.local]
    assert {row.name for row in moves if row.approval == 1} == one
    assert {row.name for row in moves if row.approval == 0} == none
    neutral_one = {
        Kind.REMIND, Kind.QUESTION, Kind.ANSWER, Kind.PROGRESS, Kind.MATERIAL_ADDED, Kind.ORIGINALS_SENT,
        Kind.ORIGINALS_RECEIVED, Kind.ORIGINALS_RETURNED, Kind.CORRECTION_ACKNOWLEDGED,
    }  # fmt: skip
    assert {row.kind for row in INVESTIGATION.rows if row.neutral and row.approval == 1} == neutral_one


def test_every_clock_has_a_source_and_agreed_ones_a_name_that_agreements_know() -> None:
    for name, spec in CLOCKS.items():
        assert legal_source(name)
        if spec.step is not None and name != "coordination":
            assert STEP_OF_CLOCK[name] is spec.step
    assert legal_source("unknown") == ""
    assert {spec.step for spec in CLOCKS.values()} >= {Step.SIGN, Step.CHECK, Step.SILENCE, Step.REISSUE}
