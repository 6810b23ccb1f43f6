"""What exactly waits: the words of a line of 待答复 by what was asked, and of a step of an appraisal by its state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from delegation.codes import Kind
from delegation.table import State as Stage
from node import tasks
from node.desk.labels import state_label
from node.desk.waiting import Waiting
from node.records import EntryRecord
from node.writer import Tx

_WORDS: Final[Mapping[int, str]] = MappingProxyType({
    int(Kind.EXTENSION_REQUESTED): "延期申请待答复",
    int(Kind.QUESTION): "提问待答复",
    int(Kind.DISPUTED): "协调请求待答复",
    int(Kind.COORDINATION_REQUESTED): "协调请求待答复",
    int(Kind.CORRECTED): "更正待确认",
})  # fmt: skip
_NOTICE: Final = "通报待答复"
_STEPS: Final[Mapping[tuple[str, str], str]] = MappingProxyType({
    ("host", Stage.ACCEPTED): "待组成专家组",  # specialities, or the experts that are lent
    ("host", Stage.DRAW_VOID): "待重新确定科别",
    ("home", Stage.DRAW_VOID): "待重新确定科别",
    ("home", Stage.EXPERTS_PROPOSED): "待入库聘请",
    ("home", Stage.EXPERTS_ADMITTED): "待确定科别",
    ("host", Stage.PANEL_DRAWN): "待安排鉴定",
    ("home", Stage.SCHEDULED): "待通知职工",
    ("host", Stage.SCHEDULED): "待改期",
    ("host", Stage.NOTIFIED): "待现场鉴定",
    ("host", Stage.EXAMINED): "待专家组意见",
    ("host", Stage.OPINION_FORMED): "待提交结果",
})  # fmt: skip


def words_of_step(role: str, state: str) -> str:
    """What our side ("home", "host") is to do next in this legal state; the state itself where nothing better fits."""
    return _STEPS.get((role, state)) or state_label(state)


def with_words(tx: Tx, page: Sequence[Waiting], states: Mapping[str, str]) -> list[Waiting]:
    """The lines of a page, those of 待答复 saying what is asked; where that is not known they stay as they are.

    Columns of the entries of those threads alone are read: no header is parsed and nothing is opened. `states` are the
    threads' legal states: a notice waits as a whole, and names no envelope.
    """
    asked = {(item.thread_id, item.subject) for item in page if item.category == tasks.ANSWER and item.thread_id}
    if not asked:
        return list(page)
    found = {key: _NOTICE for key in asked if states.get(key[0]) == Stage.NOTICE_OPEN}
    threads = sorted({thread_id for thread_id, _ in asked - found.keys()})
    for row in tx.store.select_in(EntryRecord, ("thread_id", "envelope_id", "kind"), "thread_id", threads):
        key, words = (str(row[0]), str(row[1])), _WORDS.get(int(str(row[2])))
        if key in asked and words is not None:
            found[key] = words
    return [replace(item, label=found.get((item.thread_id, item.subject), item.label)) for item in page]
