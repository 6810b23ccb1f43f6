"""Turns a page into a PDF: `python -m gateway.bureau.documents.worker`, HTML on standard input, PDF on standard output.

A process of its own, for one paper: what a case says does not stay in the server's memory, and a page that takes too
much takes it here. It reads no file and no address but the fonts of the machine. Its log is nobody's: the library would
write characters that it cannot draw, so those are found before it is asked. The code at the end says what went wrong.
"""

import logging
import resource
import sys
from enum import IntEnum
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

FAMILIES: Final = ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc")
_FOLDERS: Final = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
_MOST_MEMORY: Final = 2 * 1024**3
_MOST_SECONDS: Final = 120


class Ended(IntEnum):
    """How the worker ended."""

    DONE = 0
    NO_LIBRARY = 3  # pango
    NO_FONT = 4  # a font with Chinese characters
    NO_GLYPH = 5  # a character that the font does not have; told on standard error as numbers


class _Words(HTMLParser):
    """What would be drawn: text, and texts that attributes show."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A style or title is not drawn."""
        del attrs
        self._quiet += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        """And ends."""
        self._quiet -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        """What is drawn."""
        if not self._quiet:
            self.seen.update(data)


def find_fonts() -> tuple[Path, ...]:
    """Files of the families that the papers name, in the usual folders; empty when there is none."""
    found = []
    for name in FAMILIES:
        for folder in _FOLDERS:
            found += sorted(Path(folder).expanduser().rglob(name))[:1]
    return tuple(found)


def missing_characters(html: str, fonts: tuple[Path, ...]) -> list[int]:
    """Code points of the page's text that no font of the papers has."""
    from fontTools.ttLib import TTCollection  # slow to import, and only here

    words = _Words()
    words.feed(html)
    left = {ord(character) for character in words.seen if not character.isspace()}
    for path in fonts:
        with TTCollection(path, lazy=True) as collection:
            left -= set(collection.fonts[0].getBestCmap())
    return sorted(left)


def _press(html: str) -> bytes:
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=("data",), allow_redirects=False))
    made: bytes = page.write_pdf()
    return made


def main() -> int:
    """Read, check, press, write."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    try:
        import weasyprint  # noqa: F401 - its import looks for pango
    except OSError:
        return Ended.NO_LIBRARY
    fonts = find_fonts()
    if not fonts:
        return Ended.NO_FONT
    html = sys.stdin.buffer.read().decode("utf-8")
    missing = missing_characters(html, fonts)
    if missing:
        sys.stderr.write(" ".join(f"U+{number:04X}" for number in missing[:20]))
        return Ended.NO_GLYPH
    sys.stdout.buffer.write(_press(html))
    return Ended.DONE


if __name__ == "__main__":
    sys.exit(main())
