"""What the demo prints at its end: the thread, the due dates with their legal source, where everything is."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, cast

from rich.console import Console
from rich.table import Table

from cli.demo.desk import Json
from cli.demo.people import ACCOUNTS, APPRAISAL, INVESTIGATION, desk_of
from cli.local_federation import HANGZHOU, LocalFederation
from cli.output import progress
from delegation.deadlines import SHANGHAI
from delegation.digits import UnitType

_ROLES: Final = {"clerk": "经办", "approver": "审批", "investigator": "调查员", "supervisor": "监管"}


def print_report(
    federation: LocalFederation, numbers: Sequence[str], *, draw_file: Path | None, seconds: float
) -> None:
    """Read the investigation, and the appraisal after it, once more from the home's API and print them."""
    console = Console() if progress().is_terminal else Console(width=140)
    for number, staff in zip(numbers, (INVESTIGATION, APPRAISAL), strict=False):
        view = _read(federation, staff[0], number)
        console.print(_thread_table(number, view))
        console.print(_due_table(view))
    console.print(f"全程 {seconds:.1f} 秒。数据：{federation.folder}", highlight=False)
    told = [
        f"xieban delegation show {number} --verify --data-dir {federation.node_dir(HANGZHOU.code)}"
        for number in numbers
    ]
    if draw_file is not None:
        told.append(f"xieban draw verify {draw_file}")
    for command in told:
        console.print(f"核验：{command}", highlight=False, soft_wrap=True)


def print_addresses(federation: LocalFederation) -> None:
    """Where each bureau's desk and API are, and who may sign in there."""
    console = Console() if progress().is_terminal else Console(width=140)
    for bureau in federation.bureaus:
        address = federation.http_urls[bureau.code]
        console.print(
            f"{bureau.name}  {address}/  （接口 {address}/api/v1/openapi.json）", highlight=False, soft_wrap=True
        )
        for each in ACCOUNTS:
            if each.bureau is bureau:
                where = "（鉴定委）" if each.unit_type is UnitType.APPRAISAL else ""
                console.print(
                    f"  {_ROLES.get(each.role, each.role)}{where} 账号 {each.staff_id}"
                    f"  口令 {federation.passwords[each.staff_id]}",
                    highlight=False,
                )
        if UnitType.PROVINCIAL in bureau.unit_types:
            console.print(f"  监管总览 {address}/desk/province", highlight=False, soft_wrap=True)
    console.print("各地可以在同一个浏览器里同时打开，登录互不影响。", highlight=False)


def _read(federation: LocalFederation, staff_id: str, number: str) -> Json:
    desk = desk_of(federation, staff_id)
    try:
        return desk.read(number)
    finally:
        desk.close()


def _thread_table(number: str, view: Json) -> Table:
    grid = Table("序号", "单位", "事项", "登记时间", "摘要", "送达证据", title=f"委托 {number}", title_justify="left")
    for entry in cast("list[Json]", view["entries"]):
        grid.add_row(
            str(entry["sequence"]),
            str(entry["sender_name"]).replace("人力资源和社会保障", "人社"),  # as everybody says it; a line has room
            f"{entry['label']} {entry['kind']}",
            _local(str(entry["accepted_at"])),
            str(entry["entry_digest"])[:12],
            "\n".join(_delivery(each) for each in cast("list[Json]", entry["deliveries"])),
        )
    return grid


def _delivery(delivery: Json) -> str:
    if delivery["parked_reason"]:
        return f"搁置 {delivery['parked_reason']}"
    if not delivery["delivered_at"]:
        return "未见"
    materials = "，材料齐" if delivery["materials_held_at"] else ""
    return f"已送达 {_local(str(delivery['delivered_at']))[11:]}{materials}"


def _local(instant: str) -> str:
    """An instant of the API in the time of the bureaus."""
    return f"{datetime.fromisoformat(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def _due_table(view: Json) -> Table:
    """Each clock of the thread with the dates that the last entry with it names."""
    grid = Table("时限", "应办单位", "届满日", "顺延后", "依据", title="时限与依据", title_justify="left")
    grid.columns[-1].overflow = "fold"  # a source is told whole
    seen: dict[str, Json] = {}
    for entry in cast("list[Json]", view["entries"]):
        for due in cast("list[Json]", entry["due_dates"]):
            seen[str(due["clock"])] = due
    for due in seen.values():
        grid.add_row(
            str(due["label"]),
            str(due["unit"]),
            str(due["nominal"]),
            str(due["legal"]) + ("（暂定）" if due["provisional"] else ""),
            str(due["source"]),
        )
    return grid
