"""Is a report what the signed headers and entries say? Everything is read again, folded again and counted again.

Of each entry up to the report's log size: the header's and the signatures' digests in the entry, every signature by the
roster that the entry names, the chain of the thread's entries. Of the report: its digest, the log's signature under its
checkpoint, every thread's last entry, every figure. NOT checked: that each entry lies in the checkpoint's tree, which
the copy proved when it took the entry over and keeps no proof of; and that the registry kept no thread back.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Final, cast

from certs.notes import NoteError, parse_and_verify
from certs.trust import Trust
from delegation.codes import ThreadType
from delegation.course import Course, advanced, certified
from delegation.errors import Reason, Refusal
from node import parts
from node.province.calendars import Calendars
from node.province.counted import province_of
from node.province.report_counting import Figures, Json
from node.province.reports import Report
from node.province.verifying import Checked, Item, check_items, read_items
from node.records import EntryRecord
from node.records_province import WatchedRecord
from node.store import Store

_ROWS_AT_ONCE: Final = 2_000
MOST_TOLD: Final = 1_000
TrustOf = Callable[[int], Trust]  # the roster of a version; Refusal where it is not kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a report and the bytes part. `what`: checkpoint, entry, thread or figure.

    An entry that does not follow the one before it tells both leaves in `where`: either may have been changed.
    """

    what: str
    where: str  # the figure's path, or empty
    thread_id: str = ""
    leaf: int | None = None
    sequence: int | None = None
    reported: object = None
    found: object = None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it; equal where nothing differs. Of more than `MOST_TOLD` differences the first are told."""

    differences: tuple[Difference, ...]
    threads: int
    entries: int
    left_out: int = 0

    @property
    def equal(self) -> bool:
        """Whether all of it holds."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the log that stands for what was counted: a thread's last entry, or negative evidence."""

    thread_id: str
    index: int
    digest: bytes  # SHA-256 of the entry


@dataclass(slots=True)
class Folded:
    """One thread folded again: `fault` tells where the folding ended early."""

    thread_id: str
    course: Course | None = None
    sequence: int = 0
    digest: bytes = b""
    leaf: int = 0
    provinces: frozenset[str] = frozenset()
    entries: int = 0
    fault: Difference | None = None
    negative: list[Leaf] = field(default_factory=list)

    @property
    def leaves(self) -> list[Leaf]:
        """Which leaves prove the whole of it."""
        return [Leaf(self.thread_id, self.leaf, self.digest), *self.negative] if self.sequence else self.negative


def verify(
    report: Report,
    store: Store,
    *,
    newest: Trust,
    trust_of: TrustOf,
    leaves: list[Leaf] | None = None,
    going: Callable[[], None] = lambda: None,
) -> Outcome:
    """Hold a report against the copy. Refusal as `trust_of`, for the roster whose calendar it names.

    `leaves` takes in those that stand for what was counted; `going` is called for each thread, and ends it by raising.
    """
    found = _checkpoint(report, newest)
    figures = _figures(report, trust_of(report.roster))
    missing, entries, threads = dict(report.threads), 0, 0
    for thread in _folded_copy(store, report.log_size, newest=newest, trust_of=trust_of):
        going()
        entries += thread.entries
        if thread.fault is not None:
            found.append(thread.fault)
        if thread.course is None or (report.province and report.province not in thread.provinces):
            continue
        threads += 1
        figures.take(thread.course)
        if leaves is not None:
            leaves += thread.leaves
        found += compared(thread, missing.pop(thread.thread_id, None))
    found += [Difference(what="thread", where="", thread_id=name, why="not_in_copy") for name in sorted(missing)]
    found += figures_differ(report.figures, figures.written())
    return Outcome(
        differences=tuple(found[:MOST_TOLD]), threads=threads, entries=entries, left_out=max(0, len(found) - MOST_TOLD)
    )


def compared(thread: Folded, reported: tuple[int, str] | None) -> list[Difference]:
    """A thread's last entry beside the one that the report counted up to."""
    found = thread.sequence, thread.digest.hex()
    if reported == found:
        return []
    why = "not_in_report" if reported is None else ("sequence" if reported[0] != found[0] else "entry_digest")
    return [
        Difference(
            what="thread", where="", thread_id=thread.thread_id, sequence=thread.sequence, reported=reported,
            found=found, why=why,
        )
    ]  # fmt: skip


def figures_differ(reported: object, found: object, where: str = "") -> list[Difference]:
    """Every figure that is not the same, by its path; one that is not there is 0."""
    if isinstance(reported, dict) or isinstance(found, dict):
        left = cast("Json", reported) if isinstance(reported, dict) else {}
        right = cast("Json", found) if isinstance(found, dict) else {}
        told: list[Difference] = []
        for name in sorted({*left, *right}):
            told += figures_differ(left.get(name), right.get(name), f"{where}.{name}" if where else name)
        return told
    if (reported or 0) == (found or 0) and isinstance(reported or 0, int | float):
        return []
    return [Difference(what="figure", where=where, reported=reported, found=found)]


