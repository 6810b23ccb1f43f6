"""Guards of class H of the draw and the panel: they compute again what follows from what both sides showed (13).

NOT checked here: that the declared root is the log's own. The registry compares it with the checkpoint that it stored,
and a node verifies the signed one in the body.
"""

from typing import Final

from delegation.appraisal_facts import MOST_RECUSALS
from delegation.declared_appraisal import (
    AppointmentDeclared,
    AttendanceDeclared,
    ConclusionDeclared,
    DrawCommittedDeclared,
    DrawRevealedDeclared,
    DrawVoidedDeclared,
    ExpertsDeclared,
    NotifiedDeclared,
    OpinionDeclared,
    PanelDeclared,
    ReplacementDeclared,
    StrataDeclared,
)
from delegation.draw import DrawCode, DrawError, draw_commitment, draw_seed, next_reserve, picks, strata_problem
from delegation.draw_defaults import last_day_to_reveal, last_day_to_reveal_for, office_of
from delegation.guards import Answer, Asked, Guards
from delegation.guards_appraisal import facts_of
from delegation.table import State

_SMALLEST_PANEL: Final = 3
_DRAWN: Final = (
    StrataDeclared, DrawCommittedDeclared, DrawRevealedDeclared, DrawVoidedDeclared, PanelDeclared, ReplacementDeclared,
)  # fmt: skip


def _both(asked: Asked) -> tuple[str, str]:
    return asked.thread.home_unit, asked.thread.host_unit


def _host_draws(asked: Asked) -> Answer:
    return asked.thread.appraisal is not None and not asked.thread.appraisal.home_draws


def _home_draws(asked: Asked) -> Answer:
    return asked.thread.appraisal is not None and asked.thread.appraisal.home_draws


def _on_paper_alone(asked: Asked) -> Answer:
    """A host that is no member draws as it does; the scan shows it, the log cannot."""
    return asked.thread.on_paper and asked.header.recorded_by_home


def _draw_on_line(asked: Asked) -> Answer:
    """Both sides have a node: on paper nobody can commit to a secret."""
    return not asked.thread.on_paper and not asked.header.recorded_by_home


def _way_to_draw(asked: Asked) -> Answer:
    """Where experts are seconded, they are admitted to the home's pool first (条例 Art 25: from its own pool)."""
    return asked.thread.state is not State.ACCEPTED or not facts_of(asked).home_draws


def _number(asked: Asked) -> int:
    declared = asked.header.declared
    return declared.draw if isinstance(declared, _DRAWN) else 0


def _next_draw(asked: Asked) -> Answer:
    """Draws are numbered without a gap, and none follows one that still stands: none is repeated without a reason."""
    facts = facts_of(asked)
    return facts.draw_over and _number(asked) == facts.draw + 1


def _draw_current(asked: Asked) -> Answer:
    facts = facts_of(asked)
    return not facts.draw_over and _number(asked) == facts.draw


def _strata_fit(asked: Asked) -> Answer:
    """Three or five seats, each stratum with enough experts; the pool's version never goes back."""
    declared = asked.header.declared
    if not isinstance(declared, StrataDeclared) or declared.pool_version < facts_of(asked).pool_version:
        return False
    return strata_problem(declared.strata) is None


def _too_few(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, StrataDeclared) and strata_problem(declared.strata) is DrawCode.TOO_FEW


def _strata_current(asked: Asked) -> Answer:
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, StrataDeclared) or facts.draw_over:
        return False
    return declared.draw == facts.draw and declared.strata == facts.strata


def _reserves_spent(asked: Asked) -> Answer:
    """In some stratum no reserve is left: the next expert who cannot sit leaves the panel short."""
    facts = facts_of(asked)
    return any(next_reserve(drawn, facts.entered(index)) is None for index, drawn in enumerate(facts.picks))


def _commits_once(asked: Asked) -> Answer:
    return facts_of(asked).commitment_of(asked.header.sender_unit) is None


def _both_committed(asked: Asked) -> Answer:
    facts = facts_of(asked)
    return all(facts.commitment_of(unit) is not None for unit in _both(asked))


