"""Words of an office's acts: what each is called, who reads its text, what is offered, and why one was refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from delegation.catalogue import CATALOGUE
from delegation.codes import Kind
from delegation.errors import Reason
from gateway.bureau.cases.rules import why_not
from node.desk.labels import kind_label, state_label

Tr = Callable[[str], str]
PERSONAL: Final = "请勿填写个人信息（姓名、证件号码、伤病情况）"


@dataclass(frozen=True, slots=True)
class Act:
    """An act on one delegation: its button, what it is, who can read what is written, whether another approves it."""

    name: str
    label: str
    about: str
    readers: tuple[str, ...]
    offered: str = ""  # the text that stands in the form at first
    two: bool = True


_OPEN: Final = "编号、单位、时间和期限在信封头中，双方省级机构可见。"
ACTS: Final[Mapping[str, Act]] = {
    each.name: each
    for each in (
        Act(
            "remind", "催办", "提醒须办理的一方抓紧办理。同一委托同一单位每日限催办一次，立即发出，无须审批。",
            ("正文加密，只有被催办单位可以阅读。", _OPEN),
            "请按规定期限抓紧办理本委托，并在系统中及时反馈进展；确有困难的，请说明原因和预计完成时间。", two=False,
        ),
        Act(
            "supervise", "督办", "要求本省所属单位在期限内书面答复。外省单位不能督办，可催办或请求该省协调。",
            ("正文加密，只有被督办单位可以阅读。", _OPEN),
            "请核查本委托办理情况，说明未按期办理的原因、已采取的措施和预计办结时间，并按期书面答复。",
        ),
        Act(
            "coordinate", "请求协调", "请对方省级机构督促其所属单位，对方应在五个工作日内答复。",
            ("正文加密，只有对方省级机构可以阅读；另立协调文书，不列入该委托的经过。",),
            "请协调督促贵省所属单位按期办理本委托，并将处理情况函复。",
        ),
        Act(
            "designate", "指定管辖",
            "指定有管辖权的单位，对该委托有约束力。涉及两省的，两省指定一致后生效；不一致的，由国家级机构指定。",
            ("指定的单位在信封头中，理由加密，委托方、受托方和另一省级机构可以阅读。", _OPEN),
        ),
        Act(
            "opinion", "出具意见", "答复一方提请的协调。意见不改变委托的状态和期限。",
            ("正文加密，委托方、受托方和另一省级机构可以阅读。", _OPEN),
        ),
        Act(
            "answer", "答复协调", "答复对方省级机构的协调请求。",
            ("正文加密，只有请求协调的省级机构可以阅读。",),
        ),
    )
}  # fmt: skip
ANNOUNCED_READERS: Final = "正文加密，只有收件单位可以阅读；一个单位一份。"
AGREED_READERS: Final = "条款加密，只有双方省级机构可以阅读；会签并载入名册后，约定的时限对双方所属单位适用。"
WAITS: Final[Mapping[str, tuple[str, str]]] = {  # what waits: its name, the button
    "designation": ("提请指定管辖", "指定管辖"),
    "opinion": ("提请协调，待出具意见", "出具意见"),
    "coordination": ("外省请求协调，待答复", "答复协调"),
    "agreement": ("协议提议，待会签", "查看协议"),
    "reveal": ("抽取逾期未揭示，待代为揭示", "代为揭示"),
}
MADE: Final[Mapping[str, str]] = {
    "sent": "已发出",
    "approval": "已提交审批，由本机构另一人审批用印后发出",
}
ARTICLES: Final[Mapping[str, str]] = {
    "regulation-20": "《工伤保险条例》第二十条",
    "regulation-25": "《工伤保险条例》第二十五条",
    "appraisal-rules-9": "劳动能力鉴定管理办法关于五个工作日内一次性告知补正的规定",
}
_WHY: Final[Mapping[str, str]] = {
    "other_province": "外省单位不能督办，可催办，或请求该省协调（{office}）",
    "own_province": "本省单位，请直接催办或督办",
    "once_a_day": "今日已催办过，每日限一次",
}
_NOT_HERE: Final = "不在监管范围内，或注册中心没有这件委托"
_AWAY: Final = "注册中心暂时联系不上，本机构又没有该委托的副本，请稍后再试"
_MOVED: Final = "此后已有变化（第 {since} 号，{kind}），现为“{state}”，请重新查看后办理"
_NAMED: Final = "已指定由 {unit} 办理"
_SINCE: Final = "现为“{state}”，请重新查看后办理"
_NOW: Final = "现为“{state}”，不能办理此事项"
_DAYS: Final = "超过法定期限所余：最多相当于 {most} 个自然日（{article}）"
_STEP: Final = "超过法定步骤期限：最多 {most} 个工作日（{article}）"
_LEFT: Final = frozenset({Reason.UNAVAILABLE.value, Reason.STORAGE_UNAVAILABLE.value, Reason.STOPPING.value})


def why(reason: str, details: Mapping[str, str], tr: Tr) -> str:
    """A refusal in words of the reader's language; what is unknown shows the catalogue's text."""
    told = details.get("why", "")
    if told in _WHY:
        return tr(_WHY[told]).replace("{office}", details.get("office", ""))
    if reason == Reason.NOT_FOUND.value:
        return tr(_NOT_HERE)
    if reason in _LEFT:
        return tr(_AWAY)
    if reason == Reason.STALE.value:
        return stale(details, tr)
    if details.get("rule") in {"statutory_remainder", "step_too_long"}:
        text = tr(_DAYS if details["rule"] == "statutory_remainder" else _STEP)
        article = tr(ARTICLES.get(details.get("article", ""), ""))
        return text.replace("{most}", details.get("most", "")).replace("{article}", article)
    if reason == Reason.NOT_ALLOWED.value and "state" in details and "guard" not in details:
        return tr(_NOW).replace("{state}", tr(state_label(details["state"])))
    known = Reason(reason) if reason in Reason.__members__ else None
    words = why_not(reason, details)
    if known is not None and words == CATALOGUE[known].text_zh:
        return words if tr(_NOT_HERE) == _NOT_HERE else CATALOGUE[known].text_en
    return tr(words)


def stale(details: Mapping[str, str], tr: Tr) -> str:
    """What happened since, and to what."""
    found = []
    state = tr(state_label(details.get("state", "")))
    if "since" in details:
        kind = details.get("kind", "")
        label = tr(kind_label(Kind[kind])) if kind in Kind.__members__ else kind
        found.append(tr(_MOVED).replace("{since}", details["since"]).replace("{kind}", label).replace("{state}", state))
    if "unit" in details:
        found.append(tr(_NAMED).replace("{unit}", details["unit"]))
    return tr("；").join(found) or tr(_SINCE).replace("{state}", state)
