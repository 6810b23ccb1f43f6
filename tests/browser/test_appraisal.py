"""Two committees work an appraisal from its letter to the served conclusion, each person in a window of their own."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from certs.draw_proof import verify_draw_file
from tests.browser import acts, appraisals
from tests.browser.conftest import STAFF, Town, Window
from tests.browser.test_story import Watched

Keep = Callable[[Page, str], None]
LETTER = {
    "letter.worker.name": "沈砚青",
    "letter.worker.id_number": "330106198907153213",
    "letter.employer.name": "杭州示例包装机械有限公司",
    "letter.appraisal.decision_number": "杭人社工认〔2026〕第 00981 号",
    "letter.appraisal.injured_parts": "左手食指\n左手中指",
    "letter.appraisal.diagnosis": "左手第二、三指近节指骨开放性骨折术后，指间关节活动受限",
    "letter.appraisal.records": "出院记录\n影像学报告",
    "letter.appraisal.treating_hospitals": "成都市新都区示例医院",
    "letter.appraisal.pool_basis": "受托方专家库，一案一议",
    "letter.case_summary": "职工在成都住院康复，不便返杭。",
}
DISSENT = "中指近侧指间关节僵直，应为八级"


class Desk(Watched):
    """A person's window on an appraisal."""

    def __init__(self, town: Town, window: Window, staff_id: str) -> None:
        self.base = f"{town.address(STAFF[staff_id][0])}/desk"
        page = window()
        town.sign_in(page, staff_id)
        super().__init__(page, town.address(STAFF[staff_id][0]))

    def case(self, number: str, after: str = "") -> Page:
        """The case's page, or one below it."""
        self.page.goto(f"{self.base}/cases/{number}{after}")
        return self.page

    def choose(self, number: str, verb: str) -> Page:
        """On the case's page choose a move; its form."""
        self.case(number).locator(f'main a[href$="/moves/{verb}"]').first.click(timeout=acts.PATIENCE)
        self.page.wait_for_url(f"**/moves/{verb}")
        return self.page


