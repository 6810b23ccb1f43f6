"""Two bureaus over HTTP, with real nodes and a real registry between them."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Role
from tests.gateway.drawn import Document, Json, documented, requests
from tests.node.world import (
    ASSIGNMENT,
    CHENGDU,
    HANGZHOU,
    UNITS_OF,
    World,
    a_result,
    an_investigation,
    now,
    running,
)

PASSWORD = "a long enough phrase"
ASKED = {"asks": "copy", "asked_by": "worker", "checked": "id_card", "asked_on": "2026-08-01", "text": "复制件"}


class Bureau:
    """A bureau's gateway with one signed-in person a role."""

    def __init__(self, people: dict[Role, httpx.AsyncClient]) -> None:
        self.people = people
        self.clerk, self.approver = people[Role.CLERK], people[Role.APPROVER]

    async def read(self, delegation: str) -> httpx.Response:
        """The delegation as the clerk sees it."""
        return await self.clerk.get(f"/api/v1/delegations/{delegation}")

    async def move(self, delegation: str, verb: str, data: Json | None = None) -> httpx.Response:
        """A move on what is seen now; the approver approves it where that is needed."""
        tag = (await self.read(delegation)).headers["etag"]
        path = f"/api/v1/delegations/{delegation}/moves/{verb}"
        answer = await self.clerk.post(path, json=data or {}, headers={"if-match": tag})
        if answer.status_code == 201:
            approve = f"{answer.headers['location']}/approve"
            answer = await self.approver.post(approve, headers={"if-match": answer.headers["etag"]})
        assert answer.status_code == 200, answer.text
        return answer

    async def reach(self, delegation: str, state: str) -> Json:
        """Wait until the clerk sees that state."""

        async def look() -> Json:
            answer = await self.read(delegation)
            return answer.json() if answer.status_code == 200 else {}

        return await until(look, lambda seen: bool(seen) and seen["row"]["state"] == state and not seen["queued"])


async def until(look: Callable[[], Awaitable[Json]], holds: Callable[[Json], bool]) -> Json:
    """Look until it holds."""
    for _ in range(700):
        found = await look()
        if holds(found):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("it never held")


@asynccontextmanager
async def bureau(world: World, code: str, *, unit: str = "") -> AsyncIterator[Bureau]:
    """The first administrator is made on the machine, everybody else over HTTP; `unit` where it is not the usual."""
    node = world.nodes[code]
    unit = unit or UNITS_OF[code]
    await node.accounts.create_staff(
        None, staff_id="root", name="管理员", password=PASSWORD, units=[unit], roles=[Role.ADMINISTRATOR]
    )
    app = create_app(node, GatewaySettings(), metrics_beside=[node.metrics.registry])

    async with AsyncExitStack() as stack:

        async def signed_in(staff_id: str) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://desk.test")
            await stack.enter_async_context(client)
            made = await client.post("/api/v1/session", json={"staff_id": staff_id, "password": PASSWORD})
            assert made.status_code == 201, made.text
            client.headers["x-csrf-token"] = made.json()["csrf"]
            return client

        people = {Role.ADMINISTRATOR: await signed_in("root")}
        # the investigator holds every role, as one person may in a small bureau
        wanted = {Role.CLERK: [Role.CLERK], Role.APPROVER: [Role.APPROVER], Role.INVESTIGATOR: list(Role)}
        names = {Role.CLERK: f"{code}-jbr", Role.APPROVER: f"{code}-spr", Role.INVESTIGATOR: f"{code}-dcy"}
        for role, staff_id in names.items():
            roles = wanted[role]
            form = {"staff_id": staff_id, "name": "某某", "password": PASSWORD, "units": [unit], "roles": roles}
            made = await people[Role.ADMINISTRATOR].post("/api/v1/staff", json=form)
            assert made.status_code == 201, made.text
            people[role] = await signed_in(staff_id)
        yield Bureau(people)


