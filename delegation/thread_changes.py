"""What a row does to a thread beside its state and its clocks; `Row.change` names one of these.

Each gets the event before the thread and the thread with state and turn already set; it gives the thread as it goes on
to the clock effects. None of them checks anything: the guards did.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from delegation.changes_appraisal import (
    APPRAISAL_CHANGES,
    appraisal_supplement,
    appraisal_unpaused,
    with_letter,
    with_next_leg,
)
from delegation.clock_specs import CLOCKS
from delegation.clocks import answered, started, stopped
from delegation.codes import Kind, Priority
from delegation.deadlines import Suspension
from delegation.guards import Asked
from delegation.model import (
    AgreementDeclared,
    AmendmentDeclared,
    ClockDeclared,
    CompetenceDeclared,
    ExtensionDeclared,
    Header,
    LetterDeclared,
    PoolDeclared,
    QuestionDeclared,
    ReturnDeclared,
    SupplementDeclared,
)
from delegation.table import BusinessStatus, State
from delegation.thread_state import FormerHost, LetterFacts, Protested, ThreadState, WorkFacts
from delegation.values import replaced

Change: TypeAlias = Callable[[Asked, ThreadState], ThreadState]
_MOST_AMENDMENTS: Final = 64
_MOST_PROTESTS: Final = 16
_MOST_LEGS: Final = 32
_ANSWERS: Final = frozenset({"question-answer", "supervise", "opinion", "correction-acknowledge", "void-demand"})


def letter_of(header: Header, before: LetterFacts | None, *, short_time: bool) -> LetterFacts:
    """The letter of a header as the thread keeps it; short time, once confirmed, stays confirmed."""
    declared = header.declared if isinstance(header.declared, LetterDeclared) else LetterDeclared(0, 0)
    return LetterFacts(
        ref=header.ref,
        commitment=header.content_commitment,
        place=header.task_place,
        clock=header.clock,
        priority=header.priority,
        agreement_id=header.agreement_id,
        legal_basis=header.legal_basis,
        items=declared.items,
        mandatory_items=declared.mandatory_items,
        short_time=short_time or (before is not None and before.short_time),
        on_paper=not header.addressees,
        changed_subjects=declared.changed_subjects,
    )


def _letter(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    short = isinstance(declared, LetterDeclared) and declared.short_time_confirmed
    letter = letter_of(asked.header, asked.thread.letter, short_time=short)
    return replaced(thread, letter=letter)


def _next_leg(asked: Asked, thread: ThreadState) -> ThreadState:
    """A new host, and perhaps a new home; what the old leg left behind ends with it, the short time stays."""
    header, before = asked.header, asked.thread
    letter = letter_of(header, before.letter, short_time=False)
    former = FormerHost(before.host_unit, before.leg, before.sequence, before.work.investigated)
    former_hosts, clocks = before.former_hosts, thread.open_clocks
    if before.host_unit != header.counterpart_unit:
        former_hosts = (*former_hosts, former)[-_MOST_LEGS:]
        clocks = tuple(clock for clock in clocks if clock.unit != before.host_unit)
    homes = before.former_homes
    if before.home_unit != header.sender_unit:
        homes = (*homes, before.home_unit)[-_MOST_LEGS:]
    return replaced(
        thread,
        home_unit=header.sender_unit,
        host_unit=header.counterpart_unit,
        provinces=asked.roster.superiors(header.sender_unit, header.counterpart_unit),
        leg=header.leg,
        round=1,
        letter=letter,
        work=WorkFacts(amendments=before.work.amendments, late=before.work.late),
        former_hosts=former_hosts,
        former_homes=homes,
        open_clocks=clocks,
        paused=False,
        protests=(),
        delivered_at=None,
    )


def _delivered_by_act(asked: Asked, thread: ThreadState) -> ThreadState:
    # The earlier of both: a node may hear of the delivery's evidence before it hears that its own act was taken.
    seen = thread.delivered_at
    return replaced(thread, delivered_at=asked.at if seen is None or asked.at < seen else seen)


def _returned(asked: Asked, thread: ThreadState) -> ThreadState:
    defects = asked.header.declared.defects if isinstance(asked.header.declared, ReturnDeclared) else ()
    listed = tuple((defect.code, defect.subject) for defect in defects)
    return replaced(thread, work=replaced(thread.work, returned=listed, returns=thread.work.returns + 1))


def _corrected(asked: Asked, thread: ThreadState) -> ThreadState:
    thread = _letter(asked, thread)
    return replaced(thread, delivered_at=None, work=replaced(thread.work, green_changed=False, green_since=None))


def _unit_named(asked: Asked) -> str:
    declared = asked.header.declared
    return declared.unit if isinstance(declared, CompetenceDeclared) else ""


def _transferred(asked: Asked, thread: ThreadState) -> ThreadState:
    reason = asked.header.reasons[0] if asked.header.reasons else ""
    work = replaced(thread.work, transferred_to=_unit_named(asked), transfer_reason=reason)
    return replaced(thread, hop=asked.header.hop, work=work)


def _disputed(asked: Asked, thread: ThreadState) -> ThreadState:
    """Superiors are asked anew: earlier designations no longer count."""
    national = asked.roster.national_office()
    work = replaced(
        thread.work, designated="", votes=(), designated_by_province=False, national=national.code if national else ""
    )
    return replaced(thread, work=work)


def _disputed_after_hops(asked: Asked, thread: ThreadState) -> ThreadState:
    return _disputed(asked, _transferred(asked, thread))


def _designation(asked: Asked, thread: ThreadState) -> ThreadState:
    """One superior's word. It takes effect when every superior asked names the same unit, or the national office does.

    When the provinces name different units the national office is asked anew.
    """
    header, moment = asked.header, asked.moment
    named, sender = _unit_named(asked), header.sender_unit
    votes = (*(vote for vote in thread.work.votes if vote[0] != sender), (sender, named))
    thread = replaced(thread, work=replaced(thread.work, votes=votes))
    mine = tuple(clock for clock in thread.open_clocks if clock.clock == "designation" and clock.unit == sender)
    for clock in mine:
        thread = answered(
            thread, unit=sender, started_by=clock.started_by.header_digest, names={"designation"}, today=moment.today
        )
    superiors = asked.roster.superiors(thread.home_unit, thread.host_unit)
    said = dict(votes)
    named_by_all = bool(superiors) and all(said.get(province) == named for province in superiors)
    if sender == thread.work.national or named_by_all:
        thread = stopped(thread, {"designation"}, moment.today)
        thread = started(
            thread, "reissue", thread.home_unit, header.ref, day=moment.today, at=moment.at, roster=asked.roster
        )
        work = replaced(thread.work, designated=named)
        return replaced(thread, work=work, turn=thread.home_unit, business_status=BusinessStatus.DESIGNATED)
    if thread.work.national and all(province in said for province in superiors):
        others = tuple(clock for clock in thread.open_clocks if clock.clock != "designation")
        thread = replaced(thread, open_clocks=others)
        thread = started(
            thread, "designation", thread.work.national, header.ref,
            day=moment.today, at=moment.at, roster=asked.roster,
        )  # fmt: skip
    return thread


def _designated_by_province(asked: Asked, thread: ThreadState) -> ThreadState:
    work = replaced(thread.work, designated=_unit_named(asked), designated_by_province=True, votes=())
    return replaced(thread, work=work, paused=False)


def _refused(asked: Asked, thread: ThreadState) -> ThreadState:
    silence = "R11" in asked.header.reasons
    return replaced(
        thread, work=replaced(thread.work, refusal_reasons=asked.header.reasons, refusal_by_silence=silence)
    )


def _assigned(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - one signature for all changes
    return replaced(thread, work=replaced(thread.work, investigated=True))


def _extension_asked(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    days = declared.working_days if isinstance(declared, ExtensionDeclared) else 0
    work = replaced(thread.work, extension_asked=days, extension_request=asked.header.ref, extension_round=thread.round)
    return replaced(thread, work=work)


def _extension_answered(asked: Asked, thread: ThreadState) -> ThreadState:  # noqa: ARG001 - as above
    return replaced(thread, work=replaced(thread.work, extension_asked=0, extension_request=None))


def _paused(asked: Asked, thread: ThreadState) -> ThreadState:
    reason = asked.header.reasons[0] if asked.header.reasons else ""
    work = replaced(thread.work, paused_since=asked.today, pause_reason=reason)
    return replaced(thread, paused=True, work=work)


def _unpaused(asked: Asked, thread: ThreadState) -> ThreadState:
    """Work goes on; an extension that waits for its answer still does."""
    turn = thread.home_unit if asked.thread.work.extension_asked else thread.host_unit
    work = replaced(thread.work, paused_since=None, pause_reason="")
    return replaced(thread, paused=False, turn=turn, work=work)


def _reported(asked: Asked, thread: ThreadState) -> ThreadState:
    work = replaced(
        thread.work,
        reported_by=asked.header.ref,
        unable=asked.header.kind is Kind.UNABLE,
        paused_since=None,
        pause_reason="",
        extension_asked=0,
        extension_request=None,
    )
    return replaced(thread, paused=False, work=work)


def _supplement(asked: Asked, thread: ThreadState) -> ThreadState:
    items = asked.header.declared.items if isinstance(asked.header.declared, SupplementDeclared) else 0
    return replaced(thread, round=asked.header.round, work=replaced(thread.work, supplement_items=items, unable=False))


def _archived(asked: Asked, thread: ThreadState) -> ThreadState:
    """Archived when both sides have; a host that is no member cannot, so the home's word is enough."""
    unit = asked.acting_unit
    by = tuple(sorted({*thread.archived_by, unit}))
    thread = replaced(thread, archived_by=by)
    for clock in tuple(clock for clock in thread.open_clocks if clock.clock == "archive" and clock.unit == unit):
        thread = answered(
            thread, unit=unit, started_by=clock.started_by.header_digest, names={"archive"}, today=asked.today
        )
    host = asked.roster.units.get(thread.host_unit)
    needed = {thread.home_unit}
    if host is not None and host.is_member and not thread.on_paper:
        needed.add(thread.host_unit)
    if needed <= set(by):
        thread = stopped(thread, set(CLOCKS), asked.today)
        return replaced(thread, state=State.ARCHIVED, business_status=BusinessStatus.ARCHIVED, turn="")
    return thread


