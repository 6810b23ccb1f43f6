"""Each attempt to steer a draw, by home, host, both sides of a pool or the registry, is told by a check of its name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from certs.draw_file import DrawFile
from certs.draw_file_json import draw_file_bytes
from certs.draw_proof import verify_draw_file
from certs.keys import certificate_digest, new_ed25519
from delegation.codes import Kind
from delegation.draw import Picks, Stratum
from delegation.merkle import consistency_proof
from tests.certs.draw_story import (
    HOME,
    HOST,
    PROVINCE,
    Story,
    a_pool,
    begun,
    checked,
    committed,
    key_of,
    revealed,
    secret_of,
)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, DrawFile]:
    story = Story(tmp_path_factory.mktemp("honest"))
    return story, story.file(story.honest())


def failed(story: Story, file: DrawFile) -> dict[str, str]:
    return {check.name: check.detail for check in checked(story, file).failed}


Steering = Callable[[Story], DrawFile]


def another_secret(story: Story) -> DrawFile:
    """The host saw the home's secret and shows one that suits it."""
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST, secret=bytes(32))
    return story.file(story.panel())


def another_secret_by_a_province(story: Story) -> DrawFile:
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST, secret=bytes(32), by=PROVINCE)
    return story.file(story.panel())


def two_secrets(story: Story) -> DrawFile:
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST)
    story.reveal(HOST, secret=bytes(32))
    return story.file(story.panel())


def a_copied_commitment(story: Story) -> DrawFile:
    """The host repeats the home's commitment, so that both secrets would be one that the home alone chose."""
    begun(story)
    story.commit(HOME)
    story.send(Kind.DRAW_COMMITTED, HOST, Story.declared(story.thread[-1]))
    story.first_size = story.size
    story.reveal(HOME)
    story.reveal(HOST, secret=secret_of(HOME))
    return story.file(story.panel())


def a_secret_of_the_other_side_shown_by_oneself(story: Story) -> DrawFile:
    committed(story)
    story.reveal(HOME)
    story.reveal(HOST, by=HOME)
    return story.file(story.panel())


def a_panel_before_the_secrets(story: Story) -> DrawFile:
    committed(story)
    story.reveal(HOME)
    drawn = story.panel()
    story.reveal(HOST)
    return story.file(drawn)


def one_secret_alone(story: Story) -> DrawFile:
    committed(story)
    story.reveal(HOME)
    return story.file(story.panel())


def committed_after_a_secret(story: Story) -> DrawFile:
    """The home waits for the host's secret before it commits to its own."""
    begun(story)
    story.commit(HOST)
    story.reveal(HOST)
    story.commit(HOME)
    story.reveal(HOME)
    return story.file(story.panel())


def committed_twice(story: Story) -> DrawFile:
    """The home commits again once it has seen the host's secret."""
    committed(story)
    first = story.first_size
    story.reveal(HOST)
    story.commit(HOME, secret=bytes(32))
    story.reveal(HOME)
    return story.file(story.panel(size=first), first=first)


def committed_by_a_third(story: Story) -> DrawFile:
    committed(story)
    story.commit(PROVINCE)
    story.reveal(HOME)
    story.reveal(HOST)
    return story.file(story.panel())


def no_panel(story: Story) -> DrawFile:
    revealed(story)
    return story.file(story.lot())


def another_list(story: Story) -> DrawFile:
    """The host changes the list when the secrets are known."""
    revealed(story)
    story.fix_list(root=bytes(32))
    return story.file(story.panel())


def a_list_after_a_commitment(story: Story) -> DrawFile:
    story.commit_pool()
    story.letter()
    story.commit(HOME)
    story.fix_list()
    story.commit(HOST)
    story.reveal(HOME)
    story.reveal(HOST)
    return story.file(story.panel())


def a_list_by_the_other_side(story: Story) -> DrawFile:
    story.commit_pool()
    story.letter()
    story.fix_list(unit=HOME)
    for unit in (HOME, HOST):
        story.commit(unit)
    for unit in (HOME, HOST):
        story.reveal(unit)
    return story.file(story.panel())


