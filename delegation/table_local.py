"""What never travels: steps inside one node, as rows, so that a desk asks the same kind of table (protocol 5.2)."""

from collections.abc import Iterable
from typing import Final

from delegation.table import Audience, BusinessStatus, Party, Row, State, Turn

_S = State
_B = BusinessStatus


def _local(
    name: str, label: str, mover: Party, sources: Iterable[State], target: State, turn: Turn, status: BusinessStatus
) -> Row:
    return Row(
        name=name, label=label, kind=None, movers=(mover,), sources=frozenset(sources), target=target, turn=turn,
        approval=2 if name in {"approved", "result_approved"} else 1, audience=Audience.SELF, status=status, local=True,
    )  # fmt: skip


LOCAL_ROWS: Final = (
    _local("drafted", "拟稿", Party.HOME, {_S.NONE}, _S.DRAFT, Turn.HOME, _B.DRAFT),
    _local("submitted", "送审", Party.HOME, {_S.DRAFT}, _S.PENDING_APPROVAL, Turn.HOME, _B.PENDING_APPROVAL),
    _local("given_back", "退回拟稿", Party.HOME, {_S.PENDING_APPROVAL}, _S.DRAFT, Turn.HOME, _B.DRAFT),
    _local("approved", "审批用印", Party.HOME, {_S.PENDING_APPROVAL}, _S.ISSUED, Turn.HOST, _B.ISSUED),
    _local(
        "discarded", "作废（未发出）", Party.HOME, {_S.DRAFT, _S.PENDING_APPROVAL, _S.ROUTE_FAILED}, _S.CANCELLED,
        Turn.NOBODY, _B.CANCELLED,
    ),
    _local("route_failed", "路由失败", Party.HOME_NODE, {_S.NONE}, _S.ROUTE_FAILED, Turn.HOME, _B.ROUTE_FAILED),
    _local("rerouted", "改发", Party.HOME, {_S.ROUTE_FAILED}, _S.PENDING_APPROVAL, Turn.HOME, _B.PENDING_APPROVAL),
    _local("result_drafted", "结果拟稿", Party.HOST, {_S.IN_PROGRESS}, _S.RESULT_DRAFT, Turn.HOST, _B.RESULT_DRAFT),
    _local("result_submitted", "送审", Party.HOST, {_S.RESULT_DRAFT}, _S.RESULT_REVIEW, Turn.HOST, _B.RESULT_REVIEW),
    _local("result_returned", "退回拟稿", Party.HOST, {_S.RESULT_REVIEW}, _S.RESULT_DRAFT, Turn.HOST, _B.RESULT_DRAFT),
    _local("result_approved", "结果用印", Party.HOST, {_S.RESULT_REVIEW}, _S.REPORTED, Turn.HOME, _B.REPORTED),
)  # fmt: skip
