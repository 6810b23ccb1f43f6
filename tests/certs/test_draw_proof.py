"""A draw's file: an honest one holds, with names and without, and shows defaults and repeats."""

from dataclasses import replace
from pathlib import Path

import pytest

from certs.draw_file import DrawFile
from certs.draw_file_json import draw_file_bytes, read_draw_file
from certs.draw_proof import verify_draw, verify_draw_file
from certs.draw_report import TEXTS, Default, Status
from delegation.codes import AppraisalMode, Kind
from delegation.declared_appraisal import PanelVoidedDeclared
from tests.certs.draw_story import HOME, HOST, PROVINCE, Story, checked, key_of


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, DrawFile]:
    story = Story(tmp_path_factory.mktemp("honest"))
    return story, story.file(story.honest())


# what holds


def test_an_honest_draw_holds(honest: tuple[Story, DrawFile]) -> None:
    story, file = honest
    report = checked(story, file)
    assert report.ok
    assert [check.name for check in report.checks] == list(TEXTS)
    assert {check.status for check in report.checks} == {Status.OK}
    assert (report.home_unit, report.host_unit, report.drawing_unit) == (HOME, HOST, HOST)
    drawn = report.picks
    assert [(len(each.seats), len(each.reserves)) for each in drawn] == [(2, 2), (1, 1)]
    assert report.panel == ((0, drawn[0].reserves[0]), (0, drawn[0].seats[1]), (1, drawn[1].seats[0]))
    assert report.defaults == ()
    assert len(report.seed) == 64


def test_what_is_written_is_read_again(honest: tuple[Story, DrawFile]) -> None:
    _, file = honest
    data = draw_file_bytes(file)
    assert read_draw_file(data) == file
    assert draw_file_bytes(read_draw_file(data)) == data


def test_a_province_needs_no_name(honest: tuple[Story, DrawFile]) -> None:
    story, file = honest
    bare = file.without_names()
    data = draw_file_bytes(bare)
    report = verify_draw_file(data, seal_authorities=story.seal.certificates, log_key=key_of(story))
    assert report.ok
    assert {check.name: check.detail for check in report.checks if check.status is not Status.OK} == {
        "experts_in_pool": "without names"
    }
    assert report.picks == checked(story, file).picks
    told = data.decode()
    for person in story.experts:
        assert person.name not in told
        assert person.employer not in told
        assert person.expert_id not in told
    for path in bare.experts:
        assert path.without_name() == path


def test_some_names_are_told_apart_from_all(honest: tuple[Story, DrawFile]) -> None:
    story, file = honest
    some = replace(file, experts=(file.experts[0].without_name(), *file.experts[1:]))
    report = checked(story, some)
    assert report.ok
    assert [check.detail for check in report.checks if check.status is Status.NOT_CHECKED] == ["some without names"]


def test_what_is_not_known_is_not_said_to_be_checked(honest: tuple[Story, DrawFile]) -> None:
    _, file = honest
    report = verify_draw(replace(file, pool=None))
    assert {check.name for check in report.checks if check.status is Status.NOT_CHECKED} >= {
        "seal_authority", "log_key", "pool", "experts_in_pool"
    }  # fmt: skip
    assert len(report.seal_authorities[0]) == len(report.log_key) == 64


def test_the_home_draws_from_its_own_pool_where_experts_are_lent(story: Story) -> None:
    story.commit_pool(unit=HOME)
    story.letter(appraisal_mode=AppraisalMode.EXPERT_SECONDMENT)
    story.fix_list(unit=HOME)
    story.commit(HOME)
    story.commit(HOST)
    story.reveal(HOST)
    story.reveal(HOME)
    report = checked(story, story.file(story.panel(unit=HOME)))
    assert report.ok, report.failed
    assert report.drawing_unit == HOME


def test_both_commitments_in_one_transaction(story: Story) -> None:
    """Then one checkpoint covers both; other entries of the same transaction are in it too."""
    drawn = story.honest()
    assert checked(story, story.file(drawn)).ok
    assert story.first_size > story.thread[3].parsed.leaf_index + 1


# a side that does not show its secret


def test_a_province_shows_the_secret_of_a_side_that_does_not(story: Story) -> None:
    story.commit_pool()
    story.letter()
    story.fix_list()
    story.commit(HOME)
    story.commit(HOST)
    story.reveal(HOME)
    story.reveal(HOST, by=PROVINCE)
    report = checked(story, story.file(story.panel()))
    assert report.ok, report.failed
    assert report.defaults == (Default(1, HOST, void=False),)


def test_a_void_draw_and_its_default_are_shown(story: Story) -> None:
    """Who withholds a secret because the result displeases gains nothing and stands in the file for ever."""
    story.commit_pool()
    story.letter()
    story.fix_list()
    story.commit(HOME)
    story.commit(HOST)
    story.reveal(HOME)
    story.void(1, HOST)
    story.fix_list(draw=2)
    story.commit(HOME, draw=2)
    story.commit(HOST, draw=2)
    story.reveal(HOME, draw=2)
    story.reveal(HOST, draw=2)
    report = checked(story, story.file(story.panel(draw=2), draw=2))
    assert report.ok, report.failed
    assert report.defaults == (Default(1, HOST, void=True),)


def test_a_void_panel_is_followed_by_a_draw_of_its_own(story: Story) -> None:
    drawn = story.honest()
    story.send(Kind.PANEL_VOIDED, HOST, PanelVoidedDeclared(1), reasons=("K00",))
    first = story.file(drawn)
    assert checked(story, first).ok  # the first draw stays what it was
    story.fix_list(draw=2)
    for unit in (HOME, HOST):
        story.commit(unit, draw=2)
    for unit in (HOME, HOST):
        story.reveal(unit, draw=2)
    report = checked(story, story.file(story.panel(draw=2), draw=2))
    assert report.ok, report.failed
