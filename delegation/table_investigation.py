"""The table of the investigation thread 异地工伤认定委托调查, whole (protocol 5.1, 5.2). Data: no row is an if-ladder.

Numbers of days are the clocks' (`clocks`), codes are `reasons_codes`'. A row with `silence` is legal for the waiting
side only after that clock has run out; until it is accepted a late answer is an answer. On paper the home sends the
host's rows with `recorded_by_home`, two people and the seal (`lifecycle` and guard `paper_recorded`).
"""

from collections.abc import Iterable
from typing import Final

from delegation.codes import Kind, Matter, ThreadType
from delegation.reasons_codes import codes
from delegation.table import Audience, BusinessStatus, ClockEffect, ClockOp, Party, Row, State, Table, Turn
from delegation.table_local import LOCAL_ROWS
from delegation.table_neutral import NEUTRAL_ROWS
from delegation.table_states import CLOSED, MOVES, OPEN

_S = State
_K = Kind
_B = BusinessStatus


def _start(clock: str) -> ClockEffect:
    return ClockEffect(ClockOp.START, clock)


def _at_delivery(clock: str) -> ClockEffect:
    return ClockEffect(ClockOp.START_AT_DELIVERY, clock)


def _stop(clock: str) -> ClockEffect:
    return ClockEffect(ClockOp.STOP, clock)


_STATUTORY: Final = ClockEffect(ClockOp.STATUTORY)
_STOP_AGREED: Final = ClockEffect(ClockOp.STOP_AGREED)
_STOP_ALL: Final = ClockEffect(ClockOp.STOP_ALL)
_CLOSE: Final = (_STOP_ALL, _start("archive"))


def _but(*commuting: Kind, also: Iterable[Kind] = ()) -> frozenset[Kind]:
    """Every move of another party makes it stale but these; with some neutral kinds on top."""
    return MOVES - frozenset(commuting) | frozenset(also)


_LETTER_GUARDS: Final = (
    "letter_counts", "accepted_before", "procedure_stated", "place_stated", "priority_stated",
    "legal_basis_right", "agreement_holds", "right_types", "time_left_confirmed",
)  # fmt: skip
_LETTER_BODY: Final = (
    "letter_matches", "home_is_right", "no_valid_certificate", "letter_recusal", "numbers_hold", "priority_told",
)  # fmt: skip
_HOST_WORKS: Final = (
    _K.SIGNED_FOR, _K.RETURNED, _K.ACCEPTED, _K.ASSIGNED, _K.REASSIGNED, _K.EXTENSION_REQUESTED, _K.EXTENSION_DEEMED,
    _K.PAUSED, _K.UNPAUSED,
)  # fmt: skip
_ART14 = "《工伤认定办法》第十四条"

