"""An office's pages on real nodes: what its people press stands on the threads of the bureaus."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import httpx

from delegation.codes import Kind
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Actor, Role
from tests.gateway.bureau.pages import form_to, words
from tests.node.province.test_acts import boss, kinds, sealed
from tests.node.world import (
    CHENGDU,
    DEYANG,
    HANGZHOU,
    NOTHING,
    SICHUAN,
    UNITS_OF,
    ZHEJIANG,
    World,
    an_investigation,
    issued,
    make,
    make_two,
    reach,
    running,
    until,
)

PASSWORD = "a long enough phrase"
_UNIT = UNITS_OF[ZHEJIANG]
_DISPUTE = {"text": "争议：事故地不在本市", "reasons": ["R01"], "declared": {"unit": UNITS_OF[DEYANG]}}


@asynccontextmanager
async def people(world: World) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A supervisor and an approver before the desk of Zhejiang's office."""
    node = world.nodes[ZHEJIANG]
    root = Actor("root", "管理员", _UNIT, frozenset({Role.ADMINISTRATOR.value}))
    await node.accounts.create_staff(
        None, staff_id="root", name="管理员", password=PASSWORD, units=[_UNIT], roles=[Role.ADMINISTRATOR]
    )
    app = create_app(node, GatewaySettings())
    async with AsyncExitStack() as stack:
        signed = []
        for role in (Role.SUPERVISOR, Role.APPROVER):
            await node.accounts.create_staff(
                root, staff_id=role.value, name=role.value, password=PASSWORD, units=[_UNIT], roles=[role]
            )
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app), base_url="http://desk.test", headers={"origin": "http://desk.test"}
            )
            await stack.enter_async_context(client)
            sent = await client.post("/desk/sign-in", data={"staff_id": role.value, "password": PASSWORD})
            assert sent.status_code == 303, sent.text
            signed.append(client)
        yield signed[0], signed[1]


async def shows(client: httpx.AsyncClient, address: str, part: str) -> httpx.Response:
    """The page once the office's copy has come so far."""
    return await until(partial(client.get, address), lambda page: part in page.text)


async def approved(approver: httpx.AsyncClient) -> str:
    """Everything that waits is ticked and approved; the result in words."""
    form = form_to(await approver.get("/desk/province/waiting?every=1"), "/province/approvals")
    return words(await approver.post("/desk/province/approvals", data=form))


async def test_what_is_pressed_at_the_office_stands_on_the_threads(tmp_path: Path) -> None:
    async with (
        running(tmp_path, ZHEJIANG, SICHUAN, HANGZHOU, CHENGDU, DEYANG) as world,
        people(world) as (supervisor, approver),
    ):
        home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
        refs = [
            (await issued(home, HANGZHOU, an_investigation(case_key=f"案{number}"))).row.delegation_id
            for number in range(3)
        ]
        for ref in refs:
            await reach(host, CHENGDU, ref, "issued")
        first, second, third = refs

        # a list, every box, one press: an envelope on each thread
        for ref in refs:
            await shows(supervisor, "/desk/province/list?count=in_hand&every=1", ref)
        listed = await supervisor.get("/desk/province/list?count=in_hand&every=1")
        form = form_to(listed, "/province/reminders")
        assert sorted(form["thread"]) == sorted(refs)
        told = await supervisor.post("/desk/province/reminders", data=form)
        assert "已办理 3 件" in words(told)
        for ref in refs:
            await until(partial(kinds, host, ref), lambda found: found == [Kind.ISSUED, Kind.REMIND])
        assert "今日已催办过" in words(await supervisor.post("/desk/province/reminders", data=form))

        # two disputes of competence, and an opinion that is asked for
        for ref in (first, second):
            await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
            await make_two(host, CHENGDU, ref, "COMPETENCE_DISPUTED", _DISPUTE)
            await reach(home, HANGZHOU, ref, "awaiting_designation")
        await make_two(home, HANGZHOU, third, "DISPUTED", {"text": "受托方迟迟不签收"})
        for ref, act in ((first, "designate"), (second, "designate"), (third, "opinion")):
            await shows(supervisor, "/desk/province/waiting", f"/threads/{ref}/acts/{act}")
            page = await shows(supervisor, f"/desk/province/threads/{ref}", f"/acts/{act}")
            assert ("/acts/designate" in page.text) is (act == "designate")

        # decided by the place, approved by another person
        here = f"/desk/province/threads/{first}/acts/designate"
        page = await supervisor.get(here)
        assert UNITS_OF[DEYANG] in page.text  # as the host claims
        sent = await supervisor.post(
            here, data={**form_to(page, "/acts/designate"), "place": ["四川省德阳市"], "text": ["事故地在德阳"]}
        )
        assert sent.status_code == 303, words(sent)
        assert "已提交审批" in words(await supervisor.get(sent.headers["location"]))
        opinion = f"/desk/province/threads/{third}/acts/opinion"
        typed = {**form_to(await supervisor.get(opinion), "/acts/opinion"), "text": ["请成都市即日签收"]}
        assert (await supervisor.post(opinion, data=typed)).status_code == 303
        assert "事故地在德阳" in words(await approver.get("/desk/province/waiting"))
        assert "已办理 2 件" in await approved(approver)
        await until(partial(kinds, host, third), lambda found: found[-1] is Kind.OPINION)
        other = world.nodes[SICHUAN]
        agreed = await other.acts.designate(boss(SICHUAN), first, unit=UNITS_OF[DEYANG], seen=9, text="由德阳办理")
        assert not (await sealed(other, SICHUAN, agreed)).reason
        assert (await reach(world.nodes[DEYANG], DEYANG, first, "issued")).row.leg == 2

        # the form is open, and the home withdraws
        here = f"/desk/province/threads/{second}/acts/designate"
        typed = {**form_to(await supervisor.get(here), "/acts/designate"), "unit": [UNITS_OF[DEYANG]], "text": ["德阳"]}
        await make_two(home, HANGZHOU, second, "WITHDRAWN", {"reasons": ["W01"], "text": "申请人撤回"})
        await reach(home, HANGZHOU, second, "withdrawn")
        moved = await supervisor.post(here, data=typed)
        assert moved.status_code == 409
        assert "打开此表后委托有了变化" in words(moved)
        assert "已撤回" in words(moved)
        assert form_to(moved, "/acts/designate")["text"] == ["德阳"]
        assert (await kinds(home, second)).count(Kind.DESIGNATED) == 0

        # all units of the province hear an announcement
        announcing = form_to(await supervisor.get("/desk/province/announce"), "/announce")
        told = await supervisor.post(
            "/desk/province/announce", data={**announcing, "whom": ["all"], "text": ["请按月报送"]}
        )
        assert "已提交审批 1 件" in words(told)  # Hangzhou's; the other units of the roster are no members
        assert "已办理 1 件" in await approved(approver)
