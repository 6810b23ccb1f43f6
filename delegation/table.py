"""The table of kinds: what a row says. The rows are data; `lifecycle` asks them (protocol 5.1, 5.2).

A table is a value. The investigation of work injuries has one (`table_investigation`), appraisals have one
(`table_appraisal`), and so have the other thread types (`table_other_threads`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from delegation.codes import Kind, Matter, ThreadType


class State(StrEnum):
    """Where a thread stands. Each comment says whose turn it is."""

    NONE = "none"  # nobody wrote yet: the first envelope begins the thread
    # local to the home's node, never on the wire
    DRAFT = "draft"  # home's handler writes
    PENDING_APPROVAL = "pending_approval"  # home's approver approves or gives it back
    ROUTE_FAILED = "route_failed"  # home: the registry refused the letter; another unit, paper, or an end
    # local to the host's node
    RESULT_DRAFT = "result_draft"  # host's investigators write
    RESULT_REVIEW = "result_review"  # host's reviewer reviews and seals
    # open
    ISSUED = "issued"  # host signs for it, once delivered
    SIGNED_FOR = "signed_for"  # host decides: accept, return, transfer, refuse, dispute
    RETURNED_FOR_CORRECTION = "returned_for_correction"  # home mends the letter
    TRANSFERRED = "transferred"  # home's node issues the next leg
    AWAITING_DESIGNATION = "awaiting_designation"  # superiors name a unit; then home's node issues the next leg
    REFUSED = "refused"  # home: dispute, cancel, or another unit
    ACCEPTED = "accepted"  # host assigns
    IN_PROGRESS = "in_progress"  # host investigates
    REPORTED = "reported"  # home checks: complete or ask for a supplement
    SUPPLEMENT_REQUESTED = "supplement_requested"  # host assigns anew
    WITHDRAW_REQUESTED = "withdraw_requested"  # host hands over what it has
    # open, of an appraisal; whose turn it is may depend on its mode (`turns`)
    SPECIALTY_SET = "specialty_set"  # both commit, both show their secret, then the unit that draws draws
    DRAW_VOID = "draw_void"  # the unit that draws determines the specialities anew
    PANEL_SHORT = "panel_short"  # the unit that draws widens; home issues another leg or withdraws
    PANEL_DRAWN = "panel_drawn"  # host schedules, or says which experts come
    SCHEDULED = "scheduled"  # home tells the worker
    NOTIFIED = "notified"  # host examines on the day
    EXAMINED = "examined"  # the panel forms its opinion
    OPINION_FORMED = "opinion_formed"  # host reviews, seals and reports
    EXPERTS_PROPOSED = "experts_proposed"  # home admits them to its pool
    EXPERTS_ADMITTED = "experts_admitted"  # home determines the specialities
    EXPERTS_CONFIRMED = "experts_confirmed"  # home completes
    # ends: closing events alone
    COMPLETED = "completed"  # both archive
    WITHDRAWN = "withdrawn"  # both archive
    CANCELLED = "cancelled"  # both archive
    TERMINATED = "terminated"  # 当次鉴定终止: both archive
    ARCHIVED = "archived"  # nobody: the file is kept 50 years (办法 Art 24)
    # threads of other types
    NOTICE_OPEN = "notice_open"  # the unit addressed answers
    PROPOSED = "proposed"  # the other unit countersigns
    IN_FORCE = "in_force"  # either unit may end it
    STATED = "stated"  # nobody: the author may state anew
    ASKED = "asked"  # the province asked answers
    ANSWERED = "answered"  # nobody
    ENDED = "ended"  # nobody


class Party(StrEnum):
    """Who may move, seen from the thread."""

    HOME = "home"
    HOST = "host"
    HOME_NODE = "home_node"  # the home's node by itself; its unit signs
    HOST_NODE = "host_node"
    HOME_SUCCESSOR = "home_successor"  # the unit that succeeds the home by the roster
    FORMER_HOST = "former_host"  # the host of an earlier leg, to hand over what it had gathered
    SUPERIOR = "superior"  # provincial offices of home and host, then the national office
    HOST_PROVINCE = "host_province"
    ANY_PROVINCE = "any_province"  # the provincial office of home or host
    OWN_PROVINCE = "own_province"  # the provincial office of the unit addressed
    WAITING_SIDE = "waiting_side"  # home or host, whose turn it is not
    LATE_SIDE = "late_side"  # home or host with a clock that ran out
    DRAWING_UNIT = "drawing_unit"  # host, or home where experts are seconded; never on paper
    SENDER_NODE = "sender_node"  # the node of whoever sent what is named
    RECIPIENT_NODE = "recipient_node"  # the node of whoever received what is named
    AUTHOR = "author"  # whoever begins a thread of another type
    OTHER_UNIT = "other_unit"  # the unit addressed by it


class Turn(StrEnum):
    """Whose turn it is next."""

    HOME = "home"
    HOST = "host"
    SUPERIORS = "superiors"
    SAME = "same"
    BY_STATE = "by_state"  # whose turn it is there, of an appraisal (`turns`)
    NOBODY = "nobody"
    PROTESTED = "protested"  # the sender of the protested envelope
    AUTHOR = "author"
    OTHER_UNIT = "other_unit"


class Audience(StrEnum):
    """Whom an envelope is addressed to, beside the sender's own copy."""

    OTHER_SIDE = "other_side"  # the other one of home and host
    OTHER_SIDE_AND_SUPERIORS = "other_side_and_superiors"
    PARTIES = "parties"  # home, host and every other superior
    SUPERVISED = "supervised"  # one unit of the sending province
    SUPERVISOR = "supervisor"  # the province that supervises
    LATE_SIDE = "late_side"  # the side that is reminded
    AS_ORIGINAL = "as_original"  # whom the named envelope was for, or its sender
    SELF = "self"  # nobody else
    UNITS = "units"  # one or more other units, as the table's guards say