# The letter and who gets it.
_BEGINNING: Final = (
    Row(
        name="issued", label="委托", kind=_K.ISSUED, movers=(Party.HOME,), sources=frozenset({_S.NONE}),
        target=_S.ISSUED, turn=Turn.HOST, approval=2, status=_B.ISSUED, declares="LetterDeclared",
        header_guards=("thread_begins", *_LETTER_GUARDS, "competent_unit"), body_guards=_LETTER_BODY,
        stale_after=_but(),
        clocks=(_STATUTORY, _at_delivery("sign")), change="letter", law=_ART14,
    ),
    Row(
        name="issued_after_transfer", label="再发（转办）", kind=_K.ISSUED, movers=(Party.HOME_NODE, Party.HOME),
        sources=frozenset({_S.TRANSFERRED}), target=_S.ISSUED, turn=Turn.HOST, approval=0, status=_B.ISSUED,
        reasons=("T01", "T02", "T03"), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "transfer_target", "other_unit"), body_guards=_LETTER_BODY,
        local_guards=("approved_unless_same_text",), stale_after=_but(),
        clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
    Row(
        name="issued_as_designated", label="再发（指定管辖）", kind=_K.ISSUED, movers=(Party.HOME_NODE, Party.HOME),
        sources=frozenset({_S.AWAITING_DESIGNATION}), target=_S.ISSUED, turn=Turn.HOST, approval=0, status=_B.ISSUED,
        reasons=("T06",), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "as_designated"), body_guards=_LETTER_BODY,
        local_guards=("approved_unless_same_text",), stale_after=_but(_K.DESIGNATED),
        clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
    Row(
        name="issued_after_silence", label="再发（无指定，委托方选定）", kind=_K.ISSUED, movers=(Party.HOME,),
        sources=frozenset({_S.AWAITING_DESIGNATION}), target=_S.ISSUED, turn=Turn.HOST, approval=2, status=_B.ISSUED,
        reasons=("T01",), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "superiors_silent"), body_guards=(*_LETTER_BODY, "reason_told"),
        stale_after=_but(), clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
    Row(
        name="issued_after_refusal", label="再发（另一有管辖权单位）", kind=_K.ISSUED, movers=(Party.HOME,),
        sources=frozenset({_S.REFUSED}), target=_S.ISSUED, turn=Turn.HOST, approval=2, status=_B.ISSUED,
        reasons=("T01", "T03"), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "competent_unit", "other_unit"), body_guards=_LETTER_BODY,
        stale_after=_but(), clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
    Row(
        name="issued_to_successor", label="再发（机构承继）", kind=_K.ISSUED,
        movers=(Party.HOME_NODE, Party.HOME, Party.HOME_SUCCESSOR), sources=OPEN, target=_S.ISSUED, turn=Turn.HOST,
        approval=0, status=_B.ISSUED, reasons=("T04",), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "succession_true"), body_guards=_LETTER_BODY,
        local_guards=("approved_unless_same_text",), stale_after=_but(*_HOST_WORKS),
        clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
    Row(
        name="issued_to_joined", label="再发（单位入网）", kind=_K.ISSUED, movers=(Party.HOME_NODE, Party.HOME),
        sources=OPEN, target=_S.ISSUED, turn=Turn.HOST, approval=0, status=_B.ISSUED,
        reasons=("T05",), reasons_required=True, declares="LetterDeclared",
        header_guards=("leg_follows", *_LETTER_GUARDS, "host_joined"), body_guards=_LETTER_BODY,
        local_guards=("approved_unless_same_text",), stale_after=_but(*_HOST_WORKS),
        clocks=(_STOP_AGREED, _STATUTORY, _at_delivery("sign")), change="next_leg", law=_ART14,
    ),
)  # fmt: skip

