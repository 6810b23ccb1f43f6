"""Lists, pages, searches and the desk's first page."""

import pytest

from node.desk.ports import Role
from tests.gateway.conftest import House
from tests.gateway.fake_views import DELEGATION, a_row


async def test_a_list_is_read_page_by_page(house: House) -> None:
    house.station.desk.rows = [a_row(delegation_id=f"WT-330100-20260803-{number:06}-5") for number in range(5)]
    seen, token = [], ""
    async with house.caller() as client:
        for _ in range(10):
            page = (await client.get("/api/v1/delegations", params={"page_size": 2, "page_token": token})).json()
            seen += [row["delegation_id"] for row in page["items"]]
            token = page["next_page_token"]
            if not token:
                break
    assert seen == [row.delegation_id for row in house.station.desk.rows]


@pytest.mark.parametrize("token", ["x", "1'--", "\u0661", "9" * 600, "-1", "AAAA", "2 "])
async def test_a_token_that_was_tampered_with_is_refused(house: House, token: str) -> None:
    async with house.caller() as client:
        answer = await client.get("/api/v1/delegations", params={"page_token": token})
    assert (answer.status_code, answer.json()["reason"]) == (422, "INVALID_INPUT")
    assert token not in answer.json()["errors"]


async def test_a_token_belongs_to_its_list_and_its_unit(house: House) -> None:
    house.station.desk.rows = [a_row()] * 5
    house.station.accounts.add("other", Role.CLERK, unit="510100RD015")
    async with house.caller() as client, house.caller("other") as other:
        token = (await client.get("/api/v1/delegations", params={"page_size": 2})).json()["next_page_token"]
        changed = ("A" if token[3] != "A" else "B").join((token[:3], token[4:]))
        same = {"page_token": token}
        assert (await client.get("/api/v1/delegations", params=same)).status_code == 200
        assert (await client.get("/api/v1/delegations", params={"page_token": changed})).status_code == 422
        assert (await client.get("/api/v1/delegations", params={**same, "state": "accepted"})).status_code == 422
        assert (await client.get("/api/v1/drafts", params=same)).status_code == 422
        assert (await other.get("/api/v1/delegations", params=same)).status_code == 422


@pytest.mark.parametrize("size", ["0", "201", "-1", "1e3", "", "many"])
async def test_a_page_is_bounded(house: House, size: str) -> None:
    async with house.caller() as client:
        assert (await client.get(f"/api/v1/delegations?page_size={size}")).status_code == 422


async def test_filters_narrow_and_unknown_ones_are_refused(house: House) -> None:
    house.station.desk.rows = [a_row(), a_row(state="accepted")]
    async with house.caller() as client:
        found = await client.get("/api/v1/delegations", params={"state": "accepted", "our_turn": "true"})
        unknown = await client.get("/api/v1/delegations", params={"colour": "red"})
    assert [row["state"] for row in found.json()["items"]] == ["accepted"]
    assert (unknown.status_code, unknown.json()["errors"][0]["location"]) == (422, "query.?")


async def test_a_delegation_is_shown_with_digests_days_and_tag(house: House) -> None:
    async with house.caller() as client:
        read = await client.get(f"/api/v1/delegations/{DELEGATION}")
        thread = await client.get(f"/api/v1/delegations/{DELEGATION}/thread", params={"from_sequence": 2})
    body = read.json()
    assert read.headers["etag"] == '"v1"'
    assert body["entries"][0]["header_digest"] == bytes(range(32)).hex()
    assert body["entries"][0]["declared"] == {"items": 1, "on": "2026-08-03"}
    assert body["due_dates"][0]["overdue"] is True
    assert (thread.json()["entries"], thread.json()["next_sequence"]) == ([], 2)


async def test_one_of_somebody_else_is_not_found(house: House) -> None:
    async with house.caller() as client:
        answer = await client.get("/api/v1/delegations/WT-510100-20260803-000001-U")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_people_are_searched_by_post_alone(house: House) -> None:
    async with house.caller() as client:
        found = await client.post("/api/v1/delegations/search", json={"name": " 示例 "})
        nobody = await client.post("/api/v1/delegations/search", json={"id_number": "110101199003070009"})
        empty = await client.post("/api/v1/delegations/search", json={"name": "  "})
        in_the_address = await client.get("/api/v1/delegations/search", params={"name": "示例"})
    assert [row["delegation_id"] for row in found.json()["items"]] == [DELEGATION]
    assert nobody.json() == {"items": []}
    assert (empty.status_code, in_the_address.status_code) == (422, 422)


async def test_the_first_page_is_the_nodes(house: House) -> None:
    async with house.caller() as client:
        todo = (await client.get("/api/v1/todo")).json()
        none = (await client.get("/api/v1/todo", params={"category": "overdue"})).json()
        wrong = await client.get("/api/v1/todo", params={"category": "no such"})
    assert [(item["code"], item["count"], item["in_unit"]) for item in todo["categories"]] == [
        ("to_approve", 1, 2),
        ("overdue", 0, 0),
    ]
    assert (todo["total"], todo["items"][0]["category"]) == (1, "to_approve")
    assert (none["total"], none["items"]) == (0, [])
    assert wrong.status_code == 422


async def test_what_stands_around_the_cases(house: House) -> None:
    async with house.caller(Role.SUPERVISOR) as client:
        assert (await client.get("/api/v1/alarms")).json()["items"][0]["reason"] == "CANNOT_OPEN"
        assert (await client.post("/api/v1/alarms/1/acknowledge")).status_code == 204
        assert (await client.post("/api/v1/alarms/2/acknowledge")).status_code == 404
        assert (await client.get("/api/v1/units", params={"text": "杭州"})).json()["items"]
        assert (await client.get("/api/v1/competent-units", params={"place": "510104"})).status_code == 422
        assert (await client.get("/api/v1/status")).json()["connected"] is True
        announced = {"kind": "ANNOUNCED", "recipients": ["330100RD01T"], "data": {"body": {"text": "通知"}}}
        started = await client.post("/api/v1/threads", json=announced)
    assert (started.status_code, started.headers["location"]) == (201, f"/api/v1/delegations/{DELEGATION}")
    assert house.station.desk.made == [("ANNOUNCED", {"body": {"text": "通知"}})]
