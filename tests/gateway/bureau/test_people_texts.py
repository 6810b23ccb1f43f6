"""Every Chinese text of the people's pages has its English."""

import re
from pathlib import Path

from gateway.bureau import people
from gateway.bureau.people import words
from gateway.bureau.texts import english

ROOM = Path(people.__file__).parent
TEMPLATES = ROOM.parent / "templates" / "people"
_DOC = re.compile(r'""".*?"""', re.DOTALL)


def test_every_text_has_its_english() -> None:
    wanted = set()
    for path in TEMPLATES.glob("*.html"):
        wanted |= set(re.findall(r"_\('([^']*)'\)", path.read_text("utf-8")))
    for path in ROOM.glob("*.py"):
        wanted |= set(re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"', _DOC.sub("", path.read_text("utf-8"))))
    wanted = {each for each in wanted if each not in words.KEPT_50_YEARS} | {words.KEPT_50_YEARS}
    assert sorted(wanted - set(english())) == []
