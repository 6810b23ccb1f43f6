"""Chinese labels of what the desk shows."""

from delegation.clock_specs import CLOCKS
from delegation.codes import Kind
from delegation.table import State
from delegation.tables import TABLES

_STATES = {
    State.NONE: "待发出",
    State.ISSUED: "已发出",
    State.SIGNED_FOR: "已签收",
    State.RETURNED_FOR_CORRECTION: "退回补正",
    State.TRANSFERRED: "转办",
    State.AWAITING_DESIGNATION: "待指定管辖",
    State.REFUSED: "不予受托",
    State.ACCEPTED: "已受理",
    State.IN_PROGRESS: "办理中",
    State.REPORTED: "结果已提交",
    State.SUPPLEMENT_REQUESTED: "补充调查",
    State.WITHDRAW_REQUESTED: "撤回中",
    State.SPECIALTY_SET: "已确定科别",
    State.DRAW_VOID: "抽取作废",
    State.PANEL_SHORT: "专家不足",
    State.PANEL_DRAWN: "已抽取专家组",
    State.SCHEDULED: "已排期",
    State.NOTIFIED: "已通知",
    State.EXAMINED: "现场鉴定完成",
    State.OPINION_FORMED: "专家组意见已形成",
    State.EXPERTS_PROPOSED: "已推荐专家",
    State.EXPERTS_ADMITTED: "已入库聘请",
    State.EXPERTS_CONFIRMED: "专家已确认",
    State.TERMINATED: "当次鉴定终止",
    State.COMPLETED: "办结",
    State.WITHDRAWN: "已撤回",
    State.CANCELLED: "作废",
    State.ARCHIVED: "归档",
    State.NOTICE_OPEN: "通报待答复",
    State.PROPOSED: "协议待会签",
    State.IN_FORCE: "协议已会签",
    State.STATED: "已公布",
    State.ASKED: "待答复",
    State.ANSWERED: "已答复",
    State.ENDED: "已终止",
}
_KINDS: dict[Kind, str] = {}
for _table in TABLES:
    for _row in _table.rows:
        if _row.kind is not None:
            _KINDS.setdefault(_row.kind, _row.label.split("（", maxsplit=1)[0])


def kind_label(kind: Kind) -> str:
    """The kind in Chinese, its name when no table knows it."""
    return _KINDS.get(kind, kind.name)


def state_label(state: str) -> str:
    """The legal state in Chinese."""
    try:
        return _STATES.get(State(state), state)
    except ValueError:
        return state


def clock_label(clock: str) -> str:
    """The clock in Chinese."""
    spec = CLOCKS.get(clock)
    return spec.label if spec is not None else clock
