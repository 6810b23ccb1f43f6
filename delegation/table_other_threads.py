"""Tables of the threads that are no delegation: notices, agreements, statements of a unit, coordination (protocol 3.2).

In these threads `home_unit` is the unit that begins the thread and `host_unit` the one that it is addressed to (the
same one in a unit's own thread). Their thread id is a UUIDv7; they have no leg, round or cap.
"""

from typing import Final

from delegation.codes import Kind, ThreadType
from delegation.table import Audience, BusinessStatus, ClockEffect, ClockOp, Party, Row, State, Table, Turn
from delegation.table_states import OTHER_OPEN

_S = State
_K = Kind
_B = BusinessStatus
_COMMON: Final = ("declared_fits", "first_leg_alone", "units_active", "recipients_right", "reply_known")
_COMMON_BODY: Final = ("kind_and_thread", "material_not_sent_again")
_COMMON_LOCAL: Final = ("people_enough", "people_as_recorded")


def _protest_and_reseal() -> tuple[Row, ...]:
    return (
        Row(
            name="reseal", label="重新密封", kind=_K.RESEAL, movers=(Party.SENDER_NODE,), sources=OTHER_OPEN,
            target=None, turn=Turn.SAME, approval=0, audience=Audience.AS_ORIGINAL, neutral=True, never_stale=True,
            header_guards=("reseals_own",),
        ),
        Row(
            name="protest", label="异议（不能开启或不符）", kind=_K.PROTEST, movers=(Party.RECIPIENT_NODE,),
            sources=OTHER_OPEN, target=None, turn=Turn.PROTESTED, approval=0, audience=Audience.AS_ORIGINAL,
            neutral=True, never_stale=True, declares="ProtestDeclared", header_guards=("protests_received",),
            change="protested",
        ),
    )  # fmt: skip


def _table(name: str, thread_type: ThreadType, *rows: Row) -> Table:
    return Table(
        name=name, thread_type=thread_type, matters=frozenset(), rows=(*rows, *_protest_and_reseal()),
        common_header_guards=_COMMON, common_body_guards=_COMMON_BODY, common_local_guards=_COMMON_LOCAL,
        ends=frozenset({_S.ANSWERED, _S.ENDED}),
    )  # fmt: skip


_NOTICE: Final = _table(
    "notice",
    ThreadType.NOTICE,
    Row(
        name="notice_sent", label="事故通报", kind=_K.NOTICE_SENT, movers=(Party.AUTHOR,), sources=frozenset({_S.NONE}),
        target=_S.NOTICE_OPEN, turn=Turn.OTHER_UNIT, approval=2, status=_B.NOTICE_OPEN,
        header_guards=("between_recognition_units",), law="主动介入：2018年便民化通知",
    ),
    Row(
        name="notice_answered", label="通报答复", kind=_K.NOTICE_ANSWERED, movers=(Party.OTHER_UNIT,),
        sources=frozenset({_S.NOTICE_OPEN}), target=_S.ANSWERED, turn=Turn.NOBODY, approval=1, status=_B.ANSWERED,
        declares="NoticeDeclared", stale_after=frozenset({_K.NOTICE_ANSWERED}),
    ),
)  # fmt: skip

_AGREEMENT: Final = _table(
    "agreement",
    ThreadType.AGREEMENT,
    Row(
        name="agreement_proposed", label="提议协议", kind=_K.AGREEMENT_PROPOSED, movers=(Party.AUTHOR,),
        sources=frozenset({_S.NONE}), target=_S.PROPOSED, turn=Turn.OTHER_UNIT, approval=2, status=_B.PROPOSED,
        declares="AgreementDeclared", header_guards=("units_of_one_type",), body_guards=("terms_lawful",),
        change="terms",
    ),
    Row(
        name="agreement_countersigned", label="会签协议", kind=_K.AGREEMENT_COUNTERSIGNED, movers=(Party.OTHER_UNIT,),
        sources=frozenset({_S.PROPOSED}), target=_S.IN_FORCE, turn=Turn.NOBODY, approval=2, status=_B.IN_FORCE,
        declares="AgreementDeclared", header_guards=("same_terms",), body_guards=("terms_lawful",),
        stale_after=frozenset({_K.AGREEMENT_COUNTERSIGNED, _K.AGREEMENT_ENDED}),
    ),
    Row(
        name="agreement_ended", label="终止协议", kind=_K.AGREEMENT_ENDED, movers=(Party.AUTHOR, Party.OTHER_UNIT),
        sources=frozenset({_S.PROPOSED, _S.IN_FORCE}), target=_S.ENDED, turn=Turn.NOBODY, approval=2, status=_B.ENDED,
        declares="AgreementDeclared", header_guards=("same_terms",), stale_after=frozenset({_K.AGREEMENT_ENDED}),
    ),
)  # fmt: skip

_UNIT: Final = _table(
    "unit",
    ThreadType.UNIT,
    Row(
        name="pool_committed", label="专家库承诺", kind=_K.POOL_COMMITTED, movers=(Party.AUTHOR,),
        sources=frozenset({_S.NONE, _S.STATED}), target=_S.STATED, turn=Turn.NOBODY, approval=2,
        audience=Audience.SELF, status=_B.STATED, declares="PoolDeclared",
        header_guards=("appraisal_unit", "next_pool_version"), stale_after=frozenset({_K.POOL_COMMITTED}),
        change="pool", law="《工伤保险条例》第二十四条、第二十五条",
    ),
)  # fmt: skip

_COORDINATION: Final = _table(
    "coordination",
    ThreadType.COORDINATION,
    Row(
        name="announced", label="通告", kind=_K.ANNOUNCED, movers=(Party.AUTHOR,), sources=frozenset({_S.NONE}),
        target=_S.STATED, turn=Turn.NOBODY, approval=2, audience=Audience.UNITS, status=_B.STATED,
        header_guards=("province_to_own_units",),
    ),
    Row(
        name="coordination_requested", label="请求协调", kind=_K.COORDINATION_REQUESTED, movers=(Party.AUTHOR,),
        sources=frozenset({_S.NONE}), target=_S.ASKED, turn=Turn.OTHER_UNIT, approval=2, status=_B.ASKED,
        declares="AnswerDueDeclared", header_guards=("between_provinces",),
        clocks=(ClockEffect(ClockOp.START, "coordination"),),
    ),
    Row(
        name="coordination_answered", label="答复协调", kind=_K.COORDINATION_ANSWERED, movers=(Party.OTHER_UNIT,),
        sources=frozenset({_S.ASKED}), target=_S.ANSWERED, turn=Turn.NOBODY, approval=2, status=_B.ANSWERED,
        stale_after=frozenset({_K.COORDINATION_ANSWERED}), clocks=(ClockEffect(ClockOp.STOP_ALL),),
    ),
)  # fmt: skip

OTHER_TABLES: Final[tuple[Table, ...]] = (_NOTICE, _AGREEMENT, _UNIT, _COORDINATION)
