"""Rows of an appraisal from its acceptance to a panel: specialities, the draw, who sits, seconded experts (4.3, 13)."""

from dataclasses import replace
from typing import Final

from delegation.codes import Kind
from delegation.table import Audience, BusinessStatus, ClockEffect, ClockOp, Party, Row, State, Turn
from delegation.table_appraisal_shared import SHARED, but

_S = State
_K = Kind
_B = BusinessStatus
_DRAWS: Final = (Party.DRAWING_UNIT,)
_SIDES: Final = (Party.HOME_NODE, Party.HOST_NODE, Party.HOME, Party.HOST)
_BEFORE: Final = frozenset({_S.PANEL_DRAWN, _S.SCHEDULED, _S.NOTIFIED})
_EXTENSIONS: Final = (_K.EXTENSION_REQUESTED, _K.EXTENDED, _K.EXTENSION_DECLINED, _K.EXTENSION_DEEMED)
_ASIDE: Final = (*_EXTENSIONS, _K.PAUSED, _K.UNPAUSED)  # what the course of the draw and the panel does not wait for
_ART25: Final = "《工伤保险条例》第二十五条第一款"
_ART27: Final = "《工伤保险条例》第二十七条"


def start(clock: str) -> ClockEffect:
    """The clock starts on the day of acceptance."""
    return ClockEffect(ClockOp.START, clock)


def at_delivery(clock: str) -> ClockEffect:
    """The clock starts when the other side has it."""
    return ClockEffect(ClockOp.START_AT_DELIVERY, clock)


def stop(*clocks: str) -> tuple[ClockEffect, ...]:
    """These clocks stop."""
    return tuple(ClockEffect(ClockOp.STOP, clock) for clock in clocks)


STOP_AGREED: Final = ClockEffect(ClockOp.STOP_AGREED)
STATUTORY: Final = ClockEffect(ClockOp.STATUTORY)
CLOSE: Final = (ClockEffect(ClockOp.STOP_ALL), start("archive"))

_LETTER: Final = SHARED["issued_after_refusal"]

BEGINNING: Final = (
    replace(
        _LETTER, name="issued_for_short_panel", label="再发（专家不足）", sources=frozenset({_S.PANEL_SHORT}),
        reasons=("T07",),
        header_guards=(
            *(name for name in _LETTER.header_guards if name not in {"other_unit", "mode_kept"}),
            "kind_kept", "other_host_or_mode",
        ),
        stale_after=but(*_ASIDE),
    ),
    Row(
        name="accepted", label="受托受理", kind=_K.ACCEPTED, movers=(Party.HOST,), sources=frozenset({_S.SIGNED_FOR}),
        target=_S.ACCEPTED, turn=Turn.BY_STATE, approval=1, status=_B.ACCEPTED_TO_APPRAISE,
        header_guards=("host_draws",), stale_after=but(),
        clocks=(*stop("decide"), start("specialties"), start("examine")),
    ),
    Row(
        name="accepted_to_second", label="受托受理（推荐专家）", kind=_K.ACCEPTED, movers=(Party.HOST,),
        sources=frozenset({_S.SIGNED_FOR}), target=_S.ACCEPTED, turn=Turn.BY_STATE, approval=1,
        status=_B.ACCEPTED_TO_APPRAISE, header_guards=("home_draws",), stale_after=but(),
        clocks=(*stop("decide"), start("experts-propose")),
    ),
)  # fmt: skip