# The host takes it, gives it back or says whose it is.
_DECIDING: Final = (
    Row(
        name="signed_for", label="签收", kind=_K.SIGNED_FOR, movers=(Party.HOST,), sources=frozenset({_S.ISSUED}),
        target=_S.SIGNED_FOR, turn=Turn.HOST, approval=1, status=_B.SIGNED_FOR, stale_after=_but(),
        clocks=(_stop("delivery"), _stop("sign"), _start("decide")), change="delivered_by_act",
    ),
    Row(
        name="returned", label="退回补正", kind=_K.RETURNED, movers=(Party.HOST,), sources=frozenset({_S.SIGNED_FOR}),
        target=_S.RETURNED_FOR_CORRECTION, turn=Turn.HOME, approval=2, status=_B.RETURNED_FOR_CORRECTION,
        reasons=codes("B01", "B07"), reasons_required=True, declares="ReturnDeclared",
        header_guards=("defects_listed", "defects_only_new"), body_guards=("defects_match", "not_asked_again"),
        stale_after=_but(),
        clocks=(_stop("decide"), _start("correction")), change="returned",
        law="一次性告知：《工伤保险条例》第十八条；《工伤认定办法》第八条",
    ),
    Row(
        name="letter_corrected", label="补正", kind=_K.LETTER_CORRECTED, movers=(Party.HOME,),
        sources=frozenset({_S.RETURNED_FOR_CORRECTION}), target=_S.ISSUED, turn=Turn.HOST, approval=2,
        status=_B.ISSUED, declares="LetterDeclared", header_guards=(*_LETTER_GUARDS, "same_host"),
        body_guards=(*_LETTER_BODY, "corrected_items_same"), stale_after=_but(),
        clocks=(_stop("correction"), _STATUTORY, _at_delivery("sign")), change="corrected",
    ),
    Row(
        name="transferred", label="转办", kind=_K.TRANSFERRED, movers=(Party.HOST,), sources=frozenset({_S.SIGNED_FOR}),
        target=_S.TRANSFERRED, turn=Turn.HOME, approval=2, status=_B.TRANSFERRED, reasons=codes("T01", "T03"),
        reasons_required=True, declares="CompetenceDeclared", header_guards=("unit_named", "hop_counts", "hops_left"),
        stale_after=_but(), clocks=(_stop("decide"), _start("reissue")), change="transferred",
    ),
    Row(
        name="transferred_third", label="第三次转办", kind=_K.TRANSFERRED, movers=(Party.HOST,),
        sources=frozenset({_S.SIGNED_FOR}), target=_S.AWAITING_DESIGNATION, turn=Turn.SUPERIORS, approval=2,
        audience=Audience.OTHER_SIDE_AND_SUPERIORS, status=_B.AWAITING_DESIGNATION, reasons=codes("T01", "T03"),
        reasons_required=True, declares="CompetenceDeclared", header_guards=("unit_named", "hop_counts", "hops_spent"),
        stale_after=_but(), clocks=(_stop("decide"), _start("designation")), change="disputed_after_hops",
    ),
    Row(
        name="competence_disputed_by_host", label="提请指定管辖", kind=_K.COMPETENCE_DISPUTED, movers=(Party.HOST,),
        sources=frozenset({_S.SIGNED_FOR}), target=_S.AWAITING_DESIGNATION, turn=Turn.SUPERIORS, approval=2,
        audience=Audience.OTHER_SIDE_AND_SUPERIORS, status=_B.AWAITING_DESIGNATION, reasons=("R01", "R02", "R10"),
        reasons_required=True, declares="CompetenceDeclared", header_guards=("unit_named_or_none",),
        stale_after=_but(), clocks=(_STOP_AGREED, _start("designation")), change="disputed",
    ),
    Row(
        name="competence_disputed_by_home", label="提请指定管辖", kind=_K.COMPETENCE_DISPUTED, movers=(Party.HOME,),
        sources=frozenset({_S.TRANSFERRED, _S.REFUSED}), target=_S.AWAITING_DESIGNATION, turn=Turn.SUPERIORS,
        approval=2, audience=Audience.OTHER_SIDE_AND_SUPERIORS, status=_B.AWAITING_DESIGNATION,
        reasons=("R01", "R02", "R10"), reasons_required=True, declares="CompetenceDeclared",
        header_guards=("unit_named_or_none", "refusal_disputable"), stale_after=_but(),
        clocks=(_STOP_AGREED, _start("designation")), change="disputed",
    ),
    Row(
        name="designated", label="指定管辖", kind=_K.DESIGNATED, movers=(Party.SUPERIOR,),
        sources=frozenset({_S.AWAITING_DESIGNATION}), target=_S.AWAITING_DESIGNATION, turn=Turn.SAME, approval=2,
        audience=Audience.PARTIES, reasons=("T06",), reasons_required=True, declares="CompetenceDeclared",
        header_guards=("unit_named", "designation_timely", "designation_open"),
        stale_after=_but(_K.DESIGNATED), change="designation",
    ),
    Row(
        name="reassigned_by_province", label="改派", kind=_K.DESIGNATED, movers=(Party.HOST_PROVINCE,),
        sources=frozenset({_S.ISSUED, _S.SIGNED_FOR, _S.ACCEPTED, _S.IN_PROGRESS}), target=_S.AWAITING_DESIGNATION,
        turn=Turn.HOME, approval=2, audience=Audience.PARTIES, status=_B.DESIGNATED, reasons=("T06",),
        reasons_required=True, declares="CompetenceDeclared",
        header_guards=("unit_named", "host_overdue", "supervision_unanswered", "unit_of_own_province"),
        stale_after=_but(), clocks=(_STOP_AGREED, _start("reissue")), change="designated_by_province",
    ),
    Row(
        name="refused", label="不予受托", kind=_K.REFUSED, movers=(Party.HOST,), sources=frozenset({_S.SIGNED_FOR}),
        target=_S.REFUSED, turn=Turn.HOME, approval=2, status=_B.REFUSED, reasons=codes("R01", "R10"),
        reasons_required=True, stale_after=_but(), clocks=(_stop("decide"), _start("close-refused")),
        body_guards=("reason_told",), change="refused",
    ),
    Row(
        name="refused_after_silence", label="不予受托（逾期未补正）", kind=_K.REFUSED, movers=(Party.HOST,),
        sources=frozenset({_S.RETURNED_FOR_CORRECTION}), target=_S.REFUSED, turn=Turn.HOME, approval=2,
        status=_B.REFUSED, reasons=("R11",), reasons_required=True, header_guards=("silence_over",),
        silence="correction", stale_after=_but(), clocks=(_stop("correction"), _start("close-refused")),
        change="refused",
    ),
    Row(
        name="accepted", label="受托受理", kind=_K.ACCEPTED, movers=(Party.HOST,), sources=frozenset({_S.SIGNED_FOR}),
        target=_S.ACCEPTED, turn=Turn.HOST, approval=1, status=_B.ACCEPTED, stale_after=_but(),
        clocks=(_stop("decide"), _start("assign"), _start("investigate")),
    ),
)  # fmt: skip

