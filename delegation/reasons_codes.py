"""Reason codes: their lists, Chinese labels, articles, and which of them travel sealed (protocol 5.8).

A code that tells of health, relations, whereabouts or secrecy travels in the sealed body; the header carries its
class, the letter with 00. Lists are agreed between bureaus except where an article is named.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class ReasonCode:
    """One code. `law` is empty where it is agreed between bureaus."""

    code: str
    label: str
    sealed: bool = False
    law: str = ""

    @property
    def in_header(self) -> str:
        """What stands in the header for it: itself, or its class."""
        return f"{self.code[0]}00" if self.sealed else self.code


_ALL: Final = (
    ReasonCode("B01", "委托函要素不全"),
    ReasonCode("B02", "未用印或签名无效"),
    ReasonCode("B03", "附件缺失或损坏"),
    ReasonCode("B04", "调查提纲不明确"),
    ReasonCode("B05", "被调查人或地点信息不足"),
    ReasonCode("B06", "事故地址无法识别"),
    ReasonCode("B07", "受理文书缺失", law="《工伤认定办法》第八条、第十四条"),
    ReasonCode("R01", "非本机构管辖", law="《工伤认定办法》第十四条"),
    ReasonCode("R02", "事项不属受托方职权"),
    ReasonCode("R03", "应由委托方自行办理"),
    ReasonCode("R04", "与另案重复"),
    ReasonCode("R05", "法定不再调查", sealed=True, law="《工伤保险条例》第十九条；《工伤认定办法》第十三条"),
    ReasonCode("R06", "剩余时限不足"),
    ReasonCode("R07", "利害关系整体回避", sealed=True, law="《工伤认定办法》第十六条"),
    ReasonCode("R08", "委托依据或协议不存在或超出范围", law="《工伤认定办法》第十四条"),
    ReasonCode("R09", "涉密、涉港澳台或境外", sealed=True),
    ReasonCode("R10", "案件本应由受托方认定", law="人社部发〔2016〕29号第七条"),
    ReasonCode("R11", "逾期未补正"),
    ReasonCode("U01", "单位注销或失联", sealed=True),
    ReasonCode("U02", "证人无法联系", sealed=True),
    ReasonCode("U03", "现场灭失", sealed=True),
    ReasonCode("U04", "监控已覆盖", sealed=True),
    ReasonCode("U05", "单位拒不配合", sealed=True, law="《工伤保险条例》第六十三条"),
    ReasonCode("U06", "司法或公安机关调查中", sealed=True),
    ReasonCode("U07", "补充轮无新增"),
    ReasonCode("T01", "不在本辖区"),
    ReasonCode("T02", "同机构另一单位"),
    ReasonCode("T03", "伤者已迁移", sealed=True),
    ReasonCode("T04", "机构承继"),
    ReasonCode("T05", "单位入网"),
    ReasonCode("T06", "上级指定"),
    ReasonCode("T07", "专家不足，另择受托方或方式"),
    ReasonCode("E01", "当事人或证人未到"),
    ReasonCode("E02", "检测鉴定未出"),
    ReasonCode("E03", "多地取证"),
    ReasonCode("E04", "人员不足"),
    ReasonCode("E05", "灾害或不可抗力"),
    ReasonCode("E11", "伤情复杂", law="《工伤保险条例》第二十五条第二款"),
    ReasonCode("E12", "涉及多科别", law="《工伤保险条例》第二十五条第二款"),
    ReasonCode("H01", "待委托方答复"),
    ReasonCode("H02", "伤者或证人暂不能询问", sealed=True),
    ReasonCode("H03", "待检测"),
    ReasonCode("H04", "现场封控"),
    ReasonCode("H05", "时限中止且无可先行事项"),
    ReasonCode("W01", "申请人撤回"),
    ReasonCode("W02", "单位承认事实"),
    ReasonCode("W03", "委托方已决定"),
    ReasonCode("W04", "重复"),
    ReasonCode("W05", "案件移送"),
    ReasonCode("W06", "委托有误"),
    ReasonCode("W07", "受托方逾期"),
    ReasonCode("Q01", "未答"),
    ReasonCode("Q02", "形式不合格"),
    ReasonCode("Q03", "矛盾"),
    ReasonCode("Q04", "新证据"),
    ReasonCode("K01", "利害关系", sealed=True, law="《工伤认定办法》第十六条"),
    ReasonCode("K02", "资格或聘期"),
    ReasonCode("K03", "科别"),
    ReasonCode("K04", "未到"),
    ReasonCode("K05", "鉴定后发现", sealed=True),
    ReasonCode("K06", "工作调整"),
    ReasonCode("S01", "等待行政机关结论", law="《工伤保险条例》第二十条第三款；《工伤认定办法》第二十条"),
    ReasonCode("S02", "等待司法机关结论", law="《工伤保险条例》第二十条第三款；《工伤认定办法》第二十条"),
    ReasonCode("S03", "劳动关系仲裁或诉讼", law="人社部发〔2013〕34号第五条"),
    ReasonCode("S04", "改期"),
    ReasonCode("S05", "补充检查"),
    ReasonCode("Z01", "委托方逾期未核验"),
    ReasonCode("Z02", "拒绝后委托方未处理"),
    ReasonCode("D01", "逾期未揭示且无省级机构代为揭示"),
    ReasonCode("D02", "抽取前提有误（名单、人数或科别）"),
    ReasonCode("N01", "未通知到", sealed=True),
    ReasonCode("N02", "正当理由", sealed=True),
    ReasonCode("N03", "无正当理由", sealed=True, law="《工伤保险条例》第四十二条"),
    ReasonCode("N04", "拒绝", sealed=True, law="《工伤保险条例》第四十二条"),
)

REASON_LIST: Final[Mapping[str, ReasonCode]] = MappingProxyType({code.code: code for code in _ALL})
SEALED_CLASSES: Final[Mapping[str, str]] = MappingProxyType({
    "R00": "不予受托（理由密封）", "U00": "未能查明（理由密封）", "H00": "暂停（理由密封）",
    "T00": "转办（理由密封）", "K00": "换人（理由密封）", "N00": "未到场（理由密封）",
})  # fmt: skip


def codes(first: str, last: str) -> tuple[str, ...]:
    """The codes of one letter from `first` to `last`, in order; those that do not exist are left out."""
    letter = first[0]
    numbers = range(int(first[1:]), int(last[1:]) + 1)
    return tuple(code for code in (f"{letter}{number:02d}" for number in numbers) if code in REASON_LIST)


def in_header(exact: tuple[str, ...]) -> frozenset[str]:
    """What may stand in a header for these exact codes."""
    return frozenset(REASON_LIST[code].in_header for code in exact)


def label_of(code: str) -> str:
    """The Chinese label of a code or of a sealed class; the code itself when it is not known."""
    known = REASON_LIST.get(code)
    return known.label if known is not None else SEALED_CLASSES.get(code, code)