def fold(thread_id: str, checked: Iterator[Checked]) -> Folded:
    """One thread's checked items in the order of the log; what comes behind a fault does not count."""
    thread = Folded(thread_id)
    for each in checked:
        thread.entries += 1
        if thread.fault is None:
            try:
                _next(thread, each)
            except Refusal as refusal:
                why = refusal.details.get("why", refusal.details.get("field", ""))
                sequence = each.entry.thread_sequence if each.entry is not None else None
                thread.fault = Difference(
                    what="entry", where=_between(thread, each, why), thread_id=thread_id, leaf=each.item.leaf,
                    sequence=sequence, why=f"{refusal.reason.value}:{why}",
                )  # fmt: skip
    return thread


def _between(thread: Folded, checked: Checked, why: str) -> str:
    return f"leaf {thread.leaf} or {checked.item.leaf}" if why == "chain" and thread.sequence else ""


def _next(thread: Folded, checked: Checked) -> None:
    entry, header = checked.entry, checked.header
    if checked.reason or entry is None:
        raise Refusal(Reason(checked.reason), why=checked.why)
    if header is None:
        if thread.course is not None:
            thread.course = certified(thread.course, entry)
            thread.negative.append(Leaf(thread.thread_id, checked.item.leaf, sha256(checked.item.entry).digest()))
        return
    if entry.thread_sequence != thread.sequence + 1 or entry.previous_entry_digest != thread.digest:
        raise Refusal(Reason.ENTRY_MISMATCH, why="chain")
    if header.thread_type is ThreadType.DELEGATION:
        course = thread.course = advanced(thread.course, header, entry)
        thread.provinces |= {province_of(each) for each in (course.home_unit, course.host_unit, course.first_host)}
    thread.sequence, thread.digest = entry.thread_sequence, sha256(checked.item.entry).digest()
    thread.leaf = checked.item.leaf


def folded_own(store: Store, log_size: int, *, newest: Trust, trust_of: TrustOf) -> Iterator[Folded]:
    """The threads that a bureau's node holds as its own, folded from what it was given; as far as it holds them."""
    rows = (
        (str(thread_id), cast("bytes", header), cast("bytes", signatures), cast("bytes", entry))
        for thread_id, _, header, signatures, entry in _rows(
            store, EntryRecord, ("thread_id", "sequence"), ("header", "signatures", "entry")
        )
    )
    for name, of_thread in groupby(rows, key=lambda row: row[0]):
        unread = [
            Item(0, name, header, parts.split_all(signatures), entry) for _, header, signatures, entry in of_thread
        ]
        yield fold(name, iter(_checked(_placed(unread, log_size), newest, trust_of)))


def _placed(items: list[Item], log_size: int) -> list[Item]:
    """With the leaf that the entry names: a bureau's rows keep none apart."""
    found = []
    for item in items:
        entry = read_items([item])[0].entry
        leaf = entry.leaf_index if entry is not None else 0
        if leaf < log_size:
            found.append(Item(leaf, item.thread_id, item.header, item.signatures, item.entry))
    return found


def _folded_copy(store: Store, log_size: int, *, newest: Trust, trust_of: TrustOf) -> Iterator[Folded]:
    rows = _rows(store, WatchedRecord, ("thread_id", "leaf"), ("header", "signatures", "entry"))
    for name, of_thread in groupby(rows, key=lambda row: str(row[0])):
        items = [
            Item(leaf, name, cast("bytes", header), parts.split_all(cast("bytes", signatures)), cast("bytes", entry))
            for _, leaf, header, signatures, entry in of_thread
            if isinstance(leaf, int) and leaf < log_size
        ]
        if items:
            yield fold(name, iter(_checked(items, newest, trust_of)))


def _rows(
    store: Store, kind: type[WatchedRecord | EntryRecord], key: tuple[str, str], columns: tuple[str, ...]
) -> Iterator[tuple[object, ...]]:
    after = None
    while True:
        rows = store.select_columns(kind, (*key, *columns), order=key, after=after, limit=_ROWS_AT_ONCE)
        yield from rows
        if len(rows) < _ROWS_AT_ONCE:
            return
        after = rows[-1][0], rows[-1][1]


def _checked(items: list[Item], newest: Trust, trust_of: TrustOf) -> list[Checked]:
    read = read_items(items)
    trusts: dict[int, Trust] = {}
    for version in {each.entry.versions.roster for each in read if each.entry is not None}:
        try:
            trusts[version] = trust_of(version)
        except Refusal:
            continue  # told of each entry that names it
    return check_items(read, trusts, newest)


def _figures(report: Report, trust: Trust) -> Figures:
    return Figures(
        province=report.province, period=report.period, today=report.today,
        calendar_of=Calendars(trust.view.calendar),
    )  # fmt: skip


def _checkpoint(report: Report, newest: Trust) -> list[Difference]:
    try:
        head = parse_and_verify(report.checkpoint, newest.view.registry.log_origin, newest.log_key)
    except NoteError as error:
        return [Difference(what="checkpoint", where="log.checkpoint", why=str(error.code))]
    if head.size != report.log_size:
        return [Difference(what="checkpoint", where="log.size", reported=report.log_size, found=head.size)]
    return []