# The host works.
_WORKING: Final = (
    Row(
        name="assigned", label="分派", kind=_K.ASSIGNED, movers=(Party.HOST,),
        sources=frozenset({_S.ACCEPTED, _S.SUPPLEMENT_REQUESTED}), target=_S.IN_PROGRESS, turn=Turn.HOST, approval=1,
        status=_B.INVESTIGATING, declares="AssignmentDeclared", header_guards=("investigators_two",),
        body_guards=("investigators_match", "investigators_fit"), stale_after=_but(_K.EXTENDED, _K.EXTENSION_DECLINED),
        clocks=(_stop("delivery"), _stop("assign")), change="assigned", law="《工伤认定办法》第十条、第十六条",
    ),
    Row(
        name="reassigned", label="换人", kind=_K.REASSIGNED, movers=(Party.HOST,), sources=frozenset({_S.IN_PROGRESS}),
        target=_S.IN_PROGRESS, turn=Turn.SAME, approval=1, reasons=("K01", "K04", "K06"), reasons_required=True,
        declares="AssignmentDeclared", header_guards=("investigators_two",),
        body_guards=("investigators_match", "investigators_fit"),
        stale_after=_but(_K.EXTENDED, _K.EXTENSION_DECLINED, _K.PAUSED, _K.UNPAUSED),
        law="《工伤认定办法》第十条、第十六条",
    ),
    Row(
        name="extension_requested", label="申请延期", kind=_K.EXTENSION_REQUESTED, movers=(Party.HOST,),
        sources=frozenset({_S.ACCEPTED, _S.IN_PROGRESS}), target=None, turn=Turn.HOME, approval=1,
        reasons=codes("E01", "E05"), reasons_required=True, declares="ExtensionDeclared",
        header_guards=("extension_first", "before_expiry"), stale_after=_but(_K.PAUSED, _K.UNPAUSED),
        clocks=(_start("extension-answer"),), change="extension_asked",
    ),
    Row(
        name="extended", label="准予延期", kind=_K.EXTENDED, movers=(Party.HOME,),
        sources=frozenset({_S.ACCEPTED, _S.IN_PROGRESS}), target=None, turn=Turn.HOST, approval=2,
        declares="ExtensionDeclared", header_guards=("extension_open", "extension_length"),
        stale_after=_but(_K.ASSIGNED, _K.REASSIGNED, _K.PAUSED, _K.UNPAUSED),
        clocks=(_stop("extension-answer"), ClockEffect(ClockOp.EXTEND)), change="extension_answered",
    ),
    Row(
        name="extension_declined", label="不予延期", kind=_K.EXTENSION_DECLINED, movers=(Party.HOME,),
        sources=frozenset({_S.ACCEPTED, _S.IN_PROGRESS}), target=None, turn=Turn.HOST, approval=2,
        header_guards=("extension_open",), body_guards=("reason_told",),
        stale_after=_but(_K.ASSIGNED, _K.REASSIGNED, _K.PAUSED, _K.UNPAUSED),
        clocks=(_stop("extension-answer"),), change="extension_answered",
    ),
    Row(
        name="extension_deemed", label="视为准予", kind=_K.EXTENSION_DEEMED, movers=(Party.HOST_NODE, Party.HOST),
        sources=frozenset({_S.ACCEPTED, _S.IN_PROGRESS}), target=None, turn=Turn.HOST, approval=0,
        declares="ExtensionDeclared", header_guards=("extension_open", "days_as_asked", "silence_over"),
        silence="extension-answer", stale_after=_but(_K.PAUSED, _K.UNPAUSED),
        clocks=(_stop("extension-answer"), ClockEffect(ClockOp.EXTEND)), change="extension_answered",
    ),
    Row(
        name="paused_after_silence", label="暂停（待答复）", kind=_K.PAUSED, movers=(Party.HOST,),
        sources=frozenset({_S.IN_PROGRESS}), target=_S.IN_PROGRESS, turn=Turn.HOME, approval=1, status=_B.PAUSED,
        reasons=("H01",), reasons_required=True, header_guards=("not_paused", "silence_over"),
        silence="question-answer", stale_after=_but(_K.EXTENDED, _K.EXTENSION_DECLINED),
        clocks=(ClockEffect(ClockOp.PAUSE),), change="paused",
    ),
    Row(
        name="paused_by_host", label="暂停", kind=_K.PAUSED, movers=(Party.HOST,),
        sources=frozenset({_S.IN_PROGRESS}), target=_S.IN_PROGRESS, turn=Turn.SAME, approval=1, status=_B.PAUSED,
        reasons=codes("H02", "H04"), reasons_required=True, header_guards=("not_paused",),
        stale_after=_but(_K.EXTENDED, _K.EXTENSION_DECLINED), clocks=(ClockEffect(ClockOp.PAUSE),), change="paused",
    ),
    Row(
        name="paused_by_home", label="暂停（时限中止）", kind=_K.PAUSED, movers=(Party.HOME,),
        sources=frozenset({_S.IN_PROGRESS}), target=_S.IN_PROGRESS, turn=Turn.SAME, approval=2, status=_B.PAUSED,
        reasons=("H05",), reasons_required=True, header_guards=("not_paused", "clock_suspended"),
        stale_after=_but(_K.REASSIGNED, _K.EXTENSION_REQUESTED, _K.EXTENSION_DEEMED),
        clocks=(ClockEffect(ClockOp.PAUSE),), change="paused",
    ),
    Row(
        name="unpaused", label="恢复办理", kind=_K.UNPAUSED, movers=(Party.HOST, Party.HOME),
        sources=frozenset({_S.IN_PROGRESS}), target=_S.IN_PROGRESS, turn=Turn.HOST, approval=1,
        status=_B.INVESTIGATING, header_guards=("is_paused",),
        stale_after=_but(
            _K.REASSIGNED, _K.EXTENSION_REQUESTED, _K.EXTENDED, _K.EXTENSION_DECLINED, _K.EXTENSION_DEEMED
        ),
        clocks=(ClockEffect(ClockOp.UNPAUSE),), change="unpaused",
    ),
    Row(
        name="reported", label="提交结果", kind=_K.REPORTED, movers=(Party.HOST,),
        sources=frozenset({_S.IN_PROGRESS, _S.WITHDRAW_REQUESTED}), target=_S.REPORTED, turn=Turn.HOME, approval=2,
        status=_B.REPORTED, reasons=codes("U01", "U07"), declares="ResultDeclared",
        header_guards=("result_counts", "something_found", "checks_closed"),
        body_guards=("result_matches", "answers_cover_round", "unable_codes_told", "evidence_named", "reviewer_apart"),
        local_guards=("result_reviewed", "checks_complete"),
        stale_after=_but(_K.WITHDRAW_REQUESTED, _K.EXTENDED, _K.EXTENSION_DECLINED, _K.PAUSED, _K.UNPAUSED),
        clocks=(_STOP_AGREED, _at_delivery("check")), change="reported",
        law="事实与证据，不含认定结论：《工伤认定办法》第十四条；《行政诉讼法》第三十三条",
    ),
    Row(
        name="unable", label="无法完成", kind=_K.UNABLE, movers=(Party.HOST,), sources=frozenset({_S.IN_PROGRESS}),
        target=_S.REPORTED, turn=Turn.HOME, approval=2, status=_B.UNABLE, reasons=codes("U01", "U07"),
        reasons_required=True, declares="ResultDeclared",
        header_guards=("result_counts", "nothing_found", "checks_closed", "nothing_new_later"),
        body_guards=("result_matches", "answers_cover_round", "unable_codes_told", "evidence_named", "reviewer_apart"),
        local_guards=("result_reviewed", "checks_complete"),
        stale_after=_but(_K.EXTENDED, _K.EXTENSION_DECLINED, _K.PAUSED, _K.UNPAUSED),
        clocks=(_STOP_AGREED, _at_delivery("check")), change="reported",
    ),
)  # fmt: skip