def others_than_the_lot(story: Story) -> DrawFile:
    revealed(story)
    lot = story.lot()
    first = lot[0]
    free = next(i for i in range(12) if i not in first.seats + first.reserves)
    return story.file(story.panel(drawn=(Picks((free, first.seats[1]), first.reserves), lot[1])))


def the_order_of_reserves(story: Story) -> DrawFile:
    revealed(story)
    lot = story.lot()
    turned = Picks(lot[0].seats, tuple(reversed(lot[0].reserves)))
    return story.file(story.panel(drawn=(turned, lot[1])))


def a_later_checkpoint(story: Story) -> DrawFile:
    """The host picks among the log's later states, now that all secrets are known."""
    revealed(story)
    later = story.size
    return story.file(story.panel(size=later), first=later)


def an_earlier_checkpoint(story: Story) -> DrawFile:
    """One that covers the first commitment alone."""
    begun(story)
    story.commit(HOME)
    early = story.first_size
    story.commit(HOST)
    story.reveal(HOME)
    story.reveal(HOST)
    return story.file(story.panel(size=early), first=early)


def a_checkpoint_other_than_declared(story: Story) -> DrawFile:
    revealed(story)
    right = story.first_size
    return story.file(story.panel(size=right - 1), first=right)


def a_root_that_the_log_never_had(story: Story) -> DrawFile:
    revealed(story)
    drawn = story.panel()
    file = story.file(drawn)
    story.log_key, own = new_ed25519(), story.log_key
    forged = story.note(story.first_size)
    story.log_key = own
    return replace(file, checkpoints=(forged, file.checkpoints[1]))


def a_repeated_draw(story: Story) -> DrawFile:
    """The first result displeased; the second draw has no reason on record."""
    story.honest()
    story.fix_list(draw=2)
    for unit in (HOME, HOST):
        story.commit(unit, draw=2)
    for unit in (HOME, HOST):
        story.reveal(unit, draw=2)
    return story.file(story.panel(draw=2), draw=2)


def a_reason_made_up_afterwards(story: Story) -> DrawFile:
    """The second list stood before the first draw was ended."""
    revealed(story)
    story.fix_list(draw=2)
    story.void(1, HOST)
    for unit in (HOME, HOST):
        story.commit(unit, draw=2)
    for unit in (HOME, HOST):
        story.reveal(unit, draw=2)
    return story.file(story.panel(draw=2), draw=2)


def a_checkpoint_for_nothing(story: Story) -> DrawFile:
    """Something stands in the file that nobody reads."""
    file = story.file(story.honest())
    story.others(2)
    more = story.file(story.lot())
    path = tuple(consistency_proof(story.size - 2, story.size, story.get))
    return replace(file, checkpoints=(*file.checkpoints, more.checkpoints[1]), consistency=(*file.consistency, path))


def a_draw_with_a_skipped_number(story: Story) -> DrawFile:
    story.commit_pool()
    story.letter()
    story.fix_list(draw=2)
    for unit in (HOME, HOST):
        story.commit(unit, draw=2)
    for unit in (HOME, HOST):
        story.reveal(unit, draw=2)
    return story.file(story.panel(draw=2), draw=2)


def drawn_after_its_end(story: Story) -> DrawFile:
    revealed(story)
    story.void(1, HOST)
    return story.file(story.panel())


def two_panels(story: Story) -> DrawFile:
    revealed(story)
    lot = story.lot()
    story.panel(drawn=(lot[0], Picks(lot[1].reserves, lot[1].seats)))
    return story.file(story.panel())


def a_hidden_envelope(story: Story) -> DrawFile:
    """The second list is left out of the file."""
    revealed(story)
    story.fix_list(root=bytes(32))
    drawn = story.panel()
    del story.thread[-2]
    return story.file(drawn)


def an_inserted_envelope(story: Story) -> DrawFile:
    drawn = story.honest()
    story.thread.insert(3, story.thread[2])
    return story.file(drawn)


def a_reserve_out_of_turn(story: Story) -> DrawFile:
    revealed(story)
    drawn = story.panel()
    story.replace(drawn, enters=drawn[0].reserves[1])
    return story.file(drawn)


