"""People's use cases by the typed client, before a real node: what a bureau's own system would do."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import sleep

import httpx
import pytest
from fastapi import FastAPI

from bureau_client.api import Bureau
from bureau_client.core import ProblemError
from bureau_client.shapes import NewDeputy
from delegation.deadlines import day_of
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Actor, Role
from node.service import Node
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, issued, make, now, reach, running, view

UNIT = UNITS_OF[CHENGDU]
BOSS = Actor("boss", "管理员", UNIT, frozenset({Role.ADMINISTRATOR.value}))
PASSWORD = "a long enough phrase"
PEOPLE = {
    "boss": [Role.ADMINISTRATOR], "jia": [Role.CLERK], "yi": [Role.APPROVER], "bing": [Role.CLERK],
    "yin": [Role.SEAL_HOLDER], "audit": [Role.READER], "fp": [Role.DISPATCHER],
}  # fmt: skip


class Office:
    """Clients of one bureau, one a person; the client is a synchronous one and works in a thread of its own."""

    def __init__(self, app: FastAPI, tokens: dict[str, str]) -> None:
        self._app, self._tokens, self._loop = app, tokens, asyncio.get_running_loop()

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()

        async def ask() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://desk.test") as http:
                address = request.url.raw_path.decode()
                return await http.request(request.method, address, content=request.content, headers=request.headers)

        answer = asyncio.run_coroutine_threadsafe(ask(), self._loop).result(20)
        kept = {name: answer.headers[name] for name in ("content-type", "etag", "location") if name in answer.headers}
        return httpx.Response(answer.status_code, content=answer.content, headers=kept)

    def __getitem__(self, staff_id: str) -> Bureau:
        http = httpx.Client(transport=httpx.MockTransport(self._handle), base_url="http://desk.test")
        return Bureau("http://desk.test", token=self._tokens[staff_id], http=http)


async def office(node: Node) -> Office:
    """Everybody signed in."""
    tokens: dict[str, str] = {}
    for staff_id, roles in PEOPLE.items():
        await node.accounts.create_staff(
            BOSS if tokens else None,
            staff_id=staff_id,
            name=f"名{staff_id}",
            password=PASSWORD,
            units=[UNIT],
            roles=roles,
        )
        tokens[staff_id] = (await node.accounts.sign_in(staff_id, PASSWORD)).token
    return Office(create_app(node, GatewaySettings(pages=False)), tokens)


def day(after: int) -> str:
    return (day_of(now()) + timedelta(days=after)).isoformat()


def reason_of(call: Callable[[], object]) -> str:
    with pytest.raises(ProblemError) as raised:
        call()
    return raised.value.reason


def requests(office: Office, ref: str) -> None:
    """A request is answered by two people, by a day."""
    jia, yi = office["jia"], office["yi"]
    assert jia.read_answer_days().value == {"days": 15}
    assert reason_of(lambda: jia.keep_answer_days({"days": 3})) == "ROLE_MISSING"
    assert office["boss"].keep_answer_days({"days": 10}).value == {"days": 10}
    made = jia.record_request(
        ref,
        {"asks": "copy", "asked_by": "worker", "checked": "id_card", "asked_on": "2026-08-01", "text": "复制件"},
        idempotency_key="k1",
    )
    assert made.value["state"] == "open"
    assert made.value["due"] == "2026-08-14"  # ten working days after a Saturday
    again = jia.record_request(
        ref,
        {"asks": "copy", "asked_by": "worker", "checked": "id_card", "asked_on": "2026-08-01", "text": "复制件"},
        idempotency_key="k1",
    )
    request_id = made.value["request_id"]
    assert again.value["request_id"] == request_id
    assert reason_of(lambda: jia.prepare_answer(request_id, {"outcome": "given"})) == "IF_MATCH_MISSING"
    ready = jia.prepare_answer(request_id, {"outcome": "given", "text": "到窗口领取"}, if_match=made.etag)
    assert reason_of(lambda: yi.approve_answer(request_id, if_match=made.etag)) == "EDITED_MEANWHILE"
    back = yi.send_back_answer(request_id, {"note": "写明地点"}, if_match=ready.etag)
    assert (back.value["state"], back.value["answer"]["note"]) == ("open", "写明地点")
    ready = jia.prepare_answer(request_id, {"outcome": "given", "text": "到一楼窗口领取"}, if_match=back.etag)
    assert reason_of(lambda: jia.approve_answer(request_id, if_match=ready.etag)) == "ROLE_MISSING"
    assert yi.list_todo(category="to_approve").value["items"][0]["subject_id"] == request_id
    done = yi.approve_answer(request_id, if_match=ready.etag)
    assert (done.value["state"], done.value["answer"]["approved_by"]) == ("answered", "yi")
    assert [each["request_id"] for each in jia.list_requests(ref).value["items"]] == [request_id]
    assert jia.read_request(request_id).etag == done.etag


def hands(office: Office, ref: str) -> None:
    """A case is given to a person, handed over to another, and a deputy stands in."""
    fp, boss, yi = office["fp"], office["boss"], office["yi"]
    [row] = fp.list_headers(unassigned=True).value["items"]
    assert (row["delegation_id"], "王小明" in repr(row)) == (ref, False)
    assert fp.assign_delegation(ref, {"unit": UNIT, "staff_id": "jia"}).value["assignment"] is not None
    assert fp.list_headers(unassigned=True).value["items"] == []
    assert len(fp.list_headers(assigned="jia").value["items"]) == 1
    held = office["jia"].read_assignment(ref).value["assignment"]
    assert held is not None
    assert (held["staff_id"], held["name"], held["set_by"]) == ("jia", "名jia", "fp")
    tasks = boss.list_open_tasks("jia").value["items"]
    assert [task["kind"] for task in tasks] == ["assignment"]
    assert boss.hand_over_tasks("jia", {"unit": UNIT, "to": "bing"}).value == {"count": 1}
    assert boss.hand_over_tasks("jia", {"unit": UNIT, "to": "bing"}).value == {"count": 0}
    assert boss.list_open_tasks("bing").value["items"][0]["delegation_id"] == ref
    assert office["bing"].assign_delegation(ref, {"unit": UNIT, "staff_id": ""}).value["assignment"] is None

    assert {each["staff_id"] for each in yi.list_colleagues().value["items"]} == set(PEOPLE)
    asked: NewDeputy = {
        "staff_id": "yi", "deputy": "bing", "unit": UNIT, "role": "approver", "first": day(0), "last": day(30),
    }  # fmt: skip
    stand_in, same = yi.appoint_deputy(asked), yi.appoint_deputy(asked)
    assert same.value["deputy_id"] == stand_in.value["deputy_id"]
    assert len(office["bing"].list_deputies().value["items"]) == 1
    assert reason_of(lambda: office["jia"].end_deputy(stand_in.value["deputy_id"])) == "NOT_FOUND"
    office["bing"].end_deputy(stand_in.value["deputy_id"])
    assert yi.list_deputies().value["items"][0]["ended"]


def seal(office: Office, ref: str, version: int) -> str:
    """What was reviewed is sealed by the seal holder; the reviewer and who pressed it stand in the move."""
    assert office["jia"].read_seal_rule().value == {"approver": True}
    assert office["boss"].keep_seal_rule({"approver": False}).value == {"approver": False}
    data = {"reasons": ["R06"], "body": {"text": "剩余时间不足"}}
    made = office["jia"].make_move(ref, "refused", data, if_match=f'"v{version}"')  # type: ignore[arg-type] # a MoveData
    move_id = str(made.value["move_id"])  # type: ignore[typeddict-item] # two persons: a prepared move
    assert reason_of(lambda: office["yi"].approve_move(move_id, if_match=made.etag)) == "ROLE_MISSING"
    yes = office["yi"].review_move(move_id, if_match=made.etag)
    assert yes.value["hands"] is not None
    assert reason_of(lambda: office["yi"].seal_move(move_id, if_match=yes.etag)) == "ROLE_MISSING"
    office["yin"].seal_move(move_id, if_match=yes.etag)
    pressed = office["jia"].read_move(move_id).value["hands"]
    assert pressed is not None
    assert (pressed["reviewed_by"], pressed["sealed_by"], pressed["sealed_for"]) == ("yi", "yin", "")
    return move_id


def looks(office: Office, ref: str) -> None:
    """An auditor reads who looked, a page at a time."""
    audit = office["audit"]
    for _ in range(50):  # lines of lists are written soon, not at once
        if any(each["what"] == "lines" for each in audit.list_looks(delegation_id=ref).value["items"]):
            break
        sleep(0.1)
    first = audit.list_looks(delegation_id=ref, page_size=1).value
    rest = audit.list_looks(delegation_id=ref, page_token=first["next_page_token"]).value
    assert len(first["items"]) == 1
    numbers = [each["number"] for each in [*first["items"], *rest["items"]]]
    assert numbers == sorted(numbers, reverse=True)
    whats = {each["what"] for each in rest["items"]} | {first["items"][0]["what"]}
    assert {"request", "lines", "move"} <= whats
    assert (first["broken_at"], rest["next_page_token"]) == (0, "")
    assert {each["subject_id"] for each in rest["items"]} == {ref}
    assert reason_of(lambda: audit.list_looks(delegation_id=ref, page_token="x")) == "INVALID_INPUT"
    assert reason_of(lambda: audit.list_looks()) == "INVALID_INPUT"
    assert reason_of(lambda: office["jia"].list_looks(delegation_id=ref)) == "ROLE_MISSING"


async def test_people_by_the_typed_client(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world:
        host = world.nodes[CHENGDU]
        ref = (await issued(world.nodes[HANGZHOU], HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", {})
        desk = await office(host)
        await asyncio.to_thread(requests, desk, ref)
        await asyncio.to_thread(hands, desk, ref)
        await asyncio.to_thread(seal, desk, ref, (await view(host, CHENGDU, ref)).version)
        await asyncio.to_thread(looks, desk, ref)