def _clock_answered(asked: Asked, thread: ThreadState) -> ThreadState:
    reply = asked.header.in_reply_to
    if reply is None:
        return thread
    return answered(
        thread, unit=asked.acting_unit, started_by=reply.header_digest, names=set(_ANSWERS), today=asked.today
    )


def _asked(asked: Asked, thread: ThreadState) -> ThreadState:
    """A blocking question starts a clock; another one starts nothing."""
    header = asked.header
    if not isinstance(header.declared, QuestionDeclared) or not header.declared.blocking:
        return thread
    return started(
        thread, "question-answer", thread.other_side(asked.acting_unit), header.ref,
        day=asked.today, at=asked.at, roster=asked.roster,
    )  # fmt: skip


def _amended(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    if not isinstance(declared, AmendmentDeclared):
        return thread
    author = asked.acting_unit
    kept = tuple(a for a in thread.work.amendments if a[:2] != (author, declared.subject))
    amendments = (*kept, (author, declared.subject, declared.version))[-_MOST_AMENDMENTS:]
    thread = replaced(thread, work=replaced(thread.work, amendments=amendments))
    if declared.subject == "clock" and thread.letter is not None:
        thread = replaced(thread, letter=replaced(thread.letter, clock=asked.header.clock))
    return thread


def suspended_clock(asked: Asked, thread: ThreadState) -> ThreadState:
    """The statutory clock stands still from the declared day."""
    declared, letter = asked.header.declared, thread.letter
    if not isinstance(declared, ClockDeclared) or letter is None:
        return thread
    new = Suspension(declared.effective_on, None, asked.header.reasons[0])
    clock = replaced(letter.clock, suspensions=(*letter.clock.suspensions, new))
    return replaced(thread, letter=replaced(letter, clock=clock))


def resumed_clock(asked: Asked, thread: ThreadState) -> ThreadState:
    """The statutory clock goes on from the declared day."""
    declared, letter = asked.header.declared, thread.letter
    if not isinstance(declared, ClockDeclared) or letter is None or not letter.clock.suspensions:
        return thread
    *before, last = letter.clock.suspensions
    clock = replaced(letter.clock, suspensions=(*before, replaced(last, resumed_on=declared.effective_on)))
    return replaced(thread, letter=replaced(letter, clock=clock))


def _priority(asked: Asked, thread: ThreadState) -> ThreadState:
    if thread.letter is None:
        return thread
    green = asked.header.priority is Priority.GREEN
    work = replaced(thread.work, green_changed=green, green_since=None)
    return replaced(thread, letter=replaced(thread.letter, priority=asked.header.priority), work=work)


def _protested(asked: Asked, thread: ThreadState) -> ThreadState:
    reply = asked.header.in_reply_to
    if reply is None:
        return thread
    kind = next((p.kind for p in asked.thread.history if p.header16 == reply.header_digest[:16]), Kind.UNSPECIFIED)
    new = Protested(reply, kind, asked.thread.turn)
    return replaced(thread, protests=(*thread.protests, new)[-_MOST_PROTESTS:], turn=reply.sender_unit)


def _terms(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    return replaced(thread, terms_digest=declared.terms_digest) if isinstance(declared, AgreementDeclared) else thread


def _pool(asked: Asked, thread: ThreadState) -> ThreadState:
    declared = asked.header.declared
    return replaced(thread, pool_version=declared.version) if isinstance(declared, PoolDeclared) else thread


def _appraisal_letter(asked: Asked, thread: ThreadState) -> ThreadState:
    return with_letter(asked, _letter(asked, thread))


def _appraisal_next_leg(asked: Asked, thread: ThreadState) -> ThreadState:
    return with_next_leg(asked, _next_leg(asked, thread))


def _appraisal_corrected(asked: Asked, thread: ThreadState) -> ThreadState:
    return with_letter(asked, _corrected(asked, thread))


def _appraisal_unpaused(asked: Asked, thread: ThreadState) -> ThreadState:
    return appraisal_unpaused(asked, _unpaused(asked, thread))


def _appraisal_supplement(asked: Asked, thread: ThreadState) -> ThreadState:
    return appraisal_supplement(asked, _supplement(asked, thread))


CHANGES: Final[Mapping[str, Change]] = {
    "letter": _letter,
    "next_leg": _next_leg,
    "delivered_by_act": _delivered_by_act,
    "returned": _returned,
    "corrected": _corrected,
    "transferred": _transferred,
    "disputed": _disputed,
    "disputed_after_hops": _disputed_after_hops,
    "designation": _designation,
    "designated_by_province": _designated_by_province,
    "refused": _refused,
    "assigned": _assigned,
    "extension_asked": _extension_asked,
    "extension_answered": _extension_answered,
    "paused": _paused,
    "unpaused": _unpaused,
    "reported": _reported,
    "supplement": _supplement,
    "archived": _archived,
    "clock_answered": _clock_answered,
    "asked": _asked,
    "amended": _amended,
    "suspended": suspended_clock,
    "resumed": resumed_clock,
    "priority": _priority,
    "protested": _protested,
    "terms": _terms,
    "pool": _pool,
    "appraisal_letter": _appraisal_letter,
    "appraisal_next_leg": _appraisal_next_leg,
    "appraisal_corrected": _appraisal_corrected,
    "appraisal_unpaused": _appraisal_unpaused,
    "appraisal_supplement": _appraisal_supplement,
    **APPRAISAL_CHANGES,
}
