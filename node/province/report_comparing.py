"""A bureau's own view of a province's report: what its own units' threads say of it, from the node's own rows.

A thread counts as far as the node holds all that the report counted of it: a host of an earlier leg does not. NOT
checked: figures of other units, and of the whole.
"""

from typing import Final

from certs.trust import Trust
from delegation.figures import Count
from node.province.calendars import Calendars
from node.province.report_checking import Difference, Outcome, TrustOf, compared, figures_differ, folded_own
from node.province.report_counting import Figures, Json
from node.province.reports import Report
from node.store import Store

OBJECTION: Final = "xieban-report-objection-1"
_NOTHING: Final[Json] = {"as_home": {"counts": {}, "days": {}}, "as_host": {"counts": {}, "days": {}}}


def compare(report: Report, store: Store, *, units: frozenset[str], newest: Trust, trust_of: TrustOf) -> Outcome:
    """Where a bureau's own threads say something else than the report does of its units."""
    figures = Figures(
        province=report.province, period=report.period, today=report.today,
        calendar_of=Calendars(trust_of(report.roster).view.calendar),
    )  # fmt: skip
    found: list[Difference] = []
    threads = entries = 0
    for thread in folded_own(store, report.log_size, newest=newest, trust_of=trust_of):
        entries += thread.entries
        if thread.fault is not None:
            found.append(thread.fault)
        course = thread.course
        if course is None or (report.province and report.province not in thread.provinces):
            continue
        told = report.threads.get(thread.thread_id)
        if told is not None and thread.sequence < told[0]:
            continue  # a host of an earlier leg was not told the rest
        if {course.home_unit, course.host_unit} & units:
            threads += 1
            figures.take(course)
            found += compared(thread, told)
    counted: Json = figures.written()
    said, own = report.figures["units"], counted["units"]
    for unit in sorted(units):
        left = said.get(unit, _NOTHING) if isinstance(said, dict) else _NOTHING
        right = own.get(unit, _NOTHING) if isinstance(own, dict) else _NOTHING
        found += figures_differ(left, right, f"units.{unit}")
    return Outcome(differences=tuple(found), threads=threads, entries=entries)


def objection(report: Report, outcome: Outcome, *, bureau: str) -> Json:
    """What a bureau sends to the office by its desk: threads and figures, with both values. Nothing personal in it."""
    return {
        "format": OBJECTION,
        "bureau": bureau,
        "report": report.digest,
        "office": report.unit,
        "log_size": report.log_size,
        "counts": [count.value for count in Count],
        "differences": [difference_json(each) for each in outcome.differences],
    }


def difference_json(difference: Difference) -> Json:
    """One difference; what does not apply is left out."""
    found = {name: getattr(difference, name) for name in Difference.__slots__}
    return {name: value for name, value in found.items() if value not in ("", None)}
