"""Every text of the room has its English."""

import re
from pathlib import Path

from delegation.catalogue import CATALOGUE
from gateway.bureau.navigation import _ENTRIES
from gateway.bureau.texts import english
from gateway.bureau.todo import chosen, filters, listing, routes
from node.desk import asked_lines, cures, waiting
from node.desk.todo_categories import CATEGORIES

TEMPLATES = Path(routes.__file__).parent.parent / "templates" / "todo"
_TEXT = re.compile(r"\"([^\"]*[\u4e00-\u9fff][^\"]*)\"")
_DOCUMENTATION = re.compile(r'"""(.|\n)*?"""')


def of_source(module: object) -> set[str]:
    """Chinese texts of a module that stand in its code by themselves."""
    text = _DOCUMENTATION.sub("", Path(str(getattr(module, "__file__", ""))).read_text())
    return {found for found in _TEXT.findall(text) if "{" not in found}


def test_every_text_is_translated() -> None:
    wanted = {category.label for category in CATEGORIES} | {label for _, _, label, _ in _ENTRIES}
    wanted |= {row.text_zh for row in CATALOGUE.values()} | of_source(cures)
    wanted |= of_source(waiting) | of_source(asked_lines)
    for module in (chosen, filters, listing, routes):
        wanted |= of_source(module)
    for path in TEMPLATES.glob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
        wanted |= set(re.findall(r"_\('([^']+)'\)", text))
        bare = re.sub(r"_\('[^']+'\)|：", "", text)
        assert not re.search(r"[\u4e00-\u9fff]", bare), path.name
    missing = {text for text in wanted if text not in english()}
    # what the node writes as "word：what it is about" is translated part by part
    missing = {text for text in missing if not all(part in english() for part in text.split("：", maxsplit=1) if part)}
    assert missing == set()
