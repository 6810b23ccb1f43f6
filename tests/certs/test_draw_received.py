"""What the other side checks of a panel: the note that it holds, the pool that it never received, each person in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from certs.draw_received import check_draw_note, check_expert, check_panel_record
from certs.notes import NoteError
from certs.trust import Trust
from delegation.codec_header import parse_header
from delegation.declared_appraisal import PanelDeclared, StrataDeclared
from delegation.draw import Picks
from delegation.errors import Reason
from delegation.merkle import inclusion_proof
from delegation.model import PoolDeclared
from tests.certs.draw_story import HOME, Story, a_pool
from tests.certs.refusals import refused
from tests.certs.world import HOST, World
from xieban.delegation.v1 import appraisal_pb2


class Received:
    """A panel drawn by the world's host, as it reaches the other side."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder / "world")
        self.trust: Trust = self.world.trust()
        self.story = story = Story(folder / "story")
        story.keys[HOST] = self.world.keys[HOST].signing
        story.certificates[HOST] = self.world.keys[HOST].certificate
        story.log_key = self.world.log_key
        story.commit_pool(unit=HOST)
        story.letter()
        story.fix_list()
        story.commit(story_host())
        story.commit(HOME)
        story.others(2)
        self.drawn: tuple[Picks, ...] = story.lot()
        self.record = appraisal_pb2.PanelRecord(checkpoint=story.note(story.first_size))
        self.put_pool()
        for stratum, each in enumerate(self.drawn):
            for position in (*each.seats, *each.reserves):
                self.record.experts.append(self.expert(stratum, position))

    def put_pool(self) -> None:
        kept, story = self.story.pool_event, self.story
        assert kept is not None
        self.record.pool.CopyFrom(
            appraisal_pb2.PoolCommitment(
                header=kept.header,
                signatures=kept.signatures,
                entry=kept.entry,
                checkpoint=story.note(story.size),
                path=inclusion_proof(kept.parsed.leaf_index, story.size, story.get),
            )
        )

    def expert(self, stratum: int, position: int) -> appraisal_pb2.PanelExpert:
        opening = self.story.opening(stratum, position)
        assert opening.named is not None
        assert opening.named.pool is not None
        person, pool = opening.named.expert, opening.named.pool
        return appraisal_pb2.PanelExpert(
            expert_id=person.expert_id,
            name=person.name,
            title=person.title,
            specialty=person.specialty,
            employer=person.employer,
            stratum=stratum,
            position=position,
            salt=opening.named.salt,
            path=opening.path,
            pool_salt=pool.salt,
            pool_index=pool.index,
            pool_path=pool.path,
            pool_specialties=pool.specialties,
            appointed_from=pool.appointed_from,
            appointed_until=pool.appointed_until,
        )

    @property
    def given(self) -> dict[str, Any]:
        story = self.story
        strata = parse_header(story.thread[1].header).declared
        assert isinstance(strata, StrataDeclared)
        return {
            "panel": PanelDeclared(1, story.first_size, story.root(story.first_size), self.drawn),
            "strata": strata,
            "listed": story.thread[1].parsed,
            "drawing_unit": HOST,
            "trust": self.trust,
        }


def story_host() -> str:
    from tests.certs.draw_story import HOST as OTHER

    return OTHER


@pytest.fixture(scope="module")
def received(tmp_path_factory: pytest.TempPathFactory) -> Received:
    return Received(tmp_path_factory.mktemp("received"))


def copy_of(record: appraisal_pb2.PanelRecord) -> appraisal_pb2.PanelRecord:
    found = appraisal_pb2.PanelRecord()
    found.CopyFrom(record)
    return found


def test_a_good_record_gives_the_pool(received: Received) -> None:
    declared = check_panel_record(received.record, **received.given)
    assert declared == PoolDeclared(received.story.pool_tree.root, 40, 1)


Bend = Callable[[Received, appraisal_pb2.PanelRecord, dict[str, Any]], None]


def another_checkpoint(received: Received, record: appraisal_pb2.PanelRecord, _: dict[str, Any]) -> None:
    record.checkpoint = received.story.note(received.story.size)


