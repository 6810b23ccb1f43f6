"""The expert pool over the interface and with the typed client."""

import asyncio
import json
from dataclasses import fields
from typing import Any, cast

import httpx
import pytest

from bureau_client.api import Bureau
from bureau_client.shapes import ExpertRow as ClientRow
from gateway.examples import EXAMPLES
from gateway.schemas import pool
from gateway.schemas.base import Answer
from node.pool import rows, views
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD

EXPERT = cast("dict[str, str]", EXAMPLES[pool.ExpertRow])
AT = "/api/v1/pool"
OF_POOL: dict[type[Answer], Any] = {
    pool.ExpertOut: views.ExpertView,
    pool.ExpertOutcomeOut: views.ExpertOutcome,
    pool.PoolOut: views.PoolView,
    pool.PoolVersionOut: views.PoolVersionView,
    pool.ExpertChangeOut: views.ExpertChange,
    pool.PoolVersionPageOut: views.PoolVersionPage,
}


@pytest.mark.parametrize("answer", OF_POOL, ids=lambda answer: answer.__name__)
def test_an_answer_has_the_fields_of_its_view(answer: type[Answer]) -> None:
    assert set(answer.model_fields) == {field.name for field in fields(OF_POOL[answer])}


def test_a_row_is_what_the_node_judges() -> None:
    assert set(pool.ExpertRow.model_fields) == set(pool.ExpertRowOut.model_fields) == set(rows.FIELDS)
    assert rows.judge_row(EXPERT).faults == ()


async def test_rows_are_kept_told_and_known_again(house: House) -> None:
    given = {"items": [EXPERT, {**EXPERT, "number": "2", "appointed_until": "soon"}, {"number": "3"}]}
    async with house.caller("administrator") as client:
        first = (await client.post(f"{AT}/experts/import", json={**given, "only_check": True})).json()["items"]
        assert [each["state"] for each in first] == ["added", "wrong", "wrong"]
        assert (await client.get(f"{AT}/experts")).json()["items"] == []
        taken = (await client.post(f"{AT}/experts/import", json=given)).json()["items"]
        assert taken[1]["faults"] == [{"field": "appointed_until", "reason": "no_day"}]
        again = (await client.post(f"{AT}/experts/import", json=given)).json()["items"]
        assert (again[0]["state"], again[0]["expert_id"]) == ("known", taken[0]["expert_id"])
        (listed,) = (await client.get(f"{AT}/experts", params={"specialty": "M201", "state": "available"})).json()[
            "items"
        ]
        assert (listed["number"], listed["specialties"]) == (EXPERT["number"], ["M201", "M202"])
        assert listed["conflicts"] == [{"of": "unit", "name": "示例建筑有限公司", "number": ""}]
        assert (await client.get(f"{AT}/experts", params={"division": "M3"})).json()["items"] == []
        assert (await client.get(f"{AT}/experts", params={"specialty": "骨科"})).status_code == 422
        for search in ({"name": EXPERT["name"]}, {"number": EXPERT["number"]}):
            assert (await client.post(f"{AT}/experts/search", json=search)).json()["items"] == [listed]
        exported = (await client.get(f"{AT}/export")).json()["items"]
        assert {name: text for name, text in exported[0].items() if text} == EXPERT
        whole = (await client.get(AT)).json()
        assert (whole["experts"], whole["version"], whole["changed"]) == (1, 0, True)
        assert whole["by_specialty"] == [{"specialty": "M201", "experts": 1}, {"specialty": "M202", "experts": 1}]


async def test_one_is_changed_by_whoever_saw_the_present_version(house: House) -> None:
    async with house.caller("approver") as client:
        made = await client.post(f"{AT}/experts", json=EXPERT)
        assert (made.status_code, made.headers["etag"]) == (201, '"v1"')
        at = made.headers["location"]
        wrong = await client.post(f"{AT}/experts", json={**EXPERT, "title": ""})
        assert (wrong.status_code, wrong.json()["details"]) == (422, {"field": "title", "state": "missing"})
        assert (await client.put(at, json=EXPERT)).status_code == 428
        changed = await client.put(at, json={**EXPERT, "active": "no"}, headers={"If-Match": '"v1"'})
        assert (changed.json()["active"], changed.headers["etag"]) == (False, '"v2"')
        assert (await client.delete(at, headers={"If-Match": '"v1"'})).status_code == 412
        assert (await client.delete(at, headers={"If-Match": '"v2"'})).status_code == 204
        assert (await client.get(at)).status_code == 404


async def test_a_version_is_prepared_by_one_and_approved_by_another(house: House) -> None:
    async with house.caller("administrator") as keeper, house.caller() as clerk, house.caller("approver") as approver:
        empty = await clerk.post(f"{AT}/versions")
        assert (empty.status_code, empty.json()["details"]["state"]) == (409, "empty")
        await keeper.post(f"{AT}/experts/import", json={"items": [EXPERT]})
        made = await clerk.post(f"{AT}/versions")
        version = made.json()
        assert (made.status_code, version["state"], version["size"]) == (201, "prepared", 1)
        tag = f'"v{version["move_version"]}"'
        approved = await approver.post(f"/api/v1/moves/{version['move_id']}/approve", headers={"If-Match": tag})
        assert approved.status_code == 200
        (listed,) = (await clerk.get(f"{AT}/versions")).json()["items"]
        assert (listed["state"], listed["version"]) == ("committed", 1)
        assert not (await clerk.get(AT)).json()["changed"]
        await keeper.post(f"{AT}/experts/import", json={"items": [{**EXPERT, "title": "副主任医师"}]})
        page = (await clerk.get(made.headers["location"])).json()
        assert [each["fields"] for each in page["since"]] == [["title"]]
        assert [each["what"] for each in page["brought"]] == ["added"]


async def test_the_typed_client_keeps_a_pool(house: House) -> None:
    """The client is a synchronous one: its requests are handed to the application in its own loop."""
    loop = asyncio.get_running_loop()
    session = await house.station.accounts.sign_in("approver", PASSWORD)

    def handle(request: httpx.Request) -> httpx.Response:
        request.read()

        async def ask() -> httpx.Response:
            async with house.anonymous() as client:
                return await client.request(
                    request.method, request.url.raw_path.decode(), content=request.content, headers=request.headers
                )

        answer = asyncio.run_coroutine_threadsafe(ask(), loop).result(10)
        told = {name: answer.headers[name] for name in ("content-type", "etag") if name in answer.headers}
        return httpx.Response(answer.status_code, content=answer.content, headers=told)

    def work() -> tuple[object, ...]:
        http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://desk.test")
        bureau = Bureau("http://desk.test", token=session.token, http=http)
        row: ClientRow = json.loads(json.dumps(EXPERT))
        (outcome,) = bureau.import_experts({"items": [row]}).value["items"]
        one = bureau.read_expert(outcome["expert_id"])
        changed = bureau.update_expert(outcome["expert_id"], {**row, "note": "x"}, if_match=one.etag)
        version = bureau.prepare_pool_version().value
        page = bureau.read_pool_version(version["root"]).value
        return changed.value["version"], version["state"], page["against"], bureau.read_pool().value["experts"]

    assert await asyncio.to_thread(work) == (2, "prepared", 0, 1)


async def test_a_unit_that_does_not_appraise_has_no_pool(house: House) -> None:
    house.station.pool.appraises = False
    async with house.caller() as client:
        none = await client.get(AT)
        assert (none.status_code, none.json()["reason"]) == (409, "NOT_ALLOWED")