class BusinessStatus(StrEnum):
    """What staff see; finer than the legal state."""

    DRAFT = "draft"
    PENDING_APPROVAL = "pending_approval"
    ROUTE_FAILED = "route_failed"
    ISSUED = "issued"
    DELIVERED = "delivered"
    SIGNED_FOR = "signed_for"
    RETURNED_FOR_CORRECTION = "returned_for_correction"
    TRANSFERRED = "transferred"
    AWAITING_DESIGNATION = "awaiting_designation"
    DESIGNATED = "designated"
    REFUSED = "refused"
    ACCEPTED = "accepted"
    INVESTIGATING = "investigating"
    PAUSED = "paused"
    RESULT_DRAFT = "result_draft"
    RESULT_REVIEW = "result_review"
    REPORTED = "reported"
    UNABLE = "unable"
    UNDER_CHECK = "under_check"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    WITHDRAW_REQUESTED = "withdraw_requested"
    WITHDRAWN = "withdrawn"
    COMPLETED = "completed"
    CLOSED_BY_HOST = "closed_by_host"
    CANCELLED = "cancelled"
    ARCHIVED = "archived"
    ACCEPTED_TO_APPRAISE = "accepted_to_appraise"
    SPECIALTY_SET = "specialty_set"
    DRAW_COMMITTED = "draw_committed"
    DRAW_REVEALED = "draw_revealed"
    DRAW_VOID = "draw_void"
    PANEL_SHORT = "panel_short"
    PANEL_DRAWN = "panel_drawn"
    SCHEDULED = "scheduled"
    NOTIFIED = "notified"
    RESCHEDULED = "rescheduled"
    NO_SHOW = "no_show"
    EXAMINED = "examined"
    EXTRA_TESTS = "extra_tests"
    OPINION_FORMED = "opinion_formed"
    MORE_ASKED = "more_asked"
    REJUDGING = "rejudging"
    PANEL_VOIDED = "panel_voided"
    EXPERTS_PROPOSED = "experts_proposed"
    EXPERTS_ADMITTED = "experts_admitted"
    EXPERTS_CONFIRMED = "experts_confirmed"
    TERMINATED = "terminated"
    NOTICE_OPEN = "notice_open"
    ANSWERED = "answered"
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    ENDED = "ended"
    STATED = "stated"
    ASKED = "asked"

    @property
    def label(self) -> str:
        """The Chinese label."""
        return _LABELS[self]