def somebody_of_no_lot(story: Story) -> DrawFile:
    revealed(story)
    drawn = story.panel()
    free = next(i for i in range(12) if i not in drawn[0].seats + drawn[0].reserves)
    story.replace(drawn, enters=free)
    return story.file(drawn)


def a_seat_that_nobody_left(story: Story) -> DrawFile:
    revealed(story)
    drawn = story.panel()
    story.replace(drawn, leaves=drawn[0].reserves[1])
    return story.file(drawn)


def replaced_by_the_other_side(story: Story) -> DrawFile:
    drawn = story.honest()
    declared = Story.declared(story.thread[-1])
    story.thread.pop()
    story.send(Kind.PANEL_REPLACED, HOME, declared, reasons=("K00",))
    return story.file(drawn)


def another_pool_version(story: Story) -> DrawFile:
    story.commit_pool(version=2)
    story.letter()
    story.fix_list(pool_version=1)
    for unit in (HOME, HOST):
        story.commit(unit)
    for unit in (HOME, HOST):
        story.reveal(unit)
    return story.file(story.panel())


def a_pool_after_the_list(story: Story) -> DrawFile:
    """The pool is made to fit once the case is known."""
    story.letter()
    story.fix_list()
    story.commit_pool()
    for unit in (HOME, HOST):
        story.commit(unit)
    for unit in (HOME, HOST):
        story.reveal(unit)
    return story.file(story.panel())


def somebody_elses_pool(story: Story) -> DrawFile:
    story.commit_pool(unit=HOME)
    story.letter()
    story.fix_list()
    for unit in (HOME, HOST):
        story.commit(unit)
    for unit in (HOME, HOST):
        story.reveal(unit)
    return story.file(story.panel())


def somebody_who_is_not_in_the_pool(story: Story) -> DrawFile:
    """On the list of the draw, never in the pool that was committed to."""
    real = story.pool_tree.root
    guests = Story(story.folder / "guests", experts=a_pool(name="客座"))
    story.experts, story.list_tree, story.pool_tree = guests.experts, guests.list_tree, guests.pool_tree
    story.commit_pool(root=real)
    story.letter()
    story.fix_list()
    for unit in (HOME, HOST):
        story.commit(unit)
    for unit in (HOME, HOST):
        story.reveal(unit)
    return story.file(story.panel())


def somebody_whose_term_is_over(story: Story) -> DrawFile:
    late = tuple(replace(each, appointed_until="2026-03-11") for each in story.experts)
    old = Story(story.folder / "old", experts=late)
    story.experts, story.pool_tree, story.list_tree = old.experts, old.pool_tree, old.list_tree
    return story.file(story.honest())


def somebody_of_another_speciality(story: Story) -> DrawFile:
    other = tuple(replace(each, specialties=("M101",)) for each in story.experts)
    found = Story(story.folder / "other", experts=other)
    story.experts, story.pool_tree, story.list_tree = found.experts, found.pool_tree, found.list_tree
    return story.file(story.honest())


def a_swapped_person(story: Story) -> DrawFile:
    """The place is right, the person another."""
    file = story.file(story.honest())
    one, other = file.experts[0], file.experts[1]
    return replace(file, experts=(replace(one, named=other.named), replace(other, named=one.named), *file.experts[2:]))


def somebody_left_out(story: Story) -> DrawFile:
    drawn = story.honest()
    file = story.file(drawn)
    seat = drawn[0].seats[0]
    kept = [each for each in file.experts if (each.stratum, each.position) != (0, seat)]
    return replace(file, experts=tuple(kept))


def somebody_added(story: Story) -> DrawFile:
    drawn = story.honest()
    free = next(i for i in range(12) if i not in drawn[0].seats + drawn[0].reserves)
    file = story.file(drawn)
    more = sorted((*file.experts, story.opening(0, free)), key=lambda each: (each.stratum, each.position))
    return replace(file, experts=tuple(more))


def a_forged_authority(story: Story) -> DrawFile:
    """Everything is signed by certificates that somebody else issued, and the log is somebody's own."""
    other = Story(story.folder / "forged")
    return other.file(other.honest())


