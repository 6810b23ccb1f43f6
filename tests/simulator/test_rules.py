"""The rules one by one, as stories: who may do what, what silence allows, who is competent, and what the law blocks."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from delegation.deadlines import day_of
from delegation.errors import Reason, Refused
from delegation.lifecycle import Accepted, check_times, judge
from delegation.model import (
    CompetenceDeclared,
    Defect,
    ExtensionDeclared,
    Header,
    MaterialRef,
    Recipient,
    ReturnDeclared,
)
from delegation.roster_view import Succession, UnitLife
from delegation.table import BusinessStatus, State
from tests.builders import (
    CHENGDU_RD,
    DEYANG_RD,
    HANGZHOU_RD,
    NATIONAL_NO,
    TODAY,
    a_digest,
    a_recipient,
    a_roster,
    a_uuid4,
    parsed,
    with_unit,
)
from tests.simulator.composing import an_investigation, letter_header
from tests.simulator.federation import Bureau, Federation
from tests.simulator.paths import HOME, HOST, NATIONAL, SICHUAN, ZHEJIANG, Scene, actor, scene


def parts(where: Scene) -> tuple[Federation, str, Bureau, Bureau]:
    """Federation, number, home, host."""
    federation = where.federation
    return federation, where.ref, federation.bureau(HOME), federation.bureau(HOST)


def _to(sender: str, *others: str) -> tuple[Recipient, ...]:
    return tuple(a_recipient(unit) for unit in (sender, *others))


def test_a_foreign_unit_and_an_unknown_thread_get_the_same_answer() -> None:
    federation, ref, hangzhou, _ = parts(scene("signed_for"))
    deyang = federation.bureau("510600")
    deyang.threads[ref] = federation.threads[ref]
    draft, _ = hangzhou.draft(ref, "question")
    foreign = parsed(replace(draft, sender_unit=DEYANG_RD, recipients=_to(DEYANG_RD, HANGZHOU_RD)))
    asked = {"roster": federation.roster, "at": federation.now, "is_known": federation.is_known}
    assert judge(federation.threads[ref], foreign, **asked) == Refused(Reason.NOT_FOUND)  # type: ignore[arg-type]  # one dict for two calls
    assert judge(None, foreign, **asked) == Refused(Reason.NOT_FOUND)  # type: ignore[arg-type]  # as above


def test_a_move_before_its_predecessor_waits_for_it() -> None:
    federation, ref, _, chengdu = parts(scene("issued"))
    chengdu.online = False
    first, second = chengdu.send(ref, "signed_for"), chengdu.send(ref, "accepted")
    outcome = judge(
        federation.threads[ref], second, roster=federation.roster, at=federation.now, is_known=federation.is_known
    )
    assert outcome == Refused(Reason.PREDECESSOR_MISSING, {"field": "predecessor"})
    assert first.digest == (second.predecessor.header_digest if second.predecessor else b"")


# silence


@pytest.mark.parametrize(
    ("name", "who", "row", "state"),
    [
        ("return_unanswered", HOST, "refused_after_silence", State.REFUSED),
        ("extension_unanswered", HOST, "extension_deemed", State.IN_PROGRESS),
        ("question_unanswered", HOST, "paused_after_silence", State.IN_PROGRESS),
        ("withdrawal_unanswered", HOME, "withdrawn_after_silence", State.WITHDRAWN),
        ("unchecked", HOST, "closed_unchecked", State.COMPLETED),
        ("refusal_unanswered", HOST, "closed_refused", State.COMPLETED),
    ],
)
def test_silence_makes_a_row_legal_and_an_answer_before_it_wins(name: str, who: str, row: str, state: State) -> None:
    where = scene(name)
    bureau = actor(where.federation, who)
    assert row in bureau.allowed(where.ref)
    bureau.send(where.ref, row)
    where.federation.settle()
    assert not bureau.refused
    assert where.federation.threads[where.ref].state is state
    early = scene(name)
    early.federation.now -= timedelta(days=25)
    assert row not in actor(early.federation, who).allowed(early.ref)


def test_a_deemed_extension_gives_the_days_asked() -> None:
    federation, ref, _, chengdu = parts(scene("extension_unanswered"))
    before = federation.threads[ref].clock("investigate")
    chengdu.send(ref, "extension_deemed")
    federation.settle()
    after = federation.threads[ref].clock("investigate")
    assert before is not None
    assert after is not None
    calendar = federation.roster.calendar_of(CHENGDU_RD)
    assert after.due.legal == calendar.add_workdays(before.due.legal, 5)
    assert not federation.threads[ref].work.extension_asked


# competence


def test_two_provinces_that_agree_designate_and_the_home_issues_the_same_letter_to_the_unit_named() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("designated"))
    thread = hangzhou.look_up(ref)
    assert (thread.business_status, thread.turn) == (BusinessStatus.DESIGNATED, HANGZHOU_RD)
    assert thread.clock("designation") is None
    assert "issued_as_designated" in hangzhou.allowed(ref)
    hangzhou.send(ref, "issued_as_designated")
    federation.settle()
    thread = federation.threads[ref]
    assert (thread.leg, thread.host_unit, thread.state) == (2, DEYANG_RD, State.ISSUED)
    assert thread.cap == chengdu.look_up(ref).cap or thread.cap is not None
    assert CHENGDU_RD not in thread.parties
    assert thread.reads_until(CHENGDU_RD) == thread.sequence - 1
    assert federation.bureau("510600").look_up(ref) == thread


def test_one_of_two_provinces_decides_nothing() -> None:
    where = scene("half_designated")
    assert not where.federation.threads[where.ref].work.designated


def test_when_provinces_differ_the_national_office_names_the_unit() -> None:
    federation, ref, hangzhou, _ = parts(scene("half_designated"))
    federation.province(ZHEJIANG).send(ref, "designated", declared=CompetenceDeclared(CHENGDU_RD))
    federation.settle()
    thread = federation.threads[ref]
    assert not thread.work.designated
    assert {clock.unit for clock in thread.open_clocks if clock.clock == "designation"} == {NATIONAL_NO}
    national = federation.province(NATIONAL)
    national.send(ref, "designated", declared=CompetenceDeclared(CHENGDU_RD))
    federation.settle()
    assert hangzhou.look_up(ref).work.designated == CHENGDU_RD


def test_the_national_office_waits_for_the_provinces() -> None:
    where = scene("disputed")
    national = where.federation.province(NATIONAL)
    assert "designated" not in national.allowed(where.ref)
    where.federation.advance(days=9)
    assert "designated" in national.allowed(where.ref)


def test_after_the_last_silence_the_home_chooses() -> None:
    federation, ref, hangzhou, _ = parts(scene("designation_silent"))
    hangzhou.send(ref, "issued_after_silence")
    federation.settle()
    assert federation.threads[ref].leg == 2


def test_the_hosts_province_takes_an_overdue_task_away_only_after_supervising_in_vain() -> None:
    where = scene("in_progress")
    sichuan = where.federation.province(SICHUAN)
    assert "reassigned_by_province" not in sichuan.allowed(where.ref)
    where = scene("supervised_in_vain")
    federation, ref = where.federation, where.ref
    sichuan = federation.province(SICHUAN)
    assert "reassigned_by_province" in sichuan.allowed(ref)
    assert "reassigned_by_province" not in federation.province(ZHEJIANG).allowed(ref)
    sichuan.send(ref, "reassigned_by_province")
    federation.settle()
    assert federation.threads[ref].work.designated == DEYANG_RD


def test_the_third_transfer_goes_to_the_superiors() -> None:
    federation, ref, hangzhou, _ = parts(scene("transferred"))
    for who in ("510600", HOST):
        hangzhou.send(ref, "issued_after_transfer")
        federation.settle()
        host = federation.bureau(who)
        host.send(ref, "signed_for")
        federation.settle()
        row = "transferred" if federation.threads[ref].hop < 2 else "transferred_third"
        host.send(ref, row)
        federation.settle()
    thread = federation.threads[ref]
    assert (thread.state, thread.hop, thread.leg) == (State.AWAITING_DESIGNATION, 3, 3)
    assert thread.work.national == NATIONAL_NO


# succession, joining, paper


def test_a_succeeded_host_gives_way_in_a_new_leg() -> None:
    federation, ref, hangzhou, _ = parts(scene("in_progress"))
    heirs = (Succession(DEYANG_RD, day_of(federation.now)),)
    federation.roster = with_unit(federation.roster, CHENGDU_RD, successions=heirs)
    draft, _ = hangzhou.draft(ref, "question")
    outcome = judge(
        federation.threads[ref], parsed(draft), roster=federation.roster, at=federation.now,
        is_known=federation.is_known,
    )  # fmt: skip
    assert outcome == Refused(Reason.UNIT_NOT_ACTIVE, {"unit": CHENGDU_RD, "successor": DEYANG_RD})
    hangzhou.send(ref, "issued_to_successor")
    federation.settle()
    thread = federation.threads[ref]
    assert (thread.leg, thread.host_unit) == (2, DEYANG_RD)
    assert thread.former_hosts[0].investigated


def paper_scan(number: int) -> tuple[MaterialRef, ...]:
    """The scan of a paper act."""
    return (MaterialRef(a_uuid4(number), a_digest("scan"), 1000, 1),)


def test_on_paper_the_home_records_the_hosts_moves_and_no_evidence_is_held_against_it() -> None:
    joined = a_roster()
    federation = Federation(with_unit(joined, CHENGDU_RD, life=UnitLife.NON_MEMBER, bureau=""))
    hangzhou = federation.bureau(HOME)
    ref = hangzhou.delegate(an_investigation(at="510100"))
    federation.settle()
    assert hangzhou.look_up(ref).on_paper
    for number, row in enumerate(("signed_for", "accepted"), 90):
        hangzhou.send(
            ref, row, recorded_by_home=True, paper_on=day_of(federation.now), manifest=paper_scan(number),
            body={"paper_scan": a_uuid4(number)},
        )  # fmt: skip
        federation.settle()
        assert not hangzhou.refused
    federation.advance(days=60)
    federation.certify()
    certified_units = {logged.certified.unit for logged in federation.log if logged.certified is not None}
    assert CHENGDU_RD not in certified_units
    federation.roster = joined
    assert "issued_to_joined" in hangzhou.allowed(ref)
    hangzhou.send(ref, "issued_to_joined")
    federation.settle()
    assert not hangzhou.refused
    assert not federation.threads[ref].on_paper
    assert federation.bureau(HOST).look_up(ref).leg == 2


def test_a_member_is_not_recorded_on_paper() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("issued"))
    draft, _ = chengdu.draft(ref, "signed_for")
    forged = replace(
        draft, sender_unit=HANGZHOU_RD, counterpart_unit=CHENGDU_RD, recorded_by_home=True, paper_on=TODAY,
        recipients=_to(HANGZHOU_RD), predecessor=hangzhou.own[ref],
    )  # fmt: skip
    outcome = judge(
        federation.threads[ref], parsed(forged), roster=federation.roster, at=federation.now,
        is_known=federation.is_known,
    )  # fmt: skip
    assert isinstance(outcome, Refused)
    assert outcome.reason is Reason.NOT_ALLOWED


# returns, extensions, results


def test_a_second_return_names_only_what_was_changed_or_not_mended() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("corrected"))
    chengdu.send(ref, "signed_for")
    federation.settle()
    again = ReturnDeclared((Defect("B04", "outline"),))
    chengdu.send(ref, "returned", declared=again, reasons=("B04",), body={"defects": again.defects})
    federation.settle()
    assert chengdu.refused[0][1].details == {"guard": "defects_only_new"}
    chengdu.send(ref, "returned")
    federation.settle()
    assert hangzhou.look_up(ref).state is State.RETURNED_FOR_CORRECTION


def test_one_extension_a_round_of_at_most_ten_days_and_never_past_the_cap() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("extension_asked"))
    hangzhou.send(ref, "extended", declared=ExtensionDeclared(10))
    federation.settle()
    thread = federation.threads[ref]
    work, cap = thread.clock("investigate"), thread.cap
    assert work is not None
    assert cap is not None
    assert work.due.legal == min(date(2026, 4, 17), cap.legal)
    assert "extension_requested" not in chengdu.allowed(ref)
    late = scene("in_progress")
    late.federation.advance(days=30)
    assert "extension_requested" not in late.federation.bureau(HOST).allowed(late.ref)


def test_three_rounds_and_no_more() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("reported"))
    for _ in range(2):
        hangzhou.send(ref, "supplement_requested")
        federation.settle()
        for row in ("assigned", "reported"):
            chengdu.send(ref, row)
            federation.settle()
    assert federation.threads[ref].round == 3
    assert not hangzhou.refused + chengdu.refused
    assert "supplement_requested" not in hangzhou.allowed(ref)
    assert "completed" in hangzhou.allowed(ref)


def test_reseal_and_protest_move_nothing_and_the_same_kind_may_come_again() -> None:
    federation, ref, hangzhou, chengdu = parts(scene("issued"))
    letter = hangzhou.own[ref]
    thread = federation.threads[ref]
    assert thread.letter is not None
    hangzhou.send(
        ref, "reseal", replaces=letter, content_commitment=thread.letter.commitment, declared=None,
        recipients=_to(HANGZHOU_RD, CHENGDU_RD),
    )  # fmt: skip
    federation.settle()
    assert not hangzhou.refused
    chengdu.send(ref, "protest", in_reply_to=letter)
    federation.settle()
    thread = federation.threads[ref]
    assert (thread.state, thread.turn) == (State.ISSUED, HANGZHOU_RD)
    first = next(
        logged.letter.header for logged in federation.log if logged.letter and logged.letter.header.ref == letter
    )
    again = replace(
        first, envelope_id=federation.next_id(), replaces=letter, predecessor=letter,
        base=replace(first.base, sequence=thread.sequence, entry_digest=thread.last_entry_digest),
        content_commitment=a_digest("mended"),
    )  # fmt: skip
    outcome = judge(thread, parsed(again), roster=federation.roster, at=federation.now, is_known=federation.is_known)
    assert isinstance(outcome, Accepted), outcome
    assert outcome.thread.turn == CHENGDU_RD
    assert outcome.thread.letter is not None
    assert outcome.thread.letter.commitment == a_digest("mended")


def test_instants_of_a_header() -> None:
    federation = Federation()
    at = federation.now
    draft = letter_header(
        an_investigation(at="510100"), thread_id="x", home=HANGZHOU_RD, at=at, roster=federation.roster
    )

    def told(**changes: object) -> Reason | None:
        header: Header = replace(draft, **changes)  # type: ignore[arg-type]  # one of two instants
        refused = check_times(header, at)
        return None if refused is None else refused.reason

    assert told(claimed_at=at - timedelta(days=9)) is None
    assert told(claimed_at=at + timedelta(minutes=5)) is None
    assert told(claimed_at=at + timedelta(minutes=6)) is Reason.CLAIMED_TIME_AHEAD
    assert told(claimed_at=at + timedelta(hours=25)) is Reason.CLAIMED_TIME_REFUSED
    assert told(valid_until=at - timedelta(seconds=1)) is Reason.NO_LONGER_VALID


@pytest.mark.parametrize("life", UnitLife)
def test_a_question_goes_to_members_of_the_newest_roster_alone(life: UnitLife) -> None:
    federation, ref, hangzhou, _ = parts(scene("in_progress"))
    draft, _ = hangzhou.draft(ref, "question")
    question = parsed(draft)

    def outcome() -> object:
        found = judge(
            federation.threads[ref], question, roster=federation.roster, at=federation.now, is_known=federation.is_known
        )
        return found if isinstance(found, Refused) else None

    assert outcome() is None
    federation.roster = with_unit(federation.roster, CHENGDU_RD, life=life)
    member = federation.roster.unit(CHENGDU_RD).is_member
    assert outcome() == (None if member else Refused(Reason.UNIT_NOT_ACTIVE, {"unit": CHENGDU_RD}))
