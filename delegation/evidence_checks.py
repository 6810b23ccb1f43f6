"""The eight statutory kinds of evidence and what each must look like, as data.

Kinds: 行政诉讼法 Art 33. Checks of form: 法释〔2002〕21号 Art 10 to 15, to which the recognition rules refer (办法
Art 11). Electronic data came into the statute later and has no article there: its checks follow those on recordings.

A check is met, or its explanation says why not or why it does not apply; an open one keeps a result from being sealed
(guard `checks_closed`). NOT checked here: whether a file really shows what somebody ticked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class EvidenceKind(StrEnum):
    """Names of the contract's kinds, as bodies hold them in JSON."""

    DOCUMENT = "EVIDENCE_KIND_DOCUMENT"
    OBJECT = "EVIDENCE_KIND_OBJECT"
    AUDIOVISUAL = "EVIDENCE_KIND_AUDIOVISUAL"
    ELECTRONIC = "EVIDENCE_KIND_ELECTRONIC"
    WITNESS = "EVIDENCE_KIND_WITNESS"
    STATEMENT = "EVIDENCE_KIND_STATEMENT"
    EXPERT = "EVIDENCE_KIND_EXPERT"
    INSPECTION = "EVIDENCE_KIND_INSPECTION"

    @property
    def document_kind(self) -> str:
        """The same kind as a file's facts name it: `witness`."""
        return self.value.removeprefix("EVIDENCE_KIND_").lower()


@dataclass(frozen=True, slots=True)
class EvidenceCheck:
    """One check of form: its code in the contract, what is asked, and where that stands."""

    code: str
    label: str
    article: str


_RULES: Final = "《最高人民法院关于行政诉讼证据若干问题的规定》（法释〔2002〕21号）"


def _checks(article: str, *asked: tuple[str, str]) -> tuple[EvidenceCheck, ...]:
    return tuple(EvidenceCheck(code, label, f"{_RULES}{article}") for code, label in asked)


EVIDENCE_LABELS: Final[Mapping[EvidenceKind, str]] = MappingProxyType({
    EvidenceKind.DOCUMENT: "书证",
    EvidenceKind.OBJECT: "物证",
    EvidenceKind.AUDIOVISUAL: "视听资料",
    EvidenceKind.ELECTRONIC: "电子数据",
    EvidenceKind.WITNESS: "证人证言",
    EvidenceKind.STATEMENT: "当事人陈述",
    EvidenceKind.EXPERT: "鉴定意见",
    EvidenceKind.INSPECTION: "勘验笔录、现场笔录",
})  # fmt: skip

EVIDENCE_CHECKS: Final[Mapping[EvidenceKind, tuple[EvidenceCheck, ...]]] = MappingProxyType({
    EvidenceKind.DOCUMENT: _checks(
        "第十条",
        ("document-original", "原件，或经核对无误的复制件"),
        ("document-source", "他部门保管的文书复制件注明出处并加盖该部门印章"),
        ("document-record", "询问、陈述、谈话类笔录有调查人员和被询问人签名或盖章"),
    ),
    EvidenceKind.OBJECT: _checks(
        "第十一条",
        ("object-original", "原物，或与原物核对无误的复制件、照片、录像"),
    ),
    EvidenceKind.AUDIOVISUAL: _checks(
        "第十二条",
        ("audiovisual-carrier", "原始载体，或注明来源的复制件"),
        ("audiovisual-made", "注明制作方法、时间、制作人和证明对象"),
        ("audiovisual-transcript", "声音资料附文字记录"),
    ),
    EvidenceKind.ELECTRONIC: _checks(
        "第十二条（参照）",
        ("electronic-carrier", "原始载体，或注明来源和提取方法的复制件"),
        ("electronic-intact", "有完整性校验或提取过程记录"),
    ),
    EvidenceKind.WITNESS: _checks(
        "第十三条",
        ("witness-person", "写明证人姓名、年龄、性别、职业、住址"),
        ("witness-signed", "证人签名并注明日期"),
        ("witness-identity", "附身份证复印件"),
    ),
    EvidenceKind.STATEMENT: _checks(
        "第十条第四项",
        ("statement-signed", "笔录有调查人员和被询问人签名或盖章"),
    ),
    EvidenceKind.EXPERT: _checks(
        "第十四条",
        ("expert-scope", "载明委托人、事项、送检材料、依据和方法"),
        ("expert-sealed", "载明鉴定资格，有鉴定人签名和机构盖章"),
    ),
    EvidenceKind.INSPECTION: _checks(
        "第十五条",
        ("inspection-scene", "载明时间、地点、事件"),
        ("inspection-signed", "有调查人员和当事人签名；拒签的注明原因或有他人在场"),
    ),
})  # fmt: skip


class CheckState(StrEnum):
    """How a check stands."""

    MET = "met"
    EXPLAINED = "explained"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class AnsweredCheck:
    """A check of one piece of evidence, and its answer so far."""

    check: EvidenceCheck
    state: CheckState
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceChecklist:
    """A piece of evidence with the answers to the checks of its kind; `kind` None for one that nobody chose yet."""

    evidence_id: str
    kind: EvidenceKind | None
    checks: tuple[AnsweredCheck, ...]

    @property
    def open(self) -> int:
        """How many are neither met nor explained; an unknown kind counts as one."""
        return sum(each.state is CheckState.OPEN for each in self.checks) + (self.kind is None)


_BY_NAME: Final = {kind.value: kind for kind in EvidenceKind}


def checks_for(kind: str) -> tuple[EvidenceCheck, ...]:
    """The checks of a kind by its name in the contract; none for an unknown one."""
    known = _BY_NAME.get(kind)
    return EVIDENCE_CHECKS[known] if known is not None else ()


def checklist(
    evidence: Iterable[Mapping[str, object]], answers: Iterable[Mapping[str, object]]
) -> Sequence[EvidenceChecklist]:
    """Each piece of a result's `evidence` with every check of its kind, answered by the result's `checks`.

    A check that the result does not mention is open: leaving one out closes nothing.
    """
    given = {(str(each.get("evidence_id", "")), str(each.get("code", ""))): each for each in answers}
    found = []
    for piece in evidence:
        number, name = str(piece.get("evidence_id", "")), str(piece.get("kind", ""))
        found.append(
            EvidenceChecklist(
                evidence_id=number,
                kind=_BY_NAME.get(name),
                checks=tuple(_answered(each, given.get((number, each.code), {})) for each in checks_for(name)),
            )
        )
    return found


def _answered(check: EvidenceCheck, answer: Mapping[str, object]) -> AnsweredCheck:
    explanation = str(answer.get("explanation") or "").strip()
    if answer.get("met") is True:
        return AnsweredCheck(check, CheckState.MET, explanation)
    return AnsweredCheck(check, CheckState.EXPLAINED if explanation else CheckState.OPEN, explanation)