def somebody_elses_certificate(story: Story) -> DrawFile:
    story.keys[HOST], story.certificates[HOST] = story.keys[HOME], story.certificates[HOME]
    return story.file(story.honest())


def too_many_seats(story: Story) -> DrawFile:
    found = Story(story.folder / "four", strata=(Stratum(2, 2, 12), Stratum(2, 1, 7)))
    story.strata = found.strata
    revealed(story)
    return story.file(story.panel(drawn=(Picks((1, 2), (3, 4)), Picks((1, 2), (3,)))))


ATTEMPTS: tuple[tuple[Steering, str], ...] = (
    (another_secret, "secrets"),
    (another_secret_by_a_province, "secrets"),
    (two_secrets, "secrets"),
    (a_copied_commitment, "secrets"),
    (a_secret_of_the_other_side_shown_by_oneself, "secrets"),
    (a_panel_before_the_secrets, "secrets"),
    (one_secret_alone, "secrets"),
    (committed_after_a_secret, "commitments"),
    (committed_twice, "commitments"),
    (committed_by_a_third, "commitments"),
    (no_panel, "sides"),
    (another_list, "list_first"),
    (a_list_after_a_commitment, "list_first"),
    (a_list_by_the_other_side, "list_first"),
    (others_than_the_lot, "picks"),
    (the_order_of_reserves, "picks"),
    (a_later_checkpoint, "draw_checkpoint"),
    (an_earlier_checkpoint, "draw_checkpoint"),
    (a_checkpoint_other_than_declared, "draw_checkpoint"),
    (a_root_that_the_log_never_had, "log"),
    (a_repeated_draw, "repeats"),
    (a_reason_made_up_afterwards, "repeats"),
    (a_checkpoint_for_nothing, "inclusion"),
    (a_draw_with_a_skipped_number, "repeats"),
    (drawn_after_its_end, "repeats"),
    (two_panels, "sides"),
    (a_hidden_envelope, "entries"),
    (an_inserted_envelope, "entries"),
    (a_reserve_out_of_turn, "replacements"),
    (somebody_of_no_lot, "replacements"),
    (a_seat_that_nobody_left, "replacements"),
    (replaced_by_the_other_side, "replacements"),
    (another_pool_version, "pool"),
    (a_pool_after_the_list, "pool"),
    (somebody_elses_pool, "pool"),
    (somebody_who_is_not_in_the_pool, "experts_in_pool"),
    (somebody_whose_term_is_over, "experts_in_pool"),
    (somebody_of_another_speciality, "experts_in_pool"),
    (a_swapped_person, "experts"),
    (somebody_left_out, "experts"),
    (somebody_added, "experts"),
    (a_forged_authority, "seal_authority"),
    (somebody_elses_certificate, "signatures"),
    (too_many_seats, "list_first"),
)


@pytest.mark.parametrize(("steering", "told"), ATTEMPTS, ids=lambda value: getattr(value, "__name__", None))
def test_every_attempt_is_told(story: Story, steering: Steering, told: str) -> None:
    file = steering(story)
    report = checked(story, file)
    assert not report.ok
    assert told in {check.name for check in report.failed}, report.checks
    data = draw_file_bytes(file)
    again = verify_draw_file(data, seal_authorities=story.seal.certificates, log_key=key_of(story))
    assert again.failed == report.failed


def test_a_stranger_beside_the_known_authority_is_told(honest: tuple[Story, DrawFile], tmp_path: Path) -> None:
    """One unknown authority in a file could vouch for anybody, however well known the other is."""
    story, file = honest
    other = Story(tmp_path)
    authorities = sorted((*file.seal_authorities, *other.seal.certificates), key=certificate_digest)
    both = replace(file, seal_authorities=tuple(authorities))
    assert set(failed(story, both)) >= {"signatures", "seal_authority"}


def test_no_detail_holds_a_name(story: Story) -> None:
    for steering in (a_swapped_person, somebody_left_out, somebody_whose_term_is_over):
        found = Story(story.folder / steering.__name__)
        report = checked(found, steering(found))
        told = " ".join(check.detail for check in report.checks)
        assert "医" not in told
        assert "E00" not in told
