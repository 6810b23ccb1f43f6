"""The facts of an appraisal as a store keeps them: an array of arrays, the last part of a thread's (`thread_json`).

This is a store's own format: it never travels and is never signed.
"""

from datetime import date
from typing import Any, Final, TypeAlias

from delegation.appraisal_facts import AppraisalFacts, Replaced, VoidDraw, VoidPanel
from delegation.codes import AppraisalKind, AppraisalMode
from delegation.draw import Picks, Stratum
from delegation.model import EnvelopeRef
from delegation.values import maker

_Json: TypeAlias = Any  # what json.loads gives: arrays of arrays, checked by the constructors below
_some_facts: Final = maker(AppraisalFacts)


def appraisal_json(f: AppraisalFacts) -> list[object]:
    """The facts as arrays; `appraisal_from` gives them back."""
    return [
        int(f.mode), int(f.kind),
        f.draw, [[s.seats, s.reserves, s.eligible] for s in f.strata], f.pool_version, f.eligible_root.hex(),
        [[unit, value.hex()] for unit, value in f.commitments], [[unit, value.hex()] for unit, value in f.reveals],
        f.log_size, f.log_root.hex(), [[p.seats, p.reserves] for p in f.picks], f.panel,
        [[r.stratum, r.leaves, r.enters] for r in f.replaced], [[v.draw, v.why, v.unit] for v in f.void_draws],
        [[v.draw, v.eligible_root.hex(), v.members] for v in f.void_panels], f.defaults,
        [_ref(ref) for ref in f.recusals], f.replacements_due, None if f.void_demand is None else _ref(f.void_demand),
        _day(f.appointed_on), f.moved, [[_day(served), _day(named)] for served, named in f.notices], f.absences,
        _day(f.missed_on), _day(f.examined_on), _day(f.tests_until), f.opinion_draw, f.opinion, f.rejudged, f.extended,
        f.proposed, f.admitted, _day(f.concluded_on), _day(f.served_on), _day(f.reappraisal_on), f.reappraised,
    ]  # fmt: skip


def appraisal_from(found: _Json) -> AppraisalFacts:
    """The facts of these arrays.

    Raises:
        ValueError, TypeError, KeyError: the arrays are damaged; `thread_from_bytes` says so.
    """
    (
        mode, kind, draw, strata, pool_version, root, commitments, reveals, log_size, log_root, drawn, panel, replaced,
        void_draws, void_panels, defaults, recusals, due, demand, appointed_on, moved, notices, absences, missed_on,
        examined_on, tests_until, opinion_draw, opinion, rejudged, extended, proposed, admitted, concluded_on,
        served_on, reappraisal_on, reappraised,
    ) = found  # fmt: skip
    experts, signed, dissenting, warnings = opinion
    return _some_facts(
        mode=AppraisalMode(mode),
        kind=AppraisalKind(kind),
        draw=draw,
        strata=tuple(Stratum(*each) for each in strata),
        pool_version=pool_version,
        eligible_root=bytes.fromhex(root),
        commitments=tuple((unit, bytes.fromhex(value)) for unit, value in commitments),
        reveals=tuple((unit, bytes.fromhex(value)) for unit, value in reveals),
        log_size=log_size,
        log_root=bytes.fromhex(log_root),
        picks=tuple(Picks(tuple(seats), tuple(reserves)) for seats, reserves in drawn),
        panel=_seats(panel),
        replaced=tuple(Replaced(*each) for each in replaced),
        void_draws=tuple(VoidDraw(*each) for each in void_draws),
        void_panels=tuple(VoidPanel(number, bytes.fromhex(of), _seats(members)) for number, of, members in void_panels),
        defaults=tuple((unit, count) for unit, count in defaults),
        recusals=tuple(_ref_from(ref) for ref in recusals),
        replacements_due=due,
        void_demand=None if demand is None else _ref_from(demand),
        appointed_on=_day_from(appointed_on),
        moved=moved,
        notices=tuple((date.fromisoformat(served), date.fromisoformat(named)) for served, named in notices),
        absences=absences,
        missed_on=_day_from(missed_on),
        examined_on=_day_from(examined_on),
        tests_until=_day_from(tests_until),
        opinion_draw=opinion_draw,
        opinion=(experts, signed, dissenting, warnings),
        rejudged=rejudged,
        extended=extended,
        proposed=proposed,
        admitted=admitted,
        concluded_on=_day_from(concluded_on),
        served_on=_day_from(served_on),
        reappraisal_on=_day_from(reappraisal_on),
        reappraised=reappraised,
    )


def _seats(found: _Json) -> tuple[tuple[int, int], ...]:
    return tuple((stratum, position) for stratum, position in found)


def _ref(ref: EnvelopeRef) -> list[str]:
    return [ref.sender_unit, ref.envelope_id, ref.header_digest.hex()]


def _ref_from(found: _Json) -> EnvelopeRef:
    unit, envelope_id, digest = found
    return EnvelopeRef(unit, envelope_id, bytes.fromhex(digest))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_from(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
