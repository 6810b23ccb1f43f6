"""A report that can be proved: figures, the checkpoint that they were counted at, and what each thread was then.

A report is one JSON object in canonical form (keys sorted, UTF-8, no blanks) with its own SHA-256 in `digest`. `make`
counts the courses that the copy keeps; `node.province.report_checking` folds them again from the signed bytes.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final, cast

from certs.trust import Trust
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.figures import Period
from delegation.roster_records import UnitType
from node.province.calendars import Calendars
from node.province.course_bytes import read_course
from node.province.report_counting import Figures, Json
from node.province.report_words import definitions
from node.province.standing import Standing, read_standing
from node.records_province import CourseRecord, WatchedRecord
from node.store import Op, Store, Where

FORMAT: Final = "xieban-report-1"
_FIELDS: Final = frozenset(
    {"format", "unit", "province", "period", "day", "roster", "log", "definitions", "figures", "threads", "digest"}
)
_ROWS_AT_ONCE: Final = 2_000
_TRIES: Final = 20
_MOST_BYTES: Final = 256 * 1024 * 1024
_Rows = dict[str, tuple[str, bytes, bytes]]  # by thread: provinces, course, digest of its last entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was read of a report's bytes, its digest held against them."""

    data: Json
    unit: str
    province: str  # two digits; empty for the whole country
    period: Period
    today: date  # on which lateness was judged
    roster: int  # whose calendar says what a working day is
    log_size: int
    checkpoint: bytes
    figures: Json
    threads: dict[str, tuple[int, str]]  # of each: number and digest of the last entry that counted

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical form without the digest itself, in hexadecimal."""
        return str(self.data["digest"])


def canonical(value: object) -> bytes:
    """The one form of a JSON value that is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest_of(data: Json) -> str:
    """Of everything in a report but its digest."""
    return sha256(canonical({name: value for name, value in data.items() if name != "digest"})).hexdigest()


def month(text: str) -> Period:
    """A calendar month as 2026-10. Refusal INVALID_INPUT (month) for anything else."""
    try:
        first = date.fromisoformat(f"{text}-01")
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        raise Refusal(Reason.INVALID_INPUT, field="month") from None
    return Period(first, date.fromordinal(after.toordinal() - 1))


def make(store: Store, *, trust: Trust, unit: str, period: Period, going: Callable[[], None] = lambda: None) -> bytes:
    """The report of an office, in canonical form: by `trust`, the newest roster.

    `going` is called now and then, and ends the work by raising.

    Raises:
        Refusal: ROLE_MISSING for a unit that oversees nothing; UNAVAILABLE (why=copy) while the copy is not complete,
            something in it is in doubt, or it goes on changing faster than it is read.
    """
    province = province_of_office(trust, unit)
    rows, held = _Rows(), 0
    for _ in range(_TRIES):
        before = _ready(store)
        held = _follow(store, rows, held, going)
        # a page that the copy took over meanwhile would be in part of the figures: what it changed is read again
        if _ready(store) == before and store.maximum(CourseRecord, "change") == held:
            return _made(rows, before, trust=trust, unit=unit, province=province, period=period, going=going)
    raise Refusal(Reason.UNAVAILABLE, why="copy")


def province_of_office(trust: Trust, unit: str) -> str:
    """Whose delegations an office's report counts: two digits, empty for the country. Refusal ROLE_MISSING."""
    found = trust.view.units.get(unit)
    if found is not None and found.type is UnitType.NATIONAL:
        return ""
    if found is not None and found.type is UnitType.PROVINCIAL:
        return found.region[:2]
    raise Refusal(Reason.ROLE_MISSING, unit=unit)


def _ready(store: Store) -> Standing:
    standing = read_standing(store)
    doubtful = store.count(WatchedRecord, (Where("reason", "", Op.GT),))
    if standing is None or not standing.complete or doubtful:
        raise Refusal(Reason.UNAVAILABLE, why="copy")
    return standing


def _made(
    rows: _Rows,
    standing: Standing,
    *,
    trust: Trust,
    unit: str,
    province: str,
    period: Period,
    going: Callable[[], None],
) -> bytes:
    today = day_of(standing.heard_at)
    figures = Figures(province=province, period=period, today=today, calendar_of=Calendars(trust.view.calendar))
    threads: dict[str, tuple[int, str]] = {}
    for provinces, row, digest in rows.values():
        if province and province not in provinces.split():
            continue
        going()
        course = read_course(row)
        figures.take(course)
        threads[course.thread_id] = course.sequence, digest.hex()
    data: Json = {
        "format": FORMAT,
        "unit": unit,
        "province": province,
        "period": {"first": period.first.isoformat(), "last": period.last.isoformat()},
        "day": today.isoformat(),
        "roster": trust.view.version,
        "log": {
            "size": standing.size,
            "checkpoint": standing.checkpoint.decode(),
            "taken_over_at": standing.heard_at.isoformat(),
        },
        "definitions": definitions(),
        "figures": figures.written(),
        "threads": threads,
    }
    return canonical({**data, "digest": digest_of(data)})


def _follow(store: Store, rows: _Rows, held: int, going: Callable[[], None]) -> int:
    """Read the courses that changed after the number `held` into `rows`; gives the number that they then are of."""
    while True:
        going()
        page = store.select_columns(
            CourseRecord,
            ("change", "thread_id", "provinces", "course", "entry_digest"),
            (Where("change", held, Op.GT),),
            order=("change",),
            limit=_ROWS_AT_ONCE,
        )
        for change, thread_id, provinces, course, digest in page:
            rows[str(thread_id)] = str(provinces), cast("bytes", course), cast("bytes", digest)
            held = cast("int", change)
        if len(page) < _ROWS_AT_ONCE:
            return held


def read(data: bytes) -> Report:
    """A report's bytes. Refusal MALFORMED (field) for what is none; `digest` where it is not that of the rest."""
    if len(data) > _MOST_BYTES:
        raise Refusal(Reason.TOO_LARGE, field="report")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise Refusal(Reason.MALFORMED, field="report") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise Refusal(Reason.UNKNOWN_VERSION, field="format")
    if set(found) != _FIELDS:
        raise Refusal(Reason.MALFORMED, field="report")
    if found["digest"] != digest_of(found):
        raise Refusal(Reason.MALFORMED, field="digest")
    return _field(lambda: _read(found))


def _field(reading: Callable[[], Report]) -> Report:
    try:
        return reading()
    except (TypeError, ValueError, KeyError, AttributeError):
        raise Refusal(Reason.MALFORMED, field="report") from None


def _read(found: Json) -> Report:
    period, log = cast("dict[str, str]", found["period"]), cast("Json", found["log"])
    threads = cast("dict[str, list[object]]", found["threads"])
    figures = found["figures"]
    if not isinstance(figures, dict):
        raise TypeError
    return Report(
        data=found,
        unit=str(found["unit"]),
        province=str(found["province"]),
        period=Period(date.fromisoformat(period["first"]), date.fromisoformat(period["last"])),
        today=date.fromisoformat(str(found["day"])),
        roster=_number(found["roster"]),
        log_size=_number(log["size"]),
        checkpoint=str(log["checkpoint"]).encode(),
        figures=figures,
        threads={name: (_number(sequence), str(digest)) for name, (sequence, digest) in threads.items()},
    )


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value
