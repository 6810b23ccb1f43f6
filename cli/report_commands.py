"""`xieban report`: figures of an office that who holds the threads can count again, without the registry."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from certs.files import write_atomically
from certs.keys import load_p256
from certs.tls import channel_credentials
from certs.trust import Trust
from cli.common import AsJson, now, read_bytes
from cli.output import Exit, fail, progress, show, table, tells_refusals
from delegation.errors import Reason, Refusal
from delegation.figures import Period
from delegation.regions import load_regions
from delegation.roster_records import UnitType
from gateway.bureau.documents.press import Press, PressError
from gateway.report_paper import paper
from node.link import Link
from node.province import report_public, report_tables, reports
from node.province.report_checking import Leaf, Outcome, verify
from node.province.report_comparing import compare, difference_json, objection
from node.province.report_counting import Json
from node.province.report_online import Online, OnlineState, check_online
from node.province.reports import Report
from node.records import RosterRecord
from node.settings import NodeSettings
from node.setup import CHANNEL, authorities, read_certificate
from node.store import Store
from node.store_sql import SqlStore
from node.verification.ground import Rosters
from node.verification.rows import open_engine

app = typer.Typer(
    help="Reports of a provincial office (省级报表).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)

_ONLINE: Final = {
    OnlineState.CONSISTENT: "consistent / 相符",
    OnlineState.DIFFERS: "differs / 不符",
    OnlineState.UNAVAILABLE: "no answer / 未能联系",
}
Data = Annotated[
    Path, typer.Option("--data-dir", "--data", help="Data folder of the node.", file_okay=False, resolve_path=True)
]
ReportFile = Annotated[Path, typer.Argument(help="The report's JSON file.")]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A node's data, opened to be read beside the node, running or not."""

    settings: NodeSettings
    store: Store
    rosters: Rosters

    @property
    def newest(self) -> Trust:
        """The newest roster that the node trusts."""
        return self.rosters.newest


@contextmanager
def _open(data_dir: Path) -> Iterator[_Opened]:
    settings = NodeSettings.load(data_dir)
    store = SqlStore(open_engine(settings.database))
    try:
        kept = {record.version: record for record in store.select(RosterRecord, limit=100_000)}
        seal = authorities(settings)[1]
        yield _Opened(settings, store, Rosters(kept, seal_authority=seal, regions=load_regions(), at=now()))
    finally:
        store.close()


@app.callback()
def _report() -> None:
    """Reports of a provincial office (省级报表)."""


@app.command("make")
@tells_refusals
def make_report(
    data_dir: Data,
    out: Annotated[Path, typer.Option(help="Folder for the files.", file_okay=False)],
    month: Annotated[str, typer.Option(help="Calendar month, as 2026-10.")] = "",
    first: Annotated[str, typer.Option("--from", help="First day of another period, as 2026-10-01.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last day of it.")] = "",
    unit: Annotated[str, typer.Option(help="The office, where the node serves several.")] = "",
    pdf: Annotated[bool, typer.Option(help="Also the paper for signature and seal.")] = True,
    as_json: AsJson = False,
) -> None:
    """Write a report: JSON (canonical), CSV, XLSX, a public extract without small cells, PDF for signature.

    Exit code 3 while the node's copy of the log is not complete, or the unit oversees nothing; 1 when the PDF could not
    be pressed (the other files are there).
    """
    period = _period(month, first, last)
    with _open(data_dir) as node:
        office = unit or _office(node)
        if office not in node.settings.units:
            raise Refusal(Reason.ROLE_MISSING, unit=office)
        data = reports.make(node.store, trust=node.newest, unit=office, period=period)
        name = node.newest.view.unit(office).name
    report = reports.read(data)
    out.mkdir(parents=True, exist_ok=True)
    stem = out / f"report-{office}-{period.first.isoformat()}-{period.last.isoformat()}"
    files = {
        "json": data,
        "csv": report_tables.as_csv(report),
        "xlsx": report_tables.as_workbook(report),
        "public.json": reports.canonical(report_public.extract(report)),
    }
    for ending, content in files.items():
        write_atomically(Path(f"{stem}.{ending}"), content)
    ill = _press(Path(f"{stem}.pdf"), paper(report, office=name)) if pdf else ""
    told = [f"{stem}.{ending}" for ending in (*files, *(("pdf",) if pdf and not ill else ()))]
    if as_json:
        show({"digest": report.digest, "log_size": report.log_size, "threads": len(report.threads), "files": told})
    else:
        table(f"SHA-256 {report.digest}", ["file"], [(name,) for name in told])
    if ill:
        fail(ill)


