"""A province's own system over HTTP, before real nodes: it is told what its copy has, and its acts reach the thread."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from delegation.codes import Kind
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Actor, Role
from node.records import EntryRecord
from node.service import Node
from node.store import Where
from tests.node.world import (
    CHENGDU,
    DEYANG,
    HANGZHOU,
    NOTHING,
    SICHUAN,
    UNITS_OF,
    ZHEJIANG,
    World,
    issued,
    make,
    make_two,
    reach,
    until,
)

AT = "/api/v1/province"
PASSWORD = "a long enough phrase"
UNKNOWN = "WT-330100-20260803-000018-X"


@asynccontextmanager
async def system(node: Node) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
    """The office's people: one who supervises (jg) and one who approves (sp)."""
    unit = UNITS_OF[ZHEJIANG]
    boss = Actor("root", "管理员", unit, frozenset({Role.ADMINISTRATOR.value}))
    transport = httpx.ASGITransport(create_app(node, GatewaySettings(pages=False)))
    async with AsyncExitStack() as stack:
        people = {}
        for staff_id, role in (("root", Role.ADMINISTRATOR), ("jg", Role.SUPERVISOR), ("sp", Role.APPROVER)):
            maker = None if staff_id == "root" else boss
            await node.accounts.create_staff(
                maker, staff_id=staff_id, name="某某", password=PASSWORD, units=[unit], roles=[role]
            )
            if maker is not None:
                session = await node.accounts.sign_in(staff_id, PASSWORD)
                headers = {"authorization": f"Bearer {session.token}"}
                client = httpx.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers)
                people[staff_id] = await stack.enter_async_context(client)
        yield people


async def told(client: httpx.AsyncClient, address: str, **query: str) -> dict[str, Any]:
    """What it answers."""
    found = await client.get(f"{AT}/{address}", params=query)
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer


async def kinds(node: Node, thread_id: str) -> list[Kind]:
    """Kinds of the entries that a node holds of a thread, in order."""
    rows = node.store.select(EntryRecord, (Where("thread_id", thread_id),), order=("sequence",), limit=100)
    return [Kind(row.kind) for row in rows]


async def test_a_province_s_system_sees_its_threads_and_acts_on_them(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        await world.begin((ZHEJIANG, SICHUAN, HANGZHOU, CHENGDU, DEYANG))
        for bureau in (ZHEJIANG, HANGZHOU, CHENGDU):
            await world.start_node(bureau)
        office, home, host = (world.nodes[bureau] for bureau in (ZHEJIANG, HANGZHOU, CHENGDU))
        ref = (await issued(home, HANGZHOU)).row.delegation_id
        await reach(host, CHENGDU, ref, "issued")
        async with system(office) as people:
            jg, sp = people["jg"], people["sp"]

            # figures of the office's own copy, at a checkpoint of the log
            seen = await until(lambda: told(jg, "overview"), lambda found: found["tally"]["counts"].get("in_hand") == 1)
            assert seen["as_of"]["log_size"] > 0
            assert seen["as_of"]["checkpoint"]
            listed = await told(jg, "delegations", count="in_hand")
            assert [(each["delegation_id"], each["state"]) for each in listed["items"]] == [(ref, "issued")]
            timeline = await told(jg, f"delegations/{ref}")
            assert [each["kind"] for each in timeline["steps"]] == ["ISSUED"]

            # one of two goes, and arrives at whoever has to act
            asked = {"delegation_ids": [ref, UNKNOWN], "text": "请尽快签收"}
            outcomes = (await jg.post(f"{AT}/reminders", json=asked)).json()["items"]
            assert [(each["unit"], each["reason"]) for each in outcomes] == [(UNITS_OF[CHENGDU], ""), ("", "NOT_FOUND")]
            await until(lambda: kinds(host, ref), lambda found: found == [Kind.ISSUED, Kind.REMIND])

            # another province's unit is its office's
            form = {"delegation_id": ref, "unit": UNITS_OF[CHENGDU], "working_days": 3, "text": "请报告"}
            refused = await jg.post(f"{AT}/supervisions", json=form)
            assert (refused.status_code, refused.json()["details"]["office"]) == (409, UNITS_OF[SICHUAN])

            # an own unit is supervised when another person says yes
            made = (await jg.post(f"{AT}/supervisions", json={**form, "unit": UNITS_OF[HANGZHOU]})).json()
            waiting = await told(sp, "waiting")
            assert [(each["move_id"], each["kind"]) for each in waiting["prepared"]] == [(made["move_id"], "SUPERVISE")]
            moves = [{"move_id": made["move_id"], "version": made["version"]}]
            [done] = (await sp.post(f"{AT}/approvals", json={"moves": moves})).json()["items"]
            assert (done["delegation_id"], done["reason"]) == (ref, "")
            await until(lambda: kinds(home, ref), lambda found: found[-1] is Kind.SUPERVISE)

            # what was seen is not what is there
            await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
            dispute = {"text": "争议", "reasons": ["R01"], "declared": {"unit": UNITS_OF[DEYANG]}}
            await make_two(host, CHENGDU, ref, "COMPETENCE_DISPUTED", dispute)
            await reach(home, HANGZHOU, ref, "awaiting_designation")
            possible = await until(
                lambda: told(jg, f"delegations/{ref}/acts"), lambda found: found["designation"] == "dispute"
            )
            designation = {"delegation_id": ref, "unit": UNITS_OF[DEYANG], "seen": 1, "text": "由德阳办理"}
            stale = await jg.post(f"{AT}/designations", json=designation)
            assert (stale.status_code, stale.json()["reason"]) == (409, "STALE")
            details = stale.json()["details"]
            assert (details["kind"], details["state"]) == ("SIGNED_FOR", "awaiting_designation")
            decided = await jg.post(f"{AT}/designations", json={**designation, "seen": possible["seen"]})
            assert decided.status_code == 201, decided.text
            moves = [{"move_id": decided.json()["move_id"], "version": decided.json()["version"]}]
            [done] = (await sp.post(f"{AT}/approvals", json={"moves": moves})).json()["items"]
            assert done["reason"] == ""
            await until(lambda: kinds(home, ref), lambda found: found[-1] is Kind.DESIGNATED)

            # terms that leave the law less than it asks for
            agreement = {
                "office": UNITS_OF[SICHUAN], "matters": ["INVESTIGATION"], "valid_from": "2027-01-01",
                "times": [{"clock": "investigate", "working_days": 37}],
            }  # fmt: skip
            unlawful = await jg.post(f"{AT}/agreements", json=agreement)
            assert (unlawful.status_code, unlawful.json()["details"]["article"]) == (422, "regulation-20")
            proposed = await jg.post(f"{AT}/agreements", json={**agreement, "times": []})
            assert proposed.status_code == 201
            for odd, field in (
                ({"clock": "nothing", "working_days": 1}, "agreements.times.clock"),
                ({"clock": "sign", "working_days": 366}, "agreements.times.working_days"),
            ):
                refused = await jg.post(f"{AT}/agreements", json={**agreement, "times": [odd]})
                assert (refused.status_code, refused.json()["details"]["field"]) == (422, field)
    finally:
        await world.stop()
