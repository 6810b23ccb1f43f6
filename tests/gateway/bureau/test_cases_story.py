"""Two bureaus work a delegation to its end through the desk's pages alone, on real nodes and a real registry."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from gateway.bureau.todo.lines import line_of
from node.desk.ports import Role
from tests.gateway.bureau.pages import form_to, forms, words
from tests.gateway.test_real_nodes import Bureau, bureau, issue
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, clerk, now, running

Values = Mapping[str, str | Sequence[str]]


async def page(client: httpx.AsyncClient, address: str) -> httpx.Response:
    """A page that opens."""
    shown = await client.get(address)
    assert shown.status_code == 200, shown.text
    return shown


async def send(client: httpx.AsyncClient, address: str, values: Values, *, expect: int = 303) -> httpx.Response:
    """Open a form, fill it in, send it."""
    shown = await page(client, address)
    sent = await client.post(address, data={**form_to(shown, address), **values})
    assert sent.status_code == expect, words(sent)
    return sent


async def approve(client: httpx.AsyncClient, sent: httpx.Response) -> str:
    """Approve what was just prepared; the page that was read."""
    shown = await page(client, sent.headers["location"])
    action, values = next((action, values) for action, values in forms(shown) if action.endswith("/approve"))
    approved = await client.post(action, data=values)
    assert approved.status_code == 303, words(approved)
    return words(shown)


async def reads(client: httpx.AsyncClient, number: str, text: str) -> httpx.Response:
    """Wait until the case page says that."""
    for _ in range(700):
        shown = await client.get(f"/desk/cases/{number}")
        if shown.status_code == 200 and text in words(shown) and "正在发出" not in words(shown):
            return shown
        await asyncio.sleep(0.02)
    raise AssertionError(words(shown))


def two_investigators(path: str) -> dict[str, str]:
    """The rows as a clerk types them."""
    typed: dict[str, str] = {}
    for row, staff in enumerate((f"{CHENGDU}-dcy", "w2")):
        other = "" if row == 0 else staff
        typed |= {
            f"{path}.{row}.staff_id": staff if row == 0 else "",
            f"{path}.{row}.other_staff_id": other,
            f"{path}.{row}.name": "调查员乙" if row else "",
            f"{path}.{row}.credential_kind": "行政执法证",
            f"{path}.{row}.credential_number": f"川A{row}",
            f"{path}.{row}.unit": UNITS_OF[CHENGDU],
            f"{path}.{row}.recusal_declared": "1",
        }
    return typed


def a_report(**findings: str) -> dict[str, str | list[str]]:
    """A report with one piece of evidence."""
    typed: dict[str, str | list[str]] = {
        "body.result.evidence.0.evidence_id": "E1",
        "body.result.evidence.0.kind": "EVIDENCE_KIND_STATEMENT",
        "body.result.evidence.0.description": "对班组长的询问笔录",
        "check.E1.statement-signed.met": "1",
        "body.result.report": "事发于外出途中。",
        "body.result.reviewer_staff_id": f"{CHENGDU}-spr",
        "body.result.finished_on": now().date().isoformat(),
    }
    for code, finding in findings.items():
        typed |= {f"answer.{code}.finding": finding, f"answer.{code}.text": "已向两名工友核实"}
        typed |= {f"answer.{code}.evidence_ids": "E1"}
    return typed


async def work_on(host: Bureau, number: str) -> None:
    """The host signs for it, accepts, assigns."""
    case = f"/desk/cases/{number}"
    shown = await reads(host.clerk, number, "已送达")
    assert "轮到本单位" in words(shown)
    signed = await host.clerk.post(f"{case}/moves/signed-for", data=form_to(shown, "/signed-for"))
    assert signed.status_code == 303, words(signed)
    again = await host.clerk.post(f"{case}/moves/signed-for", data=form_to(shown, "/signed-for"))
    assert again.status_code in {303, 409}  # pressed twice: nothing is made again
    await reads(host.clerk, number, "现状 已签收")
    accepted = {"body.acceptance.local_case_number": "成协2026-9", "body.acceptance.contact.staff_id": f"{CHENGDU}-jbr"}
    await send(host.clerk, f"{case}/moves/accepted", accepted)
    await reads(host.clerk, number, "现状 已受理")
    typed = two_investigators("body.assignment.investigators")
    await send(host.clerk, f"{case}/moves/assigned", typed)
    await reads(host.clerk, number, "现状 调查中")


async def test_a_delegation_is_worked_to_its_end_through_pages(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        number = await issue(home)
        case = f"/desk/cases/{number}"
        await work_on(host, number)

        # an investigator of the report may not review it, and is told so before
        found = a_report(A1="FINDING_FOUND", A2="FINDING_PARTLY")
        sent = await send(host.clerk, f"{case}/moves/reported", found)
        investigator = host.people[Role.INVESTIGATOR]
        assert "不能审核自己的报告" in words(await page(investigator, sent.headers["location"]))
        read = await approve(host.approver, sent)
        assert "对班组长的询问笔录" in read
        assert "已向两名工友核实" in read

        shown = await reads(home.clerk, number, "现状 待核验")
        assert "部分查明" in words(shown)
        asked = {
            "body.supplement.items.0.item_code": "A2",
            "body.supplement.items.0.reason": "Q01",
            "body.supplement.items.0.text": "请补充出差审批单",
        }
        await approve(home.approver, await send(home.clerk, f"{case}/moves/supplement-requested", asked))

        await reads(host.clerk, number, "重新分派并补充调查")
        await send(host.clerk, f"{case}/moves/assigned", {})  # the same investigators stand ready
        await reads(host.clerk, number, "现状 调查中")
        await approve(host.approver, await send(host.clerk, f"{case}/moves/reported", a_report(A2="FINDING_FOUND")))

        await reads(home.clerk, number, "现状 待核验")
        done = {"body.adoption.adoption": "ADOPTION_ADOPTED"}
        await approve(home.approver, await send(home.clerk, f"{case}/moves/completed", done))
        for side in (home, host):
            await reads(side.clerk, number, "不等待任何一方 — 归档")
            await send(side.clerk, f"{case}/moves/archived", {})
        shown = await reads(home.clerk, number, "现状 归档")
        text = words(shown)
        for proof in ("业务行为", "回执", "送达证据", "节点收存"):
            assert proof in text
        assert "第 2 轮" in text
        assert "成协2026-9" in text


async def test_a_question_is_asked_answered_and_read_as_a_conversation(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        number = await issue(home)
        case = f"/desk/cases/{number}"
        await work_on(host, number)
        question = {"body.question.text": "伤者的联系电话？", "body.question.item_code": "A1", "declared.blocking": "1"}
        await send(host.clerk, f"{case}/moves/question", question)
        shown = await reads(home.clerk, number, "伤者的联系电话")
        await reads(host.clerk, number, "伤者的联系电话")
        await send(host.clerk, f"{case}/moves/question", question)  # the way back, and the button once more
        thread = await world.nodes[CHENGDU].desk.get_delegation(clerk(CHENGDU), number)
        kinds = [each.kind for each in thread.entries] + [each.kind for each in thread.queued]
        assert kinds.count("QUESTION") == 1
        assert "不答复则无法继续" in words(shown)
        assert "/moves/answer?reply=" in shown.text
        assert "对方的提问等待答复：1" in words(shown)
        asked = await page(home.clerk, f"{case}/moves/answer")
        assert "对方的提问 · 成都市" in words(asked), "the whole question stands beside the form of its answer"
        assert words(asked).count("伤者的联系电话？") >= 2
        waiting = (await world.nodes[HANGZHOU].desk.todo(clerk(HANGZHOU))).items
        assert [line_of(item, world.clock().date()).address for item in waiting if item.kind == "question"] == [
            f"{case}#talk"
        ]
        await send(home.clerk, f"{case}/moves/answer", {"body.question.text": "见附件所列"})
        shown = await reads(host.clerk, number, "见附件所列")
        assert "对方的提问等待答复" not in words(shown)
        assert "尚未答复" not in words(shown)

        # extension: asked, and answered by two people; the days stand ready
        longer = {"reasons": "E02", "declared.working_days": "5", "body.text": "检测未出"}
        await send(host.clerk, f"{case}/moves/extension-requested", longer)
        shown = await reads(home.clerk, number, "业务行为 申请延期")
        assert "下一步：答复延期申请" in words(shown)
        demand = words(shown).split("可办理的事项")[0]
        assert "检测未出" in demand, "what was asked stands before the moves, not only in the history"
        assert "5" in demand.partition("申请延期")[2]
        shown = await page(home.clerk, f"{case}/moves/extended")
        assert form_to(shown, "/extended")["declared.working_days"] == ["5"]
        await approve(home.approver, await send(home.clerk, f"{case}/moves/extended", {}))
        shown = await reads(host.clerk, number, "业务行为 准予延期")
        assert "检测未出" not in words(shown).split("可办理的事项")[0]