def another_declared(received: Received, _: appraisal_pb2.PanelRecord, given: dict[str, Any]) -> None:
    given["panel"] = PanelDeclared(1, received.story.first_size, bytes(32), received.drawn)


def no_pool(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    record.ClearField("pool")


def a_bent_signature(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    signature = bytearray(record.pool.signatures[0])
    signature[-1] ^= 1
    record.pool.signatures[0] = bytes(signature)


def a_path_to_nowhere(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    del record.pool.path[0]


def another_entry(received: Received, record: appraisal_pb2.PanelRecord, _: dict[str, Any]) -> None:
    record.pool.entry = received.story.thread[0].entry


def another_units_pool(_: Received, __: appraisal_pb2.PanelRecord, given: dict[str, Any]) -> None:
    given["drawing_unit"] = HOME


def another_version(_: Received, __: appraisal_pb2.PanelRecord, given: dict[str, Any]) -> None:
    strata = given["strata"]
    given["strata"] = StrataDeclared(1, strata.strata, 2, strata.eligible_root)


def a_list_before_the_pool(received: Received, _: appraisal_pb2.PanelRecord, given: dict[str, Any]) -> None:
    kept = received.story.pool_event
    assert kept is not None
    given["listed"] = kept.parsed


def somebody_else(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    record.experts[0].name = "另一人"


def another_speciality(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    record.experts[0].specialty = "M301"


def no_place_in_the_pool(_: Received, record: appraisal_pb2.PanelRecord, __: dict[str, Any]) -> None:
    record.experts[0].ClearField("pool_salt")


@pytest.mark.parametrize(
    ("bend", "reason", "guard"),
    [
        (another_checkpoint, Reason.BODY_GUARD_FAILED, "draw_checkpoint"),
        (another_declared, Reason.BODY_GUARD_FAILED, "draw_checkpoint"),
        (no_pool, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (a_bent_signature, Reason.BAD_SIGNATURE, ""),
        (a_path_to_nowhere, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (another_entry, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (another_units_pool, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (another_version, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (a_list_before_the_pool, Reason.BODY_GUARD_FAILED, "pool_committed"),
        (somebody_else, Reason.BODY_GUARD_FAILED, "expert_in_pool"),
        (another_speciality, Reason.BODY_GUARD_FAILED, "expert_in_pool"),
        (no_place_in_the_pool, Reason.BODY_GUARD_FAILED, "expert_in_pool"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_wrong_is_told(received: Received, bend: Bend, reason: Reason, guard: str) -> None:
    record, given = copy_of(received.record), received.given
    bend(received, record, given)
    refusal = refused(check_panel_record, record, **given)
    assert (refusal.reason, refusal.details.get("guard", "")) == (reason, guard)
    for person in a_pool():
        assert person.name not in str(refusal)


def test_a_reserve_who_enters_is_checked_alone(received: Received) -> None:
    pool = check_panel_record(received.record, **received.given)
    reserve = received.expert(0, received.drawn[0].reserves[0])
    listed = received.given["listed"]
    check_expert(reserve, pool=pool, listed=listed)
    reserve.appointed_until = "2026-03-01"
    assert refused(check_expert, reserve, pool=pool, listed=listed).details["guard"] == "expert_in_pool"


def test_a_note_is_checked_before_a_secret_is_shown(received: Received) -> None:
    story = received.story
    size = story.first_size
    commitments = [
        (kept.parsed, inclusion_proof(kept.parsed.leaf_index, size, story.get)) for kept in story.thread[2:4]
    ]
    note = story.note(size)
    found = check_draw_note(note, commitments=commitments, trust=received.trust)
    assert (found.size, found.root) == (size, story.root(size))
    early = story.note(story.thread[3].parsed.leaf_index)  # the second commitment is not in it
    assert refused(check_draw_note, early, commitments=commitments, trust=received.trust).reason is (
        Reason.CHECKPOINT_NOT_TRUSTED
    )
    with pytest.raises(NoteError):
        check_draw_note(note[:-9] + b"AAAAAAA=\n", commitments=commitments, trust=received.trust)
