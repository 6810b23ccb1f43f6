"""Papers: each that a case offers can be written and pressed, says what was signed, and shows no seal."""

import re
from dataclasses import replace

import pytest

from gateway.bureau.documents.papers import PAPERS, Basis, Of, offer, offers
from gateway.bureau.documents.worker import find_fonts
from gateway.bureau.documents.writing import proof_text, write
from gateway.bureau.intake.outline import GROUPS
from node.desk.views import DelegationView
from tests.gateway.bureau.a_case import LETTER, a_full_appraisal, a_full_case
from tests.gateway.bureau.pages import form_to, signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_views import DELEGATION


def _text(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL))


def _put(house: House, view: DelegationView) -> None:
    house.station.desk.shown = view


def test_every_paper_is_offered_by_a_case_in_which_all_happened() -> None:
    cases = [a_case(role=role) for a_case in (a_full_case, a_full_appraisal) for role in ("home", "host")]
    offered = {each.paper.code for view in cases for each in offers(view)}
    assert offered == {paper.code for paper in PAPERS}


@pytest.mark.parametrize("code", [paper.code for paper in PAPERS])
def test_each_paper_is_written_with_number_title_and_a_place_for_the_seal(code: str) -> None:
    view, chosen = next(
        (view, each) for view in (a_full_case(), a_full_appraisal()) for each in offers(view) if each.paper.code == code
    )
    html = write(chosen, view, at=NOW, practice=False, values={})
    text = _text(html)
    assert chosen.paper.title in text
    assert DELEGATION in text
    assert "Undefined" not in text
    assert "None" not in text
    if chosen.entry is not None:
        assert chosen.entry.entry_digest.hex() in text
        assert "何经办" in text
        assert "（盖章处）" in text
    assert html.count("<img") == 1  # the code; never a picture of a seal


def test_the_code_names_the_delegation_and_the_digest_of_the_entry() -> None:
    view = a_full_case()
    letter = offer(view, "letter", 1)
    assert letter is not None
    assert letter.entry is not None
    assert proof_text(letter, view) == f"{DELEGATION} {letter.entry.entry_digest.hex()}"


def test_the_report_says_that_it_decides_nothing_and_what_was_not_found() -> None:
    view = a_full_case()
    report = next(each for each in offers(view) if each.paper.code == "report")
    text = _text(write(report, view, at=NOW, practice=False, values={}))
    assert "不作认定结论" in text
    assert "未能查明" in text
    assert "U04" in text


def test_every_theme_of_the_outline_stands_in_words() -> None:
    view = a_full_case()
    outline = [{"group": group.code, "text": "?"} for group in GROUPS]
    letter = offer(view, "letter", 1)
    assert letter is not None
    assert letter.entry is not None
    body = {**(letter.entry.body or {}), "letter": {**LETTER, "outline": outline}}
    text = _text(
        write(replace(letter, entry=replace(letter.entry, body=body)), view, at=NOW, practice=False, values={})
    )
    for group in GROUPS:
        assert group.label in text
        assert f" {group.code} " not in text


def test_a_practice_paper_says_so() -> None:
    view = a_full_case()
    assert "演练文书" in write(offers(view)[0], view, at=NOW, practice=True, values={})


def test_what_was_typed_is_text_and_no_markup() -> None:
    view = a_full_case()
    blank = next(each for each in offers(view) if each.paper.basis is Basis.BLANK)
    html = write(blank, view, at=NOW, practice=False, values={"place": "<script>x</script>"})
    assert "<script>" not in html


def test_a_purged_case_gives_no_paper() -> None:
    assert offers(replace(a_full_case(), purged=True)) == ()


async def test_the_list_leads_to_every_paper(house: House) -> None:
    _put(house, a_full_case())
    async with signed_in(house) as client:
        page = await client.get(f"/desk/cases/{DELEGATION}/papers")
        assert page.status_code == 200
        for paper in PAPERS:
            if paper.side != "home" and paper.of is not Of.APPRAISAL:
                assert paper.title in words(page)


async def test_a_paper_as_a_page_has_its_own_style_and_nothing_else(house: House) -> None:
    _put(house, a_full_case())
    async with signed_in(house) as client:
        page = await client.get(
            f"/desk/cases/{DELEGATION}/paper", params={"code": "letter", "sequence": 1, "form": "html"}
        )
        policy = page.headers["content-security-policy"]
        assert "style-src 'sha256-" in policy
        assert "script" not in policy
        assert " style=" not in page.text


