"""The appraisal of the sample case: one committee asks another to help on site, and the experts are drawn by lot."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final, cast

from cli.demo.desk import Json
from cli.demo.opinion import conclude, examine, local_minute, report_opinion
from cli.demo.story import Staff, Tell, dated, files_of, of_kind, part

APPRAISAL_STAGES: Final = 6
# What the letter of the appraisal takes over from that of the investigation.
_OF_THE_CASE: Final = (
    "worker", "employer", "accident", "insurance", "applicant", "recusal_declared", "contact_phone", "fee_payer",
)  # fmt: skip


def load_pool(path: Path, *, today: date) -> list[Json]:
    """The rows of a pool of experts, with their days counted from `today`."""
    pool = cast("Json", dated(json.loads(path.read_text(encoding="utf-8")), today))
    return cast("list[Json]", pool["items"])


def commit_pool(rows: list[Json], staff: Staff, tell: Tell) -> None:
    """The host's committee takes its pool over and commits to it; only then can anybody be drawn from it."""
    staff.host_approver.import_experts(rows)
    version = staff.host_clerk.commit_pool(staff.host_approver)
    tell(f"成都鉴定委 导入样例专家 {len(rows)} 名，专家库第 {version} 版已承诺（盐化默克尔根记入日志）")


def play_appraisal(case: Json, staff: Staff, *, folder: Path, tell: Tell) -> str:
    """Play it from the letter to the served conclusion; gives the delegation's number.

    Raises DeskError where a step is refused.
    """
    return play_appraisal_until(APPRAISAL_STAGES, case, staff, folder=folder, tell=tell)


def play_appraisal_until(stage: int, case: Json, staff: Staff, *, folder: Path, tell: Tell) -> str:
    """Play the first `stage` of its six parts: letter, draw, appointment, examination, result, conclusion."""
    appraisal = part(case, "appraisal")
    number = _letter(case, appraisal, staff, folder, tell)
    parts: tuple[Callable[[], None], ...] = (
        lambda: _draw(appraisal, staff, number, tell),
        lambda: _appointment(appraisal, staff, number, tell),
        lambda: _examination(appraisal, staff, number, folder, tell),
        lambda: report_opinion(appraisal, staff, number, folder, tell),
        lambda: conclude(appraisal, staff, number, tell),
    )
    for play_part in parts[: stage - 1]:
        play_part()
    return number


def _letter(case: Json, appraisal: Json, staff: Staff, folder: Path, tell: Tell) -> str:
    business = part(appraisal, "delegation")
    received_on = business.pop("application_received_on")
    taken = {name: value for name, value in part(case, "letter").items() if name in _OF_THE_CASE}
    letter = {**taken, **part(appraisal, "letter")}
    files = files_of(appraisal["attachments"], folder)
    draft = {**business, "clock": {"application_received_on": received_on}, "letter": letter}
    number = staff.home_clerk.issue(draft, files, staff.home_approver)
    tell(f"杭州鉴定委 同案发出鉴定委托函 {number}（协助现场鉴定，认定决定书已载明）")
    staff.host_clerk.until(number, "the letter at the host", lambda view: bool(view["letter"]))
    staff.host_clerk.move(number, "signed-for")
    staff.host_clerk.until_state(number, "signed_for")
    acceptance = part(appraisal, "host")["acceptance"]
    staff.host_clerk.move(number, "accepted", {"body": {"acceptance": acceptance}})
    staff.host_clerk.until_state(number, "accepted")
    tell("成都鉴定委 签收、受托受理")
    return number


def _draw(appraisal: Json, staff: Staff, number: str, tell: Tell) -> None:
    host = part(appraisal, "host")
    staff.host_clerk.move(
        number,
        "specialty-determined",
        {"declared": {"strata": host["strata"]}, "body": {"specialties": host["specialties"]}},
        approver=staff.host_approver,
    )
    tell("成都鉴定委 确定科别，合格名单先行固定；两地节点各自承诺，取得日志检查点后各自揭示")
    seen = staff.host_clerk.until(number, "the panel", lambda view: bool(of_kind(view, "PANEL_DRAWN")))
    staff.home_clerk.until(number, "the panel at home", lambda view: bool(of_kind(view, "PANEL_DRAWN")))
    drawn = cast("Json", of_kind(seen, "PANEL_DRAWN")[-1]["body"])
    experts = cast("list[Json]", cast("Json", drawn["panel"])["experts"])
    sitting = [each for each in experts if not each.get("reserve")]
    seats = [f"{each['name']}（组长）" if each.get("chair") else str(each["name"]) for each in sitting]
    tell(f"抽取专家组：{'、'.join(seats)}；候补 {len(experts) - len(seats)} 名，杭州核验无误")


def _appointment(appraisal: Json, staff: Staff, number: str, tell: Tell) -> None:
    """For today: the worker lies in a hospital of the place already."""
    at = local_minute()
    appointment = {**part(part(appraisal, "host"), "appointment"), "at": at}
    staff.host_clerk.move(number, "scheduled", {"body": {"appointment": appointment}})
    staff.home_clerk.until_state(number, "scheduled")
    tell(f"成都鉴定委 排期 {at.replace('T', ' ')}（职工在成都住院，当日鉴定）")


def _examination(appraisal: Json, staff: Staff, number: str, folder: Path, tell: Tell) -> None:
    notice = part(appraisal, "notice")
    ((file, kind),) = files_of([notice["proof"]], folder)
    proof = staff.home_clerk.add_file(number, file, kind)
    staff.home_clerk.move(
        number,
        "worker-notified",
        {
            "declared": {"served_on": notice["served_on"]},
            "body": {"worker_notice": {"method": notice["method"], "proof_material_id": proof}},
            "materials": [proof],
        },
    )
    staff.host_clerk.until_state(number, "notified")
    tell("杭州鉴定委 通知职工（送达回证随附）")
    examine(appraisal, staff, number, tell)