@app.command("verify")
@tells_refusals
def verify_report(
    file: ReportFile,
    data_dir: Data,
    online: Annotated[bool, typer.Option("--online", help="Also ask the registry's log for its checkpoint.")] = False,
    as_json: AsJson = False,
) -> None:
    """Count a report again from the signed headers and entries that an office's node holds, without the registry.

    Exit code 0 when all is equal, 5 when something is not (which figure, thread or entry stands in its line), 3 when
    the file is no report or its digest is not that of the rest, 1 when there is no such file. Not checked: inclusion
    of each entry in the checkpoint's tree, which the node proved when it took the entry over. With --online that is
    asked of the registry's log, apart from the counting: whether the log grew out of the report's checkpoint, and
    whether what was counted lies in it; exit code 5 when it does not, 1 when only the registry did not answer.
    """
    report = reports.read(read_bytes(file))
    leaves: list[Leaf] = []
    with _open(data_dir) as node:
        outcome = verify(report, node.store, newest=node.newest, trust_of=node.rosters.version, leaves=leaves)
        answer = asyncio.run(_ask(node, report, leaves)) if online else None
    _tell(outcome, as_json=as_json, online=answer)


async def _ask(node: _Opened, report: Report, leaves: list[Leaf]) -> Online:
    settings = node.settings
    trusted = authorities(settings)[0]
    key, certificate = load_p256(settings.keys_dir / f"{CHANNEL}.pem"), read_certificate(settings, CHANNEL)
    link = Link(
        address=settings.registry_address,
        credentials=lambda: channel_credentials(key, certificate, channel_authorities=trusted),
        clock=now,
        call_seconds=settings.call_seconds,
    )
    try:
        return await check_online(report, leaves, link, newest=node.newest)
    finally:
        await link.close()


@app.command("compare")
@tells_refusals
def compare_report(
    file: ReportFile,
    data_dir: Data,
    objection_to: Annotated[
        Path | None, typer.Option("--objection", help="Where to write an objection, if anything differs.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count again what a report says of this bureau's own units, from the node's own threads. Exit codes as verify."""
    report = reports.read(read_bytes(file))
    with _open(data_dir) as node:
        units, bureau = frozenset(node.settings.units), node.settings.bureau
        outcome = compare(report, node.store, units=units, newest=node.newest, trust_of=node.rosters.version)
    if objection_to is not None and not outcome.equal:
        write_atomically(objection_to, reports.canonical(objection(report, outcome, bureau=bureau)))
    _tell(outcome, as_json=as_json)


def _period(month: str, first: str, last: str) -> Period:
    if bool(month) == bool(first or last) or bool(first) != bool(last):
        fail("give --month 2026-10, or --from and --to", Exit.USAGE)
    if month:
        return reports.month(month)
    try:
        return Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        raise Refusal(Reason.INVALID_INPUT, field="period") from None


def _office(node: _Opened) -> str:
    units = node.newest.view.units
    offices = [
        code
        for code in sorted(node.settings.units)
        if code in units and units[code].type in {UnitType.PROVINCIAL, UnitType.NATIONAL}
    ]
    if len(offices) > 1:
        fail("this node serves several offices: say which, with --unit " + " or ".join(offices), Exit.USAGE)
    if not offices:
        raise Refusal(Reason.ROLE_MISSING)
    return offices[0]


def _press(path: Path, html: str) -> str:
    try:
        write_atomically(path, asyncio.run(Press().pdf(html)))
    except PressError as error:
        return error.text
    return ""


def _tell(outcome: Outcome, *, as_json: bool, online: Online | None = None) -> None:
    differences = [difference_json(each) for each in outcome.differences]
    asked = [difference_json(each) for each in online.differences] if online is not None else []
    if as_json:
        told: Json = {
            "equal": outcome.equal, "threads": outcome.threads, "entries": outcome.entries,
            "differences": differences, "left_out": outcome.left_out,
            "not_checked": ["threads_kept_back"] if _answered(online) else ["inclusion", "threads_kept_back"],
        }  # fmt: skip
        if online is not None:
            told["online"] = {
                "state": online.state.value, "log_size": online.log_size, "leaves": online.leaves,
                "differences": asked,
            }  # fmt: skip
        show(told)
    else:
        columns = ("what", "where", "thread_id", "leaf", "sequence", "reported", "found", "why")
        progress().print(f"{outcome.threads} threads, {outcome.entries} entries")
        title = "equal / 一致" if outcome.equal else "differs / 不一致"
        table(title, columns, [[each.get(name, "") for name in columns] for each in differences])
        if online is not None:
            table(
                f"log: {_ONLINE[online.state]}", columns, [[each.get(name, "") for name in columns] for each in asked]
            )
    if not outcome.equal:
        number = len(differences) + outcome.left_out
        fail(f"{number} differences / {number} 处不一致", Exit.NOT_AS_IT_SHOULD_BE)
    if online is not None and online.state is OnlineState.DIFFERS:
        fail("the registry's log says otherwise / 与注册中心日志不符", Exit.NOT_AS_IT_SHOULD_BE)
    if online is not None and not _answered(online):
        fail("the registry did not answer / 未能联系注册中心")


def _answered(online: Online | None) -> bool:
    return online is not None and online.state is not OnlineState.UNAVAILABLE