async def test_what_is_added_for_one_print_is_on_the_paper_and_in_no_address(house: House) -> None:
    _put(house, a_full_case())
    async with signed_in(house) as client:
        listed = await client.get(f"/desk/cases/{DELEGATION}/papers")
        token = form_to(listed, "")["_csrf"]
        page = await client.post(
            f"/desk/cases/{DELEGATION}/paper?code=summons&form=html", data={"_csrf": token, "addressee": "罗启文"}
        )
        assert "罗启文" in page.text
        assert "addressee" not in str(page.url)


async def test_a_paper_that_the_case_cannot_give_is_not_found(house: House) -> None:
    _put(house, a_full_case())
    async with signed_in(house) as client:
        for query in ("code=nothing", "code=letter&sequence=99"):
            assert (await client.get(f"/desk/cases/{DELEGATION}/paper?{query}")).status_code == 404


def test_each_matter_has_its_own_papers() -> None:
    of_appraisal = {each.paper.code for each in offers(a_full_appraisal())}
    of_investigation = {each.paper.code for each in offers(a_full_case())}
    assert {"appraisal-letter", "panel", "examination", "conclusion"} <= of_appraisal - of_investigation
    assert {"letter", "interview", "summons"} <= of_investigation - of_appraisal


def _appraisal_paper(code: str) -> str:
    view = a_full_appraisal()
    chosen = next(each for each in offers(view) if each.paper.code == code)
    return _text(write(chosen, view, at=NOW, practice=False, values={}))


def _row_of(text: str, number: str) -> str:
    """What stands from that number to the next expert's, in one line."""
    return " ".join(text.partition(number)[2].split("CD-")[0].split("组长退出")[0].split("组长按")[0].split())


def test_papers_of_an_appraisal_say_what_was_found_and_drawn() -> None:
    conclusion = _appraisal_paper("conclusion")
    for text in ("示例鉴〔2026〕1 号", "九级", "5.9.2.13", "生活部分不能自理", "进食需护理", "十五日内", "再次鉴定"):
        assert text in conclusion
    panel = _appraisal_paper("panel")
    for text in ("专家4", "候补", "骨科", "44" * 32, "ab" * 32, "不证明"):
        assert text in panel
    assert _row_of(panel, "CD-0002").endswith("在座（组长）")
    change = _appraisal_paper("panel-change")
    assert "曾为主治医师" in change
    assert [_row_of(change, f"CD-000{n}").endswith("组长") for n in (1, 3, 4)] == [False, True, False]
    opinion = _appraisal_paper("opinion")
    for text in (
        "共3人，同意2人，不同意1人",
        "专家3（组长）",
        "应晋升一级",
        "一名专家认为应为八级",
        "九级",
        "已复核",
        "综合八级",
    ):
        assert text in opinion
    notice = _appraisal_paper("examination")
    for text in ("2026-09-15 09:30", "示例路1号", "现场", "病历", "沈砚青", "第四十二条"):
        assert text in notice
    letter = _appraisal_paper("appraisal-letter")
    for text in (
        "协助现场鉴定",
        "示例认〔2026〕1 号",
        "腰椎；左手",
        "骨科",
        "鉴定结论由我单位作出",
        "劳动功能障碍等级",
    ):
        assert text in letter


@pytest.mark.skipif(not find_fonts(), reason="no Chinese font here")
@pytest.mark.parametrize("code", ["appraisal-letter", "panel", "opinion", "panel-change", "conclusion"])
async def test_every_paper_of_an_appraisal_can_be_pressed(house: House, code: str) -> None:
    view = a_full_appraisal()
    _put(house, view)
    chosen = next(each for each in offers(view) if each.paper.code == code)
    async with signed_in(house) as client:
        made = await client.get(f"/desk/cases/{DELEGATION}/paper?code={code}&sequence={chosen.sequence}")
        assert made.content.startswith(b"%PDF-"), made.text


@pytest.mark.skipif(not find_fonts(), reason="no Chinese font here")
async def test_every_paper_can_be_pressed(house: House) -> None:
    _put(house, a_full_case())
    async with signed_in(house) as client:
        for query in ("code=letter&sequence=1", "code=interview", "code=cover"):
            made = await client.get(f"/desk/cases/{DELEGATION}/paper?{query}")
            assert made.status_code == 200, made.text
            assert made.content.startswith(b"%PDF-")
            assert "attachment" not in made.headers["content-disposition"]
