"""What the rule book says of a kind, for people: its group, its article, what it does to clocks, why it is forbidden.

The rows are `delegation.tables`'; nothing here decides anything.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from delegation.catalogue import CATALOGUE
from delegation.clock_specs import CLOCKS
from delegation.codes import Kind, Matter, ThreadType
from delegation.errors import Reason
from delegation.table import Audience, ClockOp, Party, Row, Table
from delegation.tables import TABLES
from gateway.bureau.cases.words import FOUR_EYES_WORDS, GUARD_WORDS
from gateway.bureau.cases.words_appraisal import NODE_STATE_WORDS
from node.desk.labels import state_label
from node.desk.views import DelegationView, MoveView

BY_NODE: Final = frozenset({Kind.RESEAL, Kind.PROTEST, Kind.DRAW_COMMITTED, Kind.DRAW_REVEALED, Kind.PANEL_DRAWN})
_K = Kind
# Groups of buttons, in the order in which they stand on the page.
GROUPS: Final[Sequence[tuple[str, tuple[Kind, ...]]]] = (
    ("办理", (
        _K.SIGNED_FOR, _K.ACCEPTED, _K.ASSIGNED, _K.REPORTED, _K.UNABLE, _K.LETTER_CORRECTED, _K.ISSUED,
        _K.COMPLETED, _K.SUPPLEMENT_REQUESTED, _K.EXTENDED, _K.EXTENSION_DECLINED, _K.WITHDRAW_CONFIRMED,
        _K.NOTICE_ANSWERED, _K.AGREEMENT_COUNTERSIGNED, _K.COORDINATION_ANSWERED, _K.ARCHIVED,
    )),
    ("鉴定", (
        _K.SPECIALTY_DETERMINED, _K.PANEL_SHORT, _K.EXPERTS_PROPOSED, _K.EXPERTS_ADMITTED, _K.EXPERTS_CONFIRMED,
        _K.SCHEDULED, _K.WORKER_NOTIFIED, _K.RESCHEDULED, _K.EXAMINED, _K.NO_SHOW, _K.EXTRA_TESTS, _K.OPINION_FORMED,
        _K.APPRAISAL_REPORTED, _K.CONCLUSION_ISSUED, _K.CONCLUSION_SERVED, _K.REAPPRAISAL_REQUESTED,
        _K.REAPPRAISAL_RESULT,
    )),
    ("专家组", (
        _K.RECUSAL_RAISED, _K.RECUSAL_ANSWERED, _K.PANEL_REPLACED, _K.DRAW_REVEALED_FOR, _K.DRAW_VOIDED,
        _K.REJUDGE_REQUESTED, _K.PANEL_VOID_DEMANDED, _K.PANEL_VOIDED,
    )),
    ("退回、不受与管辖", (_K.RETURNED, _K.REFUSED, _K.TRANSFERRED, _K.COMPETENCE_DISPUTED, _K.DESIGNATED)),
    ("人员与时限", (
        _K.REASSIGNED, _K.EXTENSION_REQUESTED, _K.EXTENSION_DEEMED, _K.PAUSED, _K.UNPAUSED, _K.CLOCK_SUSPENDED,
        _K.CLOCK_RESUMED, _K.APPRAISAL_EXTENDED, _K.PRIORITY_CHANGED, _K.EXPLAINED,
    )),
    ("沟通与材料", (
        _K.QUESTION, _K.ANSWER, _K.PROGRESS, _K.MATERIAL_ADDED, _K.REMIND, _K.ORIGINALS_SENT, _K.ORIGINALS_RECEIVED,
        _K.ORIGINALS_RETURNED, _K.NON_COOPERATION,
    )),
    ("更正与协调", (
        _K.AMENDED, _K.CORRECTED, _K.CORRECTION_ACKNOWLEDGED, _K.DISPUTED, _K.OPINION, _K.SUPERVISE,
        _K.SUPERVISE_ANSWER,
    )),
    ("费用、反馈与个人信息", (
        _K.COST_ESTIMATED, _K.COST_AGREED, _K.COST_STATED, _K.COST_OBJECTED, _K.COST_SETTLED, _K.ADOPTION,
        _K.SUBJECT_REQUEST, _K.SUBJECT_ANSWER,
    )),
    ("结束", (
        _K.WITHDRAW_REQUESTED, _K.WITHDRAWN, _K.TERMINATED, _K.CANCELLED, _K.CLOSED, _K.AGREEMENT_ENDED,
        _K.POOL_COMMITTED,
        _K.NOTICE_SENT, _K.AGREEMENT_PROPOSED, _K.ANNOUNCED, _K.COORDINATION_REQUESTED,
    )),
)  # fmt: skip
# An act before it is made, where its label says what was done: an entry reads 已排期, its button 排期.
ACT_LABELS: Final[Mapping[Kind, str]] = MappingProxyType({
    _K.SCHEDULED: "排期", _K.WORKER_NOTIFIED: "通知职工", _K.EXAMINED: "记录现场鉴定", _K.NO_SHOW: "记录未到场",
    _K.OPINION_FORMED: "形成专家组意见", _K.CONCLUSION_ISSUED: "作出鉴定结论", _K.CONCLUSION_SERVED: "送达鉴定结论",
})  # fmt: skip
# What the side whose turn it is will do next, by legal state.
AWAITED: Final[Mapping[str, str]] = MappingProxyType({
    "issued": "签收", "signed_for": "受理、退回补正、转办或不予受托", "returned_for_correction": "补正委托函",
    "transferred": "向转办单位再发", "awaiting_designation": "指定管辖或再发", "refused": "提请指定、另发或作废",
    "accepted": "分派两名以上调查员", "in_progress": "调查并提交结果", "reported": "核验，办结或要求补充",
    "supplement_requested": "重新分派并补充调查", "withdraw_requested": "移交已有材料并确认撤回",
    "completed": "归档", "withdrawn": "归档", "cancelled": "归档", "archived": "", "notice_open": "答复通报",
    "proposed": "会签协议", "in_force": "", "stated": "", "asked": "答复协调", "answered": "", "ended": "",
    "none": "注册中心登记",
    "specialty_set": "系统自动抽取专家组", "panel_short": "放宽科别、商请推荐专家、另请委员会或撤回",
    "draw_void": "重新确定科别并抽取", "panel_drawn": "排期，或确认所抽专家", "scheduled": "通知职工",
    "notified": "现场鉴定", "examined": "形成专家组意见", "opinion_formed": "提交鉴定结果",
    "experts_proposed": "入库聘请", "experts_admitted": "确定科别并抽取", "experts_confirmed": "办结",
    "terminated": "归档",
})  # fmt: skip
# Whose turn it is next, after a row's Turn.
TURNS: Final[Mapping[str, str]] = MappingProxyType({
    "home": "委托方", "host": "受托方", "superiors": "上级单位", "same": "不变", "nobody": "无（各自归档）",
    "protested": "被异议的一方", "author": "发起方", "other_unit": "对方单位",
})  # fmt: skip
_OPS: Final[Mapping[ClockOp, str]] = MappingProxyType({
    ClockOp.START: "起算：", ClockOp.START_AT_DELIVERY: "送达后起算：", ClockOp.STOP: "停止：",
    ClockOp.STOP_AGREED: "约定时限全部停止", ClockOp.STOP_ALL: "全部时限停止", ClockOp.EXTEND: "延长调查时限",
    ClockOp.PAUSE: "约定时限暂停", ClockOp.UNPAUSE: "约定时限恢复", ClockOp.STATUTORY: "重算法定届满日和最迟日",
    ClockOp.SHORTEN_AT_DELIVERY: "送达后按绿色通道时限，不晚于原到期日",
})  # fmt: skip
_WHO: Final[Mapping[Audience, str]] = MappingProxyType({
    Audience.OTHER_SIDE: "对方", Audience.OTHER_SIDE_AND_SUPERIORS: "对方和双方上级",
    Audience.PARTIES: "委托方、受托方和另一上级",
    Audience.SUPERVISED: "被督办单位", Audience.SUPERVISOR: "督办的省级单位", Audience.LATE_SIDE: "被催办一方",
    Audience.AS_ORIGINAL: "原收件单位", Audience.SELF: "仅本单位留存", Audience.UNITS: "所选单位",
})  # fmt: skip


def table_of(view: DelegationView) -> Table:
    """The table of a delegation's or other thread's type."""
    wanted = ThreadType[view.row.thread_type.upper()] if view.row.thread_type else ThreadType.DELEGATION
    matter = Matter[view.row.matter] if view.row.matter in Matter.__members__ else Matter.UNSPECIFIED
    of_type = [table for table in TABLES if table.thread_type is wanted]
    return next((table for table in of_type if matter in table.matters), of_type[0])


def rows_open_to(view: DelegationView, kind: Kind) -> tuple[Row, ...]:
    """The rows of a kind that the unit might use now, by the reasons that the moves of the view name."""
    offered = [move for move in view.moves if move.kind == kind.name and move.allowed]
    rows = table_of(view).rows_of(kind)
    return tuple(row for row in rows if any(_is_of(move, row) for move in offered)) or rows[:1]


def _is_of(move: MoveView, row: Row) -> bool:
    return move.label == row.label and tuple(move.reasons) == row.reasons and move.approval == row.approval


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A kind as the page offers it. `why` is empty for what is allowed."""

    kind: Kind
    verb: str
    label: str
    two_persons: bool
    why: str


