"""A morning at a provincial office, in a real browser before real nodes: what is late, who is reminded and supervised.

The letters were sent ten days ago; everything was stopped over that time and is started on the day of the test.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, async_playwright

from delegation.codes import Kind
from delegation.deadlines import day_of
from gateway.app import create_app
from gateway.settings import GatewaySettings
from node.desk.ports import Actor, Role
from node.records import EntryRecord
from node.service import Node
from node.store import Where
from tests.browser.conftest import DESKTOP, MISSING, PICTURES, chromium
from tests.node.world import (
    CHENGDU,
    HANGZHOU,
    NOTHING,
    SICHUAN,
    UNITS_OF,
    World,
    an_investigation,
    issued,
    make,
    now,
    reach,
    until,
)

AWAY = timedelta(days=10)
PASSWORD = "a long enough phrase"
_BUREAUS = (SICHUAN, HANGZHOU, CHENGDU)


@asynccontextmanager
async def desk_of(node: Node) -> AsyncIterator[str]:
    """The node's desk on a free port, with a supervisor (jg) and an approver (sp) of its office."""
    unit = UNITS_OF[SICHUAN]
    root = Actor("root", "管理员", unit, frozenset({Role.ADMINISTRATOR.value}))
    for staff_id, role in (("root", Role.ADMINISTRATOR), ("jg", Role.SUPERVISOR), ("sp", Role.APPROVER)):
        await node.accounts.create_staff(
            None if staff_id == "root" else root,
            staff_id=staff_id,
            name=f"川{role.value}",
            password=PASSWORD,
            units=[unit],
            roles=[role],
        )
    server = uvicorn.Server(uvicorn.Config(create_app(node, GatewaySettings()), port=0, log_level="error"))
    server.config.timeout_graceful_shutdown = 2
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def window(browser: Browser, address: str, staff_id: str) -> AsyncIterator[Page]:
    """A window of a person, signed in; an error in its console or a broken policy fails the test."""
    context = await browser.new_context(viewport=DESKTOP, locale="zh-CN", timezone_id="Asia/Shanghai")  # type: ignore[arg-type] # width and height
    page, faults = await context.new_page(), list[str]()
    page.on("pageerror", lambda error: faults.append(f"{type(error).__name__} at {page.url}"))
    page.on("console", lambda told: faults.append(told.text) if "Content Security Policy" in told.text else None)
    await page.goto(f"{address}/")
    await page.get_by_label("账号").fill(staff_id)
    await page.get_by_label("口令").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url("**/desk/**")
    yield page
    await context.close()
    assert faults == []


async def kinds(node: Node, thread_id: str) -> list[Kind]:
    """Kinds of the entries that a node holds of a thread, in order."""
    rows = node.store.select(EntryRecord, (Where("thread_id", thread_id),), order=("sequence",), limit=100)
    return [Kind(row.kind) for row in rows]


async def shown(page: Page, address: str, holds: Callable[[Page], Awaitable[bool]]) -> None:
    """Open the page, and again until the office's copy has come so far."""

    async def look() -> bool:
        await page.goto(address)
        return await holds(page)

    await until(look, bool)


async def _lit(page: Page, figure: str, number: int) -> bool:
    return await page.locator(f".is-{figure} b").inner_text() == str(number)


async def ten_days_later(world: World) -> list[str]:
    """Three letters that Chengdu signs for, and nothing then for ten days. Their numbers."""
    home, host = world.nodes[HANGZHOU], world.nodes[CHENGDU]
    accepted = {"accepted_on": day_of(world.clock()).isoformat(), "procedure": "ORDINARY"}
    letters = [an_investigation(case_key=f"案{number}", clock=accepted) for number in range(3)]
    refs = [(await issued(home, HANGZHOU, letter)).row.delegation_id for letter in letters]
    for ref in refs:
        await reach(host, CHENGDU, ref, "issued")
        await make(host, CHENGDU, ref, "SIGNED_FOR", NOTHING)
        await reach(home, HANGZHOU, ref, "signed_for")
    for bureau in list(world.nodes):
        await world.stop_node(bureau)
    await world.stop_registry()
    world.clock = now
    await world.start_registry()
    for bureau in _BUREAUS:
        await world.start_node(bureau)
    return refs


