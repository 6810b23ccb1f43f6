"""Events of a delegation that change no state and never go stale (protocol 5.6); its tables all have them."""

from collections.abc import Iterable
from typing import Final

from delegation.codes import Kind
from delegation.table import Audience, ClockEffect, ClockOp, Party, Row, State, Turn
from delegation.table_states import CLOSED, FROM_ACCEPTED, OPEN

_BOTH: Final = (Party.HOME, Party.HOST)
_ART20: Final = "《工伤保险条例》第二十条第三款；《工伤认定办法》第二十条；人社部发〔2013〕34号第五条"
_PIPL: Final = "《个人信息保护法》第四十五条、第四十六条、第四十九条"


def _neutral(
    kind: Kind,
    label: str,
    movers: tuple[Party, ...],
    *,
    approval: int,
    sources: frozenset[State] = OPEN,
    audience: Audience = Audience.OTHER_SIDE,
    closing: bool = False,
    reasons: tuple[str, ...] = (),
    declares: str = "",
    header_guards: tuple[str, ...] = (),
    body_guards: tuple[str, ...] = (),
    clocks: Iterable[ClockEffect] = (),
    change: str = "",
    law: str = "",
) -> Row:
    return Row(
        name=kind.name.lower(), label=label, kind=kind, movers=movers, sources=sources, target=None, turn=Turn.SAME,
        approval=approval, audience=audience, neutral=True, closing=closing, reasons=reasons,
        reasons_required=bool(reasons), declares=declares, header_guards=header_guards, body_guards=body_guards,
        clocks=tuple(clocks), change=change, law=law,
    )  # fmt: skip


def _start(clock: str) -> tuple[ClockEffect]:
    return (ClockEffect(ClockOp.START, clock),)


_NEUTRAL: Final = (
    _neutral(
        Kind.REMIND, "催办", (Party.WAITING_SIDE, Party.ANY_PROVINCE), approval=1, audience=Audience.LATE_SIDE
    ),
    _neutral(
        Kind.SUPERVISE, "督办", (Party.OWN_PROVINCE,), approval=2, audience=Audience.SUPERVISED,
        declares="AnswerDueDeclared", clocks=_start("supervise"),
    ),
    _neutral(
        Kind.SUPERVISE_ANSWER, "督办答复", _BOTH, approval=2, audience=Audience.SUPERVISOR,
        header_guards=("answers_supervision",), change="clock_answered",
    ),
    _neutral(
        Kind.QUESTION, "提问", _BOTH, approval=1, declares="QuestionDeclared", change="asked",
        header_guards=("questions_not_too_many",), body_guards=("question_told", "not_asked_again"),
    ),
    _neutral(
        Kind.ANSWER, "答复", _BOTH, approval=1, header_guards=("answers_other_side",), body_guards=("question_told",),
        change="clock_answered",
    ),
    _neutral(Kind.PROGRESS, "进展", _BOTH, approval=1),
    _neutral(
        Kind.MATERIAL_ADDED, "补送材料", (*_BOTH, Party.FORMER_HOST), approval=1, declares="MaterialsDeclared"
    ),
    _neutral(
        Kind.AMENDED, "更正", _BOTH, approval=2, declares="AmendmentDeclared",
        header_guards=("amendable", "amendment_counts", "clock_amended"), body_guards=("amendment_matches",),
        clocks=(ClockEffect(ClockOp.STATUTORY),), change="amended",
    ),
    _neutral(
        Kind.CLOCK_SUSPENDED, "法定时限中止", (Party.HOME,), approval=2, reasons=("S01", "S02", "S03"),
        declares="ClockDeclared", header_guards=("clock_running", "suspension_new"),
        clocks=(ClockEffect(ClockOp.STATUTORY),), change="suspended", law=_ART20,
    ),
    _neutral(
        Kind.CLOCK_RESUMED, "法定时限恢复", (Party.HOME,), approval=2, reasons=("S01", "S02", "S03"),
        declares="ClockDeclared", header_guards=("clock_suspended", "suspension_ends"),
        clocks=(ClockEffect(ClockOp.STATUTORY),), change="resumed", law=_ART20,
    ),
    _neutral(
        Kind.PRIORITY_CHANGED, "调整优先级", (Party.HOME,), approval=2, header_guards=("priority_new",),
        body_guards=("reason_told",),
        clocks=(ClockEffect(ClockOp.SHORTEN_AT_DELIVERY),), change="priority",
    ),
    _neutral(
        Kind.NON_COOPERATION, "拒不协助记录", (Party.HOST,), approval=2, law="《工伤保险条例》第十九条、第六十三条"
    ),
    _neutral(Kind.EXPLAINED, "超期说明", (Party.LATE_SIDE,), approval=2, body_guards=("reason_told",)),
    _neutral(
        Kind.ORIGINALS_SENT, "原件移交", (*_BOTH, Party.FORMER_HOST), approval=1, sources=OPEN | CLOSED, closing=True
    ),
    _neutral(Kind.ORIGINALS_RECEIVED, "原件接收", _BOTH, approval=1, sources=OPEN | CLOSED, closing=True),
    _neutral(Kind.ORIGINALS_RETURNED, "原件退还", _BOTH, approval=1, sources=OPEN | CLOSED, closing=True),
    _neutral(
        Kind.DISPUTED, "提请协调", _BOTH, approval=2, audience=Audience.OTHER_SIDE_AND_SUPERIORS,
        clocks=_start("opinion"), body_guards=("reason_told",),
    ),
    _neutral(
        Kind.OPINION, "协调意见", (Party.ANY_PROVINCE,), approval=2, audience=Audience.PARTIES,
        header_guards=("opinion_asked",), body_guards=("reason_told",), change="clock_answered",
    ),
)  # fmt: skip

