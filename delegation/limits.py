"""How long things may take: the statutory limits with their articles, and the agreed times between bureaus.

Statutory limits are versioned by the day from which they hold, and judged by the day on which their clock starts. The
agreed times here are the defaults; agreements of the signed roster may say others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from delegation.codes import Priority

_MOST_AGREED: Final = 60  # working days; the cap bounds them anyway, this catches a slip of the pen


class LimitError(ValueError):
    """No such time. Codes: ``not_in_force`` (no row on that day), ``priority``, ``step`` (one missing), ``length``."""

    def __init__(self, code: str) -> None:
        super().__init__(f"limit: {code}")
        self.code = code


class LimitKind(StrEnum):
    """What the law limits."""

    RECOGNITION = "recognition"  # 工伤认定决定
    RECOGNITION_SIMPLE = "recognition_simple"  # 事实清楚、权利义务明确
    SERVE_DECISION = "serve_decision"  # 送达认定决定
    APPRAISAL = "appraisal"  # 劳动能力鉴定结论
    MATERIAL_NOTICE = "material_notice"  # 一次性书面告知补正
    SERVE_CONCLUSION = "serve_conclusion"  # 送达鉴定结论
    REAPPRAISAL_REQUEST = "reappraisal_request"  # 申请再次鉴定
    REVIEW = "review"  # 申请复查鉴定, not before


class LimitUnit(StrEnum):
    """What a limit counts in."""

    NATURAL_DAYS = "natural_days"
    WORKING_DAYS = "working_days"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class StatutoryLimit:
    """One limit of one version of the law. ``extension`` is what may be added once, 0 where nothing may be."""

    kind: LimitKind
    effective_from: date
    length: int
    unit: LimitUnit
    starts: str
    article: str
    extension: int = 0


_IN_FORCE_2011: Final = date(2011, 1, 1)  # the Regulation as amended by Order 586, and the Measures of Order 8
_RULES_2014: Final = date(2014, 4, 1)
_RULES_2025: Final = date(2025, 7, 1)
_ARTICLE_OPEN: Final = "《劳动能力鉴定管理办法》（2025年7月1日起施行），条号待核对"

STATUTORY_LIMITS: Final[tuple[StatutoryLimit, ...]] = (
    StatutoryLimit(
        LimitKind.RECOGNITION, _IN_FORCE_2011, 60, LimitUnit.NATURAL_DAYS, "受理之日",
        "《工伤保险条例》第二十条第一款；《工伤认定办法》第十八条",
    ),
    StatutoryLimit(
        LimitKind.RECOGNITION_SIMPLE, _IN_FORCE_2011, 15, LimitUnit.NATURAL_DAYS, "受理之日",
        "《工伤保险条例》第二十条第二款；《工伤认定办法》第二十一条",
    ),
    StatutoryLimit(
        LimitKind.SERVE_DECISION, _IN_FORCE_2011, 20, LimitUnit.NATURAL_DAYS, "作出决定之日",
        "《工伤认定办法》第二十二条",
    ),
    StatutoryLimit(
        LimitKind.APPRAISAL, _IN_FORCE_2011, 60, LimitUnit.NATURAL_DAYS, "收到申请之日",
        "《工伤保险条例》第二十五条第二款", extension=30,
    ),
    StatutoryLimit(
        LimitKind.MATERIAL_NOTICE, _RULES_2014, 5, LimitUnit.WORKING_DAYS, "收到申请之日",
        "《工伤职工劳动能力鉴定管理办法》第九条",
    ),
    StatutoryLimit(
        LimitKind.MATERIAL_NOTICE, _RULES_2025, 5, LimitUnit.WORKING_DAYS, "收到申请之日", _ARTICLE_OPEN
    ),
    StatutoryLimit(
        LimitKind.SERVE_CONCLUSION, _RULES_2014, 20, LimitUnit.NATURAL_DAYS, "作出结论之日",
        "《工伤职工劳动能力鉴定管理办法》第十五条",
    ),
    StatutoryLimit(
        LimitKind.SERVE_CONCLUSION, _RULES_2025, 15, LimitUnit.NATURAL_DAYS, "作出结论之日", _ARTICLE_OPEN
    ),
    StatutoryLimit(
        LimitKind.REAPPRAISAL_REQUEST, _IN_FORCE_2011, 15, LimitUnit.NATURAL_DAYS, "收到结论之日",
        "《工伤保险条例》第二十六条",
    ),
    StatutoryLimit(
        LimitKind.REVIEW, _IN_FORCE_2011, 1, LimitUnit.YEARS, "结论作出之日", "《工伤保险条例》第二十八条"
    ),
)  # fmt: skip


def statutory_limit(kind: LimitKind, on: date, table: Sequence[StatutoryLimit] = STATUTORY_LIMITS) -> StatutoryLimit:
    """The limit in force on the day on which its clock starts (a conclusion of 2025-06-30 is served in 20 days).

    Raises:
        LimitError: ``not_in_force`` for a day before the table begins; no limit is guessed.
    """
    rows = [row for row in table if row.kind is kind and row.effective_from <= on]
    if not rows:
        raise LimitError("not_in_force")
    return max(rows, key=lambda row: row.effective_from)


class Step(StrEnum):
    """What bureaus agree a time for, in working days from the event named."""

    SIGN = "sign"  # 签收, from delivery
    DECIDE = "decide"  # 受托决定 (appraisal: with the material review), from signing
    ASSIGN = "assign"  # 分派, from acceptance or delivery of a supplement request
    INVESTIGATE = "investigate"  # 调查, from acceptance
    CORRECT = "correct"  # 补正, from delivery of the return
    SUPPLEMENT = "supplement"  # 补充调查, from delivery of the request
    EXTENSION = "extension"  # 延期: the most that one round may get
    ANSWER_EXTENSION = "answer_extension"  # 答复延期, from delivery of the request
    CHECK = "check"  # 委托方核验, from delivery of the result
    SILENCE = "silence"  # 单方办结: after this long over a due check, or an unanswered refusal
    HAND_OVER = "hand_over"  # 撤回后移交, from delivery of the request
    REISSUE = "reissue"  # 再发, from transfer or designation
    DESIGNATE = "designate"  # 指定管辖, anew for each superior
    ANSWER_QUESTION = "answer_question"  # 答复提问, before a pause for want of an answer
    ANSWER_SUPERVISION = "answer_supervision"  # 督办答复
    GIVE_OPINION = "give_opinion"  # 省级协调意见
    ACKNOWLEDGE_CORRECTION = "acknowledge_correction"  # 确认更正
    EXAMINE = "examine"  # 现场鉴定, from acceptance
    FORM_OPINION = "form_opinion"  # 专家组意见, from the examination
    ANSWER_RECUSAL = "answer_recusal"  # 回避答复
    PROPOSE_EXPERTS = "propose_experts"  # 推荐专家
    MEND_PANEL = "mend_panel"  # 专家不足的处理
    NOTIFY_WORKER = "notify_worker"  # 通知须早于鉴定
    SPECIALTIES = "specialties"  # 确定科别, from acceptance, or once the way is free again
    COMMIT_DRAW = "commit_draw"  # 抽取承诺, from the day on which the list was fixed
    REVEAL_DRAW = "reveal_draw"  # 抽取揭示, from the day on which both commitments stand
    DRAW_PANEL = "draw_panel"  # 抽取专家组, from the day on which both secrets are shown
    SCHEDULE = "schedule"  # 排期, from the draw
    TELL_WORKER = "tell_worker"  # 通知职工, from delivery of the appointment
    REPORT_OPINION = "report_opinion"  # 提交鉴定结果, from the opinion
    ADMIT_EXPERTS = "admit_experts"  # 入库聘请, from delivery of the proposal
    CONFIRM_EXPERTS = "confirm_experts"  # 专家确认, from delivery of the draw
    ANSWER_VOID_DEMAND = "answer_void_demand"  # 要求作废的处理


DEFAULT_NORMAL: Final[Mapping[Step, int]] = MappingProxyType({
    Step.SIGN: 1, Step.DECIDE: 3, Step.ASSIGN: 2, Step.INVESTIGATE: 15, Step.CORRECT: 5, Step.SUPPLEMENT: 7,
    Step.EXTENSION: 10, Step.ANSWER_EXTENSION: 2, Step.CHECK: 3, Step.SILENCE: 10, Step.HAND_OVER: 2, Step.REISSUE: 1,
    Step.DESIGNATE: 5, Step.ANSWER_QUESTION: 2, Step.ANSWER_SUPERVISION: 5, Step.GIVE_OPINION: 5,
    Step.ACKNOWLEDGE_CORRECTION: 5, Step.EXAMINE: 15, Step.FORM_OPINION: 3, Step.ANSWER_RECUSAL: 2,
    Step.PROPOSE_EXPERTS: 5, Step.MEND_PANEL: 5, Step.NOTIFY_WORKER: 5, Step.SPECIALTIES: 2, Step.COMMIT_DRAW: 1,
    Step.REVEAL_DRAW: 1, Step.DRAW_PANEL: 1, Step.SCHEDULE: 3, Step.TELL_WORKER: 2, Step.REPORT_OPINION: 2,
    Step.ADMIT_EXPERTS: 5, Step.CONFIRM_EXPERTS: 2, Step.ANSWER_VOID_DEMAND: 2,
})  # fmt: skip
DEFAULT_GREEN: Final[Mapping[Step, int]] = MappingProxyType({
    Step.DECIDE: 1, Step.INVESTIGATE: 7, Step.SUPPLEMENT: 3, Step.EXAMINE: 7, Step.FORM_OPINION: 2,
    Step.SPECIALTIES: 1, Step.SCHEDULE: 1, Step.TELL_WORKER: 1, Step.REPORT_OPINION: 1,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class AgreedTimes:
    """Agreed times in working days, for every step; ``green`` holds only what the green channel (绿色通道) shortens.

    They are convention between bureaus, without a legal source, and bounded by the home's statutory time.

    Raises:
        LimitError: ``step`` when one is missing, ``length`` when a time is not 1 to 60 or green is not shorter.
    """

    normal: Mapping[Step, int] = field(default_factory=lambda: DEFAULT_NORMAL)
    green: Mapping[Step, int] = field(default_factory=lambda: DEFAULT_GREEN)

    def __post_init__(self) -> None:
        if set(self.normal) != set(Step) or not set(self.green) <= set(Step):
            raise LimitError("step")
        if not all(1 <= days <= _MOST_AGREED for days in (*self.normal.values(), *self.green.values())):
            raise LimitError("length")
        if any(days > self.normal[step] for step, days in self.green.items()):
            raise LimitError("length")
        for name in ("normal", "green"):  # the caller's dict may change
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def days(self, step: Step, priority: Priority) -> int:
        """The agreed time of a step. 优先 changes the order of work only, so it has the normal times.

        Raises:
            LimitError: ``priority`` when it is not stated.
        """
        if priority is Priority.GREEN:
            return self.green.get(step, self.normal[step])
        if priority in {Priority.NORMAL, Priority.PREFERRED}:
            return self.normal[step]
        raise LimitError("priority")