def _both_revealed(asked: Asked) -> Answer:
    facts = facts_of(asked)
    return all(facts.secret_of(unit) is not None for unit in _both(asked))


def _nothing_revealed(asked: Asked) -> Answer:
    """Who has seen a secret may know the outcome; from then on no draw is void for what stood before it."""
    return not facts_of(asked).reveals


def _reveals_own(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, DrawRevealedDeclared) and declared.unit == asked.header.sender_unit


def _reveals_for_own_unit(asked: Asked) -> Answer:
    """A provincial office shows the secret of a unit of its own."""
    declared = asked.header.declared
    if not isinstance(declared, DrawRevealedDeclared) or declared.unit not in _both(asked):
        return False
    return office_of(declared.unit, asked.roster) == asked.header.sender_unit


def _secret_opens(asked: Asked) -> Answer:
    """The secret is the one committed to."""
    declared, facts, header = asked.header.declared, facts_of(asked), asked.header
    if not isinstance(declared, DrawRevealedDeclared):
        return False
    committed = facts.commitment_of(declared.unit)
    return committed is not None and committed == draw_commitment(
        federation_id=header.federation_id,
        thread_id=header.thread_id,
        leg=asked.thread.leg,
        draw=declared.draw,
        unit=declared.unit,
        secret=declared.secret,
    )


def _reveals_once(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, DrawRevealedDeclared) and facts_of(asked).secret_of(declared.unit) is None


def _reveal_overdue(asked: Asked) -> Answer:
    declared = asked.header.declared
    if not isinstance(declared, DrawRevealedDeclared):
        return False
    last = last_day_to_reveal(asked.thread, declared.unit)
    return last is not None and asked.today > last


def _reveal_failed(asked: Asked) -> Answer:
    """The other side is late, and no office of its province can show the secret, or none did within two more days."""
    declared = asked.header.declared
    if not isinstance(declared, DrawVoidedDeclared) or declared.unit != asked.thread.other_side(
        asked.header.sender_unit
    ):
        return False
    last = last_day_to_reveal_for(asked.thread, declared.unit, asked.roster)
    return last is not None and facts_of(asked).secret_of(declared.unit) is None and asked.today > last


def _nobody_at_fault(asked: Asked) -> Answer:
    declared = asked.header.declared
    return isinstance(declared, DrawVoidedDeclared) and not declared.unit


def _picks_follow(asked: Asked) -> Answer:
    """The picks are those that follow from both secrets, the list's root and the declared root of the log (13.6)."""
    declared, facts, (home, host) = asked.header.declared, facts_of(asked), _both(asked)
    home_secret, host_secret = facts.secret_of(home), facts.secret_of(host)
    if not isinstance(declared, PanelDeclared) or home_secret is None or host_secret is None:
        return False
    try:
        seed = draw_seed(
            federation_id=asked.header.federation_id,
            thread_id=asked.header.thread_id,
            leg=asked.thread.leg,
            draw=declared.draw,
            home_unit=home,
            home_secret=home_secret,
            host_unit=host,
            host_secret=host_secret,
            eligible_root=facts.eligible_root,
            log_size=declared.log_size,
            log_root=declared.log_root,
        )
        return picks(seed, facts.strata) == declared.picks
    except DrawError:
        return False


def _next_reserve_enters(asked: Asked) -> Answer:
    """Who leaves sits, and the next reserve of the stratum in the order drawn takes the seat."""
    declared, facts = asked.header.declared, facts_of(asked)
    if not isinstance(declared, ReplacementDeclared) or declared.stratum >= len(facts.picks):
        return False
    if (declared.stratum, declared.leaves) not in facts.panel:
        return False
    return declared.enters == next_reserve(facts.picks[declared.stratum], facts.entered(declared.stratum))


def _panel_settled(asked: Asked) -> Answer:
    """No objection waits for its answer, and who was objected to rightly was replaced."""
    facts = facts_of(asked)
    return not facts.recusals and facts.replacements_due <= 0


def _recusals_not_too_many(asked: Asked) -> Answer:
    return len(facts_of(asked).recusals) < MOST_RECUSALS


