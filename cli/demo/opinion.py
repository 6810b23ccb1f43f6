"""The appraisal of the sample case from the examination on: signed opinions with a dissent, result, conclusion."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from cli.common import now
from cli.demo.attachments import make
from cli.demo.desk import Json
from cli.demo.story import Staff, Tell, materials_are_here, of_kind, part
from delegation.appraisal_rules import GRADE_LABELS, SELF_CARE_DEGREES, SELF_CARE_ITEMS, self_care_degree
from delegation.deadlines import SHANGHAI, day_of


def local_minute() -> str:
    """The minute in the bureaus' time, as an appointment names it."""
    return f"{now().astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"


def examine(appraisal: Json, staff: Staff, number: str, tell: Tell) -> None:
    """The whole panel sees the worker, who has shown who they are."""
    host = part(appraisal, "host")
    appointment, examination = part(host, "appointment"), part(host, "examination")
    told = {**examination, "at": local_minute(), "place": appointment["place"], "form": appointment["form"]}
    staff.host_clerk.move(number, "examined", {"body": {"examination": told}})
    staff.home_clerk.until_state(number, "examined")
    tell(f"成都鉴定委 现场鉴定完成（{examination['identity_check']}）")


def report_opinion(appraisal: Json, staff: Staff, number: str, folder: Path, tell: Tell) -> None:
    """Each expert signs an opinion of their own, the last one a dissent; what the majority holds goes home."""
    host = part(appraisal, "host")
    told = part(host, "opinion")
    majority, dissenting = _finding(told["majority"]), part(told, "dissenting")
    opinions, sheets = [], []
    panel = _panel(staff.host_clerk.read(number))
    for seat, expert in enumerate(panel, start=1):
        sheet = make({"name": f"专家意见签名页{seat}.txt", "make": "text", "lines": 12}, folder)
        sheets.append(staff.host_clerk.add_file(number, sheet, "document"))
        dissents = seat == len(panel)
        own = {"finding": _finding(dissenting["finding"]), "text": dissenting["text"]} if dissents else {}
        opinions.append(
            {
                "expert_id": expert,
                "finding": majority,
                "agrees": not dissents,
                "signed_on": _today(),
                "signed_material_id": sheets[-1],
                **own,
            }
        )
    opinion = {"opinions": opinions, "majority": majority, "dissent": told["dissent"]}
    staff.host_clerk.move(number, "opinion-formed", {"body": {"opinion": opinion}, "materials": sheets})
    staff.home_clerk.until_state(number, "opinion_formed")
    tell(
        f"成都鉴定委 专家组意见：{len(panel)} 名各自签名，不同意见 1 名；多数意见 {_in_words(majority)}"
        f"（{SELF_CARE_DEGREES[_degree(majority)]}，按五项核算）"
    )
    result = {"report": host["report"], "reviewer_staff_id": staff.host_approver.staff_id}
    staff.host_clerk.move(
        number, "appraisal-reported", {"body": {"appraisal_result": result}}, approver=staff.host_approver
    )
    staff.home_clerk.until_state(number, "reported")
    tell("成都鉴定委 复核、用印，密封提交鉴定结果")


def conclude(appraisal: Json, staff: Staff, number: str, tell: Tell) -> None:
    """The home checks and takes the result, concludes and serves.

    Nobody archives: whoever was served may still ask for 再次鉴定 (条例 Art 26).
    """
    seen = staff.home_clerk.until(number, "the signed sheets at home", materials_are_here)
    tell("杭州鉴定委 核验哈希、签名与清单，材料齐全")
    staff.home_clerk.move(
        number, "completed", {"body": {}, "text": appraisal["completion"]}, approver=staff.home_approver
    )
    staff.host_clerk.until_state(number, "completed")
    tell("杭州鉴定委 办结")
    reported = cast("Json", of_kind(seen, "APPRAISAL_REPORTED")[-1]["body"])
    opinion = cast("Json", cast("Json", reported["appraisal_result"])["opinion"])
    concluded, finding = part(appraisal, "conclusion"), cast("Json", opinion["majority"])
    issued = {"number": concluded["number"], "on": _today(), "finding": finding}
    staff.home_clerk.move(number, "conclusion-issued", {"body": {"conclusion": issued}}, approver=staff.home_approver)
    staff.home_clerk.until(number, "the conclusion", lambda view: bool(of_kind(view, "CONCLUSION_ISSUED")))
    tell(f"杭州鉴定委 作出鉴定结论 {concluded['number']}：{_in_words(finding)}")
    served = {"on": _today(), "service_method": concluded["service_method"], "remedy_told": True}
    staff.home_clerk.move(number, "conclusion-served", {"body": {"conclusion": served}}, approver=staff.home_approver)
    staff.host_clerk.until(number, "its service", lambda view: bool(of_kind(view, "CONCLUSION_SERVED")))
    tell("杭州鉴定委 送达结论，告知十五日内可申请再次鉴定")


def _panel(view: Mapping[str, object]) -> list[str]:
    """Numbers of those who sit."""
    drawn = cast("Json", of_kind(view, "PANEL_DRAWN")[-1]["body"])
    experts = cast("list[Json]", cast("Json", drawn["panel"])["experts"])
    return [str(each["expert_id"]) for each in experts if not each.get("reserve")]


def _finding(told: object) -> Json:
    """A finding of the case file with its degree of care computed from the five items."""
    finding = dict(cast("Json", told))
    finding["self_care"] = {**part(finding, "self_care"), "degree": _degree(finding)}
    return finding


def _degree(finding: Json) -> int:
    items = part(finding, "self_care")
    return self_care_degree(sum(bool(items[item]) for item in SELF_CARE_ITEMS))


def _in_words(finding: Json) -> str:
    return f"伤残{GRADE_LABELS[int(str(finding['grade']))]}"


def _today() -> str:
    return day_of(now()).isoformat()