_LABELS: Mapping[BusinessStatus, str] = MappingProxyType({
    BusinessStatus.DRAFT: "拟稿", BusinessStatus.PENDING_APPROVAL: "待审批", BusinessStatus.ROUTE_FAILED: "路由失败",
    BusinessStatus.ISSUED: "已发出", BusinessStatus.DELIVERED: "已送达，待签收",
    BusinessStatus.SIGNED_FOR: "已签收，待受理",
    BusinessStatus.RETURNED_FOR_CORRECTION: "退回补正", BusinessStatus.TRANSFERRED: "转办",
    BusinessStatus.AWAITING_DESIGNATION: "待指定管辖", BusinessStatus.DESIGNATED: "已指定，待再发",
    BusinessStatus.REFUSED: "不予受托", BusinessStatus.ACCEPTED: "已受理，待分派",
    BusinessStatus.INVESTIGATING: "调查中", BusinessStatus.PAUSED: "暂停", BusinessStatus.RESULT_DRAFT: "结果拟稿",
    BusinessStatus.RESULT_REVIEW: "结果审核", BusinessStatus.REPORTED: "结果已提交", BusinessStatus.UNABLE: "无法完成",
    BusinessStatus.UNDER_CHECK: "待核验", BusinessStatus.SUPPLEMENT_REQUESTED: "补充调查",
    BusinessStatus.WITHDRAW_REQUESTED: "撤回，待移交", BusinessStatus.WITHDRAWN: "已撤回",
    BusinessStatus.COMPLETED: "办结", BusinessStatus.CLOSED_BY_HOST: "单方办结", BusinessStatus.CANCELLED: "作废",
    BusinessStatus.ARCHIVED: "归档", BusinessStatus.NOTICE_OPEN: "通报已发", BusinessStatus.ANSWERED: "已答复",
    BusinessStatus.PROPOSED: "协议待会签", BusinessStatus.IN_FORCE: "协议已会签", BusinessStatus.ENDED: "协议终止",
    BusinessStatus.STATED: "已公布", BusinessStatus.ASKED: "已请求协调",
    BusinessStatus.ACCEPTED_TO_APPRAISE: "已受理，待确定科别或推荐专家",
    BusinessStatus.SPECIALTY_SET: "已确定科别，待承诺", BusinessStatus.DRAW_COMMITTED: "双方已承诺，待揭示",
    BusinessStatus.DRAW_REVEALED: "双方已揭示，待抽取", BusinessStatus.DRAW_VOID: "抽取作废，待重新确定科别",
    BusinessStatus.PANEL_SHORT: "专家不足", BusinessStatus.PANEL_DRAWN: "已抽取专家组",
    BusinessStatus.SCHEDULED: "已排期，待通知", BusinessStatus.NOTIFIED: "已通知，待鉴定",
    BusinessStatus.RESCHEDULED: "已改期，待通知", BusinessStatus.NO_SHOW: "未到场",
    BusinessStatus.EXAMINED: "现场鉴定完成", BusinessStatus.EXTRA_TESTS: "补充检查",
    BusinessStatus.OPINION_FORMED: "专家组意见已形成", BusinessStatus.MORE_ASKED: "要求补充",
    BusinessStatus.REJUDGING: "退回复核", BusinessStatus.PANEL_VOIDED: "专家组作废，待重新确定科别",
    BusinessStatus.EXPERTS_PROPOSED: "已推荐专家", BusinessStatus.EXPERTS_ADMITTED: "已入库聘请",
    BusinessStatus.EXPERTS_CONFIRMED: "专家已确认", BusinessStatus.TERMINATED: "当次鉴定终止",
})  # fmt: skip


