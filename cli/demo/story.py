"""The sample case, played through the bureaus' HTTP APIs from the letter to the archive."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, cast

from cli.demo.attachments import make
from cli.demo.desk import Desk, Json
from delegation.evidence_checks import checks_for

Tell = Callable[[str], None]
STAGES: Final = 5


@dataclass(frozen=True, slots=True)
class Staff:
    """Who takes part: handler and approver of each side."""

    home_clerk: Desk
    home_approver: Desk
    host_clerk: Desk
    host_approver: Desk


def load_case(path: Path, *, today: date) -> Json:
    """The case file with its days counted from `today`."""
    return cast("Json", dated(json.loads(path.read_text(encoding="utf-8")), today))


def play(case: Json, staff: Staff, *, folder: Path, host_unit: str, tell: Tell) -> str:
    """Play the whole investigation; gives the delegation's number. Raises DeskError where a step is refused."""
    return play_until(STAGES, case, staff, folder=folder, host_unit=host_unit, tell=tell)


def play_until(stage: int, case: Json, staff: Staff, *, folder: Path, host_unit: str, tell: Tell) -> str:
    """Play the first `stage` of the five parts of the case (letter, taken, question, result, end)."""
    number = _letter(case, staff, folder, tell)
    parts: tuple[Callable[[], None], ...] = (
        lambda: _host_takes(case, staff, number, host_unit, tell),
        lambda: _question(case, staff, number, tell),
        lambda: _result(case, staff, number, folder, host_unit, tell),
        lambda: _end(case, staff, number, tell),
    )
    for play_part in parts[: stage - 1]:
        play_part()
    return number


def _letter(case: Json, staff: Staff, folder: Path, tell: Tell) -> str:
    business = part(case, "delegation")
    accepted_on = business.pop("accepted_on")
    procedure = business.pop("procedure")
    draft = {**business, "clock": {"accepted_on": accepted_on, "procedure": procedure}, "letter": case["letter"]}
    files = files_of(case["attachments"], folder)
    number = staff.home_clerk.issue(draft, files, staff.home_approver)
    tell(f"杭州 拟稿、审批、用印，发出委托函 {number}（附件 {len(files)} 件）")
    staff.home_clerk.until_state(number, "issued")
    staff.host_clerk.until(number, "the letter at the host", lambda view: bool(view["letter"]))
    tell("成都 收到委托函，签名与内容核验无误")
    return number


def _host_takes(case: Json, staff: Staff, number: str, host_unit: str, tell: Tell) -> None:
    host = part(case, "host")
    staff.host_clerk.move(number, "signed-for")
    staff.host_clerk.until_state(number, "signed_for")
    tell("成都 签收")
    staff.host_clerk.move(number, "accepted", {"body": {"acceptance": host["acceptance"]}})
    staff.host_clerk.until_state(number, "accepted")
    tell("成都 受托受理")
    staff.host_clerk.move(
        number, "assigned", {"body": {"assignment": {"investigators": _investigators(host, host_unit)}}}
    )
    staff.host_clerk.until_state(number, "in_progress")
    tell("成都 分派两名调查员，均已作回避声明")


def _question(case: Json, staff: Staff, number: str, tell: Tell) -> None:
    host = part(case, "host")
    asked = {"declared": {"blocking": False}, "body": {"question": {"text": host["question"]}}}
    staff.host_clerk.move(number, "question", asked)
    view = staff.home_clerk.until(number, "the question at home", lambda view: bool(of_kind(view, "QUESTION")))
    question = of_kind(view, "QUESTION")[-1]
    tell("成都 提问")
    staff.home_clerk.move(
        number, "answer", {"in_reply_to": question["envelope_id"], "body": {"question": {"text": host["answer"]}}}
    )
    staff.host_clerk.until(number, "the answer at the host", lambda view: bool(of_kind(view, "ANSWER")))
    tell("杭州 答复")