DRAW: Final = (
    Row(
        name="specialty_determined", label="确定科别", kind=_K.SPECIALTY_DETERMINED, movers=_DRAWS,
        sources=frozenset({_S.ACCEPTED, _S.EXPERTS_ADMITTED, _S.DRAW_VOID, _S.PANEL_SHORT}), target=_S.SPECIALTY_SET,
        turn=Turn.BY_STATE, approval=2, status=_B.SPECIALTY_SET, declares="StrataDeclared",
        header_guards=("draw_on_line", "way_to_draw", "next_draw", "strata_fit"), body_guards=("plan_matches",),
        stale_after=but(*_ASIDE), clocks=(*stop("delivery", "specialties", "panel-short"), start("draw-commit")),
        change="specialty_determined", law=_ART25,
    ),
    Row(
        name="panel_short", label="专家不足", kind=_K.PANEL_SHORT, movers=_DRAWS,
        sources=frozenset({_S.ACCEPTED, _S.EXPERTS_ADMITTED, _S.DRAW_VOID}), target=_S.PANEL_SHORT, turn=Turn.BY_STATE,
        approval=2, status=_B.PANEL_SHORT, declares="StrataDeclared",
        header_guards=("draw_on_line", "way_to_draw", "next_draw", "too_few"),
        body_guards=("plan_matches", "remedy_told"), stale_after=but(*_ASIDE),
        clocks=(*stop("specialties"), start("panel-short")), change="panel_short",
    ),
    Row(
        name="panel_short_after_draw", label="专家不足（候补用尽）", kind=_K.PANEL_SHORT, movers=_DRAWS,
        sources=_BEFORE, target=_S.PANEL_SHORT, turn=Turn.BY_STATE, approval=2, status=_B.PANEL_SHORT,
        declares="StrataDeclared",
        header_guards=("draw_on_line", "strata_current", "reserves_spent"),
        body_guards=("plan_matches", "remedy_told"), stale_after=but(*_ASIDE, _K.WORKER_NOTIFIED, _K.RECUSAL_RAISED),
        clocks=(*stop("schedule", "notify", "recusal", "experts-confirm"), start("panel-short")),
        change="panel_short",
    ),
    Row(
        name="draw_committed", label="抽取承诺", kind=_K.DRAW_COMMITTED, movers=_SIDES,
        sources=frozenset({_S.SPECIALTY_SET}), target=None, turn=Turn.BY_STATE, approval=0,
        audience=Audience.OTHER_SIDE_AND_SUPERIORS, declares="DrawCommittedDeclared",
        header_guards=("draw_on_line", "draw_current", "commits_once"), body_guards=("escrow_to_office",),
        stale_after=but(_K.DRAW_COMMITTED, *_ASIDE), change="draw_committed", law=_ART25,
    ),
    Row(
        name="draw_revealed", label="抽取揭示", kind=_K.DRAW_REVEALED, movers=_SIDES,
        sources=frozenset({_S.SPECIALTY_SET}), target=None, turn=Turn.BY_STATE, approval=0,
        declares="DrawRevealedDeclared",
        header_guards=("draw_on_line", "draw_current", "both_committed", "reveals_own", "reveals_once", "secret_opens"),
        stale_after=but(_K.DRAW_REVEALED, _K.DRAW_REVEALED_FOR, *_ASIDE), change="draw_revealed", law=_ART25,
    ),
    Row(
        name="draw_revealed_for", label="代为揭示", kind=_K.DRAW_REVEALED_FOR, movers=(Party.ANY_PROVINCE,),
        sources=frozenset({_S.SPECIALTY_SET}), target=None, turn=Turn.BY_STATE, approval=1, audience=Audience.PARTIES,
        declares="DrawRevealedDeclared",
        header_guards=(
            "draw_current", "both_committed", "reveals_for_own_unit", "reveals_once", "reveal_overdue", "secret_opens",
        ),
        stale_after=but(_K.DRAW_REVEALED, _K.DRAW_REVEALED_FOR, *_ASIDE), change="draw_revealed", law=_ART25,
    ),
    Row(
        name="draw_voided_by_default", label="抽取作废（逾期未揭示）", kind=_K.DRAW_VOIDED,
        movers=(Party.HOME, Party.HOST), sources=frozenset({_S.SPECIALTY_SET}), target=_S.DRAW_VOID,
        turn=Turn.BY_STATE, approval=2, status=_B.DRAW_VOID, reasons=("D01",), reasons_required=True,
        declares="DrawVoidedDeclared",
        header_guards=("draw_on_line", "draw_current", "both_committed", "reveal_failed"),
        stale_after=but(*_ASIDE), clocks=(*stop("draw-reveal"), start("specialties")), change="draw_voided",
    ),
    Row(
        name="draw_voided", label="抽取作废（前提有误）", kind=_K.DRAW_VOIDED, movers=(Party.HOME, Party.HOST),
        sources=frozenset({_S.SPECIALTY_SET}), target=_S.DRAW_VOID, turn=Turn.BY_STATE, approval=2,
        status=_B.DRAW_VOID, reasons=("D02",), reasons_required=True, declares="DrawVoidedDeclared",
        header_guards=("draw_on_line", "draw_current", "nothing_revealed", "nobody_at_fault"),
        body_guards=("reason_told",), stale_after=but(_K.DRAW_COMMITTED, *_ASIDE),
        clocks=(*stop("draw-commit", "draw-reveal"), start("specialties")), change="draw_voided",
    ),
    Row(
        name="panel_drawn", label="抽取专家组", kind=_K.PANEL_DRAWN, movers=_DRAWS,
        sources=frozenset({_S.SPECIALTY_SET}), target=_S.PANEL_DRAWN, turn=Turn.BY_STATE, approval=0,
        status=_B.PANEL_DRAWN, declares="PanelDeclared",
        header_guards=("host_draws", "draw_on_line", "draw_current", "both_revealed", "picks_follow"),
        body_guards=("panel_opened", "none_of_a_void_panel"), stale_after=but(*_ASIDE),
        clocks=(*stop("draw-panel"), start("schedule")), change="panel_drawn", law=_ART25,
    ),
    Row(
        name="panel_drawn_by_home", label="抽取专家组（委托方专家库）", kind=_K.PANEL_DRAWN, movers=_DRAWS,
        sources=frozenset({_S.SPECIALTY_SET}), target=_S.PANEL_DRAWN, turn=Turn.BY_STATE, approval=0,
        status=_B.PANEL_DRAWN, declares="PanelDeclared",
        header_guards=("home_draws", "draw_on_line", "draw_current", "both_revealed", "picks_follow"),
        body_guards=("panel_opened", "none_of_a_void_panel"), stale_after=but(*_ASIDE),
        clocks=(*stop("draw-panel"), at_delivery("experts-confirm")), change="panel_drawn", law=_ART25,
    ),
)  # fmt: skip

