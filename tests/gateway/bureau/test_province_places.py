"""Tiles and bands of places: classes, positions, sorting, signs beside colours, and that each leads to as many."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delegation.figures import Count, Days, Period, Span, Tally
from gateway.bureau.province import bands, cartogram, words
from gateway.bureau.province.asking import Addresses, name_of
from gateway.bureau.province.cartogram import Side, bounds_of, level_of, share_level, short_name, spots_of
from node.province.ports import Overview, PlaceTally, Wanted
from node.province.scoreboard import Scoreboard
from tests.builders import NATIONAL_NO
from tests.gateway.bureau.pages import words as words_of_page
from tests.gateway.bureau.test_province_pages import PERIOD, looking, total_of
from tests.gateway.conftest import House
from tests.gateway.fake_oversight import AS_OF

_WANTED = Wanted(period=Period(date(2026, 1, 1), date(2026, 11, 20)))
_TO = Addresses(_WANTED)


def _view(*places: tuple[str, Tally], late: Sequence[tuple[str, int]] = ()) -> Overview:
    cities = tuple(PlaceTally(code, Tally(), figures) for code, figures in places)
    return Overview(AS_OF, _WANTED, Tally(), Tally(), (), cities, tuple(late))


def _due(in_time: int, of: int) -> Tally:
    return Tally({Count.RESULTS_DUE: of, Count.RESULTS_IN_TIME: in_time})


@given(st.lists(st.integers(0, 500), max_size=60))
def test_classes_grow_with_the_number_and_leave_none_empty(numbers: list[int]) -> None:
    bounds = bounds_of(numbers)
    levels = [level_of(number, bounds) for number in sorted(numbers)]
    assert levels == sorted(levels)
    assert all((level == 0) is (number == 0) for number, level in zip(sorted(numbers), levels, strict=True))
    assert set(levels) - {0} == set(range(1, len(bounds) + 1))
    assert len(bounds) <= cartogram.LEVELS


@pytest.mark.parametrize(("share", "level"), [(1.0, 1), (0.95, 1), (0.949, 2), (0.9, 2), (0.8, 3), (0.7, 4), (0.0, 5)])
def test_a_smaller_share_in_time_is_of_a_higher_class(share: float, level: int) -> None:
    assert share_level(share) == level


def test_each_province_has_a_tile_of_its_own_and_a_name_that_fits() -> None:
    spots = spots_of(["330000"])
    assert len(spots) == len(set(spots.values())) == 34
    assert {short_name(code) for code in ("330000", "150000", "810000")} == {"浙江", "内蒙古", "香港"}
    assert all(len(short_name(code)) <= 3 for code in spots)


@pytest.mark.parametrize("province", [f"{number}" for number in (13, 23, 33, 42, 44, 46, 51, 53, 63, 65)])
def test_prefectures_stand_side_by_side_in_the_order_of_their_codes(province: str) -> None:
    some = cartogram.prefectures_of(province)[0]
    spots = spots_of([some])
    assert list(spots) == list(cartogram.prefectures_of(province))
    assert sorted(spots.values()) == list(spots.values())
    assert len(set(spots.values())) == len(spots)
    assert all(2 <= len(short_name(code)) <= 4 for code in spots)


def test_counties_without_a_prefecture_are_named_so() -> None:
    assert name_of("419000") == "河南省直辖县（市）"
    assert short_name("419000") == "直辖县"
    assert "419000" in spots_of(["410100", "419000"])


def test_a_place_is_late_with_what_its_units_have_to_do() -> None:
    view = _view(
        ("330100", Tally()), ("330200", Tally()), late=[("330106RD01A", 3), ("330100RD01T", 2), ("510100RD01X", 9)]
    )
    tiles = cartogram.cartogram_of(view, "late", Side.HOST, _TO)
    assert tiles is not None
    found = {tile.code: (tile.text, tile.level) for tile in tiles.tiles}
    assert (found["330100"], found["330200"]) == (("5", 1), ("0", 0))
    assert len(found) == 11
    assert [row.late.value for row in bands.rows_of(view, _TO)] == [5, 0]


def test_too_few_are_not_classed_and_say_so() -> None:
    view = _view(("330100", _due(2, 4)), ("330200", _due(4, 5)))
    tiles = cartogram.cartogram_of(view, "on_time", Side.HOST, _TO)
    assert tiles is not None
    first, second, third, *_ = tiles.tiles
    assert (first.word, first.level, first.text) == (cartogram.FEW, 0, "")
    assert (second.text, second.level) == ("80%", 3)
    assert (third.word, third.address) == (cartogram.NOTHING, "")


def test_a_place_of_another_system_is_there_and_leads_nowhere() -> None:
    tiles = cartogram.cartogram_of(_view(("330000", Tally())), "in_hand", Side.HOME, _TO)
    assert tiles is not None
    by_code = {tile.code: tile for tile in tiles.tiles}
    assert by_code["710000"].word == cartogram.OUT
    assert not by_code["710000"].address
    assert parse_qs(urlsplit(by_code["330000"].address).query)["home"] == ["330000"]
    assert cartogram.cartogram_of(_view(), "late", Side.HOST, _TO) is None


@pytest.mark.parametrize(
    ("sort", "order"),
    [("on_time", "4123"), ("-on_time", "1423"), ("place", "1234"), ("-place", "4321")],
)
def test_what_is_not_judged_is_last_whichever_way_a_column_is_sorted(sort: str, order: str) -> None:
    view = _view(("330100", _due(9, 10)), ("330200", _due(0, 1)), ("330300", Tally()), ("330400", _due(1, 10)))
    assert "".join(row.code[3] for row in bands.rows_of(view, _TO, sort)) == order


def test_a_band_has_a_word_and_each_colour_a_sign_of_its_own() -> None:
    board = Scoreboard(days_green=10, days_yellow=20)
    view = replace(
        _view(*((f"330{number}00", Tally({}, {Span.RESULT: Days(5, 7.0, 9, days * 5)})) for number, days in
                ((1, 10), (2, 20), (3, 21)))),
        scoreboard=board,
    )  # fmt: skip
    found = [row.bands[1] for row in bands.rows_of(view, _TO, "place")]
    assert [(cell.band, cell.word) for cell in found] == [("green", "达标"), ("yellow", "关注"), ("red", "未达标")]
    assert len({cell.sign for cell in found}) == 3
    assert {(cell.median, cell.of) for cell in found} == {("7", 5)}


@pytest.mark.parametrize("measure", list(cartogram.MEASURES))
async def test_each_tile_leads_to_a_list_of_as_many(house: House, measure: str) -> None:
    async with looking(house) as client:
        page = await client.get(f"/desk/province?{PERIOD}&tile={measure}")
        tiles = re.findall(
            r'<a href="([^"]+)"><g class="tile level-(\d)".*?class="value[^"]*"[^>]*>([^<]+)<', page.text
        )
        assert len(tiles) >= 2
        for address, _, text in tiles:
            listed = await client.get(address.replace("&amp;", "&"))
            assert listed.status_code == 200
            if measure in {"late", "in_hand"}:
                assert total_of(listed) == int(text), address
            if measure == "late":
                assert words.LATE_WITH in words_of_page(listed)
        assert f"<td>{tiles[0][2]} " in page.text  # the same in the table beside it


async def test_each_cell_of_the_table_leads_to_a_list_of_as_many(house: House) -> None:
    async with looking(house) as client:
        page = await client.get(f"/desk/province?{PERIOD}")
        table = page.text.split('<table class="cities">')[1].split("</table>")[0]
        numbers = re.findall(r'<td class="number"><a href="([^"]+)">(\d+)</a>', table)
        judged = re.findall(r'<td class="band[^"]*"><a href="([^"]+)">.*?>(\d+) 件<', table)
        assert len(numbers) >= 8
        assert len(judged) >= 4
        for address, number in [*numbers, *judged]:
            assert total_of(await client.get(address.replace("&amp;", "&"))) == int(number), address


async def test_each_week_s_numbers_lead_to_lists_of_as_many(house: House) -> None:
    async with looking(house) as client:
        page = await client.get(f"/desk/province?{PERIOD}")
        weeks = re.findall(r'<a href="([^"]+week=[^"]+)">(\d+)</a>', page.text)
        asked = {kind for address, _ in weeks for kind in re.findall(r"(?:count|listed)=(\w+)", address)}
        assert asked == {"issued", "results", "results_late", "ended"}
        for address, number in weeks[::7]:
            assert total_of(await client.get(address.replace("&amp;", "&"))) == int(number), address


async def test_columns_are_sorted_by_links_that_say_the_order(house: House) -> None:
    async with looking(house) as client:
        page = await client.get(f"/desk/province?{PERIOD}&sort=sent&tile=days")
        assert page.text.count('aria-sort="ascending"') == 1
        assert re.search(r'aria-sort="ascending"><a href="[^"]*tile=days[^"]*sort=-sent[^"]*#city-h"', page.text)
        sent = [int(found) for found in re.findall(r'home=\d{6}&(?:amp;)?count=issued">(\d+)</a>', page.text)]
        assert len(sent) >= 2
        assert sent == sorted(sent)
        listed = await client.get(f"/desk/province/list?{PERIOD}&count=issued&sort=-issued")
        assert listed.text.count('aria-sort="descending"') == 1
        days = re.findall(r'data-label="发出时间">(\d{4}-\d\d-\d\d)', listed.text)
        assert len(days) > 10
        assert days == sorted(days, reverse=True)
        for wrong in ("?sort=name", "?tile=x", "?side=x", "/list?sort=state", "?matter=1"):
            assert (await client.get(f"/desk/province{wrong}")).status_code in {400, 422}, wrong


async def test_one_matter_alone_is_counted_and_kept_by_every_link(house: House) -> None:
    async with looking(house, NATIONAL_NO) as client:
        of_one = await client.get(f"/desk/province/list?{PERIOD}&count=issued&matter=SELF_CARE&route=all")
        matters = set(re.findall(r'data-label="事项类别">(\S+?) ?<', of_one.text))
        assert {text.split("<")[0] for text in matters} == {"生活自理障碍等级"}
        page = await client.get(f"/desk/province?{PERIOD}&matter=SELF_CARE")
        lists = re.findall(r'href="(/desk/province/list[^"]+)"', page.text.split("</h1>")[1].split("as-of")[1])
        assert lists
        assert all("matter=SELF_CARE" in address for address in lists)
        assert "生活自理障碍等级" in words_of_page(page).split("现在")[0]


async def test_the_country_is_shown_by_province_and_a_tile_goes_in(house: House) -> None:
    async with looking(house, NATIONAL_NO) as client:
        page = await client.get(f"/desk/province?{PERIOD}&tile=in_hand")
        tiles = re.findall(r'<a href="([^"]+)"><g class="tile', page.text)
        assert {parse_qs(urlsplit(each.replace("&amp;", "&")).query)["host"][0] for each in tiles} == {
            "330000", "440000", "510000"
        }  # fmt: skip
        inside = await client.get(next(each for each in tiles if "510000" in each).replace("&amp;", "&"))
        assert "成都" in inside.text
        assert re.search(r'list\?[^"]*host=510100&(?:amp;)?count=in_hand"><g class="tile', inside.text)


@pytest.mark.parametrize(
    ("measure", "told"),
    [("late", ("已超期", "现在的在办委托")), ("on_time", ("占：", "2026-01-01")), ("days", ("自然日数", "2026-12-31"))],
)
async def test_the_heat_table_says_what_it_counts_and_since_when(
    house: House, measure: str, told: tuple[str, ...]
) -> None:
    async with looking(house) as client:
        text = words_of_page(await client.get(f"/desk/province/flows?{PERIOD}&measure={measure}"))
        assert all(part in text for part in told)
        assert ("2026-01-01 – 2026-12-31）" in text.split("范围：")[-1]) is (measure != "late")
