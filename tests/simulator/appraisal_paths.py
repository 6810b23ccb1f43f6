"""How to bring an appraisal into each state, by mode: the rows sent before, and by whom."""

from delegation.codes import AppraisalMode
from tests.simulator.appraising import Appraisal, appraisal_roster
from tests.simulator.federation import Bureau, Federation
from tests.simulator.paths import HOME, HOST, NATIONAL, SICHUAN, ZHEJIANG, Scene

Steps = tuple[tuple[str, str], ...]

_ACCEPTED: Steps = ((HOST, "signed_for"), (HOST, "accepted"))
_COMMITTED: Steps = ((HOME, "draw_committed"), (HOST, "draw_committed"))
_REVEALED: Steps = (*_COMMITTED, (HOST, "draw_revealed"), (HOME, "draw_revealed"))
_SET: Steps = (*_ACCEPTED, (HOST, "specialty_determined"))
_DRAWN: Steps = (*_SET, *_REVEALED, (HOST, "panel_drawn"))
_SCHEDULED: Steps = (*_DRAWN, (HOST, "scheduled"))
_NOTIFIED: Steps = (*_SCHEDULED, (HOME, "worker_notified"))
_EXAMINED: Steps = (*_NOTIFIED, ("+", "14"), (HOST, "examined"))
_OPINION: Steps = (*_EXAMINED, (HOST, "opinion_formed"))
_REPORTED: Steps = (*_OPINION, (HOST, "appraisal_reported"))
_SECONDED: Steps = ((HOST, "signed_for"), (HOST, "accepted_to_second"), (HOST, "experts_proposed"))
_ADMITTED: Steps = (*_SECONDED, (HOME, "experts_admitted"))
_HOME_DRAWN: Steps = (*_ADMITTED, (HOME, "specialty_determined"), *_REVEALED, (HOME, "panel_drawn_by_home"))

ONSITE, FULL, SECONDMENT = AppraisalMode.ONSITE_ASSIST, AppraisalMode.FULL_ENTRUST, AppraisalMode.EXPERT_SECONDMENT
PATHS: dict[str, tuple[AppraisalMode, Steps]] = {
    "issued": (ONSITE, ()),
    "returned": (FULL, ((HOST, "signed_for"), (HOST, "returned"))),
    "refused": (ONSITE, ((HOST, "signed_for"), (HOST, "refused"))),
    "designated": (
        ONSITE,
        (
            (HOST, "signed_for"),
            (HOST, "competence_disputed_by_host"),
            (SICHUAN, "designated"),
            (ZHEJIANG, "designated"),
        ),
    ),
    "accepted": (ONSITE, _ACCEPTED),
    "specialty_set": (ONSITE, _SET),
    "half_committed": (ONSITE, (*_SET, (HOST, "draw_committed"))),
    "committed": (ONSITE, (*_SET, *_COMMITTED)),
    "half_revealed": (ONSITE, (*_SET, *_COMMITTED, (HOST, "draw_revealed"))),
    "reveal_late": (ONSITE, (*_SET, *_COMMITTED, (HOST, "draw_revealed"), ("+", "4"))),
    "revealed_for": (
        ONSITE,
        (*_SET, *_COMMITTED, (HOST, "draw_revealed"), ("+", "4"), (ZHEJIANG, "draw_revealed_for")),
    ),
    "defaulted": (
        ONSITE,
        (*_SET, *_COMMITTED, (HOST, "draw_revealed"), ("+", "9"), (HOST, "draw_voided_by_default")),
    ),
    "voided": (ONSITE, (*_SET, (HOST, "draw_voided"))),
    "drawn_again": (
        ONSITE,
        (*_SET, (HOST, "draw_voided"), (HOST, "specialty_determined"), *_REVEALED, (HOST, "panel_drawn")),
    ),
    "panel_short": (ONSITE, (*_ACCEPTED, (HOST, "panel_short"))),
    "panel_drawn": (ONSITE, _DRAWN),
    "reserves_spent": (ONSITE, (*_DRAWN, (HOST, "panel_replaced"), (HOST, "panel_replaced"), (HOST, "panel_replaced"))),
    "recusal_open": (ONSITE, (*_DRAWN, (HOME, "recusal_raised"))),
    "recusal_upheld": (ONSITE, (*_DRAWN, (HOME, "recusal_raised"), (HOST, "recusal_answered"))),
    "scheduled": (ONSITE, _SCHEDULED),
    "notified": (FULL, _NOTIFIED),
    "paused": (ONSITE, (*_NOTIFIED, (HOST, "paused_by_host"))),
    "rescheduled": (ONSITE, (*_NOTIFIED, (HOST, "rescheduled"))),
    "no_show": (ONSITE, (*_NOTIFIED, ("+", "14"), (HOST, "no_show"))),
    "examined": (ONSITE, _EXAMINED),
    "extra_tests": (ONSITE, (*_EXAMINED, (HOST, "extra_tests"))),
    "opinion_formed": (FULL, _OPINION),
    "reported": (ONSITE, _REPORTED),
    "rejudging": (ONSITE, (*_REPORTED, (HOME, "rejudge_requested"))),
    "more_asked": (ONSITE, (*_REPORTED, (HOME, "supplement_requested"))),
    "panel_voided": (ONSITE, (*_REPORTED, (HOST, "panel_voided"))),
    "withdraw_requested": (ONSITE, (*_OPINION, (HOME, "withdraw_requested"))),
    "completed": (FULL, (*_REPORTED, (HOME, "completed"))),
    "concluded": (ONSITE, (*_REPORTED, (HOME, "completed"), (HOME, "conclusion_issued"))),
    "served": (
        ONSITE,
        (*_REPORTED, (HOME, "completed"), (HOME, "conclusion_issued"), (HOME, "conclusion_served")),
    ),
    "experts_proposed": (SECONDMENT, _SECONDED),
    "experts_admitted": (SECONDMENT, _ADMITTED),
    "drawn_by_home": (SECONDMENT, _HOME_DRAWN),
    "experts_confirmed": (SECONDMENT, (*_HOME_DRAWN, (HOST, "experts_confirmed"))),
    "seconded": (SECONDMENT, (*_HOME_DRAWN, (HOST, "experts_confirmed"), (HOME, "completed"))),
}


def actor(federation: Federation, who: str) -> Bureau:
    """The committee, or the office, of a region."""
    return federation.province(who) if who in (ZHEJIANG, SICHUAN, NATIONAL) else federation.committee(who)


def appraisal_scene(name: str, wish: Appraisal | None = None) -> Scene:
    """A fresh federation with an appraisal in that state."""
    mode, steps = PATHS[name]
    federation = Federation(appraisal_roster())
    ref = federation.committee(HOME).delegate(wish or Appraisal(mode=mode))
    federation.settle()
    for who, row in steps:
        go(federation, ref, who, row)
    return Scene(federation, ref)


def go(federation: Federation, ref: str, who: str, row: str, **changes: object) -> None:
    """One step, judged by everyone."""
    if who == "+":
        federation.advance(days=int(row))
        return
    bureau = actor(federation, who)
    bureau.send(ref, row, **changes)
    federation.settle()
    assert not bureau.refused, (row, bureau.refused)
