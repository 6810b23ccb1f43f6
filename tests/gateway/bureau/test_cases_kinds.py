"""What the forms of many kinds make, real nodes judge, seal, send and take: one walk through the table by pages."""

from datetime import timedelta
from pathlib import Path

from certs.agreement_proof import proof_from_json, proven_agreement
from tests.gateway.bureau.pages import form_to, words
from tests.gateway.bureau.test_cases_story import approve, page, reads, send, work_on
from tests.gateway.test_real_nodes import Bureau, bureau, issue
from tests.node.world import CHENGDU, HANGZHOU, UNITS_OF, now, running


async def two(side: Bureau, number: str, verb: str, values: dict[str, str | list[str]]) -> str:
    """A move of two people; what the approver read."""
    return await approve(side.approver, await send(side.clerk, f"/desk/cases/{number}/moves/{verb}", values))


async def one(side: Bureau, number: str, verb: str, values: dict[str, str | list[str]]) -> None:
    """A move of one person."""
    await send(side.clerk, f"/desk/cases/{number}/moves/{verb}", values)


async def test_a_letter_is_returned_corrected_and_refused(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        number = await issue(home)
        case = f"/desk/cases/{number}"
        shown = await reads(host.clerk, number, "已送达")
        await host.clerk.post(f"{case}/moves/signed-for", data=form_to(shown, "/signed-for"))
        await reads(host.clerk, number, "现状 已签收")
        at = "body.return_notice.defects.0"
        defect: dict[str, str | list[str]] = {
            f"{at}.code": "B05",
            f"{at}.subject": "accident",
            f"{at}.text": "请写明门牌号",
        }
        await two(host, number, "returned", defect)

        await reads(home.clerk, number, "补正委托函")
        form = await page(home.clerk, f"{case}/moves/letter-corrected")
        assert "请写明门牌号" in words(form)
        typed = form_to(form, "/letter-corrected")
        assert typed["letter.worker.name"] == ["王小明"]
        assert typed["declared.changed_subjects"] == ["accident"]
        read = await two(home, number, "letter-corrected", {"letter.accident.place_text": "某路88号三号楼"})
        assert "某路88号三号楼" in read
        assert "王小明" in read

        shown = await reads(host.clerk, number, "已送达，待签收")
        assert "某路88号三号楼" in words(shown)
        await host.clerk.post(f"{case}/moves/signed-for", data=form_to(shown, "/signed-for"))
        await reads(host.clerk, number, "现状 已签收")
        await two(host, number, "refused", {"reasons": ["R06"], "body.text": "剩余时间不足"})
        await reads(home.clerk, number, "现状 不予受托")
        await two(home, number, "cancelled", {"body.text": "改由本单位调查"})
        await reads(host.clerk, number, "现状 作废")


async def test_events_that_move_nothing_and_the_clock_go_through_their_forms(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        number = await issue(home)
        await work_on(host, number)
        today = now() + timedelta(hours=8)
        day = today.date().isoformat()
        cost = {
            "body.cost.lines.0.description": "检测费",
            "body.cost.lines.0.yuan": "1,280.50",
            "body.cost.payer": "基金",
        }
        served = {"body.non_cooperation.who": "某公司", "body.non_cooperation.refusal": "拒绝提供考勤"}
        original = {"body.originals.items.0.description": "考勤表一册", "body.originals.carrier": "机要"}
        amended = {"body.amendment.before": "028-1", "body.amendment.after": "028-2"}
        await one(host, number, "progress", {"body.text": "已走访工地"})
        await one(host, number, "originals-sent", {**original})
        await two(host, number, "cost-estimated", {**cost})
        await two(host, number, "non-cooperation", {**served, "body.non_cooperation.notice_served_on": day})
        await two(host, number, "amended", {**amended, "declared.subject": "contact"})
        await two(host, number, "amended", {**amended, "declared.subject": "contact"})  # the second version
        shown = words(await reads(home.clerk, number, "拒绝提供考勤"))
        for text in ("已走访工地", "考勤表一册", "1,280.50 元", "028-2"):
            assert text in shown
        form = form_to(await page(home.clerk, f"/desk/cases/{number}/moves/cost-agreed"), "/cost-agreed")
        assert form["body.cost.lines.0.yuan"] == ["1280.50"]
        await two(home, number, "cost-agreed", {})
        await one(home, number, "originals-received", {})
        await two(home, number, "priority-changed", {"priority": "GREEN", "body.text": "伤者病重"})
        shown = words(await reads(host.clerk, number, "绿色通道，由"))
        raised = shown[shown.index("绿色通道，由") :]
        for text in ("杭州市人社局", "，审批", "理由： 伤者病重", "见经过"):
            assert text in raised[:160]

        suspended = {"reasons": "S03", "declared.effective_on": day, "declared.applicant_told_on": day}
        await two(home, number, "clock-suspended", {**suspended, "body.clock.document_number": "中止〔2026〕1号"})
        await reads(home.clerk, number, "中止〔2026〕1号")
        await two(home, number, "paused", {"reasons": "H05"})
        await reads(host.clerk, number, "现状 暂停")
        resumed = form_to(await page(home.clerk, f"/desk/cases/{number}/moves/clock-resumed"), "/clock-resumed")
        assert resumed["reasons"] == ["S03"]
        await two(home, number, "clock-resumed", {"declared.effective_on": day})
        await reads(home.clerk, number, "业务行为 法定时限恢复")
        await one(host, number, "unpaused", {})
        await reads(home.clerk, number, "现状 调查中")
        await two(home, number, "disputed", {"body.text": "费用标准有分歧"})

        await two(home, number, "withdraw-requested", {"reasons": ["W01"], "body.text": "申请人已撤回"})
        await reads(host.clerk, number, "移交已有材料并确认撤回")
        handed = {
            "body.hand_over.done_so_far": "走访两次",
            "body.hand_over.evidence.0.kind": "EVIDENCE_KIND_DOCUMENT",
            "body.hand_over.evidence.0.description": "考勤表",
        }
        shown_form = await page(host.clerk, f"/desk/cases/{number}/moves/withdraw-confirmed")
        typed = {**form_to(shown_form, "/withdraw-confirmed"), **handed}
        sent = await host.clerk.post(f"/desk/cases/{number}/moves/withdraw-confirmed", data=typed)
        assert sent.status_code == 303, words(sent)
        shown = words(await reads(home.clerk, number, "现状 已撤回"))
        assert "走访两次" in shown
        corrected = {"declared.subject": "contact", "body.amendment.before": "028-2", "body.amendment.after": "028-3"}
        await two(host, number, "corrected", {**corrected})
        await reads(home.clerk, number, "028-3")
        await one(home, number, "correction-acknowledged", {})
        await reads(host.clerk, number, "业务行为 更正知悉")


async def test_a_notice_is_sent_and_answered_on_its_own_page(tmp_path: Path) -> None:
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        values = {
            "to": UNITS_OF[CHENGDU],
            "body.notice.worker.name": "赵示例",
            "body.notice.employer.name": "示例运输公司",
            "body.notice.accident.region_code": "510114",
            "body.notice.accident.place_text": "某高速出口",
        }
        address = "/desk/threads/new/notice-sent"
        form = form_to(await page(home.clerk, address), "/notice-sent")
        first = await home.clerk.post(address, data={**form, **values})
        again = await home.clerk.post(address, data={**form, **values})  # pressed twice: one notice waits
        assert first.status_code == 303, words(first)
        assert again.headers["location"] == first.headers["location"]
        assert "赵示例" in await approve(home.approver, first)
        rows = (await home.clerk.get("/api/v1/delegations")).json()["items"]
        number = rows[0]["delegation_id"]
        shown = await reads(host.clerk, number, "轮到本单位 — 下一步：答复通报")
        assert "某高速出口" in words(shown)
        await one(host, number, "notice-answered", {"declared.outcome": "CASE_OPENED", "body.text": "已立案"})
        assert "已立案" in words(await reads(home.clerk, number, "业务行为 通报答复"))

        terms: dict[str, str | list[str]] = {
            "to": UNITS_OF[CHENGDU],
            "terms.matters": ["INVESTIGATION"],
            "terms.valid_from": now().date().isoformat(),
            "terms.times.0.clock": "investigate",
            "terms.times.0.working_days": "12",
        }
        address = "/desk/threads/new/agreement-proposed"
        form = form_to(await page(home.clerk, address), "/agreement-proposed")
        proposed = await home.clerk.post(address, data={**form, **terms})
        assert proposed.status_code == 303, words(proposed)
        read = await approve(home.approver, proposed)
        assert "工伤认定调查" in read
        assert "12" in read
        listed = (await home.clerk.get("/api/v1/delegations")).json()["items"]
        number = next(row["delegation_id"] for row in listed if row["thread_type"].lower() == "agreement")
        await reads(host.clerk, number, "会签协议")
        await two(host, number, "agreement-countersigned", {})
        shown = await reads(home.clerk, number, "现状 协议已会签")
        assert "交用印机构核验并载入名册" in words(shown)
        saved = await home.clerk.get(f"/desk/cases/{number}/agreement")
        assert saved.headers["content-disposition"] == f'attachment; filename="agreement-{number}.json"'
        terms_signed = proven_agreement(proof_from_json(saved.text), world.nodes[HANGZHOU].state.rosters.current)
        assert (terms_signed.agreement_id, len(terms_signed.proofs)) == (number, 2)
        by_api = await host.clerk.get(f"/api/v1/delegations/{number}/agreement-file")
        assert by_api.json() == saved.json()  # either side has the same


async def test_a_notice_becomes_a_case_and_after_acceptance_a_delegation(tmp_path: Path) -> None:
    """主动介入: Chengdu learns of the accident of somebody insured in Hangzhou."""
    async with (
        running(tmp_path, HANGZHOU, CHENGDU) as world,
        bureau(world, HANGZHOU) as home,
        bureau(world, CHENGDU) as host,
    ):
        values = {
            "to": UNITS_OF[HANGZHOU],
            "body.notice.worker.name": "赵示例",
            "body.notice.employer.name": "示例运输公司",
            "body.notice.accident.region_code": "510114 四川省成都市新都区",  # as the list offers it
            "body.notice.accident.place_text": "成都绕城高速某出口",
            "body.notice.accident.course": "装卸时被货物压伤",
        }
        address = "/desk/threads/new/notice-sent"
        form = form_to(await page(host.clerk, address), "/notice-sent")
        await approve(host.approver, await host.clerk.post(address, data={**form, **values}))
        listed = (await host.clerk.get("/api/v1/delegations")).json()["items"]
        notice = f"/desk/cases/{listed[0]['delegation_id']}"
        number = listed[0]["delegation_id"]
        shown = await reads(home.clerk, number, "轮到本单位 — 下一步：答复通报")
        assert "立案" not in words(await page(home.approver, notice)).split("可办理的事项")[0].split("主动介入")[-1]
        opened = await home.clerk.post(f"{notice}/open-case", data=form_to(shown, "/open-case"))
        assert opened.status_code == 303, words(opened)
        again = await home.clerk.post(f"{notice}/open-case", data=form_to(shown, "/open-case"))  # pressed twice
        assert again.status_code == 303
        assert len((await home.clerk.get("/api/v1/drafts")).json()["items"]) == 1
        await reads(host.clerk, number, "业务行为 通报答复")
        draft = (await home.clerk.get("/api/v1/drafts")).json()["items"][0]
        letter = draft["business"]["letter"]
        assert (draft["business"]["relation"], draft["business"]["related_thread_id"]) == ("FROM_NOTICE", number)
        assert letter["worker"] == {"name": "赵示例"}
        assert letter["accident"]["place_text"] == "成都绕城高速某出口"
        assert letter["accident"]["region_code"] == draft["business"]["task_place"]["code"] == "510114"
        assert draft["competent_unit"] == UNITS_OF[CHENGDU]

        shown = await reads(home.clerk, number, "申请受理后填写")
        typed = {
            "case_key": "杭人社工认2026-99", "accepted_on": now().date().isoformat(), "procedure": "ORDINARY",
            "acceptance_number": "杭人社工受2026第99号", "applicant": "APPLICANT_ROLE_WORKER", "recusal": "1",
        }  # fmt: skip
        sent = await home.clerk.post(f"{notice}/accepted-case", data={**form_to(shown, "/accepted-case"), **typed})
        assert sent.headers["location"].endswith("/review"), words(await page(home.clerk, sent.headers["location"]))
        draft = (await home.clerk.get(f"/api/v1/drafts/{draft['draft_id']}")).json()
        assert draft["state"] == "pending_approval"
        approved = await home.approver.post(
            f"/api/v1/drafts/{draft['draft_id']}/approve", headers={"If-Match": f'"v{draft["version"]}"'}
        )
        assert approved.status_code == 200, approved.text
        issued_as = approved.json()["row"]["delegation_id"]
        for side in (home, host):  # each end points at the other
            await reads(side.clerk, number, f"本通报已转为委托： {issued_as}")
            case = await reads(side.clerk, issued_as, "本案由事故通报而来")
            assert notice in case.text
