"""Which papers there are, as data: a line a paper. What happened in the thread decides which of them a case offers.

A paper of an act repeats what was signed, so it names the entry's digest; a blank form is prepared for the visit to the
site and is filled in by hand. No paper shows a seal: there is a place for the wet one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from delegation.codes import Matter
from node.desk.views import DelegationView, EntryView


class Basis(StrEnum):
    """What a paper is made from."""

    ACT = "act"  # one accepted act of the thread, by whichever side
    BLANK = "blank"  # the case; the rest is written by hand on the spot
    CASE = "case"  # the whole thread


class Of(StrEnum):
    """Which delegations have it."""

    ANY = "any"
    INVESTIGATION = "investigation"
    APPRAISAL = "appraisal"


class Side(StrEnum):
    """Whose paper it is."""

    ANY = "any"
    HOME = "home"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """One sort of paper."""

    code: str
    title: str
    template: str
    basis: Basis
    kinds: tuple[str, ...] = ()  # for ACT
    side: Side = Side.ANY
    source: str = ""  # the article that asks for it
    of: Of = Of.ANY


def _act(code: str, title: str, *kinds: str, template: str = "act.html", source: str = "", of: Of = Of.ANY) -> Paper:
    return Paper(code=code, title=title, template=template, basis=Basis.ACT, kinds=kinds, source=source, of=of)


def _blank(code: str, title: str, *, side: Side = Side.HOST, source: str = "", of: Of = Of.INVESTIGATION) -> Paper:
    return Paper(code=code, title=title, template=f"{code}.html", basis=Basis.BLANK, side=side, source=source, of=of)


_DELEGATED: Final = "《工伤认定办法》第十四条"
PAPERS: Final[Sequence[Paper]] = (
    _act(
        "letter",
        "委托调查函",
        "ISSUED",
        "LETTER_CORRECTED",
        template="letter.html",
        source=_DELEGATED,
        of=Of.INVESTIGATION,
    ),
    _act(
        "appraisal-letter",
        "委托鉴定函",
        "ISSUED",
        "LETTER_CORRECTED",
        template="appraisal_letter.html",
        source="《工伤保险条例》第二十五条；《劳动能力鉴定管理办法》",
        of=Of.APPRAISAL,
    ),
    _act(
        "panel",
        "专家组抽取记录",
        "PANEL_DRAWN",
        template="panel.html",
        source="《工伤保险条例》第二十五条",
        of=Of.APPRAISAL,
    ),
    _act(
        "panel-change",
        "专家组更换记录",
        "PANEL_REPLACED",
        template="panel_change.html",
        source="《工伤保险条例》第二十七条",
        of=Of.APPRAISAL,
    ),
    _act(
        "opinion",
        "专家组鉴定意见",
        "OPINION_FORMED",
        template="opinion.html",
        source="《工伤保险条例》第二十五条；GB/T 16180",
        of=Of.APPRAISAL,
    ),
    _act(
        "examination",
        "鉴定通知书",
        "SCHEDULED",
        "RESCHEDULED",
        template="examination.html",
        source="《劳动能力鉴定管理办法》",
        of=Of.APPRAISAL,
    ),
    _act(
        "conclusion",
        "鉴定结论书",
        "CONCLUSION_ISSUED",
        template="conclusion.html",
        source="《工伤保险条例》第二十五条、第二十六条",
        of=Of.APPRAISAL,
    ),
    _act(
        "supplement",
        "补充调查函",
        "SUPPLEMENT_REQUESTED",
        template="supplement.html",
        source=_DELEGATED,
    ),
    _act("report", "调查报告", "REPORTED", "UNABLE", template="report.html", source=_DELEGATED),
    _act("return", "补正告知书", "RETURNED", template="return.html"),
    _act("refusal", "不予受托函", "REFUSED", template="refusal.html"),
    _act("transfer", "转办函", "TRANSFERRED", "COMPETENCE_DISPUTED"),
    _act("withdrawal", "撤回函", "WITHDRAW_REQUESTED", "WITHDRAWN"),
    _act("extension-request", "延期申请", "EXTENSION_REQUESTED"),
    _act("extension-answer", "延期答复", "EXTENDED", "EXTENSION_DECLINED", "EXTENSION_DEEMED"),
    _act("pause", "暂停通知", "PAUSED"),
    _act("unpause", "恢复通知", "UNPAUSED"),
    _act("clock", "法定时限中止（恢复）告知", "CLOCK_SUSPENDED", "CLOCK_RESUMED", source="《工伤认定办法》第二十条"),
    _act(
        "non-cooperation",
        "拒不协助记录",
        "NON_COOPERATION",
        template="non_cooperation.html",
        source="《工伤保险条例》第十九条、第六十三条",
    ),
    _act(
        "originals",
        "证据、原件交接清单",
        "ORIGINALS_SENT",
        "ORIGINALS_RECEIVED",
        "ORIGINALS_RETURNED",
        template="originals.html",
    ),
    _act("recusal", "回避声明", "ASSIGNED", "REASSIGNED", template="recusal.html", source="《工伤认定办法》第十六条"),
    _act("correction", "更正函", "AMENDED", "CORRECTED", template="correction.html"),
    _blank("interview", "调查笔录", source="《工伤认定办法》第十条至第十二条"),
    _blank("inspection", "勘验笔录", source="《工伤认定办法》第十条至第十二条"),
    _blank("summons", "询问通知书", source="《工伤认定办法》第十一条"),
    _blank("rights", "权利义务告知书", source="《工伤认定办法》第十一条、第十六条"),
    _blank("assistance", "协助调查通知书", source="《工伤保险条例》第十九条"),
    _blank(
        "information",
        "个人信息处理告知书",
        side=Side.ANY,
        of=Of.ANY,
        source="《中华人民共和国个人信息保护法》第十七条、第三十五条",
    ),
    _blank("service", "送达回证", side=Side.ANY, of=Of.ANY),
    Paper(code="cover", title="卷宗封面", template="cover.html", basis=Basis.CASE, source="《工伤认定办法》第二十四条"),
    Paper(code="contents", title="卷内目录", template="contents.html", basis=Basis.CASE),
)
_BY_CODE: Final = {paper.code: paper for paper in PAPERS}


@dataclass(frozen=True, slots=True)
class Offer:
    """A paper that a case can give now; `sequence` 0 where it is made from no single act."""

    paper: Paper
    sequence: int
    entry: EntryView | None


def offers(view: DelegationView) -> tuple[Offer, ...]:
    """Every paper that the case can give, acts in the order in which they happened. Purged cases give none of them."""
    if view.purged or view.row.thread_type.upper() != "DELEGATION":
        return ()
    wanted = {Of.ANY, Of.INVESTIGATION if view.row.matter == Matter.INVESTIGATION.name else Of.APPRAISAL}
    papers = [paper for paper in PAPERS if paper.of in wanted]
    found = []
    for entry in view.entries:
        for paper in papers:
            if entry.kind in paper.kinds and entry.body is not None:
                found.append(Offer(paper, entry.sequence, entry))
    for paper in papers:
        if paper.basis is not Basis.ACT and view.letter and paper.side in (Side.ANY, view.row.our_role):
            found.append(Offer(paper, 0, None))
    return tuple(found)


def offer(view: DelegationView, code: str, sequence: int) -> Offer | None:
    """The paper of that code (from the act of that sequence); None when the case cannot give it."""
    if code not in _BY_CODE:
        return None
    return next((each for each in offers(view) if each.paper.code == code and each.sequence == sequence), None)
