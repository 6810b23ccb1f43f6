"""Which clocks a thread has, for whom they run, and where each time comes from (protocol 6.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from delegation.limits import Step


class Awaits(StrEnum):
    """From whom a clock awaits something."""

    HOME = "home"
    HOST = "host"
    OTHER_SIDE = "other_side"  # of the sender
    ADDRESSEES = "addressees"
    SUPERIORS = "superiors"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """One clock. `capped`: never past the cap. `of_work`: ends with the course of work. `pausable`: stops in a pause.

    `step` is the agreed time it takes; None where the time is fixed or comes from the header.
    """

    name: str
    label: str
    awaits: Awaits
    step: Step | None
    source: str
    capped: bool = False
    of_work: bool = True
    pausable: bool = False


_AGREED: Final = "约定时限（工作日），以名册所载协议或默认时限为准"
_CAPPED: Final = f"{_AGREED}；不超过委托方法定届满日前十日（《工伤保险条例》第二十条）"

_ALL: Final = (
    ClockSpec(
        "statutory", "认定法定时限", Awaits.HOME, None,
        "《工伤保险条例》第二十条；《工伤认定办法》第十八条、第二十条、第二十一条", of_work=False,
    ),
    ClockSpec(
        "cap", "受托方最迟日", Awaits.HOST, None,
        "委托方法定届满日前十日当日或之前最后一个工作日（约定；《工伤保险条例》第二十条）", of_work=False,
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
    ClockSpec("archive", "归档", Awaits.BOTH, None, "办结后半年内（江苏省劳动能力鉴定档案规定第六条）", of_work=False),
)  # fmt: skip

CLOCKS: Final[Mapping[str, ClockSpec]] = MappingProxyType({spec.name: spec for spec in _ALL})
SHORTEN: Final = "shorten"  # not a clock: what a change to the green channel does once it is delivered


def legal_source(clock: str) -> str:
    """Where the time of a clock comes from, in Chinese, for people; empty for an unknown name."""
    spec = CLOCKS.get(clock)
    return "" if spec is None else spec.source