_COST: Final = (
    (Kind.COST_ESTIMATED, "费用预估", Party.HOST), (Kind.COST_AGREED, "费用同意", Party.HOME),
    (Kind.COST_STATED, "费用结算单", Party.HOST), (Kind.COST_OBJECTED, "费用异议", Party.HOME),
    (Kind.COST_SETTLED, "费用结清", Party.HOME),
)  # fmt: skip

_CLOSING: Final = (
    _neutral(
        Kind.ADOPTION, "采用反馈", (Party.HOME,), approval=2, closing=True, declares="AdoptionDeclared",
        sources=frozenset({State.REPORTED, State.COMPLETED, State.ARCHIVED}),
    ),
    _neutral(
        Kind.CORRECTED, "更正（办结后）", _BOTH, approval=2, closing=True, sources=CLOSED, declares="AmendmentDeclared",
        header_guards=("amendable", "amendment_counts"), body_guards=("amendment_matches",),
        clocks=_start("correction-acknowledge"), change="amended",
    ),
    _neutral(
        Kind.CORRECTION_ACKNOWLEDGED, "更正知悉", _BOTH, approval=1, closing=True, sources=CLOSED,
        header_guards=("acknowledges_correction",), change="clock_answered",
    ),
    *(
        _neutral(kind, label, (mover,), approval=2, closing=True, sources=FROM_ACCEPTED, law="《工伤保险条例》第十二条")
        for kind, label, mover in _COST
    ),
    _neutral(
        Kind.SUBJECT_REQUEST, "个人信息请求", _BOTH, approval=2, closing=True, sources=FROM_ACCEPTED, law=_PIPL
    ),
    _neutral(
        Kind.SUBJECT_ANSWER, "个人信息答复", _BOTH, approval=2, closing=True, sources=FROM_ACCEPTED,
        header_guards=("answers_other_side",), law=_PIPL,
    ),
)  # fmt: skip

_SEALING: Final = (
    Row(
        name="reseal", label="重新密封", kind=Kind.RESEAL, movers=(Party.SENDER_NODE,), sources=OPEN | CLOSED,
        target=None, turn=Turn.SAME, approval=0, audience=Audience.AS_ORIGINAL, neutral=True, never_stale=True,
        header_guards=("reseals_own",),
    ),
    Row(
        name="protest", label="异议（不能开启或不符）", kind=Kind.PROTEST, movers=(Party.RECIPIENT_NODE,),
        sources=OPEN | CLOSED, target=None, turn=Turn.PROTESTED, approval=0, audience=Audience.AS_ORIGINAL,
        neutral=True, never_stale=True, declares="ProtestDeclared", header_guards=("protests_received",),
        change="protested",
    ),
)  # fmt: skip

NEUTRAL_ROWS: Final = (*_NEUTRAL, *_CLOSING, *_SEALING)
