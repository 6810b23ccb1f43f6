"""What an office may do in one delegation as headers and entries tell it: a function of the course and its steps.

It decides which acts a page offers, never whether one counts: that is the rule book's, on the thread itself.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from delegation.clock_specs import WINDOWS
from delegation.codes import Kind, ThreadType
from delegation.course import Course
from delegation.roster_view import RosterView
from delegation.table import Row, State, Table
from delegation.tables import table_for
from node.province.acts_ports import Possible
from node.province.ports import Step

# no work of a host that it may be late with
_NOT_ITS_WORK: Final = WINDOWS | {"supervise", "opinion", "statutory", "cap", "question-answer"}
_CLAIMS: Final = frozenset({Kind.COMPETENCE_DISPUTED, Kind.TRANSFERRED, Kind.DESIGNATED})


def possible(course: Course, steps: Sequence[Step], roster: RosterView, *, office: str, today: date) -> Possible:
    """What `office` may ask or decide. Of those above neither side the national one alone may do anything: designate.

    NOT checked: whether a reminder went out today already, and anything that a body says.
    """
    seen = max((step.sequence for step in steps), default=course.sequence)
    table = table_for(ThreadType.DELEGATION, course.matter)
    sides = (course.home_unit, course.host_unit)
    if table is None or any(side not in roster.units for side in sides):
        return Possible(seen=seen)
    above = {side: _office(roster, side) for side in sides}
    on_wire = tuple(dict.fromkeys(side for side in sides if side in roster.members))
    votes = _votes(steps)
    designation = _designation(course, table, above, votes, office=office, today=today)
    claims = tuple(dict.fromkeys(_claim(step) for step in reversed(steps) if _claim(step)))
    if office not in above.values():
        return Possible(seen=seen, designation=designation, named=votes.get(office, ""), claims=claims)
    reminded = on_wire if _open(table, Kind.REMIND, course.state) else ()
    return Possible(
        seen=seen,
        turn=_turn(course, table, reminded),
        remind=reminded,
        supervise=tuple(
            side for side in on_wire if above[side] == office and _open(table, Kind.SUPERVISE, course.state)
        ),
        coordinate=tuple(
            side for side in sides if above[side] not in ("", office) and above[side] in roster.members and course.open
        ),
        designation=designation,
        named=votes.get(office, ""),
        claims=claims,
        opinion=_open(table, Kind.OPINION, course.state)
        and any(due.clock == "opinion" and due.unit == office for due in course.due),
    )


def _office(roster: RosterView, unit: str) -> str:
    office = roster.provincial_office(unit)
    return office.code if office is not None and office.is_member else ""


def _open(table: Table, kind: Kind, state: State) -> bool:
    return any(state in row.sources for row in table.rows_of(kind))


def _turn(course: Course, table: Table, sides: tuple[str, ...]) -> str:
    """Who is late, else whose day comes first, else who may move the delegation on; the host where that is nobody."""
    if not sides:
        return ""
    standing = [due for due in course.due if due.unit in sides and due.clock not in WINDOWS | {"statutory", "cap"}]
    if standing:
        return min(standing, key=lambda due: (due.legal, due.unit != course.host_unit)).unit
    turns = {row.turn for row in table.rows if _led_to(row, course.state)}
    for side, word in ((course.home_unit, "home"), (course.host_unit, "host")):
        if turns == {word} and side in sides:
            return side
    return course.host_unit if course.host_unit in sides else sides[0]


def _led_to(row: Row, state: State) -> bool:
    return row.target is state and state not in row.sources


def _votes(steps: Sequence[Step]) -> dict[str, str]:
    """What each office named since the last dispute."""
    votes: dict[str, str] = {}
    for step in steps:
        if step.kind is Kind.COMPETENCE_DISPUTED:
            votes.clear()
        elif step.kind is Kind.DESIGNATED:
            votes[step.sender] = step.declared.get("unit", "")
    return votes


def _claim(step: Step) -> str:
    return step.declared.get("unit", "") if step.kind in _CLAIMS else ""


def _designation(
    course: Course, table: Table, above: dict[str, str], votes: dict[str, str], *, office: str, today: date
) -> str:
    rows = [row for row in table.rows_of(Kind.DESIGNATED) if course.state in row.sources]
    if not rows:
        return ""
    if course.state is State.AWAITING_DESIGNATION:
        if any(due.clock == "reissue" for due in course.due) or office in votes:
            return ""  # it took effect, or the other province's word is waited for
        asked = office in above.values() or any(due.clock == "designation" and due.unit == office for due in course.due)
        return "dispute" if asked else ""
    host = course.host_unit
    over = {due.clock for due in course.due if due.unit == host and due.legal < today}
    return "reassign" if above[host] == office and "supervise" in over and over - _NOT_ITS_WORK else ""
