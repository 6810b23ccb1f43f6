"""What each matter asks for and what is held of it (条例 18, 23; 认定办法 8, 14; the appraisal rules).

A file is recognised by the kind that was said of it, never by its name: what nobody said is not held. Codes are those
of `MaterialInfo.document_kind`, where `_` and `-` are the same. NOT checked: whether the file is what was said of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from delegation.codes import Matter


@dataclass(frozen=True, slots=True)
class RequiredMaterial:
    """A material that a matter asks for, any of `kinds`; `source` is the article, or [agreed] where there is none."""

    code: str
    label: str
    kinds: frozenset[str]
    source: str


@dataclass(frozen=True, slots=True)
class HeldMaterial:
    """A required material with the ids of the files that are it; none where it has still to come."""

    required: RequiredMaterial
    material_ids: tuple[str, ...]


def _asks(code: str, label: str, *kinds: str, source: str) -> RequiredMaterial:
    return RequiredMaterial(code, label, frozenset(kinds), source)


_ART18: Final = "《工伤保险条例》第十八条"
_ART23: Final = "《工伤保险条例》第二十三条"
_RECORDS: Final = "《劳动能力鉴定管理办法》申请材料"
_ID: Final = _asks("id", "身份证件或社会保障卡", "id-card", "social-security-card", source=_RECORDS)
_DIAGNOSIS: Final = _asks("diagnosis", "诊断证明", "diagnosis", source=_RECORDS)
_INVESTIGATION: Final = (
    _asks("acceptance", "受理决定书", "acceptance", source="《工伤认定办法》第八条、第十四条"),
    _asks("application", "工伤认定申请表", "application", source=_ART18),
    _asks("employment", "劳动关系证明", "labour-contract", "employment-proof", source=_ART18),
    _asks("diagnosis", "诊断证明", "diagnosis", source=_ART18),
)
_APPRAISAL: Final = (
    _asks("decision", "认定工伤决定书", "recognition-decision", source=_ART23),
    _DIAGNOSIS,
    _asks("records", "病历", "medical-record", source=_RECORDS),
    _asks("examinations", "检查、检验报告", "examination-report", source=_RECORDS),
    _ID,
)
REQUIRED: Final[Mapping[Matter, tuple[RequiredMaterial, ...]]] = MappingProxyType({
    Matter.INVESTIGATION: _INVESTIGATION,
    **dict.fromkeys((m for m in Matter if m not in {Matter.UNSPECIFIED, Matter.INVESTIGATION}), _APPRAISAL),
    Matter.NON_WORK_ILLNESS: _APPRAISAL[1:],  # an illness that is no work injury has no such decision
})  # fmt: skip


DOCUMENTS: Final[Mapping[str, RequiredMaterial]] = MappingProxyType(
    {each.code: each for listed in (_APPRAISAL, _INVESTIGATION) for each in listed}
)
ACCEPTANCE: Final = "acceptance"  # what defect B07 (受理文书缺失) asks for


def is_document(code: str, kind: str) -> bool:
    """Whether a file said to be of that kind is the material of that code, whatever the matter."""
    document = DOCUMENTS.get(code)
    return document is not None and kind.replace("_", "-") in document.kinds


def held_of(matter: Matter, files: Iterable[tuple[str, str]]) -> tuple[HeldMaterial, ...]:
    """Each material that the matter asks for with the files that are it; `files`: material id and document kind."""
    listed = [(material_id, kind.replace("_", "-")) for material_id, kind in files]
    return tuple(
        HeldMaterial(required, tuple(material_id for material_id, kind in listed if kind in required.kinds))
        for required in REQUIRED.get(matter, ())
    )
