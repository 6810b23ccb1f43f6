"""The checklist page: what the prepared result says of each check, and what keeps it from being sealed."""

from node.desk.views import PreparedMoveView
from tests.gateway.bureau.pages import signed_in, words
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import NOW
from tests.gateway.fake_views import DELEGATION

AT = f"/desk/cases/{DELEGATION}/checklist"


def prepared(house: House, checks: list[dict[str, object]]) -> None:
    """A result with one witness, before its approver."""
    piece = {"evidence_id": "E1", "kind": "EVIDENCE_KIND_WITNESS", "description": "罗启文的证言", "is_copy": True}
    result = {"evidence": [piece], "checks": checks}
    house.station.desk.prepared["m1"] = PreparedMoveView(
        move_id="m1",
        delegation_id=DELEGATION,
        kind="REPORTED",
        label="提交结果",
        state="prepared",
        version=1,
        data={"body": {"result": result}},
        prepared_by="clerk",
        prepared_by_name="何经办",
        prepared_at=NOW,
    )


async def test_open_checks_are_counted_and_an_explained_one_is_closed(house: House) -> None:
    met = [{"evidence_id": "E1", "code": "witness-person", "met": True}]
    said = {"evidence_id": "E1", "code": "witness-signed", "met": False, "explanation": "证人不会写字，捺印"}
    async with signed_in(house) as client:
        prepared(house, met)
        text = words(await client.get(AT))
        assert "还有 2 项未核对，不能用印" in text
        assert "第十三条" in text
        assert "核对人未填" in text
        prepared(house, [*met, said])
        text = words(await client.get(AT))
        assert "还有 1 项未核对" in text
        assert "证人不会写字，捺印" in text
        prepared(house, [*met, said, {"evidence_id": "E1", "code": "witness-identity", "met": True}])
        assert "全部符合或已说明，可以用印" in words(await client.get(AT))


async def test_without_a_result_the_page_says_what_each_kind_asks_for(house: House) -> None:
    async with signed_in(house) as client:
        text = words(await client.get(AT))
    assert "还没有拟写调查结果" in text
    for label in ("书证", "物证", "视听资料", "电子数据", "证人证言", "当事人陈述", "鉴定意见", "勘验笔录、现场笔录"):
        assert label in text