def test_two_committees_work_an_appraisal_to_its_served_conclusion(
    town: Town, window: Window, picture: Keep, tmp_path: Path
) -> None:
    appraisals.with_pool(town)
    home, home_approver, host, host_approver = (Desk(town, window, each) for each in appraisals.PEOPLE)

    # The letter at the one window, approved by another person.
    page = home.page
    page.get_by_role("link", name="拟稿").click()
    page.get_by_role("link", name="新的委托").click()
    acts.place(page, "task_place.code", "新都区")
    for name, text in LETTER.items():
        acts.field(page, name).fill(text)
    for name, days in (("clock.application_received_on", 2), ("letter.appraisal.decided_on", 5)):
        acts.field(page, name).fill(acts.days_ago(days))
    page.get_by_text("更多：申请的科别").click()
    for code in ("M204", "M601"):
        page.locator(f'[name="letter.appraisal.specialties"][value="{code}"]').check()
    acts.field(page, "letter.recusal_declared").check()
    expect(page.locator("#told")).to_contain_text("成都市人力资源和社会保障局劳动能力鉴定委员会")
    picture(page, "letter")
    acts.press(page, "提交审批")
    page.wait_for_url("**/review")
    draft = page.url.split("/")[-2]
    home_approver.page.locator(f'#todo a[href*="{draft}"]').click(timeout=acts.PATIENCE)
    home_approver.page.wait_for_url(f"**/{draft}*/review")
    picture(home_approver.page, "approval")
    acts.press(home_approver.page, "批准并用印发出")
    home_approver.page.wait_for_url("**/cases/WT-*")
    number = home_approver.page.url.rpartition("/")[2].partition("?")[0]

    # The host takes it and says which specialities; nobody picks a name.
    host.waits(number, "待签收")
    host.case(number)
    acts.press(host.page, "签收")
    acts.in_state(host.page, "待受理")
    host.choose(number, "accepted")
    acts.field(host.page, "body.acceptance.local_case_number").fill("成劳鉴协〔2026〕第 0041 号")
    acts.send(host.page)
    acts.in_state(host.page, "确定科别")
    host.choose(number, "specialty-determined")
    picture(host.page, "specialties")
    acts.field(host.page, "body.specialties.reason").fill("手部骨折后功能评定")
    acts.send(host.page)

    # The draw is seen as it happens, by the side that does not draw.
    watching = home.case(number, "/draw")
    watching.evaluate("window.stayed = true")
    expect(watching.locator("#draw-live")).to_contain_text("尚未确定科别")
    host_approver.page.goto(host.page.url)
    picture(host_approver.page, "specialties-approval")
    acts.approve(host_approver.page)
    seats = watching.get_by_role("region", name="抽中的专家").locator("tbody tr")
    expect(seats).to_have_count(6, timeout=acts.PATIENCE)
    assert watching.evaluate("window.stayed") is True
    for words, times in (("抽取承诺", 2), ("抽取揭示", 2), ("抽取专家组", 1)):
        expect(watching.locator(".timeline strong", has_text=re.compile(f"^{words}$"))).to_have_count(times)
    watching.get_by_role("link", name="逐项核验").click()
    expect(watching.locator("#t-check ~ p[role=status]")).to_have_text("所核各项全部符合")
    picture(watching, "draw")
    with watching.expect_download() as loading:
        watching.get_by_role("link", name="下载抽取文件", exact=True).click()
    assert verify_draw_file(loading.value.path().read_bytes()).ok

    # Appointment, and notice of it with its proof.
    today = acts.days_ago(0)
    form = host.choose(number, "scheduled")
    acts.field(form, "body.appointment.at").fill(f"{today}T16:30")
    acts.field(form, "body.appointment.place").fill("成都市新都区示例路 2 号鉴定中心 3 楼")
    picture(form, "appointment")
    acts.send(form)
    expect(home.case(number).locator(".status strong")).to_contain_text("通知", timeout=acts.PATIENCE)
    home.page.get_by_role("link", name="上传和整理材料").click()
    proof = tmp_path / "送达回证.txt"
    proof.write_text("送达回证\n" * 20, encoding="utf-8")
    acts.upload(home.page, proof)
    form = home.choose(number, "worker-notified")
    expect(form.get_by_role("region", name="现定排期")).to_contain_text("16:30")
    acts.field(form, "declared.served_on").fill(today)
    acts.field(form, "body.worker_notice.method").fill("直接送达")
    acts.field(form, "body.worker_notice.proof_material_id").select_option(label="送达回证.txt")
    picture(form, "notice")
    acts.send(form)
    host.page.goto(f"{host.base}/appointments")
    expect(host.page.locator("td.today")).to_contain_text("16:30 沈砚青", timeout=acts.PATIENCE)
    picture(host.page, "calendar")

    # Examination; each expert's own opinion, one of them against the others.
    form = host.choose(number, "examined")
    acts.field(form, "body.examination.identity_check").fill("身份证读卡并人脸比对")
    acts.field(form, "body.examination.identity_checked_by").fill("文鉴定")
    acts.field(form, "body.examination.identity_matches").check()
    acts.field(form, "body.examination.findings").fill("左手食指、中指近侧指间关节活动受限")
    picture(form, "examination")
    acts.send(form)
    form = host.choose(number, "opinion-formed")
    majority = "body.opinion.majority"
    acts.field(form, f"{majority}.injuries.0.injury").fill("左手第二、三指骨折术后")
    acts.field(form, f"{majority}.injuries.0.clause").fill("5.9.2.13")
    acts.field(form, f"{majority}.injuries.0.grade").select_option("9")
    acts.field(form, f"{majority}.grade").select_option("8")  # not what the standard's arithmetic gives
    acts.field(form, "expert.e2.agrees").select_option("no")
    acts.field(form, "expert.e2.text").fill(DISSENT)
    acts.field(form, "body.opinion.dissent").fill("一名专家认为应为八级")
    picture(form, "opinion")
    form.locator(".move-form .actions button.main").click()
    for words in ("最重单项不足两项相同而晋级", "不同意的，请填本人认定的等级"):
        expect(form.get_by_role("alert").first).to_contain_text(words)
    picture(form, "opinion-warned")
    acts.field(form, f"{majority}.grade").select_option("9")
    acts.field(form, "expert.e2.finding.grade").select_option("8")
    form.get_by_role("button", name="核算等级，不发出").click()
    expect(form.get_by_role("heading", name="标准核算提示")).to_have_count(0)
    acts.send(form)

    # The result under two persons' hands; the home checks and accepts it.
    form = host.choose(number, "appraisal-reported")
    acts.field(form, "body.appraisal_result.report").fill("经现场检查和阅片，专家组多数认为伤残九级。")
    acts.field(form, "body.appraisal_result.reviewer_staff_id").select_option(appraisals.HOST_APPROVER)
    picture(form, "result")
    acts.send(form)
    host_approver.page.goto(form.url)
    own = host_approver.page.get_by_role("row", name=DISSENT)
    for words in ("八级", "否"):
        expect(own).to_contain_text(words)
    picture(host_approver.page, "result-approval")
    acts.approve(host_approver.page)
    home.page.goto(f"{home.base}/todo")
    home.waits(number, "待核验")
    expect(home.case(number).locator("#results")).to_contain_text(DISSENT)
    picture(home.page, "home-checks")
    concluded = {"body.conclusion.number": "杭劳鉴〔2026〕第 00512 号"}
    served = {"body.conclusion.service_method": "直接送达"}
    for verb, typed in (("completed", {}), ("conclusion-issued", concluded), ("conclusion-served", served)):
        form = home.choose(number, verb)
        for name, text in typed.items():
            acts.field(form, name).fill(text)
        if verb == "conclusion-served":
            acts.field(form, "body.conclusion.remedy_told").check()
        picture(form, verb)
        acts.send(form)
        home_approver.page.goto(form.url)
        acts.approve(home_approver.page)
    expect(home.case(number).locator("main")).to_contain_text("鉴定结论送达", timeout=acts.PATIENCE)
    picture(home.page, "concluded")
    papers = home.case(number, "/papers")
    picture(papers, "papers")
    for title in ("专家组抽取记录", "鉴定结论书"):
        expect(papers.locator("main")).to_contain_text(title)
    papers.get_by_role("row", name="鉴定结论书").get_by_role("link", name="网页").click()
    expect(papers.locator("body")).to_contain_text("杭劳鉴〔2026〕第 00512 号")
    picture(papers, "conclusion-letter")
    expect(host.case(number).locator("main")).to_contain_text("鉴定结论送达", timeout=acts.PATIENCE)