PANEL: Final = (
    Row(
        name="panel_replaced", label="更换专家", kind=_K.PANEL_REPLACED, movers=_DRAWS, sources=_BEFORE, target=None,
        turn=Turn.BY_STATE, approval=2, reasons=("K01", "K02", "K03", "K04", "K06"), reasons_required=True,
        declares="ReplacementDeclared", header_guards=("draw_on_line", "draw_current", "next_reserve_enters"),
        body_guards=("replacement_opened", "none_of_a_void_panel"),
        stale_after=but(*_ASIDE, _K.WORKER_NOTIFIED, _K.RECUSAL_RAISED), change="panel_replaced", law=_ART27,
    ),
    Row(
        name="recusal_raised", label="申请回避", kind=_K.RECUSAL_RAISED, movers=(Party.HOME,), sources=_BEFORE,
        target=None, turn=Turn.BY_STATE, approval=1, header_guards=("recusals_not_too_many",),
        stale_after=but(*_ASIDE, _K.SCHEDULED, _K.RESCHEDULED, _K.PANEL_REPLACED, _K.RECUSAL_ANSWERED, _K.NO_SHOW),
        clocks=(start("recusal"),), change="recusal_raised", law=_ART27,
    ),
    Row(
        name="recusal_answered", label="回避答复", kind=_K.RECUSAL_ANSWERED, movers=_DRAWS, sources=_BEFORE,
        target=None, turn=Turn.BY_STATE, approval=2, declares="RecusalDeclared", header_guards=("answers_recusal",),
        body_guards=("recusal_reasoned",), stale_after=but(*_ASIDE, _K.WORKER_NOTIFIED, _K.RECUSAL_RAISED),
        change="recusal_answered", law=_ART27,
    ),
    Row(
        name="experts_proposed", label="推荐专家", kind=_K.EXPERTS_PROPOSED, movers=(Party.HOST,),
        sources=frozenset({_S.ACCEPTED, _S.PANEL_SHORT}), target=_S.EXPERTS_PROPOSED, turn=Turn.BY_STATE, approval=2,
        status=_B.EXPERTS_PROPOSED, declares="ExpertsDeclared", header_guards=("home_draws", "twice_the_panel"),
        body_guards=("experts_match", "proposed_enough"), stale_after=but(*_ASIDE),
        clocks=(*stop("experts-propose", "panel-short"), at_delivery("experts-admit")), change="experts_proposed",
    ),
    Row(
        name="experts_admitted", label="入库聘请", kind=_K.EXPERTS_ADMITTED, movers=(Party.HOME,),
        sources=frozenset({_S.EXPERTS_PROPOSED}), target=_S.EXPERTS_ADMITTED, turn=Turn.BY_STATE, approval=2,
        status=_B.EXPERTS_ADMITTED, declares="ExpertsDeclared", header_guards=("home_draws", "admitted_of_proposed"),
        body_guards=("experts_match", "appointments_stated"), stale_after=but(*_ASIDE),
        clocks=(*stop("delivery", "experts-admit"), start("specialties")), change="experts_admitted",
        law="《工伤保险条例》第二十四条",
    ),
    Row(
        name="experts_confirmed", label="专家确认", kind=_K.EXPERTS_CONFIRMED, movers=(Party.HOST,),
        sources=frozenset({_S.PANEL_DRAWN}), target=_S.EXPERTS_CONFIRMED, turn=Turn.BY_STATE, approval=2,
        status=_B.EXPERTS_CONFIRMED, declares="ExpertsDeclared",
        header_guards=("home_draws", "panel_settled", "experts_as_panel"),
        body_guards=("experts_match", "no_conflict_declared"), stale_after=but(*_ASIDE),
        clocks=(STOP_AGREED, at_delivery("check")), change="reported",
    ),
    Row(
        name="experts_confirmed_on_paper", label="专家确认（线下）", kind=_K.EXPERTS_CONFIRMED, movers=(Party.HOST,),
        sources=frozenset({_S.EXPERTS_ADMITTED}), target=_S.EXPERTS_CONFIRMED, turn=Turn.BY_STATE, approval=2,
        status=_B.EXPERTS_CONFIRMED, declares="ExpertsDeclared",
        header_guards=("home_draws", "on_paper_alone"),
        body_guards=("experts_match", "no_conflict_declared"), stale_after=but(*_ASIDE),
        clocks=(STOP_AGREED, at_delivery("check")), change="reported",
    ),
)  # fmt: skip
