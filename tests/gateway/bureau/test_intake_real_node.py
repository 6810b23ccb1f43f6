"""A newcomer's path on a real node: one form, handed over, approved by another person, received by the host."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from delegation.deadlines import day_of
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Actor, Role
from tests.gateway.bureau.intake import AT, ID_NUMBER, filled
from tests.gateway.bureau.pages import form_to, words
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, World, clerk, now, reach, running

PASSWORD = "a long enough phrase"
_UNIT = UNITS_OF[HANGZHOU]


@asynccontextmanager
async def people(world: World) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """A clerk and an approver before the desk of Hangzhou."""
    node = world.nodes[HANGZHOU]
    root = Actor("root", "管理员", _UNIT, frozenset({Role.ADMINISTRATOR.value}))
    await node.accounts.create_staff(
        None, staff_id="root", name="管理员", password=PASSWORD, units=[_UNIT], roles=[Role.ADMINISTRATOR]
    )
    app = create_app(node, GatewaySettings())
    async with AsyncExitStack() as stack:
        signed = []
        for role in (Role.CLERK, Role.APPROVER):
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


def _days(**changes: str) -> dict[str, str]:
    """The form's days, about today."""
    today = day_of(now())
    return {
        "task_place__code": "成都市",
        "letter__accident__happened_at": f"{today - timedelta(days=9)}T09:40",
        "letter__applicant__applied_on": str(today - timedelta(days=5)),
        "clock__accepted_on": str(today),
        **changes,
    }


async def test_a_newcomer_fills_in_one_form_and_the_host_gets_the_letter(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world, people(world) as (handler, approver):
        page = await handler.get(f"{AT}/new")
        assert form_to(page, "/new")["letter.insurance.insured_in"] == ["330100 浙江省杭州市"]
        sent = filled(page, **_days(case_key="杭-17"))
        sent["_do"] = ["submit"]
        handed = await handler.post(f"{AT}/new", data=sent)
        address = handed.headers["location"].removesuffix("/review")
        assert handed.headers["location"].endswith("/review"), words(await handler.get(handed.headers["location"]))
        page = await approver.get(f"{address}/review")
        for text in ("王小明", ID_NUMBER, "成都市人社局", "已入网", "法定"):
            assert text in words(page)
        issued = await approver.post(f"{address}/approve", data=form_to(page, "/approve"))
        number = issued.headers["location"].rpartition("/")[2]
        arrived = await reach(world.nodes[CHENGDU], CHENGDU, number, "issued")
        assert arrived.letter is not None
        assert arrived.letter["case_summary"] == "出差途中受伤"
        case = await handler.get(f"{address}/case")
        assert number in words(case)
        assert "还有必答事项没有答复" in words(case)
        sent = {**filled(await handler.get(f"{AT}/new"), **_days()), "_changed": ["letter.worker.id_number"]}
        assert (await handler.post(f"{AT}/check", data=sent)).json()["known"] == 1
        assert "known" not in (await handler.post(f"{AT}/check", data={**sent, "_changed": [""]})).json()


async def test_what_the_node_would_refuse_is_told_before_it_is_handed_over(tmp_path: Path) -> None:
    async with running(tmp_path, HANGZHOU, CHENGDU) as world, people(world) as (handler, _):
        late = str(day_of(now()) - timedelta(days=55))
        early = _days(clock__accepted_on=late, letter__applicant__applied_on=late)
        early["letter__accident__happened_at"] = f"{late}T00:00"
        sent = filled(await handler.get(f"{AT}/new"), **early)
        sent["_do"] = ["submit"]
        answer = await handler.post(f"{AT}/new", data=sent)
        page = await handler.get(answer.headers["location"])
        assert "距受托方截止日不足5个工作日" in words(page)
        address = answer.headers["location"].partition("?")[0]
        again = {**form_to(page, address), "short_time_confirmed": ["", "1"], "_do": ["submit"]}
        done = await handler.post(address, data=again)
        assert done.headers["location"] == f"{address}/review"
        basis = filled(await handler.get(f"{AT}/new"), **_days(legal_basis="SAME_POOLING_AREA"))
        basis["_do"] = ["submit"]
        answer = await handler.post(f"{AT}/new", data=basis)
        assert "依据不对" in words(await handler.get(answer.headers["location"]))
        drafts = await world.nodes[HANGZHOU].desk.list_drafts(clerk(HANGZHOU))
        assert sorted(draft.state for draft in drafts.items) == ["draft", "pending_approval"]
