"""What the kinds of an appraisal declare, between bytes and values (protocol 3.4, 13; declared.proto)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from delegation import codec_values as take
from delegation import declared_appraisal as values
from delegation import patterns
from delegation.codes import Kind
from delegation.draw import MOST_ELIGIBLE, MOST_STRATA, PANEL_SIZES, Picks, Stratum
from xieban.delegation.v1 import declared_pb2 as pb

MOST_DRAWS: Final = 64  # of one thread; each but the last is void, with its reason in the log
_MOST_RESERVES: Final = 20
_MOST_ABSENCES: Final = 64
_MOST_LISTED_EXPERTS: Final = 64
_MOST_SEATS: Final = max(PANEL_SIZES)

APPRAISAL_FIELDS: Final[Mapping[Kind, str]] = MappingProxyType({
    Kind.SPECIALTY_DETERMINED: "strata",
    Kind.PANEL_SHORT: "strata",
    Kind.DRAW_COMMITTED: "draw_commitment",
    Kind.DRAW_REVEALED: "draw_reveal",
    Kind.DRAW_REVEALED_FOR: "draw_reveal",
    Kind.DRAW_VOIDED: "draw_void",
    Kind.PANEL_DRAWN: "panel",
    Kind.PANEL_REPLACED: "replacement",
    Kind.PANEL_VOIDED: "panel_void",
    Kind.RECUSAL_ANSWERED: "recusal",
    Kind.SCHEDULED: "appointment",
    Kind.RESCHEDULED: "appointment",
    Kind.WORKER_NOTIFIED: "notified",
    Kind.NO_SHOW: "attendance",
    Kind.EXAMINED: "attendance",
    Kind.EXTRA_TESTS: "tests",
    Kind.OPINION_FORMED: "opinion",
    Kind.APPRAISAL_REPORTED: "opinion",
    Kind.EXPERTS_PROPOSED: "experts",
    Kind.EXPERTS_ADMITTED: "experts",
    Kind.EXPERTS_CONFIRMED: "experts",
    Kind.CONCLUSION_ISSUED: "conclusion",
    Kind.CONCLUSION_SERVED: "conclusion",
    Kind.REAPPRAISAL_REQUESTED: "conclusion",
    Kind.REAPPRAISAL_RESULT: "conclusion",
})  # fmt: skip


def _draw(value: int, of: str) -> int:
    return take.number(value, 1, MOST_DRAWS, f"declared.{of}.draw")


def _strata(of: pb.Declared, kind: Kind) -> values.StrataDeclared:
    m = of.strata
    take.number(len(m.strata), 1, MOST_STRATA, "declared.strata.strata")
    short = kind is Kind.PANEL_SHORT
    if short and m.eligible_root:
        take.malformed("declared.strata.eligible_root")
    return values.StrataDeclared(
        draw=_draw(m.draw, "strata"),
        strata=tuple(
            Stratum(
                take.number(s.seats, 1, _MOST_SEATS, "declared.strata.strata.seats"),
                take.number(s.reserves, 0, _MOST_RESERVES, "declared.strata.strata.reserves"),
                take.number(s.eligible, 0, MOST_ELIGIBLE, "declared.strata.strata.eligible"),
            )
            for s in m.strata
        ),
        pool_version=take.number(m.pool_version, 0 if short else 1, take.MOST_COUNT, "declared.strata.pool_version"),
        eligible_root=b"" if short else take.digest(m.eligible_root, "declared.strata.eligible_root"),
    )


def _committed(of: pb.Declared, _kind: Kind) -> values.DrawCommittedDeclared:
    m = of.draw_commitment
    return values.DrawCommittedDeclared(
        _draw(m.draw, "draw_commitment"), take.digest(m.commitment, "declared.draw_commitment.commitment")
    )


def _revealed(of: pb.Declared, _kind: Kind) -> values.DrawRevealedDeclared:
    m = of.draw_reveal
    return values.DrawRevealedDeclared(
        _draw(m.draw, "draw_reveal"),
        take.text(m.unit, patterns.is_unit, "declared.draw_reveal.unit"),
        take.digest(m.secret, "declared.draw_reveal.secret"),
    )


def _voided(of: pb.Declared, _kind: Kind) -> values.DrawVoidedDeclared:
    m = of.draw_void
    return values.DrawVoidedDeclared(
        _draw(m.draw, "draw_void"), take.optional_text(m.unit, patterns.is_unit, "declared.draw_void.unit")
    )


def _panel(of: pb.Declared, _kind: Kind) -> values.PanelDeclared:
    m = of.panel
    take.number(len(m.picks), 1, MOST_STRATA, "declared.panel.picks")
    return values.PanelDeclared(
        draw=_draw(m.draw, "panel"),
        log_size=take.number(m.log_size, 1, take.MOST_NUMBER, "declared.panel.log_size"),
        log_root=take.digest(m.log_root, "declared.panel.log_root"),
        picks=tuple(_picks(each) for each in m.picks),
    )


def _picks(m: pb.StratumPicks) -> Picks:
    take.number(len(m.seats), 1, _MOST_SEATS, "declared.panel.picks.seats")
    take.at_most(m.reserves, _MOST_RESERVES, "declared.panel.picks.reserves")
    take.distinct((*m.seats, *m.reserves), "declared.panel.picks")
    return Picks(
        tuple(_position(p, "declared.panel.picks.seats") for p in m.seats),
        tuple(_position(p, "declared.panel.picks.reserves") for p in m.reserves),
    )


def _position(value: int, field: str) -> int:
    return take.number(value, 0, MOST_ELIGIBLE - 1, field)


def _replacement(of: pb.Declared, _kind: Kind) -> values.ReplacementDeclared:
    m = of.replacement
    if m.leaves == m.enters:
        take.malformed("declared.replacement.enters")
    return values.ReplacementDeclared(
        draw=_draw(m.draw, "replacement"),
        stratum=take.number(m.stratum, 0, MOST_STRATA - 1, "declared.replacement.stratum"),
        leaves=_position(m.leaves, "declared.replacement.leaves"),
        enters=_position(m.enters, "declared.replacement.enters"),
    )


def _appointment(of: pb.Declared, kind: Kind) -> values.AppointmentDeclared:
    m = of.appointment
    if bool(m.instead_of) is not (kind is Kind.RESCHEDULED):
        take.malformed("declared.appointment.instead_of")
    return values.AppointmentDeclared(
        take.day(m.on, "declared.appointment.on"),
        take.optional_day(m.instead_of, "declared.appointment.instead_of"),
    )


def _notified(of: pb.Declared, _kind: Kind) -> values.NotifiedDeclared:
    m = of.notified
    return values.NotifiedDeclared(
        take.day(m.served_on, "declared.notified.served_on"),
        take.day(m.examination_on, "declared.notified.examination_on"),
    )


def _attendance(of: pb.Declared, kind: Kind) -> values.AttendanceDeclared:
    m = of.attendance
    most = _MOST_ABSENCES if kind is Kind.NO_SHOW else 0
    return values.AttendanceDeclared(
        take.day(m.on, "declared.attendance.on"), take.number(m.absences, 0, most, "declared.attendance.absences")
    )


def _tests(of: pb.Declared, _kind: Kind) -> values.TestsDeclared:
    return values.TestsDeclared(take.day(of.tests.expected_on, "declared.tests.expected_on"))


def _opinion(of: pb.Declared, _kind: Kind) -> values.OpinionDeclared:
    m = of.opinion
    experts = take.number(m.experts, 1, _MOST_SEATS, "declared.opinion.experts")
    return values.OpinionDeclared(
        experts=experts,
        signed=take.number(m.signed, 0, experts, "declared.opinion.signed"),
        dissenting=take.number(m.dissenting, 0, experts, "declared.opinion.dissenting"),
        warnings_answered=take.number(m.warnings_answered, 0, take.MOST_COUNT, "declared.opinion.warnings_answered"),
        warnings_open=take.number(m.warnings_open, 0, take.MOST_COUNT, "declared.opinion.warnings_open"),
        reused_materials=take.number(m.reused_materials, 0, take.MOST_COUNT, "declared.opinion.reused_materials"),
        draw=_draw(m.draw, "opinion"),
    )


def _experts(of: pb.Declared, _kind: Kind) -> values.ExpertsDeclared:
    return values.ExpertsDeclared(take.number(of.experts.experts, 1, _MOST_LISTED_EXPERTS, "declared.experts.experts"))


def _recusal(of: pb.Declared, _kind: Kind) -> values.RecusalDeclared:
    return values.RecusalDeclared(of.recusal.upheld)


def _conclusion(of: pb.Declared, _kind: Kind) -> values.ConclusionDeclared:
    return values.ConclusionDeclared(take.day(of.conclusion.on, "declared.conclusion.on"))


def _panel_void(of: pb.Declared, _kind: Kind) -> values.PanelVoidedDeclared:
    return values.PanelVoidedDeclared(_draw(of.panel_void.draw, "panel_void"))


APPRAISAL_READERS: Final[Mapping[str, Callable[[pb.Declared, Kind], values.AppraisalDetail]]] = MappingProxyType({
    "strata": _strata,
    "draw_commitment": _committed,
    "draw_reveal": _revealed,
    "draw_void": _voided,
    "panel": _panel,
    "replacement": _replacement,
    "appointment": _appointment,
    "notified": _notified,
    "attendance": _attendance,
    "tests": _tests,
    "opinion": _opinion,
    "experts": _experts,
    "recusal": _recusal,
    "conclusion": _conclusion,
    "panel_void": _panel_void,
})  # fmt: skip


def write_appraisal_declared(into: pb.Declared, detail: values.AppraisalDetail) -> None:
    """Fill the message with what is declared. NOT checked: bounds, and that it is the kind's own."""
    match detail:
        case values.StrataDeclared():
            strata = [pb.Stratum(seats=s.seats, reserves=s.reserves, eligible=s.eligible) for s in detail.strata]
            into.strata.CopyFrom(
                pb.StrataDeclared(
                    draw=detail.draw,
                    strata=strata,
                    pool_version=detail.pool_version,
                    eligible_root=detail.eligible_root,
                )
            )
        case values.DrawCommittedDeclared():
            into.draw_commitment.CopyFrom(pb.DrawCommittedDeclared(draw=detail.draw, commitment=detail.commitment))
        case values.DrawRevealedDeclared():
            into.draw_reveal.CopyFrom(pb.DrawRevealedDeclared(draw=detail.draw, unit=detail.unit, secret=detail.secret))
        case values.DrawVoidedDeclared():
            into.draw_void.CopyFrom(pb.DrawVoidedDeclared(draw=detail.draw, unit=detail.unit))
        case values.PanelDeclared():
            picks = [pb.StratumPicks(seats=p.seats, reserves=p.reserves) for p in detail.picks]
            into.panel.CopyFrom(
                pb.PanelDeclared(draw=detail.draw, log_size=detail.log_size, log_root=detail.log_root, picks=picks)
            )
        case values.ReplacementDeclared():
            into.replacement.CopyFrom(
                pb.ReplacementDeclared(
                    draw=detail.draw, stratum=detail.stratum, leaves=detail.leaves, enters=detail.enters
                )
            )
        case values.PanelVoidedDeclared():
            into.panel_void.CopyFrom(pb.PanelVoidedDeclared(draw=detail.draw))
        case values.RecusalDeclared():
            into.recusal.CopyFrom(pb.RecusalDeclared(upheld=detail.upheld))
        case _:
            _write_course(into, detail)


