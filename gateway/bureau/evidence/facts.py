"""What staff say of files, read from a form with a row a file: kind, original or copy, who compared it, where it lies.

Fields are `f.<file id>.<name>`; `f.<file id>.seen` is a digest of what the page showed, so that a change that somebody
else made meanwhile is told and not written over.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Final

from gateway.bureau.cases.labels import DOCUMENT_KINDS, file_kind
from gateway.bureau.evidence.names import LONGEST, UNNAMED, safe_name
from node.desk.ports import FileFacts
from node.desk.views import MaterialView

_MOST_PAGES: Final = 100_000
COPY, ORIGINAL = "copy", "original"
TEXTS: Final = {
    "name": "请填写名称",
    "kind": "请从列表中选择种类",
    "pages": "页数应为 0 至 100000 的整数",
    "copy": "请选择原件或复制件",
    "long": "太长了，请缩短",
    "meanwhile": "打开本页后他人改过这份材料，现在的内容在上面；请核对后再保存",
}
Typed = Mapping[str, Sequence[str]]


def facts_of(view: MaterialView) -> FileFacts:
    """What is said of a file now."""
    return FileFacts(
        name=view.name,
        document_kind=view.document_kind,
        pages=view.pages,
        is_copy=view.is_copy,
        compared_by=view.compared_by,
        original_at=view.original_at,
        withheld=view.withheld,
    )


def seen_mark(view: MaterialView) -> str:
    """Digest of what is said of a file, for the form."""
    said = facts_of(view)
    return sha256("\x00".join(str(getattr(said, each.name)) for each in fields(said)).encode()).hexdigest()[:16]


def kinds_for(code: str) -> list[tuple[str, str]]:
    """Codes and labels to choose from; a code of somebody else's making stays choosable."""
    known = list(DOCUMENT_KINDS.items())
    return known if code in DOCUMENT_KINDS or not code else [*known, (code, f"{file_kind(code)}（{code}）")]


@dataclass(slots=True)
class FileRow:
    """A file with what stands in its row of the form."""

    view: MaterialView
    typed: dict[str, str] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """What the kind may be."""
        return kinds_for(self.view.document_kind)

    @property
    def seen(self) -> str:
        """Digest of what is said of it now."""
        return seen_mark(self.view)

    @property
    def shown(self) -> str:
        """Its name, harmless."""
        return safe_name(self.view.name)

    def value(self, name: str) -> str:
        """What stands in a field: what was typed, else what is said."""
        if name in self.typed:
            return self.typed[name]
        said = {
            "name": self.shown,
            "kind": self.view.document_kind,
            "pages": str(self.view.pages) if self.view.pages else "",
            "copy": COPY if self.view.is_copy else ORIGINAL,
            "compared_by": self.view.compared_by,
            "original_at": self.view.original_at,
            "withheld": "1" if self.view.withheld else "",
        }
        return said[name]


_NAMES: Final = ("name", "kind", "pages", "copy", "compared_by", "original_at", "withheld")


def read_row(typed: Typed, view: MaterialView) -> tuple[FileRow, FileFacts]:
    """A file's row as it was sent, and the facts in it; faults are noted in the row.

    A field that was not sent says what is said already, but for `withheld`, a box that is not sent when it is empty.
    """
    start = f"f.{view.material_id}."
    row = FileRow(view)
    for name in _NAMES:
        values = typed.get(f"{start}{name}")
        if values is not None:
            row.typed[name] = values[-1].strip()
    facts = _facts(row)
    seen = typed.get(f"{start}seen", [row.seen])[-1]
    if seen != row.seen and facts != facts_of(view):
        row.faults["name"] = TEXTS["meanwhile"]
    return row, facts


def _facts(row: FileRow) -> FileFacts:
    name, kind, pages, copy = row.value("name"), row.value("kind"), row.value("pages") or "0", row.value("copy")
    named = safe_name(name)
    if not name or named == UNNAMED:
        row.faults["name"] = TEXTS["name"]
    if kind not in dict(row.kinds):
        row.faults["kind"] = TEXTS["kind"]
    if not (pages.isascii() and pages.isdigit() and len(pages) <= len(str(_MOST_PAGES)) and int(pages) <= _MOST_PAGES):
        row.faults["pages"] = TEXTS["pages"]
        pages = "0"
    if copy not in {COPY, ORIGINAL}:
        row.faults["copy"] = TEXTS["copy"]
    for each in ("compared_by", "original_at"):
        if len(row.value(each)) > LONGEST:
            row.faults[each] = TEXTS["long"]
    return FileFacts(
        name=row.view.name if named == row.shown else named,  # an untouched name stays as its owner gave it
        document_kind=kind,
        pages=int(pages),
        is_copy=copy == COPY,
        compared_by=row.value("compared_by"),
        original_at=row.value("original_at"),
        withheld=bool(row.value("withheld")),
    )


def batch_facts(typed: Typed, *, name: str) -> FileFacts:
    """What was chosen for a whole batch before it was uploaded; what was not or wrongly chosen stays to be said."""

    def first(field_name: str) -> str:
        return (typed.get(field_name) or [""])[0].strip()[:LONGEST]

    kind = first("kind")
    return FileFacts(
        name=safe_name(name),
        document_kind=kind if kind in DOCUMENT_KINDS else "other",
        is_copy=first("copy") == COPY,
        compared_by=first("compared_by"),
        original_at=first("original_at"),
    )
