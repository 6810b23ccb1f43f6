"""Which clocks a thread has, for whom they run, and where each time comes from (protocol 6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from delegation.limits import LimitKind, Step


class Awaits(StrEnum):
    """From whom a clock awaits something."""

    HOME = "home"
    HOST = "host"
    OTHER_SIDE = "other_side"  # of the sender
    ADDRESSEES = "addressees"
    SUPERIORS = "superiors"
    BOTH = "both"
    DRAWING_UNIT = "drawing_unit"  # host, or home where experts are seconded


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """One clock. `capped`: never past the cap. `of_work`: ends with the course of work. `pausable`: stops in a pause.

    `step` is the agreed time it takes; None where the time is fixed or comes from the header. `limit` is a time of the
    law in natural days, by the day on which it starts. A `window` is a time in which somebody outside may do something:
    when it ends nobody is late.
    """

    name: str
    label: str
    awaits: Awaits
    step: Step | None
    source: str
    capped: bool = False
    of_work: bool = True
    pausable: bool = False
    limit: LimitKind | None = None
    window: bool = False


_AGREED: Final = "约定时限（工作日），以名册所载协议或默认时限为准"
_CAPPED: Final = f"{_AGREED}；不超过委托方法定届满日前十日（《工伤保险条例》第二十条、第二十五条）"

_ALL: Final = (
    ClockSpec(
        "statutory", "法定时限", Awaits.HOME, None,
        "认定：《工伤保险条例》第二十条，《工伤认定办法》第十八条、第二十条、第二十一条；"
        "鉴定：《工伤保险条例》第二十五条第二款", of_work=False,
    ),
    ClockSpec(
        "cap", "受托方最迟日", Awaits.HOST, None,
        "委托方法定届满日前十日当日或之前最后一个工作日（约定；《工伤保险条例》第二十条、第二十五条）", of_work=False,
    ),
    ClockSpec("delivery", "送达", Awaits.ADDRESSEES, None, "一个工作日（约定）"),
    ClockSpec("sign", "签收", Awaits.HOST, Step.SIGN, _CAPPED, capped=True),
    ClockSpec("decide", "受托决定", Awaits.HOST, Step.DECIDE, _CAPPED, capped=True),
    ClockSpec("assign", "分派", Awaits.HOST, Step.ASSIGN, _CAPPED, capped=True),
    ClockSpec("investigate", "调查", Awaits.HOST, Step.INVESTIGATE, _CAPPED, capped=True, pausable=True),
    ClockSpec("supplement", "补充调查", Awaits.HOST, Step.SUPPLEMENT, _CAPPED, capped=True, pausable=True),
    ClockSpec("correction", "补正", Awaits.HOME, Step.CORRECT, _AGREED),
    ClockSpec("reissue", "再发", Awaits.HOME, Step.REISSUE, _AGREED),
    ClockSpec("designation", "指定管辖", Awaits.SUPERIORS, Step.DESIGNATE, _AGREED),
    ClockSpec("extension-answer", "答复延期", Awaits.HOME, Step.ANSWER_EXTENSION, _AGREED),
    ClockSpec("question-answer", "答复提问", Awaits.OTHER_SIDE, Step.ANSWER_QUESTION, _AGREED),
    ClockSpec("hand-over", "撤回移交", Awaits.HOST, Step.HAND_OVER, _AGREED),
    ClockSpec("check", "核验", Awaits.HOME, Step.CHECK, _AGREED),
    ClockSpec("close-refused", "拒绝后处理", Awaits.HOME, Step.SILENCE, _AGREED),
    ClockSpec("supervise", "督办答复", Awaits.ADDRESSEES, Step.ANSWER_SUPERVISION, _AGREED, of_work=False),
    ClockSpec("opinion", "协调意见", Awaits.SUPERIORS, Step.GIVE_OPINION, _AGREED, of_work=False),
    ClockSpec(
        "correction-acknowledge", "更正知悉", Awaits.OTHER_SIDE, Step.ACKNOWLEDGE_CORRECTION, _AGREED, of_work=False
    ),
    ClockSpec("coordination", "协调答复", Awaits.OTHER_SIDE, Step.GIVE_OPINION, _AGREED, of_work=False),
    ClockSpec("specialties", "确定科别", Awaits.DRAWING_UNIT, Step.SPECIALTIES, _CAPPED, capped=True, pausable=True),
    ClockSpec("draw-commit", "抽取承诺", Awaits.BOTH, Step.COMMIT_DRAW, _AGREED),
    ClockSpec("draw-reveal", "抽取揭示", Awaits.BOTH, Step.REVEAL_DRAW, _AGREED),
    ClockSpec("draw-panel", "抽取专家组", Awaits.DRAWING_UNIT, Step.DRAW_PANEL, _AGREED),
    ClockSpec("panel-short", "专家不足的处理", Awaits.BOTH, Step.MEND_PANEL, _AGREED),
    ClockSpec("recusal", "回避答复", Awaits.DRAWING_UNIT, Step.ANSWER_RECUSAL, _AGREED),
    ClockSpec("schedule", "排期", Awaits.HOST, Step.SCHEDULE, _CAPPED, capped=True, pausable=True),
    ClockSpec("notify", "通知职工", Awaits.HOME, Step.TELL_WORKER, _AGREED),
    ClockSpec("examine", "现场鉴定", Awaits.HOST, Step.EXAMINE, _CAPPED, capped=True, pausable=True),
    ClockSpec("opinion-form", "形成专家组意见", Awaits.HOST, Step.FORM_OPINION, _CAPPED, capped=True, pausable=True),
    ClockSpec("opinion-report", "提交鉴定结果", Awaits.HOST, Step.REPORT_OPINION, _CAPPED, capped=True),
    ClockSpec("void-demand", "要求作废的处理", Awaits.HOST, Step.ANSWER_VOID_DEMAND, _AGREED),
    ClockSpec("experts-propose", "推荐专家", Awaits.HOST, Step.PROPOSE_EXPERTS, _CAPPED, capped=True, pausable=True),
    ClockSpec("experts-admit", "入库聘请", Awaits.HOME, Step.ADMIT_EXPERTS, _AGREED),
    ClockSpec("experts-confirm", "专家确认", Awaits.HOST, Step.CONFIRM_EXPERTS, _CAPPED, capped=True),
    ClockSpec(
        "serve-conclusion", "送达鉴定结论", Awaits.HOME, None,
        "作出结论之日起十五日；2025年7月1日前作出的为二十日（劳动能力鉴定管理办法）", of_work=False,
        limit=LimitKind.SERVE_CONCLUSION,
    ),
    ClockSpec(
        "reappraisal", "再次鉴定申请期", Awaits.HOME, None,
        "收到结论之日起十五日（《工伤保险条例》第二十六条）；期限属申请人，届满无人逾期", of_work=False,
        limit=LimitKind.REAPPRAISAL_REQUEST, window=True,
    ),
    ClockSpec("archive", "归档", Awaits.BOTH, None, "办结后半年内（江苏省劳动能力鉴定档案规定第六条）", of_work=False),
)  # fmt: skip

CLOCKS: Final[Mapping[str, ClockSpec]] = MappingProxyType({spec.name: spec for spec in _ALL})
WINDOWS: Final = frozenset(spec.name for spec in _ALL if spec.window)  # their end makes nobody late
SHORTEN: Final = "shorten"  # not a clock: what a change to the green channel does once it is delivered


def legal_source(clock: str) -> str:
    """Where the time of a clock comes from, in Chinese, for people; empty for an unknown name."""
    spec = CLOCKS.get(clock)
    return "" if spec is None else spec.source
