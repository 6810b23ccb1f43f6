"""What the forms of an office's acts are filled from: what may be done, whom it may be asked of, what was agreed."""

from datetime import datetime
from typing import Final

from delegation.codec_body import agreement_record
from delegation.codec_roster import parse_agreement
from delegation.codes import Kind, ThreadType
from delegation.deadlines import day_of
from delegation.errors import Reason, Refusal
from delegation.roster_records import UnitType
from delegation.roster_view import RosterView
from delegation.table import State as Stage
from node.case_facts import body_of
from node.desk.ports import Actor
from node.province.acts_ports import AgreementLine, NamedUnit, OfficeUnits, Possible, Terms
from node.province.course_bytes import read_course
from node.province.oversight import scope_of
from node.province.possible import possible
from node.province.timeline import steps_of
from node.records import EntryRecord, ThreadRecord, from_us
from node.records_province import CourseRecord
from node.state import State
from node.store import ThreadQuery, Where
from node.writer import Tx

MOST_AGREEMENTS: Final = 200
_STAGES: Final = (Stage.PROPOSED, Stage.IN_FORCE, Stage.ENDED)
_OFFICES: Final = frozenset({UnitType.PROVINCIAL, UnitType.NATIONAL})


def possible_in(tx: Tx, state: State, at: datetime, *, actor: Actor, thread_id: str) -> Possible:
    """What the office may do in a delegation of its copy. Refusal NOT_FOUND outside its scope."""
    scope = scope_of(state, actor)
    record = tx.get(CourseRecord, (thread_id,))
    if record is None or (scope.province and scope.province not in record.provinces.split()):
        raise Refusal(Reason.NOT_FOUND)
    return possible(
        read_course(record.course),
        steps_of(tx, thread_id),
        state.rosters.current.view,
        office=actor.unit,
        today=day_of(at),
    )


def units_of(view: RosterView, office: str) -> OfficeUnits:
    """Members of the province below `office`, and the other offices that are members."""
    members = sorted(view.members - {office})
    above = {code: view.provincial_office(code) for code in members}
    own = [code for code in members if (found := above[code]) is not None and found.code == office]
    offices = [code for code in members if view.unit(code).type in _OFFICES]
    return OfficeUnits(
        tuple(NamedUnit(code, view.unit(code).name) for code in own),
        tuple(NamedUnit(code, view.unit(code).name) for code in offices),
    )


def agreements_of(tx: Tx, state: State, view: RosterView, unit: str) -> tuple[AgreementLine, ...]:
    """Agreements and proposals of the unit, the latest change first."""
    found: list[ThreadRecord] = []
    for stage in _STAGES:  # which no other thread has: lists filter by them from an index
        query = ThreadQuery(unit=unit, where=(Where("state", stage.value),), limit=MOST_AGREEMENTS)
        records = (record for record, _ in tx.store.list_threads(query) if isinstance(record, ThreadRecord))
        found += [record for record in records if record.thread_type == ThreadType.AGREEMENT]
    found.sort(key=lambda record: -record.change_number)
    taken = {agreement.agreement_id for agreement in view.agreements}
    return tuple(_line(tx, state, view, record, unit, taken) for record in found[:MOST_AGREEMENTS])


def _line(tx: Tx, state: State, view: RosterView, record: ThreadRecord, unit: str, taken: set[str]) -> AgreementLine:
    other = record.host_unit if record.home_unit == unit else record.home_unit
    return AgreementLine(
        thread_id=record.thread_id,
        other=other,
        other_name=view.unit(other).name if other in view.units else "",
        ours=record.home_unit == unit,
        state=Stage(record.state),
        changed_at=from_us(record.changed_at),
        terms=_terms(tx, state, record.thread_id),
        in_roster=record.thread_id in taken,
    )


def _terms(tx: Tx, state: State, thread_id: str) -> Terms | None:
    where = (Where("thread_id", thread_id), Where("kind", int(Kind.AGREEMENT_PROPOSED)))
    for entry in tx.select(EntryRecord, where, limit=1):
        try:
            agreement = parse_agreement(agreement_record(body_of(tx, state, entry)))
        except Refusal:
            return None
        return Terms(
            matters=agreement.matters,
            modes=agreement.modes,
            times=agreement.times,
            valid_from=agreement.valid_from,
            valid_to=agreement.valid_to,
        )
    return None