def _result(case: Json, staff: Staff, number: str, folder: Path, host_unit: str, tell: Tell) -> None:
    host = part(case, "host")
    files = files_of(host["evidence"], folder)
    added = [(staff.host_clerk.add_file(number, file, kind), kind, file.stem) for file, kind in files]
    evidence = [
        {
            "evidence_id": f"E-{n}",
            "kind": "EVIDENCE_KIND_INSPECTION" if kind == "site-photo" else "EVIDENCE_KIND_DOCUMENT",
            "description": name,
            "material_ids": [material],
            "provenance": "两名调查员现场取得",
        }
        for n, (material, kind, name) in enumerate(added, start=1)
    ]
    answers = [{**each, "evidence_ids": ["E-1"]} for each in cast("list[Json]", host["answers"])]
    result = {
        "answers": answers,
        "report": host["report"],
        "evidence": evidence,
        "factual_opinion": host["factual_opinion"],
        "investigators": _investigators(host, host_unit),
        "reviewer_staff_id": staff.host_approver.staff_id,
        "finished_on": case["today"],
        "checks": [
            {"code": check.code, "evidence_id": each["evidence_id"], "met": True}
            for each in evidence
            for check in checks_for(str(each["kind"]))
        ],
    }
    staff.host_clerk.move(
        number,
        "reported",
        {
            "body": {"result": result},
            "materials": [material for material, *_ in added],
        },
        approver=staff.host_approver,
    )
    staff.home_clerk.until_state(number, "reported")
    tell(f"成都 审核、用印，提交调查结果（证据 {len(evidence)} 件）")


def _end(case: Json, staff: Staff, number: str, tell: Tell) -> None:
    staff.home_clerk.until(number, "the materials at home", materials_are_here)
    tell("杭州 核验哈希、签名与清单，材料齐全")
    completion = {"text": case["completion"]}
    staff.home_clerk.move(number, "completed", {"body": completion}, approver=staff.home_approver)
    staff.host_clerk.until_state(number, "completed")
    tell("杭州 办结")
    staff.home_clerk.move(
        number,
        "adoption",
        {"declared": {"adoption": "ADOPTED"}, "body": {"adoption": {"adoption": "ADOPTION_ADOPTED"}}},
        approver=staff.home_approver,
    )
    staff.home_clerk.until(number, "the feedback", lambda view: bool(of_kind(view, "ADOPTION")))
    tell("杭州 反馈：采用")
    staff.home_clerk.move(number, "archived")
    staff.host_clerk.until(number, "the home's archive", lambda view: len(of_kind(view, "ARCHIVED")) == 1)
    staff.host_clerk.move(number, "archived")
    staff.home_clerk.until_state(number, "archived")
    staff.host_clerk.until_state(number, "archived")
    tell("杭州、成都 归档")


def files_of(descriptions: object, folder: Path) -> list[tuple[Path, str]]:
    """The described files, made, each with its kind of document."""
    return [(make(each, folder), str(each["document_kind"])) for each in cast("list[Json]", descriptions)]


def _investigators(host: Json, host_unit: str) -> list[Json]:
    return [
        {**each, "staff_id": f"cd-tc-{n}", "unit": host_unit, "recusal_declared": True}
        for n, each in enumerate(cast("list[Json]", host["investigators"]), start=1)
    ]


def of_kind(view: Mapping[str, object], kind: str) -> list[Json]:
    """The entries of a kind whose content is there."""
    return [entry for entry in cast("list[Json]", view["entries"]) if entry["kind"] == kind and entry["body"]]


def materials_are_here(view: Mapping[str, object]) -> bool:
    """Whether every file of the delegation is held here."""
    return all(each["state"] == "held" for each in cast("list[Json]", view["materials"]))


def part(case: Json, name: str) -> Json:
    """A copy of a part of the case."""
    return dict(cast("Json", case[name]))


def dated(value: object, today: date) -> object:
    """`{"days_ago": n}` and `{"days_ahead": n}` become an ISO date, with `time` an ISO date and time."""
    if isinstance(value, list):
        return [dated(each, today) for each in value]
    if isinstance(value, dict):
        if "days_ago" in value or "days_ahead" in value:
            ahead = int(str(value.get("days_ahead", 0))) - int(str(value.get("days_ago", 0)))
            day = (today + timedelta(days=ahead)).isoformat()
            return f"{day}T{value['time']}" if "time" in value else day
        return {name: dated(each, today) for name, each in value.items()} | (
            {"today": today.isoformat()} if "letter" in value else {}
        )
    return value
