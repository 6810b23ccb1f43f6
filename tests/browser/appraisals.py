"""Appraisals between the two committees of the town, played through the interface as far as a test does not look."""

from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

from cli.demo.appraisal import commit_pool, load_pool
from cli.demo.desk import Desk, Json
from cli.demo.story import Staff, of_kind
from tests.browser import acts
from tests.browser.conftest import ROOT, Town
from tests.node.appraisals import FINDING, PLAN, a_letter, an_opinion

HOME, HOME_APPROVER, HOST, HOST_APPROVER = PEOPLE = ("hz-le-01", "hz-le-02", "cd-le-01", "cd-le-02")
ACCEPTED, DRAWN, SCHEDULED, NOTIFIED, EXAMINED, OPINION, REPORTED, CONCLUDED = range(1, 9)
_POOL: Final = ROOT / "examples" / "expert-pool.json"


def with_pool(town: Town) -> None:
    """Chengdu's committee has its sample experts and has committed to them; once in a town."""
    if not town.has_pool:
        with town.at_work(*PEOPLE) as desks:
            commit_pool(load_pool(_POOL, today=acts.today()), Staff(*desks), tell=lambda _: None)
        town.has_pool = True


def play(town: Town, stage: int, folder: Path, *, number: str = "", done: int = 0) -> str:
    """An appraisal at a stage (ACCEPTED … CONCLUDED); its number. Both committees see it.

    With a number that one goes on, from the stage that it has reached.
    """
    with_pool(town)
    with town.at_work(*PEOPLE) as desks:
        staff = Staff(*desks)
        number = number or _accepted(staff)
        parts: tuple[Callable[[], None], ...] = (
            lambda: _drawn(staff, number),
            lambda: _scheduled(staff, number),
            lambda: _notified(staff, number, folder),
            lambda: _examined(staff, number),
            lambda: _opinion(staff, number),
            lambda: _reported(staff, number),
            lambda: _concluded(staff, number),
        )
        for part in parts[max(0, done - 1) : stage - 1]:
            part()
    return number


def reach(town: Town, number: str, state: str) -> None:
    """Wait until both committees see that state."""
    with town.at_work(*PEOPLE) as desks:
        _both(Staff(*desks), number, state)


def panel(view: Json) -> list[str]:
    """Numbers of those who sit."""
    drawn = cast("Json", cast("Json", of_kind(view, "PANEL_DRAWN")[-1]["body"])["panel"])
    return [str(each["expert_id"]) for each in cast("list[Json]", drawn["experts"]) if not each.get("reserve")]


def _both(staff: Staff, number: str, state: str) -> None:
    for desk in (staff.home_clerk, staff.host_clerk):
        desk.until_state(number, state)


def _accepted(staff: Staff) -> str:
    number = staff.home_clerk.issue(a_letter(), [], staff.home_approver)
    staff.host_clerk.until(number, "the letter at the host", lambda view: bool(view["letter"]))
    staff.host_clerk.move(number, "signed-for")
    staff.host_clerk.until_state(number, "signed_for")
    staff.host_clerk.move(number, "accepted")
    _both(staff, number, "accepted")
    return number


def _drawn(staff: Staff, number: str) -> None:
    staff.host_clerk.move(number, "specialty-determined", PLAN, approver=staff.host_approver)
    _both(staff, number, "panel_drawn")


def _scheduled(staff: Staff, number: str) -> None:
    at = acts.days_ago(0, "16:30")
    appointment = {"at": at, "place": "示例路2号鉴定中心3楼", "form": "EXAMINATION_FORM_ON_SITE"}
    staff.host_clerk.move(number, "scheduled", {"body": {"appointment": appointment}})
    _both(staff, number, "scheduled")


def _notified(staff: Staff, number: str, folder: Path) -> None:
    staff.home_clerk.until_state(number, "scheduled")
    day = acts.days_ago(0)
    proof = folder / "送达回证.txt"
    proof.write_text("送达回证\n" * 9, encoding="utf-8")
    material = staff.home_clerk.add_file(number, proof, "service")
    notice = {
        "declared": {"served_on": day},
        "body": {"worker_notice": {"method": "直接送达", "proof_material_id": material}},
        "materials": [material],
    }
    staff.home_clerk.move(number, "worker-notified", notice)
    _both(staff, number, "notified")


def _examined(staff: Staff, number: str) -> None:
    appointed = cast("Json", of_kind(staff.host_clerk.read(number), "SCHEDULED")[-1]["body"])["appointment"]
    examination = {
        "at": cast("Json", appointed)["at"],
        "form": "EXAMINATION_FORM_ON_SITE",
        "identity_check": "身份证读卡",
        "identity_checked_by": "文鉴定",
        "identity_matches": True,
        "findings": "腰椎活动受限",
    }
    staff.host_clerk.move(number, "examined", {"body": {"examination": examination}})
    _both(staff, number, "examined")


def _opinion(staff: Staff, number: str) -> None:
    experts = panel(staff.host_clerk.read(number))
    staff.host_clerk.move(number, "opinion-formed", an_opinion(experts))
    _both(staff, number, "opinion_formed")


def _reported(staff: Staff, number: str) -> None:
    result = {"report": "经现场检查和阅片，伤残九级", "reviewer_staff_id": HOST_APPROVER}
    data: Json = {"body": {"appraisal_result": result}}
    staff.host_clerk.move(number, "appraisal-reported", data, approver=staff.host_approver)
    _both(staff, number, "reported")


def _concluded(staff: Staff, number: str) -> None:
    staff.home_clerk.move(number, "completed", approver=staff.home_approver)
    _both(staff, number, "completed")
    conclusion = {"number": "杭劳鉴〔2026〕9号", "on": acts.days_ago(0), "finding": FINDING}
    move: Json = {"body": {"conclusion": conclusion}}
    staff.home_clerk.move(number, "conclusion-issued", move, approver=staff.home_approver)
    _arrived(staff.home_clerk, number, "CONCLUSION_ISSUED")


def _arrived(desk: Desk, number: str, kind: str) -> None:
    desk.until(number, kind, lambda view: bool(of_kind(view, kind)))