def _write_course(
    into: pb.Declared,
    detail: values.AppointmentDeclared
    | values.NotifiedDeclared
    | values.AttendanceDeclared
    | values.TestsDeclared
    | values.OpinionDeclared
    | values.ExpertsDeclared
    | values.ConclusionDeclared,
) -> None:
    match detail:
        case values.AppointmentDeclared():
            into.appointment.CopyFrom(
                pb.AppointmentDeclared(on=take.iso(detail.on), instead_of=take.iso(detail.instead_of))
            )
        case values.NotifiedDeclared():
            into.notified.CopyFrom(
                pb.NotifiedDeclared(
                    served_on=take.iso(detail.served_on), examination_on=take.iso(detail.examination_on)
                )
            )
        case values.AttendanceDeclared():
            into.attendance.CopyFrom(pb.AttendanceDeclared(on=take.iso(detail.on), absences=detail.absences))
        case values.TestsDeclared():
            into.tests.CopyFrom(pb.TestsDeclared(expected_on=take.iso(detail.expected_on)))
        case values.OpinionDeclared():
            into.opinion.CopyFrom(
                pb.OpinionDeclared(
                    experts=detail.experts,
                    signed=detail.signed,
                    dissenting=detail.dissenting,
                    warnings_answered=detail.warnings_answered,
                    warnings_open=detail.warnings_open,
                    reused_materials=detail.reused_materials,
                    draw=detail.draw,
                )
            )
        case values.ExpertsDeclared():
            into.experts.CopyFrom(pb.ExpertsDeclared(experts=detail.experts))
        case values.ConclusionDeclared():
            into.conclusion.CopyFrom(pb.ConclusionDeclared(on=take.iso(detail.on)))