# The home checks, or it ends otherwise.
_ENDING: Final = (
    Row(
        name="withdraw_requested", label="撤回", kind=_K.WITHDRAW_REQUESTED, movers=(Party.HOME,),
        sources=frozenset({
            _S.ISSUED, _S.SIGNED_FOR, _S.RETURNED_FOR_CORRECTION, _S.ACCEPTED, _S.IN_PROGRESS, _S.SUPPLEMENT_REQUESTED,
        }),
        target=_S.WITHDRAW_REQUESTED, turn=Turn.HOST, approval=2, status=_B.WITHDRAW_REQUESTED,
        reasons=codes("W01", "W07"), reasons_required=True, stale_after=_but(*_HOST_WORKS),
        clocks=(_STOP_AGREED, _start("hand-over")),
    ),
    Row(
        name="withdraw_confirmed", label="确认撤回", kind=_K.WITHDRAW_CONFIRMED, movers=(Party.HOST,),
        sources=frozenset({_S.WITHDRAW_REQUESTED}), target=_S.WITHDRAWN, turn=Turn.NOBODY, approval=1,
        status=_B.WITHDRAWN, declares="MaterialsDeclared", stale_after=_but(), clocks=_CLOSE,
    ),
    Row(
        name="withdrawn_after_silence", label="撤回生效", kind=_K.WITHDRAWN, movers=(Party.HOME_NODE, Party.HOME),
        sources=frozenset({_S.WITHDRAW_REQUESTED}), target=_S.WITHDRAWN, turn=Turn.NOBODY, approval=0,
        status=_B.WITHDRAWN, reasons=codes("W01", "W07"), reasons_required=True, header_guards=("silence_over",),
        silence="hand-over", stale_after=_but(), clocks=_CLOSE,
    ),
    Row(
        name="withdrawn_at_once", label="撤回生效", kind=_K.WITHDRAWN, movers=(Party.HOME,),
        sources=frozenset({_S.TRANSFERRED, _S.AWAITING_DESIGNATION}), target=_S.WITHDRAWN, turn=Turn.NOBODY,
        approval=2, status=_B.WITHDRAWN, reasons=codes("W01", "W07"), reasons_required=True,
        stale_after=_but(_K.DESIGNATED), clocks=_CLOSE,
    ),
    Row(
        name="supplement_requested", label="补充调查", kind=_K.SUPPLEMENT_REQUESTED, movers=(Party.HOME,),
        sources=frozenset({_S.REPORTED}), target=_S.SUPPLEMENT_REQUESTED, turn=Turn.HOST, approval=2,
        status=_B.SUPPLEMENT_REQUESTED, reasons=codes("Q01", "Q04"), reasons_required=True,
        declares="SupplementDeclared", header_guards=("round_follows", "supplement_counts"),
        body_guards=("supplement_matches", "not_asked_again"), stale_after=_but(also=(_K.AMENDED,)),
        clocks=(_stop("delivery"), _stop("check"), _at_delivery("supplement"), _at_delivery("assign")),
        change="supplement",
    ),
    Row(
        name="completed", label="办结", kind=_K.COMPLETED, movers=(Party.HOME,), sources=frozenset({_S.REPORTED}),
        target=_S.COMPLETED, turn=Turn.NOBODY, approval=2, status=_B.COMPLETED,
        stale_after=_but(also=(_K.AMENDED,)), clocks=_CLOSE,
    ),
    Row(
        name="closed_unchecked", label="单方办结（逾期未核验）", kind=_K.CLOSED, movers=(Party.HOST,),
        sources=frozenset({_S.REPORTED}), target=_S.COMPLETED, turn=Turn.NOBODY, approval=2,
        status=_B.CLOSED_BY_HOST, reasons=("Z01",), reasons_required=True, header_guards=("check_long_over",),
        silence="check", stale_after=_but(), clocks=_CLOSE,
    ),
    Row(
        name="closed_refused", label="单方办结（拒绝后未处理）", kind=_K.CLOSED, movers=(Party.HOST,),
        sources=frozenset({_S.REFUSED}), target=_S.COMPLETED, turn=Turn.NOBODY, approval=2, status=_B.CLOSED_BY_HOST,
        reasons=("Z02",), reasons_required=True, header_guards=("silence_over",), silence="close-refused",
        stale_after=_but(), clocks=_CLOSE,
    ),
    Row(
        name="cancelled", label="作废", kind=_K.CANCELLED, movers=(Party.HOME,), sources=frozenset({_S.REFUSED}),
        target=_S.CANCELLED, turn=Turn.NOBODY, approval=2, status=_B.CANCELLED, stale_after=_but(), clocks=_CLOSE,
    ),
    Row(
        name="archived", label="归档", kind=_K.ARCHIVED, movers=(Party.HOME, Party.HOST),
        sources=frozenset({_S.COMPLETED, _S.WITHDRAWN, _S.CANCELLED}), target=None, turn=Turn.SAME, approval=1,
        header_guards=("not_archived_yet",), stale_after=_but(_K.ARCHIVED), change="archived",
        law="档案保存五十年：《工伤认定办法》第二十四条",
    ),
)  # fmt: skip


INVESTIGATION: Final = Table(
    name="investigation",
    thread_type=ThreadType.DELEGATION,
    matters=frozenset({Matter.INVESTIGATION}),
    rows=(*_BEGINNING, *_DECIDING, *_WORKING, *_ENDING, *NEUTRAL_ROWS, *LOCAL_ROWS),
    common_header_guards=(
        "declared_fits", "leg_and_round", "counterpart_right", "facts_repeated", "units_active", "recipients_right",
        "paper_recorded", "reply_known",
    ),
    common_body_guards=(
        "kind_and_thread", "sealed_reasons_match", "reused_match", "material_not_sent_again", "paper_kept",
    ),
    common_local_guards=("people_enough", "people_as_recorded"),
    ends=CLOSED,
)  # fmt: skip
