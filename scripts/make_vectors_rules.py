"""Write tests/vectors/deadlines.json and digits.json: results that every implementation of the rules must give.

python -m scripts.make_vectors_rules

Every value is made up; no number of a real person or body stands here, but for the examples of the standards.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final, TypeAlias

from delegation.codes import Priority
from delegation.deadlines import (
    Due,
    Suspension,
    day_of,
    days_left_workdays,
    earlier,
    host_cap,
    last_resort_due,
    natural_due,
    pause_shift,
    statutory_due,
    working_due,
    years_after,
)
from delegation.digits import (
    DigitError,
    UnitType,
    check_bureau_code,
    check_citizen_id,
    check_credit_code,
    check_old_citizen_id,
    citizen_check_character,
    credit_check_character,
    delegation_number,
    parse_delegation_number,
    parse_unit_code,
    unit_code,
)
from delegation.limits import AgreedTimes, LimitKind, Step, statutory_limit
from delegation.workdays import Calendar, Overlay, load_seed_years

FOLDER: Final = Path(__file__).resolve().parent.parent / "tests" / "vectors"
GENERATOR: Final = "scripts/make_vectors_rules.py"
YEARS: Final = (2025, 2026)
OVERLAY: Final = Overlay(
    "450000", 2026, frozenset({date(2026, 4, 20), date(2026, 4, 21)}), frozenset(), "made up for these vectors"
)
CALENDAR: Final = Calendar(1, {year: load_seed_years()[year] for year in YEARS}, (OVERLAY,))
HOME: Final = CALENDAR.at("330100")
TODAY: Final = date(2026, 11, 23)

Case: TypeAlias = dict[str, object]

NATURAL: Final = (
    ("2026-08-03", 60), ("2026-01-20", 60), ("2026-03-06", 60), ("2026-07-29", 60), ("2026-09-20", 15),
    ("2025-12-16", 60), ("2026-08-12", 60), ("2026-11-02", 60),
)  # fmt: skip
WORKING: Final = (
    ("2026-02-12", 5), ("2026-09-18", 5), ("2026-04-28", 15), ("2026-09-21", 20), ("2025-12-30", 3), ("2026-12-28", 5),
)  # fmt: skip
# start, limit, (suspended, resumed or None, ground)
STATUTORY: Final[tuple[tuple[str, int, tuple[tuple[str, str | None, str], ...]], ...]] = (
    ("2026-03-06", 60, ()),
    ("2026-03-06", 60, (("2026-03-16", "2026-05-20", "S03"),)),
    ("2026-03-06", 60, (("2026-03-16", None, "S02"),)),
    ("2026-03-06", 60, (("2026-03-06", "2026-03-20", "S01"),)),
    ("2026-03-06", 60, (("2026-03-16", "2026-04-20", "S01"), ("2026-04-30", "2026-06-01", "S03"))),
    ("2026-03-06", 60, (("2026-03-16", "2026-04-20", "S01"), ("2026-04-20", "2026-06-01", "S03"))),
    ("2026-03-06", 60, (("2026-05-06", None, "S01"),)),
    ("2026-03-06", 60, (("2026-05-05", "2026-06-01", "S01"),)),
    # appraisals: from receipt, once extended, an appointment that moved, tests, both with the extension
    ("2025-06-02", 60, ()),
    ("2026-03-06", 90, ()),
    ("2026-03-06", 60, (("2026-04-02", "2026-04-16", "S04"),)),
    ("2026-03-06", 90, (("2026-04-02", "2026-04-16", "S04"), ("2026-04-20", "2026-05-11", "S05"))),
)
CAPS: Final = ("2026-10-11", "2026-05-05", "2026-02-24", "2026-09-27", "2027-01-11")
INSTANTS: Final = (
    datetime(2026, 3, 5, 16, 30, tzinfo=UTC), datetime(2026, 3, 5, 15, 59, 59, tzinfo=UTC),
    datetime(2025, 12, 31, 16, 0, tzinfo=UTC),
)  # fmt: skip
# agreed due, paused, unpaused, cap or None
PAUSES: Final[tuple[tuple[str, str, str, str | None], ...]] = (
    ("2026-09-17", "2026-09-10", "2026-09-14", None),
    ("2026-09-24", "2026-09-17", "2026-09-21", None),
    ("2026-09-24", "2026-09-17", "2026-10-12", "2026-09-30"),
    ("2026-09-17", "2026-09-10", "2026-09-10", None),
    ("2026-09-17", "2026-09-18", "2026-09-22", None),
)


def shown(due: Due | None) -> Case | None:
    """A due date as JSON; null while the clock stands still."""
    if due is None:
        return None
    return {"nominal": due.nominal.isoformat(), "legal": due.legal.isoformat(), "provisional": due.provisional}


def sure(day: str) -> Due:
    """A due date that is given, not computed."""
    return Due(date.fromisoformat(day), date.fromisoformat(day), False)


def deadlines_text() -> str:
    """The text of deadlines.json, the same on every run."""
    day = date.fromisoformat
    return dump({
        "generator": GENERATOR,
        "comment": "Days of Asia/Shanghai. The calendar is complete for these vectors: years not in it are not "
        "published and have Saturdays and Sundays as their only rest days.",
        "calendar": {
            "years": {
                str(year): {
                    "rest_days": listed(record.rest_days), "make_up_workdays": listed(record.make_up_workdays),
                    "source": record.source,
                }
                for year, record in CALENDAR.years.items()
            },
            "overlays": [{"region_code": OVERLAY.region_code, "year": 2026, "rest_days": listed(OVERLAY.rest_days)}],
        },
        "region_code": HOME.region_code,
        "natural_due": [
            {"start": start, "days": days, "due": shown(natural_due(day(start), days, HOME))}
            for start, days in NATURAL
        ],
        "working_due": [
            {"start": start, "days": days, "due": shown(working_due(day(start), days, HOME))}
            for start, days in WORKING
        ],
        "working_due_with_overlay": [
            {"region_code": code, "start": "2026-04-17", "days": 3,
             "due": shown(working_due(day("2026-04-17"), 3, CALENDAR.at(code)))}
            for code in ("450102", "330100")
        ],
        "statutory_due": [
            {
                "start": start, "limit_days": limit,
                "suspensions": [{"effective_on": a, "resumed_on": b, "ground": ground} for a, b, ground in stops],
                "due": shown(statutory_due(day(start), limit, [
                    Suspension(day(a), day(b) if b else None, ground) for a, b, ground in stops
                ], HOME)),
            }
            for start, limit, stops in STATUTORY
        ],
        "host_cap": [
            {"home_nominal": nominal, "margin_days": 10, "due": shown(host_cap(day(nominal), HOME))}
            for nominal in CAPS
        ],
        "last_resort_due": [
            {"home_nominal": nominal, "due": shown(last_resort_due(day(nominal), HOME))} for nominal in CAPS
        ],
        "earlier": [
            {"a": a, "b": b, "due": shown(earlier(sure(a), sure(b)))}
            for a, b in (("2026-09-30", "2026-10-08"), ("2026-10-08", "2026-09-30"))
        ],
        "pause_shift": [
            {
                "due": due, "paused_on": stop, "unpaused_on": go, "cap": cap,
                "moved": shown(pause_shift(
                    sure(due), paused_on=day(stop), unpaused_on=day(go), cal=HOME, cap=sure(cap) if cap else None
                )),
            }
            for due, stop, go, cap in PAUSES
        ],
        "days_left_workdays": [
            {"today": today, "due": due, "left": days_left_workdays(day(today), day(due), HOME)}
            for today, due in (("2026-09-18", "2026-09-24"), ("2026-09-24", "2026-09-24"), ("2026-10-09", "2026-09-30"))
        ],
        "day_of": [
            {"instant": f"{instant:%Y-%m-%dT%H:%M:%SZ}", "day": day_of(instant).isoformat()} for instant in INSTANTS
        ],
        "years_after": [
            {"start": start, "years": years, "day": years_after(day(start), years).isoformat()}
            for start, years in (("2026-03-06", 1), ("2024-02-29", 1), ("2024-02-29", 4))
        ],
        "statutory_limit": list(limits()),
        "agreed_times": {
            step.value: {
                "normal": AgreedTimes().days(step, Priority.NORMAL), "green": AgreedTimes().days(step, Priority.GREEN)
            }
            for step in Step
        },
    })  # fmt: skip


def limits() -> Iterator[Case]:
    """Every statutory limit on a day before and after the change of 2025."""
    for kind in LimitKind:
        for on in (date(2025, 6, 30), date(2025, 7, 1)):
            limit = statutory_limit(kind, on)
            yield {
                "kind": kind.value, "on": on.isoformat(), "length": limit.length, "unit": limit.unit.value,
                "extension": limit.extension, "starts": limit.starts, "article": limit.article,
            }  # fmt: skip


def digits_text() -> str:
    """The text of digits.json, the same on every run."""
    citizens = [head + citizen_check_character(head) for head in (
        "33011319900307001", "37120219800229002", "81000019900307003", "82000019900307004", "83000019900307005",
        "91184019900307006", "33010020261123001",
    )]  # fmt: skip
    credits = [head + credit_check_character(head) for head in (
        "91330106M000100Y4", "N2330106M000100Y4", "Y1330106M000100Y4", "11330100M000100Y5",
    )]  # fmt: skip
    numbers = [
        delegation_number(day, region, serial)
        for day, region, serial in (
            (date(2026, 3, 12), "330100", 17), (date(2026, 12, 31), "659001", 1), (TODAY, "510100", 999_999),
        )
    ]  # fmt: skip
    units = [
        unit_code(region6=region, unit_type=kind, serial=serial)
        for region, kind, serial in (
            ("330100", UnitType.RECOGNITION, 1), ("330100", UnitType.APPRAISAL, 1),
            ("330000", UnitType.PROVINCIAL, 1), ("110000", UnitType.NATIONAL, 99),
        )
    ]  # fmt: skip
    return dump({
        "generator": GENERATOR,
        "comment": "Each case is a text and the error code, null where the text is good. Made-up numbers only, and the "
        "examples of the standards.",
        "today": TODAY.isoformat(),
        "citizen_id": judged(lambda text: check_citizen_id(text, TODAY), [
            "11010519491231002X", *citizens, *map(spoilt, citizens), "11010519491231002x", "110105194912310021",
            "", "33011319900229001" + citizen_check_character("33011319900229001"),
            "33011320261124001" + citizen_check_character("33011320261124001"),
        ]),
        "old_citizen_id": judged(lambda text: check_old_citizen_id(text, TODAY), [
            "110105491231002", "110105490231002", "11010549123100X", "11010519491231002X",
        ]),
        "credit_code": judged(check_credit_code, [
            "91350100M000100Y43", *credits, *map(spoilt, credits), "91350100M000100I43", "91350100m000100y43",
        ]),
        "delegation_number": judged(parse_delegation_number, [
            *numbers, *map(spoilt, numbers), numbers[0].replace("-", ""), numbers[0].lower(),
        ]),
        "unit_code": judged(parse_unit_code, [*units, *map(spoilt, units), "330100XX01A", units[0][:-1]]),
        "bureau_code": judged(check_bureau_code, ["330100", "330100KF", "65900102", "33010", "330100kf", "330100KFX"]),
    })  # fmt: skip


def spoilt(text: str) -> str:
    """The text with its fifth digit changed, as a slip of the hand would."""
    at = [i for i, c in enumerate(text) if c.isdigit()][4]
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


def judged(check: Callable[[str], object], texts: list[str]) -> list[Case]:
    """Each text with the code of its error, or null."""
    found: list[Case] = []
    for text in texts:
        try:
            check(text)
        except DigitError as error:
            found.append({"text": text, "error": error.code})
        else:
            found.append({"text": text, "error": None})
    return found


def listed(days: frozenset[date]) -> list[str]:
    """Days in order, as ISO texts."""
    return [day.isoformat() for day in sorted(days)]


def dump(value: Case) -> str:
    """JSON as the other vector files have it."""
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "deadlines.json").write_text(deadlines_text(), encoding="utf-8", newline="\n")
    (FOLDER / "digits.json").write_text(digits_text(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