@pytest.mark.skipif(not chromium(), reason=MISSING)
async def test_a_morning_at_the_province(tmp_path: Path) -> None:
    world = World(tmp_path, clock=lambda: now() - AWAY)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(world.stop)
        await world.begin(_BUREAUS)
        for bureau in _BUREAUS:
            await world.start_node(bureau)
        refs = await ten_days_later(world)
        host = world.nodes[CHENGDU]
        address = await stack.enter_async_context(desk_of(world.nodes[SICHUAN]))
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        stack.push_async_callback(browser.close)
        page = await stack.enter_async_context(window(browser, address, "jg"))
        PICTURES.mkdir(parents=True, exist_ok=True)

        # what is late, and with whom
        assert page.url.endswith("/desk/province")
        await shown(page, f"{address}/desk/province", partial(_lit, figure="late", number=3))
        late_with = page.locator(".late-with li")
        assert await late_with.count() == 1
        assert "成都市" in await late_with.first.inner_text()
        await page.screenshot(path=PICTURES / "morning-1-overview.png", full_page=True)

        # the list behind the number; two of three are reminded at once
        await page.locator(".is-late a").click()
        await page.get_by_role("heading", name="已超期").wait_for()
        for ref in refs[:2]:
            await page.get_by_label(f"选择 {ref}").check()
        await page.screenshot(path=PICTURES / "morning-2-late.png", full_page=True)
        await page.get_by_role("button", name="催办所选").click()
        await page.get_by_text("已办理 2 件").wait_for()
        for ref in refs[:2]:
            await until(partial(kinds, host, ref), lambda found: found[-1] is Kind.REMIND)
        assert (await kinds(host, refs[2]))[-1] is Kind.SIGNED_FOR

        # the third is supervised: one writes, another approves
        await page.get_by_role("link", name="返回", exact=True).click()
        await page.get_by_role("link", name=refs[2]).click()
        await page.get_by_role("link", name="督办", exact=True).click()
        await page.locator("textarea").first.fill("请说明逾期未受理的原因和办理计划")
        await page.screenshot(path=PICTURES / "morning-3-supervise.png", full_page=True)
        await page.get_by_role("button", name="提交审批").click()
        await page.get_by_text("已提交审批").first.wait_for()
        boss = await stack.enter_async_context(window(browser, address, "sp"))
        await boss.goto(f"{address}/desk/province/waiting")
        await boss.get_by_text("请说明逾期未受理的原因和办理计划").wait_for()
        await boss.locator("input[type=checkbox]").first.check()
        await boss.get_by_role("button", name="审批所选").click()
        await boss.get_by_text("已办理 1 件").wait_for()
        await until(partial(kinds, host, refs[2]), lambda found: found[-1] is Kind.SUPERVISE)

        # what came of it stands on the page soon after
        await shown(
            page,
            f"{address}/desk/province/threads/{refs[2]}",
            lambda at: at.get_by_text("督办待答复").first.is_visible(),
        )
        await page.screenshot(path=PICTURES / "morning-4-thread.png", full_page=True)

        # the figures of these weeks go out as a report, which is recomputed at once
        await page.goto(f"{address}/desk/province/reports")
        await page.get_by_label("首日").fill((now() - timedelta(days=30)).date().isoformat())
        await page.get_by_label("末日").fill(day_of(now()).isoformat())
        await page.get_by_role("button", name="编制报表").click()
        await page.get_by_role("heading", name="– ").wait_for()
        await page.get_by_role("button", name="开始核验").click()
        await shown(page, page.url, lambda at: at.get_by_text("重新计算：一致").is_visible())
        await page.screenshot(path=PICTURES / "morning-5-report.png", full_page=True)
