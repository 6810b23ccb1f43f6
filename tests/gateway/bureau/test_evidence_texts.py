"""Every text of the room has its English."""

import re
from pathlib import Path

from delegation.evidence_checks import EVIDENCE_CHECKS, EVIDENCE_LABELS
from gateway.bureau import evidence
from gateway.bureau.cases.labels import DOCUMENT_KINDS, MATERIAL_STATES
from gateway.bureau.texts import english

ROOM = Path(evidence.__file__).parent
TEMPLATES = ROOM.parent / "templates" / "evidence"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def of_templates() -> set[str]:
    """What templates translate; Chinese that they do not is a fault."""
    found = set()
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        found |= set(re.findall(r"_\('([^']+)'\)", text))
        assert not _CHINESE.search(re.sub(r"_\('[^']+'\)", "", text)), path.name
    return found


def of_code() -> set[str]:
    """Chinese texts of the room's modules, but for what stands in names of files."""
    found = set()
    for path in ROOM.glob("*.py"):
        code = re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
        found |= set(re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"', re.sub(r"#.*", "", code)))
    return found - {"未命名", "（已遮盖）"}


def test_every_text_has_its_english() -> None:
    checks = [check for checks in EVIDENCE_CHECKS.values() for check in checks]
    wanted = of_templates() | of_code() | {check.label for check in checks} | {check.article for check in checks}
    wanted |= {*EVIDENCE_LABELS.values(), *DOCUMENT_KINDS.values(), *MATERIAL_STATES.values()}
    assert sorted(wanted - set(english())) == []
