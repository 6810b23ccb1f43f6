"""The archive of closed paper cases over the interface and with the typed client."""

import asyncio
import json
from typing import cast

import httpx

from bureau_client.api import Bureau
from bureau_client.shapes import OldCase
from gateway.examples import EXAMPLES
from gateway.schemas.old_cases import OldCases
from tests.gateway.conftest import House
from tests.gateway.fake_accounts import PASSWORD

GOOD = cast("list[dict[str, str]]", EXAMPLES[OldCases]["items"])[0]


async def test_rows_are_kept_told_and_known_again(house: House) -> None:
    rows = {"items": [GOOD, {**GOOD, "number": "2", "closed_on": "soon"}, {"number": "3"}]}
    async with house.caller() as client:
        first = (await client.post("/api/v1/old-cases", json={**rows, "only_check": True})).json()["items"]
        assert [each["state"] for each in first] == ["added", "wrong", "wrong"]
        assert (await client.get("/api/v1/old-cases")).json()["items"] == []
        taken = (await client.post("/api/v1/old-cases", json=rows)).json()["items"]
        assert taken[1]["faults"] == [{"field": "closed_on", "reason": "no_day"}]
        assert {"field": "shelf_mark", "reason": "missing"} in taken[2]["faults"]
        again = (await client.post("/api/v1/old-cases", json=rows)).json()["items"]
        assert (again[0]["state"], again[0]["old_case_id"]) == ("known", taken[0]["old_case_id"])
        (row,) = (await client.get("/api/v1/old-cases", params={"year": "2019", "our_role": "home"})).json()["items"]
        assert (row["number"], row["closed_on"]) == (GOOD["number"], "2019-06-30")
        assert (await client.get("/api/v1/old-cases", params={"year": "2018"})).json()["items"] == []
        whole = (await client.get(f"/api/v1/old-cases/{row['old_case_id']}")).json()
        assert (whole["row"], whole["imported_by"]) == (row, "clerk")
        unknown = await client.post("/api/v1/old-cases", json={"items": [{**GOOD, "colour": "red"}]})
        assert unknown.status_code == 422
        for search in ({"name": "示例"}, {"number": GOOD["number"]}):
            found = (await client.post("/api/v1/old-cases/search", json=search)).json()["items"]
            assert found == [row]
        none = await client.post("/api/v1/old-cases/search", json={"name": "示例", "number": "1"})
        assert (none.status_code, none.json()["reason"]) == (422, "INVALID_INPUT")
    async with house.caller("approver") as approver:
        assert (await approver.delete(f"/api/v1/old-cases/{row['old_case_id']}")).status_code == 204
        assert (await approver.get(f"/api/v1/old-cases/{row['old_case_id']}")).status_code == 404


async def test_the_list_is_read_page_by_page(house: House) -> None:
    rows = [{**GOOD, "number": str(number)} for number in range(5)]
    async with house.caller() as client:
        await client.post("/api/v1/old-cases", json={"items": rows})
        seen, token = [], ""
        for _ in range(5):
            page = (await client.get("/api/v1/old-cases", params={"page_size": 2, "page_token": token})).json()
            seen += [row["number"] for row in page["items"]]
            token = page["next_page_token"]
            if not token:
                break
        assert sorted(seen) == [str(number) for number in range(5)]


async def test_the_client_imports_and_reads(house: House) -> None:
    """The client is a synchronous one: its requests are handed to the application in its own loop."""
    loop = asyncio.get_running_loop()
    session = await house.station.accounts.sign_in("clerk", PASSWORD)

    def handle(request: httpx.Request) -> httpx.Response:
        request.read()

        async def ask() -> httpx.Response:
            async with house.anonymous() as client:
                return await client.request(
                    request.method, request.url.raw_path.decode(), content=request.content, headers=request.headers
                )

        answer = asyncio.run_coroutine_threadsafe(ask(), loop).result(10)
        return httpx.Response(answer.status_code, content=answer.content, headers={"content-type": "application/json"})

    def work() -> tuple[str, str]:
        http = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://desk.test")
        bureau = Bureau("http://desk.test", token=session.token, http=http)
        row: OldCase = json.loads(json.dumps(GOOD))
        (outcome,) = bureau.take_old_cases({"items": [row]}).value["items"]
        return outcome["state"], bureau.read_old_case(outcome["old_case_id"]).value["row"]["number"]

    assert await asyncio.to_thread(work) == ("added", GOOD["number"])