def why_not(reason: str, details: Mapping[str, str] | None, rows: Iterable[Row] = ()) -> str:
    """A refusal in words; what is not known shows the catalogue's text."""
    told = details or {}
    guard = GUARD_WORDS.get(told.get("guard", ""))
    if guard:
        return guard
    if reason == Reason.FOUR_EYES.value:
        return FOUR_EYES_WORDS.get(told.get("missing", ""), CATALOGUE[Reason.FOUR_EYES].text_zh)
    if told.get("state", "") in NODE_STATE_WORDS:
        return NODE_STATE_WORDS[told["state"]]
    if reason == Reason.NOT_ALLOWED.value and "state" in told:
        wanted = sorted({state for row in rows for state in row.sources})
        names = "、".join(dict.fromkeys(state_label(state.value) for state in wanted))
        short = names if len(wanted) <= 6 else ""
        now = f"现为“{state_label(told['state'])}”"
        return f"{now}；须为：{short}" if short else f"{now}，不能办理此事项"
    return CATALOGUE[Reason(reason)].text_zh if reason in Reason.__members__ else reason


def buttons(view: DelegationView) -> tuple[list[tuple[str, list[Button]]], list[Button]]:
    """Groups of what is allowed, and what is forbidden with its reason. A kind has one button, however many rows."""
    table = table_of(view)
    found: dict[Kind, Button] = {}
    for move in view.moves:
        kind = Kind[move.kind]
        seen = found.get(kind)
        if kind in BY_NODE or (seen is not None and not seen.why):
            continue
        why = "" if move.allowed else why_not(move.reason, move.details, table.rows_of(kind))
        if seen is None or move.allowed:
            label = ACT_LABELS.get(kind) or move.label.split("（", maxsplit=1)[0]
            found[kind] = Button(kind=kind, verb=verb_of(kind), label=label, two_persons=move.approval == 2, why=why)
    order = [kind for _, kinds in GROUPS for kind in kinds]
    groups = []
    for title, kinds in GROUPS:
        allowed = [found[kind] for kind in kinds if kind in found and not found[kind].why]
        if allowed:
            groups.append((title, allowed))
    forbidden = sorted((each for each in found.values() if each.why), key=lambda each: order.index(each.kind))
    return groups, forbidden


def verb_of(kind: Kind) -> str:
    """The kind as it stands in an address."""
    return kind.name.lower().replace("_", "-")


def effects(row: Row) -> tuple[str, ...]:
    """What a row does to clocks, state and turn, in words."""
    found = []
    for effect in row.clocks:
        clock = CLOCKS[effect.clock].label if effect.clock in CLOCKS else ""
        found.append(f"{_OPS[effect.op]}{clock}")
    return tuple(found)


def audience(row: Row) -> str:
    """For whom it is, in words."""
    return _WHO[row.audience]


def is_paper(view: DelegationView, kind: Kind) -> bool | None:
    """Whether the home records it for a host on paper: yes, no, or (None) either, where both sides have such a row."""
    if view.row.our_role != "home" or kind is Kind.ISSUED:
        return False
    movers = [set(row.movers) for row in rows_open_to(view, kind)]
    home = [bool(each & {Party.HOME, Party.HOME_NODE}) for each in movers]
    host = [bool(each & {Party.HOST, Party.HOST_NODE}) for each in movers]
    if not any(host) or all(home):
        return False
    return None if any(home) else True