def _answers_recusal(asked: Asked) -> Answer:
    return any(asked.replies_to(ref) for ref in facts_of(asked).recusals)


def _count(asked: Asked) -> int:
    declared = asked.header.declared
    return declared.experts if isinstance(declared, ExpertsDeclared) else 0


def _twice_the_panel(asked: Asked) -> Answer:
    """At least twice the smallest panel; twice the one that the letter asks for, the body says."""
    return _count(asked) >= 2 * _SMALLEST_PANEL


def _admitted_of_proposed(asked: Asked) -> Answer:
    proposed = facts_of(asked).proposed
    return _SMALLEST_PANEL <= _count(asked) <= proposed


def _experts_as_panel(asked: Asked) -> Answer:
    return _count(asked) == len(facts_of(asked).panel)


def _said_again_the_same(asked: Asked) -> Answer:
    """What takes the place of a protested envelope says the same of draw and course: else a protest would steer it."""
    declared, facts = asked.header.declared, facts_of(asked)
    if asked.header.replaces is None:
        return True
    match declared:
        case StrataDeclared() if not declared.eligible_root:
            return any((void.draw, void.why) == (declared.draw, "PANEL_SHORT") for void in facts.void_draws)
        case StrataDeclared():
            said = (declared.draw, declared.strata, declared.pool_version, declared.eligible_root)
            return said == (facts.draw, facts.strata, facts.pool_version, facts.eligible_root)
        case DrawCommittedDeclared():
            return facts.commitment_of(asked.header.sender_unit) == declared.commitment
        case DrawRevealedDeclared():
            return facts.secret_of(declared.unit) == declared.secret
        case DrawVoidedDeclared():
            return any((void.draw, void.unit) == (declared.draw, declared.unit) for void in facts.void_draws)
        case PanelDeclared():
            return (declared.log_size, declared.log_root, declared.picks) == (
                facts.log_size, facts.log_root, facts.picks,
            )  # fmt: skip
        case ReplacementDeclared():
            return any(
                (each.stratum, each.leaves, each.enters) == (declared.stratum, declared.leaves, declared.enters)
                for each in facts.replaced
            )
        case AppointmentDeclared():
            return declared.on == facts.appointed_on
        case NotifiedDeclared():
            return (declared.served_on, declared.examination_on) in facts.notices
        case AttendanceDeclared():
            return declared.on in {facts.examined_on, facts.missed_on}
        case OpinionDeclared():
            said_of = (declared.experts, declared.signed, declared.dissenting, declared.warnings_answered)
            return not declared.warnings_open and said_of == facts.opinion
        case ConclusionDeclared():
            return declared.on in {facts.concluded_on, facts.served_on, facts.reappraisal_on} or facts.reappraised
        case _:
            return True


PANEL_GUARDS: Final[Guards] = {
    "host_draws": _host_draws,
    "home_draws": _home_draws,
    "on_paper_alone": _on_paper_alone,
    "draw_on_line": _draw_on_line,
    "way_to_draw": _way_to_draw,
    "next_draw": _next_draw,
    "draw_current": _draw_current,
    "strata_fit": _strata_fit,
    "too_few": _too_few,
    "strata_current": _strata_current,
    "reserves_spent": _reserves_spent,
    "commits_once": _commits_once,
    "both_committed": _both_committed,
    "both_revealed": _both_revealed,
    "nothing_revealed": _nothing_revealed,
    "reveals_own": _reveals_own,
    "reveals_for_own_unit": _reveals_for_own_unit,
    "reveals_once": _reveals_once,
    "secret_opens": _secret_opens,
    "reveal_overdue": _reveal_overdue,
    "reveal_failed": _reveal_failed,
    "nobody_at_fault": _nobody_at_fault,
    "picks_follow": _picks_follow,
    "next_reserve_enters": _next_reserve_enters,
    "panel_settled": _panel_settled,
    "recusals_not_too_many": _recusals_not_too_many,
    "answers_recusal": _answers_recusal,
    "twice_the_panel": _twice_the_panel,
    "admitted_of_proposed": _admitted_of_proposed,
    "experts_as_panel": _experts_as_panel,
    "said_again_the_same": _said_again_the_same,
}
