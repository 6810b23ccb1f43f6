"""A thread as a store keeps it: whole, versioned, and refused when damaged."""

import json
from dataclasses import fields
from datetime import date, timedelta

import pytest

from delegation.appraisal_facts import AppraisalFacts, Replaced, VoidDraw, VoidPanel
from delegation.codes import AppraisalKind, AppraisalMode, Kind, Matter, ThreadType
from delegation.draw import Picks, Stratum
from delegation.effects import Later, caught_up
from delegation.errors import Reason, Refusal
from delegation.model import DueDate, EnvelopeRef
from delegation.table import BusinessStatus, State
from delegation.thread_json import merely_entered, rewritten, thread_bytes, thread_from_bytes
from delegation.thread_state import FormerHost, Pending, Protested, ThreadState
from delegation.values import replaced
from tests.builders import NOW
from tests.simulator.paths import PATHS, scene


@pytest.mark.parametrize("name", PATHS)
def test_a_thread_comes_back_as_it_was(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    data = thread_bytes(thread)
    assert thread_from_bytes(data) == thread
    assert thread_bytes(thread_from_bytes(data)) == data
    assert rewritten(data) == data
    assert len(data) < 8_000


@pytest.mark.parametrize("name", PATHS)
def test_neutral_entries_are_made_up_for_and_nothing_else_is_taken_for_one(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    at = NOW + timedelta(days=1)
    later = [
        Later(thread.sequence + number, Kind.QUESTION, thread.host_unit, bytes([number]) * 32, bytes(32), at)
        for number in range(1, 20)
    ]
    after = caught_up(thread, later)
    assert (after.sequence, after.last_entry_digest, after.changed_at) == (thread.sequence + 19, bytes([19]) * 32, at)
    assert after.state_version == thread.state_version + 19
    assert [past.sequence for past in after.recent] == [each.sequence for each in later[-16:]]
    assert caught_up(caught_up(thread, later[:7]), later[7:]) == after
    assert caught_up(thread, []) is thread
    assert merely_entered(thread, after)
    assert not merely_entered(thread, replaced(after, state_version=after.state_version - 1)), "one without effect"
    own = {"thread_id", "sequence", "last_entry_digest", "state_version", "recent", "changed_at"}
    for field, other in others_of(thread).items():
        if field not in own and getattr(thread, field) != other:
            assert not merely_entered(thread, replaced(after, **{field: other})), field
    for damaged in (later[1:], [later[0], later[0]], [later[0], later[2]]):
        with pytest.raises(Refusal):
            caught_up(thread, damaged)


def in_version_1(thread: ThreadState) -> bytes:
    """As the first version wrote it: the past in one array, in the order of the entries."""
    found = json.loads(thread_bytes(thread))
    found[0] = 1
    found[25] = sorted([*found[25][0], *found[25][1]])
    return json.dumps(found, separators=(",", ":")).encode()


@pytest.mark.parametrize("name", PATHS)
def test_a_thread_of_the_first_version_is_read_and_known_unchanged(name: str) -> None:
    where = scene(name)
    thread = where.federation.threads[where.ref]
    data = in_version_1(thread)
    assert thread_from_bytes(data) == thread
    assert rewritten(data) == data
    changed = data.replace(b"[1,", b"[1, ", 1)
    assert rewritten(changed) != changed


def others_of(thread: ThreadState) -> dict[str, object]:
    """For every field another value than the thread's."""
    digest = bytes(range(32))
    ref, due = (
        EnvelopeRef(thread.home_unit, "other", digest),
        DueDate("cap", "", date(2030, 1, 1), date(2030, 1, 2), True),
    )
    past = replaced(thread.noted[0], sequence=99)
    return {
        "thread_id": "WT-330100-20260312-000099-3", "thread_type": ThreadType.UNIT, "matter": Matter.CAUSALITY,
        "case_id": "another", "home_unit": "510600RD012", "host_unit": "510600RD012", "provinces": ("510000PO013",),
        "leg": 9, "round": 9, "hop": 9, "state": State.ARCHIVED, "turn": "510600RD012",
        "business_status": BusinessStatus.CLOSED_BY_HOST, "paused": not thread.paused, "sequence": 99,
        "last_entry_digest": digest, "state_version": 99, "letter": None, "work": replaced(thread.work, returns=9),
        "statutory": due, "cap": due, "open_clocks": thread.open_clocks[1:], "pending": (Pending("a", "b", "c", ref),),
        "earlier": (due,), "noted": (*thread.noted, past), "recent": (*thread.recent, replaced(past, noted=False)),
        "last_moves": thread.last_moves[1:], "former_hosts": (FormerHost("510600RD012", 1, 2, True),),
        "former_homes": ("510600RD012",), "archived_by": ("510600RD012",),
        "protests": (Protested(ref, Kind.QUESTION, ""),), "terms_digest": digest, "pool_version": 9,
        "delivered_at": NOW + timedelta(hours=1), "changed_at": NOW + timedelta(hours=2), "appraisal": whole_facts(),
    }  # fmt: skip


def whole_facts() -> AppraisalFacts:
    """Facts of an appraisal none of whose parts is as it begins."""
    ref, digest, day = EnvelopeRef("510600RD012", "id", bytes(32)), bytes(range(32)), date(2026, 4, 2)
    facts = AppraisalFacts(
        mode=AppraisalMode.ONSITE_ASSIST, kind=AppraisalKind.REVIEW, draw=3,
        strata=(Stratum(2, 1, 30), Stratum(1, 1, 8)), pool_version=4, eligible_root=digest,
        commitments=(("a", digest),), reveals=(("a", digest),), log_size=77,
        log_root=digest, picks=(Picks((3, 1), (2,)), Picks((0,), (5,))), panel=((0, 3), (0, 1), (1, 5)),
        replaced=(Replaced(1, 0, 5),), void_draws=(VoidDraw(1, "D01", "a"), VoidDraw(2, "K05")),
        void_panels=(VoidPanel(2, digest, ((0, 1),)),), defaults=(("a", 1),), recusals=(ref,), replacements_due=-1,
        void_demand=ref, appointed_on=day, moved=1, notices=((day, day),), absences=1, missed_on=day, examined_on=day,
        tests_until=day, opinion_draw=3, opinion=(3, 3, 1, 2), rejudged=1, extended=True, proposed=6, admitted=5,
        concluded_on=day, served_on=day, reappraisal_on=day, reappraised=True,
    )  # fmt: skip
    fresh = AppraisalFacts(mode=AppraisalMode.UNSPECIFIED, kind=AppraisalKind.UNSPECIFIED)
    assert all(getattr(facts, each.name) != getattr(fresh, each.name) for each in fields(AppraisalFacts))
    return facts


def test_facts_of_an_appraisal_make_a_version_of_their_own() -> None:
    """A program that knows no appraisal refuses such a thread as too new, and reads every other as before."""
    where = scene("signed_for")
    thread = where.federation.threads[where.ref]
    assert json.loads(thread_bytes(thread))[0] == 2
    appraisal = replaced(thread, appraisal=whole_facts())
    data = thread_bytes(appraisal)
    assert json.loads(data)[0] == 3
    assert thread_from_bytes(data) == appraisal
    assert rewritten(data) == data
    damaged = json.loads(data)
    damaged[-1] = damaged[-1][:-1]
    with pytest.raises(Refusal) as caught:
        thread_from_bytes(json.dumps(damaged).encode())
    assert caught.value.reason is Reason.INTERNAL


def test_what_was_written_of_a_thread_is_not_written_of_its_next() -> None:
    where = scene("question_unanswered")
    thread = where.federation.threads[where.ref]
    others = others_of(thread)
    assert set(others) == {each.name for each in fields(ThreadState)}
    for name, value in others.items():
        thread_bytes(thread)
        other = replaced(thread, **{name: value})
        assert other != thread
        assert thread_from_bytes(thread_bytes(other)) == other, name


def test_recent_entries_are_written_as_they_are_however_they_came() -> None:
    where = scene("question_unanswered")
    thread = where.federation.threads[where.ref]
    one = thread.recent[0]
    past = [replaced(one, sequence=100 + n, digest16=bytes([n]) * 16) for n in range(20)]
    for recent in (
        past[:1], past[:2], past[:2], past[:4], past[:16], past[1:17], past[2:18], past[5:19], [*past[4:18], past[0]],
        [past[3], *past[5:18], past[1]], past[:1], [], past[:1], past[1:3],
    ):  # fmt: skip
        other = replaced(thread, recent=tuple(recent))
        assert thread_from_bytes(thread_bytes(other)) == other


def test_a_newer_version_is_refused_and_damage_is_told_apart() -> None:
    where = scene("signed_for")
    data = thread_bytes(where.federation.threads[where.ref])
    newer = json.loads(data)
    newer[0] = 4
    nowhere, wordless, of_no_kind = json.loads(data), json.loads(data), json.loads(data)
    nowhere[11], wordless[13], of_no_kind[25][0][0][1] = "nowhere", "", 999
    for bad, reason in (
        (json.dumps(newer).encode(), Reason.SCHEMA_TOO_NEW),
        (data[:-2], Reason.INTERNAL),
        *((json.dumps(damaged).encode(), Reason.INTERNAL) for damaged in (nowhere, wordless, of_no_kind)),
        (b"[1]", Reason.INTERNAL),
        (b"{}", Reason.INTERNAL),
    ):
        with pytest.raises(Refusal) as caught:
            thread_from_bytes(bad)
        assert caught.value.reason is reason