async def issue(home: Bureau) -> str:
    """A letter, written by one and approved by another."""
    draft = await home.clerk.post("/api/v1/drafts", json=an_investigation())
    assert draft.status_code == 201, draft.text
    assert draft.json()["problems"] == []
    place = draft.headers["location"]
    handed = await home.clerk.post(f"{place}/submit", headers={"if-match": draft.headers["etag"]})
    assert handed.status_code == 200, handed.text
    issued = await home.approver.post(f"{place}/approve", headers={"if-match": handed.headers["etag"]})
    assert issued.status_code == 200, issued.text
    number: str = issued.json()["row"]["delegation_id"]
    return number


async def test_a_delegation_is_issued_worked_on_and_completed_over_http(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        number = await issue(home)
        await host.reach(number, "issued")
        todo = (await host.clerk.get("/api/v1/todo")).json()
        assert {item["label"]: item["count"] for item in todo["categories"]}["待签收"] == 1
        for verb, data in (("signed-for", {}), ("accepted", {}), ("assigned", ASSIGNMENT)):
            await host.move(number, verb, data)
        await home.reach(number, "in_progress")

        content = b"%PDF-1.7\n" + bytes(300_000)
        added = await host.clerk.post(f"/api/v1/delegations/{number}/materials", files={"file": ("笔录.pdf", content)})
        assert added.status_code == 201, added.text
        material = added.json()["material_id"]
        await host.move(number, "reported", {**a_result(), "materials": [material]})
        await home.reach(number, "reported")

        async def arrived() -> Json:
            listed = (await home.clerk.get(f"/api/v1/delegations/{number}/materials")).json()
            return {item["material_id"]: item["state"] for item in listed["items"]}

        await until(arrived, lambda states: states.get(material) == "held")
        got = await home.clerk.get(f"/api/v1/materials/{material}/content", headers={"range": "bytes=5-262150"})
        assert (got.status_code, got.content) == (206, content[5:262151])

        await home.move(number, "completed", {"body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}})
        await host.reach(number, "completed")
        found = await home.clerk.post("/api/v1/delegations/search", json={"name": "王小明"})
        assert [row["delegation_id"] for row in found.json()["items"]] == [number]
        thread = (await home.clerk.get(f"/api/v1/delegations/{number}/thread")).json()
        assert thread["entries"][0]["kind"] == "ISSUED"
        metrics = (await home.clerk.get("/metrics")).text
        assert "xieban_node_connected 1.0" in metrics
        assert number not in metrics


LEAVING = {"signOut", "changePassword", "updateStaff", "revokeApiKey"}  # would end the callers themselves


@dataclass
class Tried:
    """A bureau whose letter is out, what its document says, and names of what is there."""

    home: Bureau
    document: Document
    places: dict[str, list[str]]
    latest: dict[str, str]  # what was made last; drawn requests name it by these words


@pytest.fixture
async def tried(tmp_path: Path) -> AsyncIterator[Tried]:
    """One node for all requests of a test."""
    async with running(tmp_path, HANGZHOU, CHENGDU) as world, bureau(world, HANGZHOU) as home:
        document = Document((await home.clerk.get("/api/v1/openapi.json")).json())
        number = await issue(home)
        drafts = [(await home.clerk.post("/api/v1/drafts", json=an_investigation())).json()["draft_id"] for _ in "ab"]
        files = {"file": ("a.pdf", b"%PDF-1.7\n")}
        added = (await home.clerk.post(f"/api/v1/drafts/{drafts[0]}/materials", files=files)).json()
        asked = await home.clerk.post(f"/api/v1/delegations/{number}/requests", json=ASKED)
        assert asked.status_code == 201, asked.text
        places = {
            "request_id": ["latest-requests"],
            "delegation_id": [number],
            "draft_id": ["latest-drafts"],
            "move_id": ["latest-moves"],
            "material_id": [added["material_id"]],
            "staff_id": [f"{HANGZHOU}-jbr", "root"],
        }
        latest = {"latest-drafts": drafts[1], "latest-requests": asked.json()["request_id"]}
        yield Tried(home, document, places, latest)


async def test_the_desk_refuses_over_http_what_it_refuses(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world, bureau(world, HANGZHOU) as home:
        made = await home.clerk.post("/api/v1/drafts", json={"matter": "INVESTIGATION"})
        assert {problem["field"] for problem in made.json()["problems"]} >= {"task_place", "letter"}
        place = made.headers["location"]
        stale = await home.clerk.put(place, json={}, headers={"if-match": '"v99"'})
        assert (stale.status_code, stale.json()["reason"]) == (412, "EDITED_MEANWHILE")
        missing = await home.clerk.get("/api/v1/drafts/no-such-draft")
        assert (missing.status_code, missing.json()["reason"]) == (404, "NOT_FOUND")
        elsewhere = await home.clerk.get("/api/v1/delegations/WT-510100-20260803-000001-U")
        assert elsewhere.json()["reason"] == "NOT_FOUND"

        number = await issue(home)
        seen = (await home.read(number)).json()
        forbidden = next(move for move in seen["moves"] if not move["allowed"])
        verb = forbidden["kind"].lower().replace("_", "-")
        tag = {"if-match": f'"v{seen["version"]}"'}
        refused = await home.clerk.post(f"/api/v1/delegations/{number}/moves/{verb}", json={}, headers=tag)
        assert 400 <= refused.status_code < 500, refused.text
        for page in ("/api/v1/todo", "/api/v1/alarms", "/api/v1/status", "/api/v1/units", "/api/v1/drafts"):
            answer = await home.clerk.get(page)
            assert answer.status_code == 200, answer.text
        units = {"place": CHENGDU, "matter": "INVESTIGATION"}
        competent = (await home.clerk.get("/api/v1/competent-units", params=units)).json()["items"]
        assert [unit["code"] for unit in competent] == [UNITS_OF[CHENGDU]]
        assert (await home.people[Role.ADMINISTRATOR].get("/api/v1/staff")).status_code == 200
        session = await world.nodes[HANGZHOU].accounts.sign_in(f"{HANGZHOU}-jbr", PASSWORD)
        assert session.expires_at > now()


async def with_the_present_tag(person: httpx.AsyncClient, request: httpx.Request) -> None:
    """Let the request say the version that there is, so that it gets past it."""
    place = re.match(r"/api/v1/(drafts|delegations|moves|requests)/[A-Za-z0-9-]+", request.url.path)
    if place is not None and "if-match" in request.headers:
        present = await person.get(place[0])
        if "etag" in present.headers:
            request.headers["if-match"] = present.headers["etag"]


@settings(suppress_health_check=list(HealthCheck), max_examples=150)
@given(data=st.data(), role=st.sampled_from([Role.INVESTIGATOR, Role.INVESTIGATOR, Role.CLERK, Role.APPROVER]))
async def test_no_request_breaks_a_real_node(tried: Tried, data: st.DataObject, role: Role) -> None:
    operation, request = data.draw(requests(tried.document, tried.places))
    name = operation["operationId"]
    assume(name not in LEAVING)
    person = tried.home.people[role]
    request.headers["cookie"] = "xieban_session=" + person.cookies["xieban_session"]
    request.headers["x-csrf-token"] = person.headers["x-csrf-token"]
    for word, latest in tried.latest.items():
        request.url = httpx.URL(str(request.url).replace(word, latest))
    if data.draw(st.booleans()):
        await with_the_present_tag(person, request)
    answer = await person.send(request)
    event(f"{name} {answer.status_code}")
    assert answer.status_code < 500, (name, answer.text)
    assert documented(answer, operation), (name, answer.status_code, answer.text)
    found = re.match(r"/api/v1/(drafts|moves|requests)/([A-Za-z0-9-]+)", answer.headers.get("location", ""))
    if found is not None:
        tried.latest[f"latest-{found[1]}"] = found[2]