class ClockOp(StrEnum):
    """What a row does to a clock."""

    START = "start"  # on the day of acceptance
    START_AT_DELIVERY = "start_at_delivery"  # on the day of the acknowledgement's entry; until then `delivery` runs
    STOP = "stop"
    STOP_AGREED = "stop_agreed"  # every clock of the course of work; answers to provinces run on
    STOP_ALL = "stop_all"
    EXTEND = "extend"  # by the declared working days
    PAUSE = "pause"
    UNPAUSE = "unpause"
    STATUTORY = "statutory"  # the home's clock and every cap are computed anew
    SHORTEN_AT_DELIVERY = "shorten_at_delivery"  # green times from delivery, never later than before


@dataclass(frozen=True, slots=True)
class ClockEffect:
    """One effect on one clock; `clock` is empty where the operation needs none."""

    op: ClockOp
    clock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table.

    `sources` are the states from which it is legal, `target` the state that it leads to (None: it stays).
    `approval`: 2 = handler and approver, 1 = one clerk, 0 = the node by itself; `seal` whether the unit's seal is set
    by a person's decision. Guards are named by class: H in `guards_header`, B in `guards_body`, L in `guards_local`.
    `stale_after` are the kinds of others that it does not commute with; empty for neutral rows, which are never stale.
    `silence` names the clock whose running out makes the row legal. `change` names what else it does to the thread.
    """

    name: str
    label: str
    kind: Kind | None
    movers: tuple[Party, ...]
    sources: frozenset[State]
    target: State | None
    turn: Turn
    approval: int
    audience: Audience = Audience.OTHER_SIDE
    status: BusinessStatus | None = None
    local: bool = False
    neutral: bool = False
    closing: bool = False
    never_stale: bool = False
    reasons: tuple[str, ...] = ()
    reasons_required: bool = False
    declares: str = ""
    header_guards: tuple[str, ...] = ()
    body_guards: tuple[str, ...] = ()
    local_guards: tuple[str, ...] = ()
    stale_after: frozenset[Kind] = frozenset()
    clocks: tuple[ClockEffect, ...] = ()
    silence: str = ""
    change: str = ""
    law: str = ""

    @property
    def seal(self) -> bool:
        """Whether a person decides that the seal is set."""
        return self.approval == 2

    def commutes_with(self, kind: Kind) -> bool:
        """Whether an event of that kind by another party, unseen by the sender, leaves this one as it is."""
        return self.never_stale or self.neutral or kind not in self.stale_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All rows of one thread type (and, for delegations, of one family of matters)."""

    name: str
    thread_type: ThreadType
    matters: frozenset[Matter]
    rows: tuple[Row, ...]
    common_header_guards: tuple[str, ...]
    common_body_guards: tuple[str, ...]
    common_local_guards: tuple[str, ...]
    ends: frozenset[State]
    by_kind: Mapping[Kind, tuple[Row, ...]] = field(init=False, repr=False)
    noted: frozenset[Kind] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[Kind, list[Row]] = {}
        for row in self.rows:
            if row.kind is not None:
                found.setdefault(row.kind, []).append(row)
        object.__setattr__(self, "by_kind", MappingProxyType({kind: tuple(rows) for kind, rows in found.items()}))
        noted = frozenset(kind for row in self.rows for kind in row.stale_after)
        object.__setattr__(self, "noted", noted)

    def rows_of(self, kind: Kind) -> tuple[Row, ...]:
        """The rows of a kind, none when the table does not know it."""
        return self.by_kind.get(kind, ())

    @property
    def neutral_kinds(self) -> frozenset[Kind]:
        """Kinds that move nothing: carry base and predecessor and are judged by neither."""
        return frozenset(row.kind for row in self.rows if row.kind is not None and row.neutral)
