"""Every text of the case pages has its English: templates, labels, forms and words of the rule book."""

import re
from pathlib import Path

from babel.messages.pofile import read_po

from delegation.appraisal_rules import GRADE_LABELS, GRADE_WARNINGS, SELF_CARE_DEGREES, SELF_CARE_LABELS
from delegation.clock_specs import CLOCKS
from delegation.codes import Kind
from delegation.reasons_codes import REASON_LIST, SEALED_CLASSES
from delegation.specialties import INELIGIBLE_BY_CODE, SPECIALTIES
from delegation.table import BusinessStatus, State
from delegation.tables import TABLES
from gateway.bureau.cases import labels, rules, words
from gateway.bureau.cases.book import MAKINGS
from gateway.bureau.cases.filling import filled_with
from gateway.bureau.cases.routes import MADE, THREAD_TITLES
from gateway.bureau.cases.threads import ABOUT
from gateway.bureau.cases.words_appraisal import NODE_STATE_WORDS
from gateway.bureau.forms.spec import Field, Rows
from gateway.bureau.texts import CATALOGUES, english
from node.desk.labels import kind_label, state_label
from tests.gateway.bureau.case_views import asking

ROOM = Path(rules.__file__).parent
TEMPLATES = ROOM.parent / "templates" / "cases"
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def of_templates() -> set[str]:
    """What templates translate, and Chinese that they forgot to."""
    found = set()
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        found |= set(re.findall(r"_\('([^']+)'\)", text))
        bare = re.sub(r"_\('[^']+'\)", "", text)
        bare = re.sub(r"title == '[^']+'|join\('、'\)", "", bare)
        assert not _CHINESE.search(bare), (path.name, _CHINESE.search(bare))
    return found


def of_forms() -> set[str]:
    """What forms ask, with the labels of choices that are ours."""
    found = set()
    for kind, making in MAKINGS.items():
        of = asking(kind, role="home" if kind.name in {"ISSUED", "LETTER_CORRECTED", "AMENDED"} else "host")
        form, _ = filled_with(making, of, making.begin(of))
        if kind in {Kind.ISSUED, Kind.LETTER_CORRECTED}:
            continue  # the one-window form is another room's
        for section in form.spec:
            found |= {section.title, section.hint} if not section.name.startswith("item-") else set()
            for part in section.parts:
                found |= of_part(part)
    return {text for text in found if text}


def of_part(part: Field | Rows) -> set[str]:
    """Texts of one part."""
    if isinstance(part, Rows):
        return {part.label, part.row_label} | {text for each in part.fields for text in of_part(each)}
    ours = {label for code, label in part.choices if re.fullmatch(r"[A-Z]\d\d|[A-Z_]{4,}", code)}
    return {part.label, part.hint} | ours


def of_rules() -> set[str]:
    """Labels of the rule book that these pages show."""
    found = {kind_label(row.kind) for table in TABLES for row in table.rows if row.kind is not None}
    found |= {row.label.partition("（")[0] for table in TABLES for row in table.rows}
    found |= {row.law for table in TABLES for row in table.rows if row.law}
    found |= {effect for table in TABLES for row in table.rows for effect in rules.effects(row)}
    found |= {rules.audience(row) for table in TABLES for row in table.rows}
    found |= {state_label(state.value) for state in State} | {status.label for status in BusinessStatus}
    found |= {spec.label for spec in CLOCKS.values()} | {spec.source for spec in CLOCKS.values()}
    found |= {code.label for code in REASON_LIST.values()} | set(SEALED_CLASSES.values())
    found |= {text for each in GRADE_WARNINGS for text in (each.label, each.source)} | set(GRADE_LABELS.values())
    found |= {*SELF_CARE_LABELS.values(), *SELF_CARE_DEGREES.values()}
    found |= {each.label for each in INELIGIBLE_BY_CODE.values()} | {each.label for each in SPECIALTIES.values()}
    return found


def of_words() -> set[str]:
    """Words of the room's own tables."""
    tables = (
        words.GUARD_WORDS, words.FOUR_EYES_WORDS, words.CURES, words.QUEUED_STATES, rules.AWAITED, rules.TURNS,
        rules.ACT_LABELS,
        labels.FIELD_LABELS, labels.CODE_LABELS, labels.SUBJECT_LABELS, labels.DOCUMENT_KINDS,
        labels.MATERIAL_STATES, labels.CHECK_LABELS, MADE, THREAD_TITLES, ABOUT, NODE_STATE_WORDS,
    )  # fmt: skip
    found = {text for table in tables for text in table.values()} | {title for title, _ in rules.GROUPS}
    for path in ROOM.glob("*.py"):
        source = path.read_text()
        found |= set(
            re.findall(r'(?:return|note=|faults\.setdefault\([^"]*,|else) f?"([^"{}]*[\u4e00-\u9fff][^"{}]*)"', source)
        )
    return found


def test_every_text_has_its_english() -> None:
    known = english()
    wanted = {text for text in of_templates() | of_forms() | of_rules() | of_words() if _CHINESE.search(text)}
    assert sorted(wanted - set(known)) == []


def test_no_text_has_two_englishes() -> None:
    """One catalogue a room, and all are read as one: which of two would be shown depends on a file's name."""
    found: dict[str, set[str]] = {}
    for path in sorted(CATALOGUES.glob("desk*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale="en")
        for message in catalogue:
            if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string:
                found.setdefault(message.id, set()).add(message.string)
    assert {text: sorted(each) for text, each in found.items() if len(each) > 1} == {}
